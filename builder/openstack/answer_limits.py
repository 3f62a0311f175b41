"""How much of a service's answer is taken: bytes, and values and depth of its JSON, judged before anything parses it.

Parsed, the densest JSON takes some thirty times the memory of its text, and holds the event loop up meanwhile: a limit
of bytes alone is none. The clients parse by themselves, each in its own way, so all are limited here, where their
answers arrive. Separate from ``transport.py``, which reads them.
"""

from __future__ import annotations

from itertools import accumulate

SHORT_ANSWER = 512 * 1024
"""Bytes of a token, a stack that was created, limits, versions. A catalogue of 30 services in 10 regions takes 200 KiB,
and nothing else in these comes near."""

LONG_ANSWER = 4 * 1024 * 1024
"""Bytes of a list, or of a preview. A page of 1,000 flavors or stacks takes 1 MiB. A preview holds every property, so
that 200 servers with cloud-init scripts of 16 KiB take 3 MiB."""

REFUSAL = 256 * 1024
"""Bytes of an answer with a status of 400 or more. Beyond that the status tells enough."""

MAX_VALUES = 60_000
"""So many values one answer may hold: previews of 1,000 resources and pages of 1,000 stacks have 40,000. Parsed, they
take less than 10 MiB, and hold the event loop up for less than 20 ms."""

MAX_DEPTH = 100
"""So deep values may nest. Previews have a level for each stack within a stack (Heat's own limit is 5), and two more;
Python's parser, and what the clients do afterwards, gives up at a few hundred."""

_OPENING = frozenset(b"[{")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


class TooMuchError(Exception):
    """An answer is beyond its limits; its text says which, to follow ``too large:`` in a sentence."""


class AnswerMeter:
    """Counts one answer while it arrives, in whatever pieces. What is no JSON is counted as if it were.

    Values are counted by what introduces them: a comma, or an opening bracket, outside of strings. Everything up to the
    first fault in a text is counted as a parser would, and no parser goes on after that.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._values = 0
        self._depth = 0
        self._in_string = False
        self._backslash = b""

    def feed(self, piece: bytes) -> None:
        """Count the next piece of the answer. Raises TooMuchError where it is too large with that."""
        self._bytes += len(piece)
        if self._bytes > self._max_bytes:
            raise TooMuchError(f"more than {self._max_bytes:,} bytes")
        structure = self._outside_strings(piece)
        self._values += sum(map(structure.count, (b",", b"[", b"{")))
        if self._values > MAX_VALUES:
            raise TooMuchError(f"more than {MAX_VALUES:,} values")
        brackets = structure.translate(None, delete=_NO_BRACKETS)
        depths = list(accumulate((1 if each in _OPENING else -1 for each in brackets), initial=self._depth))
        self._depth = depths[-1]
        if max(depths) > MAX_DEPTH:
            raise TooMuchError(f"values nest more than {MAX_DEPTH} levels deep")

    def _outside_strings(self, piece: bytes) -> bytes:
        """The piece without its strings, by nothing but what is fast on any bytes, and lets no other thread wait."""
        text = (self._backslash + piece).replace(rb"\\", b"")  # in pairs from the left, as a parser reads them
        self._backslash = b"\\" if text.endswith(b"\\") else b""  # what it escapes is in the next piece
        parts = text.removesuffix(self._backslash).replace(rb"\"", b"").split(b'"')
        outside = b"".join(parts[self._in_string :: 2])
        self._in_string ^= len(parts) % 2 == 0
        return outside
