"""How the answers are judged where several components declare a parameter, and what of them nobody may see."""

from __future__ import annotations

import json
from typing import Any

import pytest

from builder.definitions.building import build_cluster_type
from builder.definitions.model import ClusterType, ClusterTypeId
from builder.errors import RequestError
from builder.kinds.heat.planning import plan_cluster
from builder.kinds.registry import KINDS
from tests.definitions.files import build_composed
from tests.definitions.test_many_problems import HEAD, OneFile

DEFINITION = f"""{HEAD}heat_template:
  heat_template_version: 2021-04-16
  parameters:
    logins: {{type: json, hidden: true}}
    shown: {{type: json, default: {{}}}}
"""
LOGINS = {"root": ["s3cret", {"inner-key": 4711}]}


@pytest.mark.parametrize("answer", [LOGINS, json.dumps(LOGINS)])
def test_all_that_a_hidden_json_answer_holds_is_secret_as_data_and_as_text(answer: Any) -> None:
    cluster_type = build_cluster_type(ClusterTypeId("many"), OneFile(DEFINITION), KINDS).cluster_type
    assert cluster_type is not None
    plan = plan_cluster(cluster_type, "mycluster", {"logins": answer, "shown": '{"seen": "by all"}'}, {})
    assert {"root", "s3cret", "inner-key", "4711"} <= set(plan.secrets)
    assert (answer in plan.secrets) is isinstance(answer, str)
    assert not {"seen", "by all"} & set(plan.secrets)


COMPOSED = f"""{HEAD}components: [{{name: a, optional: true}}, {{name: b}}]
parameter_groups: [{{label: A, parameters: [], optional: {{name: a}}}}]
"""


def compose(a: str, b: str, further: str = "") -> ClusterType:
    """A cluster type whose optional component ``a`` and required one ``b`` declare ``answer`` in these ways."""
    templates = {
        name: f"heat_template_version: 2021-04-16\nparameters: {{answer: {declared}}}\n"
        for name, declared in {"a": a, "b": b}.items()
    }
    cluster_type = build_composed(COMPOSED + further, **templates).cluster_type
    assert cluster_type is not None
    return cluster_type


def faults(cluster_type: ClusterType, *selected: str, **answers: Any) -> list[str]:
    """What is wrong with the answers."""
    try:
        plan_cluster(cluster_type, "mycluster", answers, dict.fromkeys(selected, True))
    except RequestError as error:
        return [fault.detail for fault in error.faults]
    return []


def test_answer_is_judged_by_the_first_selected_component_that_declares_it() -> None:
    cluster_type = compose("{type: string, hidden: true}", "{type: json, hidden: true}")
    assert faults(cluster_type, "a", answer="abc") == []
    assert faults(cluster_type, answer='{"abc": 1}') == []
    (fault,) = faults(cluster_type, answer="abc")
    assert fault.startswith("Answer must be valid JSON")


def test_default_of_the_first_selected_component_that_declares_a_parameter_counts() -> None:
    assert faults(compose("{type: number, default: 1}", "{type: number}")) == ["Answer is required."]
    assert faults(compose("{type: number}", "{type: number, default: 1}")) == []
    assert faults(compose("{type: number}", "{type: number, default: 1}"), "a") == ["Answer is required."]


def test_what_the_definition_lays_over_a_parameter_counts_whichever_component_is_selected() -> None:
    override = "parameter_overrides: {answer: {label: Number, constraints: [{range: {max: 3}}]}}\n"
    cluster_type = compose("{type: number, label: A}", "{type: number, label: B}", override)
    assert faults(cluster_type, "a", answer=4) == faults(cluster_type, answer=4) == ["Number must be at most 3."]


def test_hardcoded_secret_that_its_component_cannot_read_is_secret_all_the_same() -> None:
    cluster_type = compose(
        "{type: string, hidden: true}", "{type: json, hidden: true}", "hardcoded_parameters: {answer: abc}\n"
    )
    assert plan_cluster(cluster_type, "mycluster", {}, {}).secrets == ("abc",)
