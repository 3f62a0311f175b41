"""What the tests of a service under way share: its builds and its worker processes."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from builder.sandbox import Sandbox
from tests.service import Answer, Service, minimal_definition, wait_until


def build(service: Service, sandbox: Sandbox, name: str = "slow") -> tuple[threading.Thread, list[Answer | Exception]]:
    """Start a build, in a thread; its answer will be in the list."""
    who = sandbox.credentials
    body: dict[str, Any] = {
        "cloud_env": {
            "auth_url": sandbox.auth_url,
            "user_id": who.user_id,
            "project_id": who.project_id,
            "password": who.password,
        },
        "cluster": {"name": name, "cluster_type_id": "small"},
    }
    ended: list[Answer | Exception] = []

    def ask() -> None:
        try:
            ended.append(service.post("/clusters/", body))
        except Exception as error:  # noqa: BLE001  # whatever it was, the test wants to know
            ended.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    return thread, ended


def enable(service: Service) -> None:
    (service.enabled / "small.yaml").write_text(minimal_definition())
    # Each request may be another worker's, and each of them reads the folder by itself.
    wait_until(lambda: all(service.ids() == ["small"] for _ in range(20)), "every worker lists the type")


def children(service: Service) -> list[int]:
    """The worker processes."""
    process = service.process.pid
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
