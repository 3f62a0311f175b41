"""The characters that one place of a regular expression takes, as a number with a bit for each ASCII character.

All other characters are one bit together: a set that may hold any of them has it.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from re import ASCII as ASCII_FLAG
from re import DOTALL, IGNORECASE
from typing import Any, Final


def find_module(name: str) -> Any:
    """A module of Python's that is not public; None where it has moved: no pattern is bounded then, but all matched."""
    try:
        return importlib.import_module(name)
    except ImportError:  # pragma: no cover
        return None


codes: Any = find_module("re._constants")
"""What the nodes of a pattern's tree are called."""

OTHER: Final = 1 << 128
"""Every character beyond ASCII, whose 128 are the bits below: patterns tell few of them apart."""

END: Final = 1 << 129
"""The end of the text, which ``$`` takes where it counts as a place of the pattern; no set of characters has it."""

ASCII: Final = OTHER - 1
ANYTHING: Final = ASCII | OTHER
NEWLINE: Final = 1 << ord("\n")


def _collect(letters: Iterable[str]) -> int:
    return sum(1 << ord(letter) for letter in set(letters))


_ALL: Final = [chr(number) for number in range(128)]
_LOWER: Final = _collect(letter for letter in _ALL if letter.islower())
_UPPER: Final = _collect(letter for letter in _ALL if letter.isupper())
_DIGITS: Final = _collect("0123456789")
_WORD: Final = _LOWER | _UPPER | _DIGITS | _collect("_")
_SPACE: Final = _collect(" \t\n\r\f\v")
_SEPARATORS: Final = _collect("\x1c\x1d\x1e\x1f")
"""White space, but with the flag for ASCII."""

FOLDED_FROM_AFAR: Final = _collect("iIkKsS")
"""Letters that others equal where case does not count: the sign for kelvin, a long s, an i with a dot or without."""


def find_set(code: Any, value: Any, flags: int) -> int:
    """The characters that a literal, a ``.`` or a class takes: at least those, and of ASCII hardly any other.

    Raises LookupError for what is none of these.
    """
    if code is codes.ANY:
        return ANYTHING if flags & DOTALL else ANYTHING & ~NEWLINE
    if code is codes.LITERAL:
        return _fold(*_find_range(value, value), flags)
    if code is codes.NOT_LITERAL:
        return ANYTHING & ~(_fold(_find_range(value, value)[0] & ASCII, False, flags) & ASCII)
    return _find_class(tuple(value), flags & (IGNORECASE | ASCII_FLAG))


@lru_cache(maxsize=512)  # patterns that are alike use the same classes
def _find_class(items: Sequence[tuple[Any, Any]], flags: int) -> int:
    is_negated = items[0][0] is codes.NEGATE
    found, beyond, categories = 0, False, 0
    for code, value in items[is_negated:]:
        if code is codes.CATEGORY:
            categories |= _find_category(value, flags, is_negated)
        else:
            taken, is_beyond = _find_range(*(value if code is codes.RANGE else (value, value)))
            found |= taken
            beyond |= is_beyond
    if is_negated:
        return ANYTHING & ~((_fold(found, False, flags) | categories) & ASCII)
    return _fold(found, beyond, flags) | categories


def _find_range(low: int, high: int) -> tuple[int, bool]:
    """The ASCII characters from one to another, and whether there are others."""
    if low > 127:
        return 0, True
    return (1 << min(high, 127) + 1) - (1 << low), high > 127


def _fold(found: int, beyond: bool, flags: int) -> int:
    """With the other case of each, where it does not count."""
    if beyond:
        found |= OTHER
    if not flags & IGNORECASE:
        return found
    found |= (found & _LOWER) >> 32 | (found & _UPPER) << 32
    if beyond:
        found |= FOLDED_FROM_AFAR
    return found | (OTHER if found & FOLDED_FROM_AFAR else 0)


def _find_category(category: Any, flags: int, is_negated: bool) -> int:
    """The characters of a category; where those of it are what a class does not take, no more than there are."""
    is_ascii = bool(flags & ASCII_FLAG)
    space = _SPACE if is_ascii else _SPACE | _SEPARATORS
    plain = {
        codes.CATEGORY_DIGIT: _DIGITS,
        codes.CATEGORY_SPACE: space,
        codes.CATEGORY_WORD: _WORD,
        codes.CATEGORY_NOT_DIGIT: ASCII & ~_DIGITS,
        codes.CATEGORY_NOT_SPACE: ASCII & ~space,
        codes.CATEGORY_NOT_WORD: ASCII & ~_WORD,
    }[category]
    is_plain = category in (codes.CATEGORY_DIGIT, codes.CATEGORY_SPACE, codes.CATEGORY_WORD)
    return plain if is_negated or (is_plain and is_ascii) else plain | OTHER


def split(sets: Iterable[int]) -> list[int]:
    """Sets of characters that none of some sets tells apart, which are all characters together."""
    found = [ANYTHING]
    for taken in set(sets):
        found = [part for each in found for part in (each & taken, each & ~taken) if part]
    return found
