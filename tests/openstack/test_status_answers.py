"""What is made of what a Heat answers that is asked how a stack fares, whatever that is."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from builder.errors import RequestError
from builder.kinds.heat.launch import fetch_status
from builder.kinds.protocol import MAX_FAILURES, ClusterStatus
from builder.openstack.deadline import Deadline
from tests.openstack.replay_cloud import PASSWORD, TOKEN, Behaviour, Received, ReplayCloud, answer
from tests.openstack.settings import ask_connected

ID = "5f1c0f4e-0000-4000-8000-000000000000"
STACK = {
    "id": ID,
    "stack_name": "mine--abc",
    "stack_status": "CREATE_FAILED",
    "stack_status_reason": f"it was {PASSWORD}, and {TOKEN}",
    "creation_time": "2026-11-30T03:05:31Z",
    "tags": ["concertim", "concertim-type:form", "concertim-revision:1"],
}


def resource(name: str, within: str = ID, id_: str = "", status: str = "CREATE_FAILED") -> dict[str, Any]:
    return {
        "resource_name": name,
        "physical_resource_id": id_,
        "resource_type": "OS::Nova::Server",
        "resource_status": status,
        "resource_status_reason": "No valid host",
        "links": [{"rel": "stack", "href": f"http://heat/v1/p/stacks/n/{within}"}],
    }


class TellingHeat(ReplayCloud):
    """Answers what a test says to what is asked of a stack."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, bytes | Behaviour] = {
            "list": answer(200, {"stacks": [STACK]}),
            "show": answer(200, {"stack": STACK}),
            "resources": answer(200, {"resources": []}),
            "events": answer(200, {"events": []}),
            "template": answer(200, {}),
        }

    def respond(self, request: Received) -> bytes | Behaviour:
        found = re.fullmatch(r"/heat/v1/[^/]+/stacks(/[^/]+/[^/?]+)?(?:/(\w+))?(?:\?.*)?", request.path)
        if found is None:
            return super().respond(request)
        return self.answers[found[2] or ("show" if found[1] else "list")]


@pytest.fixture
def heat() -> Iterator[TellingHeat]:
    with TellingHeat() as running:
        yield running


def fetch(heat: TellingHeat, seconds: float = 20) -> ClusterStatus | None:
    return ask_connected(fetch_status, heat.credentials(), ID, deadline=Deadline(seconds))


def tell(heat: TellingHeat) -> ClusterStatus:
    status = fetch(heat)
    assert status is not None
    return status


def find_titles(heat: TellingHeat) -> list[str]:
    """The titles of what is wrong."""
    try:
        fetch(heat)
    except RequestError as error:
        return [fault.title for fault in error.faults]
    return ["told"]


def test_secrets_of_the_request_are_masked(heat: TellingHeat) -> None:
    assert tell(heat).reason == "it was ***, and ***"
    assert [request.method for request in heat.received if request.path.startswith("/heat")] == ["GET"] * 4


def test_heat_that_knows_no_filter_is_asked_for_this_stack_all_the_same(heat: TellingHeat) -> None:
    others = [{**STACK, "id": f"other-{number}", "stack_name": "other"} for number in range(3)]
    heat.answers["list"] = answer(200, {"stacks": [*others, STACK]})
    assert tell(heat).name == "mine--abc"
    heat.answers["list"] = answer(200, {"stacks": others})
    assert fetch(heat) is None


def test_stack_that_is_forgotten_meanwhile_is_not_there(heat: TellingHeat) -> None:
    heat.answers["events"] = answer(404, {"error": {"type": "EntityNotFound", "message": "gone"}})
    assert fetch(heat) is None


def test_failures_are_told_up_to_a_number(heat: TellingHeat) -> None:
    members = [resource(f"r{number}") for number in range(MAX_FAILURES + 5)]
    heat.answers["resources"] = answer(200, {"resources": [*members, resource("done", status="INIT_COMPLETE")]})
    status = tell(heat)
    assert [each.resource for each in status.failures] == [f"r{number}" for number in range(MAX_FAILURES)]
    assert status.progress is not None
    assert (status.progress.complete, status.progress.failed, status.progress.total) == (0, 25, 26)


def test_stacks_within_each_other_in_a_circle_are_told_all_the_same(heat: TellingHeat) -> None:
    circle = [resource("a", "two", "one"), resource("b", "one", "two"), resource("c", "two", "three")]
    heat.answers["resources"] = answer(200, {"resources": circle})
    (failure,) = tell(heat).failures
    assert failure.resource.endswith(".a.b.c")


@pytest.mark.parametrize("step", ["list", "show", "resources", "events", "template"])
@pytest.mark.parametrize(
    "body",
    [
        [],
        {"stacks": 7},
        {"stacks": [{"id": ID}]},
        {"stacks": [{**STACK, "tags": [7]}]},
        {"stack": [], "resources": [7], "events": {}},
        {"stack": {"outputs": 7}, "resources": [{}], "events": [{}], "outputs": 7},
        {"stack": {**STACK, "stack_status": "x" * 100}, "resources": [{**resource("a"), "links": 3}], "events": 5},
    ],
)
def test_answer_that_makes_no_sense_is_one_failure_or_none(heat: TellingHeat, step: str, body: Any) -> None:
    outputs = [{"output_key": "o", "description": None, "output_value": 1}]
    heat.answers["show"] = answer(200, {"stack": {**STACK, "outputs": outputs}})
    heat.answers[step] = answer(200, body)
    assert find_titles(heat) in (["Invalid answer"], ["told"])  # empty things are passed over


def test_heat_that_is_silent_is_waited_for_until_the_deadline(heat: TellingHeat) -> None:
    def hold(_: socket.socket) -> None:
        heat.closing.wait(30)

    heat.answers["resources"] = hold
    with pytest.raises(RequestError) as caught:
        fetch(heat, 1)
    assert [(fault.status, fault.title) for fault in caught.value.faults] == [(504, "Cloud timed out")]
    assert "nothing was created" in caught.value.faults[0].detail
