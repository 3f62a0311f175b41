"""Conditional requests: when a client that has a representation already is told that nothing changed.

RFC 9110, section 13. ``If-None-Match`` counts where it is given; ``If-Modified-Since``, the only one that the
Visualisation App sends, counts otherwise. A later date than ours proves nothing, as another replica may have given it:
what counts is whether it is a date of this very content (section 13.1.3 speaks of servers that honour only those).

Sanic puts together, cleans and encodes each header of each response; for a short listing, or for a 304, that is a good
part of all its work. Here the headers of a representation are encoded once.
"""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache
from typing import Any

from sanic import HTTPResponse, Request
from sanic.headers import format_http1_response
from sanic.http import Http, Stage

from builder.api.rendering import JSON
from builder.catalogue.snapshot import Representation
from builder.catalogue.validators import is_same_content

MATCHES_PER_FULL_ANSWER = 101
"""Of so many dates that are those of what is current one is answered in full all the same.

So that no client keeps something else for ever whose date agrees by chance, or of which it replaced a part meanwhile.
A prime, so that each of several clients that ask in turn gets it some time.
"""

LARGE = 64 * 1024
"""A body of this size, in bytes, is better sent by itself than copied behind its headers."""

_CONTENT_TYPE = (b"content-type", JSON.encode())

Pairs = tuple[tuple[bytes, bytes], ...]


class PreparedHead:
    """The status line and those headers that every response of a kind has, encoded; and the latter as pairs."""

    __slots__ = ("encoded", "pairs", "status")

    def __init__(self, status: int, pairs: Pairs, length: int | None = None) -> None:
        self.status = status
        self.pairs = pairs
        sized = pairs if length is None else (*pairs, (b"content-length", str(length).encode()))
        self.encoded = format_http1_response(status, sized).removesuffix(b"\r\n")


class PreparedResponse(HTTPResponse):
    """A response with a prepared head, besides the headers that are added on the way out.

    What is added must need no cleaning: words of ours, and what was checked.
    """

    __slots__ = ("_head",)

    def __init__(self, body: bytes, head: PreparedHead) -> None:
        # Not by HTTPResponse's own, which makes headers of a kind that takes the time of all the rest.
        self.asgi = False
        self.body = body
        self.content_type = None
        self.stream = None
        self.status = head.status
        self.headers = {}  # type: ignore[assignment]
        self._cookies = None
        self._head = head

    @property
    def processed_headers(self) -> Iterator[tuple[bytes, bytes]]:
        """All headers, encoded, for the ways of sending that are not prepared."""
        yield from self._head.pairs
        for name, value in self.headers.items():
            yield name.encode("ascii"), str(value).encode("ascii")

    async def send(self, data: Any = None, end_stream: bool | None = None) -> None:
        """Send the response: see :meth:`sanic.response.BaseHTTPResponse.send`."""
        stream = self.stream
        # Only where nothing was sent yet, and the client waits for no more than the response.
        if (
            isinstance(stream, Http)
            and data is None
            and stream.stage is Stage.HANDLER
            and not (stream.head_only or stream.expecting_continue)
        ):
            await self._send_at_once(stream)
        else:
            await super().send(data, end_stream)

    async def _send_at_once(self, stream: Http) -> None:
        """What Sanic's ``Http.http1_response_header`` does for a response that is all there."""
        body = self.body or b""
        added = "".join([f"{name}: {value}\r\n" for name, value in self.headers.items()])
        connection = "keep-alive" if stream.keep_alive else "close"
        head = self._head.encoded + f"{added}connection: {connection}\r\n\r\n".encode("ascii")
        stream.response_func = None  # type: ignore[assignment]  # as Sanic does
        stream.response_size = len(body)
        if len(body) < LARGE:
            await stream._send(head + body)
        else:
            await stream._send(head)
            await stream._send(body)
        stream.stage = Stage.IDLE


def respond_representation(
    request: Request, current: Representation, listing: Representation | None = None
) -> HTTPResponse:
    """200 with the ``current`` representation, or 304 without a body where the client has it already.

    It may have it from the ``listing`` that it is in, whose date is that of one of its cluster types.
    """
    tag, date = current.entity_tag, current.last_modified
    if _is_not_modified(request, current, listing):
        return PreparedResponse(b"", _prepare_head(304, tag, date, None))
    return PreparedResponse(current.body, _prepare_head(200, tag, date, len(current.body)))


def _is_not_modified(request: Request, current: Representation, listing: Representation | None) -> bool:
    """Whether the preconditions of a request say that the client has the current representation."""
    if_none_match = request.headers.getone("if-none-match", None)
    if if_none_match is not None:
        if if_none_match == current.entity_tag:
            return True
        tags = [tag.strip() for tag in if_none_match.split(",")]
        opaque = current.entity_tag.removeprefix("W/")  # they are compared weakly
        return "*" in tags or any(tag.removeprefix("W/") == opaque for tag in tags)
    if_modified_since = request.headers.getone("if-modified-since", None)
    if if_modified_since is None:
        return False
    try:
        since = int(parsedate_to_datetime(if_modified_since).timestamp())
    except (ValueError, OverflowError):
        return False
    if not any(is_same_content(since, each.last_modified) for each in (current, listing) if each is not None):
        return False
    return (next(current.matches) + 1) % MATCHES_PER_FULL_ANSWER != 0


@lru_cache(maxsize=1024)
def _prepare_head(status: int, entity_tag: str, date: int, length: int | None) -> PreparedHead:
    fields = (
        (b"etag", entity_tag.encode()),
        (b"last-modified", formatdate(date, usegmt=True).encode()),
        # A cache between may keep it, and has to ask each time: with a date alone it would guess how long it is good.
        (b"cache-control", b"no-cache"),
    )
    return PreparedHead(status, (*fields, _CONTENT_TYPE) if length is not None else fields, length)
