"""From what a caller sends to what Heat is given: native JSON or a form's text, read as Heat reads it.

Forms send everything as text (``"3"``, ``"on"``, ``"a,b"``, a JSON document), and Heat takes both. The rules are those
of ``heat/engine/parameters.py``; whether a value keeps to its constraints is judged elsewhere.
"""

from __future__ import annotations

import json

from builder.definitions.constraints import ParsedValue
from builder.definitions.parameter_syntax import ParameterType, is_finite, parse_boolean, parse_number


class InvalidValueError(ValueError):
    """A value that is none of the parameter's type.

    The message follows the parameter's label in a sentence. Neither it nor an exception behind it holds the value.
    """


def read_value(type_: ParameterType, raw: object, *, keep_form: bool = False) -> ParsedValue:
    """Read ``raw`` as a value of a type.

    ``keep_form`` sends numbers and booleans on in the form they came in: Heat's custom constraints read that form.

    Raises InvalidValueError for what Heat would not take for that type.
    """
    match type_:
        case ParameterType.STRING:
            return _read_string(raw, keep_form)
        case ParameterType.NUMBER:
            value = _read_number(raw)
        case ParameterType.BOOLEAN:
            value = _read_boolean(raw)
        case ParameterType.COMMA_DELIMITED_LIST:
            return _read_list(raw)
        case ParameterType.JSON:
            return _read_json(raw)
    return ParsedValue(raw, value.meant) if keep_form else value


def _read_string(raw: object, keep_form: bool) -> ParsedValue:
    """Heat takes anything for a string; what the text of a list or a map is, is Heat's own business.

    So is what a custom constraint thinks of zero and false: to most of Heat's they are no value at all.
    """
    if isinstance(raw, str):
        return ParsedValue(raw, raw)
    if isinstance(raw, int | float) and (raw or not keep_form):
        return ParsedValue(str(raw), str(raw))
    return ParsedValue(raw, raw, left_to_cloud=True)


def _read_number(raw: object) -> ParsedValue:
    number = parse_number(raw)
    if number is None:
        raise InvalidValueError("must be a number")
    # JSON has no infinity, and no "not a number"; Heat reads them from text.
    return ParsedValue(number if is_finite(number) else str(raw), number)


def _read_boolean(raw: object) -> ParsedValue:
    truth = parse_boolean(raw)
    if truth is None:
        raise InvalidValueError("must be true or false (yes, no, on, off, 1 and 0 will do)")
    return ParsedValue(truth, truth)


def _read_list(raw: object) -> ParsedValue:
    if isinstance(raw, str):
        members = raw.split(",") if raw else []
    elif isinstance(raw, list):
        members = [str(member) for member in raw]
    else:
        raise InvalidValueError("must be a list of values with commas between them")
    return ParsedValue(members, members)


def _read_json(raw: object) -> ParsedValue:
    """Text is sent as it came, so that nothing is lost on the way through; Heat does not parse an empty one."""
    if not isinstance(raw, str) or not raw:
        return ParsedValue(raw, raw)
    try:
        return ParsedValue(raw, json.loads(raw))
    except json.JSONDecodeError as error:
        reason = f"must be valid JSON, which it stops being at line {error.lineno}, column {error.colno}"
    except ValueError:
        reason = "must be valid JSON, with numbers of a reasonable size"
    except RecursionError:
        reason = "must be valid JSON that is not nested so deeply"
    raise InvalidValueError(reason)
