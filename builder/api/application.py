"""The application of one worker process: how it answers a request, and what starts and stops with its server."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from sanic import Blueprint, HTTPResponse, Request, Sanic
from sanic.config import Config
from sanic.exceptions import BadRequest, MethodNotAllowed, RequestCancelled

from builder.api import build_handlers, cloud_handlers, events, read_handlers
from builder.api.access import CLIENT_HAS_GONE, NumberedRequest, identify_response, note_end
from builder.api.authentication import Refusal, UnauthorizedError
from builder.api.browsers import refuse_other_hosts
from builder.api.rendering import install_error_handlers
from builder.api.services import Services, build_services
from builder.errors import Fault, RequestError
from builder.kinds.registry import KINDS
from builder.settings.table import Settings

APP_NAME = "cluster-builder"

SWITCH_SECONDS = 0.001
"""How long a thread that reads definitions may hold up the event loop; Python's own default is five times that."""

PRELOAD_DELAY = 10.0
"""In seconds, from the first load on: importing them takes a third of a second of a core and holds Python's global lock
for most of it, which those would feel who have waited for the service to start. A build that comes earlier does it."""


class Application(Sanic[Config, Any]):
    """Sanic without its signals and middleware, of which this service has none: they cost more than a listing does."""

    async def handle_request(self, request: Any) -> None:
        """Answer one request; its handler is a coroutine function that returns the response."""
        try:
            host = request.headers.getone("host", None)
            refuse_other_hosts(host or "", self.ctx.services.allowed_hosts)
            route, handler, kwargs, admit = self._find_route(request.path, request.method, host)
            request._match_info = kwargs
            request.route = route
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

    def _find_route(self, path: str, method: str, host: str | None) -> tuple[Any, Any, Any, Any]:
        """The route of a request, its handler with its arguments, and what admits a request whose body it reads.

        Every path that there is takes OPTIONS and tells its methods, whoever asks (RFC 9110, section 9.3.7).

        Raises Sanic's NotFound and MethodNotAllowed.
        """
        try:
            route, handler, kwargs = self.router.get(path, method, host)
        except MethodNotAllowed as error:
            methods = sorted(error.allowed_methods or ())
            allow = {"Allow": ", ".join(methods)}
            if method != "OPTIONS":
                error.headers = allow
                raise
            route, _, kwargs = self.router.get(path, methods[0], host)
            return route, partial(_show_methods, allow), kwargs, None
        return route, handler, kwargs, getattr(route.ctx, "admit", None)

    async def handle_exception(self, request: Any, exception: BaseException, run_middleware: bool = True) -> None:
        """Answer a request that cannot be served; where its client has gone, only note that."""
        if not isinstance(exception, RequestCancelled):
            if isinstance(exception, UnauthorizedError):
                request.reason = exception.reason
                self.ctx.services.metrics.count("tokens_refused_total", exception.refusal)
            elif isinstance(exception, BadRequest):  # which many clients do not show who sends it
                request.reason = str(exception)
            if request.stream.expecting_continue:
                request.stream.give_up_body()
            await super().handle_exception(request, exception, run_middleware)
            return
        if request.stream.response is None:
            note_end(request, CLIENT_HAS_GONE)
        raise exception


async def _show_methods(allow: Mapping[str, str], _: Request, **__: Any) -> HTTPResponse:
    return HTTPResponse(status=204, headers=dict(allow))


async def _receive_from_admitted(request: Any, admit: Callable[[Request], None]) -> None:
    """Receive the body of a request for a route that reads one, once ``admit`` has let it pass on its head.

    A route that reads bodies has ``admit`` in its ``ctx``; it raises RequestError for a request that may not pass. So
    does a body that is compressed (415): what comes of it might be far larger than it (RFC 9110, section 15.5.16).
    """
    stream = request.stream
    has_body = bool(stream.request_body)
    try:
        admit(request)
    except RequestError:
        if has_body:
            stream.give_up_body()
        raise
    if not has_body:
        return
    coding = request.headers.getone("content-encoding", "").strip()
    if coding.lower() not in ("", "identity"):
        stream.give_up_body()
        detail = f"The body must be sent as it is, not in the content coding {coding[:40]!r}."
        raise RequestError(Fault(415, "Unsupported Media Type", detail), headers={"Accept-Encoding": "identity"})
    await request.receive_body()


def create_app(settings: Settings, name: str = APP_NAME, further: Iterable[Blueprint] = ()) -> Application:
    """The application of one worker process, with ``further`` routes; nothing runs before its server starts."""
    app = Application(name, request_class=NumberedRequest, configure_logging=False)
    app.config.update(
        FALLBACK_ERROR_FORMAT="json",
        REQUEST_MAX_SIZE=settings.body_limit,
        REQUEST_MAX_HEADER_SIZE=settings.header_limit,
        REQUEST_TIMEOUT=settings.request_timeout,
        KEEP_ALIVE_TIMEOUT=settings.keep_alive_timeout,
        MAX_CONNECTIONS=settings.max_connections,
        RESPONSE_TIMEOUT=settings.build_deadline + 10,
        MOTD=False,
        ACCESS_LOG=False,
    )
    for handlers in (read_handlers, build_handlers, cloud_handlers, events):
        app.blueprint(handlers.blueprint.copy(handlers.blueprint.name))
    for blueprint in further:
        app.blueprint(blueprint)
    install_error_handlers(app)
    app.before_server_start(lambda app: start_services(app, settings))
    app.after_server_start(preload)
    app.before_server_stop(stop_services)
    return app


async def start_services(app: Application, settings: Settings) -> None:
    """Start keeping the catalogue; the first load goes on beside the server."""
    services = build_services(settings)
    app.ctx.services = services
    for route in app.router.routes:  # Sanic puts a path together anew each time that it is asked for it
        route.ctx.shown = f"/{route.path}"
    methods = [(route.ctx.shown, method) for route in app.router.routes for method in route.methods]
    services.metrics.begin(methods, KINDS, Refusal)
    sys.setswitchinterval(SWITCH_SECONDS)
    loop = asyncio.get_running_loop()

    def wake(waiting: Callable[[], None]) -> None:
        """Wake those who wait, in another thread than theirs."""
        with contextlib.suppress(RuntimeError):  # the service has ended meanwhile
            loop.call_soon_threadsafe(waiting)

    services.reconcile_loop.on_load = partial(wake, services.load_is_over.set)
    services.reconcile_loop.on_change = partial(wake, services.announce_change)
    services.reconcile_loop.start()


async def preload(app: Application) -> None:
    """Import the OpenStack clients while nobody waits for them: a while after the first load, for which people wait."""
    services: Services = app.ctx.services

    async def preload_later() -> None:
        await services.wait_until_loaded()
        await asyncio.sleep(PRELOAD_DELAY)
        if not services.stopping:
            await services.load_clients()

    # Not Sanic's ``add_task``: where Sanic does not run the server itself, what is added after its start never begins.
    app.ctx.preload_later = asyncio.create_task(preload_later())


async def stop_services(app: Application) -> None:
    """Stop what is still under way: the server has waited for builds as long as it may."""
    services: Services = app.ctx.services
    services.pool.close()
    await asyncio.to_thread(services.reconcile_loop.stop)  # answers still leave meanwhile
