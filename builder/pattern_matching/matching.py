"""Trying patterns on texts without being held up: at once where that is cheap, and otherwise in another process.

Python's engine holds the interpreter's lock, cannot be told to stop, and no thread can be ended. What may take longer
than :data:`~builder.hot.pattern_cost.STEPS` is therefore asked of a process (:mod:`builder.pattern_matching.matcher`),
which is started when it is first needed, kept for what comes next, and ends with its time or with this process.
"""

from __future__ import annotations

import atexit
import os
import queue
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from builder.hot.patterns import Pattern
from builder.pattern_matching import matcher

ALONE: Final = 0.5
"""In seconds of a processor: what one text may take where nothing else is said. A build has to end within a second."""

MATCHERS: Final = 2
"""Processes at once: callers who make patterns slow take no more than two processors from everything else."""

_BUSY_TIMEOUT = 25.0
"""In seconds: how long a free process, and its answer, are waited for on a busy machine.

What a process uses of a processor is bounded by the kernel; only its waiting for one is bounded here. Less than a build
may take by default (BUILD_DEADLINE), so that the caller is still told that nothing was created, and to try again.
"""

_LEAST: Final = 0.001
"""In seconds: a timer of none would never go off."""


class MatchingTimeoutError(Exception):
    """The time is up that a text may take, or all that are tried together."""


class MatchingUnavailableError(Exception):
    """No process could be asked: the machine is short of something, or all of them are busy."""


@dataclass(slots=True)
class Limit:
    """How long matching may still take, in seconds of a processor."""

    seconds: float


_limit: ContextVar[Limit | None] = ContextVar("matching_limit", default=None)


@contextmanager
def limited(seconds: float) -> Iterator[Limit]:
    """Within it all texts together may take so long, in seconds of a processor."""
    limit = Limit(seconds)
    token = _limit.set(limit)
    try:
        yield limit
    finally:
        _limit.reset(token)


def matches(pattern: Pattern, text: str) -> bool:
    """Whether a pattern matches a whole text. Blocks, where that takes another process.

    Raises MatchingTimeoutError or MatchingUnavailableError.
    """
    limit = _limit.get() or Limit(ALONE)
    if limit.seconds <= 0:
        raise MatchingTimeoutError
    began = time.thread_time()
    try:
        if len(text) <= pattern.longest:
            return pattern.fits(text)
    finally:
        limit.seconds -= time.thread_time() - began
    try:
        with _borrow() as process:
            fits, seconds = process.ask(pattern.text, text, limit.seconds)
    except MatchingTimeoutError:
        limit.seconds = 0
        raise
    limit.seconds -= seconds
    return fits


class _Matcher:
    """A process that tries patterns, started when it is first asked."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, pattern: str, text: str, seconds: float) -> tuple[bool, float]:
        """Whether a pattern matches a whole text, and how long that took. A process that does not answer is ended.

        Raises MatchingTimeoutError, or MatchingUnavailableError.
        """
        parts = [each.encode(*matcher.ENCODING) for each in (pattern, text)]
        question = matcher.QUESTION.pack(max(seconds, _LEAST), *map(len, parts)) + b"".join(parts)
        try:
            if (answer := self._exchange(question)) is None:  # it may have ended before it was asked
                answer = self._exchange(question)
        except OSError as error:
            raise MatchingUnavailableError from error
        if answer is None:  # it needs more memory than there is
            raise MatchingTimeoutError
        fits, taken = matcher.ANSWER.unpack(answer)
        return fits, taken

    def _exchange(self, question: bytes) -> bytes | None:
        """The answer to a question; None where the process has ended, but not because its time was up.

        Raises OSError where none can be started, or it neither answers nor ends; MatchingTimeoutError.
        """
        channel = self._socket or self._start()
        answer = b""
        try:
            with suppress(BrokenPipeError, ConnectionResetError):
                channel.sendall(question)
                answer = channel.recv(matcher.ANSWER.size, socket.MSG_WAITALL)
        finally:
            if len(answer) < matcher.ANSWER.size and self.end() == -signal.SIGPROF:
                raise MatchingTimeoutError
        return answer if len(answer) == matcher.ANSWER.size else None

    def end(self) -> int | None:
        """End the process, if there is one, and tell how it ended; the next question starts another."""
        channel, process = self._socket, self._process
        self._socket = self._process = None
        if channel is None or process is None:
            return None
        channel.close()
        process.kill()  # nothing, where it has ended by itself
        return process.wait()

    def forget(self) -> None:
        """Leave the process to the one that started it, of which this one is a copy."""
        if self._socket is not None and self._process is not None:
            self._socket.close()
            self._process.returncode = 0  # it is no child of this process
        self._socket = self._process = None

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = subprocess.Popen(  # noqa: S603  # this interpreter, and a file of this package
                    [sys.executable, "-I", "-S", str(Path(matcher.__file__))],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    cwd="/",
                    env={key: value for key, value in os.environ.items() if key == "LD_LIBRARY_PATH"},
                )
            except BaseException:
                ours.close()
                raise
        ours.settimeout(_BUSY_TIMEOUT)
        self._socket = ours
        return ours


_all = [_Matcher() for _ in range(MATCHERS)]
_free: queue.LifoQueue[_Matcher] = queue.LifoQueue()


@contextmanager
def _borrow() -> Iterator[_Matcher]:
    free = _free
    try:
        process = free.get(timeout=_BUSY_TIMEOUT)
    except queue.Empty:
        raise MatchingUnavailableError from None
    try:
        yield process
    finally:
        free.put(process)


def _begin_anew() -> None:
    """Have nothing of the process that this one is a copy of: neither its children nor what its threads held."""
    global _free
    for process in _all:
        process.forget()
    _free = queue.LifoQueue()
    for process in _all:
        _free.put(process)


def _end_all() -> None:
    for process in _all:
        process.end()


_begin_anew()
atexit.register(_end_all)
os.register_at_fork(after_in_child=_begin_anew)
