"""Heat's ``cron_expression``: what croniter, the library that Heat asks, takes for a cron expression.

Written out here rather than imported: Heat is content with whatever croniter can expand, and the rules for that fit on
a page, while the library brings calendars and time zones that nothing else needs. Where releases of croniter differ,
the more lenient one is followed, since the cloud has the last word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_ALIASES: Final = frozenset({"@midnight", "@hourly", "@daily", "@weekly", "@monthly", "@yearly", "@annually"})
_MONTHS: Final = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_WEEKDAYS: Final = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}
_EVERY: Final = -1
"""Stands for ``*`` among weekdays."""

_RANGE: Final = re.compile(r"([^-]+)-([^-/]+)(?:/(\d+))?", re.ASCII)
_RANDOM: Final = re.compile(r"r(?:\((\d+)-(\d+)\))?(?:/(\d+))?", re.ASCII)
_NTH_WEEKDAY: Final = re.compile(r"(?P<day>[a-z]{3}-[a-z]{3}|\w+)#0*[1-5]|l(?P<last>\d+)", re.ASCII)
_NEAREST_WEEKDAY: Final = re.compile(r"(\d+)w|w(\d+)", re.ASCII)
_DIGITS: Final = re.compile(r"\d+", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Field:
    """A column of a cron expression and the numbers that it takes."""

    lowest: int
    highest: int
    names: dict[str, int]
    day_of_month: bool = False
    day_of_week: bool = False

    def read_number(self, text: str) -> int:
        """Raises ValueError for what is neither a number nor a name of this column."""
        number = self.names[text] if text in self.names else int(text) if _DIGITS.fullmatch(text) else None
        if number is None:
            raise ValueError("not a number")
        return 0 if self.day_of_week and number == 7 else number


_FIELDS: Final = (
    _Field(0, 59, {}),
    _Field(0, 23, {}),
    _Field(1, 31, {}, day_of_month=True),
    _Field(1, 12, _MONTHS),
    _Field(0, 6, _WEEKDAYS, day_of_week=True),
    _Field(0, 59, {}),
    _Field(1970, 2099, {}),
)
"""Minute, hour, day of month, month, day of week; then, where they are given, second and year."""


def is_cron_expression(text: str) -> bool:
    """Whether croniter can expand ``text``: five to seven columns, or one of the ``@`` names."""
    lowered = text.lower()
    columns = lowered.split()
    if lowered in _ALIASES:
        return True
    if not 5 <= len(columns) <= len(_FIELDS):
        return False
    try:
        return all(_is_column(field, column) for field, column in zip(_FIELDS, columns, strict=False))
    except ValueError:
        return False


def _is_column(field: _Field, column: str) -> bool:
    random = _RANDOM.fullmatch(column)
    if random:
        return _is_random(field, *random.groups())
    if column == "?":
        return field.day_of_month or field.day_of_week
    items = column.split(",")
    if field.day_of_month and len(items) > 1 and any(_NEAREST_WEEKDAY.fullmatch(item) for item in items):
        return False
    plain: set[int] = set()
    nth: set[int] = set()
    for item in items:
        special = _NTH_WEEKDAY.fullmatch(item) if field.day_of_week else None
        if special:
            nth |= _expand_item(field, special["day"] or special["last"])
        else:
            plain |= _expand_item(field, item)
    return not nth or plain - {_EVERY} <= nth or len(plain | nth) == len(_WEEKDAYS)


def _is_random(field: _Field, first: str | None, last: str | None, step: str | None) -> bool:
    """Jenkins' ``R(first-last)/step``. Its ``H`` needs an id to hash, which Heat does not give."""
    if step is not None and int(step) == 0:
        return False
    if first is None or last is None:
        return True
    low, high = int(first), int(last)
    return low < high and low >= field.lowest and field.read_number(last) <= field.highest


def _expand_item(field: _Field, item: str) -> set[int]:
    """The weekdays that one item of a list stands for; in the other columns, where nobody asks, mostly an empty set.

    Raises ValueError for an item that cannot be expanded.
    """
    if item == "*":
        return {_EVERY}
    if field.day_of_month and item == "l":
        return set()
    if field.day_of_month:
        nearest = _NEAREST_WEEKDAY.fullmatch(item)
        item = (nearest[1] or nearest[2]) if nearest else item
    if item.startswith("*/"):
        item = f"{field.lowest}-{field.highest}{item[1:]}"
    span, open_ended = _RANGE.fullmatch(item), False
    if span is None and "/" in item:
        start, _, step = item.rpartition("/")
        span, open_ended = _RANGE.fullmatch(f"{start}-{field.highest}/{step}"), True
    if span is None:
        number = field.read_number(item)
        _check(field.lowest <= number <= field.highest)
        return {number} if field.day_of_week else set()
    return _expand_span(field, span[1], span[2], span[3] or "1", open_ended)


def _expand_span(field: _Field, first: str, last: str, step_text: str, open_ended: bool) -> set[int]:
    low, step = field.read_number(first), int(step_text)
    high = 31 if field.day_of_month and last == "l" else field.read_number(last)
    _check(step > 0 and max(low, high) <= field.highest)
    if low == high and not open_ended:  # "mon-mon" is the whole week
        low, high = field.lowest, field.highest
    _check(low >= field.lowest)
    if not field.day_of_week:
        return set()
    if low <= high:
        return set(range(low, high + 1, step))
    latest = low + (field.highest - low) // step * step
    skipped = step - (field.highest - latest) if latest + step > len(_WEEKDAYS) else 0
    return {*range(low, field.highest + 1, step), *range(skipped, high + 1, step)}


def _check(condition: bool) -> None:
    if not condition:
        raise ValueError("out of range")
