"""From what a caller sends to what Heat is given: native JSON or a form's text, read as Heat reads it.

Forms send everything as text (``"3"``, ``"on"``, ``"a,b"``, a JSON document), and Heat takes both.
"""

from __future__ import annotations

import json
import re
from typing import Final

from builder.hot import values
from builder.hot.values import ParameterType, UnreadableValueError, is_finite
from builder.parameters.declared_constraints import ParsedValue


class InvalidValueError(ValueError):
    """A value that is none of the parameter's type.

    The message follows the parameter's label in a sentence. Neither it nor an exception behind it holds the value.
    """


_LONGEST_NUMBER: Final = 40
"""In characters, with its unit."""

_LONGEST_SYMBOL: Final = 3
"""In characters: ``MiB``."""

_MEASURED: Final = re.compile(r"\s*([0-9]{1,3}(?:[,_' ][0-9]{3})+|[0-9]{1,15})(\.[0-9]+)?\s*([^\W\d_]{1,10}|%)?\s*")
"""A number in figures, maybe in groups of three, and what it is a number of."""


def suggest_number(value: object) -> str:
    """A hint for what was written for a number, with a unit or in groups of three figures; else ``""``."""
    found = _MEASURED.fullmatch(value) if isinstance(value, str) and len(value) <= _LONGEST_NUMBER else None
    if found is None:
        return ""
    unit = found[3] or ""
    if unit[:1].lower() in "kmtp" and 0 < len(unit) <= _LONGEST_SYMBOL:  # of other sizes than the number is of, mostly
        return "write the number alone, without the unit"
    return f"write {re.sub('[^0-9]', '', found[1])}{found[2] or ''}{', without the unit' if unit else ''}"


def read_value(type_: ParameterType, raw: object, *, keep_form: bool = False) -> ParsedValue:
    """Read ``raw`` as a value of a type.

    ``keep_form`` sends numbers and booleans on in the form they came in: Heat's custom constraints read that form.

    Raises InvalidValueError for what Heat would not take for that type.
    """
    if type_ is ParameterType.STRING:
        return _read_string(raw, keep_form)
    try:
        meant = values.read_value(type_, raw)
    except UnreadableValueError as error:
        reason = _explain(error)
    else:
        if type_ is not ParameterType.COMMA_DELIMITED_LIST and (type_ is ParameterType.JSON or keep_form):
            return ParsedValue(raw, meant)  # JSON as it came, so that nothing is lost on the way through
        # JSON has no infinity, and no "not a number"; Heat reads them from text.
        return ParsedValue(str(raw) if isinstance(meant, float) and not is_finite(meant) else meant, meant)
    raise InvalidValueError(reason)  # here, so that no exception is behind it


def _read_string(raw: object, keep_form: bool) -> ParsedValue:
    """Heat takes anything for a string; what the text of a list or a map is, is Heat's own business.

    So is what a custom constraint thinks of zero and false: to most of Heat's they are no value at all.
    """
    if isinstance(raw, str):
        return ParsedValue(raw, raw)
    if isinstance(raw, int | float) and (raw or not keep_form):
        return ParsedValue(str(raw), str(raw))
    return ParsedValue(raw, raw, left_to_cloud=True)


def _explain(unreadable: UnreadableValueError) -> str:
    match unreadable.type, unreadable.error:
        case ParameterType.NUMBER, _:
            return "must be a number"
        case ParameterType.BOOLEAN, _:
            return "must be true or false (yes, no, on, off, 1 and 0 will do)"
        case ParameterType.COMMA_DELIMITED_LIST, _:
            return "must be a list of values with commas between them"
        case _, json.JSONDecodeError() as error:
            return f"must be valid JSON, which it stops being at line {error.lineno}, column {error.colno}"
        case _, RecursionError():
            return "must be valid JSON that is not nested so deeply"
    return "must be valid JSON, with numbers of a reasonable size"
