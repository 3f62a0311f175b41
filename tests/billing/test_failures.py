"""Each step of a build that is billed, failing: what is told, and what is left. See the table in docs/api.md."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest

from builder.sandbox import Sandbox
from tests.api.orders import assert_refused
from tests.billing.builds import FailingHeat, build, live_stacks
from tests.billing.middleware import STACK_ID, STACK_NAME, TRACEBACK, BillingService, Failing, How
from tests.openstack.replay_cloud import answer, created
from tests.service import Answer, Service

REFUSE = Failing(How.REFUSE)
LOST = Failing(How.DROP)
LOST_AFTER = Failing(How.DROP, after=True)
FAILED_AFTER = Failing(How.REFUSE, after=True)

TAGS = ["add_order_tag", "add_order_tag"]

FAULT = {"code": 400, "error": {"type": "StackValidationFailed", "message": "The template is wrong."}}
HEAT_REFUSES = answer(400, FAULT)
NO_ANSWER = b""


def explain(refused: Answer) -> str:
    (error,) = refused.json()["errors"]
    return str(error["detail"])


def order_of_log(building: Service, pattern: str) -> str:
    """The order that the last line of the log names which fits."""
    return str(re.findall(rf"order (\S+) {pattern}", building.settled_log())[-1])


def count_left(building: Service, reason: str) -> int:
    sample = re.search(rf'_orders_left_total{{reason="{reason}"}} (\d+)', building.get("/metrics").body.decode())
    return int(sample[1]) if sample else 0


# --- 1: credits


@pytest.mark.parametrize("failing", [REFUSE, LOST, LOST_AFTER, Failing(How.NONSENSE), Failing(How.HANG)], ids=str)
def test_credits_are_asked_for_twice(
    building: Service, sandbox: Sandbox, middleware: BillingService, failing: Failing
) -> None:
    middleware.fail("get_credits", failing)
    assert build(building, sandbox, middleware).status == 201
    assert middleware.calls.count("get_credits") == 2


@pytest.mark.parametrize(
    ("how", "status"),
    [(How.REFUSE, 502), (How.NONSENSE, 502), (How.REDIRECT, 502), (How.DROP, 504), (How.HANG, 504), (How.PROXY, 504)],
)
def test_credits_that_cannot_be_had_are_a_failure(
    building: Service, sandbox: Sandbox, middleware: BillingService, how: How, status: int
) -> None:
    middleware.fail("get_credits", *[Failing(how)] * 3)
    refused = build(building, sandbox, middleware)
    assert_refused(refused, status, ("MiddlewareServiceError", None))
    assert "nothing was created" in explain(refused)
    assert middleware.calls == ["get_credits"] * 2


def test_billing_service_that_is_not_there_is_a_failure(building: Service, sandbox: Sandbox) -> None:
    with BillingService() as gone:
        pass
    refused = build(building, sandbox, gone)
    assert_refused(refused, 502, ("MiddlewareServiceError", None))
    assert "connection refused" in explain(refused)
    assert gone.url not in building.settled_log()
    assert gone.url not in refused.body.decode()


# --- 3: the order


@pytest.mark.parametrize("how", [How.REFUSE, How.REDIRECT])
def test_order_that_is_refused_is_a_failure(
    building: Service, sandbox: Sandbox, middleware: BillingService, how: How
) -> None:
    middleware.fail("create_order", Failing(how))
    refused = build(building, sandbox, middleware)
    assert_refused(refused, 502, ("MiddlewareServiceError", None))
    assert explain(refused).endswith("when it was asked for an order; nothing was created.")
    assert middleware.calls == ["get_credits", "create_order"]


def test_few_credits_are_named_as_what_an_order_may_have_been_refused_for(
    building: Service, sandbox: Sandbox, middleware: BillingService
) -> None:
    middleware.credits = 25
    refused = build(building, sandbox, middleware)
    assert_refused(refused, 502, ("MiddlewareServiceError", None))
    assert explain(refused).endswith("The account has 25 credits; more may be required.")


@pytest.mark.parametrize(
    "failing",
    [LOST, LOST_AFTER, Failing(How.HANG), Failing(How.HANG, after=True), Failing(How.NONSENSE, after=True),
     Failing(How.PROXY), Failing(How.PROXY, after=True)],
    ids=str,
)  # fmt: skip
def test_order_that_may_exist_is_told_of_and_asked_for_once(
    building: Service, sandbox: Sandbox, middleware: BillingService, failing: Failing
) -> None:
    before = count_left(building, "creation_unknown")
    middleware.fail("create_order", failing)
    refused = build(building, sandbox, middleware)
    assert_refused(refused, 504, ("MiddlewareServiceError", None))
    assert "an order may exist" in explain(refused)
    assert middleware.calls == ["get_credits", "create_order"]
    (line,) = re.findall(
        r"WARNING.* an order may be left: account acct-1, for stack mycluster--\S+,", last_lines(building)
    )
    assert line
    assert count_left(building, "creation_unknown") == before + 1
    assert len(middleware.unaccounted(live_stacks(sandbox))) == failing.after
    middleware.mend(live_stacks(sandbox))


def last_lines(building: Service) -> str:
    """What the log says since the last build."""
    return building.settled_log().rpartition("asking for an order")[2]


# --- 4 and 7: the name


@pytest.mark.parametrize("failing", [REFUSE, LOST, LOST_AFTER, FAILED_AFTER, Failing(How.HANG)], ids=str)
def test_name_is_told_again_after_the_creation(
    building: Service, sandbox: Sandbox, middleware: BillingService, failing: Failing
) -> None:
    middleware.fail("add_order_tag", failing)
    built = build(building, sandbox, middleware)
    assert built.status == 201
    assert middleware.calls == ["get_credits", "create_order", *TAGS, "add_order_tag"]
    (kept,) = middleware.active.values()
    assert kept.tags == {STACK_NAME: built.json()["name"], STACK_ID: built.json()["id"]}


def test_order_without_the_name_is_warned_of(building: Service, sandbox: Sandbox, middleware: BillingService) -> None:
    middleware.fail("add_order_tag", REFUSE, None, REFUSE)
    built = build(building, sandbox, middleware)
    assert built.status == 201
    assert order_of_log(building, f"does not tell the name of its stack {built.json()['name']}") in middleware.active


# --- 5: the stack


def test_client_gets_heats_error_and_the_order_is_cancelled(
    building: Service, heat: FailingHeat, middleware: BillingService
) -> None:
    heat.instead_of_creating = [HEAT_REFUSES]
    assert_refused(build(building, heat, middleware), 400, ("Stack refused", None))
    assert middleware.calls == ["get_credits", "create_order", "add_order_tag", "delete_order"]


@pytest.mark.parametrize("failing", [REFUSE, LOST, Failing(How.HANG)], ids=str)
def test_cancelling_is_tried_three_times(
    building: Service, heat: FailingHeat, middleware: BillingService, failing: Failing
) -> None:
    heat.instead_of_creating = [HEAT_REFUSES]
    middleware.fail("delete_order", failing, failing)
    assert_refused(build(building, heat, middleware), 400, ("Stack refused", None))
    assert middleware.calls.count("delete_order") == 3


def test_client_gets_heats_error_and_the_log_the_order_that_is_left(
    building: Service, heat: FailingHeat, middleware: BillingService
) -> None:
    before = count_left(building, "deletion_failed")
    heat.instead_of_creating = [HEAT_REFUSES]
    middleware.fail("delete_order", REFUSE, REFUSE, REFUSE)
    assert_refused(build(building, heat, middleware), 400, ("Stack refused", None))
    assert "ERROR" in last_lines(building)
    assert (
        order_of_log(building, r"is left \(deletion_failed\): account acct-1, stack mycluster--") in middleware.active
    )
    assert count_left(building, "deletion_failed") == before + 1
    middleware.mend(live_stacks(heat))


def test_order_whose_cancelling_gave_no_answer_counts_as_left(
    building: Service, heat: FailingHeat, middleware: BillingService
) -> None:
    heat.instead_of_creating = [HEAT_REFUSES]
    middleware.fail("delete_order", LOST_AFTER)
    assert_refused(build(building, heat, middleware), 400, ("Stack refused", None))
    assert order_of_log(building, r"is left \(deletion_failed\)") in middleware.orders  # in truth it is cancelled


def test_cloud_that_cannot_be_reached_leaves_no_order(
    building: Service, heat: FailingHeat, middleware: BillingService
) -> None:
    heat.catalog[0]["endpoints"][0]["url"] = "http://127.0.0.1:9/heat"
    assert_refused(build(building, heat, middleware), 502, ("Cloud unreachable", None))
    assert middleware.calls[-1] == "delete_order"


@pytest.mark.parametrize("instead", [NO_ANSWER, answer(500), answer(503), answer(201, {"stack": {"id": "?!"}})])
@pytest.mark.parametrize("key", [None, "a-key"])
def test_stack_that_was_created_without_an_answer_is_found(
    building: Service, heat: FailingHeat, middleware: BillingService, instead: bytes, key: str | None
) -> None:
    answers = [instead]
    heat.hooks.after_writing = lambda _: answers.pop() if answers else None
    built = build(building, heat, middleware, key)
    assert built.status == 201
    (stack,) = live_stacks(heat)
    assert built.json() == {"id": stack.id, "name": stack.name}


@pytest.mark.parametrize("instead", [NO_ANSWER, answer(500), answer(503), created()])
def test_stack_that_is_not_there_has_its_order_cancelled(
    building: Service, heat: FailingHeat, middleware: BillingService, instead: bytes
) -> None:
    heat.instead_of_creating = [answer(201, {"stack": {}}) if instead == created() else instead]
    refused = build(building, heat, middleware)
    assert_refused(refused, 504, ("Cloud timed out", None))
    assert explain(refused).endswith("it is not there. Nothing is left.")
    assert len(heat.looks) == 2


def test_stack_that_is_written_late_is_found(building: Service, heat: FailingHeat, middleware: BillingService) -> None:
    heat.hooks.after_writing = lambda _: NO_ANSWER
    heat.instead_of_listing = [answer(200, {"stacks": []})]
    assert build(building, heat, middleware).status == 201


def test_order_is_kept_where_nobody_can_tell_of_the_stack(
    building: Service, heat: FailingHeat, middleware: BillingService
) -> None:
    heat.hooks.after_writing = lambda _: NO_ANSWER
    heat.instead_of_listing = [answer(500), answer(200, {"stacks": []}), NO_ANSWER, answer(500)]
    refused = build(building, heat, middleware)
    assert_refused(refused, 504, ("Cloud timed out", None))
    (stack,) = live_stacks(heat)
    ((order_id, _),) = middleware.active.items()
    assert stack.name in explain(refused)
    assert order_id in explain(refused)
    assert order_of_log(building, rf"is left \(stack_unknown\): account acct-1, stack {stack.name}") == order_id
    assert count_left(building, "stack_unknown") >= 1
    middleware.mend(live_stacks(heat))


def test_name_that_is_taken_has_its_order_cancelled_and_the_next_has_one(
    building: Service, heat: FailingHeat, middleware: BillingService
) -> None:
    taken = {"code": 409, "error": {"type": "StackExists", "message": "The Stack (x) already exists."}}
    heat.instead_of_creating = [answer(409, taken)]
    assert build(building, heat, middleware, str(uuid.uuid4())).status == 201
    assert len(middleware.orders) == 2


# --- 6: the id


@pytest.mark.parametrize("failing", [REFUSE, LOST, LOST_AFTER, FAILED_AFTER, Failing(How.HANG)], ids=str)
def test_id_is_told_three_times_at_most(
    building: Service, sandbox: Sandbox, middleware: BillingService, failing: Failing
) -> None:
    middleware.fail("add_order_tag", None, failing, failing)
    assert build(building, sandbox, middleware).status == 201


@pytest.mark.parametrize("failing", [REFUSE, LOST, Failing(How.NONSENSE)], ids=str)
def test_stack_whose_order_cannot_be_told_of_it_is_deleted_and_the_order_too(
    building: Service, sandbox: Sandbox, middleware: BillingService, failing: Failing
) -> None:
    middleware.fail("add_order_tag", None, failing, failing, failing)
    refused = build(building, sandbox, middleware)
    assert_refused(refused, 502, ("MiddlewareServiceError", None))
    assert explain(refused).endswith("Nothing is left.")
    assert live_stacks(sandbox) == []
    assert middleware.active == {}


def test_request_that_is_repeated_after_all_was_taken_back_has_another_stack(
    building: Service, sandbox: Sandbox, middleware: BillingService
) -> None:
    key = str(uuid.uuid4())
    middleware.fail("add_order_tag", None, REFUSE, REFUSE, REFUSE)
    assert build(building, sandbox, middleware, key).status == 502
    assert build(building, sandbox, middleware, key).status == 201
    assert len(middleware.orders) == 2


def test_stack_that_cannot_be_deleted_keeps_its_order_and_both_are_named(
    building: Service, heat: FailingHeat, middleware: BillingService
) -> None:
    heat.hooks.before_deleting = lambda _: answer(500)
    middleware.fail("add_order_tag", None, REFUSE, REFUSE, REFUSE)
    refused = build(building, heat, middleware)
    assert_refused(refused, 502, ("MiddlewareServiceError", None))
    (stack,) = live_stacks(heat)
    ((order_id, _),) = middleware.active.items()
    assert explain(refused).endswith(f"Stack {stack.name} ({stack.id}) and order {order_id} are left.")
    assert order_of_log(building, rf"is left \(stack_left\): account acct-1, stack {stack.name}") == order_id
    middleware.mend(live_stacks(heat))


def test_order_that_cannot_be_cancelled_after_its_stack_was_deleted_is_named(
    building: Service, sandbox: Sandbox, middleware: BillingService
) -> None:
    middleware.fail("add_order_tag", None, REFUSE, REFUSE, REFUSE)
    middleware.fail("delete_order", REFUSE, REFUSE, REFUSE)
    refused = build(building, sandbox, middleware)
    assert_refused(refused, 502, ("MiddlewareServiceError", None))
    ((order_id, _),) = middleware.active.items()
    assert explain(refused).endswith(f"Order {order_id} is left: it could not be cancelled.")
    middleware.mend(live_stacks(sandbox))


# --- requests of one key


def test_creator_that_yields_cancels_its_order_first(
    building: Service, heat: FailingHeat, middleware: BillingService
) -> None:
    key = str(uuid.uuid4())
    begun: list[str] = []

    def rival(request: Any) -> None:
        if not begun:  # another replica creates one in the same moment, and its creator keeps it
            begun.append("once")
            name = request.json["stack_name"]
            tags = [tag for tag in request.json["tags"].split(",") if not tag.startswith("concertim-order:")]
            heat.add_rival(name, tags)

    heat.hooks.before_writing = rival
    sequence: list[str] = []
    middleware.when = lambda call: sequence.append(call.name)
    heat.hooks.before_deleting = lambda _: sequence.append("delete_stack")
    built = build(building, heat, middleware, key)
    assert built.status == 201
    assert sequence[-2:] == ["delete_order", "delete_stack"]
    assert middleware.active == {}
    (stack,) = heat.live
    assert built.json()["id"] == stack.id
    heat.stacks.clear()  # the other replica's order is none of this test's


def test_tags_are_added_again_for_a_stack_that_is_found(
    building: Service, sandbox: Sandbox, middleware: BillingService
) -> None:
    key = str(uuid.uuid4())
    built = build(building, sandbox, middleware, key)
    ((_, kept),) = middleware.active.items()
    kept.tags.clear()
    assert build(building, sandbox, middleware, key).body == built.body
    assert kept.tags == {STACK_ID: built.json()["id"], STACK_NAME: built.json()["name"]}


@pytest.mark.parametrize(("failing", "status"), [(REFUSE, 502), (LOST, 504)], ids=str)
def test_stack_that_is_found_is_never_deleted_whatever_fails(
    building: Service, sandbox: Sandbox, middleware: BillingService, failing: Failing, status: int
) -> None:
    key = str(uuid.uuid4())
    built = build(building, sandbox, middleware, key).json()
    middleware.fail("add_order_tag", failing, failing, failing)
    refused = build(building, sandbox, middleware, key)
    assert_refused(refused, status, ("MiddlewareServiceError", None))
    ((order_id, _),) = middleware.active.items()
    assert f"Stack {built['name']} ({built['id']}) was launched by an earlier request" in explain(refused)
    assert order_id in explain(refused)
    assert explain(refused).endswith("Send the same request again.")
    assert "delete_order" not in middleware.calls
    assert build(building, sandbox, middleware, key).status == 201


def test_nothing_of_the_billing_service_is_shown(
    building: Service, sandbox: Sandbox, middleware: BillingService
) -> None:
    middleware.fail("get_credits", LOST)
    build(building, sandbox, middleware)
    middleware.fail("add_order_tag", None, *[Failing(How.TRACEBACK)] * 3)
    refused = build(building, sandbox, middleware)
    assert refused.status == 502
    log = building.settled_log()
    for secret in (middleware.url, TRACEBACK.split()[-1], "killbill", *middleware.tokens):
        assert secret not in refused.body.decode()
        assert secret not in log
    assert len(middleware.tokens) == len(middleware.calls)
