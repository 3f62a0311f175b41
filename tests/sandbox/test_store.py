"""The sandbox's own ways with stacks: state by looking, quotas, and many clients at a time."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from builder.sandbox import Sandbox
from builder.sandbox.heat.nesting import StackSource
from builder.sandbox.heat.stack_plans import plan_stack
from builder.sandbox.heat.stacks import MAX_DELETED, StackStore
from builder.sandbox.wire.accounts import PROJECTS
from tests.sandbox.clients import EMPTY, Member, address_of

OVER_QUOTA = "Request limit exceeded: You have reached the maximum stacks per tenant, 3. Please delete some stacks."


def error_of(answer: Any) -> tuple[int, str, str]:
    body = answer.json()
    return answer.status, body["error"]["type"], body["error"]["message"]


class TestState:
    def test_first_look_shows_progress_and_the_second_the_end(self, member: Member) -> None:
        stack = address_of(member.create("one"))
        assert [member.status(stack) for _ in range(3)] == [
            "CREATE_IN_PROGRESS",
            "CREATE_COMPLETE",
            "CREATE_COMPLETE",
        ]

    @pytest.mark.parametrize("path", ["/stacks", "/stacks/{}/resources", "/stacks/{}/events"])
    def test_every_way_to_look_is_a_look(self, member: Member, path: str) -> None:
        stack = address_of(member.create("one"))
        assert member.ask("GET", path.format(stack)).status == 200
        assert member.status(stack) == "CREATE_COMPLETE"

    def test_redirect_is_no_look(self, member: Member) -> None:
        stack = address_of(member.create("one"))
        assert member.ask("GET", "/stacks/one").status == 302
        assert member.status(stack) == "CREATE_IN_PROGRESS"

    def test_deleted_stack_is_seen_once_more(self, member: Member) -> None:
        stack = address_of(member.create("one"))
        member.delete(stack)
        assert member.status(stack) == "DELETE_IN_PROGRESS"
        assert member.status(stack) == "DELETE_COMPLETE"
        assert member.names() == []

    def test_name_is_taken_until_it_was_seen_that_the_stack_is_being_deleted(self, member: Member) -> None:
        member.delete(address_of(member.create("one")))
        assert member.create("one").status == 409
        assert member.create("one").status == 201

    def test_progress_shows_no_attributes_of_what_is_not_there(self, member: Member) -> None:
        template = {
            **EMPTY,
            "resources": {"r": {"type": "OS::Heat::RandomString"}},
            "outputs": {"o": {"value": {"get_attr": ["r", "value"]}}},
        }
        stack = address_of(member.create("one", template))
        shown = [member.ask("GET", f"/stacks/{stack}").json()["stack"]["outputs"][0] for _ in range(2)]
        assert shown[0]["output_value"] is None
        assert len(shown[1]["output_value"]) == 32

    @pytest.mark.parametrize(
        ("value", "type_", "key", "reason"),
        [
            (
                "1e400",
                "OS::Cinder::Volume",
                "size",
                "OverflowError: resources.r: cannot convert float infinity to integer",
            ),
            (
                "100000000",
                "OS::Heat::RandomString",
                "length",
                "StackValidationFailed: resources.r: resources.r.properties.length: "
                "100000000 is out of range (min: 1, max: 512)",
            ),
        ],
    )
    def test_resource_that_cannot_be_made_of_what_is_known_late_fails_the_stack(
        self, member: Member, value: str, type_: str, key: str, reason: str
    ) -> None:
        source = {"type": "OS::Heat::Value", "properties": {"type": "number", "value": value}}
        made = {"type": type_, "properties": {key: {"get_attr": ["source", "value"]}}}
        stack = address_of(member.create("one", {**EMPTY, "resources": {"source": source, "r": made}}))
        assert member.status(stack) == "CREATE_IN_PROGRESS"
        shown = member.ask("GET", f"/stacks/{stack}").json()["stack"]
        assert (shown["stack_status"], shown["stack_status_reason"]) == (
            "CREATE_FAILED",
            f"Resource CREATE failed: {reason}",
        )


class TestQuota:
    def test_project_may_have_so_many_stacks(self, member: Member) -> None:
        stacks = [address_of(member.create(name)) for name in ("one", "two", "three")]
        assert error_of(member.create("four")) == (400, "RequestLimitExceeded", OVER_QUOTA)
        preview = member.ask("POST", "/stacks/preview", {"stack_name": "four", "template": EMPTY})
        assert error_of(preview) == (400, "RequestLimitExceeded", OVER_QUOTA)
        member.delete(stacks[0])
        assert member.create("four").status == 400
        assert member.create("four").status == 201

    def test_taken_name_comes_before_the_quota(self, member: Member) -> None:
        for name in ("one", "two", "three"):
            member.create(name)
        assert error_of(member.create("one")) == (409, "StackExists", "The Stack (one) already exists.")

    def test_quota_comes_before_the_template(self, member: Member) -> None:
        for name in ("one", "two", "three"):
            member.create(name)
        assert error_of(member.create("four", {**EMPTY, "nonsense": {}}))[1] == "RequestLimitExceeded"

    def test_each_project_has_a_quota_of_its_own(self, sandbox: Sandbox, member: Member) -> None:
        for name in ("one", "two", "three"):
            member.create(name)
        assert Member(sandbox, "alt_demo").create("one").status == 201

    def test_refused_stack_leaves_nothing(self, member: Member) -> None:
        assert member.create("one", {**EMPTY, "resources": {"r": {"type": "OS::Nope::Nothing"}}}).status == 400
        assert member.names() == []


class TestManyClients:
    def test_one_of_many_gets_the_name(self, member: Member) -> None:
        with ThreadPoolExecutor(16) as pool:
            statuses = Counter(pool.map(lambda _: member.create("same").status, range(32)))
        assert statuses == {201: 1, 409: 31}

    def test_quota_holds_for_many_at_a_time(self, member: Member) -> None:
        with ThreadPoolExecutor(16) as pool:
            statuses = Counter(pool.map(lambda index: member.create(f"stack-{index}").status, range(16)))
        assert statuses == {201: 3, 400: 13}
        assert len(member.names()) == 3


def test_only_so_many_deleted_stacks_are_remembered() -> None:
    store = StackStore(quota=10)
    project = PROJECTS[0].id
    first = None
    for index in range(MAX_DELETED + 2):
        source = StackSource(f"stack-{index}", EMPTY, project, stack_id=f"{index}")
        stack = store.create(plan_stack(source), "demo")
        first = first or stack
        store.delete(project, stack.name, stack.stack_id)
        with store.poll(project, stack.name, stack.stack_id):
            pass
    with store.poll_all(project) as remembered:
        assert len(remembered) == MAX_DELETED
        assert first not in remembered


def test_made_up_addresses_are_of_the_networks_for_documentation(member: Member) -> None:
    template = {
        **EMPTY,
        "resources": {
            "server": {"type": "OS::Nova::Server", "properties": {"flavor": "any", "image": "any"}},
            "address": {"type": "OS::Neutron::FloatingIP", "properties": {"floating_network": "any"}},
            "key": {"type": "OS::Nova::KeyPair", "properties": {"name": "any"}},
        },
        "outputs": {
            "inside": {"value": {"get_attr": ["server", "first_address"]}},
            "outside": {"value": {"get_attr": ["address", "floating_ip_address"]}},
            "key": {"value": {"get_resource": "key"}},
        },
    }
    stack = address_of(member.create("one", template))
    member.status(stack)
    shown = member.ask("GET", f"/stacks/{stack}").json()["stack"]
    outputs = {output["output_key"]: output["output_value"] for output in shown["outputs"]}
    assert outputs["inside"].startswith("192.0.2.")
    assert outputs["outside"].startswith("203.0.113.")
    assert outputs["key"] == "any"
