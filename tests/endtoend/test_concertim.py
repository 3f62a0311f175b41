"""Concertim reads every stack of a site in one loop, and stops at the first that it cannot read: ours it reads."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from typing import Any

import pytest

from tests.contract.clouds import Cloud, Stacks, wait_for
from tests.endtoend.launches import CLUSTER, SETTLE_SECONDS, TEST_SECONDS, Launch, shipped_launches
from tests.openstack.concertim_reader import ConcertimReader, MemberNotMadeError, Rack, UnreadableStackError
from tests.service import Service
from tests.visualisation_app import read_creation_output

pytestmark = pytest.mark.timeout(TEST_SECONDS)

RACK_NAME = re.compile("[a-zA-Z0-9_-]+")

RANDOM_STRING = {"type": "OS::Heat::RandomString"}


@pytest.fixture
def reader(cloud: Cloud, stacks: Stacks) -> ConcertimReader:
    """Concertim's reader, of the stacks of the project."""

    def find_group_members(group: str) -> list[str]:
        endpoint = {"service_type": "compute", "region_name": cloud.region_name}
        answer = cloud.session().get(f"/os-server-groups/{group}", endpoint_filter=endpoint)
        members: list[str] = answer.json()["server_group"]["members"]
        return members

    return ConcertimReader(stacks.client, find_group_members)


@pytest.mark.parametrize("launch", list(shipped_launches()), ids=str)
def test_concertim_reads_a_shipped_example_from_its_first_moment_until_it_is_complete(
    service: Service, cloud: Cloud, stacks: Stacks, reader: ConcertimReader, launch: Launch
) -> None:
    answer = launch.post(service, cloud)
    assert answer.status == 201, answer.body
    made = answer.json()
    rack = read_until_complete(reader, made["name"])
    assert (rack.name, rack.status) == (made["name"], "CREATE_COMPLETE"), rack.reason
    assert RACK_NAME.fullmatch(rack.name)
    assert answer.headers["location"].endswith(f"/stacks/{made['name']}/{made['id']}")
    everything = stacks.client.resources.list(made["id"], nested_depth=5)
    servers = {each.physical_resource_id for each in everything if each.resource_type == "OS::Nova::Server"}
    assert rack.outputs["concertim_cluster_type"] == launch.cluster_type
    assert set(rack.servers) == servers
    assert bool(servers) is not launch.heat_only
    assert read_creation_output(rack.creation_output) == {key: str(value) for key, value in rack.outputs.items()}


def read_until_complete(reader: ConcertimReader, name: str) -> Rack:
    """Read a stack over and over until it is complete; gives what was read last.

    A member of a group that Heat has not begun to make answers 404 while it is so: Concertim misses a round and reads
    all the stacks in the next one. No group can do without that moment, and only here is it let pass.
    """

    def read() -> Rack | None:
        try:
            (rack,) = reader.read_all(lambda stack: stack.stack_name == name)
        except MemberNotMadeError:
            return None
        return rack

    rack = wait_for(read, lambda seen: seen is not None and not seen.status.endswith("IN_PROGRESS"), SETTLE_SECONDS)
    assert isinstance(rack, Rack)
    return rack


def group(member: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "OS::Heat::ResourceGroup", "properties": {"count": 2, "resource_def": member}}


def template(**resources: Any) -> dict[str, Any]:
    return {"heat_template_version": "2018-08-31", "resources": resources}


NESTED = {"type": "member.yaml"}
PLAIN_GROUP = group(RANDOM_STRING)


@pytest.mark.parametrize(
    ("resource", "member", "told"),
    [
        (PLAIN_GROUP, None, "OS::Heat::RandomString is no stack"),
        (NESTED, template(word=RANDOM_STRING), "'member.yaml' has no '::'"),
    ],
    ids=["group of plain resources", "nested template at the top"],
)
def test_concertim_stops_at(stacks: Stacks, reader: ConcertimReader, resource: Any, member: Any, told: str) -> None:
    stack = create(stacks, template(part=resource), member)
    with pytest.raises(UnreadableStackError, match=told):
        reader.read_all(lambda seen: seen.id == stack.id)


@pytest.mark.parametrize(
    ("resource", "member"),
    [
        (group(NESTED), template(word=RANDOM_STRING)),
        (group(PLAIN_GROUP), None),
        (group(NESTED), template(words=PLAIN_GROUP)),
        (group(NESTED) | {"properties": {"count": 0, "resource_def": NESTED}}, template(word=RANDOM_STRING)),
    ],
    ids=["group of nested templates", "group of groups", "group within a nested template", "empty group"],
)
def test_concertim_reads(stacks: Stacks, reader: ConcertimReader, resource: Any, member: Any) -> None:
    stack = create(stacks, template(part=resource), member)
    assert [rack.name for rack in reader.read_all(lambda seen: seen.id == stack.id)] == [stack.stack_name]


def test_concertim_reads_a_group_between_its_batches(stacks: Stacks, reader: ConcertimReader) -> None:
    slow = {"type": "OS::Heat::TestResource", "properties": {"action_wait_secs": {"create": 8}}}
    batches = {**group(NESTED), "update_policy": {"batch_create": {"max_batch_size": 1}}}
    stack = create(stacks, template(part=batches), template(slow=slow), settled=False)
    statuses = []

    def read() -> str | None:
        try:
            (rack,) = reader.read_all(lambda seen: seen.id == stack.id)
        except MemberNotMadeError:
            return None
        (part,) = stacks.client.resources.list(stack.id)
        statuses.append((rack.status, len(stacks.client.resources.list(part.physical_resource_id))))
        return rack.status

    wait_for(read, lambda status: status == "CREATE_COMPLETE", SETTLE_SECONDS)
    assert ("CREATE_IN_PROGRESS", 1) in statuses
    assert statuses[-1] == ("CREATE_COMPLETE", 2)


def create(
    stacks: Stacks, made_of: Mapping[str, Any], member: Mapping[str, Any] | None, *, settled: bool = True
) -> Any:
    """Create a stack and wait for it; it is called as those of these tests, so that it is deleted like them."""
    if stacks.cloud.name == "sandbox":
        pytest.skip("the sandbox has no nested stacks that could be read by their ids")
    files = {} if member is None else {"member.yaml": json.dumps(member)}
    create = stacks.create_settled if settled else stacks.create
    return create(made_of, f"{CLUSTER}--{secrets.token_hex(4)}", files=files)
