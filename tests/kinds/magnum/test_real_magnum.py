"""What only a real Magnum can prove: needs the ``OS_*`` variables, and ``container-infra`` in the cloud's catalogue.

The clusters are made from the first cluster template that the project may use; ``MAGNUM_TEMPLATE`` names another.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from builder.clusters.names import CreatedStack
from builder.kinds.magnum.wire import delete_cluster, find_stack_id, list_clusters
from builder.openstack.assets import fetch_assets
from builder.openstack.call_context import Service
from builder.openstack.cloud_services import SERVICE_TYPES, has_service
from builder.openstack.credentials import parse_credentials
from builder.openstack.deadline import Deadline
from tests.contract.clouds import wait_for
from tests.openstack.real_cloud import SETTINGS, cloud_env, connected
from tests.service import Answer, wait_until
from tests.service import Service as Builder

pytestmark = [
    pytest.mark.openstack,
    pytest.mark.skipif("OS_AUTH_URL" not in os.environ, reason="needs OS_AUTH_URL and the rest"),
    pytest.mark.timeout(180),
    # openstacksdk uses an argument of its own that it has announced to remove.
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack"),
]

DEFINITION = """\
kind: magnum
title: Kubernetes
description: A cluster of Magnum.
magnum_cluster_template: {template}
parameters:
  clustername: {{type: string}}
  keypair: {{type: string, default: "", constraints: [{{custom_constraint: nova.keypair}}]}}
  node_count: {{type: number, default: 1}}
  master_count: {{type: number, default: 1, constraints: [{{modulo: {{step: 1, offset: 0}}}}]}}
  flavor_id: {{type: string, default: ""}}
  fixed_network: {{type: string, default: ""}}
  fixed_subnet: {{type: string, default: ""}}
  docker_volume_size: {{type: number, default: 5}}
  labels.mine: {{type: string, default: ""}}
hardcoded_parameters: {{create_timeout: 30, labels.fixed: true}}
"""


@pytest.fixture(scope="module")
def template() -> str:
    with connected() as cloud:
        if not has_service(cloud, Service.CONTAINER_INFRA):
            pytest.skip("this cloud's catalogue has no container-infra: it has no Magnum")
        endpoint = {"service_type": SERVICE_TYPES[Service.CONTAINER_INFRA], "region_name": cloud.region_name}
        found = cloud.session.get("/clustertemplates", endpoint_filter=endpoint).json()["clustertemplates"]
    names = [each["name"] for each in found if not each.get("hidden")]
    chosen = os.environ.get("MAGNUM_TEMPLATE") or next(iter(names), None)
    if chosen is None:
        pytest.skip("this cloud has no cluster template of Magnum")
    return chosen


@pytest.fixture(scope="module")
def keypair() -> str:
    found = fetch_assets(parse_credentials(cloud_env()), SETTINGS, Deadline(50)).get("keypairs")
    return found[0]["name"] if found else ""


@pytest.fixture(scope="module")
def kube(tmp_path_factory: pytest.TempPathFactory, template: str) -> Iterator[Builder]:
    """A service with a type of that template, and one of a template that is not there; its clusters go in the end."""
    builder = Builder(tmp_path_factory.mktemp("kube") / "instance")
    builder.enabled.mkdir(parents=True)
    type_id = f"kube-{secrets.token_hex(4)}"
    definition = DEFINITION.format(template=template)
    (builder.enabled / f"{type_id}.yaml").write_text(definition)
    (builder.enabled / f"{type_id}-lost.yaml").write_text(definition.replace(f": {template}", ": no-such-template"))
    with builder:
        wait_until(lambda: builder.ids() == [type_id, f"{type_id}-lost"], "listed")
        yield builder
    with connected() as cloud:
        for cluster in list_clusters(cloud):
            if any(tag.startswith(f"concertim-type:{type_id}") for tag in cluster.tags) and cluster.is_live:
                delete_cluster(cloud, CreatedStack(cluster.id, cluster.name))


def ask(kube: Builder, key: str = "", path: str = "/clusters/", type_: int = 0, **parameters: Any) -> Answer:
    cluster = {"name": "mykube", "cluster_type_id": kube.ids()[type_], "parameters": parameters}
    headers = {"Idempotency-Key": key} if key else {}
    return kube.post(path, {"cloud_env": cloud_env(), "cluster": cluster}, headers)


def refusal(answer: Answer) -> tuple[int, str, str | None]:
    (error,) = answer.json()["errors"]
    return answer.status, error["title"], error.get("source", {}).get("pointer")


def find(id_: str) -> dict[str, Any]:
    with connected() as cloud:
        endpoint = {"service_type": SERVICE_TYPES[Service.CONTAINER_INFRA], "region_name": cloud.region_name}
        found: dict[str, Any] = cloud.session.get(f"/clusters/{id_}", endpoint_filter=endpoint).json()
        return found


def wait_until_complete(id_: str) -> None:
    wait_for(lambda: find(id_)["status"], lambda status: status == "CREATE_COMPLETE")


@pytest.mark.parametrize("nodes", ["2", "0"])
def test_cluster_is_created_as_it_was_asked_for(kube: Builder, keypair: str, nodes: str) -> None:
    answers: dict[str, Any] = {"keypair": keypair, "node_count": nodes, "labels.mine": "yes"}
    built = ask(kube, **answers)
    assert built.status == 201, built.body
    cluster = find(built.json()["id"])
    assert built.headers["location"].endswith(f"/clusters/{cluster['uuid']}")
    assert cluster["name"] == built.json()["name"]
    assert cluster["name"].startswith("mykube--")
    assert (cluster["node_count"], cluster["master_count"], cluster["create_timeout"]) == (int(nodes), 1, 30)
    labels = cluster["labels"]
    assert (labels["mine"], labels["fixed"], labels["concertim"]) == ("yes", "true", "true")
    assert labels["concertim_type"] == kube.ids()[0]


def test_cluster_becomes_complete_and_an_order_names_its_stack(kube: Builder, keypair: str) -> None:
    built = ask(kube, keypair=keypair).json()
    with connected() as cloud:
        ordered = find_stack_id(cloud, CreatedStack(built["id"], built["name"]))
    wait_until_complete(built["id"])
    assert ordered == (find(built["id"])["stack_id"] or built["id"])


@pytest.mark.parametrize(
    ("answers", "pointer"),
    [
        ({"keypair": "no-such-key"}, "keypair"),
        ({"flavor_id": "no-such-flavor"}, "flavor_id"),
        ({"fixed_network": "no-such-net"}, "fixed_network"),
        ({"master_count": 2}, "master_count"),
        ({"master_count": 0}, "master_count"),
        ({"node_count": -1}, "node_count"),
        ({"docker_volume_size": 0}, "docker_volume_size"),
    ],
)
def test_what_magnum_refuses_is_told_beside_the_field(
    kube: Builder, keypair: str, answers: dict[str, Any], pointer: str
) -> None:
    refused = ask(kube, **{"keypair": keypair, **answers})
    assert refusal(refused) == (400, "Parameter refused", f"/cluster/parameters/{pointer}"), refused.body


@pytest.mark.parametrize("path", ["/clusters/", "/clusters/?dry_run=true"])
def test_cluster_template_that_is_not_there_is_told_of_the_whole(kube: Builder, keypair: str, path: str) -> None:
    assert refusal(ask(kube, path=path, type_=1, keypair=keypair)) == (400, "Cluster refused", None)


def test_dry_run_creates_nothing_and_tells_the_limit(kube: Builder, keypair: str) -> None:
    shown = ask(kube, path="/clusters/?dry_run=true", keypair=keypair)
    assert shown.status == 200, shown.body
    (resource,) = shown.json()["resources"]
    assert (resource["type"], resource["count"]) == ("OS::Magnum::Cluster", 1)
    assert [limit["resource"] for limit in shown.json()["limits"]] == ["clusters"]
    with connected() as cloud:
        assert resource["names"][0] not in {cluster.name for cluster in list_clusters(cloud)}


def test_retry_with_a_key_finds_the_cluster_also_when_it_is_complete(kube: Builder, keypair: str) -> None:
    key = secrets.token_hex(16)
    first, second = ask(kube, key, keypair=keypair), ask(kube, key, keypair=keypair)
    assert (first.status, second.status, second.headers.get("idempotent-replayed")) == (201, 201, "true")
    assert first.json() == second.json()
    wait_until_complete(first.json()["id"])
    assert ask(kube, key, keypair=keypair).json() == first.json()
    assert ask(kube, key, keypair=keypair, node_count=2).status == 422


def test_second_click_gets_the_cluster_of_the_first(kube: Builder, keypair: str) -> None:
    first, second = (ask(kube, keypair=keypair, node_count=3) for _ in range(2))
    assert (first.status, second.status, second.headers.get("idempotent-replayed")) == (201, 201, "true")
    assert first.json() == second.json()


def test_key_of_a_deleted_cluster_makes_another(kube: Builder, keypair: str) -> None:
    key = secrets.token_hex(16)
    first = ask(kube, key, keypair=keypair).json()
    with connected() as cloud:
        delete_cluster(cloud, CreatedStack(first["id"], first["name"]))
    again = ask(kube, key, keypair=keypair)
    assert again.status == 201, again.body
    assert again.json()["id"] != first["id"]


def test_simultaneous_requests_of_one_key_in_several_processes_make_one_cluster(
    tmp_path: Path, kube: Builder, keypair: str
) -> None:
    other = Builder(tmp_path / "instance")
    other.enabled.mkdir(parents=True)
    for definition in kube.enabled.iterdir():
        (other.enabled / definition.name).write_text(definition.read_text())
    key = secrets.token_hex(16)
    with other:
        wait_until(lambda: other.ids() == kube.ids(), "listed")
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda builder: ask(builder, key, keypair=keypair), [kube, other] * 2))
    assert {answer.status for answer in answers} == {201}, [answer.body for answer in answers]
    assert len({answer.json()["id"] for answer in answers}) == 1
    with connected() as cloud:
        named = [each for each in list_clusters(cloud) if each.is_live and each.name == answers[0].json()["name"]]
    assert len(named) == 1
