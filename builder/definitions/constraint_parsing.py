"""Constraints read from a template or a definition, with the reasons when one cannot be meant.

What Heat refuses of a template (``heat/engine/hot/parameters.py``) is refused here, and so is what no value could ever
satisfy, or the Concertim Visualisation App refuses a whole cluster type for. Of several kinds in one entry Heat takes
one; the App would be shown that one alone, so a template may have them, but a definition, which Heat does not see, not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from builder.definitions.constraints import (
    AllowedPattern,
    AllowedValues,
    Constraint,
    CustomConstraint,
    Length,
    Modulo,
    Range,
)
from builder.definitions.parameter_syntax import ParameterSyntaxError, read_limit, read_text
from builder.definitions.problems import Tokens
from builder.hot.values import ParameterType, parse_boolean, parse_number

_STRING, _NUMBER, _BOOLEAN = ParameterType.STRING, ParameterType.NUMBER, ParameterType.BOOLEAN
_JSON, _LIST = ParameterType.JSON, ParameterType.COMMA_DELIMITED_LIST

_TYPES: Final[Mapping[str, frozenset[ParameterType]]] = {
    "length": frozenset({_STRING, _LIST, _JSON}),
    "range": frozenset({_NUMBER}),
    "modulo": frozenset({_NUMBER}),
    "allowed_values": frozenset({_STRING, _NUMBER, _BOOLEAN, _LIST}),
    "allowed_pattern": frozenset({_STRING}),
    "custom_constraint": frozenset({_STRING, _NUMBER, _BOOLEAN, _LIST}),
}
"""The types of parameters that each kind of constraint is meant for."""

_HEATS_ORDER: Final = ("modulo", "range", "length", "allowed_values", "allowed_pattern", "custom_constraint")


def find_kinds(entry: Mapping[str, object]) -> list[str]:
    """The kinds of constraint that an entry holds, of which Heat takes the first and never looks at another."""
    return [kind for kind in _HEATS_ORDER if kind in entry]


def parse_constraints(type_: ParameterType, entries: object, *, in_template: bool = False) -> tuple[Constraint, ...]:
    """Read the ``constraints`` of a parameter of the given type; ``None`` is none.

    ``in_template`` takes what Heat takes, in the sense that it has there.

    Raises ParameterSyntaxError for the first one that cannot be meant.
    """
    if entries is None:
        return ()
    if not isinstance(entries, list | tuple):
        raise ParameterSyntaxError(("constraints",), "constraints must be a list")
    return tuple(
        _parse_constraint(type_, entry, ("constraints", number), in_template=in_template)
        for number, entry in enumerate(entries)
    )


def _parse_constraint(type_: ParameterType, entry: object, tokens: Tokens, *, in_template: bool) -> Constraint:
    if not isinstance(entry, Mapping):
        raise ParameterSyntaxError(tokens, "a constraint must be a mapping")
    kinds = find_kinds(entry)
    if not kinds or entry.keys() - {*kinds, "description"} or not (len(kinds) == 1 or in_template):
        raise ParameterSyntaxError(tokens, f"a constraint holds exactly one of {', '.join(_TYPES)}, and a description")
    kind = kinds[0]
    if type_ not in _TYPES[kind]:
        raise ParameterSyntaxError((*tokens, kind), f"{kind} does not apply to parameters of type {type_}")
    description = read_text(entry, "description", tokens, in_template=in_template) or None
    return _PARSERS[kind](type_, entry[kind], description, (*tokens, kind))


def _parse_length(type_: ParameterType, limits: object, description: str | None, tokens: Tokens) -> Length:
    del type_
    minimum, maximum = _read_bounds(limits, tokens)
    for key, bound in (("min", minimum), ("max", maximum)):
        if isinstance(bound, float):
            raise ParameterSyntaxError((*tokens, key), f"{key} must be a whole number")
    return Length(_whole(minimum), _whole(maximum), description)


def _parse_range(type_: ParameterType, limits: object, description: str | None, tokens: Tokens) -> Range:
    del type_
    return Range(*_read_bounds(limits, tokens), description)


def _parse_modulo(type_: ParameterType, definition: object, description: str | None, tokens: Tokens) -> Modulo:
    del type_
    mapping = _read_mapping(definition, ("step", "offset"), tokens)
    step, offset = read_limit(mapping, "step", tokens), read_limit(mapping, "offset", tokens)
    if step is None or offset is None:
        raise ParameterSyntaxError(tokens, "modulo needs a step and an offset")
    for key, number in (("step", step), ("offset", offset)):
        if int(number) != number:
            raise ParameterSyntaxError((*tokens, key), f"{key} must be a whole number")
    if step == 0:
        raise ParameterSyntaxError((*tokens, "step"), "step must not be 0")
    if abs(offset) >= abs(step) or step * offset < 0:
        raise ParameterSyntaxError((*tokens, "offset"), "offset must be smaller than step, and of the same sign")
    return Modulo(step, offset, description)


def _parse_allowed_values(
    type_: ParameterType, values: object, description: str | None, tokens: Tokens
) -> AllowedValues:
    if not isinstance(values, list | tuple) or not values:
        raise ParameterSyntaxError(tokens, "allowed_values must be a list of at least one value")
    return AllowedValues(
        tuple(_convert_allowed(type_, value, (*tokens, number)) for number, value in enumerate(values)), description
    )


def _convert_allowed(type_: ParameterType, value: object, tokens: Tokens) -> object:
    """The value as one of the parameter's type, as Heat compares them (``Schema.to_schema_type``)."""
    if isinstance(value, list | Mapping) or value is None:
        raise ParameterSyntaxError(tokens, "an allowed value must be text, a number, or true or false")
    if type_ is _STRING:
        return str(value)
    if type_ is _LIST:
        return value
    converted = parse_number(value) if type_ is _NUMBER else parse_boolean(value)
    if converted is None:
        raise ParameterSyntaxError(tokens, f"an allowed value of this parameter must be a {type_}")
    return converted


def _parse_allowed_pattern(
    type_: ParameterType, pattern: object, description: str | None, tokens: Tokens
) -> AllowedPattern:
    del type_
    if not isinstance(pattern, str):
        raise ParameterSyntaxError(tokens, "allowed_pattern must be text")
    try:
        return AllowedPattern(pattern, description)
    except (re.error, OverflowError, RecursionError) as error:
        raise ParameterSyntaxError(tokens, f"not a regular expression: {error}") from error


def _parse_custom(type_: ParameterType, name: object, description: str | None, tokens: Tokens) -> CustomConstraint:
    del type_
    if not isinstance(name, str) or not name:
        raise ParameterSyntaxError(tokens, "custom_constraint must be the name of one of Heat's constraints")
    return CustomConstraint(name, description)


_PARSERS: Final[Mapping[str, Callable[[ParameterType, object, str | None, Tokens], Constraint]]] = {
    "length": _parse_length,
    "range": _parse_range,
    "modulo": _parse_modulo,
    "allowed_values": _parse_allowed_values,
    "allowed_pattern": _parse_allowed_pattern,
    "custom_constraint": _parse_custom,
}


def _read_bounds(limits: object, tokens: Tokens) -> tuple[int | float | None, int | float | None]:
    mapping = _read_mapping(limits, ("min", "max"), tokens)
    minimum, maximum = read_limit(mapping, "min", tokens), read_limit(mapping, "max", tokens)
    if minimum is None and maximum is None:
        raise ParameterSyntaxError(tokens, f"{tokens[-1]} needs a min, a max or both")
    if minimum is not None and maximum is not None and minimum > maximum:
        raise ParameterSyntaxError(tokens, "min must not be greater than max")
    return minimum, maximum


def _read_mapping(definition: object, keys: tuple[str, ...], tokens: Tokens) -> Mapping[str, object]:
    if not isinstance(definition, Mapping) or not set(definition) <= set(keys):
        raise ParameterSyntaxError(tokens, f"{tokens[-1]} must be a mapping of {' and '.join(keys)}")
    return definition


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)
