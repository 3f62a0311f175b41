"""Patterns that some short text keeps busy for ever, each with such a text: those that may be so are tried."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Final

from builder.hot.pattern_texts import LONGEST, RepeatingText, find_texts
from builder.hot.patterns import parse_pattern
from builder.pattern_matching.matching import Limit, MatchingTimeoutError, MatchingUnavailableError, limited, matches

_ENDLESS: Final = 0.25
"""In seconds of a processor: a text of some 64 characters that takes longer keeps the engine busy. Of five repeats of a
letter in a row one takes a tenth of a second, of six one second, and of a repeat within a repeat for ever."""

_ALL_TEXTS: Final = 0.5
"""In seconds: no further text is tried on a pattern that has taken so long, but was never slow."""

_budget: ContextVar[Limit | None] = ContextVar("slow_pattern_budget", default=None)


@contextmanager
def search_limited(seconds: float) -> Iterator[None]:
    """Within it, patterns are looked into until they have taken so long together, in seconds of a processor."""
    token = _budget.set(Limit(seconds))
    try:
        yield
    finally:
        _budget.reset(token)


def find_slow_text(pattern: str) -> RepeatingText | None:
    """A text that keeps the engine busy over a pattern; None where none is found, or the time for it is up. Blocks."""
    budget = _budget.get() or Limit(_ALL_TEXTS)
    if budget.seconds <= 0:
        return None
    try:
        slow, seconds = _search(pattern)
    except (re.error, OverflowError, RecursionError, MatchingUnavailableError):  # no pattern, or no process to try it
        return None
    budget.seconds -= seconds
    return slow


@lru_cache(maxsize=1024)  # the patterns that a large catalogue shares are tried once
def _search(pattern: str) -> tuple[RepeatingText | None, float]:
    """A text that keeps the engine busy, if one is found, and how many seconds of a processor it took."""
    began = time.thread_time()
    parsed = parse_pattern(pattern)
    texts = find_texts(pattern) if parsed.longest < LONGEST else ()  # the others are quick, whatever the text
    spent = time.thread_time() - began
    for each in texts:
        if spent > _ALL_TEXTS:
            break
        with limited(_ENDLESS) as limit:
            try:
                matches(parsed, each.write_out())
            except MatchingTimeoutError:
                return each, spent + _ENDLESS
        spent += _ENDLESS - limit.seconds
    return None, spent
