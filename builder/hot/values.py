"""The types of a template's parameters, and how Heat reads values of them: JSON, or a text that spells one.

The rules are those of ``heat/engine/parameters.py``; whether a value keeps to constraints is judged elsewhere.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

Json = Any
"""A value as JSON decodes it."""

TRUE_STRINGS: Final = ("1", "t", "true", "on", "y", "yes")
FALSE_STRINGS: Final = ("0", "f", "false", "off", "n", "no")


class ParameterType(StrEnum):
    """The types that a HOT parameter may have, as a template writes them."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    JSON = "json"
    COMMA_DELIMITED_LIST = "comma_delimited_list"


KINDS: Final[Mapping[ParameterType, tuple[type, ...]]] = {
    ParameterType.STRING: (str,),
    ParameterType.NUMBER: (int, float),
    ParameterType.BOOLEAN: (bool,),
    ParameterType.COMMA_DELIMITED_LIST: (list,),
}
"""What the values of a type are as JSON; those of ``json`` are anything."""

PROPERTY_TYPES: Final[Mapping[str, str]] = {
    ParameterType.STRING: "string",
    ParameterType.NUMBER: "number",
    ParameterType.BOOLEAN: "boolean",
    ParameterType.COMMA_DELIMITED_LIST: "list",
    ParameterType.JSON: "map",
}
"""By the types of parameters, those of properties: of nested templates', and of the ``value`` of an OS::Heat::Value."""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A value that only a launch tells; ``kinds`` are what it can be, and anything where there are none."""

    kinds: tuple[type, ...] = ()

    def can_be(self, kinds: tuple[type, ...]) -> bool:
        """Whether it can be of one of the kinds."""
        return not self.kinds or any(issubclass(kind, kinds) for kind in self.kinds)


class UnreadableValueError(ValueError):
    """A value that is none of the type; ``error`` is what Python says, where it is Python that reads it.

    That may hold the value, which may be a secret.
    """

    def __init__(self, type_: ParameterType, error: Exception | None = None) -> None:
        super().__init__(type_)
        self.type = type_
        self.error = error


def to_number(value: Json) -> int | float:
    """Read a number as Heat does (``Schema.str_to_num``): a native one as it is, else ``int()``, else ``float()``.

    So ``"3"``, ``" 3 "``, ``"1_000"``, ``"1e3"`` and ``"nan"`` are numbers, and so is ``True``.

    Raises ValueError for a text that spells none, TypeError for what is no text either.
    """
    if isinstance(value, int | float):
        return value
    try:
        return int(value)
    except ValueError:
        return float(value)


def parse_number(value: object) -> int | float | None:
    """Read a number; ``None`` for what is none, rather than an exception, which would carry the value about."""
    try:
        return to_number(value)
    except (ValueError, TypeError):
        return None


def is_finite(number: float) -> bool:
    """Whether JSON can hold the number. ``math.isfinite`` alone fails on integers that are too large for a float."""
    return isinstance(number, int) or math.isfinite(number)


def parse_boolean(value: object) -> bool | None:
    """Read a boolean as Heat does (``oslo_utils.strutils.bool_from_string``, strict), which looks at the text of it.

    ``None`` for what is neither true nor false.
    """
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    return text in TRUE_STRINGS if text in TRUE_STRINGS or text in FALSE_STRINGS else None


def read_value(type_: ParameterType, raw: Json) -> Json:
    """What Heat makes of a value that is given for a parameter of a type.

    Raises UnreadableValueError.
    """
    match type_:
        case ParameterType.NUMBER:
            try:
                return to_number(raw)
            except (ValueError, TypeError) as error:
                raise UnreadableValueError(type_, error) from error
        case ParameterType.BOOLEAN:
            truth = parse_boolean(raw)
            if truth is None:
                raise UnreadableValueError(type_)
            return truth
        case ParameterType.COMMA_DELIMITED_LIST:
            if isinstance(raw, list):
                return [str(member) for member in raw]
            if not isinstance(raw, str):
                raise UnreadableValueError(type_)
            return raw.split(",") if raw else []
        case ParameterType.JSON:
            try:
                return json.loads(raw) if raw and isinstance(raw, str) else raw
            except (ValueError, RecursionError) as error:
                raise UnreadableValueError(type_, error) from error
    return str(raw)


def read_property(type_: str, value: Json) -> Json:
    """What Heat makes of a value that is given for a property of a type: ``heat.engine.properties.Property``.

    Other types than those of parameters, and read otherwise: a list is no text, and ``1`` is neither true nor false.
    ``comma_delimited_list`` and ``json`` are those of properties that stand for the parameters of a nested template,
    which may be given as text, too; ``text`` is that of the former's members, which Heat joins, or takes for mappings.

    Raises ValueError, TypeError or OverflowError for what it refuses.
    """
    match type_:
        case "string" if isinstance(value, str | int):
            return str(value)
        case "integer":
            return int(value)
        case "number":
            return to_number(value)
        case "boolean" if isinstance(value, bool):
            return value
        case "boolean" if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        case "list" if isinstance(value, list):
            return value
        case "map" if isinstance(value, dict):
            return value
        case "comma_delimited_list" | "json" | "text":
            return _read_for_nested(type_, value)
        case "any":
            return value
    raise TypeError(type_)


def _read_for_nested(type_: str, value: Json) -> Json:
    """As :func:`read_property`; of JSON, the text that Heat measures the length of, where it is no mapping."""
    match type_:
        case "comma_delimited_list" if isinstance(value, str):
            return read_value(ParameterType.COMMA_DELIMITED_LIST, value)
        case "comma_delimited_list" if isinstance(value, list):
            return value
        case "json" if isinstance(value, str):
            read_value(ParameterType.JSON, value)
            return value
        case "json" if isinstance(value, list):
            return json.dumps(value)
        case "json" | "text" if isinstance(value, dict) or (type_ == "text" and isinstance(value, str)):
            return value
    raise TypeError(type_)
