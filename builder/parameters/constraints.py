"""The constraints that a parameter may carry: what each lets pass, what to tell a person, how Heat writes it.

The verdicts are those of ``heat/engine/constraints.py``. Reading constraints from a definition is apart, in
:mod:`builder.parameters.constraint_parsing`, as is the syntax of the parameter around them.
"""

from __future__ import annotations

import json
from collections.abc import Sized
from dataclasses import dataclass, field
from typing import Any, Final

from builder.hot import constraints as rules
from builder.hot.patterns import Pattern, parse_pattern
from builder.hot.values import ParameterType
from builder.parameters.custom_constraints import PHRASES, may_be_met_by
from builder.pattern_matching.matching import matches

MOST_LISTED: Final = 12
"""How many allowed values a sentence lists before it stops."""

_UNITS: Final = {
    ParameterType.COMMA_DELIMITED_LIST: ("have", "item", ""),
    ParameterType.JSON: ("have", "entry", ""),
}


@dataclass(frozen=True, slots=True)
class ParsedValue:
    """A value that has been read as a parameter's type.

    ``sent`` is what Heat is given; ``meant`` is what Heat makes of it, which constraints judge. Neither is shown by
    ``repr``, since the value may be a secret. A value ``left_to_cloud`` is not of the parameter's type, and Heat takes
    it all the same: see :func:`is_for_the_cloud`.
    """

    sent: object = field(repr=False)
    meant: object = field(repr=False)
    left_to_cloud: bool = False


@dataclass(frozen=True, slots=True)
class Length(rules.Length):
    """A length, with what its author says of it."""

    description: str | None = None

    def is_met_by(self, value: ParsedValue) -> bool:
        """Whether Heat lets the value pass."""
        return isinstance(value.meant, Sized) and self.takes(len(value.meant))

    def explain(self, type_: ParameterType) -> str:
        """What must be true of a value, in words that follow the parameter's label."""
        verb, unit, long = _UNITS.get(type_, ("be", "character", " long"))
        last = self.maximum if self.maximum is not None else self.minimum
        plural = unit if last == 1 else "entries" if unit == "entry" else f"{unit}s"
        return f"must {verb} {_format_bounds(self.minimum, self.maximum)} {plural}{long}"

    def render(self) -> dict[str, Any]:
        """The constraint in Heat's syntax."""
        return _render("length", _bounds(self.minimum, self.maximum), self.description)


@dataclass(frozen=True, slots=True)
class Range(rules.Range):
    """A range, with what its author says of it."""

    description: str | None = None

    def is_met_by(self, value: ParsedValue) -> bool:
        """Whether Heat lets the value pass."""
        return isinstance(value.meant, int | float) and self.takes(value.meant)

    def explain(self, type_: ParameterType) -> str:  # noqa: ARG002  (the constraints share one signature)
        """What must be true of a value, in words that follow the parameter's label."""
        return f"must be {_format_bounds(self.minimum, self.maximum)}"

    def render(self) -> dict[str, Any]:
        """The constraint in Heat's syntax."""
        return _render("range", _bounds(self.minimum, self.maximum), self.description)


@dataclass(frozen=True, slots=True)
class Modulo(rules.Modulo):
    """A modulo, with what its author says of it."""

    description: str | None = None

    def is_met_by(self, value: ParsedValue) -> bool:
        """Whether Heat lets the value pass."""
        try:
            return isinstance(value.meant, int | float) and self.takes(value.meant)
        except OverflowError:  # a whole number that no float holds
            return False

    def explain(self, type_: ParameterType) -> str:  # noqa: ARG002  (the constraints share one signature)
        """What must be true of a value, in words that follow the parameter's label."""
        if self.offset == 0:
            return f"must be a multiple of {_format_number(self.step)}"
        step, offset, second = map(_format_number, (self.step, self.offset, self.offset + self.step))
        return f"must be a multiple of {step}, plus {offset} (so {offset}, {second}, …)"

    def render(self) -> dict[str, Any]:
        """The constraint in Heat's syntax."""
        return _render("modulo", {"step": self.step, "offset": self.offset}, self.description)


@dataclass(frozen=True, slots=True)
class AllowedValues(rules.AllowedValues):
    """Allowed values of the parameter's type, with what their author says of them."""

    description: str | None = None

    def is_met_by(self, value: ParsedValue) -> bool:
        """Whether Heat lets the value pass."""
        if value.left_to_cloud:  # Heat compares text with what is listed, which may have been numbers
            members = value.meant if isinstance(value.meant, list) else [value.meant]
            return all(member in self.allowed or str(member) in self.allowed for member in members)
        return self.takes(value.meant)

    def explain(self, type_: ParameterType) -> str:
        """What must be true of a value, in words that follow the parameter's label."""
        shown = [item if isinstance(item, str) else json.dumps(item, default=str) for item in self.allowed]
        listed = ", ".join(shown[:MOST_LISTED])
        if len(shown) > MOST_LISTED:
            listed += f", … ({len(shown)} values in all)"
        verb = "hold only values from" if type_ is ParameterType.COMMA_DELIMITED_LIST else "be one of"
        return f"must {verb}: {listed}"

    def render(self) -> dict[str, Any]:
        """The constraint in Heat's syntax."""
        return _render("allowed_values", list(self.allowed), self.description)


@dataclass(frozen=True, slots=True)
class AllowedPattern:
    """Takes the strings that a regular expression matches from beginning to end."""

    pattern: str
    description: str | None = None
    _parsed: Pattern = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Raises re.error, OverflowError or RecursionError for what is no pattern, or none to be read."""
        object.__setattr__(self, "_parsed", parse_pattern(self.pattern))

    def is_met_by(self, value: ParsedValue) -> bool:
        """Whether Heat lets the value pass.

        Raises what :func:`builder.pattern_matching.matching.matches` does.
        """
        return isinstance(value.meant, str) and matches(self._parsed, value.meant)

    def explain(self, type_: ParameterType) -> str:  # noqa: ARG002  (the constraints share one signature)
        """What must be true of a value, in words that follow the parameter's label."""
        return f"must match the pattern {self.pattern} from beginning to end"

    def render(self) -> dict[str, Any]:
        """The constraint in Heat's syntax."""
        return _render("allowed_pattern", self.pattern, self.description)


@dataclass(frozen=True, slots=True)
class CustomConstraint:
    """Names a check of Heat's; those that ask a cloud let everything pass here."""

    name: str
    description: str | None = None

    def is_met_by(self, value: ParsedValue) -> bool:
        """Whether Heat lets the value pass, as far as that can be told without a cloud."""
        return may_be_met_by(self.name, value.sent)

    def explain(self, type_: ParameterType) -> str:  # noqa: ARG002  (the constraints share one signature)
        """What must be true of a value, in words that follow the parameter's label."""
        return PHRASES.get(self.name, f"must be a {self.name}")

    def render(self) -> dict[str, Any]:
        """The constraint in Heat's syntax."""
        return _render("custom_constraint", self.name, self.description)


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Stands for a pattern that could not be tried on a value to the end, among the constraints that it breaks."""

    pattern: str
    description: None = None

    def explain(self, type_: ParameterType) -> str:  # noqa: ARG002  (the constraints share one signature)
        """What is wrong with the value, in words that follow the parameter's label."""
        return f"takes too long to match against the pattern {self.pattern}; a shorter one may not"


Constraint = Length | Range | Modulo | AllowedValues | AllowedPattern | CustomConstraint


def is_for_the_cloud(constraint: Constraint, value: ParsedValue) -> bool:
    """Whether only Heat can tell what a constraint means for a value.

    Of a list or an object given for a string it does not: it counts members, looks each of them up among the allowed
    values, and no pattern matches.
    """
    return value.left_to_cloud and (
        isinstance(constraint, CustomConstraint) or not isinstance(value.meant, list | dict)
    )


def _render(kind: str, definition: object, description: str | None) -> dict[str, Any]:
    return {kind: definition} if description is None else {kind: definition, "description": description}


def _bounds(minimum: float | None, maximum: float | None) -> dict[str, Any]:
    return {key: bound for key, bound in (("min", minimum), ("max", maximum)) if bound is not None}


def _format_bounds(minimum: float | None, maximum: float | None) -> str:
    if maximum is None:
        return f"at least {_format_number(minimum)}"
    if minimum is None:
        return f"at most {_format_number(maximum)}"
    if minimum == maximum:
        return f"exactly {_format_number(minimum)}"
    return f"between {_format_number(minimum)} and {_format_number(maximum)}"


def _format_number(number: float | None) -> str:
    return str(int(number)) if isinstance(number, float) and number.is_integer() else str(number)
