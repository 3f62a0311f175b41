"""Pages in a browser of somebody who reaches the service: they build nothing, and read nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from builder.api.browsers import AllowedHosts, is_allowed
from tests.api.orders import order
from tests.openstack.remembering_heat import RememberingHeat
from tests.security.raw import assert_is_error, exchange, head, parse_answer
from tests.security.tokens import SECRET
from tests.service import Answer, Service, launch, minimal_definition, wait_until

OTHERS = {
    "a form": {"Sec-Fetch-Site": "cross-site", "Origin": "http://evil.example", "Content-Type": "text/plain"},
    "a form in an older browser": {"Origin": "http://evil.example", "Content-Type": "text/plain"},
    "a script that may not read": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    "another port of this host": {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:3000"},
    "another port, in an older browser": {"Origin": "http://127.0.0.1:1"},
    "a file or a sandboxed frame": {"Origin": "null"},
    "an extension": {"Origin": "moz-extension://0de30000"},
    "an origin that is none": {"Origin": "http://[::1"},
    "a word that is none": {"Sec-Fetch-Site": "unheard-of"},
    "two words": {"Sec-Fetch-Site": "none, cross-site"},
}
"""What browsers say of requests from pages of other sites."""

OWN: dict[str, dict[str, str]] = {
    "a program": {},
    "a program without a content type": {"Content-Type": ""},
    "a program with another content type": {"Content-Type": "text/plain"},
    "a page of its own": {"Sec-Fetch-Site": "same-origin", "Origin": "{url}"},
    "a page of its own behind a proxy": {"Sec-Fetch-Site": "same-origin", "Origin": "https://concertim.example.org"},
    "a page of its own, in an older browser": {"Origin": "{url}"},
    "its user": {"Sec-Fetch-Site": "none"},
}


@pytest.fixture(scope="module")
def cloud() -> Iterator[RememberingHeat]:
    with RememberingHeat() as running:
        yield running


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("browsers")) as running:
        (running.enabled / "small.yaml").write_text(minimal_definition())
        wait_until(lambda: running.ids() == ["small"], "listed")
        yield running


def _build(service: Service, cloud: RememberingHeat, headers: dict[str, str]) -> Answer:
    given = {name: value.format(url=service.url) for name, value in headers.items()}
    return service.post("/clusters/", order(cloud.credentials(), "small"), given)


@pytest.mark.parametrize("sender", OTHERS)
def test_page_of_another_site_has_nothing_built(service: Service, cloud: RememberingHeat, sender: str) -> None:
    before = len(cloud.stacks)
    answer = _build(service, cloud, OTHERS[sender])
    assert_is_error(answer, 403)
    assert answer.faults() == [("Cross-site request", None)]
    assert len(cloud.stacks) == before


@pytest.mark.parametrize("sender", OTHERS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_page_of_another_site_has_no_cloud_asked(
    service: Service, cloud: RememberingHeat, sender: str, method: str
) -> None:
    credentials: dict[str, Any] = cloud.credentials()
    if method == "POST":
        asked = service.post("/clusters/x/status", {"cloud_env": credentials}, OTHERS[sender])
        assert asked.faults() == [("Cross-site request", None)]
        answer = service.post("/cloud_assets/", credentials, OTHERS[sender])
    else:
        answer = service.get(f"/cloud_assets/?{urlencode(credentials)}", OTHERS[sender])
    assert answer.faults() == [("Cross-site request", None)]


@pytest.mark.parametrize("sender", OWN)
def test_programs_and_own_pages_build(service: Service, cloud: RememberingHeat, sender: str) -> None:
    assert _build(service, cloud, OWN[sender]).status == 201


@pytest.mark.parametrize("path", ["/cluster-types/", "/health", "/nowhere", "/openapi.json", "/clusters/", "/metrics"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_no_response_is_taken_for_another_type(service: Service, path: str, method: str) -> None:
    received = exchange(service, head(method, path, "Connection: close"))
    assert parse_answer(received).headers["x-content-type-options"] == "nosniff"
    assert b"access-control-allow" not in received.lower()


@pytest.mark.parametrize("request_that_is_none", [b"GET\r\n\r\n", b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_no_response_to_what_is_no_request_is_taken_for_another_type(
    service: Service, request_that_is_none: bytes
) -> None:
    answer = parse_answer(exchange(service, request_that_is_none))
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_not_modified_is_taken_for_no_other_type(service: Service) -> None:
    tag = service.get("/cluster-types/").headers["etag"]
    answer = service.get("/cluster-types/", {"If-None-Match": tag})
    assert (answer.status, answer.headers["x-content-type-options"]) == (304, "nosniff")


# --- by a name of its own ---------------------------------------------------------------------------------------------

FOREIGN = [
    "evil.example",
    "evil.example:42378",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "evil.example.",
    "[",
    "a b",
]
NEAR = [
    "localhost:42378",
    "LOCALHOST.",
    "app.localhost",
    "127.0.0.1",
    "[::1]:42378",
    "10.0.0.7:1",
    "user_handler:42378",
]
PATHS = ["/cluster-types/", "/cluster-types/small", "/catalogue", "/health", "/metrics", "/openapi.json", "/nowhere"]


def _ask(service: Service, host: str, path: str = "/cluster-types/") -> Answer:
    return service.get(path, {"Host": host})


@pytest.mark.parametrize("host", FOREIGN)
def test_name_of_somebody_else_is_refused_on_loopback(service: Service, host: str) -> None:
    answer = _ask(service, host)
    assert_is_error(answer, 400)
    assert answer.faults() == [("Unknown host", None)]
    assert "ALLOWED_HOSTS" in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize("path", PATHS)
def test_name_of_somebody_else_shows_nothing(service: Service, path: str) -> None:
    assert _ask(service, "evil.example", path).faults() == [("Unknown host", None)]


def test_page_builds_nothing_by_a_name_of_its_own(service: Service, cloud: RememberingHeat) -> None:
    headers = {"Host": "evil.example", "Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"}
    assert _build(service, cloud, headers).faults() == [("Unknown host", None)]


@pytest.mark.parametrize("host", NEAR)
def test_names_and_addresses_that_nobody_can_take_are_served_on_loopback(service: Service, host: str) -> None:
    assert _ask(service, host).status == 200


def test_request_without_a_host_is_served(service: Service) -> None:
    assert parse_answer(exchange(service, b"GET /health HTTP/1.0\r\n\r\n")).status == 200


@pytest.mark.parametrize("environment", [{"HOST": "0.0.0.0"}, {"JWT_SECRET": SECRET}, {"ALLOWED_HOSTS": "*"}])
def test_any_name_is_served_where_others_may_call_or_a_secret_is_set(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    with Service(tmp_path, environment) as running:
        assert _ask(running, "builder.example.org").status == 200
        assert ("set ALLOWED_HOSTS" in running.settled_log()) is ("HOST" in environment)


def test_listed_names_are_served_and_no_others(tmp_path: Path) -> None:
    hosts = {"HOST": "0.0.0.0", "ALLOWED_HOSTS": "builder.example.org, .Concertim.example"}
    with Service(tmp_path, hosts) as running:
        served = ["builder.example.org:42378", "BUILDER.example.org.", "concertim.example", "a.b.concertim.example"]
        assert [_ask(running, host).status for host in [*served, "localhost", "10.0.0.1:80"]] == [200] * 6
        refused = ["example.org", "x.builder.example.org", "evilconcertim.example", "concertim.example.evil", "builder"]
        assert [_ask(running, host).status for host in refused] == [400] * 5


@pytest.mark.parametrize("given", [",", "http://builder", "builder:42378", "a b", "builder/", "*.example.org"])
def test_names_that_are_none_are_refused_at_the_start(tmp_path: Path, given: str) -> None:
    with launch("serve", "--instance", str(tmp_path), "--port", "0", ALLOWED_HOSTS=given) as process:
        output, _ = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "ALLOWED_HOSTS" in output


def test_listed_names_leave_out_others_without_a_dot() -> None:
    assert not is_allowed("builder", AllowedHosts(("builder.example.org",)))
    assert is_allowed("builder", AllowedHosts((), local_names=True))
