"""Our verdicts and real Heat's, side by side, over everything that the corpus can ask.

Needs an interpreter that has openstack-heat, named by HEAT_ORACLE_PYTHON. The ways in which we may differ, and why, are
the tables ``WE_ACCEPT`` and ``WE_REFUSE`` of ``oracle/comparison.py``; any other difference fails. No value is refused
here that Heat accepts, except ``null`` and ``""``, which are no values.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.definitions.oracle.comparison import (
    ACCEPTED,
    NO_ANSWER,
    WE_ACCEPT,
    WE_REFUSE,
    Heat,
    find_disagreement,
    judge,
    judge_default,
)
from tests.definitions.oracle.corpus import Schema, build_cases, build_default_cases, draw_cases, draw_custom_cases

INTERPRETER = os.environ.get("HEAT_ORACLE_PYTHON", "")

pytestmark = [
    pytest.mark.openstack,
    pytest.mark.skipif(not INTERPRETER, reason="HEAT_ORACLE_PYTHON names no interpreter with openstack-heat"),
    pytest.mark.timeout(300),
]

many_examples = settings(
    derandomize=True, max_examples=2500, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module")
def heat() -> Iterator[Heat]:
    with Heat(INTERPRETER) as heat:
        yield heat


def assert_agreement(heat: Heat, schema: Schema, value: Any) -> str | None:
    """Compare on one case; the reason of a listed disagreement."""
    ours = judge(schema, value)
    if ours.word == ACCEPTED and ours.sent is not None and repr(ours.sent) != repr(value):
        find_disagreement(schema, ours.sent, ours, heat.judge(schema, ours.sent))
    disagreement = find_disagreement(schema, value, ours, heat.judge(schema, value))
    return disagreement.reason if disagreement else None


def test_every_combination_of_the_corpus_is_judged_as_heat_does(heat: Heat) -> None:
    reasons: Counter[str] = Counter()
    verdicts = 0
    for schema, value in build_cases():
        verdicts += 1
        reason = assert_agreement(heat, schema, value)
        if reason:
            reasons[reason] += 1
    assert verdicts > 10_000
    assert set(reasons) == {disagreement.reason for disagreement in (*WE_ACCEPT, *WE_REFUSE)}, "an entry of no use"


def test_every_default_of_the_corpus_is_judged_as_heat_does(heat: Heat) -> None:
    for schema in build_default_cases():
        value = schema["default"]
        disagreement = find_disagreement(schema, value, judge_default(schema), heat.judge(schema, None))
        assert disagreement is not NO_ANSWER


@many_examples
@given(case=draw_cases())
def test_drawn_values_are_judged_as_heat_does(heat: Heat, case: tuple[Schema, Any]) -> None:
    assert_agreement(heat, *case)


@many_examples
@given(case=draw_custom_cases())
def test_text_for_custom_constraints_is_judged_as_heat_does(heat: Heat, case: tuple[Schema, Any]) -> None:
    assert_agreement(heat, *case)
