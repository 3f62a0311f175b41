"""Builds that wait for the cloud: how long, how many at once, and what is done meanwhile."""

from __future__ import annotations

import json
import re
import signal
import socket
import threading
import urllib.parse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from builder.sandbox import Sandbox
from tests.api.conftest import prepare
from tests.api.orders import assert_refused, by_ids, order, stack_names
from tests.openstack.remembering_heat import RememberingHeat
from tests.openstack.replay_cloud import Received
from tests.service import WAIT_SECONDS, Service, is_asked, wait_until


@dataclass(frozen=True, slots=True)
class HeldHeat:
    """A Heat that writes no stack before the ``gate`` is open; each request for one that has ``arrived`` releases."""

    heat: RememberingHeat
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    gate: threading.Event = field(default_factory=threading.Event)

    def hold(self, _: Received) -> None:
        self.arrived.release()
        self.gate.wait(WAIT_SECONDS)


@pytest.fixture
def held() -> Iterator[HeldHeat]:
    with RememberingHeat() as heat:
        running = HeldHeat(heat)
        heat.hooks.before_writing = running.hold
        yield running
        running.gate.set()


def test_cloud_that_is_late_is_504_and_the_stack_to_look_for_is_named(tmp_path: Path) -> None:
    with Sandbox(heat_latency=1.5) as slow:
        service = Service(tmp_path / "instance", {"BUILD_DEADLINE": "1"})
        prepare(service)
        with service:
            wait_until(lambda: service.post("/cloud_assets/", by_ids(slow)).status == 200, "clients loaded")
            answer = service.post("/clusters/", order(by_ids(slow)))
            assert_refused(answer, 504, ("Cloud timed out", None))
            detail = answer.json()["errors"][0]["detail"]
            assert "Not done within 1 seconds" in detail
            assert re.search(r"Stack mycluster--\w+ may have been created", detail)


def test_pool_that_is_full_is_503_and_says_when_to_come_back(tmp_path: Path, held: HeldHeat) -> None:
    service = Service(tmp_path / "instance", {"BUILD_WORKERS": "1", "BUILD_QUEUE": "0"})
    prepare(service)
    with service, ThreadPoolExecutor(1) as somebody:
        first = somebody.submit(service.post, "/clusters/", order(held.heat.credentials()))
        assert held.arrived.acquire(timeout=WAIT_SECONDS)
        for _ in range(2):
            refused = service.post("/clusters/", order(held.heat.credentials()))
            assert_refused(refused, 503, ("Service busy", None))
            assert int(refused.headers["retry-after"]) > 0
        held.gate.set()
        assert first.result().status == 201
    assert len(held.heat.stacks) == 1


def test_form_is_judged_by_a_thread_of_the_pool_and_not_where_requests_are_served(
    tmp_path: Path, held: HeldHeat
) -> None:
    service = Service(tmp_path / "instance", {"BUILD_WORKERS": "1", "BUILD_QUEUE": "0"})
    prepare(service)
    with service, ThreadPoolExecutor(1) as somebody:
        first = somebody.submit(service.post, "/clusters/", order(held.heat.credentials()))
        assert held.arrived.acquire(timeout=WAIT_SECONDS)
        wrong = order(held.heat.credentials(), parameters={"count": 9})
        assert_refused(service.post("/clusters/", wrong), 503, ("Service busy", None))
        assert b'duration_seconds_count{kind="heat",outcome="503"} 1.0' in service.get("/metrics").body
        held.gate.set()
        assert first.result().status == 201
        wait_until(lambda: service.post("/clusters/", wrong).status == 400, "there is a thread again")


def test_stopping_service_still_does_what_reaches_it(tmp_path: Path, held: HeldHeat) -> None:
    """No proxy may send a build again, so one that reaches a service that stops must not be lost."""
    service = Service(tmp_path / "instance")
    prepare(service)
    with service, ThreadPoolExecutor(2) as somebody:
        first = somebody.submit(service.post, "/clusters/", order(held.heat.credentials()))
        assert held.arrived.acquire(timeout=WAIT_SECONDS)
        service.process.send_signal(signal.SIGTERM)
        wait_until(lambda: service.get("/ready").status == 503, "it is stopping")
        late = somebody.submit(service.post, "/clusters/", order(held.heat.credentials(), name="late"))
        assert held.arrived.acquire(timeout=WAIT_SECONDS)
        assert service.ids() == ["form"]
        held.gate.set()
        assert [first.result().status, late.result().status] == [201, 201]
        assert late.result().headers["connection"] == "close"
        assert service.wait() == 0
    assert len(held.heat.stacks) == 2


def test_listings_are_served_while_builds_wait(building: Service, held: HeldHeat) -> None:
    with ThreadPoolExecutor(1) as somebody:
        built = somebody.submit(building.post, "/clusters/", order(held.heat.credentials()))
        assert held.arrived.acquire(timeout=WAIT_SECONDS)
        assert "form" in building.ids()
        assert not built.done()
        held.gate.set()
        assert built.result().status == 201


def test_cluster_whose_caller_has_gone_is_logged_and_measured_as_the_success_that_it_is(tmp_path: Path) -> None:
    service = Service(tmp_path / "instance")
    prepare(service)
    with Sandbox(heat_latency=0.5) as slow, service:
        wait_until(lambda: service.ids() == ["form"], "listed")
        body = json.dumps(order(by_ids(slow))).encode()
        with socket.create_connection(("127.0.0.1", urllib.parse.urlsplit(service.url).port or 0)) as caller:
            caller.sendall(b"POST /clusters/ HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            wait_until(lambda: is_asked(slow.auth_url), "the build is under way")
        wait_until(lambda: "cluster built" in service.log, "the build is logged")
        wait_until(lambda: " route=/clusters status=499 " in service.log, "the request is counted, which comes before")
        assert stack_names(slow)[0] in service.log
        measured = service.get("/metrics").body.decode()
    assert 'cluster_builder_build_duration_seconds_count{kind="heat",outcome="created"} 1.0' in measured
    assert 'http_requests_total{method="POST",route="/clusters",status="499"} 1.0' in measured
    assert not re.search(r'status="500"\} (?!0\.0$)', measured, re.MULTILINE)
    assert "ERROR" not in service.settled_log()
