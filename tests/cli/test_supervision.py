"""Several workers, and what is done when one of them ends or cannot be started."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service import STOP_SECONDS, Service, fetch, minimal_definition, wait_until


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Service]:
    """A service with two workers that are both there."""
    with Service(tmp_path / "instance", flags=("--workers", "2")) as service:
        (service.enabled / "a.yaml").write_text(minimal_definition())
        wait_until(lambda: len(service.children) == 2 and service.ids() == ["a"], "both started")
        yield service


def test_service_answers_again_after_each_of_its_workers_was_told_to_stop(pair: Service) -> None:
    before = set(pair.children)
    for worker in before:
        os.kill(worker, signal.SIGTERM)
    wait_until(lambda: len(set(pair.children) - before) == 2, "both replaced", STOP_SECONDS)
    assert fetch(pair.url + "/health", timeout=10).status == 200
    assert pair.stop() == 0


@pytest.mark.parametrize("count", ["1", "2"])
def test_signals_that_mean_nothing_change_nothing(tmp_path: Path, count: str) -> None:
    with Service(tmp_path / "instance", flags=("--workers", count)) as service:
        wait_until(lambda: len(service.children) == (2 if count == "2" else 0), "all started")
        wait_until(lambda: all(service.get("/ready").status == 200 for _ in range(10)), "each has loaded")
        processes = {service.process.pid, *service.children}
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            for process in processes:
                os.kill(process, number)
        wait_until(lambda: all(service.get("/ready").status == 200 for _ in range(10)), "each serves as before")
        assert {service.process.pid, *service.children} == processes
        assert "stopping" not in service.settled_log()
        assert service.stop() == 0


def test_worker_that_is_killed_before_it_had_done_all_is_told_of(pair: Service) -> None:
    victim, _ = pair.children
    os.kill(victim, signal.SIGSTOP)
    pair.process.send_signal(signal.SIGTERM)
    wait_until(lambda: ": stopping" in pair.log, "the other one told")
    os.kill(victim, signal.SIGKILL)
    assert pair.wait() == 1
    assert f"worker process {victim} was ended by SIGKILL before it had done all" in pair.log


WORKER_THAT_ENDS_UNNOTICED = """
import os
from builder.api.metrics import Metrics, forget_worker
from builder.catalogue.snapshot import EMPTY

def show():
    shown = Metrics().render().decode()
    return "http_requests_total{" in shown, "cluster_types{" in shown

worker = os.fork()
if not worker:
    metrics = Metrics()
    metrics.observe_reload(EMPTY, 0.1)
    metrics.count_request("/health", "GET", 200)
    os._exit(0)
os.waitpid(worker, 0)
print(*show())
forget_worker(worker)
print(*show())
"""


def test_what_a_worker_says_of_its_present_is_shown_until_its_parent_knows_of_its_end(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", WORKER_THAT_ENDS_UNNOTICED],
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)},
        capture_output=True, text=True, check=True, timeout=STOP_SECONDS,
    )  # fmt: skip
    assert ran.stdout == "True True\nTrue False\n"


def test_what_a_killed_worker_said_of_its_present_is_left_out_of_the_metrics(tmp_path: Path) -> None:
    folder = tmp_path / "metrics"
    environment = {"PROMETHEUS_MULTIPROC_DIR": str(folder)}
    with Service(tmp_path / "instance", environment, flags=("--workers", "2")) as service:
        wait_until(lambda: len(list(folder.glob("gauge_livemin_*.db"))) == 2, "both said something")
        victim, other = service.children
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: not list(folder.glob(f"gauge_live*_{victim}.db")), "forgotten", STOP_SECONDS)
        assert list(folder.glob(f"gauge_livemin_{other}.db"))
        answer = service.get("/metrics")
        assert "cluster_builder_cluster_types{" in answer.body.decode(), service.log


def test_metrics_are_shown_while_a_worker_makes_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "metrics"
    environment = {"PROMETHEUS_MULTIPROC_DIR": str(folder)}
    with Service(tmp_path / "instance", environment, flags=("--workers", "2")) as service:
        (folder / "gauge_livemin_4194305.db").touch()  # of no process: ids end before it
        wait_until(lambda: "cluster_builder_cluster_types{" in service.get("/metrics").body.decode(), "shown")


def test_stop_resets_no_connection_where_a_worker_was_killed_before(pair: Service) -> None:
    victim, _ = pair.children
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: "was ended by SIGKILL; starting another" in pair.log, "its end was noticed")
    clients = [Client(pair.url) for _ in range(8)]
    for client in clients:
        client.start()
    wait_until(lambda: all(client.answers for client in clients), "all of them were answered")
    pair.process.send_signal(signal.SIGTERM)
    assert pair.wait() == 0
    for client in clients:
        client.join(STOP_SECONDS)
    assert [type(client.failure) for client in clients] == [ConnectionRefusedError] * len(clients)


class Client(threading.Thread):
    """Sends requests, each on a connection of its own, until one fails."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._address = url.removeprefix("http://")
        self.answers = 0
        self.failure: Exception | None = None

    def run(self) -> None:
        while self.failure is None:
            connection = http.client.HTTPConnection(self._address, timeout=STOP_SECONDS)
            try:
                connection.request("POST", "/clusters/", "{}", {"Content-Type": "application/json"})
                self.answers += bool(connection.getresponse().read())
            except (OSError, http.client.HTTPException) as error:
                self.failure = error
            finally:
                connection.close()


FORK_THAT_FAILS_AT_FIRST = """
import errno, itertools, logging, os, signal
from builder.process.signals import hold_signals
from builder.process.supervision import Supervisor

fork, calls = os.fork, itertools.count()

def fork_later():
    if next(calls) == 0:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    return fork()

def task():
    print("started", flush=True)
    os.kill(os.getppid(), signal.SIGTERM)

os.fork = fork_later
logging.basicConfig(format="%(message)s")
hold_signals()
print("well" if Supervisor([task], on_stop=lambda: None, on_end=lambda *_: None).run() else "ill")
"""


def test_worker_that_the_system_has_no_room_for_is_started_later() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FORK_THAT_FAILS_AT_FIRST], capture_output=True, text=True, timeout=STOP_SECONDS
    )
    assert ran.stderr == "no worker process can be started: Resource temporarily unavailable; trying again\n"
    assert ran.stdout == "started\nwell\n"
