"""How a launched cluster fares, as the service tells it: of its own clusters alone, and no secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from builder.kinds.heat.status import MAX_EVENTS, MAX_OUTPUTS, MAX_VALUE_BYTES
from builder.sandbox import Sandbox
from builder.sandbox.wire.accounts import find_credentials
from builder.schema import published
from tests.api.orders import WRONG_PASSWORD, assert_refused, by_ids, order
from tests.sandbox.clients import Member, address_of
from tests.service import Answer, Service, wait_until

HIDDEN = "n0body-may-see-this"

TELLING = """\
kind: heat
title: Telling
description: Has outputs of all kinds.
heat_template:
  heat_template_version: 2021-04-16
  parameters:
    hidden: {type: string, hidden: true, default: none}
    shown: {type: string, default: none}
    long: {type: string, default: short}
  resources:
    admin_password: {type: OS::Heat::RandomString}
    serial: {type: OS::Heat::RandomString}
  outputs:
    plain: {description: Anything., value: {list: [{get_param: shown}, 1, null], serial: {get_attr: [serial, value]}}}
    direct: {value: {get_param: hidden}}
    inside: {value: {str_replace: {template: "it is X", params: {X: {get_param: hidden}}}}}
    password: {value: {get_attr: [admin_password, value]}}
    long: {value: {get_param: long}}
"""

FAILING = """\
kind: heat
title: Failing
description: Fails below.
heat_template:
  heat_template_version: 2021-04-16
  parameters: {count: {type: number, default: 2}}
  resources:
    first: {type: OS::Heat::TestResource}
    nodes:
      type: OS::Heat::ResourceGroup
      depends_on: first
      properties: {count: {get_param: count}, resource_def: {type: node.yaml}}
    last: {type: OS::Heat::TestResource, depends_on: nodes}
"""

NODE = """\
heat_template_version: 2021-04-16
resources:
  server: {type: OS::Heat::TestResource, properties: {fail: true}}
"""


@pytest.fixture(scope="module")
def telling(tmp_path_factory: pytest.TempPathFactory, examples: Path) -> Iterator[Service]:
    service = Service(tmp_path_factory.mktemp("telling") / "instance", {"LOG_LEVEL": "DEBUG"})
    service.enabled.mkdir(parents=True)
    (service.enabled / "telling.yaml").write_text(TELLING)
    (service.enabled / "failing").mkdir()
    (service.enabled / "failing" / "cluster-type.yaml").write_text(FAILING)
    (service.enabled / "failing" / "node.yaml").write_text(NODE)
    service.link(examples / "self-contained.yaml")
    with service:
        wait_until(lambda: len(service.ids()) == 3, "listed")
        yield service


def launch(service: Service, cloud: Sandbox, cluster_type_id: str, **parameters: Any) -> dict[str, str]:
    """Build a cluster, and wait until the cloud is done with it."""
    built = service.post("/clusters/", order(by_ids(cloud), cluster_type_id, parameters=parameters))
    assert built.status == 201, built.body
    made: dict[str, str] = built.json()
    member = Member(cloud)
    wait_until(lambda: not member.status(f"{made['name']}/{made['id']}").endswith("PROGRESS"), "it is settled")
    return made


def ask(service: Service, cloud: Sandbox, cluster_id: str, **changes: Any) -> Answer:
    return service.post(f"/clusters/{cluster_id}/status", {"cloud_env": by_ids(cloud, **changes)})


def tell(service: Service, cloud: Sandbox, cluster_id: str) -> dict[str, Any]:
    answer = ask(service, cloud, cluster_id)
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store"), answer.body
    told: dict[str, Any] = answer.json()
    assert not [error.message for error in Draft7Validator(published.load_schema("cluster-status")).iter_errors(told)]
    return told


def test_status_tells_where_a_cluster_comes_from_and_how_far_it_is(telling: Service, cloud: Sandbox) -> None:
    made = launch(telling, cloud, "self-contained", node_count="3")
    told = tell(telling, cloud, made["id"])
    (entry,) = [each for each in telling.get("/catalogue").json()["entries"] if each["id"] == "self-contained"]
    assert {name: told[name] for name in ("id", "name", "status", "reason", "cluster_type_id", "revision")} == {
        **made,
        "status": "CREATE_COMPLETE",
        "reason": "Stack CREATE completed successfully",
        "cluster_type_id": "self-contained",
        "revision": entry["revision"],
    }
    assert told["progress"]["complete"] == told["progress"]["total"] > 0
    assert told["failures"] == []
    assert {each["name"]: each["value"] for each in told["outputs"]}["concertim_cluster_type"] == "self-contained"


def test_latest_event_comes_first(telling: Service, cloud: Sandbox) -> None:
    made = launch(telling, cloud, "self-contained")
    events = tell(telling, cloud, made["id"])["events"]
    assert [(each["resource"], each["status"]) for each in (events[0], events[-1])] == [
        (made["name"], "CREATE_COMPLETE"),
        (made["name"], "CREATE_IN_PROGRESS"),
    ]


def test_cluster_that_is_being_made_is_in_progress(telling: Service, cloud: Sandbox) -> None:
    built = telling.post("/clusters/", order(by_ids(cloud), "self-contained")).json()
    # The list, which is asked first, is the one poll for which the sandbox shows a new stack in progress.
    assert tell(telling, cloud, built["id"])["status"] in ("CREATE_IN_PROGRESS", "CREATE_COMPLETE")


def test_what_failed_and_why_is_told_where_it_failed(telling: Service, cloud: Sandbox) -> None:
    told = tell(telling, cloud, launch(telling, cloud, "failing")["id"])
    assert told["status"] == "CREATE_FAILED"
    assert "Test Resource failed server" in told["reason"]
    (failure,) = told["failures"]
    assert (failure["resource"], failure["type"], failure["status"]) == (
        "nodes.0.server",
        "OS::Heat::TestResource",
        "CREATE_FAILED",
    )
    assert failure["reason"] == "ValueError: resources.server: Test Resource failed server"
    assert (told["progress"]["complete"], told["progress"]["failed"]) == (1, 3)


def test_outputs_that_show_what_is_secret_are_told_without_it(telling: Service, cloud: Sandbox) -> None:
    made = launch(telling, cloud, "telling", hidden=HIDDEN, shown="this")
    answer = ask(telling, cloud, made["id"])
    outputs = {each["name"]: each for each in answer.json()["outputs"]}
    assert outputs["plain"]["value"]["list"] == ["this", 1, None]
    assert outputs["plain"]["description"] == "Anything."
    for name in ("direct", "inside", "password"):
        assert outputs[name]["value"] is None
        assert outputs[name]["error"] == "It shows what is secret, so that its value is left out here."
    assert HIDDEN not in answer.body.decode()
    assert HIDDEN not in telling.settled_log()


def test_output_that_shows_the_password_of_the_cloud_is_told_without_it(telling: Service, cloud: Sandbox) -> None:
    made = launch(telling, cloud, "telling", shown=f"of all {by_ids(cloud)['password']}es")
    answer = ask(telling, cloud, made["id"])
    assert {each["name"]: each["value"] for each in answer.json()["outputs"]}["plain"] is None


def test_long_value_is_left_out(telling: Service, cloud: Sandbox) -> None:
    outputs = tell(telling, cloud, launch(telling, cloud, "telling", long="x" * MAX_VALUE_BYTES)["id"])["outputs"]
    (output,) = [each for each in outputs if each["name"] == "long"]
    assert output["value"] is None
    assert output["error"] == f"It is too long to be shown here: {MAX_VALUE_BYTES + 2:,} bytes of JSON."


def test_status_is_bounded_whatever_a_stack_has(telling: Service, cloud: Sandbox) -> None:
    template = {
        "heat_template_version": "2021-04-16",
        "resources": {f"r{number}": {"type": "OS::Heat::TestResource"} for number in range(MAX_EVENTS)},
        "outputs": {f"o{number}": {"value": number} for number in range(MAX_OUTPUTS + 1)},
    }
    member = Member(cloud)
    made = address_of(member.create("bounded", template, tags="concertim"))
    member.status(made)
    told = tell(telling, cloud, made.partition("/")[2])
    assert (len(told["events"]), len(told["outputs"])) == (MAX_EVENTS, MAX_OUTPUTS)
    assert (told["cluster_type_id"], told["revision"]) == ("", "")


def test_deleted_cluster_is_told_to_be_deleted(telling: Service, cloud: Sandbox) -> None:
    made = launch(telling, cloud, "self-contained")
    member = Member(cloud)
    member.delete(f"{made['name']}/{made['id']}")
    wait_until(lambda: member.status(f"{made['name']}/{made['id']}") == "DELETE_COMPLETE", "it is gone")
    told = tell(telling, cloud, made["id"])
    assert (told["status"], told["progress"], told["outputs"]) == (
        "DELETE_COMPLETE",
        {"complete": 0, "failed": 0, "total": 0},
        [],
    )


@pytest.mark.parametrize("tags", ["", "other", "concertim-type:form,concertims"])
def test_stack_that_was_not_launched_here_is_not_found(telling: Service, cloud: Sandbox, tags: str) -> None:
    made = address_of(Member(cloud).create(f"foreign-{len(tags)}", tags=tags or None))
    assert_refused(ask(telling, cloud, made.partition("/")[2]), 404, ("Not Found", None))


def test_cluster_of_another_project_is_not_found(telling: Service, cloud: Sandbox) -> None:
    made = launch(telling, cloud, "self-contained")
    other = find_credentials("alt_demo")
    answer = ask(telling, cloud, made["id"], user_id=other.user_id, project_id=other.project_id)
    assert_refused(answer, 404, ("Not Found", None))


@pytest.mark.parametrize("id_", ["2d1b6d4c-8e62-4bd4-a1c2-5f31c3a2e7f0", "x", "..", "a%2Fb", "%3Fid=x", "a" * 65, "ä"])
def test_cluster_that_is_not_there_is_not_found(telling: Service, cloud: Sandbox, id_: str) -> None:
    assert_refused(ask(telling, cloud, id_.replace("ä", "%C3%A4")), 404, ("Not Found", None))


def test_stack_is_named_by_its_id_alone(telling: Service, cloud: Sandbox) -> None:
    made = launch(telling, cloud, "self-contained")
    assert_refused(ask(telling, cloud, made["name"]), 404, ("Not Found", None))


def test_refusals_are_those_of_a_build(telling: Service, cloud: Sandbox) -> None:
    refused = ask(telling, cloud, "x", password=WRONG_PASSWORD)
    assert_refused(refused, 401, ("Unauthorized", "/cloud_env"))
    assert_refused(
        ask(telling, cloud, "x", region_name="Nowhere"), 502, ("Service not found", "/cloud_env/region_name")
    )
    assert_refused(telling.post("/clusters/x/status", {}), 400, ("JSON schema error", ""))
    assert_refused(telling.post("/clusters/x/status", {"cloud_env": 1}), 400, ("JSON schema error", "/cloud_env"))
    refused = telling.post("/clusters/x/status?dry_run=true", {"cloud_env": by_ids(cloud)})
    assert_refused(refused, 400, ("Bad Request", None))
    assert WRONG_PASSWORD not in telling.settled_log()


def test_rest_of_a_build_may_be_in_the_body(telling: Service, cloud: Sandbox) -> None:
    made = launch(telling, cloud, "self-contained")
    body = {**order(by_ids(cloud), "self-contained"), "billing_account_id": 7}
    answer = telling.post(f"/clusters/{made['id']}/status/", body)
    assert (answer.status, json.loads(answer.body)["id"]) == (200, made["id"])
