"""Several worker processes behind one listening socket: started, looked after, and stopped together.

Also a process beside one that does not supervise, where one worker is all there is.

The parent holds no event loop, and no threads but those of the log, which begins anew in a child
(:mod:`builder.logs.output`), so that it can fork a worker at any time: one that ends by itself is replaced, with a word
in the log on how it ended. Signals are passed on: SIGTERM and SIGINT stop, a second one hurries, SIGHUP rescans.
Sanic's own manager of workers neither passes SIGHUP on nor can be stopped while its workers start.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NoReturn

from builder.errors import ConfigurationError
from builder.process.hardening import SET_PDEATHSIG, prctl
from builder.process.signals import HURRY, RESCAN, STOP

logger = logging.getLogger(__name__)

RESTART_DELAY = 1.0
"""In seconds: a worker that ended is replaced after so long; one that cannot start must not keep a core busy."""

_AWAITED = {*STOP, RESCAN, signal.SIGCHLD}


@contextlib.contextmanager
def running_beside(task: Callable[[], None]) -> Iterator[None]:
    """Run a task in a process of its own while the context lasts; it is killed then, and when this process ends.

    Must be called from the main thread of a process without other threads but the log's; the task starts with signals
    held as here.

    Raises ConfigurationError where the system has no room for another process.
    """
    try:
        process = _fork(task)
    except OSError as error:
        raise ConfigurationError(f"no process can be started beside this one: {error.strerror}") from error
    try:
        yield
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)


class Supervisor:
    """Runs each of some tasks in a process of its own.

    ``on_stop`` is called when the signal to stop comes, before it is passed on: what the parent holds for tasks that it
    starts is of no use any more. ``on_end`` is called with the number of a task and its process, when that has ended.
    """

    def __init__(
        self, tasks: Sequence[Callable[[], None]], *, on_stop: Callable[[], None], on_end: Callable[[int, int], None]
    ) -> None:
        self._tasks, self._on_stop, self._on_end = tasks, on_stop, on_end
        self._running: dict[int, int] = {}
        self._due: dict[int, float] = dict.fromkeys(range(len(tasks)), 0.0)
        self._stopping = False
        self._all_ended_well = True

    def run(self) -> bool:
        """Run them until SIGTERM or SIGINT, and until all processes have ended then.

        Returns whether all ended then as they should: one that is killed before may have broken off a build.

        Must be called from the main thread of a process without other threads but the log's, with signals held; a task
        starts with them held, too.
        """
        while self._running or (self._due and not self._stopping):
            for task, due in list(self._due.items()):
                if due <= time.monotonic() and not self._stopping:
                    self._start(task)
            is_idle = self._stopping or not self._due
            wait = 60.0 if is_idle else max(0.0, min(self._due.values()) - time.monotonic())
            received = signal.sigtimedwait(_AWAITED, wait)
            if received is None:
                continue
            number = signal.Signals(received.si_signo)
            if number != signal.SIGCHLD:
                self._pass_on(number)
            self._reap()
        return self._all_ended_well

    def _pass_on(self, number: signal.Signals) -> None:
        if number in STOP:
            if not self._stopping:
                self._on_stop()
            number, self._stopping = HURRY if self._stopping else signal.SIGTERM, True
        for process in self._running:
            os.kill(process, number)

    def _start(self, task: int) -> None:
        """Start a task; where the system has no room for another process, which may pass, later."""
        try:
            process = _fork(self._tasks[task])
        except OSError as error:
            logger.warning("no worker process can be started: %s; trying again", error.strerror)
            self._due[task] = time.monotonic() + RESTART_DELAY
            return
        del self._due[task]
        self._running[process] = task

    def _reap(self) -> None:
        while True:
            try:
                process, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if process == 0:
                return
            task = self._running.pop(process, None)
            if task is None:  # an orphan that was handed to this process, as process 1 of a container
                continue
            self._on_end(task, process)
            code = os.waitstatus_to_exitcode(status)
            how = f"ended with status {code}" if code >= 0 else f"was ended by {signal.Signals(-code).name}"
            if not self._stopping:
                logger.error("worker process %d %s; starting another", process, how)
                self._due[task] = time.monotonic() + RESTART_DELAY
            elif code != 0 and -code not in STOP:  # a sandbox has nothing to lose, and ends by the signal
                logger.error("worker process %d %s before it had done all: builds may be lost", process, how)
                self._all_ended_well = False


def _fork(task: Callable[[], None]) -> int:
    """Run a task in a child process, which ends with it; returns the child's process id."""
    _flush_output()
    parent = os.getpid()
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        prctl(SET_PDEATHSIG, signal.SIGTERM)  # end when the parent does, even if it is killed
        if os.getppid() != parent:
            sys.exit(0)
        task()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        logger.exception("the worker process failed")
    finally:
        end_process(status)


def end_process(status: int) -> NoReturn:
    """End this process without the interpreter's own end, which waits for all threads.

    One of them may be at a resolver that does not answer, which nothing can hurry and which has nothing to lose.
    """
    logging.shutdown()
    _flush_output()
    os._exit(status)


def _flush_output() -> None:
    """Write what is still to be printed: only one of two processes may. Nobody may take it, as on a full disk."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
