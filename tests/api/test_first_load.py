"""Whoever asks before the catalogue was loaded waits for that, and no longer."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from builder.api.application import Application, start_services, stop_services
from builder.api.services import Services
from builder.catalogue.catalogue import Catalogue
from builder.catalogue.scan import EVERYTHING, ChangeHint
from builder.settings.table import Settings

LONG_SECONDS = 600.0
LIMIT_SECONDS = 60.0
"""Far more than being woken takes, far less than waiting in vain."""


@pytest.mark.parametrize("end", ["loaded", "stopping", "too late"])
def test_first_load_is_waited_for_until_it_or_the_service_ends_or_time_is_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    may_load = threading.Event()
    reconcile = Catalogue.reconcile

    def reconcile_later(catalogue: Catalogue, hint: ChangeHint = EVERYTHING) -> bool:
        may_load.wait(LONG_SECONDS)
        return reconcile(catalogue, hint)

    monkeypatch.setattr(Catalogue, "reconcile", reconcile_later)
    seconds = 0.01 if end == "too late" else LONG_SECONDS
    monkeypatch.setattr("builder.api.services.FIRST_LOAD_SECONDS", seconds)
    (tmp_path / "cluster-types-enabled").mkdir()
    app = cast("Application", SimpleNamespace(ctx=SimpleNamespace(), router=SimpleNamespace(routes=[])))

    async def wait() -> list[bool]:
        await start_services(app, Settings(instance_dir=tmp_path))
        services: Services = app.ctx.services
        waits = [asyncio.create_task(services.wait_until_loaded()) for _ in range(3)]
        await asyncio.sleep(0)  # they begin to wait
        if end == "loaded":
            may_load.set()
        elif end == "stopping":
            services.begin_stopping()
        loaded = await asyncio.wait_for(asyncio.gather(*waits), LIMIT_SECONDS)
        may_load.set()
        await stop_services(app)
        return loaded

    assert asyncio.run(wait()) == [end == "loaded"] * 3
