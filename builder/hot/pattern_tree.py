"""What Python makes of a regular expression: its tree, and the characters that one place of it takes.

The tree comes from Python's own parser, which is not public: whoever walks it is ready to meet what is not known here.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from re import IGNORECASE, RegexFlag
from typing import Any, Final


def find_module(name: str) -> Any:
    """A module of Python's that is not public; None where it has moved: no pattern is bounded then, but all matched."""
    try:
        return importlib.import_module(name)
    except ImportError:  # pragma: no cover
        return None


codes: Any = find_module("re._constants")
"""What the nodes of a tree are called."""

parser: Any = find_module("re._parser")
compiler: Any = find_module("re._compiler")

MISSHAPEN: Final = (AttributeError, LookupError, TypeError, ValueError)
"""What is raised on a walk over a tree of another shape."""

OTHER: Final = 1 << 128
"""The bit of all characters beyond ASCII in a set of characters; those of the ASCII ones are below it."""

END: Final = 1 << 129
"""The end of the text, for which ``$`` asks; no place takes it."""

ANYTHING: Final = END - 1
NEWLINE: Final = 1 << ord("\n")

_ASCII: Final = [chr(number) for number in range(128)]
_FOLDED: Final = sum(1 << ord(letter) for letter in "iIkKsS")
"""Letters that others equal where case does not count: the sign for kelvin, a long s, an i with a dot or without."""

_TYPES: Final = RegexFlag.ASCII | RegexFlag.LOCALE | RegexFlag.UNICODE


def is_single(code: Any) -> bool:
    """Whether a node takes one character."""
    return code in (codes.LITERAL, codes.NOT_LITERAL, codes.ANY, codes.IN)


def combine_flags(flags: int, added: int, removed: int) -> int:
    """The flags within a group such as ``(?a-i:…)``."""
    kept = flags & ~_TYPES if added & _TYPES else flags  # one of them replaces the others
    return (kept | added) & ~removed


def find_set(code: Any, value: Any, flags: int) -> int:
    """The characters that a literal, a ``.`` or a class takes, by Python's own engine; :data:`OTHER` if in doubt."""
    return _find_set(code, tuple(value) if code is codes.IN else value, flags)


@lru_cache(maxsize=512)  # patterns that are alike use the same classes
def _find_set(code: Any, value: Any, flags: int) -> int:
    items = value if code is codes.IN else [(code, value)]
    last = find_last(items)
    if code is codes.IN and last > 255:  # it would take long to compile
        return ANYTHING
    state = parser.State()
    state.flags = flags
    place = compiler.compile(parser.SubPattern(state, [(code, list(value) if code is codes.IN else value)]))
    found = sum(1 << number for number, letter in enumerate(_ASCII) if place.match(letter))
    is_plain = last < 128 and all(each in (codes.LITERAL, codes.RANGE) for each, _ in items)
    is_more = flags & IGNORECASE and found & _FOLDED
    return found if is_plain and not is_more else found | OTHER


def find_last(items: Sequence[tuple[Any, Any]]) -> int:
    """The last character that is written in a class."""
    ends = (value[1] if code is codes.RANGE else value if code is codes.LITERAL else 0 for code, value in items)
    return max(ends, default=0)


def find_parts(value: Any) -> Iterator[Any]:
    """The sequences of nodes within a node, by its value."""
    if isinstance(value, parser.SubPattern):
        yield value
    elif isinstance(value, tuple | list):
        for each in value:
            yield from find_parts(each)


def find_singles(items: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    """All nodes that take one character, whatever they are in."""
    for code, value in items:
        if is_single(code):
            yield code, value
        else:
            for part in find_parts(value):
                yield from find_singles(part)
