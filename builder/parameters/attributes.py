"""Heat's parameter syntax, the part below a parameter: reading one attribute of a mapping.

Separate because constraints are read with the same rules as the parameter they belong to, and neither may import the
other. The syntax is Heat's: https://docs.openstack.org/heat/latest/template_guide/hot_spec.html#parameters-section
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final, Literal

from builder.hot.foreign_names import find_foreign_parameter
from builder.hot.values import ParameterType, parse_boolean, parse_number
from builder.text.excerpts import shorten
from builder.text.pointers import Tokens
from builder.text.spelling import suggest, suggest_near


class Absent(Enum):
    """The type of :data:`ABSENT`."""

    ABSENT = "absent"


ABSENT: Final[Literal[Absent.ABSENT]] = Absent.ABSENT
"""Stands for a default that the author did not give: ``None`` and ``""`` are values that a template may hold."""

_ENDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("min", "minimum", "min_value", "min_length", "minLength", "from", "gte"), "min"),
    **dict.fromkeys(("max", "maximum", "max_value", "max_length", "maxLength", "to", "lte"), "max"),
}
"""The ends of a range or of a length, by what people call them."""

_SPAN: Final = re.compile(r"\s*(-?[\d.]+)\s*(?:-|\.\.|,|to)\s*(-?[\d.]+)\s*")
"""A range in words: ``1-64``."""


class ParameterSyntaxError(ValueError):
    """A parameter that cannot be meant as it is written.

    ``tokens`` are the reference tokens of the offending place below the parameter (RFC 6901), for example
    ``("constraints", 0, "range", "min")``; the message is for the definition's author and names no value of a secret.
    """

    def __init__(self, tokens: Tokens, message: str) -> None:
        super().__init__(message)
        self.tokens = tokens


def read_text(mapping: Mapping[str, object], key: str, tokens: Tokens = (), *, in_template: bool = False) -> str | None:
    """Read an optional text, such as a label or a description.

    Raises ParameterSyntaxError for what is no scalar; ``in_template`` it is no text, for Heat takes anything there.
    """
    value = mapping.get(key)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return str(value)
    if in_template:
        return None
    raise ParameterSyntaxError((*tokens, key), f"{key} must be text")


def read_flag(mapping: Mapping[str, object], key: str, *, in_template: bool = False) -> bool:
    """Read an optional truth value, false where it is not given.

    Raises ParameterSyntaxError for what is neither true nor false; ``in_template`` it is what Heat takes it for.
    """
    value = mapping.get(key)
    flag = False if value is None else parse_boolean(value)
    if flag is None and in_template:
        return bool(value)
    if flag is None:
        raise ParameterSyntaxError((key,), f"{key} must be true or false")
    return flag


def read_limit(mapping: Mapping[str, object], key: str, tokens: Tokens) -> int | float | None:
    """Read a number that limits a value.

    Raises ParameterSyntaxError for what is no finite number, or larger than any that JSON can carry to every reader: an
    explanation adds limits up, and Python writes no whole number of more than 4,300 digits.
    """
    value = mapping.get(key)
    if value is None:
        return None
    number = parse_number(value)
    if isinstance(value, bool) or number is None or not abs(number) <= sys.float_info.max:
        raise ParameterSyntaxError((*tokens, key), f"{key} must be a number")
    return number


def suggest_type(type_: str) -> str:
    """A hint at the type of parameters that one of another tool's, or a misspelt one, is meant for."""
    return suggest_near(find_foreign_parameter("parameter_types", type_)) or suggest(type_, list(ParameterType))


def suggest_attribute(key: str, given: Mapping[str, Any], *, of: str = "parameter") -> str:
    """A hint at what another tool's key of a parameter, or a constraint, is meant for; ``""`` where none is known.

    ``given`` is what has the key, among others.
    """
    value = given[key]
    own = find_foreign_parameter("parameter_keys", key)
    shown = str(value) if isinstance(value, str | int | float) else "..."
    kind = own.removeprefix("constraints: [{{").partition(":")[0]
    if of == "constraint":
        return suggest_near(kind) if kind in ("allowed_values", "allowed_pattern", "custom_constraint") else ""
    if key in _ENDS and own.startswith("constraints: "):
        return f"write constraints: [{{{_write_range(kind, read_ends(given))}}}]"
    return suggest_near(own) if own.isalpha() else f"write {own.format(shown)}" if own else ""


def is_part_of_range(constraint: Any) -> bool:
    """Whether an item of constraints is an end of a range alone, or the name of one without its ends."""
    if not isinstance(constraint, dict):
        return constraint in ("range", "length")
    others = constraint.keys() - _ENDS.keys() - {"description"}
    return others <= {"range", "length"} and not any(constraint[each] for each in others)


def read_ends(limits: Any) -> dict[str, Any]:
    """The ends of a range that may not be written as a mapping of min and max; none where that cannot be told."""
    match limits:
        case [int() | float() as least, int() | float() as most]:
            return {"min": least, "max": most}
        case str() if found := _SPAN.fullmatch(limits):
            return {"min": found[1], "max": found[2]}
        case list():
            return {end: value for each in limits if isinstance(each, dict) for end, value in read_ends(each).items()}
        case dict():
            return {_ENDS[key]: value for key, value in limits.items() if key in _ENDS}
    return {}


def is_other_end(key: str, given: Mapping[str, Any]) -> bool:
    """Whether a key is an end of a range, and the other end, which stands above it, tells of both."""
    return key in _ENDS and key != next(each for each in given if each in _ENDS)


def suggest_range(type_: object, ends: Mapping[str, Any]) -> str:
    """A hint at how the ends of a range, or of a length, are written in the constraints of a parameter of a type."""
    return f"write {_write_range('range' if type_ == ParameterType.NUMBER else 'length', ends)}" if ends else ""


def _write_range(kind: str, ends: Mapping[str, Any]) -> str:
    shown = ", ".join(f"{end}: {shorten(str(ends[end]), 20)}" for end in ("min", "max") if end in ends)
    return f"{kind}: {{{shown}}}"
