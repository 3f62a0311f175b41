"""Misspelt words: which known word may have been meant."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

MAX_COMPARISONS = 20_000
"""How many pairs of words are compared for the hints of one definition: some tenths of a second at most."""

_LONGEST_WORD = 100

_comparisons_left: ContextVar[int | None] = ContextVar("comparisons_left", default=None)


def suggest(word: str, known: Collection[str], *, cutoff: float = 0.6) -> str:
    """A hint that names the known word nearest to ``word``, or ``""`` where none is as near as ``cutoff``, up to 1."""
    return suggest_near(find_near(word, known, cutoff=cutoff))


def suggest_or_list(word: str, known: Collection[str]) -> str:
    """A hint that names the known word nearest to ``word``, or else all that there are."""
    return suggest(word, known) or (f"there are: {', '.join(known)}" if known else "there is none")


def suggest_near(near: str) -> str:
    """A hint that names a known word, or ``""`` where there is none."""
    return f"did you mean {near!r}?" if near else ""


def suggest_key(key: str, known: Collection[str], *, cutoff: float = 0.6) -> str:
    """A hint that names the known key that ``key`` was meant to be: near to it, or run together with its value."""
    word, gap, _ = key.partition(":")
    if gap and word in known:
        return f"put a space after '{word}:'"
    word, gap, _ = key.partition(" ")
    if gap and word in known:
        return f"put a ':' after {word!r}"
    return suggest(key, known, cutoff=cutoff)


def find_misspelt(key: str, given: Iterable[str], known: Collection[str]) -> str:
    """The one of the ``given`` keys that is misspelt for ``key``, one of those that are ``known``; "" if none is."""
    return next((each for each in given if each not in known and find_near(each, known) == key), "")


@contextmanager
def bounded_hints() -> Iterator[None]:
    """Within it only the first misspelt words have hints, for :data:`MAX_COMPARISONS`: one bad file delays no other."""
    token = _comparisons_left.set(MAX_COMPARISONS)
    try:
        yield
    finally:
        _comparisons_left.reset(token)


def find_near(word: str, known: Collection[str], *, cutoff: float = 0.6) -> str:
    """The known word nearest to ``word``, or ``""`` where none is as near as ``cutoff``, up to 1.

    A long word has none, for comparing takes quadratic time; nor has one beyond those that have hints.
    """
    left = _comparisons_left.get()
    if len(word) > _LONGEST_WORD or (left is not None and left < len(known)):
        return ""
    if left is not None:
        _comparisons_left.set(left - len(known))
    near = difflib.get_close_matches(word, known, n=1, cutoff=cutoff)
    return str(near[0]) if near else ""
