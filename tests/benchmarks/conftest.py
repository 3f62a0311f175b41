"""What the benchmarks share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.benchmarks.running import fill, start_quietly
from tests.service import Service


@pytest.fixture(scope="module")
def text() -> str:
    """The smallest of the examples."""
    return (Path(__file__).parents[2] / "cluster-types-examples" / "self-contained.yaml").read_text()


@pytest.fixture
def serve(tmp_path: Path, text: str) -> Iterator[Callable[..., Service]]:
    """Starts services with so many types, and waits until all are listed.

    Each as a user would, with its output in a file: who reads a pipe here would slow down who asks.
    """
    running: list[Service] = []

    def start(number: int, **environment: str) -> Service:
        instance = tmp_path / f"instance-{number}-{len(running)}"
        fill(instance / "cluster-types-enabled", number, text)
        # Without looking for equal builds, which no two of these are: Heat is asked for nothing but stacks.
        to_file = ("sh", "-c", 'exec "$@" > "$0"', str(instance / "output"))
        service = Service(instance, {"LOG_LEVEL": "ERROR", "REPEAT_WINDOW": "0", **environment}, wrapper=to_file)
        running.append(start_quietly(service))
        return service

    yield start
    for service in running:
        if service.process.poll() is None:
            service.stop()
        assert service.process.stdout is not None
        service.process.stdout.close()
