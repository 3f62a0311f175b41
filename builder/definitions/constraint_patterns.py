"""Trying an ``allowed_pattern`` on a caller's text without being held up by it.

Python's ``re`` backtracks, cannot be interrupted and holds the interpreter's lock: one unlucky pattern, such as
``(\\w+\\s?)*$``, and thirty letters stop the whole service for minutes. Authors are trusted, callers are not. So a
pattern is looked at once, when it is read, and a text longer than the bound found here is not matched: it is only
looked through for characters that the pattern has no place for, and the rest is left to the cloud, which has limits
and people of its own. Patterns without a repetition inside another have bounds that ordinary values never reach.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from math import lgamma, log
from typing import Final

STEPS: Final = 1_000_000
"""The most ways of matching that one value may have: a tenth of a second to try them all."""

LONGEST: Final = 65_536
"""The bound, in characters, of patterns that take time in proportion to the text."""

MAX_PATTERN: Final = 2_000
"""In characters: a longer pattern is refused, for compiling it takes long, and so does what is found out about it."""

# One token of a pattern: an escape, a class, the start of a group, its end, a choice, a quantifier.
_TOKEN: Final = re.compile(
    r"\\. | \[\^?\]?(?:\\.|[^\]\\])*\] | (?P<open>\(\??) | (?P<close>\)) | (?P<choice>\|)"
    r" | (?P<quantifier>[*+?] | \{\d*,\d*\} | \{\d+\})",
    re.VERBOSE | re.DOTALL,
)


_CONSUMING: Final = re.compile(
    r"\\(?:[dDsSwWtnrfv]|[^a-zA-Z0-9]) | \[\^?\]?(?:\\.|[^\]\\])*\] | [^\\\[(){|*+?^$]", re.VERBOSE | re.DOTALL
)
_PASSING: Final = re.compile(
    r"\((?:\?:|\?P<\w+>)? (?!\?) | [)|^$*+?] | \\[AZbB] | \{(?:\d+,?|,)\d*\}", re.VERBOSE
)  # what takes no character of the text


@dataclass(frozen=True, slots=True)
class CarefulPattern:
    """A pattern with what is needed to try it safely."""

    compiled: re.Pattern[str]
    longest: int
    character: re.Pattern[str] | None = field(default=None)

    def takes(self, text: str) -> bool:
        """Whether the pattern matches the whole text, or that is not to be found out safely.

        As in Heat, which tries no alternatives for a longer match: ``a|ab`` does not take ``ab``.
        """
        if len(text) > self.longest:
            character = self.character
            return character is None or all(character.fullmatch(letter) for letter in set(text))
        match = self.compiled.match(text)
        return match is not None and match.end() == len(text)


@lru_cache(maxsize=256)
def parse_pattern(pattern: str) -> CarefulPattern:
    """Compile a pattern and see how far it can be trusted.

    Raises re.error for what is no regular expression, OverflowError or RecursionError for one out of proportion.
    """
    if len(pattern) > MAX_PATTERN:
        raise OverflowError(f"it is longer than {MAX_PATTERN:,} characters")
    return CarefulPattern(re.compile(pattern), find_longest_judged(pattern), _find_characters(pattern))


def _find_characters(pattern: str) -> re.Pattern[str] | None:
    """What matches any character that the pattern may take; ``None`` where it holds something out of the ordinary."""
    found: list[str] = []
    place = 0
    while place < len(pattern):
        consuming = _CONSUMING.match(pattern, place)
        passing = consuming or _PASSING.match(pattern, place)
        if passing is None:
            return None
        if consuming:
            found.append(consuming[0])
        place = passing.end()
    return re.compile("|".join(dict.fromkeys(found)))


@dataclass(slots=True)
class _Group:
    """What is known of a part of a pattern: in how many ways it can be gone through, for a text of n characters.

    At most ``all_ways * growth**n * n**repeats / repeats!``. ``repeats`` counts the repetitions without end; ``growth``
    is more than 1 where such a repetition holds another one, or a choice. ``all_ways`` counts the rest, in the
    alternatives ended by a ``|`` (``past``) and in the one being read (``ways``).
    """

    repeats: int = 0
    growth: int = 1
    past: int = 0
    ways: int = 1

    @property
    def all_ways(self) -> int:
        return self.past + self.ways

    def end_alternative(self) -> None:
        self.past += self.ways
        self.ways = 1

    def take(self, part: _Group, least: int, most: int) -> None:
        """Go on with a part that is there ``least`` to ``most`` times."""
        self.repeats += part.repeats * most
        self.growth = max(self.growth, part.growth)
        ways = part.all_ways + (least < most)
        self.ways = min(self.ways * ways ** min(most, 64), STEPS + 1)

    def take_endlessly(self, part: _Group) -> None:
        """Go on with a part that is there any number of times."""
        self.repeats += 1
        self.growth = max(self.growth, part.growth - 1 + part.all_ways + part.repeats)

    def count_ways(self, length: int) -> float:
        """The logarithm of the number of ways for a text of some characters."""
        growth = length * log(self.growth) + self.repeats * log(length) - lgamma(self.repeats + 1)
        return log(self.all_ways) + max(growth, 0.0)


def find_longest_judged(pattern: str) -> int:
    """The number of characters up to which trying ``pattern`` on a text is cheap; 0 for never.

    An estimate that errs on the side of caution: it takes any two ways through a pattern to match the same text.
    """
    whole = _survey(pattern)
    shortest, longest = 0, LONGEST
    while shortest < longest:
        length = (shortest + longest + 1) // 2
        if whole.count_ways(length) <= log(STEPS):
            shortest = length
        else:
            longest = length - 1
    return shortest


def _survey(pattern: str) -> _Group:
    groups = [_Group()]
    closed: _Group | None = None  # the group that ended just before
    end = 0
    for token in _TOKEN.finditer(pattern):
        if closed and not (token["quantifier"] and token.start() == end):
            groups[-1].take(closed, 1, 1)
            closed = None
        if token["open"]:
            groups.append(_Group())
        elif token["close"] and len(groups) > 1:
            closed, end = groups.pop(), token.end()
        elif token["choice"]:
            groups[-1].end_alternative()
        elif token["quantifier"]:
            _repeat(groups[-1], closed or _Group(), token["quantifier"])
            closed = None
    if closed:
        groups[-1].take(closed, 1, 1)
    return groups[0]


def _repeat(group: _Group, part: _Group, quantifier: str) -> None:
    if quantifier in ("*", "+") or quantifier.endswith(",}"):
        group.take_endlessly(part)
        return
    least, comma, most = ("0", ",", "1") if quantifier == "?" else quantifier[1:-1].partition(",")
    group.take(part, int(least or 0), int(most if comma else least))
