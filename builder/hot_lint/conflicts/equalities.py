"""Comparisons of values that are never equal, so that a condition is false in every launch.

Heat compares as Python does, after it has converted a parameter's value to the parameter's type: true does not equal
'true', nor 1 '1'.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from builder.hot.results import find_kinds, is_call
from builder.hot.values import ParameterType, parse_boolean
from builder.hot_lint.findings import TemplateProblem
from builder.hot_lint.property_calls import CallScope
from builder.parameters.attributes import ParameterSyntaxError
from builder.parameters.declarations import find_default_faults, parse_parameter
from builder.parameters.declared_constraints import AllowedValues
from builder.text.excerpts import shorten
from builder.text.pointers import Tokens
from builder.text.spelling import suggest

_NUMBERS: Final = frozenset({bool, int, float})
"""The types whose values can equal one another: in Python, True == 1 == 1.0."""

_MAX_SHOWN: Final = 40
"""In characters: enough to recognise the value that a message quotes."""


def find_false_equalities(
    equalities: Iterable[tuple[Sequence[Any], Tokens]], scope: CallScope
) -> Iterator[TemplateProblem]:
    """Yield a problem for each ``equals`` of a parameter and a value that its type or its constraints rule out."""
    for sides, tokens in equalities:
        for number, side in enumerate(sides):
            name = side.get("get_param") if isinstance(side, dict) and len(side) == 1 else None
            if isinstance(name, str) and name in scope.parameters:
                message, hint = _judge(name, sides[1 - number], scope)
                if message:
                    yield TemplateProblem("never-equal", f"{message}, so that this is always false", tokens, hint)
                    break


def _judge(name: str, other: Any, scope: CallScope) -> tuple[str, str]:
    """Why a parameter is never equal to another value, and what may be meant; ``""`` where it can be."""
    declared = scope.parameters[name]
    kinds, others = scope.types.get(name, ()), find_kinds(other, scope.language, scope.types)
    shown = shorten(repr(other) if isinstance(other, str) else json.dumps(other, default=str), _MAX_SHOWN)
    if is_call(other, scope.language):
        shown = f"what {next(iter(other))} gives"
    pairs = [(one, another) for one in kinds for another in others]
    if pairs and not any(one is another or {one, another} <= _NUMBERS for one, another in pairs):
        return f"{name!r} is a {declared['type']}, which never equals {shown}", _suggest(declared["type"], name, other)
    if not kinds or not isinstance(other, str | int | float):
        return "", ""
    try:
        parameter = parse_parameter(name, declared)
    except ParameterSyntaxError:
        return "", ""  # which is told elsewhere
    faults = find_default_faults(replace(parameter, default=other), subject=repr(name))
    lists = [each.allowed for each in parameter.constraints if isinstance(each, AllowedValues)]
    allowed = [each for values in lists for each in values if isinstance(each, str)]
    hint = suggest(other, allowed) if isinstance(other, str) else ""
    return (f"{faults[0]}, and never equals {shown}", hint) if faults else ("", "")


def _suggest(type_: str, name: str, other: Any) -> str:
    call = f"{{get_param: {name}}}"
    match type_, other:
        case ParameterType.BOOLEAN, str() if (meant := parse_boolean(other)) is not None:
            return f"write {call}" if meant else f"write {{not: {call}}}"
        case ParameterType.BOOLEAN, str():
            return f"write {call}, or {{not: {call}}}"
        case ParameterType.NUMBER, str():
            return "write the number without quotes" if other.strip("-").isdecimal() else "compare it with a number"
        case ParameterType.STRING, bool() | int() | float():
            return "write it in quotes, as it is answered"
        case ParameterType.STRING, None:
            return "compare it with ''"
        case ParameterType.COMMA_DELIMITED_LIST, str():
            return f"compare one of its items, such as {{get_param: [{name}, 0]}}"
    return ""
