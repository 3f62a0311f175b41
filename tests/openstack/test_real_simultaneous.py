"""Equal requests at the same moment, over HTTP to one process, on a real Heat: needs the ``OS_*`` variables."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
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


def test_six_requests_of_one_key_at_once_make_one_stack(service: Service, type_id: str) -> None:
    headers = {"Idempotency-Key": secrets.token_hex(16)}
    with ThreadPoolExecutor(COUNT) as people:
        answers = list(people.map(lambda _: build(service, type_id, "keyed", headers), range(COUNT)))
    assert [answer.status for answer in answers] == [201] * COUNT
    assert ever_made(type_id, "keyed") == [answers[0].json()["id"]]
    assert sorted("idempotent-replayed" in answer.headers for answer in answers) == [False] + [True] * (COUNT - 1)
