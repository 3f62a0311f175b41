"""The constraints of parameters and of properties: to which types they apply, how they are read, and what they take.

The rules are those of ``heat/engine/constraints.py``.
https://docs.openstack.org/heat/latest/template_guide/hot_spec.html#parameter-constraints
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from builder.hot.values import Json, to_number

KINDS: Final = ("modulo", "range", "length", "allowed_values", "allowed_pattern", "custom_constraint")
"""In the order in which Heat looks for them: of several in one entry it takes the first."""

_ANY: Final = frozenset({"string", "integer", "number", "boolean", "list", "comma_delimited_list"})
TYPES: Final[Mapping[str, frozenset[str]]] = {
    "modulo": frozenset({"number", "integer"}),
    "range": frozenset({"number", "integer"}),
    "length": frozenset({"string", "list", "comma_delimited_list", "map", "json"}),
    "allowed_values": _ANY,
    "allowed_pattern": frozenset({"string"}),
    "custom_constraint": _ANY,
}
"""The types of parameters and of properties that each kind is meant for."""

_KEYS: Final = {"modulo": ("step", "offset"), "range": ("min", "max"), "length": ("min", "max")}


ConstraintFault = Enum(
    "ConstraintFault",
    "NO_MAPPING UNKNOWN_KEY NO_NUMBER NO_LIMIT NOT_WHOLE STEP_OF_ZERO OFFSET_TOO_LARGE SIGNS_DIFFER",
)
"""What can be wrong with the definition of a constraint."""


class ConstraintError(ValueError):
    """A definition of a constraint that Heat does not take; ``key`` is the one that is wrong, or None for the whole."""

    def __init__(self, fault: ConstraintFault, key: Json = None) -> None:
        super().__init__(fault.name)
        self.fault = fault
        self.key = key


@dataclass(frozen=True, slots=True)
class Bounds:
    """A minimum and a maximum, both included; None is no bound."""

    minimum: int | float | None
    maximum: int | float | None

    def takes(self, number: float) -> bool:
        """Whether a number is within. Not-a-number is beyond no bound."""
        below = self.minimum is not None and number < self.minimum
        return not below and not (self.maximum is not None and number > self.maximum)

    def define(self) -> dict[str, int | float]:
        """The bounds in Heat's syntax."""
        return {key: limit for key, limit in (("min", self.minimum), ("max", self.maximum)) if limit is not None}


@dataclass(frozen=True, slots=True)
class Length(Bounds):
    """Bounds the number of characters of a string, of members of a list, of entries of a map."""


@dataclass(frozen=True, slots=True)
class Range(Bounds):
    """Bounds a number; both ends are within."""


@dataclass(frozen=True, slots=True)
class Modulo:
    """Takes the numbers that leave ``offset`` when divided by ``step``.

    Both are whole, and of the author's type: by a float, Heat divides with a float's precision.
    """

    step: int | float
    offset: int | float

    def takes(self, number: float) -> bool:
        """Whether a number is a multiple of the step, plus the offset."""
        return number % self.step == self.offset


@dataclass(frozen=True, slots=True)
class AllowedValues:
    """Takes only the values listed; of a list, only such members."""

    allowed: tuple[Json, ...]

    def takes(self, value: Json) -> bool:
        """Whether a value, of the type of those listed, is one of them."""
        return all(member in self.allowed for member in value) if isinstance(value, list) else value in self.allowed


def parse_limits(kind: str, definition: Json) -> Length | Range | Modulo:
    """Read a constraint of numbers.

    Raises ConstraintError.
    """
    if not isinstance(definition, Mapping):
        raise ConstraintError(ConstraintFault.NO_MAPPING)
    for key in definition:
        if key not in _KEYS[kind]:
            raise ConstraintError(ConstraintFault.UNKNOWN_KEY, key)
    first, second = (_read_number(definition, key) for key in _KEYS[kind])
    if kind == "modulo":
        return _parse_modulo(first, second)
    if first is None and second is None:
        raise ConstraintError(ConstraintFault.NO_LIMIT)
    if kind == "range":
        return Range(first, second)
    for key, limit in zip(_KEYS[kind], (first, second), strict=True):
        if isinstance(limit, float):
            raise ConstraintError(ConstraintFault.NOT_WHOLE, key)
    return Length(first, second)


def _read_number(definition: Mapping[str, Json], key: str) -> int | float | None:
    value = definition.get(key)
    try:
        return None if value is None else to_number(value)
    except (ValueError, TypeError) as error:
        raise ConstraintError(ConstraintFault.NO_NUMBER, key) from error


def _parse_modulo(step: float | None, offset: float | None) -> Modulo:
    if step is None or offset is None:
        raise ConstraintError(ConstraintFault.NO_LIMIT)
    for key, number in (("step", step), ("offset", offset)):
        if isinstance(number, float) and not number.is_integer():
            raise ConstraintError(ConstraintFault.NOT_WHOLE, key)
    if step == 0:
        raise ConstraintError(ConstraintFault.STEP_OF_ZERO, "step")
    if abs(offset) >= abs(step):
        raise ConstraintError(ConstraintFault.OFFSET_TOO_LARGE, "offset")
    if step * offset < 0:
        raise ConstraintError(ConstraintFault.SIGNS_DIFFER, "offset")
    return Modulo(step, offset)
