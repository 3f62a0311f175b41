"""A build that is billed, broken off: by SIGKILL, SIGTERM, its deadline, or a client that goes away."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from builder.sandbox import Sandbox
from tests.api.conftest import prepare
from tests.api.orders import WRONG_PASSWORD, assert_refused, by_ids, order
from tests.billing.builds import Cloud, FailingHeat, build, cloud_env, live_stacks
from tests.billing.middleware import ACCOUNT, STACK_ID, STACK_NAME, BillingService, Call, Failing, How
from tests.openstack.replay_cloud import answer
from tests.samples import some_of
from tests.security.tokens import SECRET, bearer, make_token
from tests.service import Answer, Service, wait_until

HEAT_REFUSES = answer(400, {"code": 400, "error": {"type": "StackValidationFailed", "message": "Wrong."}})


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment in the launch of a stack: a call of the billing service, before or after it has its effect.

    ``leaves_order``: whoever is killed then leaves an order without a stack, which no repeated request can find.
    """

    call: str
    number: int = 1
    is_after: bool = False
    leaves_order: bool = False

    def __str__(self) -> str:
        return f"{'after' if self.is_after else 'before'}-{self.call}-{self.number}"


MOMENTS = [
    Moment("get_credits"),
    Moment("create_order", leaves_order=True),  # for the call has been received, and has its effect
    Moment("create_order", is_after=True, leaves_order=True),
    Moment("add_order_tag", leaves_order=True),
    Moment("add_order_tag", is_after=True, leaves_order=True),
    Moment("add_order_tag", 2),
    Moment("add_order_tag", 2, is_after=True),
]
"""Each step: between the two tags, the stack is created."""


def act_at(middleware: BillingService, moment: Moment, act: Callable[[], None]) -> None:
    """Have something happen once, at a moment of the next build."""
    seen: list[str] = []
    done = threading.Event()

    def watch(call: Call) -> None:
        seen.append(call.name)
        if seen.count(moment.call) == moment.number and call.name == moment.call and not done.is_set():
            done.set()
            act()

    if moment.is_after:
        middleware.when_done = watch
    else:
        middleware.when = watch


@contextmanager
def serving(folder: Path, **environment: str) -> Iterator[Service]:
    """A service of the test's own."""
    service = Service(folder / "instance", {"JWT_SECRET": SECRET, **{"BILLING_TIMEOUT": "2", **environment}})
    if not service.enabled.exists():
        prepare(service)
    with service:
        yield service


def build_in_vain(
    service: Service, cloud: Cloud, middleware: BillingService, key: str, cluster_name: str = "mycluster"
) -> None:
    """A build whose answer never comes, for the service is killed; where the cloud is late, it is asked for again."""
    with suppress(OSError, http.client.HTTPException):
        while build(service, cloud, middleware, key, cluster_name=cluster_name).status == 504:
            continue


def check_retry(other: Service, cloud: Cloud, middleware: BillingService, key: str, orders_left: int) -> None:
    """The same request, sent to another service than the one that was killed, mends what can be mended."""
    built = build(other, cloud, middleware, key)
    if built.status == 504:  # the cloud is late
        built = build(other, cloud, middleware, key)
    assert built.status == 201, built.body
    (stack,) = live_stacks(cloud)
    assert stack.id == built.json()["id"]
    assert stack.order is not None
    assert middleware.active[stack.order].tags == {STACK_NAME: stack.name, STACK_ID: stack.id}
    left = [each for id_, each in middleware.active.items() if id_ != stack.order]
    assert len(left) == orders_left
    assert not any(STACK_ID in each.tags for each in left)
    middleware.mend(live_stacks(cloud))


@pytest.mark.parametrize("moment", some_of(MOMENTS, MOMENTS[2], MOMENTS[-1]), ids=str)
def test_request_that_is_repeated_after_a_kill_has_one_stack_with_its_order(
    tmp_path: Path, building: Service, cloud: Cloud, middleware: BillingService, moment: Moment
) -> None:
    key = str(uuid.uuid4())
    with serving(tmp_path) as service:
        act_at(middleware, moment, lambda: os.kill(service.process.pid, signal.SIGKILL))
        build_in_vain(service, cloud, middleware, key)
        assert service.wait() == -signal.SIGKILL
    check_retry(building, cloud, middleware, key, int(moment.leaves_order))


@pytest.mark.parametrize("is_after", some_of([False, True], True))
def test_request_that_is_repeated_after_a_kill_while_heat_creates_has_one_stack(
    tmp_path: Path, building: Service, heat: FailingHeat, middleware: BillingService, is_after: bool
) -> None:
    key = str(uuid.uuid4())
    with serving(tmp_path) as service:
        if is_after:
            heat.hooks.after_writing = lambda _: os.kill(service.process.pid, signal.SIGKILL)
        else:
            heat.instead_of_creating = [lambda _: os.kill(service.process.pid, signal.SIGKILL)]
        build_in_vain(service, heat, middleware, key)
        assert service.wait() == -signal.SIGKILL
    heat.hooks.after_writing = lambda _: None
    check_retry(building, heat, middleware, key, int(not is_after))


def stop(service: Service) -> None:
    """Tell a service to stop, and see that it has heard."""
    service.process.send_signal(signal.SIGTERM)
    wait_until(lambda: "stopping" in service.log, "it stops")


# Which process tells a worker to stop has no say in what a build then does: one moment with a second worker will do.
STOPS = [*(("1", each) for each in MOMENTS), ("2", MOMENTS[-1])]


@pytest.mark.parametrize(("workers", "moment"), some_of(STOPS, STOPS[2], STOPS[-1]), ids=str)
def test_service_that_stops_ends_what_it_began(
    tmp_path: Path, cloud: Cloud, middleware: BillingService, moment: Moment, workers: str
) -> None:
    with serving(tmp_path, WORKERS=workers) as service:
        act_at(middleware, moment, lambda: stop(service))
        assert build(service, cloud, middleware).status == 201
        assert service.wait() == 0


def test_service_that_stops_takes_back_what_it_began(
    tmp_path: Path, heat: FailingHeat, middleware: BillingService
) -> None:
    heat.instead_of_creating = [HEAT_REFUSES]
    middleware.fail("delete_order", Failing(How.HANG))
    with serving(tmp_path) as service:
        act_at(middleware, Moment("delete_order"), lambda: stop(service))
        assert_refused(build(service, heat, middleware), 400, ("Stack refused", None))
        assert service.wait() == 0
    assert middleware.calls.count("delete_order") == 2


def hold(released: threading.Event) -> Callable[[socket.socket], None]:
    """A behaviour that gives no answer."""

    def wait(_: socket.socket) -> None:
        released.wait(60)

    return wait


HASTY = {"BUILD_DEADLINE": "4", "BILLING_TIMEOUT": "6"}
"""Builds have little time, and the billing service has more of it."""


def have_all_loaded(service: Service) -> None:
    """What takes long to load at the first build is loaded, and is not taken from the time of those that follow."""
    with Sandbox() as warming:
        wrong = by_ids(warming, password=WRONG_PASSWORD)
        wait_until(lambda: service.post("/cloud_assets/", wrong, bearer(make_token())).status == 401, "loaded")


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service whose builds have little time."""
    with serving(tmp_path_factory.mktemp("hasty"), **HASTY) as service:
        have_all_loaded(service)
        yield service


def assert_late(refused: Answer) -> str:
    """It was refused at the deadline; in which words."""
    assert_refused(refused, 504, ("Cloud timed out", None))
    return str(refused.json()["errors"][0]["detail"])


@pytest.fixture
def released() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_order_is_cancelled_after_the_deadline(
    hasty: Service, heat: FailingHeat, middleware: BillingService, released: threading.Event
) -> None:
    heat.instead_of_creating = [hold(released)]
    detail = assert_late(build(hasty, heat, middleware))
    ((order_id, kept),) = middleware.orders.items()
    assert f"Stack {kept.tags[STACK_NAME]} may have been created" in detail
    assert f"Order {order_id} was made for it" in detail
    wait_until(lambda: middleware.active == {}, "it is cancelled")


def test_stop_waits_for_what_is_taken_back_past_the_deadline(
    tmp_path: Path, heat: FailingHeat, middleware: BillingService, released: threading.Event
) -> None:
    heat.instead_of_creating = [hold(released)]
    middleware.fail("delete_order", Failing(How.HANG))
    with serving(tmp_path, **HASTY) as service:
        have_all_loaded(service)
        act_at(middleware, Moment("add_order_tag"), lambda: stop(service))  # most of its time is left
        assert_late(build(service, heat, middleware))
        assert service.wait() == 0
    assert middleware.active == {}


def test_stack_that_is_found_after_the_deadline_gets_its_tags(
    hasty: Service, heat: FailingHeat, middleware: BillingService, released: threading.Event
) -> None:
    heat.hooks.after_writing = lambda _: hold(released)
    assert_late(build(hasty, heat, middleware))
    ((_, made),) = middleware.active.items()
    wait_until(lambda: STACK_ID in made.tags, "it has its tags")


def test_order_of_a_build_whose_time_is_over_before_heat_is_asked_is_cancelled(
    hasty: Service, heat: FailingHeat, middleware: BillingService
) -> None:
    middleware.fail("add_order_tag", Failing(How.HANG))
    answered = threading.Event()

    def wait() -> None:  # once the order is cancelled, there is nothing left to tell of it
        answered.wait(60)

    act_at(middleware, Moment("delete_order"), wait)
    detail = assert_late(build(hasty, heat, middleware))
    answered.set()
    assert "was not created. Order" in detail
    wait_until(lambda: middleware.active == {}, "it is cancelled")
    assert heat.posts_to_heat == []


def test_id_is_told_after_the_deadline(hasty: Service, cloud: Cloud, middleware: BillingService) -> None:
    middleware.fail("add_order_tag", None, Failing(How.HANG))
    assert_late(build(hasty, cloud, middleware))
    wait_until(lambda: any(STACK_ID in each.tags for each in middleware.active.values()), "the id is told")
    assert middleware.calls.count("add_order_tag") == 3


def test_client_is_told_heats_error_where_cancelling_takes_longer_than_the_deadline(
    hasty: Service, heat: FailingHeat, middleware: BillingService
) -> None:
    heat.instead_of_creating = [HEAT_REFUSES]
    middleware.fail("delete_order", Failing(How.HANG))
    assert_refused(build(hasty, heat, middleware), 400, ("Stack refused", None))
    assert len(middleware.active) == 1
    wait_until(lambda: middleware.active == {}, "it is cancelled")


def test_order_that_may_exist_is_told_of_at_the_deadline(
    hasty: Service, cloud: Cloud, middleware: BillingService
) -> None:
    middleware.fail("create_order", Failing(How.HANG, after=True))
    assert "an order may exist, and no stack" in assert_late(build(hasty, cloud, middleware))
    wait_until(lambda: "an order may be left" in hasty.log, "it is in the log")
    middleware.mend(live_stacks(cloud))


def test_order_of_a_client_that_has_gone_is_cancelled(
    tmp_path: Path, heat: FailingHeat, middleware: BillingService
) -> None:
    gone = threading.Event()

    def wait_and_refuse(connection: socket.socket) -> None:
        gone.wait(30)
        connection.sendall(HEAT_REFUSES)

    heat.instead_of_creating = [wait_and_refuse]
    body = {**order(cloud_env(heat)), "billing_account_id": ACCOUNT, "middleware_url": middleware.url}
    with serving(tmp_path) as service:
        client = http.client.HTTPConnection(service.url.removeprefix("http://"), timeout=30)
        headers = {"Content-Type": "application/json", **bearer(make_token())}
        client.request("POST", "/clusters/", json.dumps(body), headers)
        wait_until(lambda: "add_order_tag" in middleware.calls, "the order is there")
        client.close()
        wait_until(lambda: " route=/clusters status=499 " in service.log, "the client has gone")
        gone.set()
        wait_until(lambda: middleware.calls[-1] == "delete_order", "it is cancelled")
        assert service.stop() == 0


def test_service_that_is_hurried_says_what_it_leaves(tmp_path: Path, cloud: Cloud, middleware: BillingService) -> None:
    middleware.fail("add_order_tag", None, Failing(How.HANG))
    with serving(tmp_path, BILLING_TIMEOUT="30") as service:

        def hurry() -> None:
            stop(service)
            service.process.send_signal(signal.SIGTERM)

        act_at(middleware, Moment("add_order_tag", 2), hurry)
        refused = build(service, cloud, middleware)
        assert refused.status in (502, 503)
        assert service.wait() == 0
    ((order_id, _),) = middleware.active.items()
    assert order_id in refused.body.decode()
    assert f"order {order_id} is left" in service.log
    middleware.mend(live_stacks(cloud))
