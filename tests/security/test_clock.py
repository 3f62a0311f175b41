"""The wall clock jumps by a day, forward and back, under a running service: it serves, notices and builds as before."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from builder.sandbox import Sandbox
from tests.openstack.remembering_heat import RememberingHeat
from tests.openstack.replay_cloud import Received
from tests.security.tokens import SECRET, bearer, make_token
from tests.service import WAIT_SECONDS, Service, minimal_definition, wait_until

DAY = 86_400
COMPILER = shutil.which("cc") or shutil.which("gcc")
SOURCE = Path(__file__).parent / "shifted_clock.c"

pytestmark = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler here to make the clock with")


class Clock:
    """The wall clock of a service that is started with ``environment``."""

    def __init__(self, folder: Path) -> None:
        assert COMPILER is not None
        library = folder / "shifted_clock.so"
        subprocess.run([COMPILER, "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True)
        self._file = folder / "shift"
        self._file.write_bytes(struct.pack("q", 0))
        self.shift = 0
        self.environment = {"LD_PRELOAD": str(library), "SHIFTED_CLOCK": str(self._file)}

    def jump(self, seconds: int) -> None:
        """Be so far from the time of day, at once."""
        self.shift = seconds
        with self._file.open("r+b") as file:
            file.write(struct.pack("q", seconds))

    def token(self, shift: int) -> str:
        """A token of a caller whose clock is so far from the time of day."""
        return make_token(seconds=shift + 600)


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path)


def start(folder: Path, clock: Clock, workers: str = "1") -> Service:
    settings = {"JWT_SECRET": SECRET, "RESCAN_INTERVAL": "0.3", "WATCH": "poll", **clock.environment}
    return Service(folder / "instance", settings, flags=("--workers", workers))


def write(service: Service, cluster_type: str, title: str) -> None:
    (service.enabled / f"{cluster_type}.yaml").write_text(minimal_definition(title))


def build(service: Service, sandbox: Sandbox, token: str, name: str) -> int:
    who = sandbox.credentials
    cloud_env = {"auth_url": sandbox.auth_url, "user_id": who.user_id, "project_id": who.project_id}
    body: dict[str, Any] = {
        "cloud_env": {**cloud_env, "password": who.password},
        "cluster": {"name": name, "cluster_type_id": "a"},
    }
    headers = {**bearer(token), "Idempotency-Key": name}
    return service.post("/clusters/", body, headers).status


def check_reading(service: Service, title: str) -> None:
    """Listing and conditional requests: no client is told that nothing changed when something did."""
    before = service.get("/cluster-types/")
    tag = {"If-None-Match": before.headers["etag"]}
    newest = {"If-Modified-Since": max((listed["last_modified"] for listed in before.json()), key=_seconds)}
    assert service.get("/cluster-types/", tag).status == 304
    write(service, "a", title)
    wait_until(lambda: title in service.get("/cluster-types/").body.decode(), "the edit shows")
    write(service, "b", title)
    wait_until(lambda: service.ids() == ["a", "b"], "what is new shows")
    assert service.get("/cluster-types/", newest).status == 200
    (service.enabled / "b.yaml").unlink()
    wait_until(lambda: service.ids() == ["a"], "what is gone shows")
    for headers in (tag, newest, {"If-Modified-Since": before.headers["last-modified"]}):
        assert service.get("/cluster-types/", headers).status == 200


def rescan_age(service: Service) -> float | None:
    """What alerts look at."""
    age = re.search(rb"^cluster_builder_rescan_age_seconds (\S+)", service.get("/metrics").body, re.MULTILINE)
    return None if age is None else float(age[1])


def check_keeping(service: Service) -> None:
    """Readiness, and rescans, which neither cease nor look old."""
    age = rescan_age(service)
    assert age is not None
    assert 0 <= age < DAY / 2
    assert service.get("/ready").status == 200
    rescans = service.get("/catalogue").json()["rescans"]
    wait_until(lambda: service.get("/catalogue").json()["rescans"] > rescans, "it is read again")


def test_service_bears_that_its_clock_jumps(tmp_path: Path, clock: Clock) -> None:
    with Sandbox() as sandbox, start(tmp_path, clock) as service:
        write(service, "a", "first")
        wait_until(lambda: service.ids() == ["a"], "the type is listed")
        for number, shift in enumerate((DAY, 0, -DAY, DAY, 0)):
            clock.jump(shift)
            check_keeping(service)
            check_reading(service, f"title {number}")
            assert build(service, sandbox, clock.token(shift), f"good-{number}") == 201
            for other in {DAY, -DAY, 0} - {shift}:  # expired, or good for too long: this clock is the one that counts
                assert build(service, sandbox, clock.token(other), f"bad-{number}") == 401
        assert "Traceback" not in service.settled_log()


def test_no_worker_looks_late_when_the_clock_jumps(tmp_path: Path, clock: Clock) -> None:
    with start(tmp_path, clock, workers="2") as service:
        for shift in (DAY, -DAY, 0):
            wait_until(lambda: rescan_age(service) is not None, "the folder was read, by each worker that has begun")
            clock.jump(shift)
            assert 0 <= wait_for_rescan_age(service) < DAY / 2


def wait_for_rescan_age(service: Service) -> float:
    """The age, once there is one: a worker that begins late takes it away again, until it has read the folder."""
    ages: list[float] = []

    def look() -> bool:
        age = rescan_age(service)
        ages.extend([] if age is None else [age])
        return age is not None

    wait_until(look, "the folder is read, by a worker that begins late, too")
    return ages[0]


@pytest.mark.parametrize("shift", [90, -90])
def test_no_clock_but_heats_tells_whether_a_stack_may_be_given_to_a_second_caller(
    tmp_path: Path, clock: Clock, shift: int
) -> None:
    """Two creators have met and give up what they created; whoever asks meanwhile must not be given any of that."""
    clock.jump(shift)
    have_created, have_met = threading.Barrier(2), threading.Barrier(3)
    third_has_looked = threading.Event()
    first_round = {hook: threading.Semaphore(2) for hook in ("creating", "deleting")}

    def create_together(_: Received) -> None:
        if first_round["creating"].acquire(blocking=False):
            have_created.wait(WAIT_SECONDS)

    def delete_when_the_third_has_looked(_: Received) -> None:
        if first_round["deleting"].acquire(blocking=False):
            have_met.wait(WAIT_SECONDS)
            third_has_looked.wait(WAIT_SECONDS)

    with RememberingHeat() as heat, ExitStack() as running, ThreadPoolExecutor(3) as callers:
        # Each caller asks a replica of its own: within one process the second waits for the first.
        replicas = [running.enter_context(start(tmp_path / str(number), clock)) for number in range(3)]
        for replica in replicas:
            write(replica, "a", "title")
        wait_until(lambda: all(replica.ids() == ["a"] for replica in replicas), "the type is listed")
        heat.created_at = heat.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        heat.hooks.before_writing, heat.hooks.before_deleting = create_together, delete_when_the_third_has_looked
        body = {"cloud_env": heat.credentials(), "cluster": {"name": "simultaneous", "cluster_type_id": "a"}}
        headers = {**bearer(clock.token(shift)), "Idempotency-Key": "one"}
        builds = [callers.submit(replica.post, "/clusters/", body, headers) for replica in replicas[:2]]
        have_met.wait(WAIT_SECONDS)
        looks = len(heat.looks)
        builds.append(callers.submit(replicas[2].post, "/clusters/", body, headers))
        wait_until(lambda: len(heat.looks) > looks, "the third has looked")
        third_has_looked.set()
        answers = [each.result(timeout=WAIT_SECONDS) for each in builds]
        (kept,) = heat.live
        assert [(answer.status, answer.json().get("id")) for answer in answers] == [(201, kept.id)] * 3


def _seconds(date: str) -> float:
    return parsedate_to_datetime(date).timestamp()
