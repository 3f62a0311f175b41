"""How a build ends, logged and measured: whichever way it takes, and whoever still waits for it by then."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

from builder.api.access import CLIENT_HAS_GONE
from builder.api.metrics import Metrics
from builder.api.rendering import internal_error
from builder.errors import RequestError
from builder.kinds.protocol import LaunchOutcome
from builder.openstack.connection import global_request_id
from builder.openstack.deadline import Deadline

logger = logging.getLogger(__name__)


class Building:
    """A build under way, from when it waits for a thread of the pool; made for one request.

    ``deadline`` is that of the build, and knows what is under way. ``revision`` is that of the type, once the build was
    found good: from then on it is one, whatever becomes of it. ``kind`` is the one that is asked.
    """

    def __init__(
        self, metrics: Metrics, kind: str, type_id: str, project: str, deadline: Deadline, request_id: str
    ) -> None:
        self.revision: str | None = None
        self._deadline = deadline
        self.kind = kind
        self._metrics = metrics
        self._began = time.perf_counter()
        self._has_thread = False
        self._fields = {"type": type_id, "project": project}
        passed = global_request_id(request_id)
        if passed and passed != request_id:
            self._fields["cloud_request_id"] = passed

    @contextmanager
    def awaited(self) -> Iterator[None]:
        """Measure a build that never gets a thread in this block; of any other its thread tells."""
        try:
            yield
        except (RequestError, asyncio.CancelledError) as error:
            if not self._has_thread:
                self._measure(str(error.status if isinstance(error, RequestError) else CLIENT_HAS_GONE))
            raise

    def follow(self, launch: Callable[[], LaunchOutcome]) -> LaunchOutcome:
        """Launch, in a thread of the pool, and tell what came of it, unless the request was refused as no build."""
        self._has_thread = True
        try:
            built = launch()
        except RequestError as error:
            failed = error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
            if failed or self.revision is not None:
                self._measure(str(error.status))
                level = logging.WARNING if failed else logging.INFO
                self._log(level, "no cluster built", outcome=error.status, why=str(error))
            raise
        except Exception as error:  # an edge: whatever it is, there may be a cluster by now, and somebody has to know
            self._measure(str(HTTPStatus.INTERNAL_SERVER_ERROR.value))
            logger.exception("a build failed")
            raise internal_error(self._deadline.situation) from error
        outcome = "replayed" if built.replayed else "created"
        self._measure(outcome)
        self._log(logging.INFO, "cluster built", stack=built.stack.id, name=built.stack.name, outcome=outcome)
        return built

    def _measure(self, outcome: str) -> None:
        known = self._fields["type"] if self.kind else ""
        self._metrics.observe_build(self.kind, outcome, time.perf_counter() - self._began, known)

    def _log(self, level: int, message: str, **fields: object) -> None:
        revision = {"revision": self.revision} if self.revision else {}
        logger.log(level, message, extra={"fields": {**self._fields, **revision, **fields}})
