"""Regular expressions of ``allowed_pattern``: what it costs at most to try one on a text.

Heat tries them with Python's ``re``, and so does this project, for nothing else agrees with it in every case. It
backtracks, cannot be interrupted and holds the interpreter's lock: by ``^(\\w+\\s?)*$`` thirty letters and a ``!``
would stop the whole service for minutes. So each pattern has a length up to which any text is cheap to try; longer ones
are the business of :mod:`builder.pattern_matching.matching`. Which patterns some short text keeps busy for ever is
found by :mod:`builder.pattern_matching.slow_patterns`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Final

from builder.hot.pattern_cost import find_longest
from builder.hot.pattern_tree import MISSHAPEN, codes, find_last, find_singles, parser

MAX_PATTERN: Final = 2_000
"""In characters: the longest pattern that is looked into; compiling it takes twenty milliseconds."""

MAX_READING: Final = 100_000
"""What the different patterns of one definition may cost to read, in characters: about a second."""

_WIDE_CLASS: Final = 2_000
"""What it costs to compile a class with characters beyond the first 256, in characters: five to twelve milliseconds."""

_FOLDED_CLASS: Final = 40
"""And any class where case does not count."""


@dataclass(slots=True)
class _Expense:
    """What one definition has cost so far."""

    seen: set[str] = field(default_factory=set)
    reading: int = 0


_FLAG_FOR_CASE: Final = re.compile(r"\(\?[a-zA-Z]*i")

_expense: ContextVar[_Expense | None] = ContextVar("pattern_expense", default=None)


@contextmanager
def bounded_patterns() -> Iterator[None]:
    """Within it no more patterns are read than one definition may have."""
    token = _expense.set(_Expense())
    try:
        yield
    finally:
        _expense.reset(token)


@dataclass(frozen=True)
class Pattern:
    """A pattern that can be tried."""

    text: str
    compiled: re.Pattern[str] = field(repr=False)

    @cached_property
    def longest(self) -> int:
        """The length, in characters, of the longest text that it can be tried on beside everything else; -1 for none.

        No such text takes more than :data:`~builder.hot.pattern_cost.STEPS`.
        """
        return find_longest(self.text) if len(self.text) <= MAX_PATTERN else -1

    def fits(self, value: str) -> bool:
        """Whether it matches a whole value, as in Heat: of ``a|ab`` the first that fits counts, not the longest."""
        try:
            match = self.compiled.match(value)
        except SystemError:  # "please report a bug for the re module": Heat cannot take the value, either
            return False
        return match is not None and match.end() == len(value)


def parse_pattern(text: str) -> Pattern:
    """Compile a pattern.

    Raises re.error for what is no regular expression; OverflowError or RecursionError for one out of proportion, or
    one too many in this definition.
    """
    if len(text) > MAX_PATTERN:
        raise OverflowError(f"it is longer than {MAX_PATTERN:,} characters")
    expense = _expense.get()
    if expense is not None and text not in expense.seen:
        expense.seen.add(text)
        expense.reading += len(text)
        if expense.reading <= MAX_READING:
            expense.reading += _count_classes(text)
    if expense is not None and expense.reading > MAX_READING:
        raise OverflowError("it takes too long to read all patterns of this definition")
    return _compile(text)


@lru_cache(maxsize=256)  # the patterns of a large catalogue, which builds match again
def _compile(text: str) -> Pattern:
    return Pattern(text, re.compile(text))


@lru_cache(maxsize=1024)  # a number for each; a catalogue's patterns are judged once, not at each reload
def _count_classes(text: str) -> int:
    """What the classes of a pattern cost to compile."""
    try:
        classes = [value for code, value in find_singles(parser.parse(text)) if code is codes.IN]
    except (re.error, OverflowError, RecursionError, *MISSHAPEN):
        return 0  # for the first three it is never compiled
    wide = sum(find_last(items) > 255 for items in classes)
    return wide * _WIDE_CLASS + len(classes) * _FOLDED_CLASS * bool(_FLAG_FOR_CASE.search(text))
