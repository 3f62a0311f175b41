"""What a client is told when the cloud refuses, fails, is late, or is not there; and what nobody is told."""

from __future__ import annotations

import socket
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
from tests.api.orders import WRONG_PASSWORD, assert_refused, by_ids, order
from tests.openstack.further_services import WholeCloud, previewed
from tests.openstack.remembering_heat import RememberingHeat
from tests.openstack.replay_cloud import answer as canned
from tests.service import Service, fetch, wait_until

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
