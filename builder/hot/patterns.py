"""Regular expressions of ``allowed_pattern``: what it costs at most to try one on a text.

Heat tries them with Python's ``re``, and so does this project, for nothing else agrees with it in every case. It
backtracks, cannot be interrupted and holds the interpreter's lock: by ``^(\\w+\\s?)*$`` thirty letters and a ``!``
would stop the whole service for minutes. So each pattern has a length up to which any text is cheap to try; longer ones
are the business of :mod:`builder.pattern_matching.matching`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Final

from builder.hot import pattern_witness
from builder.hot.pattern_automaton import NotBoundedError
from builder.hot.pattern_building import build_automaton
from builder.hot.pattern_sets import codes, find_module

parser: Any = find_module("re._parser")
"""Python's own, for its tree is nowhere else to be had."""

STEPS: Final = 1_000_000
"""The most steps that one text may take beside everything else: of 100,000 patterns that were tried, the slowest took
some five milliseconds for so many."""

LONGEST: Final = 65_536
"""In characters: no text is longer than those that are tried beside everything else, whatever the pattern."""

MAX_PATTERN: Final = 2_000
"""In characters: the longest pattern that is looked into; compiling it takes twenty milliseconds."""

MAX_READING: Final = 100_000
"""What the different patterns of one definition may cost to read, in characters: about a second."""

_WIDE_CLASS: Final = 2_000
"""What it costs to compile a class with characters beyond the first 256, in characters: five to twelve milliseconds."""

_FOLDED_CLASS: Final = 40
"""And any class where case does not count."""

MAX_ANALYSING: Final = 300_000
"""What it may cost to find the slow patterns of one definition, in edges made and in additions: half a second."""


@dataclass(slots=True)
class _Expense:
    """What one definition has cost so far."""

    seen: set[str] = field(default_factory=set)
    reading: int = 0
    analysing: int = 0


_FLAG_FOR_CASE: Final = re.compile(r"\(\?[a-zA-Z]*i")

_expense: ContextVar[_Expense | None] = ContextVar("pattern_expense", default=None)


@contextmanager
def bounded_patterns() -> Iterator[None]:
    """Within it no more patterns are read, and no more are looked into, than one definition may have."""
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

        No such text takes more than :data:`STEPS`.
        """
        return _find_longest(self.text)

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


def is_slow(text: str) -> bool:
    """Whether some text of 64 characters is certain to keep the engine busy for ever.

    Never of what is no regular expression, and of no more patterns of one definition than can be looked into.
    """
    expense = _expense.get()
    if len(text) > MAX_PATTERN or (expense is not None and expense.analysing > MAX_ANALYSING):
        return False
    slow, cost = _find_slow(text)
    if expense is not None:
        expense.analysing += cost
    return slow


@lru_cache(maxsize=1024)  # a number for each; a catalogue's patterns are judged once, not at each reload
def _count_classes(text: str) -> int:
    """What the classes of a pattern cost to compile."""
    try:
        classes = list(_find_classes(parser.parse(text))) if parser else []
    except (re.error, OverflowError, RecursionError, AttributeError, TypeError, ValueError):
        return 0  # for the first three it is never compiled; see NotBoundedError for the others
    wide = sum(any(_find_last(*item) > 255 for item in items) for items in classes)
    return wide * _WIDE_CLASS + len(classes) * _FOLDED_CLASS * bool(_FLAG_FOR_CASE.search(text))


def _find_classes(items: Iterable[Any]) -> Iterator[Any]:
    for code, value in items:
        if code is codes.IN:
            yield value
        elif not isinstance(value, int):
            for part in value if isinstance(value, tuple) else (value,):
                for each in part if isinstance(part, list) else (part,):
                    if isinstance(each, parser.SubPattern):
                        yield from _find_classes(each)


def _find_last(code: Any, value: Any) -> int:
    return int(value[1]) if code is codes.RANGE else int(value) if code is codes.LITERAL else 0


def _find_longest(text: str) -> int:
    if parser is None or len(text) > MAX_PATTERN:
        return -1
    try:
        tree = parser.parse(text)
        automaton = build_automaton(tree, tree.state.flags)
        if automaton.is_plain:  # each character is met once
            return min(int(STEPS / max(automaton.costs)) - 1, LONGEST)
        longest = -1
        for steps in automaton.count_steps():
            if steps[automaton.start] > STEPS or longest == LONGEST:
                break
            longest += 1
    except (NotBoundedError, RecursionError):
        return -1
    return longest


@lru_cache(maxsize=1024)  # as above
def _find_slow(text: str) -> tuple[bool, int]:
    """Whether a pattern is slow, and what it has cost to find out, in edges made and in additions."""
    if parser is None:
        return False, 0
    cost = 0
    try:
        tree = parser.parse(text)
        with suppress(NotBoundedError):
            maybe, cost = pattern_witness.may_be_slow(build_automaton(tree, tree.state.flags))
            if not maybe:
                return False, cost
        slow, more = pattern_witness.is_slow(tree, tree.state.flags)
    except (re.error, OverflowError, RecursionError, AttributeError):
        return False, cost
    return slow, cost + more
