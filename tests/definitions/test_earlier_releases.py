"""Keys and kinds of earlier releases: those that stay, and what is said of the one that went."""

from __future__ import annotations

import pytest

from builder.definitions.building import build_cluster_type
from builder.definitions.listing import render_cluster_type
from builder.definitions.model import ClusterTypeId
from builder.kinds.registry import KINDS
from tests.definitions.texts import VERSION, Texts, build, find_rules

TEMPLATE = f"heat_template: {{{VERSION}, parameters: {{a: {{type: string}}}}, resources: {{}}}}\n"


def test_kind_that_no_cloud_has_any_more_is_told_of_in_one_sentence() -> None:
    definition = (
        "kind: sahara\ntitle: t\ndescription: d\nsahara_cluster_template: abc\n"
        "parameters: {clustername: {type: string}}\norder: 1\nlogo_url: /x.svg\n"
    )
    (problem,) = build_cluster_type(ClusterTypeId("old"), Texts({"": definition}), KINDS).problems
    assert (problem.rule, problem.pointer, problem.line) == ("unknown-value", "/kind", 1)
    assert "Sahara" in problem.message
    assert "kind: heat" in problem.hint


@pytest.mark.parametrize("value", ["12", "0.5", "0", "1e3"])
def test_base_credits_are_a_number(value: str) -> None:
    outcome = build(f"base_credits: {value}\n" + TEMPLATE)
    assert outcome.cluster_type is not None
    assert render_cluster_type(outcome.cluster_type)["base_credits"] == float(value)


@pytest.mark.parametrize(("value", "rule"), [('"5"', "wrong-type"), ("1e300", "out-of-range"), (".inf", "yaml-number")])
def test_base_credits_that_are_no_number_are_refused(value: str, rule: str) -> None:
    assert rule in find_rules(build(f"base_credits: {value}\n" + TEMPLATE))


GROUPS = "parameter_groups: [{label: Ours, parameters: [a]}, {parameters: [b]}], "


def groups_of(definition: str) -> list[tuple[str, str, list[str]]]:
    template = f"{{{VERSION}, {GROUPS}parameters: {{a: {{type: string}}, b: {{type: string}}}}, resources: {{}}}}"
    texts = {"one.yaml": template, "components/one.yaml": template}
    cluster_type = build(definition.replace("TEMPLATE", template), texts).cluster_type
    assert cluster_type is not None
    return [(each.label, each.description, list(each.parameters)) for each in cluster_type.parameter_groups]


@pytest.mark.parametrize("source", ["heat_template_url: one.yaml\n", "heat_template: TEMPLATE\n"])
def test_groups_of_the_template_are_those_of_the_form_unless_the_definition_has_its_own(source: str) -> None:
    """The Visualisation App takes no group without label, description and parameters."""
    assert groups_of(source) == [("Ours", "", ["a"]), ("", "", ["b"])]
    assert groups_of(f"{source}hardcoded_parameters: {{b: x}}\n") == [("Ours", "", ["a"])]
    assert groups_of(f"{source}parameter_groups: [{{label: Own, parameters: [b]}}]\n") == [("Own", "", ["b"])]
    assert groups_of(f"{source}parameter_groups: []\n") == []


def test_groups_of_components_are_left_out() -> None:
    assert groups_of("components: [{name: one}]\n") == []
