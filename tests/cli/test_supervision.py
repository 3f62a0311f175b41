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
