"""How a build ends, logged and measured: whichever way it takes, and whoever still waits for it by then."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from builder.api.access import CLIENT_HAS_GONE
from builder.api.metrics import Metrics
from builder.api.rendering import internal_error
from builder.errors import RequestError
from builder.kinds.protocol import LaunchOutcome
from builder.openstack.connection import global_request_id
from builder.openstack.deadline import Deadline

logger = logging.getLogger(__name__)


MAX_RECENT = 200
"""How many builds a worker remembers, of all types together: some 100 KB."""

MAX_RECENT_OF_TYPE = 10

MAX_REASONS = 5


@dataclass(frozen=True, slots=True)
class RecentBuild:
    """What became of one build; ``time`` is in seconds since the epoch.

    ``reasons`` are the titles of its faults and no more: whoever may read the catalogue may read them, and details name
    what others have.
    """

    cluster_type_id: str
    time: float
    outcome: str
    reasons: tuple[str, ...] = ()


class RecentBuilds:
    """The last builds of one worker, in memory alone. Threads of the pool note them."""

    def __init__(self) -> None:
        self._builds: deque[RecentBuild] = deque(maxlen=MAX_RECENT)

    def note(self, cluster_type_id: str, outcome: str, error: RequestError | None = None) -> None:
        """Remember a build in place of the oldest."""
        titles = [fault.title for fault in error.faults] if error is not None else []
        counts = [f"{title} ({number})" if number > 1 else title for title, number in Counter(titles).items()]
        self._builds.append(RecentBuild(cluster_type_id, time.time(), outcome, tuple(counts[:MAX_REASONS])))

    def list_of(self, cluster_type_id: str) -> list[RecentBuild]:
        """Those of one type, the latest first."""
        found = [build for build in self._builds.copy() if build.cluster_type_id == cluster_type_id]
        return found[: -MAX_RECENT_OF_TYPE - 1 : -1]


@dataclass(slots=True)
class Building:
    """A build under way, from when it waits for a thread of the pool; made for one request.

    ``deadline`` is that of the build, and knows what is under way. ``revision`` is that of the type, once the build was
    found good: from then on it is one, whatever becomes of it. ``kind`` is the one that is asked.
    """

    metrics: Metrics
    recent: RecentBuilds
    kind: str
    type_id: str
    project: str
    deadline: Deadline
    request_id: str
    revision: str | None = None
    _has_thread: bool = False
    _began: float = field(default_factory=time.perf_counter)

    @contextmanager
    def awaited(self) -> Iterator[None]:
        """Measure a build that never gets a thread in this block; of any other its thread tells."""
        try:
            yield
        except (RequestError, asyncio.CancelledError) as error:
            if not self._has_thread:
                status = error.status if isinstance(error, RequestError) else CLIENT_HAS_GONE
                self._measure(str(status))
                self._note("not built", error if isinstance(error, RequestError) else None)
            raise

    def follow(self, launch: Callable[[], LaunchOutcome]) -> LaunchOutcome:
        """Launch, in a thread of the pool, and tell what came of it, unless the request was refused as no build."""
        self._has_thread = True
        try:
            built = launch()
        except RequestError as error:
            self._note("not built", error)
            failed = error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
            if failed or self.revision is not None:
                self._measure(str(error.status))
                level = logging.WARNING if failed else logging.INFO
                self._log(level, "no cluster built", outcome=error.status, why=str(error))
            raise
        except Exception as error:  # an edge: whatever it is, there may be a cluster by now, and somebody has to know
            self._measure(str(HTTPStatus.INTERNAL_SERVER_ERROR.value))
            logger.exception("a build failed")
            unforeseen = internal_error(self.deadline.situation)
            self._note("not built", unforeseen)
            raise unforeseen from error
        outcome = "replayed" if built.replayed else "created"
        self._note(outcome)
        self._measure(outcome)
        self._log(logging.INFO, "cluster built", stack=built.stack.id, name=built.stack.name, outcome=outcome)
        return built

    def _measure(self, outcome: str) -> None:
        known = self.type_id if self.kind else ""
        self.metrics.observe_build(self.kind, outcome, time.perf_counter() - self._began, known)

    def _note(self, outcome: str, error: RequestError | None = None) -> None:
        if self.kind:
            self.recent.note(self.type_id, outcome, error)

    def _log(self, level: int, message: str, **fields: object) -> None:
        passed = global_request_id(self.request_id)
        told = {
            "type": self.type_id,
            "project": self.project,
            "cloud_request_id": passed if passed != self.request_id else None,
            "revision": self.revision,
        }
        known = {name: each for name, each in told.items() if each is not None}
        logger.log(level, message, extra={"fields": {**known, **fields}})
