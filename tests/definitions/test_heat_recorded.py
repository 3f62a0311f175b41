"""What real Heat says of calls and custom constraints, recorded, beside what the linter and the sandbox say.

``python -m tests.definitions.oracle.record`` records the answers anew; see its docstring.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builder.clusters.answers import check_answers
from builder.parameters.declarations import parse_parameter
from builder.sandbox.heat.wording import explain_custom_fault
from tests.definitions.oracle.answers import Answer, call_in_sandbox, is_linted
from tests.definitions.oracle.calls import TYPES, VERSIONS
from tests.definitions.oracle.comparison import Heat
from tests.definitions.oracle.record import record_calls, record_custom_constraints

HERE = Path(__file__).parent / "oracle"
CALLS: list[dict[str, Any]] = json.loads((HERE / "calls.json").read_text())
CUSTOM: list[list[str]] = json.loads((HERE / "custom_constraints.json").read_text())
INTERPRETER = os.environ.get("HEAT_ORACLE_PYTHON", "")

UNKNOWN_TO_US = ("yaql", "resource_facade")
"""Functions that the sandbox gives null for, and the linter knows but the shape of the arguments of."""

TOLD_ELSEWHERE = ("No content found", "Invalid condition")
"""What the linter tells by other rules than that on arguments."""

TOLD_BY_VALUE = ("Algorithm must be one of", 'Function "digest" usage', 'Incorrect index to "str_split"')
"""What Heat refuses of the values that are recorded, and not of every value of their type."""

FUNCTIONS = sorted({record["function"] for record in CALLS})
CONSTRAINTS = sorted({name for name, _, _ in CUSTOM})


def ask(record: dict[str, Any]) -> Iterator[tuple[str, Answer]]:
    """Each version that a call can stand in, and Heat's answer in it."""
    answers = record["answers"]
    for version in VERSIONS[record["function"]]:
        yield version, answers[max(since for since in answers if since <= version)]


def find_calls(function: str) -> list[dict[str, Any]]:
    return [record for record in CALLS if record["function"] == function]


def show(record: dict[str, Any], version: str, heat: object, ours: object) -> str:
    return f"{record['function']}: {record['arguments']!r} in {version}: Heat {heat!r}, ours {ours!r}"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_linter_finds_fault_with_a_call_exactly_where_heat_refuses_it(function: str) -> None:
    """Of arguments that hold a call themselves, it may have nothing to say; it must never refuse what Heat takes."""
    differing = []
    for record in find_calls(function):
        for version, heat in ask(record):
            refused = "refused" in heat and not heat["refused"].startswith(TOLD_ELSEWHERE)
            ours = is_linted(function, record["arguments"], version, in_condition=record.get("in_condition", False))
            may_pass = record.get("nested") or (function in UNKNOWN_TO_US and not heat.get("parsed"))
            if ours != refused and (ours or not may_pass):
                differing.append(show(record, version, heat, ours))
    assert not differing, "\n".join(differing)


def test_linter_finds_fault_with_a_parameter_that_heat_refuses_for_its_type() -> None:
    """Whatever the value is: two of each type are recorded, one of them as good as none."""
    verdicts: dict[tuple[str, str, str], list[tuple[bool, bool, str]]] = {}
    for record in CALLS:
        written = json.dumps(record["arguments"])
        name = next((each for each in TYPES if f'{{"get_param": "{each}"}}' in written), None)
        if not record.get("filled") or name is None or TYPES[name] == "json":
            continue
        for version, heat in ask(record):
            ours = is_linted(record["function"], record["arguments"], version, in_condition=False)
            kind = (record["function"], written.replace(f'"{name}"', TYPES[name]), version)
            by_type = not heat.get("refused", "").startswith((*TOLD_ELSEWHERE, *TOLD_BY_VALUE))
            shown = show(record, version, heat, ours)
            verdicts.setdefault(kind, []).append(("refused" in heat and by_type, ours, shown))
    differing = [
        shown
        for cases in verdicts.values()
        if all(heat for heat, _, _ in cases)
        for _, ours, shown in cases
        if not ours
    ]
    assert len(verdicts) > 500
    assert not differing, "\n".join(differing)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_sandbox_answers_a_call_as_heat_does(function: str) -> None:
    differing = []
    for record in find_calls(function):
        for version, heat in ask(record):
            if function in UNKNOWN_TO_US and not heat.get("parsed"):
                continue
            ours = call_in_sandbox(
                function, record["arguments"], version, in_condition=record.get("in_condition", False)
            )
            if ours.keys() - {"parsed"} != heat.keys() - {"parsed"} or not is_same(ours, heat):
                differing.append(show(record, version, heat, ours))
    assert not differing, "\n".join(differing)


def is_same(ours: Answer, heat: Answer) -> bool:
    """Whether values are equal, ``1`` and ``True`` apart, and refusals in the same words."""
    if "refused" in heat:
        return simplify(ours["refused"]) == simplify(heat["refused"])
    return json.dumps(ours, sort_keys=True) == json.dumps(heat, sort_keys=True)


def simplify(words: str) -> str:
    """The words without what differs from host to host and from call to call: algorithms of OpenSSL's, arguments."""
    return words.split("Algorithm must be one of", 1)[0]


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_custom_constraint_is_judged_as_heat_does_wherever_a_value_is_judged(name: str) -> None:
    parameter = parse_parameter("p", {"type": "string", "constraints": [{"custom_constraint": name}]})
    differing = []
    for _, text, heat in (record for record in CUSTOM if record[0] == name and record[1]):
        ours = bool(check_answers({"p": parameter}, {"p": text}).faults)
        if ours != (heat is not None):
            differing.append(f"{name}: {text!r}: Heat {heat!r}, ours {ours}")
    assert not differing, "\n".join(differing)


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_sandbox_refuses_a_text_for_a_custom_constraint_in_the_words_of_heat(name: str) -> None:
    differing = []
    for _, text, heat in (record for record in CUSTOM if record[0] == name):
        ours = explain_custom_fault(name, text)
        if ours != heat:
            differing.append(f"{name}: {text!r}: Heat {heat!r}, ours {ours!r}")
    assert not differing, "\n".join(differing)


@pytest.mark.openstack
@pytest.mark.skipif(not INTERPRETER, reason="HEAT_ORACLE_PYTHON names no interpreter with openstack-heat")
@pytest.mark.timeout(300)
def test_recorded_answers_are_those_that_heat_gives() -> None:
    with Heat(INTERPRETER) as heat:
        assert [*map(list, record_custom_constraints(heat))] == CUSTOM
        for told, record in zip(record_calls(heat), CALLS, strict=True):
            assert simplify(json.dumps(told)) == simplify(json.dumps(record))
