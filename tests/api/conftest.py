"""One cloud and one service for each module; a service that a test sets up differently is its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from builder.sandbox import Sandbox
from tests.api.orders import FORM
from tests.emptying import empty
from tests.service import Service, wait_until


@pytest.fixture(scope="module")
def cloud() -> Iterator[Sandbox]:
    """A Keystone and a Heat."""
    with Sandbox(quota_stacks=100_000) as running:
        yield running


@pytest.fixture(scope="module")
def building(tmp_path_factory: pytest.TempPathFactory, examples: Path) -> Iterator[Service]:
    """A service that lists the shipped examples and the form of the tests."""
    service = Service(tmp_path_factory.mktemp("building") / "instance", {"LOG_LEVEL": "DEBUG"})
    prepare(service, examples)
    with service:
        wait_until(lambda: "form" in service.ids(), "listed")
        yield service


@pytest.fixture(scope="package")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("shared") / "instance") as running:
        yield running


@pytest.fixture
def emptied(shared: Service) -> Service:
    """A service with nothing enabled, shared by the tests that do not end it."""
    empty(shared)
    return shared


@pytest.fixture
def service(emptied: Service) -> Service:
    """The same, in the place of one of the test's own."""
    return emptied


def prepare(service: Service, examples: Path | None = None) -> None:
    """Enable the form, and the examples."""
    service.enabled.mkdir(parents=True)
    (service.enabled / "form.yaml").write_text(FORM)
    if examples is not None:
        service.link(*examples.iterdir())
