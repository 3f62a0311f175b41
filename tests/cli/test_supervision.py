"""Several workers, and what is done when one of them ends or cannot be started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service import STOP_SECONDS, Service, fetch, minimal_definition, wait_until


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Service]:
    """A service with two workers that are both there."""
    with Service(tmp_path / "instance", flags=("--workers", "2")) as service:
        (service.enabled / "a.yaml").write_text(minimal_definition())
        wait_until(lambda: len(workers(service)) == 2 and service.ids() == ["a"], "both started")
        yield service


def workers(service: Service) -> set[int]:
    """The processes that the service consists of, but the first."""
    first = service.process.pid
    return {int(child) for child in Path(f"/proc/{first}/task/{first}/children").read_text().split()}


def test_service_answers_again_after_each_of_its_workers_was_told_to_stop(pair: Service) -> None:
    before = workers(pair)
    for worker in before:
        os.kill(worker, signal.SIGTERM)
    wait_until(lambda: len(workers(pair) - before) == 2, "both replaced", STOP_SECONDS)
    assert fetch(pair.url + "/health", timeout=10).status == 200
    assert pair.stop() == 0


def test_worker_that_is_killed_before_it_had_done_all_is_told_of(pair: Service) -> None:
    victim, _ = workers(pair)
    os.kill(victim, signal.SIGSTOP)
    pair.process.send_signal(signal.SIGTERM)
    wait_until(lambda: ": stopping" in pair.log, "the other one told")
    os.kill(victim, signal.SIGKILL)
    assert pair.wait() == 1
    assert f"worker process {victim} was ended by SIGKILL before it had done all" in pair.log


FORK_THAT_FAILS_AT_FIRST = """
import errno, itertools, logging, os, signal
from builder.signals import hold_signals
from builder.supervision import supervise

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
print("well" if supervise([task], on_stop=lambda: None) else "ill")
"""


def test_worker_that_the_system_has_no_room_for_is_started_later() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FORK_THAT_FAILS_AT_FIRST], capture_output=True, text=True, timeout=STOP_SECONDS
    )
    assert ran.stderr == "no worker process can be started: Resource temporarily unavailable; trying again\n"
    assert ran.stdout == "started\nwell\n"
