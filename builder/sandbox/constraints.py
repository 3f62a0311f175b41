"""The constraints that parameters and properties may have, and Heat's words for a value that breaks one.

Apart from parameters, because the properties of resource types carry the same constraints.
https://docs.openstack.org/heat/latest/template_guide/hot_spec.html#parameter-constraints
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from builder.hot.language import NEWEST, Language
from builder.hot.values import parse_boolean, to_number
from builder.sandbox.faults import HeatFault, InvalidSchemaError, Json
from builder.sandbox.wording import explain_custom_fault

_KINDS = ("description", "length", "range", "modulo", "allowed_values", "allowed_pattern", "custom_constraint")


class Constraint(Protocol):
    """One constraint; ``valid_types`` are the types of values it makes sense for."""

    valid_types: ClassVar[frozenset[str]]

    def explain(self, value: Json, data_type: str) -> str | None:
        """Return what is wrong with a value, or None; TypeError when the value cannot even be compared."""

    def describe(self) -> dict[str, Json]:
        """Return the limits under the names that ``POST validate`` gives them."""


@dataclass(frozen=True, slots=True)
class Range:
    """A number between two limits, both included; None is no limit."""

    valid_types: ClassVar[frozenset[str]] = frozenset({"number", "integer"})
    low: Json
    high: Json

    def explain(self, value: Json, data_type: str) -> str | None:  # noqa: ARG002  # the protocol's signature
        """See :meth:`Constraint.explain`."""
        number = to_number(value)
        if _is_outside(number, self.low, self.high):
            return f"{value} is out of range (min: {self.low}, max: {self.high})"
        return None

    def describe(self) -> dict[str, Json]:
        """See :meth:`Constraint.describe`."""
        return _without_none(MinValue=self.low, MaxValue=self.high)


@dataclass(frozen=True, slots=True)
class Length:
    """A string, list or map of so many characters, items or keys."""

    valid_types: ClassVar[frozenset[str]] = frozenset({"string", "list", "comma_delimited_list", "map", "json"})
    low: int | None
    high: int | None

    def explain(self, value: Json, data_type: str) -> str | None:  # noqa: ARG002  # the protocol's signature
        """See :meth:`Constraint.explain`."""
        if _is_outside(len(value), self.low, self.high):
            return f"length ({len(value)}) is out of range (min: {self.low}, max: {self.high})"
        return None

    def describe(self) -> dict[str, Json]:
        """See :meth:`Constraint.describe`."""
        return _without_none(MinLength=self.low, MaxLength=self.high)


@dataclass(frozen=True, slots=True)
class Modulo:
    """A number that is a multiple of ``step``, plus ``offset``."""

    valid_types: ClassVar[frozenset[str]] = frozenset({"number", "integer"})
    step: Json
    offset: Json

    def explain(self, value: Json, data_type: str) -> str | None:  # noqa: ARG002  # the protocol's signature
        """See :meth:`Constraint.explain`."""
        if to_number(value) % self.step != self.offset:
            return f"{value} is not a multiple of {self.step} with an offset of {self.offset}"
        return None

    def describe(self) -> dict[str, Json]:
        """See :meth:`Constraint.describe`."""
        return {"Step": self.step, "Offset": self.offset}


@dataclass(frozen=True, slots=True)
class AllowedValues:
    """One of a list; of a list, each item."""

    valid_types: ClassVar[frozenset[str]] = frozenset(
        {"string", "integer", "number", "boolean", "list", "comma_delimited_list"}
    )
    allowed: tuple[Json, ...]

    def explain(self, value: Json, data_type: str) -> str | None:
        """See :meth:`Constraint.explain`."""
        if isinstance(value, list):
            is_allowed = all(item in self.allowed for item in value)
        else:
            choices = [_to_schema_type(choice, data_type) for choice in self.allowed]
            is_allowed = _to_schema_type(value, data_type) in choices
        if is_allowed:
            return None
        listed = ", ".join(json.dumps(choice) for choice in self.allowed)
        return f"{json.dumps(value)} is not an allowed value [{listed}]"

    def describe(self) -> dict[str, Json]:
        """See :meth:`Constraint.describe`."""
        return {"AllowedValues": list(self.allowed)}


@dataclass(frozen=True, slots=True)
class AllowedPattern:
    """A string that a regular expression matches as a whole."""

    valid_types: ClassVar[frozenset[str]] = frozenset({"string"})
    pattern: re.Pattern[str]

    def explain(self, value: Json, data_type: str) -> str | None:  # noqa: ARG002  # the protocol's signature
        """See :meth:`Constraint.explain`."""
        match = self.pattern.match(value)
        if match is not None and match.end() == len(value):
            return None
        return f'"{value}" does not match pattern "{self.pattern.pattern}"'

    def describe(self) -> dict[str, Json]:
        """See :meth:`Constraint.describe`."""
        return {"AllowedPattern": self.pattern.pattern}


@dataclass(frozen=True, slots=True)
class CustomConstraint:
    """A rule that Heat knows by name; those that would ask another service of the cloud accept everything here."""

    valid_types: ClassVar[frozenset[str]] = frozenset(
        {"string", "integer", "number", "boolean", "list", "comma_delimited_list"}
    )
    name: str

    def explain(self, value: Json, data_type: str) -> str | None:  # noqa: ARG002  # the protocol's signature
        """See :meth:`Constraint.explain`."""
        return explain_custom_fault(self.name, value)

    def describe(self) -> dict[str, Json]:
        """See :meth:`Constraint.describe`."""
        return {"CustomConstraint": self.name}


@dataclass(frozen=True, slots=True)
class Rule:
    """A constraint with its author's description, which replaces Heat's words when there is one."""

    constraint: Constraint
    description: str | None = None

    def check(self, value: Json, data_type: str) -> None:
        """Check one value.

        Raises:
            ValueError: the value breaks the rule; the message is for the user.
        """
        fault = self.constraint.explain(value, data_type)
        if fault is not None:
            raise ValueError(self.description or fault)


def parse_rule(definition: Json, language: Language = NEWEST) -> Rule:
    """Return the rule that one item of a ``constraints`` list defines.

    Raises:
        HeatFault: it defines none (``InvalidSchemaError``), or what Heat itself trips over.
    """
    check_keys(definition, _KINDS, "parameter constraints")
    description = definition.get("description")
    if "modulo" in definition and language.has_modulo:
        return Rule(_parse_modulo(definition["modulo"]), description)
    if "range" in definition:
        return Rule(_parse_range(definition["range"]), description)
    if "length" in definition:
        return Rule(_parse_length(definition["length"]), description)
    if "allowed_values" in definition:
        allowed = definition["allowed_values"]
        if not isinstance(allowed, Sequence) or isinstance(allowed, str):
            raise InvalidSchemaError("AllowedValues must be a list")
        return Rule(AllowedValues(tuple(allowed)), description)
    if "allowed_pattern" in definition:
        return Rule(_parse_pattern(definition["allowed_pattern"]), description)
    if "custom_constraint" in definition:
        return Rule(CustomConstraint(definition["custom_constraint"]), description)
    raise InvalidSchemaError("No constraint expressed")


def _to_schema_type(value: Json, data_type: str) -> Json:
    """Return a value in the type it is compared in.

    Raises:
        ValueError: it does not fit the type.
    """
    try:
        if data_type == "integer":
            return int(value)
        if data_type == "number":
            return to_number(value)
    except ValueError as error:
        raise ValueError(f'Value "{value}" is invalid for data type "{data_type}".') from error
    if data_type == "boolean":
        truth = parse_boolean(value)
        if truth is None:
            raise ValueError(f'Value "{value}" is invalid for data type "{data_type}".')
        return truth
    return str(value) if data_type == "string" else value


def check_keys(value: Json, allowed: Sequence[str], entity: str) -> None:
    """Refuse what is no mapping, or has a key that is not ``allowed``.

    Raises:
        InvalidSchemaError: naming ``entity``.
    """
    if not isinstance(value, Mapping):
        raise InvalidSchemaError(f"Invalid {entity}, expected a mapping")
    for key in value:
        if key not in allowed:
            raise InvalidSchemaError(f"Invalid key '{key}' for {entity}")


def _is_outside(number: Json, low: Json, high: Json) -> bool:
    return (low is not None and number < low) or (high is not None and number > high)


def _without_none(**limits: Json) -> dict[str, Json]:
    return {name: limit for name, limit in limits.items() if limit is not None}


def _parse_limits(definition: Json, kind: str, keys: tuple[str, str]) -> tuple[Json, Json]:
    check_keys(definition, keys, f"{kind} constraint")
    first, second = (definition.get(key) for key in keys)
    try:
        return (
            None if first is None else to_number(first),
            None if second is None else to_number(second),
        )
    except (ValueError, TypeError) as error:
        raise HeatFault(400, "ValueError") from error


def _parse_range(definition: Json) -> Range:
    low, high = _parse_limits(definition, "range", ("min", "max"))
    if low is None and high is None:
        raise InvalidSchemaError("A range constraint must have a min value and/or a max value specified.")
    return Range(low, high)


def _parse_length(definition: Json) -> Length:
    low, high = _parse_limits(definition, "length", ("min", "max"))
    if low is None and high is None:
        raise InvalidSchemaError("A length constraint must have a min value and/or a max value specified.")
    if not all(isinstance(limit, (int, type(None))) for limit in (low, high)):
        raise InvalidSchemaError("min/max length must be integral")
    return Length(low, high)


def _parse_modulo(definition: Json) -> Modulo:
    step, offset = _parse_limits(definition, "modulo", ("step", "offset"))
    if step is None or offset is None:
        raise InvalidSchemaError("A modulo constraint must have a step value and an offset value specified.")
    if int(step) != step or int(offset) != offset:
        raise InvalidSchemaError("step/offset must be integer")
    if step == 0:
        raise InvalidSchemaError("step cannot be 0.")
    if abs(offset) >= abs(step):
        raise InvalidSchemaError("offset must be smaller (by absolute value) than step.")
    if step * offset < 0:
        raise InvalidSchemaError("step and offset must be both positive or both negative.")
    return Modulo(step, offset)


def _parse_pattern(pattern: Json) -> AllowedPattern:
    if not isinstance(pattern, str):
        raise InvalidSchemaError("AllowedPattern must be a string")
    try:
        return AllowedPattern(re.compile(pattern))
    except re.error as error:
        # Heat lets the exception of the re module through, as a failure of its own.
        raise HeatFault(500, "error") from error
