"""The application and what its handlers share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sanic import Request, Sanic
from sanic.config import Config
from sanic.exceptions import RequestCancelled

from builder.api.access import CLIENT_HAS_GONE, identify_response, note_end
from builder.api.browsers import AllowedHosts, refuse_other_hosts
from builder.api.metrics import Metrics
from builder.catalogue.catalogue import Catalogue
from builder.catalogue.reconcile_loop import ReconcileLoop
from builder.errors import RequestError
from builder.openstack.credentials import CloudSettings
from builder.openstack.pool import CloudPool
from builder.settings import Settings

READ = ("GET", "HEAD")
"""The methods of a resource that is only read."""


class Application(Sanic[Config, Any]):
    """Sanic without its signals and middleware, of which this service has none: they cost more than a listing does."""

    async def handle_request(self, request: Any) -> None:
        """Answer one request; its handler is a coroutine function that returns the response."""
        try:
            host = request.headers.getone("host", None)
            allowed_hosts = self.ctx.services.allowed_hosts
            if allowed_hosts is not None:
                refuse_other_hosts(host or "", allowed_hosts)
            route, handler, kwargs = self.router.get(request.path, request.method, host)
            request._match_info = kwargs
            request.route = route
            admit = getattr(route.ctx, "admit", None)
            if admit is not None:
                await _receive_from_admitted(request, admit)
            elif request.stream.request_body:
                async for _ in request.stream:  # not kept: what anybody may send would fill the memory
                    pass
            response: Any = await handler(request, **kwargs)
            identify_response(request, response)
            request.stream.respond(response)
            try:
                await response.send(end_stream=True)
            finally:  # the client reads its answer meanwhile
                note_end(request, response.status)
        except Exception as error:  # noqa: BLE001  # the edge of HTTP: Sanic finds who renders it
            await self.handle_exception(request, error, run_middleware=False)

    async def handle_exception(self, request: Any, exception: BaseException, run_middleware: bool = True) -> None:
        """Answer a request that cannot be served; where its client has gone, only note that."""
        if not isinstance(exception, RequestCancelled):
            await super().handle_exception(request, exception, run_middleware)
            return
        if request.stream.response is None:
            note_end(request, CLIENT_HAS_GONE)
        raise exception


async def _receive_from_admitted(request: Any, admit: Callable[[Request], None]) -> None:
    """Receive the body of a request for a route that reads one, once ``admit`` has let it pass on its head.

    A route that reads bodies has ``admit`` in its ``ctx``; it raises RequestError for a request that may not pass.
    """
    has_body = bool(request.stream.request_body)
    try:
        admit(request)
    except RequestError:
        if has_body:
            _answer_early(request.stream)
        raise
    if has_body:
        await request.receive_body()


def _answer_early(stream: Any) -> None:
    """Have the connection end with the answer to a request whose body has not come.

    Sanic drops what still comes of the body, for a client that sends all of it first would not get the answer
    otherwise. A client that waits to be told to send it is told nothing but the answer.
    """
    stream.keep_alive = False
    if stream.expecting_continue:
        stream.expecting_continue = False
        stream.request_body = None


FIRST_LOAD_SECONDS = 10.0
"""How long is waited for the first load of the catalogue; a request for it is answered 503 then."""

_POLL_SECONDS = 0.005
"""How often is looked. Waiting in a thread for each would use up those that /metrics and /catalogue need."""


@dataclass(slots=True)
class Services:
    """What the handlers of one worker process work with; made with the application, gone with the process."""

    settings: Settings
    cloud_settings: CloudSettings
    catalogue: Catalogue
    reconcile_loop: ReconcileLoop
    pool: CloudPool
    metrics: Metrics
    jwt_secrets: tuple[str, ...] = field(default=(), repr=False)
    allowed_hosts: AllowedHosts | None = None
    """By which names the service is known; None for any."""
    preloading: asyncio.Task[None] | None = None
    """The import of the OpenStack clients, while nobody waits for them."""
    stopping: bool = False
    """Set as soon as the service was told to stop: it is not ready for anything new."""
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it was told so twice: builds under way are not waited for."""

    async def wait_until_loaded(self, seconds: float) -> bool:
        """Wait for the first load of the catalogue, so long at most; False where it has not come, or will not."""
        end = time.monotonic() + seconds
        while not self.reconcile_loop.has_loaded:
            if self.stopping or time.monotonic() > end:
                return False
            await asyncio.sleep(_POLL_SECONDS)
        return True
