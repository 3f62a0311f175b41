"""Patterns that a value of thirty characters can keep Heat busy with for years.

By ``(a+)+$`` every run of letters can be taken in as many ways as there are sums of its length, and Heat's engine,
which is Python's ``re``, tries them all before it says no. Told is only what is certain: a repetition without end of
what is itself no more than such a repetition, with something after it that may not be there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from re import _constants as codes  # Python shows the tree of a pattern here only
from re import _parser
from typing import Any, Final

from builder.definitions.constraint_patterns import MAX_PATTERN

Item = tuple[Any, Any]

_REPEATS: Final = (codes.MAX_REPEAT, codes.MIN_REPEAT)
_ANY_REPEATS: Final = (*_REPEATS, codes.POSSESSIVE_REPEAT)
"""With that which gives nothing back of what it took, so that it is gone through in one way only."""


@lru_cache(maxsize=256)
def is_slow(pattern: str) -> bool:
    """Whether trying a pattern on a value that it does not take can take time that doubles with each character."""
    if len(pattern) > MAX_PATTERN:
        return False  # told as what it is
    try:
        return _is_slow(list(_parser.parse(pattern)), may_fail=False)
    except (re.error, OverflowError, RecursionError):
        return False  # told as what it is


def _is_slow(items: Sequence[Item], *, may_fail: bool) -> bool:
    fails_after = may_fail
    for code, value in reversed(items):
        if code in _REPEATS:
            _, most, body = value
            if most is codes.MAXREPEAT and fails_after and _is_repetition_alone(body):
                return True
        # What is atomic is not tried again for what comes after it, but within it everything is.
        inner_fails = fails_after and code not in (codes.ATOMIC_GROUP, codes.POSSESSIVE_REPEAT)
        if any(_is_slow(part, may_fail=inner_fails) for part in _parts(code, value)):
            return True
        fails_after = fails_after or _may_fail((code, value))
    return False


def _parts(code: Any, value: Any) -> Iterator[list[Item]]:
    """The sequences within an item."""
    if code is codes.SUBPATTERN:
        yield list(value[-1])
    elif code in _ANY_REPEATS:
        yield list(value[2])
    elif code is codes.ATOMIC_GROUP:
        yield list(value)
    elif code is codes.BRANCH:
        yield from map(list, value[1])


def _is_repetition_alone(body: Iterable[Item]) -> bool:
    """Whether all that a body needs is one repetition without end, which gives back: two rounds of it make one."""
    needed = [item for item in _flatten(body) if not _may_be_absent(item) or _is_endless(item)]
    return len(needed) == 1 and _is_endless(needed[0]) and needed[0][0] in _REPEATS


def _flatten(items: Iterable[Item]) -> Iterator[Item]:
    for code, value in items:
        if code is codes.SUBPATTERN:
            yield from _flatten(value[-1])
        else:
            yield code, value


def _is_endless(item: Item) -> bool:
    code, value = item
    return code in _ANY_REPEATS and value[1] is codes.MAXREPEAT


def _may_be_absent(item: Item) -> bool:
    code, value = item
    return code in _ANY_REPEATS and value[0] == 0


def _may_fail(item: Item) -> bool:
    if _may_be_absent(item):
        return False
    code, value = item
    parts = [] if code is codes.BRANCH else list(_parts(code, value))
    return not parts or any(_may_fail(each) for part in parts for each in part)
