"""Attacks by a cloud that gives good answers: tokens about to expire, and texts that are no error messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from builder.api.build_outcomes import Building, RecentBuilds
from builder.api.metrics import Metrics
from builder.clusters.plan import ClusterPlan
from builder.errors import RequestError
from builder.kinds.heat import launch
from builder.openstack.deadline import Deadline
from tests.openstack.further_services import COMPUTE, IMAGE, NETWORK, WholeCloud, previewed
from tests.openstack.replay_cloud import PROJECT_ID, TOKEN, Received, answer, catalog_entry, reset
from tests.openstack.settings import ask_connected
from tests.security.raw import assert_is_error
from tests.service import Answer, Service, wait_until

PASSWORD = "Canary-Password-1"
HIDDEN = "canary-hidden-parameter-2"

DEFINITION = """\
kind: heat
title: With a secret
description: It has a hidden parameter.
heat_template:
  heat_template_version: 2021-04-16
  parameters:
    admin: {type: string, hidden: true}
  resources:
    secret: {type: OS::Heat::Value, properties: {value: {get_param: admin}}}
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("answers")
    with Service(folder, {"LOG_LEVEL": "DEBUG"}) as running:
        (running.enabled / "hpc.yaml").write_text(DEFINITION)
        wait_until(lambda: running.ids() == ["hpc"], "the type is listed")
        yield running


@pytest.fixture
def service(running: Service) -> Service:
    running.output.clear()  # each test looks at what is logged in its own time
    return running


@pytest.fixture
def cloud() -> Iterator[WholeCloud]:
    with WholeCloud() as server:
        server.previewed = [previewed("OS::Nova::Server", "node", flavor="m1.small")]
        yield server


def build(service: Service, cloud: WholeCloud, key: str = "", query: str = "") -> Answer:
    cluster = {"name": "hpcluster", "cluster_type_id": "hpc", "parameters": {"admin": HIDDEN}}
    body = {"cloud_env": cloud.credentials(password=PASSWORD), "cluster": cluster}
    return service.post(f"/clusters/{query}", body, {"Idempotency-Key": key} if key else {})


def assets(service: Service, cloud: WholeCloud) -> Answer:
    return service.post("/cloud_assets/", {"cloud_env": cloud.credentials(password=PASSWORD)})


# --- tokens that are about to expire ----------------------------------------------------------------------------------

REQUESTS: dict[str, Callable[[Service, WholeCloud], Answer]] = {
    "build": build,
    "build with a key": lambda service, cloud: build(service, cloud, "k-1"),
    "dry run": lambda service, cloud: build(service, cloud, query="?dry_run=true"),
    "cloud assets": assets,
}


def expire_soon(cloud: WholeCloud) -> None:
    cloud.expires_at = (datetime.now(UTC) + timedelta(seconds=60)).strftime("%Y-%m-%dT%H:%M:%S.000000Z")


@pytest.mark.parametrize("request_of", REQUESTS)
def test_credentials_are_sent_once_for_a_request_however_short_its_token_lives(
    service: Service, cloud: WholeCloud, request_of: str
) -> None:
    expire_soon(cloud)
    assert REQUESTS[request_of](service, cloud).status in {200, 201}
    assert len(cloud.token_requests) == 1


@pytest.mark.parametrize("key", ["", "k-1"])
def test_keystone_that_fails_after_the_creation_takes_no_answer_away(
    service: Service, cloud: WholeCloud, key: str
) -> None:
    def fail_from_now_on(_: Received) -> None:
        cloud.identity = reset

    expire_soon(cloud)
    cloud.hooks.after_writing = fail_from_now_on
    built = build(service, cloud, key)
    (stack,) = cloud.live
    assert built.status == 201, built.body
    assert built.json() == {"id": stack.id, "name": stack.name}
    assert built.headers["location"].endswith(f"/heat/v1/{PROJECT_ID}/stacks/{stack.name}/{stack.id}")


# --- texts that are no error messages ---------------------------------------------------------------------------------

SECRETS = (PASSWORD, TOKEN, HIDDEN)


def assert_silent(service: Service, *answers: Answer) -> None:
    """No secret, in whichever case, in what is told and logged; nothing of a size that only the cloud chose."""
    for told in (service.settled_log(), *[each.body.decode() + str(each.headers) for each in answers]):
        assert not [secret for secret in SECRETS if secret.lower() in told.lower()]
    assert all(len(each.body) < 10_000 for each in answers)


HOSTILE = {
    "secrets": f"x {PASSWORD} {TOKEN} {HIDDEN}",
    "a header": "a--b\r\nSet-Cookie: x=y",
    "a line of the log": "a--b\n2026-01-01T00:00:00.000Z ERROR builder: forged",
    "long": "x" * 1_000_000,
    "half a surrogate pair": "a--\ud800",
    "not ASCII": "a--\u202eb",
    "of other parts": "../../x",
    "empty": "",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("field", ["name", "status", "deleted status"])
def test_stack_is_repeated_only_as_heat_names_stacks(
    service: Service, cloud: WholeCloud, field: str, text: str, request: pytest.FixtureRequest
) -> None:
    key = request.node.name.encode("ascii", "replace").decode()[:200]
    assert build(service, cloud, key).status == 201
    (stack,) = cloud.stacks
    if field == "name":
        stack.name = text
    else:
        stack.status = f"DELETE_{text}" if field == "deleted status" else text
    again = build(service, cloud, key)
    assert_is_error(again, 502 if field != "deleted status" or text else 409)
    assert len(cloud.stacks) == 1
    assert_silent(service, again)
    assert "Set-Cookie: x" not in service.settled_log()


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_dry_run_shows_names_and_types_of_resources_in_one_bounded_line_without_secrets(
    service: Service, cloud: WholeCloud, text: str
) -> None:
    cloud.previewed = [previewed(text, "x"), previewed("OS::Heat::Value", text), previewed("T", "n", f"s-{text}")]
    shown = build(service, cloud, query="?dry_run=true")
    assert shown.status == 200
    resources = shown.json()["resources"]
    assert sum(each["count"] for each in resources) == 3
    assert all(told.isprintable() for each in resources for told in (each["type"], *each["names"]))
    assert_silent(service, shown)


PATHS = {"half a surrogate pair": "\ud800", "a header": "a\r\nX: y", "not ASCII": "\u00e9\u202e", "percent": "a%zz%20b"}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize("key", ["", "k-1"])
def test_url_of_the_catalogue_is_told_as_it_is_asked(service: Service, cloud: WholeCloud, path: str, key: str) -> None:
    cloud.without("orchestration")
    cloud.catalog.append(catalog_entry("orchestration", f"{cloud.url}/heat/{path}"))
    built = build(service, cloud, key)
    (stack,) = cloud.live
    assert (built.status, built.json()["id"]) == (201, stack.id)
    (post,) = [each for each in cloud.posts_to_heat if not each.path.endswith("/preview")]
    assert built.headers["location"] == f"{cloud.url}{post.path}/{stack.name}/{stack.id}"
    assert "x" not in built.headers


def test_url_of_the_catalogue_that_no_answer_can_hold_has_nothing_created_there(
    service: Service, cloud: WholeCloud
) -> None:
    cloud.without("orchestration")
    cloud.catalog.append(catalog_entry("orchestration", f"{cloud.url}/heat/{'x' * 3000}"))
    refused = build(service, cloud)
    assert_is_error(refused, 502)
    assert refused.faults() == [("Service not found", None)]
    assert not cloud.stacks
    assert_silent(service, refused)


@pytest.mark.parametrize("secret", [PASSWORD, TOKEN, TOKEN.replace("-", "%2D")])
def test_url_of_the_catalogue_that_holds_a_secret_is_not_told(service: Service, cloud: WholeCloud, secret: str) -> None:
    cloud.without("orchestration")
    cloud.catalog.append(catalog_entry("orchestration", f"{cloud.url}/heat/{secret}"))
    built = build(service, cloud)
    assert built.status == 201
    assert "location" not in built.headers
    assert_silent(service, built)


@pytest.mark.parametrize("service_type", ["orchestration", "network"])
@pytest.mark.parametrize("place", ["http://{}.invalid:1/v1", "http://169.254.1.1:1/{}", "ftp://{}/", "http://{}:x/"])
def test_address_of_the_catalogue_that_is_of_no_use_tells_no_secret(
    service: Service, cloud: WholeCloud, service_type: str, place: str
) -> None:
    for secret in (PASSWORD, TOKEN):
        cloud.without(service_type)
        cloud.catalog.append(catalog_entry(service_type, place.format(secret)))
        answers = [build(service, cloud), assets(service, cloud)]
        assert_silent(service, *answers)


def test_redirect_tells_no_secret(service: Service, cloud: WholeCloud) -> None:
    for secret in (PASSWORD, TOKEN):
        cloud.orchestration = answer(302, headers={"Location": f"http://{secret}.example/"})
        redirected = build(service, cloud, "k-1")
        assert_is_error(redirected, 502)
        assert_silent(service, redirected)


def test_token_is_masked_in_the_log(service: Service, cloud: WholeCloud) -> None:
    """keystoneauth warns of an endpoint that it finds no version of, and names its URL."""
    cloud.without("compute", "image")
    cloud.catalog += [catalog_entry(each, f"{cloud.url}/{TOKEN}/{each}") for each in ("compute", "image")]
    answers = [build(service, cloud), assets(service, cloud)]
    assert_silent(service, *answers)


def test_hidden_value_that_heat_repeats_where_it_was_not_sent_is_masked(service: Service, cloud: WholeCloud) -> None:
    cloud.orchestration = answer(400, {"error": {"message": f"of an earlier request: {HIDDEN}", "type": "x"}})
    refused = build(service, cloud, "k-1")
    assert_is_error(refused, 400)
    assert_silent(service, refused)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_asset_without_a_name_that_can_be_shown_goes_by_its_id(service: Service, cloud: WholeCloud, text: str) -> None:
    cloud.set(f"{COMPUTE}/flavors", {"flavors": [{"id": "f-1", "name": text}, {"id": text, "name": text}]})
    cloud.set(f"{IMAGE}/v2/images", {"images": [{"id": "i-1", "name": text}]})
    cloud.set(f"{NETWORK}/v2.0/networks", {"networks": [{"id": "n-1", "name": text, "router:external": True}]})
    cloud.set(f"{COMPUTE}/os-keypairs", {"keypairs": [{"keypair": {"name": text}}]})
    shown = assets(service, cloud)
    assert shown.status == 200
    plain = {text} - {"", *(HOSTILE.values())} or {"../../x"} & {text}
    document = shown.json()
    assert [each["id"] for each in document["flavors"]] == sorted(plain or {"f-1"})
    assert [each["id"] for each in document["images"]] == sorted(plain or {"i-1"})
    assert [(each["id"], each["external"]) for each in document["networks"]] == [(*(plain or {"n-1"}), True)]
    assert [each["id"] for each in document["keypairs"]] == sorted(plain)
    assert_silent(service, shown)


# --- numbers and dates that Python does not hold ----------------------------------------------------------------------

DATES = ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2020-13-01T00:00:00Z", "9" * 5000, ""]


@pytest.mark.parametrize("date", DATES, ids=range(len(DATES)))
@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "DELETE_COMPLETE"])
def test_date_that_is_none_makes_no_500(
    service: Service, cloud: WholeCloud, status: str, date: str, request: pytest.FixtureRequest
) -> None:
    first = build(service, cloud, request.node.name)
    (stack,) = cloud.stacks
    stack.created, stack.deleted, stack.status = date, date, status
    again = build(service, cloud, request.node.name)
    assert again.status == (201 if status == "CREATE_COMPLETE" else 409)
    assert len(cloud.stacks) == 1
    assert first.status == 201


@pytest.mark.parametrize("date", DATES, ids=range(len(DATES)))
@pytest.mark.parametrize("request_of", REQUESTS)
def test_token_that_expires_on_no_date_is_a_token(
    service: Service, cloud: WholeCloud, request_of: str, date: str
) -> None:
    cloud.expires_at = date
    assert REQUESTS[request_of](service, cloud).status in {200, 201}


HUGE = int("9" * 4300)
NUMBERS = {"huge": HUGE, "huge and negative": -HUGE, "infinite": float("inf"), "text": "9" * 4300, "none": None}


@pytest.mark.parametrize("number", NUMBERS.values(), ids=NUMBERS)
def test_number_that_is_none_makes_no_500(service: Service, cloud: WholeCloud, number: object) -> None:
    flavor = {"id": "1", "name": "m1.small", "vcpus": number, "ram": number}
    cloud.set(f"{COMPUTE}/flavors/detail", {"flavors": [flavor]})
    cloud.set_limits(COMPUTE, maxTotalInstances=number, totalInstancesUsed=-HUGE, maxTotalCores=1, totalCoresUsed=0)
    cloud.previewed = [previewed("OS::Nova::Server", name, flavor="m1.small") for name in "ab"]
    cloud.previewed += [previewed("OS::Cinder::Volume", name, size=number) for name in "cd"]
    shown = build(service, cloud, query="?dry_run=true")
    assert shown.status == 200, shown.body
    assert build(service, cloud).status == 201
    assert_silent(service, shown)


def test_failure_that_nobody_foresaw_names_the_stack_that_may_exist(
    cloud: WholeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("builder.kinds.creation.LaunchOutcome", fail)
    deadline = Deadline(10)
    wish = ClusterPlan("hpc", "hpc", "r1", {"heat_template_version": "2018-08-31"})
    building = Building(Metrics(), RecentBuilds(), "heat", "hpc", "", deadline, "req-1")
    with pytest.raises(RequestError) as caught:
        building.follow(lambda: ask_connected(launch.launch, cloud.credentials(), wish, deadline=deadline))
    (stack,) = cloud.live
    (fault,) = caught.value.faults
    assert (fault.status, fault.title) == (500, "Internal Server Error")
    assert f"Stack {stack.name} may have been created all the same" in fault.detail
