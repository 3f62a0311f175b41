"""What the Visualisation App is sent of a parameter: nothing that makes it refuse a whole cluster type."""

from __future__ import annotations

import json
from typing import Any

import pytest

from builder.parameters.declarations import parse_parameter

LENGTH_2 = [{"length": {"max": 2}}]


def test_everything_declared_is_rendered_in_a_fixed_order() -> None:
    mapping = {
        "constraints": [{"description": "1 to 8", "range": {"max": 8, "min": 1}}],
        "immutable": True,
        "hidden": True,
        "default": 2,
        "description": "How many",
        "label": "Nodes",
        "tags": ["size"],
        "type": "number",
    }
    assert json.dumps(parse_parameter("nodes", mapping).render()) == json.dumps(
        {
            "type": "number",
            "label": "Nodes",
            "description": "How many",
            "default": 2,
            "hidden": True,
            "immutable": True,
            "constraints": [{"range": {"min": 1, "max": 8}, "description": "1 to 8"}],
        }
    )


def test_what_is_not_declared_is_left_out() -> None:
    nothing: list[list[Any] | None] = [None, []]
    for constraints in nothing:
        mapping = {"type": "string", "label": "", "description": None, "default": None, "constraints": constraints}
        assert parse_parameter("p", mapping).render() == {"type": "string", "hidden": False, "immutable": False}


@pytest.mark.parametrize(
    ("mapping", "default"),
    [
        ({"type": "string", "default": "a"}, "a"),
        ({"type": "string", "default": 5}, "5"),
        ({"type": "string", "default": 5, "constraints": [{"length": {"max": 3}}]}, "5"),
        ({"type": "string", "default": 5, "constraints": [{"allowed_values": [5, 6]}]}, "5"),
        ({"type": "string", "default": True}, "True"),
        ({"type": "number", "default": 3}, 3),
        ({"type": "number", "default": "3"}, 3),
        ({"type": "number", "default": "1.5"}, 1.5),
        ({"type": "number", "default": "2", "constraints": [{"allowed_values": ["1", 2]}]}, 2),
        ({"type": "boolean", "default": "true"}, True),
        ({"type": "boolean", "default": "off"}, False),
        ({"type": "boolean", "default": 1}, True),
        ({"type": "json", "default": {"a": [1, "é"]}}, '{"a": [1, "é"]}'),
        ({"type": "json", "default": '{"a":1}'}, '{"a":1}'),
        ({"type": "json", "default": []}, "[]"),
        ({"type": "comma_delimited_list", "default": "a,b"}, "a,b"),
        ({"type": "comma_delimited_list", "default": ["a", 2]}, "a,2"),
        ({"type": "comma_delimited_list", "default": "a", "constraints": [{"allowed_values": ["a", "b"]}]}, "a"),
    ],
    ids=str,
)
def test_default_is_rendered_in_the_form_that_the_app_takes(mapping: dict[str, Any], default: object) -> None:
    rendered = parse_parameter("p", mapping).render()["default"]
    assert rendered == default
    assert type(rendered) is type(default)


@pytest.mark.parametrize(
    "mapping",
    [
        {"type": "string", "default": ""},
        {"type": "string", "default": " \n"},
        {"type": "string", "default": "abc", "constraints": LENGTH_2},
        {"type": "string", "default": "abc!", "constraints": [{"allowed_pattern": "[a-z]+"}]},
        {"type": "string", "default": "nowhere", "constraints": [{"custom_constraint": "ip_addr"}]},
        {"type": "string", "default": ["a"]},
        {"type": "number", "default": "many"},
        {"type": "number", "default": ".inf"},
        {"type": "number", "default": float("inf")},
        {"type": "number", "default": "nan"},
        {"type": "number", "default": 3, "constraints": [{"range": {"max": 2}}]},
        {"type": "boolean", "default": "perhaps"},
        {"type": "json", "default": ""},
        {"type": "json", "default": "{"},
        {"type": "json", "default": {"a": float("nan")}},
        {"type": "json", "default": "NaN"},
        {"type": "json", "default": {"a": 1}, "constraints": LENGTH_2},
        {"type": "comma_delimited_list", "default": ""},
        {"type": "comma_delimited_list", "default": []},
        {"type": "comma_delimited_list", "default": ["a,b"]},
        {"type": "comma_delimited_list", "default": 5},
        {"type": "comma_delimited_list", "default": "a,b", "constraints": LENGTH_2},
        {"type": "comma_delimited_list", "default": "a,b", "constraints": [{"allowed_values": ["a", "b"]}]},
    ],
    ids=str,
)
def test_default_that_the_app_would_refuse_is_left_out(mapping: dict[str, Any]) -> None:
    assert "default" not in parse_parameter("p", mapping).render()


def test_each_constraint_is_an_object_of_one_kind() -> None:
    constraints: list[dict[str, Any]] = [
        {"length": {"min": "1"}},
        {"allowed_pattern": "[a-z]+", "description": "letters"},
        {"allowed_values": ["a", 1]},
        {"custom_constraint": "dns_name", "description": ""},
    ]
    assert parse_parameter("p", {"type": "string", "constraints": constraints}).render()["constraints"] == [
        {"length": {"min": 1}},
        {"allowed_pattern": "[a-z]+", "description": "letters"},
        {"allowed_values": ["a", "1"]},
        {"custom_constraint": "dns_name"},
    ]
