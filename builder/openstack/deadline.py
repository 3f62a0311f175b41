"""How long one request may take, all calls to the cloud together.

Separate from the connection because the pool, which knows no OpenStack, must be able to end what runs too long.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from builder.openstack.failure_kinds import RETRY_AFTER, CloudError, FailureKind


class Deadline:
    """A point on the monotonic clock, and what to tell and to end when it passes.

    One is made per request, when it arrives, and lives as long as the request. The thread that talks to the cloud
    keeps :attr:`under_way` up to date; any thread may call :meth:`abort`.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self.under_way = "The cloud had not been asked yet."
        """A sentence for the person who waits: what the cloud had been asked when time ran out."""
        self._clock = clock
        self._end = clock() + seconds
        self._lock = threading.Lock()
        self._aborted = False
        self._hurried = False
        self._closers: list[Callable[[], None]] = []

    @property
    def passed(self) -> bool:
        """Whether no time is left, or the work was aborted."""
        return self._aborted or self._clock() >= self._end

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
        """Let the deadline pass earlier in the block, for what is worth only so much time."""
        end = self._end
        self._end = min(end, self._clock() + seconds)
        try:
            yield
        finally:
            self._end = end

    def failure(self) -> CloudError:
        """The 504, or 503 where the service could not wait, that tells what was under way."""
        if self._hurried:
            detail = f"This service is being stopped in haste. {self.under_way}"
            return FailureKind.SERVICE_BUSY.error(detail, headers=RETRY_AFTER)
        return FailureKind.TIMED_OUT.error(f"Not done within {self.seconds:g} seconds. {self.under_way}")

    def on_abort(self, close: Callable[[], None]) -> None:
        """Have ``close`` called when the work is aborted: at once, when it has been already.

        ``close`` must not block and must not raise: it is called from another thread.
        """
        with self._lock:
            if not self._aborted:
                self._closers.append(close)
                return
        close()

    def hurry(self) -> None:
        """End the work before its time, for the service is being stopped."""
        self._hurried = not self.passed
        self.abort()

    def abort(self) -> None:
        """End the work: no further call is made, and the one under way loses its connection."""
        with self._lock:
            self._aborted = True
            closers, self._closers = self._closers, []
        for close in closers:
            close()
