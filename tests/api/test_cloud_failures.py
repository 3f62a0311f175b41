"""What a client is told when the cloud refuses, fails, is late, or is not there; and what nobody is told."""

from __future__ import annotations

import json
import re
import signal
import socket
import threading
import urllib.parse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from builder.sandbox import Sandbox
from builder.sandbox.wire.accounts import find_credentials
from builder.schema import published
from tests.api.conftest import prepare
from tests.api.orders import WRONG_PASSWORD, assert_error, assert_refused, by_ids, order, stack_names
from tests.openstack.further_services import WholeCloud, previewed
from tests.openstack.remembering_heat import RememberingHeat
from tests.openstack.replay_cloud import Received
from tests.openstack.replay_cloud import answer as canned
from tests.service import WAIT_SECONDS, Answer, Service, fetch, is_asked, wait_until

BUILDS = ("/clusters/", "/clusters/?dry_run=true")
CLOUD_PATHS = (*BUILDS, "/cloud_assets/")


@pytest.fixture(scope="module")
def closed_port() -> Iterator[str]:
    """The URL of a port where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/v3"


@pytest.mark.parametrize("path", CLOUD_PATHS)
def test_wrong_password_is_401_in_keystones_words(building: Service, cloud: Sandbox, path: str) -> None:
    answer = building.post(path, order(by_ids(cloud, password=WRONG_PASSWORD)))
    assert_refused(answer, 401, ("Unauthorized", "/cloud_env"))
    assert "requires authentication" in answer.json()["errors"][0]["detail"]


def test_project_without_a_role_is_401(building: Service, cloud: Sandbox) -> None:
    other = find_credentials("alt_demo").project_id
    answer = building.post("/clusters/", order(by_ids(cloud, project_id=other)))
    assert_refused(answer, 401, ("Unauthorized", "/cloud_env"))


@pytest.mark.parametrize(
    ("service", "path"), [*(("identity", path) for path in CLOUD_PATHS), *(("orchestration", path) for path in BUILDS)]
)
def test_what_the_cloud_forbids_is_403_in_its_words(building: Service, service: str, path: str) -> None:
    forbidden = {"error": {"code": 403, "message": "You are not authorized.", "title": "Forbidden"}}
    with RememberingHeat() as cloud:
        setattr(cloud, service, canned(403, forbidden))
        answer = building.post(path, order(cloud.credentials()))
    assert_refused(answer, 403, ("Forbidden", "/cloud_env"))
    assert answer.json()["errors"][0]["detail"].endswith("does not allow this: You are not authorized.")
    assert "www-authenticate" not in answer.headers


@pytest.mark.parametrize("path", BUILDS)
@pytest.mark.parametrize(
    ("parameter", "detail", "pointer"),
    [
        ("count", "9 is out of range", "/cluster/parameters/count"),
        (
            "fixed",
            "The orchestration service (Heat) refused the stack: Parameter 'fixed' is invalid: 9 is out of range",
            None,
        ),
        (
            "of_another_template",
            "The orchestration service (Heat) refused the stack: Parameter 'of_another_template' is invalid: "
            "9 is out of range",
            None,
        ),
    ],
    ids=["a field", "hardcoded", "of another template"],
)
def test_parameter_that_heat_refuses_is_pointed_at_where_it_is_a_field_of_the_form(
    building: Service, path: str, parameter: str, detail: str, pointer: str | None
) -> None:
    message = f"Parameter '{parameter}' is invalid: 9 is out of range"
    with RememberingHeat() as cloud:
        cloud.orchestration = canned(400, {"error": {"type": "StackValidationFailed", "message": message}})
        answer = building.post(path, order(cloud.credentials()))
    assert_refused(answer, 400, ("Parameter refused", pointer))
    assert answer.json()["errors"][0]["detail"] == detail


def test_cloud_that_the_operator_does_not_list_is_403_before_anything_is_sent(tmp_path: Path) -> None:
    with RememberingHeat() as listed, RememberingHeat() as other:
        service = Service(tmp_path / "instance", {"ALLOWED_AUTH_URLS": f"https://keystone.example.org/v3,{listed.url}"})
        prepare(service)
        with service:
            wait_until(lambda: service.ids() == ["form"], "listed")
            for path in CLOUD_PATHS:
                answer = service.post(path, order(other.credentials()))
                assert_refused(answer, 403, ("Cloud not allowed", "/cloud_env/auth_url"))
                assert "is not on the list" in answer.json()["errors"][0]["detail"]
            refused = service.get("/cloud_assets/?" + urllib.parse.urlencode(other.credentials()))
            assert_refused(refused, 403, ("Cloud not allowed", "/auth_url"))
            assert service.post("/clusters/", order(listed.credentials())).status == 201
    assert other.received == []


def test_keystone_that_cannot_be_reached_is_502(building: Service, cloud: Sandbox, closed_port: str) -> None:
    answer = building.post("/clusters/", order(by_ids(cloud, auth_url=closed_port)))
    assert_refused(answer, 502, ("Cloud unreachable", None))
    assert "connection refused" in answer.json()["errors"][0]["detail"]


def test_log_tells_why_no_cluster_was_built(building: Service, cloud: Sandbox, closed_port: str) -> None:
    answer = building.post("/clusters/", order(by_ids(cloud, auth_url=closed_port)))
    identifier = answer.headers["x-request-id"]
    wait_until(lambda: "builder.access" in find_lines(building, identifier), "the access line")
    line = next(line for line in find_lines(building, identifier).splitlines() if "no cluster built" in line)
    assert "WARNING" in line
    assert "type=form" in line
    assert "outcome=502" in line
    assert answer.json()["errors"][0]["detail"] in line


def test_log_tells_the_id_that_openstack_knows_a_request_by(building: Service, cloud: Sandbox) -> None:
    building.post("/clusters/", order(by_ids(cloud)), {"X-Request-ID": "6cb6b2a59a8f4d37b8e15c7f8e1fb6d4"})
    wait_until(lambda: "builder.access" in find_lines(building, "6cb6b2a59a8f4d37b8e15c7f8e1fb6d4"), "the access line")
    (line,) = [line for line in building.settled_log().splitlines() if " cloud_request_id=" in line]
    assert " cloud_request_id=req-6cb6b2a5-9a8f-4d37-b8e1-5c7f8e1fb6d4 " in line


def test_cluster_whose_caller_has_gone_is_logged_and_measured_as_the_success_that_it_is(tmp_path: Path) -> None:
    service = Service(tmp_path / "instance")
    prepare(service)
    with Sandbox(heat_latency=0.5) as slow, service:
        wait_until(lambda: service.ids() == ["form"], "listed")
        body = json.dumps(order(by_ids(slow))).encode()
        with socket.create_connection(("127.0.0.1", urllib.parse.urlsplit(service.url).port or 0)) as caller:
            caller.sendall(b"POST /clusters/ HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            wait_until(lambda: is_asked(slow.auth_url), "the build is under way")
        wait_until(lambda: "cluster built" in service.log, "the build is logged")
        wait_until(lambda: " route=/clusters status=499 " in service.log, "the request is counted, which comes before")
        assert stack_names(slow)[0] in service.log
        measured = service.get("/metrics").body.decode()
    assert 'cluster_builder_build_duration_seconds_count{kind="heat",outcome="created"} 1.0' in measured
    assert 'http_requests_total{method="POST",route="/clusters",status="499"} 1.0' in measured
    assert not re.search(r'status="500"\} (?!0\.0$)', measured, re.MULTILINE)
    assert "ERROR" not in service.settled_log()


def find_lines(service: Service, identifier: str) -> str:
    """What the log says of one request."""
    return "".join(line for line in service.output if identifier in line)


def test_address_of_something_else_is_told_at_auth_url(building: Service, cloud: Sandbox) -> None:
    answer = building.post("/clusters/", order(by_ids(cloud, auth_url=building.url)))
    assert_refused(answer, 400, ("Invalid auth_url", "/cloud_env/auth_url"))


def test_region_without_heat_is_502_at_the_region(building: Service, cloud: Sandbox) -> None:
    answer = building.post("/clusters/", order(by_ids(cloud, region_name="RegionEmpty")))
    assert_refused(answer, 502, ("Service not found", "/cloud_env/region_name"))


def test_region_may_be_named_or_null(building: Service, cloud: Sandbox) -> None:
    for region in ("RegionOne", None):
        assert building.post("/clusters/", order(by_ids(cloud, region_name=region))).status == 201


def test_heats_quota_of_stacks_is_400(building: Service) -> None:
    with Sandbox(quota_stacks=1) as small:
        assert building.post("/clusters/", order(by_ids(small))).status == 201
        answer = building.post("/clusters/", order(by_ids(small), name="another"))
        assert_refused(answer, 400, ("Stack limit exceeded", None))


def test_cloud_that_is_late_is_504_and_the_stack_to_look_for_is_named(tmp_path: Path) -> None:
    with Sandbox(heat_latency=1.5) as slow:
        service = Service(tmp_path / "instance", {"BUILD_DEADLINE": "1"})
        prepare(service)
        with service:
            wait_until(lambda: service.post("/cloud_assets/", by_ids(slow)).status == 200, "clients loaded")
            answer = service.post("/clusters/", order(by_ids(slow)))
            assert_refused(answer, 504, ("Cloud timed out", None))
            detail = answer.json()["errors"][0]["detail"]
            assert "Not done within 1 seconds" in detail
            assert re.search(r"Stack mycluster--\w+ may have been created", detail)


def test_pool_that_is_full_is_503_and_says_when_to_come_back(tmp_path: Path) -> None:
    with Sandbox(heat_latency=0.5) as slow:
        service = Service(tmp_path / "instance", {"BUILD_WORKERS": "1", "BUILD_QUEUE": "0", "BUILD_DEADLINE": "20"})
        prepare(service)
        with service, ThreadPoolExecutor(3) as people:
            wait_until(lambda: service.post("/cloud_assets/", by_ids(slow)).status == 200, "clients loaded")
            answers: list[Answer] = list(people.map(lambda _: service.post("/clusters/", order(by_ids(slow))), "abc"))
        assert sorted(answer.status for answer in answers) == [201, 503, 503]
        for answer in answers:
            if answer.status == 503:
                assert_refused(answer, 503, ("Service busy", None))
                assert int(answer.headers["retry-after"]) > 0
        assert len(stack_names(slow)) == 1


def test_form_is_judged_by_a_thread_of_the_pool_and_not_where_requests_are_served(tmp_path: Path) -> None:
    arrived, gate = threading.Event(), threading.Event()

    def hold(_: Received) -> None:
        arrived.set()
        gate.wait(WAIT_SECONDS)

    service = Service(tmp_path / "instance", {"BUILD_WORKERS": "1", "BUILD_QUEUE": "0"})
    prepare(service)
    with RememberingHeat() as heat, service, ThreadPoolExecutor(1) as somebody:
        heat.hooks.before_writing = hold
        first = somebody.submit(service.post, "/clusters/", order(heat.credentials()))
        assert arrived.wait(WAIT_SECONDS)
        wrong = order(heat.credentials(), parameters={"count": 9})
        assert_refused(service.post("/clusters/", wrong), 503, ("Service busy", None))
        assert b'duration_seconds_count{kind="heat",outcome="503"} 1.0' in service.get("/metrics").body
        gate.set()
        assert first.result().status == 201
        wait_until(lambda: service.post("/clusters/", wrong).status == 400, "there is a thread again")


def test_stopping_service_still_does_what_reaches_it(tmp_path: Path) -> None:
    """No proxy may send a build again, so one that reaches a service that stops must not be lost."""
    arrived, gate = threading.Semaphore(0), threading.Event()

    def hold(_: Received) -> None:
        arrived.release()
        gate.wait(WAIT_SECONDS)

    service = Service(tmp_path / "instance")
    prepare(service)
    with RememberingHeat() as heat, service, ThreadPoolExecutor(2) as somebody:
        heat.hooks.before_writing = hold
        first = somebody.submit(service.post, "/clusters/", order(heat.credentials()))
        assert arrived.acquire(timeout=WAIT_SECONDS)
        service.process.send_signal(signal.SIGTERM)
        wait_until(lambda: service.get("/ready").status == 503, "it is stopping")
        late = somebody.submit(service.post, "/clusters/", order(heat.credentials(), name="late"))
        assert arrived.acquire(timeout=WAIT_SECONDS)
        assert service.ids() == ["form"]
        gate.set()
        assert [first.result().status, late.result().status] == [201, 201]
        assert late.result().headers["connection"] == "close"
        assert service.wait() == 0
    assert len(heat.stacks) == 2


def test_listings_are_served_while_builds_wait(building: Service) -> None:
    arrived, gate = threading.Event(), threading.Event()

    def hold(_: Received) -> None:
        arrived.set()
        gate.wait(WAIT_SECONDS)

    with RememberingHeat() as heat, ThreadPoolExecutor(1) as somebody:
        heat.hooks.before_writing = hold
        built = somebody.submit(building.post, "/clusters/", order(heat.credentials()))
        assert arrived.wait(WAIT_SECONDS)
        assert "form" in building.ids()
        assert not built.done()
        gate.set()
        assert built.result().status == 201


@pytest.mark.parametrize("path", ["/cloud_assets", "/cloud_assets/"])
def test_assets_of_a_cloud_without_those_services_are_left_out(building: Service, cloud: Sandbox, path: str) -> None:
    query = urllib.parse.urlencode(by_ids(cloud))
    for answer in (
        building.get(f"{path}?{query}"),
        building.post(path, {"cloud_env": by_ids(cloud)}),
        building.post(path, by_ids(cloud)),
    ):
        assert (answer.status, answer.json()) == (200, {})
        assert answer.headers["cache-control"] == "no-store"
        assert not list(Draft7Validator(published.load_schema("cloud-assets")).iter_errors(answer.json()))
    assert fetch(f"{building.url}{path}?{query}", "HEAD").status == 200


def test_assets_without_credentials_tell_what_is_missing(building: Service) -> None:
    for answer in (building.get("/cloud_assets/"), building.post("/cloud_assets/", {})):
        assert_error(answer, 400)
        assert {pointer for _, pointer in answer.faults()} == {""}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [([], ""), ("text", ""), (7, ""), ({"cloud_env": []}, "/cloud_env"), ({"cloud_env": None}, "/cloud_env")],
)
def test_assets_of_what_is_no_object_is_a_schema_error(building: Service, body: object, pointer: str) -> None:
    assert_refused(building.post("/cloud_assets/", body), 400, ("JSON schema error", pointer))


def test_faults_of_credentials_point_to_where_they_were_given(building: Service, cloud: Sandbox) -> None:
    for changes, status, place in (({"auth_url": "x"}, 400, "/auth_url"), ({"password": WRONG_PASSWORD}, 401, "")):
        env = by_ids(cloud, **changes)
        wrapped = building.post("/cloud_assets/", {"cloud_env": env})
        bare = building.post("/cloud_assets/", env)
        queried = building.get("/cloud_assets/?" + urllib.parse.urlencode(env))
        assert [each.status for each in (wrapped, bare, queried)] == [status] * 3
        assert [pointer for _, pointer in wrapped.faults()] == [f"/cloud_env{place}"]
        assert [pointer for _, pointer in bare.faults() + queried.faults()] == [place] * 2


def test_password_is_in_no_message_and_no_log(building: Service, cloud: Sandbox, closed_port: str) -> None:
    secret = "s3cret-of-this-test"
    asked = [
        (path, order(by_ids(cloud, password=secret, **changes)))
        for path in ("/clusters/", "/cloud_assets/")
        for changes in (
            {},
            {"auth_url": closed_port},
            {"auth_url": f"http://demo:{secret}@127.0.0.1:1/"},
            {"auth_url": f"http://127.0.0.1:1/{secret}"},
            {"username": secret, "user_id": ""},
        )
    ]
    with ThreadPoolExecutor(len(asked)) as people:
        answers = list(people.map(lambda each: building.post(*each), asked))
    answers.append(building.get("/cloud_assets/?" + urllib.parse.urlencode(by_ids(cloud, password=secret))))
    answers.append(building.get(f"/nothing?password={secret}"))
    answers.append(fetch(f"{building.url}/cloud_assets/?password={secret}", "DELETE"))
    assert all(answer.status >= 400 for answer in answers)
    assert not any(secret.encode() in answer.body for answer in answers)
    assert building.get("/schemas/status").status == 200
    wait_until(lambda: "/schemas" in building.log, "the log has caught up")
    assert secret not in building.settled_log()


def test_more_than_the_project_has_left_is_refused_and_a_dry_run_shows_it(building: Service) -> None:
    with WholeCloud() as full:
        full.previewed = [previewed("OS::Nova::Server", f"node-{number}", flavor="m1.medium") for number in range(12)]
        body = order(full.credentials())
        refused = building.post("/clusters/", body)
        shown = building.post("/clusters/?dry_run=true", body)
    assert_refused(refused, 400, ("ProjectLimitError", None))
    detail = refused.json()["errors"][0]["detail"]
    assert "would exceed project's instances limit: requires 12, 9 available" in detail
    assert "would exceed project's vcpus limit: requires 24, 9 available" in detail
    assert shown.status == 200
    assert shown.json()["resources"] == [
        {"type": "OS::Nova::Server", "count": 12, "names": sorted(f"node-{number}" for number in range(12))}
    ]
    limits = {limit["resource"]: (limit["required"], limit["available"]) for limit in shown.json()["limits"]}
    assert limits["instances"] == (12, 9)
    assert limits["vcpus"] == (24, 9)
    assert not list(Draft7Validator(published.load_schema("build-preview")).iter_errors(shown.json()))
