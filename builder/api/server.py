"""One worker's server: from a listening socket to a clean end.

Sanic's own runner is not used: it answers requests before it takes signals, and while it starts it throws away those
that come. Here signals are held from the first moment of the process (:mod:`builder.signals`) and let in when the
server can act on them.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import Any

import uvloop

from builder.api.application import Application, Services
from builder.api.connections import BoundedProtocol, make_room_for_connections
from builder.signals import HURRY, RESCAN, STOP, release_signals

logger = logging.getLogger(__name__)

LAST_ANSWERS_SECONDS = 2.0
"""For how long a stopping server, with no build under way any more, goes on with connections that are not idle: their
answers leave meanwhile, and requests that are only half received are given up."""


def run_server(app: Application, listener: socket.socket) -> None:
    """Serve in this process until SIGTERM or SIGINT, which the caller holds."""
    make_room_for_connections(app.config.MAX_CONNECTIONS)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(app, listener))


async def _serve(app: Application, listener: socket.socket) -> None:
    server: Any = await app.create_server(
        sock=listener, protocol=BoundedProtocol, asyncio_server_kwargs={"start_serving": False}
    )
    await server.startup()
    await server.before_start()
    await server.start_serving()
    await server.after_start()
    await _wait_for_stop(app.ctx.services)
    await server.before_stop()
    await _close(server)
    await server.after_stop()


async def _wait_for_stop(services: Services) -> None:
    """Let signals in, and wait for the first that stops; the service is not ready for anything new from then on."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    is_supervised = services.settings.workers > 1

    def on_stop() -> None:
        if services.stopping and not is_supervised:
            services.hurry.set()
        services.stopping = True
        stop.set()

    def on_hurry() -> None:
        services.hurry.set()
        on_stop()

    for number in STOP:
        loop.add_signal_handler(number, on_stop)
    loop.add_signal_handler(HURRY, on_hurry)
    loop.add_signal_handler(RESCAN, services.keeper.rescan)
    release_signals()
    await stop.wait()
    logger.info("stopping")


async def _close(server: Any) -> None:
    """Stop listening, let the last answers leave, and end what is still open then."""
    server.server.close()
    end = asyncio.get_running_loop().time() + LAST_ANSWERS_SECONDS
    while server.connections and asyncio.get_running_loop().time() < end:
        for connection in list(server.connections):
            connection.close_if_idle()
        await asyncio.sleep(0.02)
    for connection in list(server.connections):
        connection.transport.abort()
