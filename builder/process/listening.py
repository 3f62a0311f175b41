"""A listening socket: got where its port is free, and left without breaking a connection off.

Closing one resets every connection that waits to be taken, and a proxy that has sent a POST by then must not send it
again. So new connections are turned away first, by a filter in the kernel that drops what opens them (bpf(4); Linux
asks for no privilege); those that are there are taken; then the socket is closed. A client whose first packet was
dropped repeats it after a second, is refused, and knows that nothing of its request arrived.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import logging
import mmap
import select
import signal
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from builder.process.signals import STOP

logger = logging.getLogger(__name__)

Bound = TypeVar("Bound")

TAKEN_SECONDS = 30.0
"""How long a port is waited for that an outgoing connection holds: most end by then, and who started us still waits."""

RETRY_SECONDS = 0.25

HANDSHAKE_SECONDS = 0.05
"""How long connections that are just being made may take, once no new ones are begun."""

HELD = (
    "nobody listens there: most likely an outgoing connection holds it, for it lies in the range that Linux takes "
    "their ports from; docs/deploy.md says how to reserve it"
)

_LISTEN = "0A"
"""TCP_LISTEN, as the kernel numbers the states of a socket."""

_SO_ATTACH_FILTER = 26
_DROP_SYN = (  # classic BPF: load the flags of the TCP header; drop where SYN is among them
    (0x30, 0, 0, 13),
    (0x45, 0, 1, 0x02),
    (0x06, 0, 0, 0),
    (0x06, 0, 0, 0xFFFFFFFF),
)


def bind_when_free(bind: Callable[[], Bound], port: int) -> Bound:
    """Call ``bind``, again for a while where it finds the port taken and nobody listens there.

    Raises OSError, as ``bind`` does. A signal that stops, which the caller holds, ends the waiting.
    """
    end: float | None = None
    while True:
        try:
            return bind()
        except OSError as error:
            if error.errno != errno.EADDRINUSE or has_listener(port):
                raise
            now = time.monotonic()
            if end is None:
                end = now + TAKEN_SECONDS
                logger.warning("port %d is in use, but %s; trying again for %d seconds", port, HELD, TAKEN_SECONDS)
            if now >= end or signal.sigpending() & set(STOP):
                raise
        time.sleep(RETRY_SECONDS)


def has_listener(port: int) -> bool:
    """Whether a process of this host, or container, listens at a TCP port, as far as that can be known; see proc(5)."""
    try:
        tables = [
            Path(f"/proc/net/{each}").read_text() for each in ("tcp", "tcp6") if Path(f"/proc/net/{each}").exists()
        ]
    except OSError:
        return True
    rows = (line.split() for table in tables for line in table.splitlines()[1:])
    return any(row[3] == _LISTEN and int(row[1].rpartition(":")[2], 16) == port for row in rows)


class Listening:
    """A listening socket and the places of those processes, forked with it, that take connections from it.

    Made before the processes are; lives as long as they do. Each process takes its own place and leaves it. One that
    leaves alone is replaced, and what waits in the socket meanwhile is its successor's; the filter cannot be undone
    for it, so it is set only when the whole service stops: where there is one place only, that is when it is left.
    """

    def __init__(self, listener: socket.socket, places: int = 1) -> None:
        self.socket = listener
        # Shared with the processes that are forked from here on: the places, and whether the whole service stops.
        self._taken = mmap.mmap(-1, places)
        self._stopping = mmap.mmap(-1, 1)
        self._stopping[0] = places == 1

    def take_place(self, place: int) -> None:
        """Say that this process takes connections from now on."""
        self._taken[place] = 1

    def leave_place(self, place: int) -> bool:
        """Say that this process is going to close the socket: see :meth:`turn_away_after_the_last`."""
        self.free_place(place)
        return self.turn_away_after_the_last()

    def free_place(self, place: int) -> None:
        """Say that the process which had a place has ended, perhaps without having left it."""
        self._taken[place] = 0

    def has_waiting(self) -> bool:
        """Whether connections wait to be taken."""
        waiting = select.poll()
        waiting.register(self.socket, select.POLLIN)
        return bool(waiting.poll(0))

    def stop(self) -> None:
        """Say that the whole service stops, before its processes are told."""
        self._stopping[0] = 1
        self.turn_away_after_the_last()

    def turn_away_after_the_last(self) -> bool:
        """Begin no new connections where the service stops and all places are left; returns whether that is so.

        Connections that are begun already can be taken for :data:`HANDSHAKE_SECONDS`.
        """
        if not self._stopping[0] or any(self._taken[:]):
            return False
        program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in _DROP_SYN))
        value = struct.pack("HP", len(_DROP_SYN), ctypes.addressof(program))
        with contextlib.suppress(OSError):  # from a kernel that cannot
            self.socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, value)
        return True
