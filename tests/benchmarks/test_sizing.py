"""What a worker needs and gives, for docs/sizing.md: printed. Nothing asserts a time."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from builder.sandbox import Sandbox
from tests.benchmarks.load import Load, resident_bytes
from tests.benchmarks.running import fill, start_quietly
from tests.service import Service, wait_until

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(300)]

MIB = 1024 * 1024
RATE_SECONDS = 3.0
AT_ONCE = 32
"""As many builds as a worker has under way by default."""


def workers_of(service: Service) -> list[int]:
    """The processes that serve: the one that was started, or its children."""
    return service.children or [service.process.pid]


def shared_mib(processes: list[int]) -> float:
    """Memory of processes together, what they share counted once (proc(5), smaps_rollup); only root may ask."""
    texts = [Path(f"/proc/{process}/smaps_rollup").read_text() for process in processes]
    return sum(int(kib) for text in texts for kib in re.findall(r"^Pss: +(\d+) kB", text, re.MULTILINE)) / 1024


def test_memory_of_workers(serve: Callable[..., Service]) -> None:
    for number in (10, 1000):
        for workers in (1, 4):
            service = serve(number, WORKERS=str(workers))
            wait_until(lambda service=service, workers=workers: len(workers_of(service)) == workers, "all run")  # type: ignore[misc]
            for _ in range(20 * workers):  # each worker imports what it needs, and loads
                assert service.get("/cluster-types").status == 200
            processes = workers_of(service)
            each = [f"{resident_bytes(process) / MIB:.0f}" for process in processes]
            together = shared_mib([service.process.pid, *(each for each in processes if each != service.process.pid)])
            print(f"{number} types, {workers} workers: {', '.join(each)} MiB resident; together {together:.0f} MiB")
            service.stop()


def test_time_from_command_to_first_listing(tmp_path: Path, text: str) -> None:
    for number in (10, 1000):
        instance = tmp_path / str(number)
        fill(instance / "cluster-types-enabled", number, text)
        taken = []
        for _ in range(3):
            began = time.perf_counter()
            service = start_quietly(Service(instance, {"LOG_LEVEL": "ERROR"}))
            taken.append(time.perf_counter() - began)
            service.stop()
            assert service.process.stdout is not None
            service.process.stdout.close()
        print(f"{number} types: ready {', '.join(f'{seconds:.1f}' for seconds in taken)} s after the command")


def test_listings_of_one_worker(serve: Callable[..., Service]) -> None:
    for number in (10, 1000):
        service = serve(number, LOG_LEVEL="INFO")
        tag = service.get("/cluster-types").headers["etag"]
        for what, headers in (("200", {}), ("304", {"If-None-Match": tag})):
            load = Load(service.url, service.process.pid, "/cluster-types", headers)
            rate = load.run(RATE_SECONDS)
            load.close()
            print(
                f"{number} types, {what}: {rate.per_second:.0f}/s by the clock, {rate.per_cpu_second:.0f}/s of CPU time"
            )


def test_memory_of_builds_under_way(serve: Callable[..., Service]) -> None:
    service = serve(10, BUILD_QUEUE="128")
    before = resident_bytes(service.process.pid)
    with Sandbox(quota_stacks=10_000, heat_latency=1.0) as cloud, ThreadPoolExecutor(AT_ONCE) as callers:
        began = time.perf_counter()
        statuses = list(callers.map(lambda number: _build(service, cloud, f"c{number}"), range(2 * AT_ONCE)))
        seconds = time.perf_counter() - began
    assert set(statuses) == {201}
    after = resident_bytes(service.process.pid)
    print(
        f"{2 * AT_ONCE} builds, {AT_ONCE} at once, each request to Heat 1 s: {seconds:.1f} s; "
        f"memory {before / MIB:.0f} MiB before, {after / MIB:.0f} MiB after"
    )


def _build(service: Service, cloud: Sandbox, name: str) -> int:
    who = cloud.credentials
    body: dict[str, Any] = {
        "cloud_env": {
            "auth_url": cloud.auth_url,
            "user_id": who.user_id,
            "project_id": who.project_id,
            "password": who.password,
        },
        "cluster": {"name": name, "cluster_type_id": "type-0"},
    }
    return service.post("/clusters/", body).status
