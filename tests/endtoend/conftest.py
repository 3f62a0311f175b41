"""The clouds are those of the contract; one service has every example, another all definitions of earlier releases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.clouds import Cloud, Stacks, wait_for
from tests.contract.conftest import cloud
from tests.endtoend.launches import CLUSTER, SETTLE_SECONDS
from tests.service import Service

__all__ = ["cloud"]

LEGACY = Path(__file__).parent.parent / "examples" / "legacy"


@pytest.fixture
def stacks(cloud: Cloud) -> Iterator[Stacks]:
    """A client of the project's stacks; those of these tests, of this one and of any that was broken off, are deleted.

    It waits for the deletion: what is left of one cluster would count against what the project may have.
    """
    stacks = Stacks(cloud)
    _delete_all(stacks)
    yield stacks
    _delete_all(stacks)


def _delete_all(stacks: Stacks) -> None:
    def remaining() -> list[Any]:
        return [stack for stack in stacks.client.stacks.list() if stack.stack_name.startswith(f"{CLUSTER}--")]

    for stack in remaining():
        if stack.stack_status != "DELETE_IN_PROGRESS":
            stacks.client.stacks.delete(f"{stack.stack_name}/{stack.id}")
    wait_for(remaining, lambda left: not left, SETTLE_SECONDS)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, examples: Path) -> Iterator[Service]:
    """The service with every example enabled by a symbolic link."""
    service = Service(tmp_path_factory.mktemp("endtoend") / "instance")
    service.link(*examples.iterdir())
    with service:
        yield service


@pytest.fixture(scope="module")
def generic_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service with every definition of earlier releases, whose groups Concertim cannot read any more."""
    service = Service(tmp_path_factory.mktemp("endtoend") / "instance", {"PROFILE": "generic"})
    service.link(*(path for path in LEGACY.iterdir() if path.name != "templates"))
    with service:
        yield service
