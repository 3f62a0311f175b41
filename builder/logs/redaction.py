"""Keeping secrets out of texts: those of the cloud that are repeated to a client, and every line of the log.

Callers choose how many secrets a request holds and how long they are, so both have a limit; beyond it a text is left
out altogether. Within it, a text is gone over once, however many secrets there are.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from enum import IntEnum
from functools import cached_property
from urllib.parse import quote, quote_plus

MAX_CHARACTERS = 1000
"""The longest text of somebody else's that is shown: a few sentences, and no page of HTML."""

MAX_SECRETS = 500
"""How many secrets are looked for: well above what people fill in, and made ready within 20 ms."""

MAX_SECRET_CHARACTERS = 64 * 1024
"""How many characters they have together, each counted up to LONG_SECRET."""

LONG_SECRET = 4096
"""A longer secret (most keys and certificates are shorter) is known by so many characters; after them, a text ends."""

LEFT_OUT = "[left out: the request holds too many secrets to look for them here]"

_SHORT_SECRET = 4
"""A shorter one is masked as a whole word only: a password "a" would else take the letter out of every word."""

_STARS = "***"

_QUOTES = "'\""
"""A text that holds both, Python writes between single quotes, and escapes these; otherwise it escapes none."""


class _Extent(IntEnum):
    """How much of a text is masked where a spelling of a secret is found."""

    WHOLE_WORD = 1
    ANYWHERE = 2
    TO_THE_END = 3


class Redactor:
    """Masks the secrets of one request. Made ready when it is first used, and used until the request has ended."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = frozenset(filter(None, secrets))

    def with_further(self, secrets: Iterable[str]) -> Redactor:
        """One that masks these as well."""
        return Redactor((*self._secrets, *secrets))

    def mask(self, text: str, limit: int | None = None) -> str:
        """``text``, or its first ``limit`` characters, with every secret starred out; LEFT_OUT if there are too many.

        Secrets that overlap are starred out together.
        """
        limit = len(text) if limit is None else min(limit, len(text))
        if not self._secrets:
            return text[:limit]
        if self._spellings is None:
            return LEFT_OUT
        shown, done = [], 0
        for start, end in self._spellings.find(text, limit):
            if start >= done:
                shown += [text[done:start], _STARS]
            done = max(done, end)
        return "".join((*shown, text[done:limit]))

    @cached_property
    def _spellings(self) -> _Spellings | None:
        """How the secrets may be written; None where there are too many."""
        if len(self._secrets) > MAX_SECRETS:
            return None
        if sum(min(len(secret), LONG_SECRET) for secret in self._secrets) > MAX_SECRET_CHARACTERS:
            return None
        return _Spellings(self._secrets)


class _Spellings:
    """Texts in their order, for one search by halves to find the longest of them that another text begins with.

    Of all that come before a text in that order, the last one either begins it, or begins as far as they agree with
    every other one that does: those that begin the last one are looked at, from the longest.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        extents: dict[str, _Extent] = {}
        for secret in secrets:
            extent = _Extent.WHOLE_WORD if len(secret) < _SHORT_SECRET else _Extent.ANYWHERE
            if len(secret) > LONG_SECRET:
                extent = _Extent.TO_THE_END
            for spelling in _spell(secret[:LONG_SECRET]):
                extents[spelling] = max(extent, extents.get(spelling, extent))
        self._extents = extents
        self._ordered = sorted(extents)
        self._longest = max(map(len, extents))
        self._width = min(_SHORT_SECRET, *map(len, extents))
        self._heads = {spelling[: self._width] for spelling in extents}
        self._beginnings: dict[str, str | None] = {}
        nested: list[str] = []
        for spelling in self._ordered:
            while nested and not spelling.startswith(nested[-1]):
                nested.pop()
            self._beginnings[spelling] = nested[-1] if nested else None
            nested.append(spelling)

    def find(self, text: str, limit: int) -> Iterator[tuple[int, int]]:
        """Where the longest spellings lie that begin before ``limit``: start and end, in the order of their starts."""
        heads, width = self._heads, self._width
        for start in range(limit):
            if text[start : start + width] in heads:
                end = self._find_end(text, start)
                if end > start:
                    yield start, end

    def _find_end(self, text: str, start: int) -> int:
        """The end of the longest spelling that begins there; ``start`` where none does."""
        index = bisect_right(self._ordered, text[start : start + self._longest])
        spelling = self._ordered[index - 1] if index else None
        while spelling is not None:
            if text.startswith(spelling, start):
                end, extent = start + len(spelling), self._extents[spelling]
                if extent == _Extent.TO_THE_END:
                    return len(text)
                around = text[max(0, start - 1) : start] + text[end : end + 1]
                if extent == _Extent.ANYWHERE or not any(each == "_" or each.isalnum() for each in around):
                    return end
            spelling = self._beginnings[spelling]
        return start


def clean(text: str, secrets: Iterable[str] = ()) -> str:
    """A text of somebody else's, fit to show: one line, bounded, without control characters and without secrets."""
    masked = Redactor(secrets).mask(text, MAX_CHARACTERS * 4)  # before it is cut: half a secret is not known for one
    shown = "".join(character if character.isprintable() else " " for character in masked)
    shown = " ".join(shown.split())
    return shown if len(shown) <= MAX_CHARACTERS else shown[: MAX_CHARACTERS - 1] + "…"


def _spell(secret: str) -> Iterator[str]:
    """A secret as it is, and as JSON, Python and URLs write it, in a longer text, too."""
    yield secret
    if secret.isascii() and secret.isalnum():  # as most are: all write it the same
        return
    encoded = secret.encode("utf-8", "surrogatepass")
    for text in {secret, encoded.decode("latin-1")}:  # as headers are read
        yield text
        yield json.dumps(text)[1:-1]
        yield json.dumps(text, ensure_ascii=False)[1:-1]
        escaped = repr(text + _QUOTES)[1:-4]
        yield from (escaped, escaped.replace("\\'", "'"))
    escaped = repr(encoded + _QUOTES.encode())[2:-4]
    yield from (escaped, escaped.replace("\\'", "'"))
    yield from (quote(encoded), quote(encoded, safe=""), quote_plus(encoded))
