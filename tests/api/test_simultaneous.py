"""Equal requests at the same moment, in one process: one goes first, and the others find what it made."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from builder.sandbox import Sandbox
from tests.api.conftest import prepare
from tests.api.orders import by_ids, order, stack_names
from tests.openstack.remembering_heat import RememberingHeat
from tests.openstack.replay_cloud import Received
from tests.security.tokens import SECRET, bearer, make_token
from tests.service import Answer, Service, wait_until

KEY = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}
COUNT = 6


@pytest.fixture
def heat() -> Iterator[RememberingHeat]:
    with RememberingHeat() as running:
        running.created_at = running.now.strftime("%Y-%m-%dT%H:%M:%SZ")
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


def test_six_requests_of_one_key_at_once_make_one_stack(building: Service, heat: RememberingHeat) -> None:
    let_all_create(heat)
    answers = build_at_once(building, heat, KEY)
    assert [answer.status for answer in answers] == [201] * COUNT
    assert len(heat.posts_to_heat) == 1  # none was made and deleted again
    assert {answer.json()["id"] for answer in answers} == {heat.stacks[0].id}
    assert sorted("idempotent-replayed" in answer.headers for answer in answers) == [False] + [True] * (COUNT - 1)


def test_six_equal_requests_without_a_key_at_once_make_one_stack(building: Service, heat: RememberingHeat) -> None:
    let_all_create(heat)
    answers = build_at_once(building, heat, {})
    assert [answer.status for answer in answers] == [201] * COUNT
    assert len(heat.posts_to_heat) == 1
    assert {answer.json()["id"] for answer in answers} == {heat.stacks[0].id}
    assert sorted("idempotent-replayed" in answer.headers for answer in answers) == [False] + [True] * (COUNT - 1)


def test_who_wants_several_equal_clusters_gets_them_where_the_operator_says_so(
    tmp_path: Path, heat: RememberingHeat
) -> None:
    running = Service(tmp_path / "instance", {"REPEAT_WINDOW": "0"})
    prepare(running)
    let_all_create(heat)
    with running:
        wait_until(lambda: "form" in running.ids(), "listed")
        answers = build_at_once(running, heat, {})
    assert [answer.status for answer in answers] == [201] * COUNT
    assert len({answer.json()["name"] for answer in answers}) == len(heat.live) == COUNT
    assert not heat.looks  # and Heat is asked nothing but to create them


def test_a_second_click_that_reaches_another_replica_finds_the_cluster_of_the_first(
    tmp_path: Path, building: Service, cloud: Sandbox
) -> None:
    another = Service(tmp_path / "another")
    prepare(another)
    body = order(by_ids(cloud), name="clicked")
    with another:
        wait_until(lambda: "form" in another.ids(), "listed")
        first, second = building.post("/clusters/", body), another.post("/clusters/", body)
    assert (first.status, second.status) == (201, 201)
    assert (first.body, first.headers["location"]) == (second.body, second.headers["location"])
    assert ("idempotent-replayed" in first.headers, second.headers["idempotent-replayed"]) == (False, "true")
    assert [name for name in stack_names(cloud) if name.startswith("clicked--")] == [first.json()["name"]]


def test_a_second_click_may_have_another_token_but_not_that_of_somebody_else(tmp_path: Path, cloud: Sandbox) -> None:
    running = Service(tmp_path / "guarded", {"JWT_SECRET": SECRET})
    prepare(running)
    body = order(by_ids(cloud), name="guarded")

    def build(**claims: Any) -> str:
        built = running.post("/clusters/", body, bearer(make_token(**claims)))
        assert built.status == 201, built.body
        return str(built.json()["id"])

    with running:
        wait_until(lambda: "form" in running.ids(), "listed")
        first = build()
        assert build(seconds=90) == first
        assert len({first, build(sub="ada"), build(sub="grace")}) == 3
