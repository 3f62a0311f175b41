"""How a build ends, logged and measured: whichever way it takes, and whoever still waits for it by then."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, TypeVar

from builder.api.access import CLIENT_HAS_GONE
from builder.api.metrics import Metrics
from builder.api.rendering import internal_error
from builder.errors import RequestError
from builder.kinds.heat.launch import LaunchOutcome, find_launched, launch
from builder.openstack.connection import global_request_id
from builder.openstack.credentials import Credentials
from builder.openstack.deadline import Deadline

logger = logging.getLogger(__name__)

Found = TypeVar("Found", bound=LaunchOutcome | None)


class Building:
    """A build under way, from when it waits for a thread of the pool; made for one request.

    ``deadline`` is that of the build, and knows what is under way. ``revision`` is that of the type, where it is known
    which one is built.
    """

    def __init__(
        self,
        metrics: Metrics,
        kind: str,
        type_id: str,
        credentials: Credentials,
        deadline: Deadline,
        request_id: str,
        revision: str = "",
    ) -> None:
        self._deadline = deadline
        self._kind = kind
        self._metrics = metrics
        self._began = time.perf_counter()
        self._has_thread = False
        self._fields = {"type": type_id}
        if revision:
            self._fields["revision"] = revision
        self._fields["project"] = credentials.project_id or credentials.project_name or ""
        passed = global_request_id(request_id)
        if passed and passed != request_id:
            self._fields["cloud_request_id"] = passed

    def launch(self, *arguments: Any) -> LaunchOutcome:
        """:func:`~builder.kinds.heat.launch.launch`, in a thread of the pool."""
        return self._follow(launch, arguments, told_from=HTTPStatus.BAD_REQUEST)

    def find(self, *arguments: Any) -> LaunchOutcome | None:
        """:func:`~builder.kinds.heat.launch.find_launched`, in a thread of the pool.

        Where nothing is found, or the cloud refuses to look, no build was under way: the request is refused for what
        was found wrong with it before.
        """
        return self._follow(find_launched, arguments, told_from=HTTPStatus.INTERNAL_SERVER_ERROR)

    @contextmanager
    def awaited(self) -> Iterator[None]:
        """Measure a build that never gets a thread in this block; of any other its thread tells."""
        try:
            yield
        except (RequestError, asyncio.CancelledError) as error:
            if not self._has_thread:
                self._measure(str(error.status if isinstance(error, RequestError) else CLIENT_HAS_GONE))
            raise

    def _follow(self, call: Callable[..., Found], arguments: tuple[Any, ...], *, told_from: int) -> Found:
        self._has_thread = True
        try:
            built = call(*arguments)
        except RequestError as error:
            if error.status >= told_from:
                self._measure(str(error.status))
                level = logging.WARNING if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR else logging.INFO
                self._log(level, "no cluster built", outcome=error.status, why=str(error))
            raise
        except Exception as error:  # an edge: whatever it is, there may be a cluster by now, and somebody has to know
            self._measure(str(HTTPStatus.INTERNAL_SERVER_ERROR.value))
            logger.exception("a build failed")
            raise internal_error(self._deadline.under_way) from error
        if built is not None:
            outcome = "replayed" if built.replayed else "created"
            self._measure(outcome)
            self._log(logging.INFO, "cluster built", stack=built.stack.id, name=built.stack.name, outcome=outcome)
        return built

    def _measure(self, outcome: str) -> None:
        self._metrics.observe_build(self._kind, outcome, time.perf_counter() - self._began)

    def _log(self, level: int, message: str, **fields: object) -> None:
        logger.log(level, message, extra={"fields": {**self._fields, **fields}})
