"""What Heat takes in a template though nobody can mean it: taken of a template, and refused of a definition."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from builder.parameters.attributes import ParameterSyntaxError
from builder.parameters.declarations import override_parameter, parse_parameter

KINDS = {
    "modulo": ("number", {"step": 2, "offset": 0}), "range": ("number", {"min": 1}), "length": ("string", {"max": 3}),
    "allowed_values": ("string", ["a"]), "allowed_pattern": ("string", "a"), "custom_constraint": ("string", "ip_addr"),
}  # fmt: skip
"""Each kind of constraint with a type that it applies to, in the order in which Heat looks for them."""


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations(KINDS, 2)))
def test_of_two_kinds_in_one_constraint_a_template_has_the_one_that_heat_takes(first: str, second: str) -> None:
    type_, definition = KINDS[first]
    parameter = parse_parameter("p", {"type": type_, "constraints": [{second: KINDS[second][1], first: definition}]})
    assert [constraint.render() for constraint in parameter.constraints] == [{first: definition}]


HEAT_ALONE_TAKES: list[tuple[dict[str, Any], tuple[str | int, ...]]] = [
    ({"constraints": [{"length": {"max": 3}, "allowed_pattern": "a"}]}, ("constraints", 0)),
    ({"constraints": [{"length": {"max": 3}, "description": []}]}, ("constraints", 0, "description")),
    ({"label": ["x"]}, ("label",)),
    ({"description": {}}, ("description",)),
    ({"hidden": "perhaps"}, ("hidden",)),
    ({"immutable": 2}, ("immutable",)),
]


@pytest.mark.parametrize(("mapping", "tokens"), HEAT_ALONE_TAKES, ids=str)
def test_what_heat_takes_and_nobody_can_mean_is_refused_of_an_override(
    mapping: dict[str, Any], tokens: tuple[str | int, ...]
) -> None:
    base = parse_parameter("p", {"type": "string"})
    with pytest.raises(ParameterSyntaxError) as caught:
        override_parameter(base, mapping)
    assert caught.value.tokens == tokens


@pytest.mark.parametrize(("mapping", "tokens"), HEAT_ALONE_TAKES, ids=str)
def test_what_heat_takes_and_nobody_can_mean_is_taken_of_a_template(mapping: dict[str, Any], tokens: object) -> None:
    del tokens
    shown = parse_parameter("p", {"type": "string", **mapping}).render()
    assert shown.keys() <= {"type", "hidden", "immutable", "constraints"}
    assert (shown["hidden"], shown["immutable"]) == ("hidden" in mapping, "immutable" in mapping)
    assert shown.get("constraints", [{"length": {"max": 3}}]) == [{"length": {"max": 3}}]


@pytest.mark.parametrize("empty", ["", [], {}, 0.0])
def test_empty_flag_of_a_template_is_false_as_to_heat(empty: object) -> None:
    assert parse_parameter("p", {"type": "string", "hidden": empty}).hidden is False
