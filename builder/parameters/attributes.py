"""Heat's parameter syntax, the part below a parameter: reading one attribute of a mapping.

Separate because constraints are read with the same rules as the parameter they belong to, and neither may import the
other. The syntax is Heat's: https://docs.openstack.org/heat/latest/template_guide/hot_spec.html#parameters-section
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from enum import Enum
from typing import Final, Literal

from builder.hot.values import ParameterType, parse_boolean, parse_number
from builder.text.pointers import Tokens
from builder.text.spelling import suggest, suggest_near


class Absent(Enum):
    """The type of :data:`ABSENT`."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final[Literal[Absent.ABSENT]] = Absent.ABSENT
"""Stands for a default that the author did not give: ``None`` and ``""`` are values that a template may hold."""

_TYPES_ELSEWHERE: Final[Mapping[ParameterType, frozenset[str]]] = {
    ParameterType.STRING: frozenset({"str", "text", "varchar", "password", "char"}),
    ParameterType.NUMBER: frozenset({"integer", "int", "float", "double", "decimal"}),
    ParameterType.BOOLEAN: frozenset({"bool", "flag", "checkbox"}),
    ParameterType.JSON: frozenset({"map", "mapping", "dict", "object", "hash"}),
    ParameterType.COMMA_DELIMITED_LIST: frozenset({"list", "array", "commadelimitedlist", "sequence"}),
}
"""What the types of parameters are called by other tools, and which of Heat's is meant."""

_ATTRIBUTES_ELSEWHERE: Final[Mapping[str, str]] = {
    "label": "title name display_name displayname caption",
    "description": "help text hint summary help_text desc info tooltip comment",
    "default": "value initial default_value defaultvalue",
    "hidden": "sensitive secret no_echo noecho masked private is_secret",
    "immutable": "readonly read_only fixed",
    "no default, which makes it required": "required mandatory",
    "a default, which makes it optional": "optional nullable",
    "constraints: [{{range: {{min: {}}}}}]": "min minimum min_value minvalue",
    "constraints: [{{range: {{max: {}}}}}]": "max maximum max_value maxvalue",
    "constraints: [{{length: {{min: {}}}}}]": "min_length minlength",
    "constraints: [{{length: {{max: {}}}}}]": "max_length maxlength",
    "constraints: [{{allowed_values: {}}}]": "enum options choices values allowedvalues one_of",
    "constraints: [{{allowed_pattern: {}}}]": "pattern regex regexp allowedpattern format",
    "constraints: [{{custom_constraint: {}}}]": "picker",
    "constraints": "constraint validation validations",
}
"""What the attributes of a parameter are, or how it is written what is none, and what they are called elsewhere."""


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
    meant = next((each for each, names in _TYPES_ELSEWHERE.items() if type_.lower() in names), None)
    return suggest_near(str(meant)) if meant else suggest(type_, list(ParameterType))


def suggest_attribute(key: str, value: object, *, of: str = "parameter") -> str:
    """A hint at what another tool's key of a parameter, or a constraint, is meant for; ``""`` where none is known."""
    own = next((each for each, names in _ATTRIBUTES_ELSEWHERE.items() if key.lower() in names.split()), "")
    shown = str(value) if isinstance(value, str | int | float) else "..."
    kind = own.removeprefix("constraints: [{{").partition(":")[0]
    if of == "constraint":
        return suggest_near(kind) if kind in ("allowed_values", "allowed_pattern", "custom_constraint") else ""
    return suggest_near(own) if own.isalpha() else f"write {own.format(shown)}" if own else ""
