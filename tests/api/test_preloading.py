"""What the first build needs is imported beforehand, while nobody waits for it."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest

from builder.api import application
from builder.api.application import create_app
from builder.openstack.pool import CloudPool
from builder.settings.table import Settings

LIMIT_SECONDS = 60.0


def test_openstack_clients_are_imported_by_a_service_that_nobody_asks_for_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def serve() -> None:
        preloaded = asyncio.Event()

        async def preload(_: CloudPool) -> None:
            preloaded.set()

        monkeypatch.setattr(CloudPool, "preload", preload)
        monkeypatch.setattr(application, "PRELOAD_DELAY", 0.0)
        (tmp_path / "cluster-types-enabled").mkdir()
        app = create_app(Settings(instance_dir=tmp_path), name="preloading")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            server: Any = await app.create_server(sock=listener, return_asyncio_server=True)
            for step in (server.startup, server.before_start, server.start_serving, server.after_start):
                await step()
            await asyncio.wait_for(preloaded.wait(), LIMIT_SECONDS)
            server.server.close()
            for step in (server.before_stop, server.after_stop):
                await step()

    asyncio.run(serve())
