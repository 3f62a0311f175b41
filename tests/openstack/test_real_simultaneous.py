"""Equal requests at the same moment, over HTTP to one process, on a real Heat: needs the ``OS_*`` variables."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from builder.kinds.heat.stack_creation import heat_client
from tests.openstack.real_cloud import cloud_env, connected, scratch_type
from tests.service import Answer, Service, minimal_definition, wait_until

pytestmark = [
    pytest.mark.openstack,
    pytest.mark.skipif("OS_AUTH_URL" not in os.environ, reason="needs OS_AUTH_URL and the rest"),
    pytest.mark.timeout(180),
]

COUNT = 6


@pytest.fixture(scope="module")
def type_id() -> Iterator[str]:
    with scratch_type() as made:
        yield made


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, type_id: str) -> Iterator[Service]:
    running = Service(tmp_path_factory.mktemp("simultaneous") / "instance")
    running.enabled.mkdir(parents=True)
    (running.enabled / f"{type_id}.yaml").write_text(minimal_definition())
    with running:
        wait_until(lambda: type_id in running.ids(), "listed")
        yield running


def build(service: Service, type_id: str, name: str, headers: dict[str, str]) -> Answer:
    body = {"cloud_env": cloud_env(), "cluster": {"cluster_type_id": type_id, "name": name}}
    return service.post("/clusters/", body, headers)


def ever_made(type_id: str, name: str) -> list[str]:
    """Every stack of a cluster's name, those that were deleted again included."""
    filters: dict[str, Any] = {"tags": f"concertim-type:{type_id}", "show_deleted": True}
    with connected() as cloud:
        found = heat_client(cloud).stacks.list(filters=filters)
        return [stack.id for stack in found if stack.stack_name.startswith(f"{name}--")]


def live(type_id: str, name: str) -> set[str]:
    """The stacks of a cluster's name that nobody has deleted."""
    with connected() as cloud:
        found = heat_client(cloud).stacks.list(filters={"tags": f"concertim-type:{type_id}"})
        return {
            stack.id
            for stack in found
            if stack.stack_name.startswith(f"{name}--") and not stack.stack_status.startswith("DELETE")
        }


def test_six_requests_of_one_key_at_once_make_one_stack(service: Service, type_id: str) -> None:
    headers = {"Idempotency-Key": secrets.token_hex(16)}
    with ThreadPoolExecutor(COUNT) as people:
        answers = list(people.map(lambda _: build(service, type_id, "keyed", headers), range(COUNT)))
    assert [answer.status for answer in answers] == [201] * COUNT
    assert ever_made(type_id, "keyed") == [answers[0].json()["id"]]
    assert sorted("idempotent-replayed" in answer.headers for answer in answers) == [False] + [True] * (COUNT - 1)


def test_six_equal_requests_without_a_key_at_once_make_one_stack(service: Service, type_id: str) -> None:
    with ThreadPoolExecutor(COUNT) as people:
        answers = list(people.map(lambda _: build(service, type_id, "clicked", {}), range(COUNT)))
    assert [answer.status for answer in answers] == [201] * COUNT
    assert ever_made(type_id, "clicked") == [answers[0].json()["id"]]


def test_clicks_that_reach_two_replicas_at_once_leave_one_stack(tmp_path: Path, service: Service, type_id: str) -> None:
    another = Service(tmp_path / "another")
    another.enabled.mkdir(parents=True)
    (another.enabled / f"{type_id}.yaml").write_text(minimal_definition())
    with another, ThreadPoolExecutor(2) as replicas:
        wait_until(lambda: type_id in another.ids(), "listed")
        answers = list(replicas.map(lambda each: build(each, type_id, "replicas", {}), (service, another)))
    assert [answer.status for answer in answers] == [201, 201]
    assert {answer.json()["id"] for answer in answers} == live(type_id, "replicas")
    assert len(live(type_id, "replicas")) == 1


def test_who_asks_again_later_gets_another_cluster(tmp_path: Path, type_id: str) -> None:
    running = Service(tmp_path / "later", {"REPEAT_WINDOW": "1"})
    running.enabled.mkdir(parents=True)
    (running.enabled / f"{type_id}.yaml").write_text(minimal_definition())
    with running:
        wait_until(lambda: type_id in running.ids(), "listed")
        first = build(running, type_id, "later", {}).json()["id"]
        wait_until(lambda: build(running, type_id, "later", {}).json()["id"] != first, "another one", 30.0)
    assert len(live(type_id, "later")) == 2


def test_the_type_is_told_in_an_output(service: Service, type_id: str) -> None:
    made = build(service, type_id, "telling", {}).json()
    with connected() as cloud:
        outputs = heat_client(cloud).stacks.get(f"{made['name']}/{made['id']}").outputs
    assert [(each["output_key"], each["output_value"]) for each in outputs] == [("concertim_cluster_type", type_id)]
