"""Where the service and the sandbox listen: IPv4, IPv6, both, and names; how such addresses are shown."""

from __future__ import annotations

import errno
import re
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from builder.errors import ConfigurationError
from builder.process.serving import bind_sandbox, format_url, listen
from builder.sandbox import Sandbox
from tests.command import run_here
from tests.service import Service, fetch, minimal_definition


def _has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


needs_ipv6 = pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6, not even ::1")
NAMES = {"both.test": ["::1", "127.0.0.1"], "six.test": ["::1"], "four.test": ["127.0.0.1"]}


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver that knows the names of this test."""
    resolve = socket.getaddrinfo

    def getaddrinfo(host: str, *rest: Any, **options: Any) -> Any:
        found = [resolve(address, *rest, **options) for address in NAMES.get(host, [host])]
        return [each for of_one in found for each in of_one]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def _reaches(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        return probe.connect_ex((host, port)) == 0


def _find_free_port() -> int:
    """A port that is free at both addresses of loopback: what another process listens at is not taken for ours."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as first:
            port: int = first.getsockname()[1]
            with suppress(OSError), socket.create_server(("::1", port), family=socket.AF_INET6):
                return port


BOUND = {
    "127.0.0.1": ("127.0.0.1", {"127.0.0.1"}),
    "0.0.0.0": ("0.0.0.0", {"127.0.0.1"}),
    "::1": ("[::1]", {"::1"}),
    "::": ("[::]", {"127.0.0.1", "::1"}),
    "both.test": ("127.0.0.1", {"127.0.0.1"}),
    "six.test": ("[::1]", {"::1"}),
    "four.test": ("127.0.0.1", {"127.0.0.1"}),
}
"""For each HOST, the host of the URL that is shown, and by which addresses of loopback the service is reached."""


@needs_ipv6
@pytest.mark.usefixtures("names")
@pytest.mark.parametrize("host", BOUND)
def test_service_listens_where_it_is_told_to(host: str) -> None:
    shown, addresses = BOUND[host]
    port = _find_free_port()
    with listen(host, port) as listener:
        assert format_url(listener) == f"http://{shown}:{port}"
        loopback = "127.0.0.1" if host in ("0.0.0.0", "::") else shown
        assert format_url(listener, reachable=True) == f"http://{loopback}:{port}"
        assert {each for each in ("127.0.0.1", "::1") if _reaches(each, port)} == addresses


@needs_ipv6
@pytest.mark.usefixtures("names")
@pytest.mark.parametrize("host", BOUND)
def test_sandbox_listens_where_it_is_told_to(host: str) -> None:
    everywhere = host in ("0.0.0.0", "::")
    port = _find_free_port()
    with Sandbox(host, port) as sandbox:
        shown = "127.0.0.1" if everywhere else f"[{host}]" if ":" in host else host
        assert sandbox.auth_url == f"http://{shown}:{port}/v3"
        assert {each for each in ("127.0.0.1", "::1") if _reaches(each, port)} == BOUND[host][1]
        if ".test" not in host:
            assert fetch(sandbox.auth_url).json()["version"]["links"][0]["href"] == f"{sandbox.auth_url}/"


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("no.such.host.invalid", ".+"),  # as the resolver says it
        ("two..dots", "it is no name of a host"),
        (f"{'n' * 64}.test", "it is no name of a host"),
        ("192.0.2.1", "Cannot assign requested address"),
    ],
)
def test_address_that_is_not_here_is_told_of(host: str, reason: str) -> None:
    told = rf"cannot listen on {re.escape(host)} port 0: {reason}; make it an address of this machine"
    with pytest.raises(ConfigurationError, match=f"^HOST: {told}"):
        listen(host, 0)
    with pytest.raises(ConfigurationError, match=f"^--host: {told}"):
        bind_sandbox(host, 0)


def test_port_that_takes_a_privilege_is_told_of() -> None:
    denied = OSError(errno.EACCES, "Permission denied")
    told = "cannot listen on 127.0.0.1 port 80: Permission denied; a port below 1024 takes the privilege"
    with (
        patch("socket.create_server", side_effect=denied),
        pytest.raises(ConfigurationError, match=f"^PORT: {told}"),
    ):
        listen("127.0.0.1", 80)


@needs_ipv6
@pytest.mark.parametrize("host", ["::", "::1", "[::1]"])
def test_service_on_ipv6_launches_shows_brackets_and_is_asked_by_status(tmp_path: Path, host: str) -> None:
    with Sandbox("::1") as cloud:
        service = Service(tmp_path, {"HOST": host})
        service.enabled.mkdir(parents=True)
        (service.enabled / "small.yaml").write_text(minimal_definition())
        with service:
            assert service.url.startswith("http://[::]:" if host == "::" else "http://[::1]:")
            port = service.url.rpartition(":")[2]
            who = cloud.credentials
            user = {"user_id": who.user_id, "project_id": who.project_id, "password": who.password}
            body = {
                "cloud_env": {"auth_url": cloud.auth_url, **user},
                "cluster": {"cluster_type_id": "small", "name": "six"},
            }
            assert fetch(f"http://[::1]:{port}/clusters/", "POST", body=body).status == 201
            for arguments in ([], [f"http://[::1]:{port}"], [f"[::1]:{port}"]):
                told = run_here("status", *arguments, HOST=host, PORT=port)
                assert (told.returncode, told.stderr) == (0, "")
                assert "small" in told.stdout
            if host == "::":
                assert fetch(f"http://127.0.0.1:{port}/schemas/status").status == 200
                assert " client=127.0.0.1 " in service.settled_log()
            assert " client=::1 " in service.settled_log()


@needs_ipv6
def test_failure_shows_the_address_of_a_cloud_in_brackets(tmp_path: Path) -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as free:
        port = free.getsockname()[1]
    service = Service(tmp_path, {})
    service.enabled.mkdir(parents=True)
    (service.enabled / "small.yaml").write_text(minimal_definition())
    user = {"user_id": "a" * 32, "project_id": "b" * 32, "password": "x"}
    body = {
        "cloud_env": {"auth_url": f"http://[::1]:{port}/v3", **user},
        "cluster": {"cluster_type_id": "small", "name": "six"},
    }
    with service:
        answer = service.post("/clusters/", body)
    assert (answer.status, f"at [::1]:{port}" in answer.json()["errors"][0]["detail"]) == (502, True)
