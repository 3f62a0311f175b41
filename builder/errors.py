"""What a client is told when a request cannot be served.

Bottom of the tree: every room may raise these, none may know how they are rendered (``api/rendering.py`` does that,
once). A wrong *definition* is no exception: it is a value, :class:`builder.diagnostics.problems.Problem`.

The shape follows JSON:API (https://jsonapi.org/format/#error-objects), as the Concertim Visualisation App reads it.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

MAX_FAULTS = 100
"""How many faults one request is told of, so that no answer is larger and slower than what it answers deserves."""

EXIT_INTERNAL = 3
"""The status of a command that failed by an error of its own."""

EXIT_INTERRUPTED = 130
"""What shells say of a command that Ctrl-C ended."""

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a request: one JSON:API error object.

    ``title`` names the kind of failure and never varies for that kind; ``detail`` is written for the person who reads
    it, and carries no secret; ``pointer`` is the RFC 6901 JSON pointer of the offending value in the request's body.
    """

    status: int
    title: str
    detail: str
    pointer: str | None = None


class RequestError(Exception):
    """A request that cannot be served, with every fault found in it, or the first :data:`MAX_FAULTS` of them.

    The status of the response is that of the first fault.
    """

    def __init__(self, *faults: Fault, headers: Mapping[str, str] = NO_HEADERS) -> None:
        if not faults:
            raise ValueError("a RequestError needs at least one fault")
        if len(faults) > MAX_FAULTS:
            last = faults[MAX_FAULTS]
            detail = f"More is wrong with the request than these {MAX_FAULTS} faults."
            faults = (*faults[:MAX_FAULTS], Fault(last.status, last.title, detail))
        super().__init__("; ".join(fault.detail for fault in faults))
        self.faults = faults
        self.headers = headers

    @property
    def status(self) -> int:
        """The HTTP status of the response."""
        return self.faults[0].status


def bad_request(detail: str) -> RequestError:
    """What is told of a request that is wrong in a way for which there is no title of its own."""
    return RequestError(Fault(400, "Bad Request", detail))


class ConfigurationError(Exception):
    """A setting or a command-line argument that cannot be used; the message is one line that names it."""


def read_text(source: str | Path, shown: str) -> str:
    """What is in a file, or for the text ``-`` comes on standard input; ``shown`` is where it was named.

    Raises ConfigurationError, without a byte of it, for it may hold a secret.
    """
    try:
        return sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror or type(error).__name__ if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigurationError(f"{shown} cannot be read: {why}") from error


def describe_crash(error: Exception) -> str:
    """An error that nobody expected, without its text, in which a secret may be: its kind and where it was raised."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(place.filename).name}, line {place.lineno}"
