"""What a stopping server does with connections that are left, on a machine that is busy otherwise."""

from __future__ import annotations

import asyncio
import itertools
from types import SimpleNamespace
from typing import Any

import pytest

from builder.process import worker


class Connection:
    """One that was taken last; its request waits to be read."""

    is_served = had_request = False

    def __init__(self, connections: set[Connection]) -> None:
        self.turns = 0
        self._connections = connections
        self._connections.add(self)

    def close_if_idle(self) -> None:
        self._connections.discard(self)

    def abort(self) -> None:
        pytest.fail("the pool is busy")


def test_time_in_which_nothing_is_read_gives_no_connection_up(monkeypatch: pytest.MonkeyPatch) -> None:
    leaps = itertools.count(step=100)  # in seconds: the process has waited for a processor
    monkeypatch.setattr(worker, "monotonic", lambda: next(leaps))
    connections: set[Any] = set()
    waiting = Connection(connections)

    async def wind_down() -> None:
        pool = SimpleNamespace(is_busy=True, in_overtime=False)
        settings = SimpleNamespace(build_deadline=float("inf"))
        services: Any = SimpleNamespace(pool=pool, settings=settings, hurry=asyncio.Event())
        winding = asyncio.ensure_future(worker._wind_down(connections, services))
        while waiting in connections:
            waiting.turns += 1
            await asyncio.sleep(0)
        services.pool.is_busy = False
        await winding

    asyncio.run(wind_down())
    assert waiting.turns > worker.FIRST_REQUEST_STEPS
