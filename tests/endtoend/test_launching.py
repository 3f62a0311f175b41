"""From a definition on disk to a finished cluster: the running service, real HTTP, and a real cloud.

What needs no more than Heat also runs against the sandbox, in the ordinary suite.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from keystoneauth1.exceptions import EndpointNotFound

from tests.contract.clouds import Cloud, Stacks, wait_for
from tests.service import Answer, Service, wait_until

LEGACY = Path(__file__).parent.parent / "examples" / "legacy"

CLUSTER = "endtoend"
"""The name of every cluster here."""

SETTLE_SECONDS = 150.0
"""A control plane on two cores has moments in which it does nothing for half a minute."""

pytestmark = pytest.mark.timeout(3 * SETTLE_SECONDS + 180)


@dataclass(frozen=True, slots=True)
class Launch:
    """One cluster to launch; it takes Nova, Neutron and Glance unless it needs ``heat_only``."""

    cluster_type: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    selections: Mapping[str, bool] = field(default_factory=dict)
    heat_only: bool = False

    def __str__(self) -> str:
        selected = [name for name, is_wanted in self.selections.items() if is_wanted]
        return "+".join([self.cluster_type, *selected])


IMAGE_AND_KEY = {"image": "fedora-coreos", "key_name": "test-key"}

LAUNCHES = [
    Launch("self-contained", {"node_count": "2", "start_seconds": "1"}, heat_only=True),
    Launch("hpc-cluster", {**IMAGE_AND_KEY, "clustername": "hpc-test"}),
    Launch("database-cluster", {**IMAGE_AND_KEY, "owner_password": "long-enough-12345"}),
    Launch("dask-cluster", IMAGE_AND_KEY, {"notebook": False, "monitoring": False}),
    Launch("dask-cluster", IMAGE_AND_KEY, {"notebook": True, "monitoring": True}),
    Launch("k3s-cluster", {**IMAGE_AND_KEY, "join_token": "0123456789abcdef0123"}),
    Launch("single-file", {**IMAGE_AND_KEY, "clustername": "legacy-one"}),
    Launch("second-generation", {**IMAGE_AND_KEY, "clustername": "legacy-two"}),
]


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
    """The service with every example and every definition of earlier releases enabled by a symbolic link."""
    service = Service(tmp_path_factory.mktemp("endtoend") / "instance")
    service.link(*examples.iterdir(), *(path for path in LEGACY.iterdir() if path.name != "templates"))
    with service:
        yield service


def post(service: Service, cloud: Cloud, cluster: Mapping[str, Any], **cloud_env: Any) -> Answer:
    """Post a build as the Visualisation App does; where the cloud is late, once more, as docs/api.md advises."""
    by_ids = {"user_id": cloud.user_id, "project_id": cloud.project_id}
    credentials = {"auth_url": cloud.auth_url, "password": cloud.password, **(cloud_env or by_ids)}
    body = {"cloud_env": credentials, "cluster": cluster, "billing_account_id": None, "middleware_url": "http://x"}
    key = {"Idempotency-Key": f'"{os.urandom(8).hex()}"'}
    answer = service.post("/clusters/", body, key)
    return service.post("/clusters/", body, key) if answer.status == 504 else answer


def finish(stacks: Stacks, answer: Answer) -> Any:
    """Wait for the stack that an answer names, and give what became of it."""
    assert answer.status == 201, answer.body
    return stacks.settle(answer.json()["id"], SETTLE_SECONDS)


@pytest.mark.parametrize("launch", LAUNCHES, ids=str)
def test_cluster_type_reaches_create_complete(service: Service, cloud: Cloud, stacks: Stacks, launch: Launch) -> None:
    if not launch.heat_only:
        require_compute(cloud)
    cluster = {
        "cluster_type_id": launch.cluster_type,
        "name": CLUSTER,
        "parameters": launch.parameters,
        "selections": launch.selections,
    }
    answer = post(service, cloud, cluster)
    stack = finish(stacks, answer)
    assert (stack.stack_status, stack.stack_status_reason) == ("CREATE_COMPLETE", "Stack CREATE completed successfully")
    assert stack.stack_name == answer.json()["name"]
    assert stack.stack_name.startswith(f"{CLUSTER}--")
    assert answer.headers["location"].endswith(f"/stacks/{stack.stack_name}/{stack.id}")


def require_compute(cloud: Cloud) -> None:
    """Skip where the cloud has Heat alone."""
    try:
        cloud.session().get_endpoint(service_type="compute", region_name=cloud.region_name)
    except EndpointNotFound:
        pytest.skip("this cloud has no compute service")
    if cloud.session().get_endpoint(service_type="compute", region_name=cloud.region_name) is None:
        pytest.skip("this cloud has no compute service")


@pytest.mark.parametrize("version", ["/v3", ""])
@pytest.mark.parametrize("naming", ["ids", "names", "names-by-domain-ids", "name-and-project-id"])
def test_any_way_to_name_user_and_project_launches(
    service: Service, cloud: Cloud, stacks: Stacks, naming: str, version: str
) -> None:
    ways: dict[str, dict[str, str]] = {
        "ids": {"user_id": cloud.user_id, "project_id": cloud.project_id},
        "names": {
            "username": cloud.username,
            "user_domain_name": cloud.user_domain_name,
            "project_name": cloud.project_name,
            "project_domain_name": cloud.project_domain_name,
        },
        "names-by-domain-ids": {
            "username": cloud.username,
            "user_domain_id": cloud.user_domain_id,
            "project_name": cloud.project_name,
            "project_domain_id": cloud.project_domain_id,
        },
        "name-and-project-id": {
            "username": cloud.username,
            "user_domain_name": cloud.user_domain_name,
            "project_id": cloud.project_id,
        },
    }
    cluster = {"type_id": "self-contained", "name": CLUSTER, "parameters": {"start_seconds": 0}}
    answer = post(service, cloud, cluster, **ways[naming], auth_url=cloud.base_url + version)
    assert finish(stacks, answer).stack_status == "CREATE_COMPLETE"


def test_definition_enabled_while_it_runs_is_listed_and_launched(
    service: Service, cloud: Cloud, stacks: Stacks, examples: Path
) -> None:
    definition = service.enabled / "mine.yaml"
    definition.write_text((examples / "self-contained.yaml").read_text())
    wait_until(lambda: "mine" in service.ids(), "listed")
    answer = post(service, cloud, {"cluster_type_id": "mine", "name": CLUSTER, "parameters": {"start_seconds": "0"}})
    assert finish(stacks, answer).stack_status == "CREATE_COMPLETE"
    definition.unlink()
    wait_until(lambda: "mine" not in service.ids(), "withdrawn")


SECRETIVE = """\
kind: heat
title: Secretive
description: Its template keeps nothing secret; the definition does.
parameters:
  asked: {type: string, hidden: true, immutable: true}
  open: {type: string, default: shown}
hardcoded_parameters:
  fixed: fixed-secret
parameter_overrides:
  fixed: {hidden: true}
heat_template:
  heat_template_version: 2021-04-16
  parameters:
    asked: {type: string}
    open: {type: string}
    fixed: {type: string}
  resources:
    all: {type: OS::Heat::Value, properties: {value: [{get_param: asked}, {get_param: open}, {get_param: fixed}]}}
"""


def test_what_a_definition_hides_or_makes_immutable_is_so_for_heat(
    service: Service, cloud: Cloud, stacks: Stacks
) -> None:
    (service.enabled / "secretive.yaml").write_text(SECRETIVE)
    wait_until(lambda: "secretive" in service.ids(), "listed")
    cluster = {"cluster_type_id": "secretive", "name": CLUSTER, "parameters": {"asked": "asked-secret"}}
    stack = finish(stacks, post(service, cloud, cluster))
    shown = {name: value for name, value in stack.parameters.items() if not name.startswith("OS::")}
    assert shown == {"asked": "******", "open": "shown", "fixed": "******"}
    sent = stacks.client.stacks.template(stack.id)["parameters"]
    assert [name for name, attributes in sent.items() if attributes.get("immutable")] == ["asked"]


def test_service_killed_before_its_answer_makes_no_second_cluster(
    cloud: Cloud, stacks: Stacks, tmp_path: Path, examples: Path
) -> None:
    """Two services stand for one that was killed and started again, or for two replicas: nothing is kept in either."""
    cluster = {"cluster_type_id": "self-contained", "name": CLUSTER, "parameters": {"start_seconds": "0"}}
    credentials = {"auth_url": cloud.auth_url, "password": cloud.password}
    body = {
        "cloud_env": {**credentials, "user_id": cloud.user_id, "project_id": cloud.project_id},
        "cluster": cluster,
    }
    key = {"Idempotency-Key": f'"{os.urandom(8).hex()}"'}
    answers = []
    for number in range(2):
        service = Service(tmp_path / str(number))
        service.link(examples / "self-contained.yaml")
        with service:
            answers.append(service.post("/clusters/", body, key))
            service.process.kill()
    first, second = answers
    assert (first.status, second.status) == (201, 201)
    assert first.json() == second.json()
    assert (first.headers.get("idempotent-replayed"), second.headers.get("idempotent-replayed")) == (None, "true")
    assert finish(stacks, first).stack_status == "CREATE_COMPLETE"
