"""Declarations: read from Heat's syntax, refused where they cannot be meant, laid over one another."""

from __future__ import annotations

from typing import Any

import pytest

from builder.hot.values import ParameterType
from builder.parameters.attributes import ABSENT, ParameterSyntaxError
from builder.parameters.declarations import Parameter, find_default_faults, override_parameter, parse_parameter
from builder.parameters.declared_constraints import AllowedValues, CustomConstraint, Length, Modulo, Range
from builder.text.pointers import Tokens

NODES = {
    "type": "number",
    "label": "Nodes",
    "description": "How many compute nodes",
    "default": 2,
    "hidden": False,
    "immutable": True,
    "tags": ["size"],
    "constraints": [{"range": {"min": 1, "max": "8"}, "description": "1 to 8"}, {"modulo": {"step": 2.0, "offset": 0}}],
}


def test_whole_declaration_is_read() -> None:
    assert parse_parameter("nodes", NODES) == Parameter(
        id="nodes",
        type=ParameterType.NUMBER,
        label="Nodes",
        description="How many compute nodes",
        default=2,
        immutable=True,
        tags=("size",),
        constraints=(Range(1, 8, "1 to 8"), Modulo(2, 0)),
    )


@pytest.mark.parametrize(
    ("mapping", "required"),
    [
        ({"type": "string"}, True),
        ({"type": "string", "default": None}, True),
        ({"type": "string", "default": ""}, False),
        ({"type": "number", "default": 0}, False),
        ({"type": "boolean", "default": False}, False),
        ({"type": "json", "default": {}}, False),
        ({"type": "comma_delimited_list", "default": []}, False),
    ],
)
def test_parameter_without_default_is_required(mapping: dict[str, Any], required: bool) -> None:
    assert parse_parameter("p", mapping).required is required


@pytest.mark.parametrize(
    ("label", "title"), [("Number of nodes", "Number of nodes"), (None, "Node count"), ("", "Node count")]
)
def test_title_is_the_label_or_made_from_the_id(label: str | None, title: str) -> None:
    assert parse_parameter("node_count", {"type": "number", "label": label}).title == title


@pytest.mark.parametrize(
    ("written", "read"),
    [(True, True), (False, False), (None, False), ("true", True), ("no", False), ("Yes", True), (1, True)],
)
def test_hidden_is_read_as_a_truth_value(written: object, read: bool) -> None:
    assert parse_parameter("p", {"type": "string", "hidden": written}).hidden is read


@pytest.mark.parametrize(
    ("type_", "values", "allowed"),
    [
        ("string", [1, True, 1.5, "a"], ("1", "True", "1.5", "a")),
        ("number", [1, "2", "3.5"], (1, 2, 3.5)),
        ("boolean", ["yes", 0, True], (True, False, True)),
        ("comma_delimited_list", [1, "a"], (1, "a")),
    ],
)
def test_allowed_values_become_the_type_of_the_parameter(
    type_: str, values: list[Any], allowed: tuple[Any, ...]
) -> None:
    parameter = parse_parameter("p", {"type": type_, "constraints": [{"allowed_values": values}]})
    assert parameter.constraints == (AllowedValues(allowed),)


@pytest.mark.parametrize(
    ("mapping", "tokens"),
    [
        ({}, ("type",)),
        ({"type": "text"}, ("type",)),
        ({"type": None}, ("type",)),
        ({"type": ["string"]}, ("type",)),
        ({"type": "string", "tags": "a,b"}, ("tags",)),
        ({"type": "string", "tags": None}, ("tags",)),
        ({"type": "string", "constraints": {"length": {"min": 1}}}, ("constraints",)),
        ({"type": "string", "constraints": ["length"]}, ("constraints", 0)),
        ({"type": "string", "constraints": [{}]}, ("constraints", 0)),
        ({"type": "string", "constraints": [{"description": "x"}]}, ("constraints", 0)),
        ({"type": "string", "constraints": [{"size": 1}]}, ("constraints", 0)),
        ({"type": "number", "constraints": [{"range": {"min": 1}, "modulo": {}}]}, ("constraints", 0, "modulo")),
        ({"type": "number", "constraints": [{"range": {"min": 1}, "size": 1}]}, ("constraints", 0)),
        ({"type": "string", "constraints": [{"range": {"min": 1}}]}, ("constraints", 0, "range")),
        (
            {"type": "number", "constraints": [{"range": {"min": 1}}, {"length": {"max": 1}}]},
            ("constraints", 1, "length"),
        ),
        ({"type": "json", "constraints": [{"allowed_values": ["a"]}]}, ("constraints", 0, "allowed_values")),
        ({"type": "string", "constraints": [{"length": {}}]}, ("constraints", 0, "length")),
        ({"type": "string", "constraints": [{"length": {"least": 1}}]}, ("constraints", 0, "length")),
        ({"type": "string", "constraints": [{"length": {"min": 5, "max": 3}}]}, ("constraints", 0, "length")),
        ({"type": "string", "constraints": [{"length": {"max": 1.5}}]}, ("constraints", 0, "length", "max")),
        ({"type": "number", "constraints": [{"range": {"min": "few"}}]}, ("constraints", 0, "range", "min")),
        ({"type": "number", "constraints": [{"range": {"max": [1]}}]}, ("constraints", 0, "range", "max")),
        ({"type": "number", "constraints": [{"range": {"max": True}}]}, ("constraints", 0, "range", "max")),
        ({"type": "number", "constraints": [{"range": {"max": float("inf")}}]}, ("constraints", 0, "range", "max")),
        ({"type": "number", "constraints": [{"range": {"min": "1" * 310}}]}, ("constraints", 0, "range", "min")),
        ({"type": "number", "constraints": [{"range": {"min": "-1" + "0" * 309}}]}, ("constraints", 0, "range", "min")),
        (
            {"type": "number", "constraints": [{"modulo": {"step": "9" * 4300, "offset": "9" * 4299}}]},
            ("constraints", 0, "modulo", "step"),
        ),
        ({"type": "number", "constraints": [{"modulo": {"step": 2}}]}, ("constraints", 0, "modulo")),
        (
            {"type": "number", "constraints": [{"modulo": {"step": 0, "offset": 0}}]},
            ("constraints", 0, "modulo", "step"),
        ),
        (
            {"type": "number", "constraints": [{"modulo": {"step": 1.5, "offset": 1}}]},
            ("constraints", 0, "modulo", "step"),
        ),
        (
            {"type": "number", "constraints": [{"modulo": {"step": 2, "offset": 3}}]},
            ("constraints", 0, "modulo", "offset"),
        ),
        (
            {"type": "number", "constraints": [{"modulo": {"step": 2, "offset": -1}}]},
            ("constraints", 0, "modulo", "offset"),
        ),
        ({"type": "string", "constraints": [{"allowed_values": []}]}, ("constraints", 0, "allowed_values")),
        ({"type": "string", "constraints": [{"allowed_values": "a"}]}, ("constraints", 0, "allowed_values")),
        ({"type": "number", "constraints": [{"allowed_values": [1, None]}]}, ("constraints", 0, "allowed_values", 1)),
        ({"type": "number", "constraints": [{"allowed_values": [1, "two"]}]}, ("constraints", 0, "allowed_values", 1)),
        ({"type": "boolean", "constraints": [{"allowed_values": ["so-so"]}]}, ("constraints", 0, "allowed_values", 0)),
        ({"type": "string", "constraints": [{"allowed_pattern": "("}]}, ("constraints", 0, "allowed_pattern")),
        ({"type": "string", "constraints": [{"allowed_pattern": 5}]}, ("constraints", 0, "allowed_pattern")),
        ({"type": "string", "constraints": [{"custom_constraint": ""}]}, ("constraints", 0, "custom_constraint")),
        ({"type": "string", "constraints": [{"custom_constraint": ["x"]}]}, ("constraints", 0, "custom_constraint")),
    ],
    ids=lambda value: str(value)[:100],
)
def test_what_cannot_be_meant_is_refused_with_its_place(mapping: dict[str, Any], tokens: Tokens) -> None:
    with pytest.raises(ParameterSyntaxError) as caught:
        parse_parameter("p", mapping)
    assert caught.value.tokens == tokens
    assert str(caught.value)


def test_override_lays_what_is_given_over_the_templates() -> None:
    base = parse_parameter("nodes", NODES)
    over = {"label": "Machines", "default": 4, "hidden": True, "constraints": [{"range": {"max": 4}}]}
    merged = override_parameter(base, over)
    assert merged.label == "Machines"
    assert merged.default == 4
    assert merged.hidden
    assert merged.constraints == (Range(None, 4),)
    assert merged.description == "How many compute nodes"
    assert merged.immutable
    assert merged.tags == ("size",)
    assert base.label == "Nodes"


@pytest.mark.parametrize(
    ("base", "over", "sends"),
    [
        (2, {}, False),
        (2, {"default": 2}, False),
        (2, {"default": 3}, True),
        (None, {"default": 3}, True),
        (2, {"default": None}, False),
        (1, {"default": True}, True),
        (2, {"label": "x"}, False),
    ],
)
def test_default_that_heat_does_not_know_is_sent(base: object, over: dict[str, Any], sends: bool) -> None:
    merged = override_parameter(parse_parameter("p", {"type": "number", "default": base}), over)
    assert merged.sends_default is sends


def test_second_override_keeps_sending_the_default_of_the_first() -> None:
    base = parse_parameter("p", {"type": "string", "default": "small"})
    merged = override_parameter(override_parameter(base, {"default": "large"}), {"label": "Size"})
    assert merged.default == "large"
    assert merged.sends_default


def test_override_with_null_takes_the_templates_away() -> None:
    base = parse_parameter("nodes", NODES)
    merged = override_parameter(base, {"default": None, "constraints": None, "label": None, "tags": None})
    assert merged.default is ABSENT
    assert merged.constraints == ()
    assert merged.title == "Nodes"
    assert merged.tags == ()


def test_override_is_judged_by_the_templates_type() -> None:
    base = parse_parameter("p", {"type": "string"})
    with pytest.raises(ParameterSyntaxError) as caught:
        override_parameter(base, {"type": "number", "constraints": [{"range": {"min": 1}}]})
    assert caught.value.tokens == ("constraints", 0, "range")


@pytest.mark.parametrize(
    ("mapping", "faults"),
    [
        ({"type": "number"}, []),
        ({"type": "number", "default": 3, "constraints": [{"range": {"max": 2}}]}, ["the default must be at most 2"]),
        ({"type": "number", "default": "many"}, ["the default must be a number"]),
        ({"type": "boolean", "default": "on"}, []),
        (
            {"type": "string", "default": "a!", "constraints": [{"length": {"min": 3}}, {"allowed_pattern": "[a-z]+"}]},
            [
                "the default must be at least 3 characters long",
                "the default must match the pattern [a-z]+ from beginning to end",
            ],
        ),
        ({"type": "string", "default": "", "constraints": [{"length": {"max": 3}}]}, []),
        ({"type": "string", "default": "m1.huge", "constraints": [{"custom_constraint": "nova.flavor"}]}, []),
        ({"type": "json", "default": "", "constraints": []}, []),
        (
            {"type": "json", "default": "{"},
            ["the default must be valid JSON, which it stops being at line 1, column 2"],
        ),
    ],
    ids=str,
)
def test_faults_of_a_default_are_found(mapping: dict[str, Any], faults: list[str]) -> None:
    assert find_default_faults(parse_parameter("p", mapping)) == faults


@pytest.mark.parametrize(
    "mapping",
    [
        {"type": "string", "default": 5, "constraints": [{"length": {"max": 3}}]},
        {"type": "string", "default": 5, "constraints": [{"allowed_pattern": "[0-9]"}]},
        {"type": "json", "default": '{"a": 1}', "constraints": [{"length": {"max": 3}}]},
        {"type": "comma_delimited_list", "default": "", "constraints": [{"allowed_values": ["a"]}]},
    ],
    ids=str,
)
def test_heats_pedantry_about_defaults_is_told_for_templates_only(mapping: dict[str, Any]) -> None:
    parameter = parse_parameter("p", mapping)
    assert find_default_faults(parameter) == []
    assert len(find_default_faults(parameter, in_template=True)) == 1


@pytest.mark.parametrize(
    ("constraint", "rendered"),
    [
        (Length(1, None), {"length": {"min": 1}}),
        (Length(0, 0, "empty"), {"length": {"min": 0, "max": 0}, "description": "empty"}),
        (Range(None, 1.5), {"range": {"max": 1.5}}),
        (Modulo(2, 0), {"modulo": {"step": 2, "offset": 0}}),
        (AllowedValues(("a", "b")), {"allowed_values": ["a", "b"]}),
        (CustomConstraint("nova.flavor"), {"custom_constraint": "nova.flavor"}),
    ],
    ids=str,
)
def test_constraint_is_rendered_in_heats_syntax(constraint: Any, rendered: dict[str, Any]) -> None:
    assert constraint.render() == rendered
