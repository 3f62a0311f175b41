"""Builds by the hundred, with answers of 4 MiB and failures mixed in, while types change: flat, or a leak."""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.benchmarks.load import resident_bytes
from tests.openstack.further_services import COMPUTE, WholeCloud, previewed
from tests.openstack.replay_cloud import PROJECT_ID, TOKEN, answer, reset
from tests.service import Service, minimal_definition, wait_until
from tests.soak.test_soak import descriptors, threads_of
from tests.watching.world import Client, World

REQUESTS = int(os.environ.get("SOAK_REQUESTS", "50000"))
BUILDS = int(os.environ.get("SOAK_BUILDS", "600"))
RELOADS = int(os.environ.get("SOAK_RELOADS", "5000"))
BUILDERS = 4

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]

PREVIEW = f"/heat/v1/{PROJECT_ID}/stacks/preview"
MIB = 1 << 20
DENSE = answer(200, b"[" + b'{"":0},' * (4 * MIB // 7 - 1) + b"0]", headers={"X-Subject-Token": TOKEN})
"""4 MiB that would be 130 when parsed."""

SERVERS = [
    previewed("OS::Nova::Server", str(number), flavor="m1.small", user_data="x" * 499_000) for number in range(8)
]
LONG = answer(200, {"stack": {"stack_name": "x", "resources": SERVERS}})
"""Not quite 4 MiB, and good."""


def identity(what: bytes) -> Callable[[WholeCloud], None]:
    return lambda cloud: setattr(cloud, "identity", what)


def creation(what: object) -> Callable[[WholeCloud], None]:
    return lambda cloud: setattr(cloud, "orchestration", what)


def at(path: str, what: bytes) -> Callable[[WholeCloud], None]:
    return lambda cloud: cloud.answers.__setitem__(path, what)


KINDS: list[tuple[Callable[[WholeCloud], None], int]] = [
    (lambda _: None, 201),
    (at(PREVIEW, LONG), 201),
    (at(PREVIEW, DENSE), 201),
    (at(f"{COMPUTE}/flavors/detail", DENSE), 201),
    (at(f"{COMPUTE}/limits", b""), 201),
    (identity(DENSE), 502),
    (identity(answer(401, {"error": {"message": "no"}})), 401),
    (identity(answer(201, "{")), 502),
    (creation(DENSE), 502),
    (creation(answer(500, {"error": {"message": "x" * 200_000}})), 502),
    (creation(answer(400, DENSE.partition(b"\r\n\r\n")[2])), 400),
    (creation(answer(201, b"{" * 1000)), 502),
    (creation(answer(302, b"", headers={"Location": "http://elsewhere.example/"})), 502),
    (creation(reset), 502),
]
"""What a cloud does, and the status of the build that meets it."""


class Soak:
    """The three things that go on at once, each so many times; a failure ends the others."""

    def __init__(self, service: Service) -> None:
        self.done: Counter[str] = Counter()
        self.failures: list[str] = []
        self._service = service
        self._world = World(service, "auto")
        self._lock = threading.Lock()

    def steps(self, name: str, number: int) -> Iterator[int]:
        """Count up to a number, together with other threads, for as long as nothing has failed."""
        while not self.failures:
            with self._lock:
                step = self.done[name]
                if step >= number:
                    return
                self.done[name] += 1
            yield step

    def request(self) -> None:
        client = Client(self._service.url)
        for _ in self.steps("requests", REQUESTS):
            status, _, body = client.get("/cluster-types")
            if status != 200 or len(json.loads(body)) != 2:
                self.failures.append(f"listing: {status} {body[:200]!r}")
        client.close()

    def reload(self) -> None:
        client = Client(self._service.url)
        for step in self.steps("reloads", RELOADS):
            self._world.replace(self._world.enabled / "changing.yaml", minimal_definition(f"Version {step}"))
            shown, late = f'"Version {step}"'.encode(), time.monotonic() + 10
            while shown not in client.get("/cluster-types")[2]:
                if time.monotonic() > late:
                    self.failures.append(f"version {step} is not shown")
                    break
        client.close()

    def build(self, number: int) -> None:
        chance = random.Random(number)
        cluster = {"name": "mycluster", "cluster_type_id": "minimal", "parameters": {}}
        for _ in self.steps("builds", BUILDS):
            with WholeCloud() as cloud:
                cloud.keeps_connections = chance.random() < 0.5
                cloud.previewed = [previewed("OS::Nova::Server", "s", flavor="m1.small")]
                behave, expected = chance.choice(KINDS)
                if expected != 201:
                    cloud.without(*chance.choice([("compute", "volumev3"), ()]))
                behave(cloud)
                if cloud.orchestration is not None:  # else the preview meets it first
                    cloud.answers.setdefault(PREVIEW, LONG)
                built = self._service.post("/clusters/", {"cloud_env": cloud.credentials(), "cluster": cluster})
            if built.status != expected:
                self.failures.append(f"build {KINDS.index((behave, expected))}: {built.status} {built.body[:300]!r}")


def test_builds_requests_and_reloads_leave_nothing_behind(tmp_path: Path) -> None:
    with Service(tmp_path / "instance", {"LOG_LEVEL": "INFO"}) as service, ExitStack() as ending:
        for name in ("minimal", "changing"):
            (service.enabled / f"{name}.yaml").write_text(minimal_definition())
        wait_until(lambda: len(service.ids()) == 2, "listed")
        soak = Soak(service)
        idle = resident_bytes(service.process.pid)
        threads = ending.enter_context(ThreadPoolExecutor(BUILDERS + 3))
        under_way: list[Future[None]] = [threads.submit(soak.build, number) for number in range(BUILDERS)]
        under_way += [threads.submit(soak.request), threads.submit(soak.request), threads.submit(soak.reload)]
        samples = []
        while not all(each.done() for each in under_way):
            threading.Event().wait(1)
            builds = soak.done["builds"]
            samples.append((builds, descriptors(service), threads_of(service), resident_bytes(service.process.pid)))
        for each in under_way:
            each.result()
        assert soak.failures == []
        wait_until(lambda: descriptors(service) <= samples[0][1] + 5, "descriptors are closed")
        print(f"\n{dict(soak.done)}; builds, descriptors, threads, bytes: {samples[:: max(1, len(samples) // 12)]}")
        settled = max(sample[3] for sample in samples if sample[0] <= BUILDS // 2)
        # The clients of OpenStack take 30 MiB, and each of the builds at once 20 for the largest answer that is taken.
        assert max(sample[3] for sample in samples) < idle + (30 + BUILDERS * 20) * MIB
        assert samples[-1][2] <= max(sample[2] for sample in samples if sample[0] <= BUILDS // 2) + 4, "threads leak"
        assert samples[-1][3] <= settled * 1.1 + (10 << 20), "memory leaks"
