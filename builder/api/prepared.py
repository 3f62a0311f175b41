"""Responses whose headers were encoded once, not for every request.

Sanic puts together, cleans and encodes each header of each response; for a short listing, or for a 304, that is a good
part of all its work.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sanic import HTTPResponse
from sanic.headers import format_http1_response
from sanic.http import Http, Stage

Pairs = tuple[tuple[bytes, bytes], ...]

LARGE = 64 * 1024
"""A body of this size, in bytes, is better sent by itself than copied behind its headers."""


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
