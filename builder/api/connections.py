"""The connections of clients, bounded in number and time.

Sanic bounds neither: it takes as many connections as come, and its timeouts begin anew with every byte, end for good
with some headers, and take an answer that is written for one that was taken. So none of them is used. Here a connection
is in one of three states: a request is received, until its very last byte is in (:mod:`builder.api.http1`); it is
served; or the client is silent. Each has its time, and where there are too many connections, the one goes that has been
silent longest of those that nothing is served on.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import struct
import termios
import time
from typing import Any

from sanic.exceptions import RequestTimeout, ServiceUnavailable
from sanic.server.protocols.http_protocol import HttpProtocol

from builder.api.http1 import StrictHttp

logger = logging.getLogger(__name__)

LAST_WORD_SECONDS = 1.0
"""For how long a client that was too slow may go on, so that it reads why it was given up."""

CHECK_SECONDS = 2.0
"""How often is looked, at least, whether a client has taken something: often enough to tell a slow one from one that is
gone when there are too many, and for a thousand connections still no work to speak of."""

_LOG_SECONDS = 10.0


class BoundedProtocol(HttpProtocol):
    """One connection, bounded by ``app.config``: in number by ``MAX_CONNECTIONS``, and in time, in seconds.

    A request must be received within ``REQUEST_TIMEOUT`` and answered within ``RESPONSE_TIMEOUT``. A client that
    otherwise neither sends nor takes anything for ``KEEP_ALIVE_TIMEOUT`` is gone; one that still takes its answer,
    however slowly, is not.
    """

    HTTP_CLASS = StrictHttp

    __slots__ = ("_timer", "_untaken")

    _last_logged = 0.0

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._timer: asyncio.TimerHandle | None = None
        self._untaken = 0
        self._time = time.monotonic()  # Sanic sets it later, until when this would be the one that is silent longest

    def connection_made(self, transport: Any) -> None:
        """Take a connection, for that of the client that has kept this one waiting longest where there are too many.

        Where nobody keeps this one waiting, it is ended at once.
        """
        if len(self.connections) >= self.app.config.MAX_CONNECTIONS and not self._make_room():
            transport.abort()
            return
        super().connection_made(transport)  # type: ignore[no-untyped-call]  # Sanic leaves it so

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer. One that there was no room for was never counted, so Sanic is not told of it."""
        if self._timer is not None:
            self._timer.cancel()
        if self.conn_info is None:  # there was no room for it
            return
        super().connection_lost(exc)  # type: ignore[no-untyped-call]  # Sanic leaves it so

    def close(self, timeout: float | None = None) -> None:  # noqa: ARG002  # Sanic's, after which it would be cut off
        """Close the connection when what is left of an answer was taken, or nothing of it is any more."""
        if self.transport is not None:
            self.transport.close()

    def check_timeouts(self) -> None:
        """End what takes too long; in place of Sanic's, which calls it when the connection is there."""
        if self.transport is None:  # aborted, and just not lost yet
            return
        now, untaken = time.monotonic(), count_untaken(self.transport)
        if untaken < self._untaken:  # that the client has taken something is a sign of life
            self._time = now
        self._untaken = untaken
        if self.is_served:
            end = self.http.since + self.response_timeout
        elif self._is_receiving:
            end = self.http.since + self.request_timeout
        else:
            end = self._time + self.keep_alive_timeout
        if now >= end:
            self._give_up()
            return
        # Every other state that begins meanwhile may last for longer than this, so none is found too late.
        step = min(self.request_timeout, self.keep_alive_timeout, self.response_timeout, CHECK_SECONDS)
        self._timer = self.loop.call_later(min(end - now, step), self.check_timeouts)

    @property
    def had_request(self) -> bool:
        """Whether something of a request ever came."""
        return self.http is not None and self.http.since > 0

    @property
    def is_served(self) -> bool:
        """Whether a whole request is there that has no answer yet; one that has waits for its client to take it."""
        http = self.http
        return bool(http) and not http.is_receiving and http.response is None

    @property
    def _is_receiving(self) -> bool:
        return self.http is not None and bool(self.http.is_receiving)

    def _give_up(self) -> None:
        """Tell a client whose request is not done in time; end the connection of one that is silent."""
        if self._task is None or not (self.is_served or self._is_receiving):
            self._end()
            return
        unanswered = ServiceUnavailable("The request was not answered in time.")
        late = RequestTimeout("The request did not arrive in time.")
        self.http.exception = unanswered if self.is_served else late
        self._task.cancel()
        self._timer = self.loop.call_later(LAST_WORD_SECONDS, self._end)

    def _make_room(self) -> bool:
        """Close the connection that has been silent longest of those that nothing is served on; False for none."""
        now, number = time.monotonic(), len(self.connections)
        if now - BoundedProtocol._last_logged > _LOG_SECONDS:
            BoundedProtocol._last_logged = now
            logger.warning("%d connections are open (MAX_CONNECTIONS): ending the most idle", number)
        waiting = (each for each in self.connections if not each.is_served)
        oldest = min(waiting, key=lambda each: each._time, default=None)
        if oldest is not None:
            self.connections.discard(oldest)
            oldest._end()
        return oldest is not None

    def _end(self) -> None:
        """End the connection, even where it is closing already and waits for its client to take the rest."""
        if self.transport is not None:
            self.transport.abort()


def count_untaken(transport: Any) -> int:
    """How many bytes of answers the client's host has not acknowledged: those in our buffer, and in the kernel's.

    Of the kernel's many (4 MiB and more, see tcp_wmem in tcp(7)), our buffer tells nothing for minutes.
    """
    with contextlib.suppress(OSError):  # from a connection that ends just now
        in_kernel = fcntl.ioctl(transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, bytes(4))
        return int(transport.get_write_buffer_size()) + int(struct.unpack("i", in_kernel)[0])
    return 0
