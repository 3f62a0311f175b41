"""How long one request may take, all calls to the cloud together.

Separate from the connection because the pool, which knows no OpenStack, must be able to end what runs too long.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from builder.errors import RequestError
from builder.openstack.failure_kinds import RETRY_AFTER, CloudError, FailureKind

OVERTIME_SECONDS = 10.0
"""How long past its deadline a build may take back, or complete, what it began. Whoever waits has been answered by
then; a service that is stopped waits for it, so that the times in docs/operate.md for a stop have to be longer."""


class DeadlineError(CloudError):
    """The time is over, or the work was ended before; its detail tells what was under way."""


class Deadline:
    """A point on the monotonic clock, and what to tell and to end when it passes.

    One is made per request, when it arrives, and lives as long as the request. The thread that talks to the cloud
    keeps :attr:`under_way` up to date; any thread may call :meth:`abort`.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self.under_way = "The cloud had not been asked yet."
        """A sentence for the person who waits: what the cloud had been asked when time ran out."""
        self.remark = ""
        """A sentence that is told beside it: what else there is by now."""
        self.verdict: RequestError | None = None
        """What the person who waits is told when time runs out, where that is known and only the rest takes longer."""
        self._clock = clock
        self._began = clock()
        self._end = self._began + seconds
        self._lock = threading.Lock()
        self._aborted = False
        self._halted = False
        self._hurried = False
        self.in_overtime = False
        """Whether the work goes on past the deadline, if need be: see :meth:`overtime`."""
        self._interrupts: list[Callable[[], None]] = []

    @property
    def passed(self) -> bool:
        """Whether no time is left, or the work was aborted."""
        return self._aborted or self._clock() >= self._end

    @property
    def situation(self) -> str:
        """What is under way, and what else there is: for the person who waits."""
        return f"{self.under_way} {self.remark}".rstrip()

    @property
    def elapsed(self) -> float:
        """Seconds since the request came."""
        return self._clock() - self._began

    def seconds_left(self) -> float:
        """Seconds until the deadline, 0 when it has passed."""
        return 0.0 if self._aborted else max(0.0, self._end - self._clock())

    def remaining(self) -> float:
        """Seconds until the deadline.

        Raises:
            RequestError: (504) the deadline has passed; (503) the work was ended before it.
        """
        left = self.seconds_left()
        if left <= 0:
            raise self.failure()
        return left

    @contextmanager
    def at_most(self, seconds: float) -> Iterator[None]:
        """Let the deadline pass earlier in the block, for what is worth only so much time.

        What is under way then loses its connection, as a timeout for each read would not make it: a service that sends
        a byte now and then is never silent for long. After the block there is as much time as before.

        Raises:
            RequestError: (504) no thread can be had to see to that.
        """
        end = self._end
        self._end = min(end, self._clock() + seconds)

        def pass_now() -> None:
            self._end = -math.inf
            self._interrupt()

        timer = threading.Timer(self.seconds_left(), pass_now)
        try:
            timer.start()
        except RuntimeError as error:
            self._end = end
            raise self.failure() from error
        try:
            yield
        finally:
            timer.cancel()
            timer.join()  # so that it ends nothing that comes after the block
            self._end = end

    @contextmanager
    def overtime(self) -> Iterator[None]:
        """Let the block go on for :data:`OVERTIME_SECONDS` past the deadline, to take back or complete what was begun.

        Whoever waits is answered at the deadline all the same. Connections that were ended then are made anew. Only a
        service that is stopped in haste ends the block earlier.
        """
        with self._lock:
            self.in_overtime, self._aborted = True, self._halted
            self._end += OVERTIME_SECONDS
        timer = threading.Timer(self.seconds_left(), self._interrupt)
        timer.daemon = True
        with suppress(RuntimeError):  # no thread can be had: each call has its own timeout besides
            timer.start()
        try:
            yield
        finally:
            timer.cancel()
            with self._lock:
                self.in_overtime = False
                self._end -= OVERTIME_SECONDS

    def failure(self) -> DeadlineError:
        """The 504, or 503 where the service could not wait, that tells what was under way."""
        if self._hurried:
            detail = f"This service is being stopped in haste. {self.situation}"
            return DeadlineError(FailureKind.SERVICE_BUSY, FailureKind.SERVICE_BUSY.fault(detail), RETRY_AFTER)
        detail = f"Not done within {self.seconds:g} seconds. {self.situation}"
        return DeadlineError(FailureKind.TIMED_OUT, FailureKind.TIMED_OUT.fault(detail))

    @contextmanager
    def interrupting(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """Have ``interrupt`` called when time runs out in the block: at once, when the work was aborted before.

        It ends what is under way. It must not block and must not raise: it is called from another thread.
        """
        with self._lock:
            self._interrupts.append(interrupt)
        if self._aborted:
            interrupt()
        try:
            yield
        finally:
            with self._lock:
                self._interrupts.remove(interrupt)

    def hurry(self) -> None:
        """End the work before its time, for the service is being stopped."""
        self._hurried = not self.passed
        with self._lock:
            self._halted, self.in_overtime = True, False
        self.abort()

    def abort(self) -> None:
        """End the work: no further call is made, and the one under way loses its connection; not in overtime."""
        with self._lock:
            if self.in_overtime:
                return
            self._aborted = True
        self._interrupt()

    def _interrupt(self) -> None:
        with self._lock:
            interrupts = list(self._interrupts)
        for interrupt in interrupts:
            interrupt()
