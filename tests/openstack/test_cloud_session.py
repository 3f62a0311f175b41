"""What goes over the wire to the cloud, and what never does."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from builder.clusters.names import CreatedStack
from builder.errors import RequestError
from builder.kinds.creation import CreationRequest
from builder.kinds.heat.stack_creation import create_stack
from builder.openstack.connection import connect, global_request_id
from builder.openstack.credentials import Credentials, parse_auth_url, parse_credentials
from builder.openstack.deadline import Deadline
from builder.settings.table import Settings
from tests.openstack.replay_cloud import (
    PASSWORD,
    PROJECT_ID,
    TOKEN,
    ReplayCloud,
    Trap,
    answer,
    catalog_entry,
    reset,
)
from tests.openstack.settings import cloud_settings, stack_request

REQUEST = stack_request({"heat_template_version": "2018-08-31"})
REDIRECTS = [301, 302, 303, 305, 307, 308]


def launch(
    credentials: dict[str, Any],
    settings: Settings | None = None,
    request: CreationRequest = REQUEST,
    request_id: str | None = None,
) -> CreatedStack:
    settings = settings or cloud_settings()
    with connect(parse_credentials(credentials), settings, Deadline(5), request_id) as connected:
        return create_stack(connected, request)


# --- what is sent -----------------------------------------------------------------------------------------------------


def test_stack_is_sent_to_heat_as_it_was_requested(cloud: ReplayCloud) -> None:
    request = stack_request(
        {"heat_template_version": "2021-04-16", "resources": {"r": {"type": "OS::Heat::None"}}},
        files={"a.sh": "#!/bin/sh"},
        parameters={"n": 3, "json": {"a": [1]}},
        tags=("concertim", "concertim-type:hpc"),
    )
    assert launch(cloud.credentials(), request=request) == CreatedStack(
        "5f1c0f4e-0000-4000-8000-000000000000", "hpc--x"
    )
    (post,) = cloud.posts_to_heat
    assert post.path == f"/heat/v1/{PROJECT_ID}/stacks"
    assert post.headers["x-auth-token"] == TOKEN
    assert post.json == {
        "stack_name": "hpc--x",
        "template": {"heat_template_version": "2021-04-16", "resources": {"r": {"type": "OS::Heat::None"}}},
        "files": {"a.sh": "#!/bin/sh"},
        "parameters": {"n": 3, "json": {"a": [1]}},
        "tags": "concertim,concertim-type:hpc",
    }


def test_a_build_costs_two_requests(cloud: ReplayCloud) -> None:
    launch(cloud.credentials())
    assert [(request.method, request.path) for request in cloud.received] == [
        ("POST", "/v3/auth/tokens"),
        ("POST", f"/heat/v1/{PROJECT_ID}/stacks"),
    ]


@pytest.mark.parametrize("suffix", ["/v3", "/v3/", "", "/"])
def test_auth_url_may_end_in_v3_or_not(cloud: ReplayCloud, suffix: str) -> None:
    launch(cloud.credentials(auth_url=cloud.url + suffix))
    assert cloud.received[0].path == "/v3/auth/tokens"


def _user(**user: Any) -> dict[str, Any]:
    return {"methods": ["password"], "password": {"user": {**user, "password": PASSWORD}}}


@pytest.mark.parametrize(
    ("given", "identity", "project"),
    [
        ({"user_id": "u", "project_id": "p"}, _user(id="u"), {"id": "p"}),
        (
            {"username": "n", "user_domain_name": "D", "project_id": "p"},
            _user(name="n", domain={"name": "D"}),
            {"id": "p"},
        ),
        (
            {"username": "n", "user_domain_id": "d", "project_name": "pn", "project_domain_id": "pd"},
            _user(name="n", domain={"id": "d"}),
            {"name": "pn", "domain": {"id": "pd"}},
        ),
        (
            {"username": "n", "user_domain_name": "D", "project_name": "pn", "project_domain_name": "PD"},
            _user(name="n", domain={"name": "D"}),
            {"name": "pn", "domain": {"name": "PD"}},
        ),
        (
            {"user_id": "u", "username": "", "user_domain_name": "D", "project_id": "p", "project_name": "pn"},
            _user(id="u"),
            {"id": "p"},
        ),
    ],
    ids=["ids", "name and project id", "names with domain ids", "names with domain names", "ids win over names"],
)
def test_every_way_to_name_user_and_project_reaches_keystone(
    cloud: ReplayCloud, given: dict[str, str], identity: dict[str, Any], project: dict[str, Any]
) -> None:
    launch({"auth_url": cloud.url, "password": PASSWORD, **given})
    assert cloud.received[0].json == {"auth": {"identity": identity, "scope": {"project": project}}}


def test_the_callers_region_wins_over_the_operators(cloud: ReplayCloud) -> None:
    cloud.catalog = [
        catalog_entry("orchestration", f"{cloud.url}/heat/one", "One"),
        catalog_entry("orchestration", f"{cloud.url}/heat/two", "Two"),
    ]
    launch(cloud.credentials(), cloud_settings(region_name="Two"))
    launch(cloud.credentials(region_name="One"), cloud_settings(region_name="Two"))
    assert [post.path for post in cloud.posts_to_heat] == ["/heat/two/stacks", "/heat/one/stacks"]
    assert [post.headers["x-region-name"] for post in cloud.posts_to_heat] == ["Two", "One"]


def test_the_settings_interface_is_used(cloud: ReplayCloud) -> None:
    cloud.catalog = [catalog_entry("orchestration", f"{cloud.url}/heat/inside", interface="internal")]
    launch(cloud.credentials(), cloud_settings(interface="internal"))
    assert cloud.posts_to_heat[0].path == "/heat/inside/stacks"


def test_requests_name_this_service_and_pass_its_request_id(cloud: ReplayCloud) -> None:
    launch(cloud.credentials(), request_id="6cb6b2a5-9a8f-4d37-b8e1-5c7f8e1fb6d4")
    for request in cloud.received:
        assert request.headers["user-agent"].startswith("concertim-cluster-builder/")
        assert request.headers["x-openstack-request-id"] == "req-6cb6b2a5-9a8f-4d37-b8e1-5c7f8e1fb6d4"


@pytest.mark.parametrize("prefix", ["", "req-"])
@pytest.mark.parametrize("spelled", ["6cb6b2a5-9a8f-4d37-b8e1-5c7f8e1fb6d4", "6CB6B2A59A8F4D37B8E15C7F8E1FB6D4"])
def test_request_id_that_is_a_uuid_is_passed_as_openstack_spells_it(prefix: str, spelled: str) -> None:
    assert global_request_id(prefix + spelled) == "req-6cb6b2a5-9a8f-4d37-b8e1-5c7f8e1fb6d4"


@pytest.mark.parametrize(
    ("request_id", "passed"),
    [
        ("abc", "req-7697a46f-b283-5da3-8e7c-62c11c03dd9e"),
        ("req-abc", "req-948cc143-58b5-55f4-aceb-43ddf221945a"),
        ("6cb6b2a5-9a8f-4d37-b8e1-5c7f8e1fb6d4\r\nX: y", "req-455f8e0e-364e-5fad-8983-3b8ed8451072"),
    ],
)
def test_openstack_gets_an_id_that_derives_from_any_other_one(cloud: ReplayCloud, request_id: str, passed: str) -> None:
    launch(cloud.credentials(), request_id=request_id)
    assert {request.headers["x-openstack-request-id"] for request in cloud.received} == {passed}


@pytest.mark.parametrize("request_id", [None, ""])
def test_no_request_id_is_passed_where_there_is_none(cloud: ReplayCloud, request_id: str | None) -> None:
    launch(cloud.credentials(), request_id=request_id)
    assert {"x-openstack-request-id" in request.headers for request in cloud.received} == {False}


def test_the_environment_decides_nothing(
    cloud: ReplayCloud, trap: Trap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login operator password of-the-operator\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, trap.url)
    launch(cloud.credentials())
    assert not trap.received
    assert {"authorization" in request.headers for request in cloud.received} == {False}


def test_a_trusted_certificate_is_accepted(cloud: ReplayCloud, tmp_path: Path) -> None:
    certificate = cloud.use_tls(tmp_path)
    launch(cloud.credentials(), cloud_settings(ca_bundle=str(certificate)))
    launch(cloud.credentials(), cloud_settings(insecure=True))
    assert len(cloud.posts_to_heat) == 2


# --- what is never sent -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", REDIRECTS)
def test_credentials_are_never_sent_after_a_redirect_of_keystone(cloud: ReplayCloud, trap: Trap, status: int) -> None:
    token = {"X-Subject-Token": TOKEN, "Location": f"{trap.url}/v3/auth/tokens?secret=1"}
    cloud.identity = answer(status, {"token": {"catalog": []}}, headers=token)
    with pytest.raises(RequestError) as caught:
        launch(cloud.credentials())
    (fault,) = caught.value.faults
    assert not trap.received
    assert (fault.status, fault.title, fault.pointer) == (400, "Invalid auth_url", "/cloud_env/auth_url")
    assert f"redirects to {trap.url}." in fault.detail
    assert len(cloud.received) == 1


@pytest.mark.parametrize("status", REDIRECTS)
@pytest.mark.parametrize("location", ["{trap}/stacks", "//[", "nonsense", None, "javascript:alert(1)"])
def test_tokens_are_never_sent_after_a_redirect_of_heat(
    cloud: ReplayCloud, trap: Trap, status: int, location: str | None
) -> None:
    headers = {"Location": location.format(trap=trap.url)} if location else {}
    cloud.orchestration = answer(status, {"stack": {"id": "x"}}, headers=headers)
    with pytest.raises(RequestError) as caught:
        launch(cloud.credentials())
    assert not trap.received
    assert caught.value.faults[0].title == "Invalid answer"
    assert len(cloud.posts_to_heat) == 1


@pytest.mark.parametrize("failure", [answer(401), answer(500), answer(503), answer(504), reset, b"", answer(201, "{")])
def test_a_creation_is_never_repeated(cloud: ReplayCloud, failure: Any) -> None:
    cloud.orchestration = failure
    with pytest.raises(RequestError):
        launch(cloud.credentials(), cloud_settings())
    assert len(cloud.posts_to_heat) == 1


def test_a_refused_connection_is_tried_again_briefly(cloud: ReplayCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    cloud.catalog = [catalog_entry("orchestration", f"http://127.0.0.1:{port}/heat")]
    late: list[ReplayCloud] = []

    def start_heat(_: float) -> None:
        if not late:
            late.append(ReplayCloud(port).__enter__())

    monkeypatch.setattr("builder.openstack.transport.time.sleep", start_heat)
    try:
        launch(cloud.credentials())
        assert len(late[0].posts_to_heat) == 1
    finally:
        for server in late:
            server.__exit__(None, None, None)


def test_no_secret_is_logged_at_any_level(cloud: ReplayCloud, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    launch(cloud.credentials(), request=stack_request({}, parameters={"admin": "hidden-value"}))
    cloud.orchestration = answer(400, {"error": {"message": "hidden-value", "type": "x"}})
    with pytest.raises(RequestError):
        launch(cloud.credentials(), request=stack_request({}, parameters={"admin": "hidden-value"}))
    for secret in (PASSWORD, TOKEN, "hidden-value"):
        assert secret not in caplog.text


def test_no_secret_is_in_a_repr(cloud: ReplayCloud) -> None:
    credentials = parse_credentials(cloud.credentials())
    request = stack_request({}, parameters={"admin": "hidden-value"})
    assert PASSWORD not in repr(credentials)
    assert "hidden-value" not in repr(request)
    with connect(credentials, cloud_settings(), Deadline(5), secrets=("hidden-value",)) as connected:
        for secret in (PASSWORD, TOKEN, "hidden-value"):
            assert secret not in repr(connected)


# --- before anything is sent ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "auth_url",
    [
        "",
        "keystone",
        "keystone.example.org:5000/v3",
        "ftp://keystone.example.org/v3",
        "file:///etc/passwd",
        "http://",
        "http:///v3",
        "http://user:secret@keystone.example.org/v3",
        "http://@keystone.example.org/v3",
        "http://keystone.example.org:99999/v3",
        "http://keystone.example.org:0/v3",
        "http://keystone.example.org:port/v3",
        "http://[::1/v3",
        "http://keystone.example.org/v3?x=1",
        "http://keystone.example.org/v3#x",
        "http://keystone.example.org/v3\r\nX-Header: y",
        " http://keystone.example.org/v3",
        "http://key\x00stone/v3",
        "http://keystone\\@evil.example/v3",
        "http://bücher.example/v3",
        f"http://{'a' * 64}/v3",
        f"http://keystone.{'a' * 64}.example/v3",
        f"http://{'a.' * 130}example/v3",
        "http://keystone..example/v3",
    ],
)
def test_an_auth_url_that_is_none_is_refused_before_any_connection(auth_url: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse_credentials({"auth_url": auth_url, "password": PASSWORD, "user_id": "u", "project_id": "p"})
    (fault,) = caught.value.faults
    assert (fault.status, fault.title, fault.pointer) == (400, "Invalid auth_url", "/cloud_env/auth_url")
    assert "secret" not in fault.detail


@pytest.mark.parametrize(
    "auth_url",
    [
        "http://10.0.0.1:5000/v3",
        "https://k.example/identity/v3",
        "http://[::1]:5000",
        "HTTPS://k.example/v3",
        f"http://{'a' * 63}.example/v3",
        f"http://{'.'.join(['a' * 49] * 5)}.ex/v3",
    ],
)
def test_a_usable_auth_url_is_kept_as_given(auth_url: str) -> None:
    assert parse_auth_url(auth_url) == auth_url


def test_unusual_hosts_fail_with_a_fault_and_nothing_else() -> None:
    for host in ("a" * 64 + ".invalid", "a..b.invalid", "-.invalid", "%41.invalid", "1.1.1.1.invalid", "*.invalid"):
        settings = cloud_settings(connect_timeout=0.5)
        with (
            pytest.raises(RequestError) as caught,
            connect(Credentials(f"http://{host}/v3", PASSWORD, "u"), settings, Deadline(2)),
        ):
            pass
        assert caught.value.status in (400, 502, 504), host


def test_nothing_is_sent_once_the_deadline_has_passed(cloud: ReplayCloud) -> None:
    passed = Deadline(0)
    with (
        pytest.raises(RequestError) as caught,
        connect(parse_credentials(cloud.credentials()), cloud_settings(), passed),
    ):
        pass
    assert caught.value.status == 504
    assert caught.value.faults[0].detail == "Not done within 0 seconds. The cloud had not been asked yet."
    assert not cloud.received


def test_the_room_is_light_to_import_until_it_is_used() -> None:
    script = (
        "import sys, builder.openstack.pool, builder.kinds.heat.launch, builder.openstack.assets;"
        "heavy = ('keystoneauth1', 'heatclient', 'openstack', 'requests', 'urllib3');"
        "print([name for name in sys.modules if name.split('.')[0] in heavy])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.strip() == "[]"
