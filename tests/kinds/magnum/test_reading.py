"""Definitions of Magnum's clusters: what they may ask for, and what is said of them."""

from __future__ import annotations

import pytest

from builder.definitions.listing import render_cluster_type
from builder.diagnostics.rules import Severity
from builder.kinds.registry import KINDS
from tests.kinds.magnum.definitions import HEAD, build, build_good, find_problems

NUMBERS = ["node_count", "docker_volume_size", "create_timeout"]
BOOLEANS = ["floating_ip_enabled", "master_lb_enabled", "merge_labels"]
STRINGS = ["flavor_id", "master_flavor_id", "fixed_network", "fixed_subnet", "clustername"]


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        *((name, "number") for name in NUMBERS),
        *((name, "boolean") for name in BOOLEANS),
        *((name, "string") for name in STRINGS),
        ("labels", "json"),
        *(("labels.kube_tag", type_) for type_ in ("string", "number", "boolean")),
    ],
)
def test_whatever_a_cluster_of_magnum_has_can_be_asked_for(name: str, type_: str) -> None:
    cluster_type = build_good(f"parameters: {{{name}: {{type: {type_}}}}}\n")
    assert list(cluster_type.parameters) == [name]
    assert find_problems(f"parameters: {{{name}: {{type: {type_}}}}}\n") == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("nodecount", "did you mean 'node_count'?"),
        ("discovery_url", "there are node_count, master_count"),
        ("labels.", "did you mean 'labels'?"),
        ("labls.kube_tag", "there are node_count"),
    ],
)
@pytest.mark.parametrize("section", ["parameters", "hardcoded_parameters"])
def test_what_magnum_has_no_attribute_for_is_an_error_with_what_may_be_meant(
    section: str, name: str, hint: str
) -> None:
    value = "{type: string}" if section == "parameters" else "x"
    outcome = build(f"{section}: {{{name}: {value}}}\n")
    problem = next(each for each in outcome.problems if each.rule == "unknown-magnum-attribute")
    assert (problem.severity, problem.pointer) == (Severity.ERROR, f"/{section}/{name}")
    assert hint in problem.hint


@pytest.mark.parametrize(
    ("name", "type_"), [("node_count", "string"), ("labels", "string"), ("keypair", "json"), ("labels.x", "json")]
)
def test_parameter_of_another_type_than_magnums_is_an_error(name: str, type_: str) -> None:
    found = find_problems(f"parameters: {{{name}: {{type: {type_}}}}}\n")
    assert found == [("parameter-type", f"/parameters/{name}/type")]


@pytest.mark.parametrize(
    "constraints",
    ["[]", "[{range: {min: 0}}]", "[{range: {min: 1, max: 3}}]", "[{allowed_values: [1, 2]}]", "[{range: {max: 0}}]"],
)
def test_even_number_of_masters_that_is_allowed_is_warned_of(constraints: str) -> None:
    found = find_problems(f"parameters: {{master_count: {{type: number, constraints: {constraints}}}}}\n")
    assert found == [("even-master-count", "/parameters/master_count")]


@pytest.mark.parametrize(
    "constraints",
    ["[{allowed_values: [1, 3, 5]}]", "[{modulo: {step: 2, offset: 1}}]", "[{range: {min: 1, max: 1}}]"],
)
def test_numbers_of_masters_that_magnum_takes_are_not_warned_of(constraints: str) -> None:
    assert find_problems(f"parameters: {{master_count: {{type: number, constraints: {constraints}}}}}\n") == []


def test_keypair_without_its_picker_is_warned_of() -> None:
    assert find_problems("parameters: {keypair: {type: string}}\n") == [("keypair-picker", "/parameters/keypair")]
    picker = "{type: string, constraints: [{custom_constraint: nova.keypair}]}"
    assert find_problems(f"parameters: {{keypair: {picker}}}\n") == []


@pytest.mark.parametrize("definition", ["", "parameters: {}\n"])
def test_type_that_asks_for_nothing_is_listed_with_a_warning(definition: str) -> None:
    assert build_good(definition).parameters == {}
    assert find_problems(definition) == [("no-parameters", "/parameters")]


@pytest.mark.parametrize(
    ("hardcoded", "rules"),
    [
        ("node_count: 3", []),
        ("node_count: '3'", []),
        ("labels.auto_scaling_enabled: true", []),
        ("labels: {kube_tag: v1.31.0}", []),
        ("node_count: 1.5", ["invalid-hardcoded-value"]),
        ("node_count: many", ["invalid-hardcoded-value"]),
        ("master_count: 2", ["invalid-hardcoded-value"]),
        ("floating_ip_enabled: perhaps", ["invalid-hardcoded-value"]),
        ("labels: [a]", ["invalid-hardcoded-value"]),
        ("labels: {a: {b: 1}}", ["invalid-hardcoded-value"]),
        ("keypair: [a]", ["invalid-hardcoded-value"]),
    ],
)
def test_hardcoded_values_are_held_against_what_magnum_takes(hardcoded: str, rules: list[str]) -> None:
    asked = "parameters: {clustername: {type: string}}\n"
    assert [rule for rule, _ in find_problems(f"{asked}hardcoded_parameters: {{{hardcoded}}}\n")] == rules


def test_default_that_magnum_would_cut_off_or_refuse_is_an_error() -> None:
    assert find_problems("parameters: {node_count: {type: number, default: 1.5}}\n") == [
        ("invalid-default", "/parameters/node_count/default")
    ]
    odd = "{type: number, default: 2, constraints: [{allowed_values: [1, 2]}]}"
    assert ("invalid-default", "/parameters/master_count/default") in find_problems(
        f"parameters: {{master_count: {odd}}}\n"
    )
    broken = "{type: number, default: 9, constraints: [{range: {max: 5}}]}"
    assert find_problems(f"parameters: {{node_count: {broken}}}\n") == [
        ("invalid-default", "/parameters/node_count/default")
    ]


def test_faults_of_constraints_are_told_as_for_heat() -> None:
    found = find_problems("parameters: {node_count: {type: number, constraints: [{length: {max: 3}}]}}\n")
    assert found == [("parameter-syntax", "/parameters/node_count/constraints/0/length")]


def test_cluster_template_is_required_and_keys_of_heat_are_told_of_as_such() -> None:
    head = HEAD.replace("magnum_cluster_template: k8s", "heat_template_url: a.yaml")
    problems = build("parameters: {clustername: {type: string}}\n", head).problems
    assert [each.rule for each in problems] == ["missing-key", "unknown-key"]
    assert problems[1].message.startswith("the key 'heat_template_url' is of the kind heat, and this definition of ")
    assert ("unknown-key", "/parameter_overrides") in find_problems("parameter_overrides: {}\n")
    heat = HEAD.replace("kind: magnum", "kind: heat") + "heat_template_url: a.yaml\n"
    assert "the key 'magnum_cluster_template' is of the kind magnum" in build("", heat).problems[0].message


def test_type_is_listed_as_those_of_heat_are() -> None:
    shown = render_cluster_type(
        build_good(
            "order: 3\nlogo_url: /k8s.png\n"
            "instructions: [{id: usage, title: Usage, text: Use it.}]\n"
            "parameter_groups: [{label: Nodes, parameters: [node_count, flavor_id]}]\n"
            "hardcoded_parameters: {flavor_id: m1.small}\n"
            "parameters: {flavor_id: {type: string}, node_count: {type: number, label: Nodes, default: 2}}\n"
        )
    )
    assert list(shown["parameters"]) == ["node_count"]
    assert shown["parameters"]["node_count"]["default"] == 2
    assert shown["parameter_groups"][0]["parameters"] == ["node_count"]
    assert (shown["order"], shown["logo_url"], shown["instructions"][0]["id"]) == (3, "/k8s.png", "usage")


def test_explanation_is_what_magnum_is_sent() -> None:
    cluster_type = build_good(
        "hardcoded_parameters: {labels.kube_tag: v1.31.0, merge_labels: null}\n"
        "parameters: {clustername: {type: string}, keypair: {type: string}, node_count: {type: number, default: '2'}}\n"
    )
    assert KINDS["magnum"].explain(cluster_type, ()) == (
        "# asked for: keypair\ncluster_template_id: k8s\nnode_count: 2\nmerge_labels: true\n"
        "labels:\n  kube_tag: v1.31.0\n"
    )
