"""Texts that may keep Python's engine busy over a regular expression, to be tried on it.

What is slow has a repeat that can take the same text in many ways, and then something that does not match, so that the
engine tries them all. So for each repeat a text is made that leads to it, goes round it many times, and ends with what
nothing takes. Whether one of them is slow indeed, only trying tells. So nothing here needs to be exact; flags of single
groups are not looked at.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final

from builder.hot.pattern_tree import MISSHAPEN, codes, find_parts, find_set, find_singles, is_single, parser

LENGTH: Final = 64
"""In characters: of what goes round a repeat. Where each doubles the ways, half of it would do."""

_MAX_SAMPLE: Final = 128
"""In characters: of what leads to a repeat."""

LONGEST: Final = _MAX_SAMPLE + LENGTH + 2
"""In characters: no text is longer."""

_MAX_REPEATS: Final = 16
"""Of one pattern, the first."""

_MAX_TEXTS: Final = 60
"""For one pattern, which take some milliseconds unless one is slow: most of those that are slow are so by the first."""

_CHOICES: Final = 3
"""How many of a pattern's alternatives are tried."""

_FITTING: Final = string.ascii_letters + string.digits + " " + string.punctuation
"""What is chosen of a class, the first that it takes. Of two classes that overlap, one begins where both hold."""

_FAILING: Final = "!" + string.punctuation + " \n" + string.digits + string.ascii_letters
"""What a text ends with, the first that is not taken."""


@dataclass(frozen=True, slots=True)
class RepeatingText:
    """A text that repeats something, between a beginning and an end that may be empty."""

    beginning: str
    repeated: str
    times: int
    end: str

    def write_out(self) -> str:
        """Make the value that is tried: for the message its parts are told, as it may be long."""
        return self.beginning + self.repeated * self.times + self.end


def find_texts(pattern: str) -> list[RepeatingText]:
    """The texts to try, each once; none where the pattern is not understood."""
    try:
        tree = parser.parse(pattern)
        end = _find_end(tree, tree.state.flags)
        texts = (
            RepeatingText(beginning, repeated, LENGTH // len(repeated), each)
            for beginning, items in islice(_find_repeats(tree, tree.state.flags, ""), _MAX_REPEATS)
            for each in dict.fromkeys([end, _find_end(items, tree.state.flags)])
            for repeated in _find_samples(items, tree.state.flags)
        )
        return list(islice(dict.fromkeys(texts), _MAX_TEXTS))
    except (re.error, OverflowError, RecursionError, *MISSHAPEN):
        return []


def _find_repeats(items: Iterable[Any], flags: int, beginning: str) -> Iterator[tuple[str, Any]]:
    """What leads to each repeat, and what it repeats. Those that contain others come first."""
    for code, value in items:
        if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            yield beginning, value[2]
        for part in find_parts(value):
            yield from _find_repeats(part, flags, beginning)
        beginning = (beginning + _sample([(code, value)], flags))[:_MAX_SAMPLE]


def _find_samples(items: Any, flags: int) -> Iterator[str]:
    """What a repeat may go round with: all of it, with each of some alternatives, or a character of one class in it."""
    whole = (_sample(items, flags, 1, choice)[:LENGTH] for choice in range(_CHOICES))
    single = (_pick(*each, flags, among) for among in (_FITTING, _FITTING[::-1]) for each in find_singles(items))
    return (each for each in dict.fromkeys(chain(whole, single)) if each)


def _find_end(items: Any, flags: int) -> str:
    """A character that none of the items takes; empty where there is none."""
    taken = 0
    for code, value in find_singles(items):
        taken |= find_set(code, value, flags)
    end = next((letter for letter in _FAILING if not taken >> ord(letter) & 1), "")
    return "\n\n" if end == "\n" else end  # ``$`` matches before one at the end


def _sample(items: Iterable[Any], flags: int, least: int = 0, choice: int = 0) -> str:
    """A text that the items take, one of the shortest, with so many rounds at least of each repeat."""
    text = ""
    for code, value in items:
        if is_single(code):
            text += _pick(code, value, flags)
        elif code is codes.BRANCH:
            text += _sample(value[1][min(choice, len(value[1]) - 1)], flags, least, choice)
        elif code in (codes.SUBPATTERN, codes.ATOMIC_GROUP):
            text += "".join(_sample(part, flags, least, choice) for part in find_parts(value))
        elif code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            rounds = min(max(value[0], min(least, value[1])), _MAX_SAMPLE)
            text += _sample(value[2], flags, least, choice) * rounds
        if len(text) > _MAX_SAMPLE:
            break
    return text[:_MAX_SAMPLE]


def _pick(code: Any, value: Any, flags: int, among: str = _FITTING) -> str:
    """A character that a place takes; none where that is only one beyond ASCII which is not written in it."""
    taken = find_set(code, value, flags)
    items = value if code is codes.IN else [(code, value)]
    written = (
        chr(low[0] if each is codes.RANGE else low) for each, low in items if each in (codes.LITERAL, codes.RANGE)
    )
    return next((letter for letter in among if taken >> ord(letter) & 1), None) or next(written, "")
