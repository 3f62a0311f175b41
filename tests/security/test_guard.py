"""Attempts to have credentials or tokens sent to where they do not belong (SSRF)."""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from builder.errors import RequestError
from builder.kinds.heat.stack_creation import create_stack
from builder.net.addresses import (
    RefusedAddressError,
    Url,
    connect_checked,
    parse_url,
    parse_url_prefixes,
    refuse_host,
)
from builder.net.guard import CloudGuard
from builder.openstack.connection import connect
from builder.openstack.credentials import parse_credentials
from builder.openstack.deadline import Deadline
from tests.openstack.replay_cloud import (
    PASSWORD,
    PROJECT_ID,
    TOKEN,
    ReplayCloud,
    Trap,
    answer,
    catalog_entry,
)
from tests.openstack.settings import cloud_settings, stack_request
from tests.security.urls import format_url

AUTH_URL = "/cloud_env/auth_url"
LISTED = "https://keystone.example.org:5000/v3"


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Whatever a socket tries to connect to."""
    attempts: list[Any] = []

    def refuse(_: socket.socket, place: Any) -> None:
        attempts.append(place)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", refuse)
    return attempts


def guard(auth_urls: str = "", endpoints: str = "") -> CloudGuard:
    return CloudGuard(
        parse_url_prefixes(auth_urls) if auth_urls else (), parse_url_prefixes(endpoints) if endpoints else ()
    )


def launch(credentials: dict[str, Any], rules: CloudGuard, deadline: float = 5) -> str:
    settings = cloud_settings(guard=rules, connect_timeout=1)
    with connect(parse_credentials(credentials), settings, Deadline(deadline)) as connected:
        return create_stack(connected, stack_request({"heat_template_version": "2018-08-31"})).id


def fault_of(credentials: dict[str, Any], rules: CloudGuard) -> tuple[int, str, str | None]:
    with pytest.raises(RequestError) as caught:
        launch(credentials, rules)
    (fault,) = caught.value.faults
    assert PASSWORD not in fault.detail
    assert TOKEN not in fault.detail
    return fault.status, fault.title, fault.pointer


# --- which auth URLs a list covers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "auth_url",
    [
        LISTED,
        "https://keystone.example.org:5000/v3/",
        "https://keystone.example.org:5000",  # keystoneauth adds the /v3
        "HTTPS://Keystone.EXAMPLE.org:5000/v3",
        "hTtPs://keystone.example.org:5000/v3",
        "https://keystone.example.org.:5000/v3",
        "https://keystone.example.org:05000/v3",
        "https://keystone.example.org:5000/%76%33",
    ],
)
def test_other_spellings_of_a_listed_cloud_are_that_cloud(auth_url: str) -> None:
    assert guard(LISTED).refuse_auth_url(auth_url) is None


@pytest.mark.parametrize(
    "auth_url",
    [
        "http://keystone.example.org:5000/v3",
        "https://keystone.example.org/v3",
        "https://keystone.example.org:5001/v3",
        "https://keystone.example.org.evil.example:5000/v3",
        "https://evil.example/https://keystone.example.org:5000/v3",
        "https://evil.example:5000/v3",
        "https://keystone.example.org:5000@evil.example/v3",
        "https://keystone.example.org:5000/v2",
        "https://keystone.example.org:5000/v3evil",
        "https://keystone.example.org:5000/evil/v3",
        "https://keystone.example.org:5000/v3/../evil/v3",
        "https://keystone.example.org:5000/v3/%2e%2e/evil/v3",
        "https://keystone.example.org:5000/v3%2f..%2fevil/v3",
        "https://keystone.example.org:5000/v3/./v3",
        "https://keystone.example.org:5000//v3",
        "https://keystone.example.org:5000/v3%00",
        "https://keystone.example.org:5000/%2576%2533",
        "https://xkeystone.example.org:5000/v3",
        "https://keystone.example.org%2eevil.example:5000/v3",
        "https://keystone.example.org:5000\\@evil.example/v3",
        "https://[::ffff:10.0.0.1]:5000/v3",
        "HTTP://keystone.example.org:5000/v3",
        "HTTPS://keystone.example.org/v3",
        "HTTPS://evil.example:5000/v3",
        "HTTPS://keystone.example.org:5000@evil.example/v3",
        "HTTPS://keystone.example.org:5000\\@evil.example/v3",
        "HTTPS:keystone.example.org:5000/v3",
        f"https://{'a' * 64}.keystone.example.org:5000/v3",
    ],
)
def test_what_only_looks_like_a_listed_cloud_is_not(auth_url: str) -> None:
    assert guard(LISTED).refuse_auth_url(auth_url) is not None


@pytest.mark.parametrize(
    ("prefix", "auth_url"),
    [
        ("https://bücher.example/v3", "https://xn--bcher-kva.example/v3"),
        ("https://k.example:443/v3", "https://k.example/v3"),
        ("http://k.example", "http://k.example:80/identity/v3"),
        ("https://k.example/identity", "https://k.example/identity/v3"),
        ("http://10.0.0.1:5000", "http://0xa.1:5000/v3"),
        ("http://[fd12::1]:5000", "http://[FD12:0:0:0:0:0:0:1]:5000/v3"),
        ("http://10.0.0.1:5000", "http://[::ffff:10.0.0.1]:5000/v3"),
    ],
)
def test_a_prefix_means_a_place_however_it_is_spelled(prefix: str, auth_url: str) -> None:
    assert guard(prefix).refuse_auth_url(auth_url) is None


@pytest.mark.parametrize(
    "text",
    ["keystone.example.org", "ftp://k.example", "https://", "https://u:p@k.example", "https://k.example/?x=1", " , ",
     "https://k.example/a/../b", "https://k.example:0", "https://[::1", "https://k example"],
)  # fmt: skip
def test_a_list_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="http or https URLs"):
        parse_url_prefixes(text)


def test_another_cloud_is_refused_before_any_connection(connections: list[Any]) -> None:
    credentials = {"auth_url": "http://10.9.9.9:5000/v3", "password": PASSWORD, "user_id": "u", "project_id": "p"}
    assert fault_of(credentials, guard(LISTED)) == (403, "Cloud not allowed", AUTH_URL)
    assert connections == []


@pytest.mark.parametrize("scheme", ["http", "HTTP"])
def test_listed_cloud_is_built_on(cloud: ReplayCloud, scheme: str) -> None:
    auth_url = cloud.url.replace("http", scheme) + "/v3"
    assert launch(cloud.credentials(auth_url=auth_url), guard(f"{cloud.url}/v3"))
    assert [request.path for request in cloud.received] == ["/v3/auth/tokens", f"/heat/v1/{PROJECT_ID}/stacks"]


@pytest.mark.parametrize(
    "name",
    ["faß.example", "FAẞ.example", "βόλος.example", "نامه\u200cای.example", "a\u200db.example", "ﬀ.example"],
)
@pytest.mark.parametrize("rest", ["", "/v3", ":5000/v3"])
def test_name_that_two_standards_encode_differently_is_on_no_list(name: str, rest: str) -> None:
    """``faß`` is ``fass`` by IDNA 2003, and ``xn--fa-hia`` by IDNA 2008, by which connections are made."""
    with pytest.raises(ValueError, match="http or https URLs"):
        parse_url_prefixes(f"https://{name}{rest}")
    assert guard().refuse_endpoint(f"https://{name}{rest}") is not None


@pytest.mark.parametrize(
    "name", ["bücher.example", "BÜCHER.example.", "例え.example", "xn--fa-hia.example", "fass.example"]
)
def test_name_is_judged_as_the_one_that_is_connected_to(name: str) -> None:
    connected = urlsplit(str(requests.Request("GET", f"https://{name}/").prepare().url)).hostname
    assert parse_url(f"https://{name}/").host == str(connected).removesuffix(".")


# --- where the catalogue may lead -------------------------------------------------------------------------------------


def test_catalogue_steers_no_token_to_another_host(cloud: ReplayCloud, trap: Trap) -> None:
    cloud.catalog = [catalog_entry("orchestration", f"http://localhost:{trap.port}/v1/p")]
    assert fault_of(cloud.credentials(), guard(f"{cloud.url}/v3")) == (502, "Endpoint not allowed", None)
    assert trap.received == []


def test_without_endpoints_other_ports_of_a_listed_host_will_do(cloud: ReplayCloud, trap: Trap) -> None:
    cloud.catalog = [catalog_entry("orchestration", f"{trap.url}/v1/p")]
    fault_of(cloud.credentials(), guard(f"{cloud.url}/v3"))  # it answers nonsense
    assert [request.path for request in trap.received] == ["/v1/p/stacks"]


def test_listed_endpoints_decide_alone(cloud: ReplayCloud, trap: Trap) -> None:
    rules = guard(f"{cloud.url}/v3", f"{cloud.url}/heat/v1")
    assert launch(cloud.credentials(), rules)
    for steered in (f"{cloud.url}/other/v1", f"{cloud.url}/heat/v10", f"{cloud.url}/v3/auth", f"{trap.url}/heat/v1"):
        cloud.catalog = [catalog_entry("orchestration", steered)]
        assert fault_of(cloud.credentials(), rules) == (502, "Endpoint not allowed", None), steered
    assert trap.received == []


def test_listed_endpoints_hold_without_a_list_of_clouds(cloud: ReplayCloud, trap: Trap) -> None:
    cloud.catalog = [catalog_entry("orchestration", f"{trap.url}/heat/v1")]
    assert fault_of(cloud.credentials(), guard("", f"{cloud.url}/heat")) == (502, "Endpoint not allowed", None)
    assert trap.received == []


def test_https_cloud_does_not_steer_tokens_to_plain_http() -> None:
    rules = guard("https://k.example:5000/v3")
    assert rules.refuse_endpoint("https://k.example:8004/v1/p") is None
    assert rules.refuse_endpoint("http://k.example:8004/v1/p") is not None
    assert guard("http://k.example:5000/v3").refuse_endpoint("https://k.example:8004/v1/p") is None


@pytest.mark.parametrize(
    "steered",
    [
        "https://keystone.example.org.evil.example:8004/v1",
        "https://keystone.example.organic:8004/v1",
        "https://keystone.example.org-evil.example:8004/v1",
        "https://evil-keystone.example.org:8004/v1",
        "https://evil.keystone.example.org:8004/v1",
        "https://keystone.example.or:8004/v1",
        "https://example.org:8004/v1",
        "https://10.0.0.10:8004/v1",
        "https://10.0.0:8004/v1",
        "https://110.0.0.1:8004/v1",
    ],
)
@pytest.mark.parametrize("endpoints", ["", "https://keystone.example.org:8004, https://10.0.0.1:8004"])
def test_host_is_another_where_a_part_of_its_name_is_a_listed_one(steered: str, endpoints: str) -> None:
    rules = guard(f"{LISTED}, https://10.0.0.1:5000/v3", endpoints)
    for good in ("https://keystone.example.org:8004/v1", "https://10.0.0.1:8004/v1"):
        assert rules.refuse_endpoint(good) is None
    assert rules.refuse_endpoint(steered) is not None


def test_catalogue_steers_no_token_to_a_host_whose_name_begins_as_a_listed_one(
    cloud: ReplayCloud, trap: Trap, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, *rest: real("127.0.0.1", *rest))
    credentials = cloud.credentials(auth_url=f"http://keystone.example.org:{cloud.port}/v3")
    cloud.catalog = [catalog_entry("orchestration", f"http://keystone.example.org.evil.example:{trap.port}/v1")]
    rules = guard(f"http://keystone.example.org:{cloud.port}/v3")
    assert fault_of(credentials, rules) == (502, "Endpoint not allowed", None)
    assert trap.received == []


@pytest.mark.parametrize("metadata", ["http://169.254.169.254/latest", "http://[fd00:ec2::254]/", "http://0.0.0.0:80/"])
def test_catalogue_steers_to_no_metadata(cloud: ReplayCloud, metadata: str) -> None:
    cloud.catalog = [catalog_entry("orchestration", metadata)]
    assert fault_of(cloud.credentials(), guard()) == (502, "Endpoint not allowed", None)


@pytest.mark.parametrize("endpoint", ["file:///etc/passwd", "ftp://10.0.0.1/", "gopher://10.0.0.1/", "unix:///x"])
def test_catalogue_steers_to_no_other_scheme(cloud: ReplayCloud, endpoint: str) -> None:
    cloud.catalog = [catalog_entry("orchestration", endpoint)]
    assert fault_of(cloud.credentials(), guard())[0] == 502


def test_endpoint_of_a_usual_cloud_may_have_doubled_slashes(cloud: ReplayCloud) -> None:
    cloud.catalog = [catalog_entry("orchestration", f"{cloud.url}/heat//v1/p")]
    assert launch(cloud.credentials(), guard(cloud.url))


@pytest.mark.parametrize("status", [301, 302, 303, 305, 307, 308])
def test_redirect_is_followed_neither_with_password_nor_with_token(cloud: ReplayCloud, trap: Trap, status: int) -> None:
    moved = answer(status, headers={"Location": f"{trap.url}/v3/auth/tokens"})
    cloud.identity = moved
    assert fault_of(cloud.credentials(), guard())[:2] == (400, "Invalid auth_url")
    cloud.identity, cloud.orchestration = None, moved
    assert fault_of(cloud.credentials(), guard())[0] == 502
    assert trap.received == []


# --- addresses that are nobody's cloud --------------------------------------------------------------------------------

FORBIDDEN_HOSTS = [
    "169.254.169.254",
    "169.254.0.1",
    "169.254.169.254.",
    "2852039166",  # decimal
    "0xA9FEA9FE",  # hexadecimal
    "0251.0376.0251.0376",  # octal
    "0xa9.254.0251.254",
    "169.254.43518",
    "169.16689662",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[0:0:0:0:0:FFFF:A9FE:A9FE]",
    "[::169.254.169.254]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::169.254.169.254]",
    "[64:ff9b:1:a9fe:a9:fe00::]",  # RFC 6052, section 2.2: prefixes of 48, 56 and 64 bits
    "[64:ff9b:1:a9fe:a9:fe00:0:1]",
    "[64:ff9b:1:00a9:00fe:a9fe::]",
    "[64:ff9b:1::a9:fea9:fe00:0]",
    "[::ffff:0:169.254.169.254]",  # RFC 2765: IPv4-translated
    "[::ffff:0:a9fe:a9fe]",
    "[0:0:0:0:ffff:0:100.100.100.200]",
    "[::100.100.100.200]",
    "[2001:0:a9fe:a9fe::1]",  # Teredo: the server
    "[2001:0:808:808:0:0:5601:5601]",  # and, inverted, the client
    "[2001:db8::5efe:169.254.169.254]",  # RFC 5214: ISATAP
    "[2001:db8::200:5efe:169.254.169.254]",
    "[2002:a9fe:a9fe::1]",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[febf::1]",
    "[fd00:ec2::254]",
    "[fd20:ce::254]",
    "100.100.100.200",
    "192.0.0.192",
    "168.63.129.16",
    "metadata.google.internal",
    "METADATA.Google.Internal.",
    "0.0.0.0",
    "0",
    "0x0",
    "[::]",
    "224.0.0.1",
    "239.255.255.250",
    "[ff02::1]",
    "255.255.255.255",
    "240.0.0.1",
]


@pytest.mark.parametrize("scheme", ["http", "HTTP", "hTtPs"])
@pytest.mark.parametrize("host", FORBIDDEN_HOSTS)
def test_address_that_is_nobodys_cloud_is_refused_before_any_connection(
    host: str, scheme: str, connections: list[Any]
) -> None:
    credentials = {"auth_url": f"{scheme}://{host}/v3", "password": PASSWORD, "user_id": "u", "project_id": "p"}
    status, _, pointer = fault_of(credentials, guard())
    assert (status, pointer) in {(403, AUTH_URL), (400, AUTH_URL)}
    assert connections == []


@pytest.mark.parametrize("host", FORBIDDEN_HOSTS)
def test_no_endpoint_is_at_such_an_address(host: str) -> None:
    assert guard().refuse_endpoint(f"http://{host}/v1") is not None


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "[::1]",
        "localhost",
        "10.0.0.1",
        "192.168.1.1",
        "172.17.0.1",
        "[fd12::1]",
        "8.8.8.8",
        "sandbox",
        "[64:ff9b::10.0.0.1]",
        "[64:ff9b:1::10.0.0.1]",
        "[64:ff9b:1:0a00:00:0100::]",
        "[64:ff9b:1:000a:0000:0001::]",
        "[64:ff9b:1::a:0:100:0]",
        "[64:ff9b:1:0ae0:00:0100::]",
        "[::ffff:0:10.0.0.1]",
        "[2001:db8::5efe:10.0.0.1]",
        "[2001:db8::1:5efe:a9fe:a9fe]",
    ],
)
def test_loopback_and_private_clouds_are_clouds(host: str) -> None:
    assert guard().refuse_auth_url(f"http://{host}:5000/v3") is None


def test_lists_decide_about_loopback_too() -> None:
    assert guard(LISTED).refuse_auth_url("http://127.0.0.1:5000/v3") is not None


def test_operator_may_list_an_address_that_is_refused_otherwise() -> None:
    listed = guard("http://169.254.1.1:5000/v3")
    assert listed.refuse_auth_url("http://169.254.1.1:5000/v3") is None
    assert listed.refuse_auth_url("http://169.254.169.254:5000/v3") is not None


def resolve_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
    """Have the resolver answer so, one answer after the other."""
    queue = list(answers)

    def getaddrinfo(host: str, port: int, *_: object) -> list[Any]:
        addresses = queue.pop(0) if len(queue) > 1 else queue[0]
        return [
            (socket.AF_INET6 if ":" in each else socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port))
            for each in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize(
    "addresses",
    [
        ["169.254.169.254"],
        ["10.0.0.1", "169.254.169.254"],
        ["::ffff:169.254.169.254"],
        ["::ffff:0:169.254.169.254"],
        ["fe80::1%2"],
    ],
)
@pytest.mark.parametrize("rules", [guard(), guard("http://innocent.example:5000/v3")])
def test_name_that_leads_to_metadata_is_refused(
    addresses: list[str], rules: CloudGuard, monkeypatch: pytest.MonkeyPatch, connections: list[Any]
) -> None:
    resolve_to(monkeypatch, addresses)
    credentials = {
        "auth_url": "http://innocent.example:5000/v3",
        "password": PASSWORD,
        "user_id": "u",
        "project_id": "p",
    }
    assert fault_of(credentials, rules) == (403, "Cloud not allowed", AUTH_URL)
    assert connections == []


def test_connection_goes_to_the_address_that_was_judged(
    monkeypatch: pytest.MonkeyPatch, connections: list[Any]
) -> None:
    resolve_to(monkeypatch, ["10.0.0.1"], ["169.254.169.254"])
    with pytest.raises(ConnectionRefusedError):
        connect_checked("rebinding.example", 80, 1.0)
    assert connections == [("10.0.0.1", 80)]


@pytest.mark.parametrize("number", [1, 2, 20])
def test_time_for_connecting_is_that_of_all_addresses_of_a_name_together(
    monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    now, waited = 1000.0, list[float]()

    class Silent(socket.socket):
        def connect(self, _: Any) -> None:
            nonlocal now
            waited.append(self.gettimeout() or 0.0)
            now += waited[-1]
            raise TimeoutError

    monkeypatch.setattr(socket, "socket", Silent)
    monkeypatch.setattr("builder.net.addresses.time.monotonic", lambda: now)
    resolve_to(monkeypatch, [f"10.0.0.{each}" for each in range(number)])
    with pytest.raises(TimeoutError):
        connect_checked("silent.example", 80, 4.0)
    assert sum(waited) == pytest.approx(4.0)
    assert len(waited) == min(number, 4)


def test_catalogue_name_that_leads_to_metadata_gets_no_token(
    cloud: ReplayCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def getaddrinfo(host: str, *rest: Any) -> list[Any]:
        return real("169.254.169.254" if host == "heat.example" else host, *rest)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    cloud.catalog = [catalog_entry("orchestration", "http://heat.example:8004/v1/p")]
    assert fault_of(cloud.credentials(), guard()) == (502, "Endpoint not allowed", None)


def test_refused_host_is_not_tried_again() -> None:
    with pytest.raises(RefusedAddressError):
        connect_checked("169.254.169.254", 80, 1.0)
    assert refuse_host("keystone.example.org") is None


def test_normal_form_is_its_own_normal_form() -> None:
    for text in ("https://K.example:443/a/", "http://0x7f.1:5000/v3", "http://[::FFFF:10.0.0.1]/x"):
        url = parse_url(text)
        assert isinstance(url, Url)
        assert parse_url(format_url(url)) == url
