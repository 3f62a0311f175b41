"""HTTP/1.1 as it is read here: strictly, and once where a client sends the same head again and again.

Sanic takes a body for received before its last line is in, and reads some heads differently than proxies do. A request
that is refused before all of it has come ends its connection, and is still received for a while, for nothing: what
comes at a socket that is closed has the system reset the connection, and the client may lose the answer by that.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from typing import Any, NoReturn

from sanic import Request
from sanic.exceptions import BadRequest, BadURL, HTTPException, PayloadTooLarge, URITooLong
from sanic.http import Http
from sanic.http.http1 import HTTP_CONTINUE

MAX_UNREAD_BYTES = 128 * 1024 * 1024
"""How much is received at most of a request that was refused: many clients send all of it before they read why."""

LINGER_SECONDS = 5.0
"""For how long a client that has such an answer may neither send more nor close its connection; nginx waits as long."""

LONGEST_REPEATED = 4096
"""How long a head may be, in bytes, that is kept to be known again: longer than those of most clients that poll, and
with a thousand connections still no more than some megabytes."""

_TEXT = rb"[^\x00-\x08\n-\x1f\x7f]*+"
_FIELDS = rb"(?:\r\n[!#$%%&'*+.^_`|~0-9A-Za-z-]++:%b)*+" % _TEXT
_HEAD = re.compile(_TEXT + _FIELDS)
_TRAILERS = re.compile(_FIELDS)
_BEGINNING = re.compile(rb"[\r!#$%&'*+.^_`|~0-9A-Za-z-]")
"""The first octet of a request: of its method, or of an empty line before it."""
_TLS = b"\x16"
"""The first octet of a connection by TLS: a handshake record (RFC 8446, section 5.1)."""
_BODY = re.compile(
    rb"\r\n(?:content-length:[ \t]*[0-9]+|transfer-encoding:[ \t]*chunked)[ \t]*(?:\r\n|\Z)", re.IGNORECASE
)
_CHUNK = re.compile(rb"\r\n([0-9A-Fa-f]{1,16})(?:[ \t]*;%b)?\r\n" % _TEXT)
_LONGEST_CHUNK_HEAD = 256
_TRAILING_BLANKS = re.compile(rb"(?<=[^ \t\r\n])[ \t]+(?=\r\n)")
"""Not those of a line of blanks alone: without them, it would end the head, for this server and for no other."""
_BLANK_ENDS = (b" \r\n", b"\t\r\n")
_CODING = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*", re.IGNORECASE)
_LISTS = ("connection", "if-none-match", "x-forwarded-for")
"""The headers that are read here and may come in several lines, which are one list (RFC 9110, section 5.3)."""


class HeaderFieldsTooLarge(PayloadTooLarge):
    """431 (RFC 6585, section 5). A kind of 413, so that Sanic expects it of what is left of a body, too."""

    status_code = 431


class StrictHttp(Http):
    """HTTP/1.1 without what proxies and servers are known to read differently, so that no request hides in another.

    ``is_receiving`` tells whether something of a request has come, but not yet the last byte of its head and its body,
    whatever Sanic makes of that meanwhile; ``since`` when it began to be received or, once it is, to be served, by the
    steady clock (0 before the first).
    """

    __slots__ = ("_read_head", "is_receiving", "since")

    def __init__(self, protocol: Any) -> None:
        super().__init__(protocol)  # type: ignore[no-untyped-call]  # Sanic leaves it so
        self.is_receiving, self.since = False, 0.0
        self._read_head: tuple[bytes, Request, bool] | None = None
        """The last head that was read, if it may be repeated: its bytes, its request, and whether that lets the
        connection stay open."""

    async def http1(self) -> None:
        """Serve the requests of a connection, and let the client read the last answer though it still sends."""
        await super().http1()  # type: ignore[no-untyped-call]  # Sanic leaves it so
        transport = self.protocol.transport
        if not (self.is_receiving or self.recv_buffer) or transport is None or transport.is_closing():
            return
        transport.write_eof()
        unread = 0
        with contextlib.suppress(TimeoutError):
            while (unread := unread + len(self.recv_buffer)) < MAX_UNREAD_BYTES:
                self.recv_buffer.clear()
                async with asyncio.timeout(LINGER_SECONDS):
                    await self._receive_more()  # cancelled when the client closes

    async def http1_request_header(self) -> None:
        """Read the head of a request (RFC 9112, sections 2.2, 3.2, 5.1 and 6; RFC 9110, section 5.5).

        Raises BadRequest for a name that is none, a blank before its colon, a folded line, control characters, a
        length of the body that is not plainly told, and where it is not plain which host is meant; URITooLong
        and HeaderFieldsTooLarge.
        """
        self.is_receiving, self.since = True, time.monotonic()
        if self._read_head is not None and self.recv_buffer.startswith(self._read_head[0]):
            self._repeat_request(*self._read_head)
            return
        try:
            received = await self._receive_head()
        except asyncio.CancelledError:
            self.create_empty_request()  # of which Sanic tells, if the connection was closed by this side meanwhile
            raise
        await super().http1_request_header()  # type: ignore[no-untyped-call]  # Sanic leaves it so
        self.upgrade_websocket = False  # there is nothing else here to change over to (RFC 9110, section 7.8)
        if _HEAD.fullmatch(self.request.head) is None:
            self._refuse("The head of the request holds control characters, or a header without a proper name.")
        hosts = len(self.request.headers.getall("host", ()))
        if hosts != 1 and (hosts or self.request.version != "1.0"):
            self._refuse("The request must have exactly one Host header.")
        is_too_old = self._is_chunked() and self.request.version == "1.0"
        if self.request_body and (is_too_old or _BODY.search(self.request.head) is None):
            self._refuse("The request does not tell plainly how long its body is.")
        self._join_lists()
        self._note_received()
        may_repeat = not self.request_body and len(received) <= LONGEST_REPEATED
        self._read_head = (received, self.request, self.keep_alive) if may_repeat else None

    def _repeat_request(self, head: bytes, earlier: Request, stays_open: bool) -> None:
        """Serve the request before once more: the head that came is the same to the byte, and was judged then.

        Whoever polls sends the same again and again, and reading it anew takes as long as answering it.
        """
        del self.recv_buffer[: len(head)]
        self.head_only = earlier.method.upper() == "HEAD"
        self.keep_alive = stays_open and self.protocol.app.config["KEEP_ALIVE"]
        self.request_bytes_left = self.request_bytes = 0
        self.request = self.protocol.request_class(
            earlier.raw_url, earlier.headers, earlier.version, earlier.method, earlier.transport, earlier.app,
            earlier.head,
        )  # fmt: skip
        self.request.stream = self
        self.request._current.set(self.request)
        self.protocol.state["requests_count"] += 1
        self._note_received()

    async def _receive_head(self) -> bytes:
        """Wait for the head of a request, and leave out of it what has no meaning, before anything reads it; gives it
        as it came.

        That is an empty line before it (RFC 9112, section 2.2), blanks behind the value of a header (RFC 9110, section
        5.5), and the case of a transfer coding (RFC 9112, section 7).
        """
        buffer = self.recv_buffer
        if not _BEGINNING.match(buffer):  # nothing that follows makes it a request, so nothing is waited for
            spoken = "TLS" if buffer.startswith(_TLS) else "something else"
            self._refuse(f"This port takes plain HTTP, and was sent {spoken}.")
        while (end := buffer.find(b"\r\n\r\n", 2)) < 0 and len(buffer) < self.HEADER_MAX_SIZE:
            await self._receive_more()
        start = 2 if buffer.startswith(b"\r\n") else 0
        if not 0 <= end < self.HEADER_MAX_SIZE:
            limit = f"longer than {self.HEADER_MAX_SIZE} bytes."
            if not 0 <= buffer.find(b"\r\n", start) < self.HEADER_MAX_SIZE:
                self._refuse(f"The first line of the request, with its target, is {limit}", URITooLong)
            self._refuse(f"The first line and the header fields of the request are {limit}", HeaderFieldsTooLarge)
        received = bytes(buffer[: end + 4])
        if start or any(each in received for each in _BLANK_ENDS) or b"transfer-encoding" in received.lower():
            first, separator, fields = received[start:-2].partition(b"\r\n")
            fields = _TRAILING_BLANKS.sub(b"", separator + fields)
            buffer[: end + 2] = first + _CODING.sub(lambda found: found[0].lower(), fields)
        return received

    def _join_lists(self) -> None:
        headers = self.request.headers
        for name in _LISTS:
            if len(lines := headers.getall(name, ())) > 1:
                headers[name] = ", ".join(lines)
        options = {each.strip() for each in headers["connection"].lower().split(",")} if "connection" in headers else ()
        if "close" in options:
            self.keep_alive = False
        elif self.request.version == "1.1" or "keep-alive" in options:
            self.keep_alive = bool(self.protocol.app.config["KEEP_ALIVE"])

    async def read(self) -> bytes | None:
        """Read something of the body; a chunk must begin, and the one before it end, as RFC 9112, section 7.1 has it.

        Raises BadRequest, and PayloadTooLarge, before a client that waits to be told so sends a body of such a length.
        """
        if self._is_chunked() and not self.request_bytes_left:
            await self._check_chunk()
        if (self.request_bytes or 0) > self.protocol.request_max_size:
            self.expecting_continue = False
        data: bytes | None = await super().read()
        self._note_received()
        return data

    def _note_received(self) -> None:
        """Begin to serve the request, where nothing of its body is left to come."""
        if self.is_receiving and not self.request_body:
            self.is_receiving, self.since = False, time.monotonic()

    async def _check_chunk(self) -> None:
        if self.expecting_continue:
            self.expecting_continue = False
            await self._send(HTTP_CONTINUE)
        while (end := self.recv_buffer.find(b"\r\n", 2)) < 0 and len(self.recv_buffer) < _LONGEST_CHUNK_HEAD:
            await self._receive_more()
        chunk = _CHUNK.fullmatch(self.recv_buffer, 0, end + 2)
        if chunk is None:
            self._refuse("The body of the request is not in proper chunks.")
        if int(chunk[1], 16) == 0:
            await self._drop_trailers(end)

    async def _drop_trailers(self, start: int) -> None:
        """Leave out the fields behind the last chunk, none of which means anything here (RFC 9112, section 7.1.2)."""
        limit = start + self.HEADER_MAX_SIZE
        while (end := self.recv_buffer.find(b"\r\n\r\n", start)) < 0 and len(self.recv_buffer) < limit:
            await self._receive_more()
        if not 0 <= end < limit:
            detail = f"The trailer fields of the request are longer than {self.HEADER_MAX_SIZE} bytes."
            self._refuse(detail, HeaderFieldsTooLarge)
        if _TRAILERS.fullmatch(self.recv_buffer, start, end) is None:
            self._refuse("The trailer of the request holds control characters, or a field without a proper name.")
        del self.recv_buffer[start:end]

    def _is_chunked(self) -> bool:
        body: Any = self.request_body  # Sanic annotates it as if it were the body itself
        return bool(body == "chunked")

    def _refuse(self, detail: str, kind: type[HTTPException] = BadRequest) -> NoReturn:
        """Give up the request and, since it is not known where the next begins, its connection."""
        self.give_up_body()
        raise kind(detail)

    def give_up_body(self) -> None:
        """Have the connection end with the answer, and a client that waits to be told to send the body not told so."""
        self.keep_alive = self.expecting_continue = False
        self.request_body = None

    def create_empty_request(self) -> None:
        """Stand in for a request that is none, even where its URL is none; whose it is is known."""
        try:
            super().create_empty_request()
        except BadURL:
            self.url = None
            super().create_empty_request()
        self.request.conn_info = self.protocol.conn_info
