"""Equal requests at the same moment, in one process: one goes first, and the others find what it made."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.api.conftest import prepare
from tests.api.orders import order
from tests.openstack.remembering_heat import RememberingHeat
from tests.openstack.replay_cloud import Received
from tests.service import Answer, Service, wait_until

KEY = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}
COUNT = 6


@pytest.fixture
def heat() -> Iterator[RememberingHeat]:
    with RememberingHeat() as cloud:
        yield cloud


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    running = Service(tmp_path / "instance")
    prepare(running)
    with running:
        wait_until(lambda: "form" in running.ids(), "listed")
        yield running


def let_all_create(heat: RememberingHeat) -> None:
    """Have Heat hold every creation until as many as there are requests are there, or only one will come."""
    together = threading.Barrier(COUNT)

    def meet(_: Received) -> None:
        try:
            together.wait(1.0)
        except threading.BrokenBarrierError:
            heat.hooks.before_writing = lambda _: None

    heat.hooks.before_writing = meet


def build_at_once(service: Service, heat: RememberingHeat, headers: dict[str, str]) -> list[Answer]:
    body = order(heat.credentials())
    with ThreadPoolExecutor(COUNT) as people:
        return list(people.map(lambda _: service.post("/clusters/", body, headers), range(COUNT)))


def test_six_requests_of_one_key_at_once_make_one_stack(service: Service, heat: RememberingHeat) -> None:
    let_all_create(heat)
    answers = build_at_once(service, heat, KEY)
    assert [answer.status for answer in answers] == [201] * COUNT
    assert len(heat.posts_to_heat) == 1  # none was made and deleted again
    assert {answer.json()["id"] for answer in answers} == {heat.stacks[0].id}
    assert sorted("idempotent-replayed" in answer.headers for answer in answers) == [False] + [True] * (COUNT - 1)
