"""Whose request it is that a proxy passes on."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from builder.api.access import find_client
from builder.settings.value_parsers import parse_networks
from tests.service import Service, wait_until

TRUSTED = parse_networks("10.0.0.0/8, 192.0.2.1, fd00::/8")


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.1.2.3", [], "10.1.2.3"),
        ("10.1.2.3", ["203.0.113.9"], "203.0.113.9"),
        ("203.0.113.1", ["203.0.113.9"], "203.0.113.1"),
        ("10.1.2.3", ["203.0.113.9, 203.0.113.8"], "203.0.113.8"),
        ("10.1.2.3", ["203.0.113.9, 203.0.113.8", "192.0.2.1,10.9.9.9"], "203.0.113.8"),
        ("10.1.2.3", ["203.0.113.9", "unknown"], "10.1.2.3"),
        ("10.1.2.3", ["203.0.113.9:50000, 192.0.2.1:443"], "203.0.113.9"),
        ("10.1.2.3", ["[2001:db8::9]:50000, [fd00::2]"], "2001:db8::9"),
        ("10.1.2.3", ["203.0.113.9,, ", "", " ,"], "203.0.113.9"),
        ("10.1.2.3", ["203.0.113.9, ::ffff:10.2.2.2"], "203.0.113.9"),
        ("10.1.2.3", ["[203.0.113.9"], "10.1.2.3"),
        ("10.1.2.3", ["203.0.113.9:"], "10.1.2.3"),
        ("10.1.2.3", ["203.0.113.9", "_hidden:80"], "10.1.2.3"),
        ("::ffff:203.0.113.1", ["203.0.113.9"], "203.0.113.1"),
        ("10.1.2.3", ["10.2.2.2"], "10.2.2.2"),
        ("10.1.2.3", [""], "10.1.2.3"),
        ("::ffff:10.1.2.3", ["203.0.113.9"], "203.0.113.9"),
        ("fd00::1", ["2001:db8::9"], "2001:db8::9"),
    ],
)
def test_client_is_the_last_address_that_a_trusted_proxy_tells_and_that_is_none(
    peer: str, forwarded: list[str], client: str
) -> None:
    assert find_client(peer, forwarded, TRUSTED) == client


def test_client_cannot_choose_its_address_behind_a_trusted_proxy(tmp_path: Path) -> None:
    with Service(tmp_path, {"TRUSTED_PROXIES": "127.0.0.1"}) as service:
        with socket.create_connection(("127.0.0.1", int(service.url.rpartition(":")[2]))) as connection:
            # The first line is the client's own invention, the second one the proxy's.
            connection.sendall(
                b"GET /schemas/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                b"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 198.51.100.7\r\n\r\n"
            )
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        wait_until(lambda: "route=/schemas/<name:str>" in service.log, "logged")
        assert " client=198.51.100.7 " in service.log


def test_proxy_that_nobody_trusts_is_not_believed(service: Service) -> None:
    service.post("/clusters/", b"", {"X-Forwarded-For": "192.0.2.7", "X-Request-ID": "not-believed"})
    (line,) = [line for line in service.settled_log().splitlines() if line.endswith(" request_id=not-believed")]
    assert " client=127.0.0.1 " in line
