"""The constraints that parameters and properties may have, and Heat's words for a value that breaks one.

Apart from parameters, because the properties of resource types carry the same constraints.
https://docs.openstack.org/heat/latest/template_guide/hot_spec.html#parameter-constraints
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from builder.hot.constraints import (
    KINDS,
    AllowedValues,
    ConstraintError,
    ConstraintFault,
    Length,
    Modulo,
    Range,
    parse_limits,
)
from builder.hot.language import NEWEST, Language
from builder.hot.patterns import Pattern
from builder.hot.values import ParameterType, read_value, to_number
from builder.pattern_matching.matching import MatchingTimeoutError, MatchingUnavailableError, matches
from builder.sandbox.faults import HeatFault, Json
from builder.sandbox.heat.wording import explain_custom_fault, explain_limit_fault

Constraint = Length | Range | Modulo | AllowedValues | Pattern | str
"""A pattern is one that a string has to match as a whole; a text is the name of a custom constraint."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A constraint with its author's description, which replaces Heat's words when there is one."""

    kind: str
    constraint: Constraint
    description: str | None = None

    def check(self, value: Json, data_type: str) -> None:
        """Check one value.

        Raises ValueError where the value breaks the rule; the message is for the user; TypeError where the value cannot
        even be compared.
        """
        fault = _explain(self.constraint, value, data_type)
        if fault is not None:
            raise ValueError(self.description or fault)

    def describe(self) -> dict[str, Json]:
        """Return the limits under the names that ``POST validate`` gives them."""
        match self.constraint:
            case Range(low, high):
                limits = {"MinValue": low, "MaxValue": high}
            case Length(low, high):
                limits = {"MinLength": low, "MaxLength": high}
            case Modulo(step, offset):
                limits = {"Step": step, "Offset": offset}
            case AllowedValues(allowed):
                return {"AllowedValues": list(allowed)}
            case Pattern() as pattern:
                return {"AllowedPattern": pattern.text}
            case name:
                return {"CustomConstraint": name}
        return {name: limit for name, limit in limits.items() if limit is not None}


def parse_rule(definition: Json, language: Language = NEWEST) -> Rule:
    """Return the rule that one item of a ``constraints`` list defines.

    Raises HeatFault where it defines none (``InvalidSchemaError``), or what Heat itself trips over.
    """
    check_keys(definition, (*KINDS, "description"), "parameter constraints")
    known = KINDS if language.has_modulo else KINDS[1:]
    kind = next((kind for kind in known if kind in definition), None)
    if kind is None:
        raise HeatFault("InvalidSchemaError", "No constraint expressed")
    return Rule(kind, _parse_constraint(kind, definition[kind]), definition.get("description"))


def _parse_constraint(kind: str, definition: Json) -> Constraint:
    match kind:
        case "allowed_values":
            if not isinstance(definition, list):
                raise HeatFault("InvalidSchemaError", "AllowedValues must be a list")
            return AllowedValues(tuple(definition))
        case "allowed_pattern":
            if not isinstance(definition, str):
                raise HeatFault("InvalidSchemaError", "AllowedPattern must be a string")
            try:
                return Pattern(definition, re.compile(definition))
            except re.error as error:
                # Heat lets the exception of the re module through, as a failure of its own.
                raise HeatFault("error") from error
        case "custom_constraint":
            name: str = definition  # what is none trips Heat up only when it looks for it
            return name
    try:
        return parse_limits(kind, definition)
    except ConstraintError as error:
        if error.fault is ConstraintFault.NO_NUMBER:
            raise HeatFault("ValueError") from error
        raise HeatFault("InvalidSchemaError", explain_limit_fault(kind, error)) from error


def _explain(constraint: Constraint, value: Json, data_type: str) -> str | None:
    """Return what is wrong with a value, or None; TypeError when the value cannot even be compared."""
    match constraint:
        case Range(low, high):
            fault = f"{value} is out of range (min: {low}, max: {high})"
            return None if constraint.takes(to_number(value)) else fault
        case Length(low, high):
            fault = f"length ({len(value)}) is out of range (min: {low}, max: {high})"
            return None if constraint.takes(len(value)) else fault
        case Modulo(step, offset):
            fault = f"{value} is not a multiple of {step} with an offset of {offset}"
            return None if constraint.takes(to_number(value)) else fault
        case AllowedValues(allowed):
            return _explain_allowed(constraint, allowed, value, data_type)
        case Pattern() as pattern:
            if not isinstance(value, str):
                pattern.compiled.match(value)  # raises TypeError, in Python's words
            with suppress(MatchingTimeoutError, MatchingUnavailableError):  # where Heat would match for ever, it fails
                if matches(pattern, value):
                    return None
            return f'"{value}" does not match pattern "{pattern.text}"'
        case name:
            return explain_custom_fault(name, value)


def _explain_allowed(constraint: AllowedValues, allowed: Sequence[Json], value: Json, data_type: str) -> str | None:
    compared = value
    if not isinstance(value, list):
        constraint = AllowedValues(tuple(_to_schema_type(choice, data_type) for choice in allowed))
        compared = _to_schema_type(value, data_type)
    if constraint.takes(compared):
        return None
    listed = ", ".join(json.dumps(choice) for choice in allowed)
    return f"{json.dumps(value)} is not an allowed value [{listed}]"


def _to_schema_type(value: Json, data_type: str) -> Json:
    """Return a value in the type it is compared in. Raises ValueError where it does not fit the type."""
    try:
        match data_type:
            case "integer":
                return int(value)
            case "number":
                return to_number(value)
            case "boolean":
                return read_value(ParameterType.BOOLEAN, value)
    except ValueError as error:
        raise ValueError(f'Value "{value}" is invalid for data type "{data_type}".') from error
    return str(value) if data_type == "string" else value


def check_keys(value: Json, allowed: Sequence[str], entity: str) -> None:
    """Refuse what is no mapping, or has a key that is not ``allowed``. Raises InvalidSchemaError, naming ``entity``."""
    if not isinstance(value, Mapping):
        raise HeatFault("InvalidSchemaError", f"Invalid {entity}, expected a mapping")
    for key in value:
        if key not in allowed:
            raise HeatFault("InvalidSchemaError", f"Invalid key '{key}' for {entity}")
