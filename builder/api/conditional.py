"""Conditional requests: when a client that has a representation already is told that nothing changed.

RFC 9110, section 13. ``If-None-Match`` counts where it is given; ``If-Modified-Since``, the only one that the
Visualisation App sends, counts otherwise. A later date than ours proves nothing, as another replica may have given it:
what counts is whether it is a date of this very content (section 13.1.3 speaks of servers that honour only those).

Sanic puts together, cleans and encodes each header of each response; for a short listing, or for a 304, that is a good
part of all its work. Here the headers of a representation are encoded once.
"""

from __future__ import annotations

from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache
from typing import Any

from sanic import HTTPResponse, Request
from sanic.headers import format_http1_response
from sanic.http import Stage

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


class PreparedResponse(HTTPResponse):
    """A response whose status line and headers are encoded already, but for those that are added on the way out.

    What is added must need no cleaning: words of ours, and what was checked.
    """

    __slots__ = ("_head",)

    def __init__(self, status: int, head: bytes, body: bytes = b"") -> None:
        # Not by HTTPResponse's own, which makes headers of a kind that takes the time of all the rest.
        self.body, self.status, self.headers = body, status, {}  # type: ignore[assignment]
        self.asgi, self.content_type, self.stream, self._cookies = False, None, None, None
        self._head = head

    async def send(self, data: Any = None, end_stream: bool | None = None) -> None:  # noqa: ARG002  # all at once
        """Send all of it, as Sanic's ``Http.http1_response_header`` does."""
        stream: Any = self.stream
        body = b"" if stream.head_only else self.body or b""
        added = "".join([f"{name}: {value}\r\n" for name, value in self.headers.items()])
        connection = "keep-alive" if stream.keep_alive else "close"
        head = self._head + f"{added}connection: {connection}\r\n\r\n".encode("ascii")
        stream.response_func = None
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
        return PreparedResponse(304, _encode_head(304, tag, date, None))
    return PreparedResponse(200, _encode_head(200, tag, date, len(current.body)), current.body)


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
def _encode_head(status: int, entity_tag: str, date: int, length: int | None) -> bytes:
    """The status line and the headers that every answer with a representation has; ``length`` is None without one."""
    fields = [
        (b"etag", entity_tag.encode()),
        (b"last-modified", formatdate(date, usegmt=True).encode()),
        # A cache between may keep it, and has to ask each time: with a date alone it would guess how long it is good.
        (b"cache-control", b"no-cache"),
    ]
    if length is not None:
        fields += [(b"content-type", JSON.encode()), (b"content-length", str(length).encode())]
    return format_http1_response(status, fields).removesuffix(b"\r\n")
