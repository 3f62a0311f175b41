"""The constraints that a parameter may carry: what each lets pass, what to tell a person, how Heat writes it.

The verdicts are those of ``heat/engine/constraints.py``. Reading constraints from a definition is apart, in
:mod:`builder.parameters.constraint_parsing`, as is the syntax of the parameter around them.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sized
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any, ClassVar, Final

from builder.hot import constraints as rules
from builder.hot.custom_constraints import JUDGED, ValueFault, find_value_fault
from builder.hot.patterns import Pattern, parse_pattern
from builder.hot.values import ParameterType
from builder.pattern_matching.matching import matches

MOST_LISTED: Final = 12
"""How many allowed values a sentence lists before it stops."""

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""What has expired for less than this is left to the cloud, whose clock may differ from ours."""

PHRASES: Final[Mapping[str, str]] = json.loads(files(__package__).joinpath("phrases.json").read_text(encoding="utf-8"))
"""What follows the parameter's label in a sentence, by Heat's name of the constraint."""

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


class Constraint(ABC):
    """What an author asks of values, and with ``description`` says to whoever breaks it."""

    __slots__ = ()
    kind: ClassVar[str]
    description: str | None

    @abstractmethod
    def is_met_by(self, value: ParsedValue) -> bool:
        """Whether Heat lets the value pass, as far as that can be told without a cloud.

        Raises, of a pattern, what :func:`builder.pattern_matching.matching.matches` does.
        """

    @abstractmethod
    def explain(self, type_: ParameterType) -> str:
        """What must be true of a value, in words that follow the parameter's label."""

    @abstractmethod
    def define(self) -> object:
        """What stands for the constraint in Heat's syntax, under its kind."""

    def render(self) -> dict[str, Any]:
        """The constraint in Heat's syntax."""
        described = {} if self.description is None else {"description": self.description}
        return {self.kind: self.define(), **described}


@dataclass(frozen=True, slots=True)
class Length(rules.Length, Constraint):
    """Bounds the number of characters, members or entries."""

    kind = "length"
    description: str | None = None

    def is_met_by(self, value: ParsedValue) -> bool:
        return isinstance(value.meant, Sized) and self.takes(len(value.meant))

    def explain(self, type_: ParameterType) -> str:
        verb, unit, long = _UNITS.get(type_, ("be", "character", " long"))
        last = self.maximum if self.maximum is not None else self.minimum
        plural = unit if last == 1 else "entries" if unit == "entry" else f"{unit}s"
        return f"must {verb} {_format_bounds(self.minimum, self.maximum)} {plural}{long}"


@dataclass(frozen=True, slots=True)
class Range(rules.Range, Constraint):
    """A range, with what its author says of it."""

    kind = "range"
    description: str | None = None

    def is_met_by(self, value: ParsedValue) -> bool:
        return isinstance(value.meant, int | float) and self.takes(value.meant)

    def explain(self, type_: ParameterType) -> str:  # noqa: ARG002  (the constraints share one signature)
        return f"must be {_format_bounds(self.minimum, self.maximum)}"


@dataclass(frozen=True, slots=True)
class Modulo(rules.Modulo, Constraint):
    """A modulo, with what its author says of it."""

    kind = "modulo"
    description: str | None = None

    def is_met_by(self, value: ParsedValue) -> bool:
        try:
            return isinstance(value.meant, int | float) and self.takes(value.meant)
        except OverflowError:  # a whole number that no float holds
            return False

    def explain(self, type_: ParameterType) -> str:  # noqa: ARG002  (the constraints share one signature)
        if self.offset == 0:
            return f"must be a multiple of {_format_number(self.step)}"
        step, offset, second = map(_format_number, (self.step, self.offset, self.offset + self.step))
        return f"must be a multiple of {step}, plus {offset} (so {offset}, {second}, …)"

    def define(self) -> object:
        return {"step": self.step, "offset": self.offset}


@dataclass(frozen=True, slots=True)
class AllowedValues(rules.AllowedValues, Constraint):
    """Allowed values of the parameter's type, with what their author says of them."""

    kind = "allowed_values"
    description: str | None = None

    def is_met_by(self, value: ParsedValue) -> bool:
        if value.left_to_cloud:  # Heat compares text with what is listed, which may have been numbers
            members = value.meant if isinstance(value.meant, list) else [value.meant]
            return all(member in self.allowed or str(member) in self.allowed for member in members)
        return self.takes(value.meant)

    def explain(self, type_: ParameterType) -> str:
        shown = [item if isinstance(item, str) else json.dumps(item, default=str) for item in self.allowed]
        if len(shown) > MOST_LISTED:  # names tell more than numbers
            shown = [*sorted(shown, key=str.isdecimal)[:MOST_LISTED], f"… ({len(shown)} values in all)"]
        listed = ", ".join(shown)
        verb = "hold only values from" if type_ is ParameterType.COMMA_DELIMITED_LIST else "be one of"
        return f"must {verb}: {listed}"

    def define(self) -> object:
        return list(self.allowed)


@dataclass(frozen=True, slots=True)
class AllowedPattern(Constraint):
    """Takes the strings that a regular expression matches from beginning to end."""

    kind = "allowed_pattern"
    pattern: str
    description: str | None = None
    _parsed: Pattern = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Raises re.error, OverflowError or RecursionError for what is no pattern, or none to be read."""
        object.__setattr__(self, "_parsed", parse_pattern(self.pattern))

    def is_met_by(self, value: ParsedValue) -> bool:
        return isinstance(value.meant, str) and matches(self._parsed, value.meant)

    def explain(self, type_: ParameterType) -> str:  # noqa: ARG002  (the constraints share one signature)
        return f"must match the pattern {self.pattern} from beginning to end"

    def define(self) -> object:
        return self.pattern


@dataclass(frozen=True, slots=True)
class CustomConstraint(Constraint):
    """Names a check of Heat's; those that ask a cloud let everything pass here.

    What expires about now is left to the cloud, whose clock decides.
    """

    kind = "custom_constraint"
    name: str
    description: str | None = None

    def is_met_by(self, value: ParsedValue) -> bool:
        broken = find_value_fault(self.name, value.sent) if self.name in JUDGED else None
        if broken is not None and broken.fault is ValueFault.EXPIRED and isinstance(broken.part, datetime):
            return broken.part > datetime.now(UTC) - CLOCK_TOLERANCE
        return broken is None

    def explain(self, type_: ParameterType) -> str:  # noqa: ARG002  (the constraints share one signature)
        return PHRASES.get(self.name, f"must be a {self.name}")

    def define(self) -> object:
        return self.name


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Stands for a pattern that could not be tried on a value to the end, among the constraints that it breaks."""

    pattern: str
    description: None = None

    def explain(self, type_: ParameterType) -> str:  # noqa: ARG002  (the constraints share one signature)
        """What is wrong with the value, in words that follow the parameter's label."""
        return f"takes too long to match against the pattern {self.pattern}; a shorter one may not"


def is_for_the_cloud(constraint: Constraint, value: ParsedValue) -> bool:
    """Whether only Heat can tell what a constraint means for a value.

    Of a list or an object given for a string it does not: it counts members, looks each of them up among the allowed
    values, and no pattern matches.
    """
    return value.left_to_cloud and (
        isinstance(constraint, CustomConstraint) or not isinstance(value.meant, list | dict)
    )


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
