"""How the service ends: what is under way is finished, and what arrives meanwhile is answered."""

from __future__ import annotations

import http.client
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.samples import some_of
from tests.security.running import HeldHeat, build, enable
from tests.service import WAIT_SECONDS, Answer, Service, wait_until


@pytest.fixture
def held() -> Iterator[HeldHeat]:
    with HeldHeat() as cloud:
        yield cloud
        cloud.gate.set()


def test_build_under_way_is_finished_and_readiness_ends_at_once(tmp_path: Path, held: HeldHeat) -> None:
    with Service(tmp_path) as service:
        enable(service)
        thread, ended = build(service, held)
        assert held.arrived.acquire(timeout=WAIT_SECONDS)
        assert service.get("/ready").status == 200
        service.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "stopping, once what is under way" in service.log, "the signal arrived")
        answer = service.get("/ready")
        assert answer.status == 503
        assert "stopping" in answer.body.decode()
        assert service.get("/health").status == 200
        held.gate.set()
        thread.join(WAIT_SECONDS)
        assert isinstance(ended[0], Answer), ended
        assert ended[0].status == 201
        assert service.wait() == 0


@pytest.mark.parametrize("workers", some_of("12", "2"))
def test_requests_that_come_while_it_stops_are_answered_and_close_their_connections(
    tmp_path: Path, held: HeldHeat, workers: str
) -> None:
    # However late a busy machine is, the connection that is kept is not given up for having been idle meanwhile.
    with Service(tmp_path, {"KEEP_ALIVE_TIMEOUT": "300"}, ("--workers", workers)) as service:
        enable(service)
        kept = http.client.HTTPConnection(service.url.removeprefix("http://"))
        kept.request("GET", "/cluster-types/")
        assert kept.getresponse().read()
        first, answers_of_first = build(service, held)
        assert held.arrived.acquire(timeout=WAIT_SECONDS)
        service.process.send_signal(signal.SIGTERM)
        wait_until(lambda: service.log.count("stopping") == int(workers), "the signal arrived")
        # One on a new connection, to a worker that has a build under way, one on a connection that was kept, with the
        # same head as the one before, which let it stay open.
        second, answers_of_second = build(service, held, "another")
        try:
            kept.request("GET", "/cluster-types/")
            answer = kept.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):
            assert workers != "1"  # that of a worker without a build, which has ended at once
        else:
            assert answer.status == 200
            assert answer.getheader("Connection") == "close"
        kept.close()
        assert held.arrived.acquire(timeout=WAIT_SECONDS)
        held.gate.set()
        for thread, answers in ((first, answers_of_first), (second, answers_of_second)):
            thread.join(WAIT_SECONDS)
            assert isinstance(answers[0], Answer), answers
            assert answers[0].status == 201
            assert answers[0].headers["connection"] == "close"
        assert service.wait() == 0


@pytest.mark.parametrize("workers", some_of("12", "1"))
def test_second_signal_hurries(tmp_path: Path, held: HeldHeat, workers: str) -> None:
    with Service(tmp_path, flags=("--workers", workers)) as service:
        enable(service)
        thread, ended = build(service, held)
        assert held.arrived.acquire(timeout=WAIT_SECONDS)
        service.process.send_signal(signal.SIGTERM)
        wait_until(lambda: service.log.count("stopping") >= int(workers), "the signal arrived")
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(WAIT_SECONDS) == 0  # before the cloud has answered
        thread.join(WAIT_SECONDS)
        assert isinstance(ended[0], Answer), ended
        assert ended[0].status == 503
        assert "stopped in haste" in ended[0].json()["errors"][0]["detail"]


def test_one_signal_to_all_processes_lets_a_build_end(tmp_path: Path, held: HeldHeat) -> None:
    """Ctrl-C signals the whole group of processes, and the parent passes its own on."""
    with Service(tmp_path, flags=("--workers", "2")) as service:
        enable(service)
        thread, ended = build(service, held)
        assert held.arrived.acquire(timeout=WAIT_SECONDS)
        for worker in service.children:
            os.kill(worker, signal.SIGINT)
        wait_until(lambda: service.log.count("stopping") == 2, "both workers are stopping")
        service.process.send_signal(signal.SIGINT)
        held.gate.set()
        thread.join(WAIT_SECONDS)
        assert isinstance(ended[0], Answer), ended
        assert ended[0].status == 201
        assert service.wait() == 0
