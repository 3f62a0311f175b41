"""One wish, one cluster: what ``Idempotency-Key`` promises. Against real Heat: ``tests/openstack``."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from builder.sandbox import Sandbox
from builder.sandbox.wire.accounts import find_credentials
from tests.api.orders import FORM, WRONG_PASSWORD, assert_refused, by_ids, order, stack_names
from tests.sandbox.clients import Member
from tests.service import Answer, Service, wait_until

COMPONENT = """\
heat_template_version: 2021-04-16
parameters:
  clustername: {type: string, label: Name}
resources:
  %s: {type: OS::Heat::RandomString, properties: {length: 8}}
"""
OPTIONAL = {
    "components/base.yaml": COMPONENT % "secret",
    "components/extra.yaml": COMPONENT % "another",
    "cluster-type.yaml": """\
kind: heat
title: Optional
description: One component can be left out.
components:
  - name: base
  - name: extra
    optional: true
""",
}
"""A cluster type with an optional component, by file."""


@pytest.fixture
def key() -> str:
    return str(uuid.uuid4())


def build(service: Service, cloud: Sandbox, key: str, **cluster: Any) -> Answer:
    return service.post("/clusters/", order(by_ids(cloud), **cluster), {"Idempotency-Key": key})


def test_repeated_request_gets_the_same_answer_and_makes_nothing(building: Service, cloud: Sandbox, key: str) -> None:
    first = build(building, cloud, key)
    second = build(building, cloud, f'"{key}"')
    assert (first.status, second.status) == (201, 201)
    assert first.body == second.body
    assert first.headers["location"] == second.headers["location"]
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert stack_names(cloud).count(first.json()["name"]) == 1
    assert b'duration_seconds_count{kind="heat",outcome="replayed"}' in building.get("/metrics").body


def test_same_key_with_another_wish_is_422(building: Service, cloud: Sandbox, key: str) -> None:
    assert build(building, cloud, key).status == 201
    changes: list[dict[str, Any]] = [{"name": "another"}, {"parameters": {"count": 2}}]
    for changed in changes:
        answer = build(building, cloud, key, **changed)
        assert_refused(answer, 422, ("Idempotency key reused", None))


def test_same_key_with_another_selection_is_422(building: Service, cloud: Sandbox, key: str) -> None:
    folder = building.enabled / "optional"
    (folder / "components").mkdir(parents=True)
    for name, text in OPTIONAL.items():
        (folder / name).write_text(text)
    wait_until(lambda: "optional" in building.ids(), "listed")
    wish: dict[str, Any] = {"cluster_type_id": "optional"}
    assert build(building, cloud, key, **wish, selections={"extra": True}).status == 201
    answer = build(building, cloud, key, **wish, selections={"extra": False})
    assert_refused(answer, 422, ("Idempotency key reused", None))


def test_key_belongs_to_a_project(building: Service, cloud: Sandbox, key: str) -> None:
    other = find_credentials("alt_demo")
    env = by_ids(cloud, user_id=other.user_id, project_id=other.project_id)
    theirs = building.post("/clusters/", order(env), {"Idempotency-Key": key})
    ours = build(building, cloud, key)
    assert (theirs.status, ours.status) == (201, 201)
    assert theirs.json()["id"] != ours.json()["id"]
    assert theirs.json()["name"] != ours.json()["name"]


def test_two_requests_at_the_same_instant_make_one_stack(building: Service, cloud: Sandbox, key: str) -> None:
    with ThreadPoolExecutor(2) as people:
        answers = list(people.map(lambda _: build(building, cloud, key, name="simultaneous"), range(2)))
    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0].body == answers[1].body
    (name,) = [name for name in stack_names(cloud) if name.startswith("simultaneous--")]
    assert name == answers[0].json()["name"]
    assert sorted("idempotent-replayed" in answer.headers for answer in answers) == [False, True]


def test_key_whose_cluster_was_deleted_is_409(building: Service, cloud: Sandbox, key: str) -> None:
    made = build(building, cloud, key).json()
    Member(cloud).delete(f"{made['name']}/{made['id']}")
    assert_refused(build(building, cloud, key), 409, ("Conflict", None))


@pytest.fixture
def passing(building: Service) -> Iterator[Path]:
    """A cluster type that changes: the file of its definition."""
    file = building.enabled / "passing.yaml"
    file.write_text(FORM)
    wait_until(lambda: "passing" in building.ids(), "listed")
    yield file
    file.unlink(missing_ok=True)
    wait_until(lambda: "passing" not in building.ids(), "withdrawn")


def narrow(building: Service, passing: Path) -> None:
    """Let the type take fewer than it took."""
    passing.write_text(FORM.replace("max: 5", "max: 2").replace("title: Form", "title: Narrow"))
    wait_until(lambda: building.get("/cluster-types/passing").json()["title"] == "Narrow", "edited")


def withdraw(building: Service, passing: Path) -> None:
    """Disable the type."""
    passing.unlink()
    wait_until(lambda: "passing" not in building.ids(), "withdrawn")


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (narrow, ("Invalid parameter", "/cluster/parameters/count")),
        (withdraw, ("Unknown cluster type", "/cluster/cluster_type_id")),
    ],
)
def test_repeated_request_finds_its_cluster_whatever_became_of_the_type(
    building: Service,
    cloud: Sandbox,
    key: str,
    passing: Path,
    change: Callable[[Service, Path], None],
    refusal: tuple[str, str],
) -> None:
    wish: dict[str, Any] = {"cluster_type_id": "passing", "parameters": {"count": 5}}
    first = build(building, cloud, key, **wish)
    change(building, passing)
    second = build(building, cloud, key, **wish)
    assert (first.status, second.status) == (201, 201), second.body
    assert first.body == second.body
    assert first.headers["location"] == second.headers["location"]
    assert second.headers["idempotent-replayed"] == "true"
    for another in (str(uuid.uuid4()), '"broken'):
        assert_refused(build(building, cloud, another, **wish), 400, refusal)
    assert_refused(build(building, cloud, key, **wish, name="another"), 400, refusal)
    body = order(by_ids(cloud), **wish)
    assert_refused(building.post("/clusters/", body), 400, refusal)
    assert_refused(building.post("/clusters/?dry_run=1", body, {"Idempotency-Key": key}), 400, refusal)


def count_builds(building: Service, outcome: str) -> int:
    sample = re.compile(rf'_build_duration_seconds_count{{kind="heat",outcome="{outcome}"}} ([0-9.]+)')
    found = sample.search(building.get("/metrics").body.decode())
    return int(float(found[1])) if found else 0


@pytest.mark.parametrize("change", [narrow, withdraw])
def test_repeated_request_is_logged_and_measured_whatever_became_of_the_type(
    building: Service, cloud: Sandbox, key: str, passing: Path, change: Callable[[Service, Path], None]
) -> None:
    wish: dict[str, Any] = {"cluster_type_id": "passing", "parameters": {"count": 5}}
    made = build(building, cloud, key, **wish).json()
    change(building, passing)
    before = count_builds(building, "replayed")
    assert build(building, cloud, key, **wish).status == 201
    assert build(building, cloud, str(uuid.uuid4()), **wish).status == 400
    assert count_builds(building, "replayed") == before + 1
    told = [line for line in building.settled_log().splitlines() if "cluster built" in line and made["id"] in line]
    assert [("outcome=created" in line, "outcome=replayed" in line) for line in told] == [(True, False), (False, True)]


def test_refused_request_with_a_key_is_told_its_faults_where_the_cloud_cannot_tell(
    building: Service, cloud: Sandbox, key: str
) -> None:
    body = order(by_ids(cloud, password=WRONG_PASSWORD), parameters={"count": 9})
    answer = building.post("/clusters/", body, {"Idempotency-Key": key})
    assert_refused(answer, 400, ("Invalid parameter", "/cluster/parameters/count"))


def test_refused_retry_is_told_the_clouds_failure_where_its_cluster_may_exist(
    building: Service, key: str, passing: Path
) -> None:
    with Sandbox() as gone:
        body = order(by_ids(gone), cluster_type_id="passing")
        assert building.post("/clusters/", body, {"Idempotency-Key": key}).status == 201
    withdraw(building, passing)
    before = count_builds(building, "502")
    again = building.post("/clusters/", body, {"Idempotency-Key": key})
    assert_refused(again, 502, ("Cloud unreachable", None))
    assert count_builds(building, "502") == before + 1


def test_dry_run_takes_no_notice_of_the_key(building: Service, cloud: Sandbox, key: str) -> None:
    headers = {"Idempotency-Key": key}
    assert building.post("/clusters/?dry_run=1", order(by_ids(cloud)), headers).status == 200
    assert build(building, cloud, key, name="another").status == 201
