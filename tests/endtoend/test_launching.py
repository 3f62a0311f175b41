"""From a definition on disk to a finished cluster: the running service, real HTTP, and a real cloud.

What needs no more than Heat also runs against the sandbox, in the ordinary suite.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.contract.clouds import Cloud, Stacks
from tests.endtoend.launches import CLUSTER, IMAGE_AND_KEY, TEST_SECONDS, Launch, finish, post
from tests.service import Service, wait_until

pytestmark = pytest.mark.timeout(TEST_SECONDS)

EARLIER_RELEASES = [
    Launch("single-file", {**IMAGE_AND_KEY, "clustername": "legacy-one"}),
    Launch("second-generation", {**IMAGE_AND_KEY, "clustername": "legacy-two"}),
]


@pytest.mark.parametrize("launch", EARLIER_RELEASES, ids=str)
def test_definition_of_an_earlier_release_reaches_create_complete(
    generic_service: Service, cloud: Cloud, stacks: Stacks, launch: Launch
) -> None:
    answer = launch.post(generic_service, cloud)
    stack = finish(stacks, answer)
    assert (stack.stack_status, stack.stack_status_reason) == ("CREATE_COMPLETE", "Stack CREATE completed successfully")
    assert stack.stack_name == answer.json()["name"]
    assert stack.stack_name.startswith(f"{CLUSTER}--")
    assert answer.headers["location"].endswith(f"/stacks/{stack.stack_name}/{stack.id}")


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
