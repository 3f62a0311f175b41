"""What a status is made of, on the sandbox and on a real Heat: the same stacks fare the same."""

from __future__ import annotations

from typing import Any

from builder.kinds.heat.launch import fetch_status
from builder.kinds.protocol import ClusterStatus
from builder.openstack.deadline import Deadline
from tests.contract.clouds import TIMEOUT, Cloud, Stacks
from tests.contract.templates import TEST_RESOURCE, group, resource, template
from tests.openstack.settings import ask_connected, cloud_settings

TAGS = "concertim,concertim-type:contract,concertim-revision:0123456789ab"

NODE = """
heat_template_version: 2018-08-31
resources:
  server: {type: OS::Heat::TestResource, properties: {value: x, fail: true}}
"""


def fetch(cloud: Cloud, stack_id: str) -> ClusterStatus | None:
    credentials = {"auth_url": cloud.auth_url, **cloud.by_ids()}
    settings = cloud_settings(region_name=cloud.region_name)
    return ask_connected(fetch_status, credentials, stack_id, deadline=Deadline(TIMEOUT), settings=settings)


def tell(cloud: Cloud, stack_id: str) -> ClusterStatus:
    status = fetch(cloud, stack_id)
    assert status is not None
    return status


def test_stack_in_progress_has_resources_that_are_not_done(stacks: Stacks, cloud: Cloud) -> None:
    slow = {**resource(TEST_RESOURCE, value="x", wait_secs=3), "after": {"type": TEST_RESOURCE, "depends_on": "r"}}
    made = stacks.client.stacks.create(stack_name=stacks.new_name(), template=template(None, slow), tags=TAGS)["stack"]
    events = tell(cloud, made["id"]).events
    assert events[-1].status == "CREATE_IN_PROGRESS"
    stacks.settle(made["id"])
    status = tell(cloud, made["id"])
    assert status.progress is not None
    assert (status.progress.complete, status.progress.failed, status.progress.total) == (2, 0, 2)
    assert (status.status, status.reason) == ("CREATE_COMPLETE", "Stack CREATE completed successfully")
    assert (status.cluster_type_id, status.revision) == ("contract", "0123456789ab")
    assert (status.events[0].resource, status.events[0].status) == (status.name, "CREATE_COMPLETE")


def test_failure_in_a_member_of_a_group_is_told_where_it_is(stacks: Stacks, cloud: Cloud) -> None:
    failing = {
        "nodes": group(2, {"type": "node.yaml"}),
        "after": {"type": TEST_RESOURCE, "depends_on": "nodes"},
    }
    stack = stacks.create_settled(template(None, failing), files={"node.yaml": NODE}, tags=TAGS)
    status = tell(cloud, stack.id)
    assert status.status == "CREATE_FAILED"
    assert "Test Resource failed server" in status.reason
    # Heat makes the members of a group side by side, and stops the others when one fails.
    (failure,) = [each for each in status.failures if "Test Resource failed" in each.reason][:1]
    assert failure.resource in ("nodes.0.server", "nodes.1.server")
    assert (failure.type, failure.status) == (TEST_RESOURCE, "CREATE_FAILED")
    assert failure.reason == "ValueError: resources.server: Test Resource failed server"


def test_outputs_with_hidden_parameters_are_told_without_them(stacks: Stacks, cloud: Cloud) -> None:
    parameters = {"s": {"type": "string", "hidden": True}, "t": {"type": "string"}}
    outputs: dict[str, Any] = {
        "secret": {"value": {"str_replace": {"template": "it is X", "params": {"X": {"get_param": "s"}}}}},
        "told": {"description": "Anything.", "value": [{"get_param": "t"}, 1, {"a": None}]},
        "not_there": {"value": {"get_attr": ["r", "show", "nothing"]}},
    }
    stack = stacks.create_settled(
        template(parameters, resource(TEST_RESOURCE, value="x"), outputs=outputs),
        parameters={"s": "very-secret", "t": "seen"},
        tags=TAGS,
    )
    status = tell(cloud, stack.id)
    told = {each.name: (each.value, each.description) for each in status.outputs}
    assert told["secret"][0] is None
    assert told["told"] == (["seen", 1, {"a": None}], "Anything.")
    assert "very-secret" not in repr([status, told])


def test_deleted_stack_is_known_by_its_id(stacks: Stacks, cloud: Cloud) -> None:
    stack = stacks.create_settled(template(None, resource(TEST_RESOURCE, value="x")), tags=TAGS)
    stacks.client.stacks.delete(stack.id)
    stacks.wait_until_deleted(stack)
    status = tell(cloud, stack.id)
    assert (status.status, status.outputs) == ("DELETE_COMPLETE", ())
    assert status.progress is not None
    assert status.progress.total == 0


def test_stack_without_the_tag_is_not_known(stacks: Stacks, cloud: Cloud) -> None:
    assert fetch(cloud, stacks.create(template(None, resource(TEST_RESOURCE, value="x"))).id) is None


def test_stack_of_another_project_is_not_known(stacks: Stacks, other: Cloud) -> None:
    stack = stacks.create(template(None, resource(TEST_RESOURCE, value="x")), tags=TAGS)
    assert fetch(other, stack.id) is None
