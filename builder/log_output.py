"""Standard output as the log has it: a reader that stalls must never stop the service.

A pipe that nobody empties takes 64 KiB, and then keeps whoever writes to it: the event loop, for good. So nothing here
writes and waits. A pipe and a terminal are opened anew, for others to keep their blocking copies; a socket is told with
every line; where neither is possible, no more is written at a time than there is room for. A regular file makes nobody
wait.

Lines are written by whoever logs them, one by one: a thread for them would be woken for each, at the event loop's cost.
"""

from __future__ import annotations

import contextvars
import logging
import os
import select
import socket
import stat
import time
from collections.abc import Callable

PATIENCE_SECONDS = 1.0
"""How long a process waits for a reader in all, before it takes it for stalled; anew once it keeps up again."""

_LOST = "%d lines of the log were lost: nobody took them"

Write = Callable[[bytes], int]
"""Writes what there is room for, and gives how much that was. Raises BlockingIOError where there is none."""


class LogOutput(logging.Handler):
    """Writes lines to a descriptor, and leaves out those that are not taken; then says how many.

    Once a reader has stalled, nobody waits for it any more: each line is tried once. A line that was half written is
    ended before anything else is, so that none is torn by this process.
    """

    def __init__(self, descriptor: int, encoding: str = "utf-8") -> None:
        super().__init__()
        self._encoding = encoding
        self._write = open_writer(descriptor)
        self._room = select.poll()
        self._room.register(descriptor, select.POLLOUT)
        self._patience = PATIENCE_SECONDS
        self._is_stalled = False
        self._rest = b""
        self._lost = 0
        os.register_at_fork(after_in_child=self._begin_anew)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, if that is possible."""
        try:
            line = self._encode(record)
            if self._is_stalled and not self._catch_up():
                self._lost += 1
                return
            written = self._write_patiently(line)
            if written < len(line):
                self._is_stalled = True
                self._rest = line[written:] if written else b""
                self._lost += not written
        except Exception:  # noqa: BLE001  # as in every handler: what fails here concerns nobody who logs
            self.handleError(record)

    def flush(self) -> None:
        """Say what was left out, if there is room: see :meth:`logging.Handler.flush`."""
        self.acquire()
        try:
            if self._is_stalled:
                self._catch_up()
        except OSError:
            pass
        finally:
            self.release()

    def _encode(self, record: logging.LogRecord) -> bytes:
        return f"{self.format(record)}\n".encode(self._encoding, "backslashreplace")

    def _write_patiently(self, line: bytes) -> int:
        """Write a line, and wait for room while there is patience; gives how much was written."""
        written = self._write_at_once(line)
        if written == len(line):
            self._patience = PATIENCE_SECONDS
        while written < len(line) and self._wait_for_room():
            written += self._write_at_once(line[written:])
        return written

    def _wait_for_room(self) -> bool:
        began = time.monotonic()
        has_room = bool(self._room.poll(self._patience * 1000))
        self._patience = max(0.0, self._patience - (time.monotonic() - began))
        return has_room and self._patience > 0

    def _write_at_once(self, data: bytes) -> int:
        written = 0
        try:
            while written < len(data):
                written += self._write(data[written:])
        except BlockingIOError:
            pass
        return written

    def _catch_up(self) -> bool:
        """Write the rest of a line, and how many were lost, without waiting; gives whether all was taken."""
        if not self._room.poll(0):  # else a short line could find a place where a longer one had found none
            return False
        self._rest = self._rest[self._write_at_once(self._rest) :]
        if self._lost and not self._rest:
            record = logging.LogRecord(__name__, logging.WARNING, "", 0, _LOST, (self._lost,), None)
            line = contextvars.Context().run(self._encode, record)  # not as a line of the request that is being served
            if written := self._write_at_once(line):
                self._lost, self._rest = 0, line[written:]
        self._is_stalled = bool(self._rest or self._lost)
        return not self._is_stalled

    def _begin_anew(self) -> None:
        """Leave to the parent of a process what the parent lost."""
        self._patience, self._is_stalled, self._rest, self._lost = PATIENCE_SECONDS, False, b"", 0


def open_writer(descriptor: int) -> Write:
    """What writes to a descriptor without waiting for its reader, whatever it leads to."""
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISSOCK(mode):
        other = socket.socket(fileno=os.dup(descriptor))
        return lambda data: other.send(data, socket.MSG_DONTWAIT)
    if not stat.S_ISFIFO(mode) and not os.isatty(descriptor):
        return lambda data: os.write(descriptor, data)
    try:
        # A description of its own: what is set on it is set for nobody else who writes there, as it would be by fcntl.
        own = os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:  # it belongs to another user, or its reader has gone already
        return _write_where_there_is_room(descriptor)
    return lambda data: os.write(own, data)


def _write_where_there_is_room(descriptor: int) -> Write:
    room = select.poll()
    room.register(descriptor, select.POLLOUT)

    def write(data: bytes) -> int:
        if not room.poll(0):
            raise BlockingIOError
        return os.write(descriptor, data[: select.PIPE_BUF])  # a pipe that has room has room for as much

    return write
