"""Constraints read from a template or a definition, with the reasons when one cannot be meant.

What Heat refuses of a template (``heat/engine/hot/parameters.py``) is refused here, and so is what no value could ever
satisfy, or the Concertim Visualisation App refuses a whole cluster type for. Of several kinds in one entry Heat takes
one; the App would be shown that one alone, so a template may have them, but a definition, which Heat does not see, not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from builder.hot import constraints
from builder.hot.constraints import KINDS, TYPES, ConstraintError, ConstraintFault, parse_limits
from builder.hot.values import ParameterType, parse_boolean, parse_number
from builder.parameters.attributes import ParameterSyntaxError, read_limit, read_text
from builder.parameters.declared_constraints import (
    AllowedPattern,
    AllowedValues,
    Constraint,
    CustomConstraint,
    Length,
    Modulo,
    Range,
)
from builder.text.pointers import Tokens

_A_LIMIT: Final = "a min, a max or both"
_FAULTS: Final[Mapping[ConstraintFault, str]] = {
    ConstraintFault.NO_MAPPING: "{kind} must be a mapping of {keys}",
    ConstraintFault.UNKNOWN_KEY: "{kind} must be a mapping of {keys}",
    ConstraintFault.NO_NUMBER: "{key} must be a number",
    ConstraintFault.NO_LIMIT: "{kind} needs {needs}",
    ConstraintFault.NOT_WHOLE: "{key} must be a whole number",
    ConstraintFault.STEP_OF_ZERO: "step must not be 0",
    ConstraintFault.OFFSET_TOO_LARGE: "offset must be smaller than step, and of the same sign",
    ConstraintFault.SIGNS_DIFFER: "offset must be smaller than step, and of the same sign",
}


def find_kinds(entry: Mapping[str, object]) -> list[str]:
    """The kinds of constraint that an entry holds, of which Heat takes the first and never looks at another."""
    return [kind for kind in KINDS if kind in entry]


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
        raise ParameterSyntaxError(tokens, f"a constraint holds exactly one of {', '.join(KINDS)}, and a description")
    kind = kinds[0]
    if type_ not in TYPES[kind]:
        raise ParameterSyntaxError((*tokens, kind), f"{kind} does not apply to parameters of type {type_}")
    description = read_text(entry, "description", tokens, in_template=in_template) or None
    definition, place = entry[kind], (*tokens, kind)
    match kind:
        case "allowed_values":
            return _parse_allowed_values(type_, definition, description, place, in_template=in_template)
        case "allowed_pattern":
            return _parse_allowed_pattern(definition, description, place)
        case "custom_constraint":
            if not isinstance(definition, str) or not definition:
                raise ParameterSyntaxError(place, "custom_constraint must be the name of one of Heat's constraints")
            return CustomConstraint(definition, description)
    return _parse_limits(kind, definition, description, place)


def _parse_limits(kind: str, definition: object, description: str | None, tokens: Tokens) -> Constraint:
    """Read numbers that limit a value: besides what Heat refuses, those that the Visualisation App does not read."""
    if isinstance(definition, Mapping):
        for key in ("min", "max", "step", "offset"):
            read_limit(definition, key, tokens)
    try:
        limits = parse_limits(kind, definition)
    except ConstraintError as error:
        keys, needs = ("step and offset", "a step and an offset") if kind == "modulo" else ("min and max", _A_LIMIT)
        message = _FAULTS[error.fault].format(kind=kind, key=error.key, keys=keys, needs=needs)
        place = tokens if error.key is None or error.fault is ConstraintFault.UNKNOWN_KEY else (*tokens, error.key)
        raise ParameterSyntaxError(place, message) from error
    if isinstance(limits, constraints.Modulo):
        return Modulo(limits.step, limits.offset, description)
    if limits.minimum is not None and limits.maximum is not None and limits.minimum > limits.maximum:
        raise ParameterSyntaxError(tokens, "min must not be greater than max")
    return (Length if kind == "length" else Range)(limits.minimum, limits.maximum, description)


def _parse_allowed_values(
    type_: ParameterType, values: object, description: str | None, tokens: Tokens, *, in_template: bool
) -> AllowedValues:
    if not isinstance(values, list | tuple) or not values:
        raise ParameterSyntaxError(tokens, "allowed_values must be a list of at least one value")
    given = list(enumerate(values))
    if in_template and type_ is ParameterType.COMMA_DELIMITED_LIST and not all(map(is_structured, values)):
        given = [each for each in given if not is_structured(each[1])]  # which no member of a list is
    allowed = [_convert_allowed(type_, value, (*tokens, number), in_template=in_template) for number, value in given]
    return AllowedValues(tuple(allowed), description)


def is_structured(value: object) -> bool:
    """Whether an allowed value is none that a form can give: of a string, Heat takes its text, as Python writes it."""
    return isinstance(value, list | Mapping) or value is None


def _convert_allowed(type_: ParameterType, value: object, tokens: Tokens, *, in_template: bool) -> object:
    """The value as one of the parameter's type, as Heat compares them (``Schema.to_schema_type``)."""
    if is_structured(value) and not (in_template and type_ is ParameterType.STRING):
        raise ParameterSyntaxError(tokens, "an allowed value must be text, a number, or true or false")
    if type_ is ParameterType.STRING:
        return str(value)
    if type_ is ParameterType.COMMA_DELIMITED_LIST:
        return value
    converted = parse_number(value) if type_ is ParameterType.NUMBER else parse_boolean(value)
    if converted is None:
        raise ParameterSyntaxError(tokens, f"an allowed value of this parameter must be a {type_}")
    return converted


def _parse_allowed_pattern(pattern: object, description: str | None, tokens: Tokens) -> AllowedPattern:
    if not isinstance(pattern, str):
        raise ParameterSyntaxError(tokens, "allowed_pattern must be text")
    try:
        return AllowedPattern(pattern, description)
    except (re.error, OverflowError, RecursionError) as error:
        raise ParameterSyntaxError(tokens, f"not a regular expression: {error}") from error
