"""Literals that are given to a nested template: what its parameters take, direct and in groups, as Heat has it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from heatclient.exc import HTTPBadRequest

from builder.diagnostics.problems import Problem
from builder.diagnostics.rules import Profile
from builder.kinds.heat.stack_creation import heat_client
from tests.contract.clouds import wait_for
from tests.definitions.texts import build
from tests.openstack.real_cloud import connected

GROUP = "OS::Heat::ResourceGroup"
VALUES: list[Any] = [
    "x", "5", 5, 5.5, True, "yes", "true", "True", [], ["a", "b"], [1, 2], ["a", 1], [{"k": "v"}], {},
    {"k": "v", "q": "r"}, "", "a,b", '{"k": 1}', "[1]", None, [None, "a"], [["a"]], "1e3", "nan",
]  # fmt: skip
TAKES: dict[str, list[Any]] = {
    "string": [each for each in VALUES if not isinstance(each, float | list | dict)],
    "number": ["5", 5, 5.5, True, None, "1e3", "nan"],
    "boolean": [True, "true", "True", None],
    "comma_delimited_list": [
        *(each for each in VALUES if isinstance(each, str)), [], ["a", "b"], [{"k": "v"}], None, [None, "a"],
    ],
    "json": ["5", "true", *(each for each in VALUES if isinstance(each, list | dict)), "", '{"k": 1}', "[1]", None,
             "1e3"],
}  # fmt: skip
"""By the type of a parameter, what Heat makes a nested stack of."""

CONSTRAINED: list[tuple[str, dict[str, Any], Any, bool]] = [
    ("json", {"length": {"max": 1}}, {"k": "v", "q": "r"}, False),
    ("json", {"length": {"max": 1}}, "{}", False),
    ("json", {"length": {"max": 3}}, [1, 2, 3], False),
    ("comma_delimited_list", {"length": {"max": 1}}, "a,b", False),
    ("comma_delimited_list", {"allowed_values": ["a"]}, ["a", "b"], False),
    ("comma_delimited_list", {"allowed_values": ["a"]}, "a,a", True),
    ("string", {"allowed_values": [1]}, 1, True),
    ("string", {"allowed_pattern": "a+"}, "b", False),
    ("string", {"allowed_pattern": "1"}, 1, True),
    ("string", {"length": {"max": 2}}, 300, False),
    ("string", {"custom_constraint": "ip_addr"}, "nonsense", False),
    ("string", {"custom_constraint": "net_cidr"}, "10.0.0.0/8", True),
    ("number", {"range": {"max": 3}}, "7", False),
    ("number", {"modulo": {"step": 2, "offset": 0}}, 3, False),
    ("number", {"allowed_values": [1, 2]}, "2", True),
    ("boolean", {"allowed_values": [True]}, False, False),
]


def use(value: Any, *, in_group: bool = False) -> dict[str, Any]:
    """A template that gives a nested one a value."""
    given = {"type": "nested.yaml", "properties": {"p": value}}
    member = {"type": GROUP, "properties": {"count": 1, "resource_def": given}}
    return {"heat_template_version": "2021-04-16", "resources": {"n": member if in_group else given}}


def declare(type_: str, *constraints: dict[str, Any]) -> str:
    """A nested template whose parameter is of a type."""
    parameter: dict[str, Any] = {"type": type_, "constraints": list(constraints)}
    resources = {"r": {"type": "OS::Heat::Value", "properties": {"value": {"get_param": "p"}}}}
    return json.dumps({"heat_template_version": "2021-04-16", "parameters": {"p": parameter}, "resources": resources})


def judge(template: dict[str, Any], nested: str) -> list[Problem]:
    """What is told of the values that the nested template is given."""
    outcome = build(f"heat_template: {json.dumps(template)}\n", {"nested.yaml": nested}, profile=Profile.GENERIC)
    return [each for each in outcome.problems if each.rule.startswith("property-")]


def is_taken(type_: str, value: Any) -> bool:
    """Whether Heat takes a value; 1 is not True here."""
    return any(type(each) is type(value) and each == value for each in TAKES[type_])


@pytest.mark.parametrize("in_group", [False, True], ids=["direct", "in a group"])
@pytest.mark.parametrize("type_", TAKES)
def test_literal_that_the_parameter_does_not_take_is_told(type_: str, in_group: bool) -> None:
    for value in VALUES:
        rules = {each.rule for each in judge(use(value, in_group=in_group), declare(type_))}
        assert rules == (set() if is_taken(type_, value) else {"property-type"}), value


@pytest.mark.parametrize("in_group", [False, True], ids=["direct", "in a group"])
@pytest.mark.parametrize(("type_", "constraint", "value", "is_met"), CONSTRAINED)
def test_literal_that_breaks_a_constraint_of_the_parameter_is_told(
    type_: str, constraint: dict[str, Any], value: Any, is_met: bool, in_group: bool
) -> None:
    rules = [each.rule for each in judge(use(value, in_group=in_group), declare(type_, constraint))]
    assert rules == ([] if is_met else ["property-constraint"])


def test_literal_is_told_at_its_place_by_the_name_of_the_parameter() -> None:
    (problem,) = judge(use(["a", 1]), declare("comma_delimited_list"))
    assert problem.pointer == "/heat_template/resources/n/properties/p/1"
    assert (problem.message, problem.hint) == ("'p[1]' of nested.yaml must be a text", "write it in quotes")
    (problem,) = judge(use("yes", in_group=True), declare("boolean"))
    assert problem.pointer == "/heat_template/resources/n/properties/resource_def/properties/p"
    assert (problem.message, problem.hint) == ("'p' of nested.yaml must be true or false", "write true")


@pytest.mark.parametrize(
    "value",
    [
        {"get_param": "OS::stack_name"},
        {"list_join": [",", ["a"]]},
        {"get_atr": ["x", "y"]},
        ["a", {"get_param": "OS::stack_id"}],
    ],
    ids=str,
)
def test_what_only_a_launch_tells_is_left_be(value: Any) -> None:
    assert judge(use(value), declare("number" if isinstance(value, dict) else "comma_delimited_list")) == []


def test_number_of_a_member_is_left_be_where_a_group_puts_it() -> None:
    assert judge(use("%index%", in_group=True), declare("number")) == []
    assert [each.rule for each in judge(use("%index%"), declare("number"))] == ["property-type"]


def list_cases() -> Iterator[tuple[str, Any, bool]]:
    """Each nested template, what it is given, and whether Heat takes it."""
    for type_ in TAKES:
        for value in VALUES:
            yield declare(type_), value, is_taken(type_, value)
    for type_, constraint, value, is_met in CONSTRAINED:
        yield declare(type_, constraint), value, is_met


@pytest.mark.openstack
@pytest.mark.timeout(300)
def test_heat_takes_and_refuses_the_same_literals() -> None:
    differing = []
    with connected() as cloud:
        stacks = heat_client(cloud).stacks
        for nested, value, expected in list_cases():
            if '"json"' in nested and isinstance(value, str):
                expected = expected or "length" not in nested  # text that is no JSON is refused by a creation alone
            try:
                stacks.preview(stack_name="oracle-preview", template=use(value), files={"nested.yaml": nested})
                taken = True
            except HTTPBadRequest:
                taken = False
            if taken is not expected:
                differing.append((nested, value, taken))
    assert differing == []


@pytest.mark.openstack
@pytest.mark.timeout(300)
def test_heat_refuses_literals_of_members_and_text_that_is_no_json_as_it_creates() -> None:
    cases = [
        (use(5.5, in_group=True), declare("string")),
        (use("7", in_group=True), declare("number", {"range": {"max": 3}})),
        (use("yes", in_group=True), declare("boolean")),
        (use("x"), declare("json")),
    ]
    made: dict[str, Any] = {}
    with connected() as cloud:
        stacks = heat_client(cloud).stacks
        names = [f"nested-values-{uuid.uuid4().hex[:8]}" for _ in cases]
        try:
            for name, (template, nested) in zip(names, cases, strict=True):
                made[name] = stacks.create(stack_name=name, template=template, files={"nested.yaml": nested})["stack"]
            for name, stack in made.items():
                show = partial(stacks.get, f"{name}/{stack['id']}")
                ended = wait_for(show, lambda each: each.stack_status != "CREATE_IN_PROGRESS")
                assert ended.stack_status == "CREATE_FAILED", name
        finally:
            for name, stack in made.items():
                stacks.delete(f"{name}/{stack['id']}")
