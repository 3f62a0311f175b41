"""The clouds are those of the contract; one service has every example, another all definitions of earlier releases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from heatclient.exc import HTTPConflict, HTTPNotFound

from tests.contract.clouds import Cloud, Stacks, wait_for
from tests.contract.conftest import cloud
from tests.endtoend.launches import CLUSTER, SETTLE_SECONDS
from tests.service import Service

__all__ = ["cloud"]

LEGACY = Path(__file__).parent.parent / "examples" / "legacy"


@pytest.fixture
def stacks(cloud: Cloud, abandoned: set[str]) -> Iterator[Stacks]:
    """A client of the project's stacks; those of these tests, of this one and of any that was broken off, are deleted.

    It waits for the deletion: what is left of one cluster would count against what the project may have.
    """
    stacks = Stacks(cloud)
    _delete_all(stacks, abandoned)
    yield stacks
    _delete_all(stacks, abandoned)


@pytest.fixture(scope="session")
def abandoned() -> set[str]:
    """The ids of stacks that could not be deleted: one test fails for them, the others do not wait for them again."""
    return set()


def _delete_all(stacks: Stacks, abandoned: set[str]) -> None:
    """Delete every stack of these tests.

    Heat can leave the stack of a group's member behind, without its owner, when the owner is deleted while the member
    is being created; its ports then keep the owner's network from being deleted. So such members are deleted as well,
    and what failed to be deleted is tried again.
    """

    def delete_remaining() -> dict[str, str]:
        everything = {stack.id: stack for stack in stacks.client.stacks.list(show_nested=True)}
        ours = [stack for key, stack in everything.items() if _is_ours(stack) and key not in abandoned]
        for stack in ours:
            if stack.stack_status != "DELETE_IN_PROGRESS" and stack.parent not in everything:
                with suppress(HTTPNotFound, HTTPConflict):
                    stacks.client.stacks.delete(f"{stack.stack_name}/{stack.id}")
        return {stack.id: f"{stack.stack_name}: {stack.stack_status_reason}" for stack in ours}

    try:
        wait_for(delete_remaining, lambda left: not left, SETTLE_SECONDS)
    except AssertionError:
        abandoned.update(delete_remaining())
        raise


def _is_ours(stack: Any) -> bool:
    return bool(stack.stack_name.startswith(f"{CLUSTER}--"))


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
