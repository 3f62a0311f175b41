"""The connections of clients, bounded in number and time, and read strictly.

Sanic bounds neither: it takes as many connections as come, and its request timeout begins anew with every byte, so
that a client that sends one now and then is never done. Here a request must arrive as a whole in time, and where there
are too many connections the one goes that has been idle longest.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import resource
import time
from typing import Any, NoReturn

from sanic.exceptions import BadRequest, BadURL, RequestTimeout
from sanic.http import Http, Stage
from sanic.http.http1 import HTTP_CONTINUE
from sanic.server.protocols.http_protocol import HttpProtocol

logger = logging.getLogger(__name__)

LAST_WORD_SECONDS = 1.0
"""For how long a client that was too slow may go on, so that it reads why it was given up."""

SPARE_DESCRIPTORS = 1024
"""File descriptors beside those of clients: connections to clouds, folders that are watched, files."""

_LOG_SECONDS = 10.0

_TEXT = rb"[^\x00-\x08\n-\x1f\x7f]*+"
_HEAD = re.compile(rb"%b(?:\r\n[!#$%%&'*+.^_`|~0-9A-Za-z-]++:%b)*+" % (_TEXT, _TEXT))
_BODY = re.compile(
    rb"\r\n(?:content-length:[ \t]*[0-9]+|transfer-encoding:[ \t]*chunked)[ \t]*(?:\r\n|\Z)", re.IGNORECASE
)
_CHUNK = re.compile(rb"\r\n[0-9A-Fa-f]{1,16}(?:[ \t]*;%b)?\r\n" % _TEXT)
_LONGEST_CHUNK_HEAD = 256


class StrictHttp(Http):
    """HTTP/1.1 without what proxies and servers are known to read differently, so that no request hides in another."""

    async def http1_request_header(self) -> None:
        """Read the head of a request (RFC 9112, sections 2.2, 3.2, 5.1 and 6; RFC 9110, section 5.5).

        Raises BadRequest for a name that is none, a blank before its colon, a folded line, control characters, a
        length of the body that is not plainly told, and where it is not plain which host is meant.
        """
        await super().http1_request_header()  # type: ignore[no-untyped-call]  # Sanic leaves it so
        if _HEAD.fullmatch(self.request.head) is None:
            self._refuse("The head of the request holds control characters, or a header without a proper name.")
        hosts = len(self.request.headers.getall("host", ()))
        if hosts != 1 and (hosts or self.request.version != "1.0"):
            self._refuse("The request must have exactly one Host header.")
        if self.request_body and not self._tells_body():
            self._refuse("The request does not tell plainly how long its body is.")

    async def read(self) -> bytes | None:
        """Read something of the body; a chunk must begin, and the one before it end, as RFC 9112, section 7.1 has it.

        Raises BadRequest.
        """
        if self._is_chunked() and not self.request_bytes_left:
            await self._check_chunk()
        data: bytes | None = await super().read()
        return data

    async def _check_chunk(self) -> None:
        if self.expecting_continue:
            self.expecting_continue = False
            await self._send(HTTP_CONTINUE)
        while (end := self.recv_buffer.find(b"\r\n", 2)) < 0 and len(self.recv_buffer) < _LONGEST_CHUNK_HEAD:
            await self._receive_more()
        if _CHUNK.fullmatch(self.recv_buffer, 0, end + 2) is None:
            self._refuse("The body of the request is not in proper chunks.")

    def _tells_body(self) -> bool:
        is_too_old = self._is_chunked() and self.request.version == "1.0"
        return _BODY.search(self.request.head) is not None and not is_too_old

    def _is_chunked(self) -> bool:
        body: Any = self.request_body  # Sanic annotates it as if it were the body itself
        return bool(body == "chunked")

    def _refuse(self, detail: str) -> NoReturn:
        """Give up the request and, since it is not known where the next begins, its connection."""
        self.keep_alive = False
        self.request_body = None
        raise BadRequest(detail)

    def create_empty_request(self) -> None:
        """Stand in for a request that is none, even where its URL is none; whose it is is known."""
        try:
            super().create_empty_request()
        except BadURL:
            self.url = None
            super().create_empty_request()
        self.request.conn_info = self.protocol.conn_info


class BoundedProtocol(HttpProtocol):
    """One connection. ``app.config.MAX_CONNECTIONS`` and ``REQUEST_TIMEOUT`` (seconds) are its bounds."""

    HTTP_CLASS = StrictHttp

    __slots__ = ("_receiving_since", "_receiving_timer")

    _last_logged = 0.0

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._receiving_since = 0.0
        self._receiving_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Take a connection, for that of the client that has kept this one waiting longest where there are too many.

        Where nobody keeps this one waiting, it is ended at once.
        """
        if len(self.connections) >= self.app.config.MAX_CONNECTIONS and not self._make_room():
            transport.abort()
            return
        super().connection_made(transport)  # type: ignore[no-untyped-call]  # Sanic leaves it so

    def data_received(self, data: bytes) -> None:
        """Take data; with the first of a request the time begins in which all of it has to come."""
        stage = self.http.stage if self.http is not None else Stage.IDLE
        if self._receiving_timer is None or (stage is Stage.IDLE and not self._is_receiving()):
            self._receiving_since = self.loop.time()
            if self._receiving_timer is None:  # one timer serves all requests: starting one for each costs too much
                self._receiving_timer = self.loop.call_later(self.request_timeout, self._check_received)
        super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._cancel_timer()
        if self.conn_info is None:  # there was no room for it
            return
        super().connection_lost(exc)  # type: ignore[no-untyped-call]  # Sanic leaves it so

    def _check_received(self) -> None:
        """Give a request up that is not there in time."""
        self._receiving_timer = None
        if self._task is None or self.http is None or not self._is_receiving():
            return
        left = self._receiving_since + self.request_timeout - self.loop.time()
        if left > 0:
            self._receiving_timer = self.loop.call_later(left, self._check_received)
            return
        self.http.exception = RequestTimeout("The request did not arrive in time.")
        self._task.cancel()
        self.loop.call_later(LAST_WORD_SECONDS, self._end)

    @property
    def had_request(self) -> bool:
        """Whether something of a request ever came."""
        return self._receiving_since > 0

    @property
    def is_answered(self) -> bool:
        """Whether a whole request is there that has no answer yet."""
        return self.http is not None and self.http.stage is Stage.HANDLER and not self.http.request_body

    def _is_receiving(self) -> bool:
        """Whether a request is still coming: its head, or its body, which may have been answered already."""
        http = self.http
        has_body = http is not None and http.stage in (Stage.HANDLER, Stage.IDLE) and bool(http.request_body)
        return has_body or (http is not None and http.stage is Stage.REQUEST)

    def _keeps_waiting(self) -> bool:
        """Whether it is the client that nothing is heard of, rather than this service: it sends, or takes, nothing."""
        if self.http is None or not self.http or self._is_receiving():
            return True
        takes_nothing = not self._can_write.is_set()
        return takes_nothing and self.http.response is not None  # with the answer to an earlier request it may wait

    def _make_room(self) -> bool:
        """Close the connection that has been silent longest of those that wait for nothing of ours; False for none."""
        waiting = [each for each in self.connections if each._keeps_waiting()]
        self._log_full(len(self.connections))
        if not waiting:
            return False
        oldest = min(waiting, key=lambda each: each._time)
        self.connections.discard(oldest)
        oldest._end()
        return True

    def _log_full(self, number: int) -> None:
        now = time.monotonic()
        if now - BoundedProtocol._last_logged > _LOG_SECONDS:
            BoundedProtocol._last_logged = now
            logger.warning("%d connections are open (MAX_CONNECTIONS): ending the most idle", number)

    def _end(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.abort()

    def _cancel_timer(self) -> None:
        if self._receiving_timer is not None:
            self._receiving_timer.cancel()
            self._receiving_timer = None


def make_room_for_connections(number: int) -> None:
    """Raise this process's limit of open files, as far as it may, for so many connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number + SPARE_DESCRIPTORS
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if most < wanted:
        logger.warning("only %d files may be open, which is too few for MAX_CONNECTIONS=%d", most, number)
