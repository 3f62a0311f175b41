"""Hints for problems of the schema: where a misplaced key belongs, and how a value is written in YAML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import getitem
from typing import Any

from builder.hot.values import ParameterType
from builder.parameters.attributes import is_part_of_range, read_ends, suggest_attribute, suggest_range
from builder.parameters.values import suggest_number
from builder.schema.validation import SchemaProblem
from builder.text.pointers import Tokens


def hint_at_place(definition: Any, found: SchemaProblem) -> str:
    """A hint at the key that an unknown key belongs under, if one that takes it stands beside it.

    Or at what another tool's key of a parameter is called here.
    """
    *around, key = found.tokens
    beside = reduce(getitem, around, definition)
    for name, part in found.part.get("properties", {}).items():
        if isinstance(beside.get(name), dict) and isinstance(part, dict) and key in part.get("properties", {}):
            return f"indent it, so that it stands below {name!r}"
    if key in ("length", "range", "modulo", "allowed_values", "allowed_pattern", "custom_constraint"):
        return f"write it below constraints: - {key}: ..." if "constraints" in found.part.get("properties", {}) else ""
    if around[:1] == ["presets"] and isinstance(beside[key], dict) and "parameters" not in beside:
        return f"write parameters: for {key}:"
    match found.tokens:
        case ("parameters" | "parameter_overrides", _, str(attribute)):
            return suggest_attribute(attribute, beside)
        case ("parameters" | "parameter_overrides", str(parameter), "constraints", _, str(kind)):
            constraints = definition[found.tokens[0]][parameter]["constraints"]
            ends = read_ends([each for each in constraints if isinstance(each, dict) and is_part_of_range(each)])
            return suggest_attribute(kind, beside, of="constraint") or suggest_range(ParameterType.NUMBER, ends)
    is_value = around[:1] == ["presets"] and not isinstance(beside[key], dict | list)
    return "write it below parameters, if it is one" if is_value else ""


def hint_at_item(definition: Any, tokens: Tokens, missing: str) -> str:
    """A hint for an item that lacks a key: it may have been meant to be more of the item above it."""
    *around, number = tokens or ("",)
    if not isinstance(number, int) or number == 0:
        return ""
    items = reduce(getitem, around, definition)
    above, item = items[number - 1], items[number]
    is_more = isinstance(above, dict) and missing in above and above.keys().isdisjoint(item)
    return "give it, or write a blank for the '-' if this belongs to the item above" if is_more else ""


def hint_at_type(value: Any, part: Mapping[str, Any]) -> str:
    """How a value of the type that is wanted is written in YAML."""
    wanted = part["type"] if isinstance(part["type"], str) else part["type"][0]
    if value is None:
        return "give it a value"
    match wanted:
        case "array":
            return "write a list, each item on a line that begins with '- '"
        case "object":
            keys: Sequence[str] = part.get("required") or list(part.get("properties", {}))
            if isinstance(value, str) and "\n" in value:
                return "write keys, not a text, which '|' or '>' begins"
            if isinstance(value, str) and len(keys) == 1:
                return f"write {keys[0]}: {value[:80]}"
            return f"write keys below it: {', '.join(keys)}" if keys else "write keys below it, each with a ':'"
        case "string":
            return "write it in quotes" if isinstance(value, int | float) else ""
        case "boolean":
            return "write true or false, without quotes"
        case _:
            is_number = isinstance(value, str) and value.isdecimal()
            return "write it without quotes" if is_number else suggest_number(value)
