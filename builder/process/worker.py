"""One worker's server: from a listening socket to a clean end.

Sanic's own runner is not used: it answers requests before it takes signals, and while it starts it throws away those
that come. Here signals are held from the first moment of the process (:mod:`builder.process.signals`) and let in
when the server can act on them.

A stop loses no request. While builds are under way, new connections are taken for a moment, so that whoever asks
``/ready`` can look away; then none is begun any more (:mod:`builder.process.listening`), what comes on those
that are open is answered, each answer closes its connection, and the process ends when all have gone.
"""

from __future__ import annotations

import asyncio
import logging
import os
from time import monotonic
from typing import Any

import uvloop
from sanic.application.state import ApplicationServerInfo
from sanic.http.constants import HTTP

from builder.api.application import Application
from builder.api.connections import BoundedProtocol
from builder.api.services import Services
from builder.openstack.deadline import OVERTIME_SECONDS
from builder.process.listening import HANDSHAKE_SECONDS, Listening
from builder.process.signals import HURRY, RESCAN, STOP, release_signals

logger = logging.getLogger(__name__)

LOOK_AWAY_SECONDS = 5.0
"""For how long at most, once told to stop, connections are taken while builds are under way."""

FIRST_REQUEST_STEPS = 25
"""For how many steps, so half a second or longer, a connection that was taken last may stay without a request before
it is closed as an idle one. Steps and no time: in each the event loop reads what has come, and on a busy machine time
may pass while it reads nothing."""

LAST_ANSWERS_SECONDS = 2.0
"""For how long a stopping server that works on nothing any more goes on with connections that are not idle: their
answers leave meanwhile, and requests that are only half received are given up."""

_STEP_SECONDS = 0.02

MAX_STEPS = 100
"""For how many steps at most the last process at a socket takes what still waits in it: on a busy machine, the time for
handshakes may be over before the event loop has taken anything."""


def run_server(app: Application, listening: Listening, place: int) -> None:
    """Serve in this process until SIGTERM or SIGINT, which the caller holds."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(app, listening, place))


async def _serve(app: Application, listening: Listening, place: int) -> None:
    # Unless told that there is no other version of HTTP, Sanic offers some in a header that is empty, and so invalid.
    app.state.server_info.append(ApplicationServerInfo({"version": HTTP.VERSION_1}))
    os.environ["SANIC_IGNORE_PRODUCTION_WARNING"] = "true"  # on a terminal it would advise its own flags, not ours
    server: Any = await app.create_server(
        sock=listening.socket, protocol=BoundedProtocol, asyncio_server_kwargs={"start_serving": False}
    )
    await server.startup()
    await server.before_start()
    listening.take_place(place)
    await server.start_serving()
    await server.after_start()
    services: Services = app.ctx.services
    await _wait_for_stop(services)
    # Every answer from now on says that it is the last on its connection.
    app.config.KEEP_ALIVE = False  # which counts for a request when its head has come
    for connection in server.connections:
        if connection.is_served:
            connection.http.keep_alive = False
    await _look_away(services)
    await _leave(listening, place)
    server.server.close()
    await _wind_down(server.connections, services)
    await server.before_stop()
    await _close(server.connections)
    await server.after_stop()


async def _wait_for_stop(services: Services) -> None:
    """Let signals in, and wait for the first that stops; the service is not ready for anything new from then on."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    is_supervised = services.settings.workers > 1

    def on_stop() -> None:
        if services.stopping and not is_supervised:
            services.hurry.set()
        services.begin_stopping()
        stop.set()

    def on_hurry() -> None:
        services.hurry.set()
        on_stop()

    for number in STOP:
        loop.add_signal_handler(number, on_stop)

    def on_rescan() -> None:
        services.reconcile_loop.reload()
        loop.run_in_executor(None, services.reload_secrets)  # a thread: the file's mount may hang

    loop.add_signal_handler(HURRY, on_hurry)
    loop.add_signal_handler(RESCAN, on_rescan)
    release_signals()
    await stop.wait()
    waits = ", once what is under way at clouds has ended; a second signal ends it at once"
    logger.info("stopping%s", waits if services.pool.is_busy else "")


async def _look_away(services: Services) -> None:
    """Give those who send builds here the time to notice that they should not, while there are builds to wait for."""
    waits = [asyncio.ensure_future(each) for each in (services.pool.idle.wait(), services.hurry.wait())]
    await asyncio.wait(waits, timeout=LOOK_AWAY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


async def _leave(listening: Listening, place: int) -> None:
    """Leave the socket, and take what waits in it; looks twice for others, for one may be killed meanwhile."""
    is_last = listening.leave_place(place)
    await asyncio.sleep(HANDSHAKE_SECONDS)
    if not is_last and listening.turn_away_after_the_last():
        is_last = True
        await asyncio.sleep(HANDSHAKE_SECONDS)
    for _ in range(MAX_STEPS):
        if not is_last or not listening.has_waiting():
            break
        await asyncio.sleep(_STEP_SECONDS)


async def _wind_down(connections: set[BoundedProtocol], services: Services) -> None:
    """Answer what comes on the connections that are left until there are none, at most for the time of a build.

    A build that goes on past its deadline, for an order is to be cancelled, is waited for.
    """
    worked = monotonic()
    end = worked + services.settings.build_deadline
    steps = 0
    while (connections or services.pool.is_busy) and not services.hurry.is_set():
        if monotonic() >= (end + OVERTIME_SECONDS if services.pool.in_overtime else end):
            break
        if services.pool.is_busy or any(connection.is_served for connection in connections):
            worked = monotonic()
        elif monotonic() > worked + LAST_ANSWERS_SECONDS:
            _abort(connections)
        for connection in list(connections):
            if connection.had_request or steps > FIRST_REQUEST_STEPS:
                connection.close_if_idle()
        await asyncio.sleep(_STEP_SECONDS)
        steps += 1


async def _close(connections: set[BoundedProtocol]) -> None:
    """Let the last answers leave, and end what is still open then."""
    end = monotonic() + LAST_ANSWERS_SECONDS
    while connections and monotonic() < end:
        for connection in list(connections):
            connection.close_if_idle()
        await asyncio.sleep(_STEP_SECONDS)
    _abort(connections)


def _abort(connections: set[BoundedProtocol]) -> None:
    for connection in list(connections):
        connection.abort()  # type: ignore[no-untyped-call]  # Sanic leaves it so
