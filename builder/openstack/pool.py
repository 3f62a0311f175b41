"""Blocking calls beside the event loop: so many at once, so many waiting, each with its deadline.

Knows no OpenStack: it would run any function. Separate from asyncio's own executor, whose queue has no bound and whose
threads are shared with everything else.
"""

from __future__ import annotations

import asyncio
import contextvars
import importlib
import logging
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from builder.errors import RequestError
from builder.openstack.deadline import Deadline
from builder.openstack.failure_kinds import RETRY_AFTER, CloudError, FailureKind
from builder.openstack.turns import Turns, end_nothing

logger = logging.getLogger(__name__)

_SLOW_IMPORTS = ("heatclient.v1.client", "openstack.connection", "builder.openstack.failures")

_OTHER_UNDER_WAY = (
    "An equal request was still under way, and may have created the stack: "
    "ask again with the same Idempotency-Key, or look for the stack before you try again."
)

_importing = threading.Lock()

Result = TypeVar("Result")


class CloudPool:
    """A bounded pool of threads with a bounded queue. Lives as long as the worker process; used from one event loop.

    A call that outlives its deadline is answered for, its connections are ended, and it keeps its thread (and counts
    as in flight) until it has really ended.
    """

    def __init__(self, workers: int, queue_size: int) -> None:
        self.workers = workers
        self.queue_size = queue_size
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="cloud")
        self._free = asyncio.Semaphore(workers)
        self._running: dict[Future[Any], Deadline] = {}
        self._turns = Turns()
        self._queued = 0
        self._closed = False
        self.idle = asyncio.Event()
        """Set while no call has a thread or waits for one."""
        self.idle.set()

    @property
    def in_flight(self) -> int:
        """Calls that have a thread."""
        return len(self._running)

    @property
    def is_busy(self) -> bool:
        """Whether any call has a thread or waits for one."""
        return not self.idle.is_set()

    @property
    def in_overtime(self) -> bool:
        """Whether any call goes on past its deadline, to take back or complete what it began."""
        return any(deadline.in_overtime for deadline in self._running.values())

    async def run(
        self, function: Callable[..., Result], *args: object, deadline: Deadline, same: Hashable | None = None
    ) -> Result:
        """Call ``function(*args)`` in a thread and give what it returns or raises.

        Of the calls that are the ``same``, one goes first, and the others wait in the queue until its thread has ended,
        also where nobody waits for it any more: see :class:`~builder.openstack.turns.Turns`.

        Raises:
            RequestError: (503, with ``Retry-After``) as many calls as allowed run and wait, or the pool is closed;
                (504) the deadline passed, in the words of ``deadline.failure()``.
        """
        is_full = self._queued >= self.queue_size and (self._free.locked() or self._turns.is_taken(same))
        if self._closed or is_full:
            raise self._refusal()
        end_turn = await self._wait_for_thread(deadline, same)
        seconds = deadline.seconds_left()
        waiter = self._start(function, args, deadline, seconds, end_turn)
        try:
            await asyncio.wait([waiter], timeout=seconds)
            is_late = deadline.elapsed >= deadline.seconds  # a call that fails then fails for want of time
            if waiter.done() and not (is_late and _has_failed(waiter)):
                return waiter.result()
            waiter.add_done_callback(_note_unheard)
            raise deadline.verdict or deadline.failure()
        except asyncio.CancelledError:
            waiter.add_done_callback(_note_unheard)
            raise
        finally:
            del waiter  # which has the exception, whose traceback has this frame: a cycle

    def close(self) -> None:
        """Take no more calls, and end the connections of those in flight, which have had the time that there was."""
        self._closed = True
        if self.is_busy:
            logger.warning("ending the connections of what did not end in time: %d under way at clouds", self.in_flight)
            for deadline in list(self._running.values()):
                deadline.hurry()
        self._threads.shutdown(wait=False)

    async def preload(self) -> None:
        """Import the OpenStack clients in a thread, so that the first build need not. Does not count as a call."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, _import_clients)
        except Exception:
            logger.exception("the OpenStack clients could not be loaded; the next build tries again")

    async def _wait_for_thread(self, deadline: Deadline, same: Hashable | None) -> Callable[[bool], None]:
        """Wait for the turn, then for a thread. Returns what ends the turn."""
        self._queued += 1
        self.idle.clear()
        end_turn: Callable[[bool], None] = end_nothing
        try:
            async with asyncio.timeout(deadline.remaining()):
                before = deadline.under_way
                if self._turns.is_taken(same):
                    deadline.under_way = _OTHER_UNDER_WAY
                end_turn = await self._turns.take(same)
                deadline.under_way = before
                await self._free.acquire()
        except BaseException as error:
            end_turn(False)
            self._queued -= 1
            self._settle()
            if isinstance(error, TimeoutError):
                raise deadline.failure() from None
            raise
        self._queued -= 1  # not idle: the call starts before anything else happens on this loop
        return end_turn

    def _start(
        self,
        function: Callable[..., Result],
        args: tuple[object, ...],
        deadline: Deadline,
        seconds: float,
        end_turn: Callable[[bool], None],
    ) -> asyncio.Future[Result]:
        loop = asyncio.get_running_loop()
        future: Future[Result] = Future()
        work: Callable[[], Result] = partial(contextvars.copy_context().run, function, *args)
        try:
            self._threads.submit(_fulfil, [(future, work)])
        except RuntimeError:  # closed while this call waited for a thread, or no thread can be started
            # In the second case the call is in the executor's queue all the same, for a thread that becomes free.
            if future.cancel():
                end_turn(False)
                self._free.release()
                self._settle()
                raise self._refusal() from None
        self._running[future] = deadline
        self.idle.clear()
        # Also when the caller goes away: no thread waits for a cloud longer than the deadline allows.
        timer = loop.call_later(seconds, deadline.abort)

        def on_end(ended: Future[Result]) -> None:
            try:
                loop.call_soon_threadsafe(self._release, ended, timer, end_turn)
            except RuntimeError:  # the loop has been closed: nobody waits for the thread any more
                logger.debug("a call to the cloud ended after its event loop")

        future.add_done_callback(on_end)
        return asyncio.wrap_future(future)

    def _release(self, ended: Future[Any], timer: asyncio.TimerHandle, end_turn: Callable[[bool], None]) -> None:
        timer.cancel()
        self._running.pop(ended, None)
        end_turn(not ended.cancelled() and ended.exception() is None)
        self._free.release()
        self._settle()

    def _settle(self) -> None:
        if not self._running and not self._queued:
            self.idle.set()

    def _refusal(self) -> CloudError:
        why = "is being stopped" if self._closed else "has as many requests under way as it may"
        detail = f"This service {why}; nothing was created. Try again shortly."
        return FailureKind.SERVICE_BUSY.error(detail, headers=RETRY_AFTER)


def _has_failed(waiter: asyncio.Future[Any]) -> bool:
    return not waiter.cancelled() and waiter.exception() is not None


def _note_unheard(waiter: asyncio.Future[Any]) -> None:
    """Take note of how a call ended that nobody waits for any more."""
    if waiter.cancelled():
        return
    error = waiter.exception()
    if error is None:
        logger.warning("a call to the cloud succeeded after its caller had gone or been told that it is late")
    elif not isinstance(error, RequestError):
        logger.error("a call to the cloud failed after its deadline: %s", type(error).__name__)


def _fulfil(calls: list[tuple[Future[Result], Callable[[], Result]]]) -> None:
    """Do what the one of ``calls`` is to do, in its thread, unless nobody wants it any more.

    No frame that led here keeps hold of the future: it has the exception, which has the traceback, which has all these
    frames. The executor's own frames keep the arguments.
    """
    future, work = calls.pop()
    if not future.set_running_or_notify_cancel():
        return
    try:
        _import_clients()
        result = work()
    except RequestError as error:
        # What led to it is in its words. As causes and tracebacks it would keep frames, and they the cloud's answers,
        # for as long as anybody keeps the error: a connection does, until its next request.
        error.__cause__ = error.__context__ = None
        future.set_exception(error.with_traceback(None))
    except BaseException as error:  # noqa: BLE001  # it is the caller's
        future.set_exception(error)
    else:
        future.set_result(result)
    finally:
        del future, work


def _import_clients() -> None:
    """Import the clients where they are not yet: in one thread, for two at once can see each other's half a module."""
    with _importing:
        for name in _SLOW_IMPORTS:
            importlib.import_module(name)
