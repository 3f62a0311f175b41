"""One service for most scenarios: each works with ids of its own, and leaves the folders as it found them."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.privileges import unprivileged_prefix
from tests.service import Service
from tests.watching.world import World, definition, remove

SLOWEST = "seconds until a change was listed"

WRAPPER = """#!/bin/sh
exec {command} "$@"
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--watch-mode", choices=("auto", "poll"), default=os.environ.get("WATCH_MODE", "auto"))


@pytest.fixture(scope="session")
def watch_mode(request: pytest.FixtureRequest) -> str:
    """How the service notices changes: by inotify, or by rescans alone."""
    mode: str = request.config.getoption("--watch-mode", default="auto")
    return mode


@pytest.fixture(scope="session")
def environment(watch_mode: str) -> dict[str, str]:
    """With inotify the rescan is left out, as good as: whatever is noticed, an event has told."""
    interval = {"auto": "3600", "poll": "0.2"}[watch_mode]
    return {"WATCH": watch_mode, "RESCAN_INTERVAL": interval, "LOG_LEVEL": "INFO"}


@pytest.fixture(scope="session")
def shared_world(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Iterator[World]:
    """The service that most scenarios share."""
    with Service(tmp_path_factory.mktemp("watching") / "instance", environment) as service:
        world = World(service, environment["WATCH"])
        try:
            add_resident(world)
            yield world
        finally:
            world.client.close()


@pytest.fixture
def world(shared_world: World, request: pytest.FixtureRequest) -> Iterator[World]:
    """The shared service, with nothing enabled but one resident, which no scenario may disturb."""
    resident = shared_world.etag("resident")
    shared_world.begin()
    shared_world.slowest = 0.0
    yield shared_world
    request.node.user_properties.append((SLOWEST, shared_world.slowest))
    assert shared_world.etag("resident") == resident
    for folder in (shared_world.enabled, shared_world.available):
        for path in folder.iterdir():
            if path.name != "resident.yaml":
                remove(path)
    shared_world.wait(lambda: len(shared_world.catalogue()["entries"]) == 1, "all that was enabled is forgotten")


@pytest.fixture
def start(tmp_path: Path, environment: dict[str, str]) -> Iterator[Callable[..., World]]:
    """Starts services of the scenario's own, with one resident; the instance folder may be prepared before."""
    with ExitStack() as stack:

        def start_one(*, resident: bool = True, flags: tuple[str, ...] = (), **more: str) -> World:
            service = stack.enter_context(Service(tmp_path / "instance", environment | more, flags))
            world = World(service, (environment | more)["WATCH"])
            stack.callback(lambda: world.client.close())
            if resident:
                add_resident(world)
            return world

        yield start_one


def add_resident(world: World) -> None:
    """Enable a type that no scenario may disturb."""
    world.replace(world.enabled / "resident.yaml", definition("Always there"))
    world.wait(lambda: "resident" in world.listing(), "the resident is listed")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for found in terminalreporter.stats.values() for report in found]
    measured = {
        (seconds, report.head_line)
        for report in reports
        if isinstance(report, pytest.TestReport)
        for name, seconds in report.user_properties
        if name == SLOWEST
    }
    if measured:
        terminalreporter.write_line("slowest changes to be listed:")
        for seconds, name in sorted(measured, reverse=True)[:5]:
            terminalreporter.write_line(f"  {seconds:.2f} s {name}")


@pytest.fixture
def unprivileged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has services of this scenario run without root's privilege to read everything."""
    wrapper = tmp_path / "python"
    wrapper.write_text(WRAPPER.format(command=shlex.join((*unprivileged_prefix(), sys.executable))))
    wrapper.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(wrapper))
