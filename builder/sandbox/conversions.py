"""Strings that spell numbers and booleans, as Heat reads them.

Apart from parameters, properties and constraints, all of which read values so.
"""

from __future__ import annotations

from numbers import Number

from builder.sandbox.faults import Json

_TRUE = ("1", "t", "true", "on", "y", "yes")
_FALSE = ("0", "f", "false", "off", "n", "no")


def to_number(value: Json) -> Json:
    """Return a number as it is, and a string as the number it spells.

    Raises:
        ValueError: it spells none.
        TypeError: it is neither.
    """
    if isinstance(value, Number):
        return value
    try:
        return int(value)
    except ValueError:
        return float(value)


def to_boolean(value: Json) -> bool:
    """Return the boolean that a value spells.

    Raises:
        ValueError: it spells none.
    """
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    acceptable = ", ".join(f"'{word}'" for word in sorted(_TRUE + _FALSE))
    raise ValueError(f"Unrecognized value '{value}', acceptable values are: {acceptable}")


def to_schema_type(value: Json, data_type: str) -> Json:
    """Return a value in the type it is compared in.

    Raises:
        ValueError: it does not fit the type.
    """
    try:
        if data_type == "integer":
            return int(value)
        if data_type == "number":
            return to_number(value)
        if data_type == "string":
            return str(value)
        if data_type == "boolean":
            return to_boolean(str(value))
    except ValueError as error:
        raise ValueError(f'Value "{value}" is invalid for data type "{data_type}".') from error
    return value
