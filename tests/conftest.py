"""What all the tests share."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from builder.pattern_matching import matching
from tests import service as services
from tests.openstack.replay_cloud import ReplayCloud, Trap
from tests.service import WAIT_SECONDS, Service

EXAMPLES = Path(__file__).parent.parent / "cluster-types-examples"


LONGEST = [
    "billing/test_interruptions",
    "cli/test_serve",
    "billing",
    "cli",
    "watching",
    "api",
    "security",
    "fuzz",
    "logs",
]
"""Files and rooms of tests that take longest, in this order: they start services, and wait for them. What is begun last
is then short, and no process is still busy with one file while all others have ended."""


settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")  # on a busy machine anything is slow, and no test asserts a time

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as for `make test &` in a script, and inherited by the services
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Keep the garbage collector from what is collected, which stays: a sixth of collecting, in every process."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {path: _find_place(path) for path in {item.path for item in items}}
    items.sort(key=lambda item: places[item.path])  # within a file tests keep their order


def _find_place(path: Path) -> int:
    name = path.relative_to(Path(__file__).parent).as_posix()
    return next((place for place, start in enumerate(LONGEST) if name.startswith(start)), len(LONGEST))


STARTED_FOR_THEMSELVES = frozenset({"benchmarks", "rolling", "soak"})
"""Rooms of tests that measure: their services are not forked. What is about starting is run both ways, forked and, by
``make test-exhaustive``, not."""


@pytest.fixture(scope="module", autouse=True)
def starts(request: pytest.FixtureRequest) -> Iterator[None]:
    """Have the services of some rooms started for themselves: see :data:`tests.service.FORKS`."""
    with pytest.MonkeyPatch.context() as patch:
        if request.path.relative_to(Path(__file__).parent).parts[0] in STARTED_FOR_THEMSELVES:
            patch.setattr(services, "FORKS", False)
        yield


@pytest.fixture(scope="session")
def examples() -> Path:
    """The folder of the shipped examples."""
    return EXAMPLES


@pytest.fixture(scope="session", autouse=True)
def matching_is_waited_for() -> None:
    """Have a process that matches patterns waited for as long as everything else that a busy machine may do late."""
    matching._BUSY_TIMEOUT = WAIT_SECONDS


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A service of the test's own, with nothing enabled."""
    with Service(tmp_path / "instance") as running:
        yield running


@pytest.fixture
def cloud() -> Iterator[ReplayCloud]:
    """A cloud that answers as it is told to."""
    with ReplayCloud() as server:
        yield server


@pytest.fixture
def trap() -> Iterator[Trap]:
    """A host that is to be asked for nothing."""
    with Trap() as server:
        yield server
