"""Components are told whether another one is in the cluster, by a parameter ``selected_<component>``."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

from builder.definitions.building import Outcome, build_cluster_type
from builder.definitions.model import ClusterType, ClusterTypeId
from builder.errors import RequestError
from builder.kinds.heat.planning import plan_cluster
from builder.kinds.registry import KINDS
from tests.definitions.files import FilesInMemory

HEAD = """\
kind: heat
title: Told
description: Two components, one of them optional.
components:
  - {name: main}
  - {name: storage, optional: true}
parameter_groups:
  - {label: Storage, parameters: [size], optional: {name: storage}}
"""
MAIN = """\
heat_template_version: 2021-04-16
parameters:
  selected_storage: {type: boolean}
conditions:
  has_storage: {get_param: selected_storage}
resources:
  network: {type: OS::Neutron::Net, condition: has_storage}
"""
STORAGE = """\
heat_template_version: 2021-04-16
parameters:
  size: {type: number, default: 1}
  selected_main: {type: boolean}
resources:
  thing:
    type: OS::Heat::TestResource
    properties: {value: {get_param: size}, fail: {if: [{not: {get_param: selected_main}}, true, false]}}
"""


def build(head: str = HEAD, main: str = MAIN) -> Outcome:
    files = {"": head, "components/main.yaml": main, "components/storage.yaml": STORAGE}
    return build_cluster_type(ClusterTypeId("told"), FilesInMemory(files), KINDS)


def build_good(head: str = HEAD, main: str = MAIN) -> ClusterType:
    outcome = build(head, main)
    assert outcome.cluster_type is not None, outcome.problems
    return outcome.cluster_type


def rules(outcome: Outcome) -> set[str]:
    return {problem.rule for problem in outcome.problems} - {"no-private-network", "unused-parameter"}


def sent(cluster_type: ClusterType, selected: Collection[str] = (), **answers: Any) -> dict[str, Any]:
    selections = dict.fromkeys(selected, True)
    return dict(plan_cluster(cluster_type, "mycluster", answers, selections).parameters)


def test_nobody_is_asked_for_what_composition_tells() -> None:
    assert list(build_good().parameters) == ["size"]


def test_component_is_told_that_another_is_selected_or_not() -> None:
    assert sent(build_good()) == {"selected_storage": False}
    assert sent(build_good(), ["storage"]) == {"selected_storage": True, "selected_main": True}


REFERRING = """\
heat_template_version: 2021-04-16
parameters:
  selected_storage: {type: boolean}
  selected_other: {type: boolean, default: false}
conditions:
  has_storage: {get_param: selected_storage}
  is_bare: {not: has_storage}
  is_off: {equals: [{get_param: selected_storage}, false]}
  has_both: {and: [{get_param: selected_other}, has_storage]}
  has_either: {or: [{get_param: selected_other}, has_storage]}
resources:
  plain: {type: OS::Heat::RandomString}
"""
RESOURCE = "  told: {type: OS::Heat::Value, condition: %s, properties: {value: {get_resource: thing}}}\n"
OUTPUT = "outputs:\n  told: {condition: %s, value: {get_attr: [thing, output]}}\n"
CHOICE = "outputs:\n  told: {value: {if: [%s, {get_attr: [thing, output]}, '']}}\n"
OTHERWISE = "outputs:\n  told: {value: {if: [%s, '', {get_param: size}]}}\n"


@pytest.mark.parametrize(
    ("reference", "conditions"),
    [
        (RESOURCE, ["has_storage", "has_both", "{not: is_bare}", "{not: is_off}"]),
        (OUTPUT, ["has_storage", "{get_param: selected_storage}"]),
        (CHOICE, ["has_storage", "{equals: [{get_param: selected_storage}, true]}"]),
        (OTHERWISE, ["is_bare", "is_off", "{or: [is_bare, {get_param: selected_other}]}"]),
    ],
    ids=["resource", "output", "if", "else"],
)
def test_what_is_there_only_with_a_component_may_refer_to_it(reference: str, conditions: list[str]) -> None:
    for condition in conditions:
        assert rules(build(main=REFERRING + reference % condition)) == set(), condition


@pytest.mark.parametrize(
    ("reference", "conditions"),
    [
        (RESOURCE, ["is_bare", "has_either", "{get_param: selected_other}"]),
        (CHOICE, ["is_bare", "is_off", "{equals: [{get_param: selected_storage}, false]}"]),
        (OTHERWISE, ["has_storage", "has_both", "{and: [is_bare, {get_param: selected_other}]}"]),
    ],
    ids=["resource", "if", "else"],
)
def test_what_is_there_without_a_component_may_not_refer_to_it(reference: str, conditions: list[str]) -> None:
    for condition in conditions:
        assert rules(build(main=REFERRING + reference % condition)) == {"conditional-mistake"}, condition


def test_condition_in_a_circle_asks_for_no_component() -> None:
    circle = REFERRING.replace("{get_param: selected_storage}\n", "{not: has_storage}\n", 1)
    told = [problem.message for problem in build(main=circle + RESOURCE % "has_storage").problems]
    assert any(each.startswith("resource 'thing' is there only if") for each in told)


def test_no_request_may_give_it() -> None:
    with pytest.raises(RequestError) as refused:
        sent(build_good(), selected_storage="true")
    assert [fault.pointer for fault in refused.value.faults] == ["/cluster/parameters/selected_storage"]


def test_definition_that_asks_for_it_is_warned_and_has_it_its_own_way() -> None:
    asking = HEAD + "parameters:\n  selected_storage: {type: boolean, default: true}\n  size: {type: number}\n"
    assert rules(build(asking)) == {"selection-parameter"}
    assert list(build_good(asking).parameters) == ["selected_storage", "size"]
    assert sent(build_good(asking), selected_storage="false") == {"selected_storage": False}


def test_hardcoded_value_stays() -> None:
    fixed = HEAD + "hardcoded_parameters: {selected_storage: true}\n"
    assert rules(build(fixed)) == set()
    assert sent(build_good(fixed)) == {"selected_storage": True}


@pytest.mark.parametrize(
    ("wrong", "line"),
    [("selected_storage: {type: string, default: x}", 3), ("selected_storag: {type: boolean, default: false}", 3)],
)
def test_what_is_not_told_is_warned_of_where_it_stands(wrong: str, line: int) -> None:
    main = MAIN.replace("selected_storage: {type: boolean}", wrong)
    if "selected_storage:" not in wrong:
        main = main.replace("{get_param: selected_storage}", "{get_param: selected_storag}")
    found = [each for each in build(main=main).problems if each.rule == "selection-parameter"]
    assert [(each.path.endswith("components/main.yaml"), each.line) for each in found] == [(True, line)]


@pytest.mark.parametrize("wrong", ["3", "[boolean]", "", "{type: bool}"])
def test_declaration_that_is_none_is_told_of_once(wrong: str) -> None:
    main = MAIN.replace("selected_storage: {type: boolean}", f"selected_storage: {wrong}")
    assert "selection-parameter" not in rules(build(main=main))
    assert build(main=main).cluster_type is None


def test_parameter_of_that_name_in_a_single_template_is_like_any_other() -> None:
    text = HEAD.split("components:")[0] + "heat_template:\n" + "".join(f"  {line}\n" for line in MAIN.splitlines())
    outcome = build_cluster_type(ClusterTypeId("single"), FilesInMemory({"": text}), KINDS)
    assert outcome.cluster_type is not None, outcome.problems
    assert list(outcome.cluster_type.parameters) == ["selected_storage"]
