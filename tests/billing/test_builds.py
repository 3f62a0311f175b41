"""Credits, order, stack, tags: what a build that is billed does, on the running service."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from builder.sandbox import Sandbox
from tests.api.conftest import prepare
from tests.api.orders import WRONG_PASSWORD, assert_refused, by_ids, details, order
from tests.api.test_ways_to_authenticate import RESTRICTED, by_credential, by_token
from tests.billing.builds import FailingHeat, build, live_stacks
from tests.billing.middleware import ACCOUNT, STACK_ID, STACK_NAME, BillingService, Failing, How
from tests.samples import some_of
from tests.sandbox.clients import Member
from tests.security.tokens import OTHER, SECRET, bearer, make_token
from tests.service import Answer, Service, wait_until

NONE: dict[str, Any] = {"billing_account_id": None, "middleware_url": None}
WHOLE = ["get_credits", "create_order", "add_order_tag", "add_order_tag"]


def test_build_has_an_order_that_names_its_stack(
    building: Service, sandbox: Sandbox, middleware: BillingService
) -> None:
    answer = build(building, sandbox, middleware)
    assert answer.status == 201, answer.body
    made = answer.json()
    ((order_id, kept),) = middleware.active.items()
    assert kept.tags == {STACK_NAME: made["name"], STACK_ID: made["id"]}
    (stack,) = live_stacks(sandbox)
    assert (stack.id, stack.name, stack.order) == (made["id"], made["name"], order_id)
    assert middleware.calls == WHOLE
    shown = building.get("/metrics", bearer(make_token())).body
    assert b'cluster_builder_billing_calls_total{call="create_order",outcome="done"}' in shown


def test_url_may_end_with_a_slash_and_have_a_path_of_its_own(
    building: Service, sandbox: Sandbox, middleware: BillingService
) -> None:
    assert build(building, sandbox, middleware, middleware_url=f"{middleware.url}/").status == 201


def test_repeated_request_has_the_order_of_the_first(
    building: Service, sandbox: Sandbox, middleware: BillingService
) -> None:
    key = str(uuid.uuid4())
    first = build(building, sandbox, middleware, key)
    second = build(building, sandbox, middleware, key)
    assert (first.status, second.status, second.body) == (201, 201, first.body)
    assert second.headers["idempotent-replayed"] == "true"
    assert middleware.calls == [*WHOLE, "get_credits", "add_order_tag", "add_order_tag"]


def test_repeated_request_finds_its_cluster_whatever_credits_are_left(
    building: Service, sandbox: Sandbox, middleware: BillingService
) -> None:
    key = str(uuid.uuid4())
    first = build(building, sandbox, middleware, key)
    middleware.credits = 0
    assert build(building, sandbox, middleware, key).body == first.body
    assert_refused(build(building, sandbox, middleware, "another"), 400, ("MiddlewareInsufficientCredits", None))


def test_another_account_is_no_other_request(building: Service, sandbox: Sandbox, middleware: BillingService) -> None:
    key = str(uuid.uuid4())
    first = build(building, sandbox, middleware, key)
    middleware.accounts.add("another")
    second = build(building, sandbox, middleware, key, billing_account_id="another")
    assert (second.status, second.body) == (201, first.body)
    assert {each.account for each in middleware.orders.values()} == {ACCOUNT}


def test_stack_that_was_launched_without_an_order_gets_none(
    building: Service, sandbox: Sandbox, middleware: BillingService
) -> None:
    key = str(uuid.uuid4())
    first = build(building, sandbox, middleware, key, **NONE)
    second = build(building, sandbox, middleware, key)
    assert (first.status, second.status, second.body) == (201, 201, first.body)
    assert middleware.calls == ["get_credits"]
    assert f"({first.json()['id']}) was launched without an order" in building.settled_log()
    delete_all(sandbox)


def delete_all(sandbox: Sandbox) -> None:
    for stack in live_stacks(sandbox):
        Member(sandbox).delete(f"{stack.name}/{stack.id}")


def test_six_requests_at_once_have_one_order(building: Service, sandbox: Sandbox, middleware: BillingService) -> None:
    key = str(uuid.uuid4())
    with ThreadPoolExecutor(6) as people:
        answers = list(people.map(lambda _: build(building, sandbox, middleware, key), range(6)))
    assert [answer.status for answer in answers] == [201] * 6
    assert len({answer.body for answer in answers}) == 1
    assert len(middleware.orders) == 1
    assert len(live_stacks(sandbox)) == 1


def test_clicks_at_once_and_one_that_is_late_have_one_order(
    requiring: Service, sandbox: Sandbox, middleware: BillingService
) -> None:
    with ThreadPoolExecutor(3) as people:
        answers = list(people.map(lambda _: build(requiring, sandbox, middleware), range(3)))
    answers.append(build(requiring, sandbox, middleware))
    assert [answer.status for answer in answers] == [201] * 4
    assert len({answer.body for answer in answers}) == 1
    assert len(middleware.orders) == len(live_stacks(sandbox)) == 1


def test_six_requests_at_once_to_three_workers_leave_one_order(
    tmp_path: Path, sandbox: Sandbox, middleware: BillingService
) -> None:
    service = Service(tmp_path / "instance", {"JWT_SECRET": SECRET, "WORKERS": "3"})
    prepare(service)
    with service:
        wait_until(lambda: all(service.ids() == ["form"] for _ in range(20)), "listed by all")
        key = str(uuid.uuid4())
        with ThreadPoolExecutor(6) as people:
            answers = list(people.map(lambda _: build(service, sandbox, middleware, key), range(6)))
    assert [answer.status for answer in answers] == [201] * 6
    assert len({answer.body for answer in answers}) == 1
    assert len(live_stacks(sandbox)) == 1


def test_request_without_billing_costs_not_one_call_more(
    building: Service, sandbox: Sandbox, middleware: BillingService
) -> None:
    body = {**order(by_ids(sandbox)), "billing_account_id": None}
    assert building.post("/clusters/", body, bearer(make_token())).status == 201
    assert middleware.received == []
    delete_all(sandbox)


@pytest.mark.parametrize("key", [None, "a-key"])
def test_cloud_is_asked_no_more_for_a_build_that_is_billed(
    building: Service, heat: FailingHeat, middleware: BillingService, key: str | None
) -> None:
    assert build(building, heat, middleware, key).status == 201
    billed = [(each.method, each.path.partition("?")[0]) for each in heat.received]
    heat.received.clear()
    assert build(building, heat, middleware, key and f"{key}-of-another", **NONE).status == 201
    assert [(each.method, each.path.partition("?")[0]) for each in heat.received] == billed
    heat.stacks.pop()  # which has no order


@pytest.mark.parametrize("way", [by_credential, by_token])
def test_build_without_a_password_has_one_order_that_a_repeated_request_finds(
    building: Service, sandbox: Sandbox, middleware: BillingService, way: Any
) -> None:
    env, key = way(sandbox), str(uuid.uuid4())
    dry = build(building, sandbox, middleware, query="?dry_run=true", cloud_env=env)
    assert (dry.status, dry.json()["billing"]["sufficient"]) == (200, True), dry.body
    first = build(building, sandbox, middleware, key, cloud_env=env)
    again = build(building, sandbox, middleware, key, cloud_env=way(sandbox))  # another token, of the same user
    assert (first.status, again.status, again.body) == (201, 201, first.body)
    ((order_id, kept),) = middleware.active.items()
    assert kept.tags == {STACK_NAME: first.json()["name"], STACK_ID: first.json()["id"]}
    (stack,) = live_stacks(sandbox)
    assert (stack.id, stack.order) == (first.json()["id"], order_id)


def test_order_is_taken_back_where_heat_makes_nothing_for_an_application_credential(
    building: Service, sandbox: Sandbox, middleware: BillingService
) -> None:
    refused = build(building, sandbox, middleware, cloud_env=by_credential(sandbox, RESTRICTED))
    assert_refused(refused, 403, ("Forbidden", "/cloud_env/application_credential_id"))
    assert middleware.calls == ["get_credits", "create_order", "add_order_tag", "delete_order"]
    assert middleware.active == {}


@pytest.mark.parametrize("way", [by_credential, by_token])
def test_without_a_password_too_what_keystone_refuses_needs_no_order(
    building: Service, sandbox: Sandbox, middleware: BillingService, way: Any
) -> None:
    env = way(sandbox, **({"token": "gone"} if way is by_token else {"application_credential_secret": "wrong"}))
    assert build(building, sandbox, middleware, cloud_env=env).status == 401
    assert middleware.calls == ["get_credits"]


def test_what_the_cloud_refuses_first_needs_no_order(
    building: Service, sandbox: Sandbox, middleware: BillingService
) -> None:
    env = by_ids(sandbox, password=WRONG_PASSWORD)
    assert build(building, sandbox, middleware, cloud_env=env).status == 401
    assert middleware.calls == ["get_credits"]


def test_what_is_wrong_with_the_answers_is_told_before_anybody_is_asked(
    building: Service, sandbox: Sandbox, middleware: BillingService
) -> None:
    wrong = order(by_ids(sandbox), parameters={"count": 9})
    answer = build(building, sandbox, middleware, **wrong, billing_account_id=None)
    pointers = [("Billing account missing", "/billing_account_id"), ("Invalid parameter", "/cluster/parameters/count")]
    assert_refused(answer, 400, *pointers)
    assert middleware.received == []


@pytest.mark.parametrize("credits_left", [1, 1.9, "26.0", " 30 ", 26, 1e308])
def test_whole_credits_suffice(
    building: Service, sandbox: Sandbox, middleware: BillingService, credits_left: object
) -> None:
    middleware.credits, middleware.threshold = credits_left, 0
    assert build(building, sandbox, middleware).status == 201


@pytest.mark.parametrize("credits_left", [0, 0.99, "0.5", -3, "-1e9"])
def test_too_few_credits_are_told(
    building: Service, sandbox: Sandbox, middleware: BillingService, credits_left: object
) -> None:
    middleware.credits = credits_left
    answer = build(building, sandbox, middleware)
    assert_refused(answer, 400, ("MiddlewareInsufficientCredits", None))
    assert details(answer)[None] == "Insufficient credits to launch a cluster"
    assert middleware.calls == ["get_credits"]


@pytest.mark.parametrize("credits_left", [None, True, "many", "", [], {}, "1_000", "nan", "1e999", 10**400])
def test_what_is_no_number_of_credits_is_a_failure_of_the_billing_service(
    building: Service, sandbox: Sandbox, middleware: BillingService, credits_left: object
) -> None:
    middleware.credits = credits_left
    assert_refused(build(building, sandbox, middleware), 502, ("MiddlewareServiceError", None))


@pytest.mark.parametrize("minimum", some_of([10, 99], 99))
def test_more_than_the_minimum_is_needed(
    tmp_path: Path, sandbox: Sandbox, middleware: BillingService, minimum: int
) -> None:
    middleware.threshold = 0
    environment = {"JWT_SECRET": f"{OTHER},{SECRET}", "BILLING_MIN_CREDITS": str(minimum)}
    with serving(tmp_path, environment) as service:
        middleware.credits = minimum + 0.9
        assert build(service, sandbox, middleware).status == 400
        middleware.credits = minimum + 1
        assert build(service, sandbox, middleware).status == 201  # signed with the secret that verified the request


def serving(tmp_path: Path, environment: dict[str, str]) -> Service:
    service = Service(tmp_path / "instance", environment)
    prepare(service)
    return service


NO_ACCOUNT = ("Billing account missing", "/billing_account_id")
NO_SERVICE = ("Billing service missing", "/middleware_url")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"billing_account_id": None}, NO_ACCOUNT),
        ({"billing_account_id": ""}, NO_ACCOUNT),
        ({"billing_account_id": "  "}, NO_ACCOUNT),
        ({"middleware_url": None}, NO_SERVICE),
        ({"middleware_url": ""}, NO_SERVICE),
        ({"billing_account_id": 17}, ("JSON schema error", "/billing_account_id")),
        ({"billing_account_id": {}}, ("JSON schema error", "/billing_account_id")),
        ({"billing_account_id": True}, ("JSON schema error", "/billing_account_id")),
        ({"billing_account_id": "x" * 256}, ("JSON schema error", "/billing_account_id")),
        ({"middleware_url": 17}, ("JSON schema error", "/middleware_url")),
        ({"middleware_url": []}, ("JSON schema error", "/middleware_url")),
        ({"middleware_url": "ftp://x"}, ("Invalid middleware_url", "/middleware_url")),
        ({"middleware_url": "user_handler:42356"}, ("Invalid middleware_url", "/middleware_url")),
        ({"middleware_url": "http://me:secret@x"}, ("Invalid middleware_url", "/middleware_url")),
        ({"middleware_url": "http://x/?a=b"}, ("Invalid middleware_url", "/middleware_url")),
        ({"middleware_url": "http://x/#a"}, ("Invalid middleware_url", "/middleware_url")),
        ({"middleware_url": "http://x/../y"}, ("Invalid middleware_url", "/middleware_url")),
    ],
    ids=str,
)
@pytest.mark.parametrize("mode", ["building", "requiring"])
def test_wrong_terms_are_told_at_their_place(
    request: pytest.FixtureRequest,
    sandbox: Sandbox,
    middleware: BillingService,
    mode: str,
    changes: dict[str, Any],
    fault: tuple[str, str],
) -> None:
    service = request.getfixturevalue(mode)
    assert_refused(build(service, sandbox, middleware, **changes), 400, fault)
    assert middleware.received == []


def test_words_for_a_team_without_an_account(building: Service, sandbox: Sandbox, middleware: BillingService) -> None:
    answer = build(building, sandbox, middleware, billing_account_id=None)
    assert details(answer)["/billing_account_id"] == "This team has no billing account yet."


@pytest.fixture(scope="module")
def requiring(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A service that builds for billing accounts only."""
    with serving(tmp_path_factory.mktemp("requiring"), {"JWT_SECRET": SECRET, "BILLING": "required"}) as service:
        wait_until(lambda: service.ids() == ["form"], "listed")
        yield service


@pytest.mark.parametrize("keys", [{}, NONE, {"billing_account_id": "", "middleware_url": ""}])
def test_build_that_names_neither_is_refused_where_billing_is_required(
    requiring: Service, sandbox: Sandbox, keys: dict[str, Any]
) -> None:
    answer = requiring.post("/clusters/", {**order(by_ids(sandbox)), **keys}, bearer(make_token()))
    assert_refused(answer, 400, NO_ACCOUNT)
    assert live_stacks(sandbox) == []


def test_build_is_billed_where_billing_is_required(
    requiring: Service, sandbox: Sandbox, middleware: BillingService
) -> None:
    assert build(requiring, sandbox, middleware).status == 201
    assert middleware.calls == WHOLE


def test_nothing_is_billed_where_billing_is_off(tmp_path: Path, sandbox: Sandbox, middleware: BillingService) -> None:
    with serving(tmp_path, {"JWT_SECRET": SECRET, "BILLING": "off"}) as service:
        for changes in ({}, {"billing_account_id": None}, {"middleware_url": "nonsense"}):
            assert build(service, sandbox, middleware, **changes).status == 201
        assert service.settled_log().count("BILLING is off: clusters have no order") == 1
    assert middleware.received == []
    delete_all(sandbox)


def test_nothing_is_sent_without_a_secret_to_sign_it_with(
    tmp_path: Path, sandbox: Sandbox, middleware: BillingService
) -> None:
    with serving(tmp_path, {}) as service:
        for key in (None, "a-key"):
            answer = build(service, sandbox, middleware, key)
            assert_refused(answer, 502, ("MiddlewareServiceError", None))
    assert middleware.received == []


def test_no_other_billing_service_than_the_operators_is_called(
    tmp_path: Path, sandbox: Sandbox, middleware: BillingService
) -> None:
    allowed = f"http://127.0.0.1,http://localhost:1/,{middleware.url}/below,https://127.0.0.1"
    environment = {"JWT_SECRET": SECRET, "ALLOWED_MIDDLEWARE_URLS": allowed}
    with serving(tmp_path, environment) as service:
        assert_refused(build(service, sandbox, middleware), 403, ("Billing service not allowed", "/middleware_url"))
    assert middleware.received == []


def test_the_operators_billing_service_is_called(tmp_path: Path, sandbox: Sandbox, middleware: BillingService) -> None:
    environment = {"JWT_SECRET": SECRET, "ALLOWED_MIDDLEWARE_URLS": f"http://x.example,{middleware.url}"}
    with serving(tmp_path, environment) as service:
        assert build(service, sandbox, middleware).status == 201


@pytest.mark.parametrize(
    "url",
    ["http://169.254.169.254", "http://[fe80::1]", "http://0xA9FEA9FE", "http://metadata.google.internal", "http://0"],
)
def test_link_local_and_metadata_addresses_are_not_called(
    building: Service, sandbox: Sandbox, middleware: BillingService, url: str
) -> None:
    answer = build(building, sandbox, middleware, middleware_url=url)
    assert_refused(answer, 403, ("Billing service not allowed", "/middleware_url"))


def dry_run(building: Service, sandbox: Sandbox, middleware: BillingService, **changes: Any) -> Answer:
    return build(building, sandbox, middleware, query="?dry_run=true", **changes)


@pytest.mark.parametrize(("credits_left", "is_sufficient"), [(100.0, True), (0.5, False)])
def test_dry_run_tells_the_credits(
    building: Service, sandbox: Sandbox, middleware: BillingService, credits_left: float, is_sufficient: bool
) -> None:
    middleware.credits = credits_left
    answer = dry_run(building, sandbox, middleware)
    assert answer.status == 200
    assert answer.json()["billing"] == {"credits": credits_left, "sufficient": is_sufficient}
    assert answer.json()["resources"]
    assert middleware.calls == ["get_credits"]


@pytest.mark.parametrize("how", [How.REFUSE, How.DROP, How.HANG, How.REDIRECT])
def test_dry_run_tells_that_the_billing_service_does_not_tell(
    building: Service, sandbox: Sandbox, middleware: BillingService, how: How
) -> None:
    middleware.fail("get_credits", Failing(how), Failing(how))
    answer = dry_run(building, sandbox, middleware)
    assert answer.status == 200
    billing = answer.json()["billing"]
    assert (billing["credits"], billing["sufficient"]) == (None, None)
    assert billing["problem"].startswith("The billing service ")
    assert middleware.url not in billing["problem"]


def test_dry_run_without_billing_has_no_billing(
    building: Service, sandbox: Sandbox, middleware: BillingService
) -> None:
    assert "billing" not in dry_run(building, sandbox, middleware, **NONE).json()
    assert_refused(dry_run(building, sandbox, middleware, billing_account_id=None), 400, NO_ACCOUNT)
