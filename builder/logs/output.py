"""Where lines go: a queue with a limit and a thread of its own for each destination.

Whoever logs only queues a line. A reader that stalls, or a disk, keeps the destination's thread waiting, and nobody
else; lines that find no room are dropped, and counted. Lines gather for a moment and leave together: a thread that is
woken for each would take Python's global lock from the event loop with every line.

Destinations are written to without buffers and locks of Python's, so that a process can be forked at any time: the
parent writes what it has queued, the child begins with an empty queue and a thread of its own.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import select
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import ClassVar
from weakref import WeakSet

from builder.logs.lines import RequestRecord

logger = logging.getLogger(__name__)

MAX_LINES = 10_000
"""How many lines wait for one destination: more than a worker logs in a second; 2 MB, as most lines are."""

GATHERING_SECONDS = 0.05
"""How long lines gather once some have left: too short for a person to notice, and long enough that a busy event loop
gives way to this thread no more than twenty times a second. After a pause, the first line leaves at once."""

FLUSH_SECONDS = 1.0
"""How long the end of a process waits for each destination: a container runtime takes all that is queued in 0.1 s."""

_LOST = "%d lines of the log were lost: nobody took them"

Lines = Sequence[str]


class LogOutput(logging.Handler):
    """Queues lines for one destination, and has a thread hand them to ``write``, each with its end.

    The queue is a :class:`~queue.SimpleQueue`, whose ``put`` a finaliser may call while another ``put`` of the same
    thread is under way; with :class:`~queue.Queue` it would wait for itself.
    """

    queue: SimpleQueue[str | RequestRecord | threading.Event | None]
    _all: ClassVar[WeakSet[LogOutput]] = WeakSet()

    def __init__(self, write: Callable[[Lines], None]) -> None:
        super().__init__()
        self._write = write
        self._all.add(self)
        self._begin()

    def createLock(self) -> None:  # noqa: N802  # the name is logging's
        """Have none: a line is made, and its secrets are looked for, while others log theirs."""
        self.lock = None

    def handle(self, record: logging.LogRecord) -> bool:
        """Queue a line, or count it as lost: in place of :meth:`logging.Handler.handle`, without filters and locks.

        It is made here for the sake of the request's context. That of a request needs no context: the thread makes it,
        among many of them, in a third of the time.
        """
        if self.queue.qsize() < MAX_LINES:
            try:
                self.queue.put(record if type(record) is RequestRecord else self._make_line(record))
            except Exception:  # noqa: BLE001  # as in every handler: what fails here concerns nobody who logs
                self.handleError(record)
        else:
            with self._counting:
                self._lost += 1
        return True

    def flush(self) -> None:
        """Wait until all that was queued has been written, within a limit: see :meth:`logging.Handler.flush`."""
        if self in self._all:  # else it is closed
            written = threading.Event()
            self.queue.put(written)
            written.wait(FLUSH_SECONDS)

    def close(self) -> None:
        """End the thread, once it has written what is queued: see :meth:`logging.Handler.close`."""
        self._all.discard(self)
        self.queue.put(None)
        super().close()

    def _begin(self) -> None:
        self._lost, self._counting = 0, threading.RLock()
        self.queue = SimpleQueue()
        threading.Thread(target=self._write_all, name="log", daemon=True).start()

    def _write_all(self) -> None:
        waiting, is_open = self.queue, True
        while is_open:
            batch = [waiting.get()]
            batch += [waiting.get() for _ in range(waiting.qsize())]
            with contextlib.suppress(Exception):  # as in every handler: what fails here concerns nobody who logs
                told = [each for each in batch if isinstance(each, str | RequestRecord)]
                lines = [each if isinstance(each, str) else self._make_line(each) for each in told]
                if self._lost:  # while there was no room, all that was queued before was there
                    with self._counting:
                        lost, self._lost = self._lost, 0
                    record = logging.LogRecord(__name__, logging.WARNING, "", 0, _LOST, (lost,), None)
                    lines.append(self._make_line(record))
                if lines:
                    self._write(lines)
            for item in batch:
                if isinstance(item, threading.Event):
                    item.set()
            is_open = None not in batch
            time.sleep(GATHERING_SECONDS)

    def _make_line(self, record: logging.LogRecord) -> str:
        """The line of a record, which is made once for destinations that it looks the same at."""
        look, made = type(self.formatter), getattr(record, "made", None)
        if made is None or made[0] is not look:
            record.made = made = (look, self.format(record) + "\n")
        line: str = made[1]
        return line

    @classmethod
    def _begin_in_child(cls) -> None:
        for output in list(cls._all):
            output._begin()


os.register_at_fork(after_in_child=LogOutput._begin_in_child)


class Descriptor:
    """A descriptor that others write to as well, as workers do to one pipe: none tears a line of another.

    A pipe takes PIPE_BUF bytes in one piece, see pipe(7); a regular file takes what it is given.
    """

    def __init__(self, descriptor: int, encoding: str = "utf-8") -> None:
        self._descriptor = descriptor
        self._encoding = encoding
        self._most = sys.maxsize if stat.S_ISREG(os.fstat(descriptor).st_mode) else select.PIPE_BUF
        self._room = select.poll()
        self._room.register(descriptor, select.POLLOUT)

    def write(self, lines: Lines) -> None:
        """Write lines, and wait until they are taken. Raises OSError."""
        for piece in self._gather(lines):
            rest = piece
            while rest:
                try:
                    rest = rest[os.write(self._descriptor, rest) :]
                except BlockingIOError:  # somebody who shares it has set it so
                    self._room.poll()

    def _gather(self, lines: Lines) -> Iterator[bytes]:
        """Lines, put together to pieces of at most so many bytes; a longer line is a piece of its own."""
        piece: list[bytes] = []  # put together once: a batch is a thousand lines and more
        room = self._most
        for line in lines:
            encoded = line.encode(self._encoding, "backslashreplace")
            if piece and len(encoded) > room:
                yield b"".join(piece)
                piece, room = [], self._most
            piece.append(encoded)
            room -= len(encoded)
        yield b"".join(piece)


class LogFile:
    """A file that may be rotated, and that may fail: what it does not take is lost, and tried anew with the next lines.

    It is opened for each batch of lines, of which there are at most twenty a second: so whichever file is at the path
    by then gets them. Several workers append to it: what goes there goes in one piece.
    """

    def __init__(self, path: str) -> None:
        self._path = str(Path(path).absolute())
        self._is_failing = False

    def write(self, lines: Lines) -> None:
        """Write lines, if that is possible."""
        was_failing, self._is_failing = self._is_failing, True
        try:
            with io.FileIO(self._path, "a") as file:
                file.write("".join(lines).encode("utf-8", "backslashreplace"))
            self._is_failing = False
        except OSError as error:
            if not was_failing:
                logger.warning("LOG_FILE: %r cannot be written: %s", self._path, error.strerror)
