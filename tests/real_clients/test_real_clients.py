"""The clients that people have, as they are: each lists, asks whether anything changed, builds, and is refused early.

One that is not installed here is left out.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from builder.sandbox import Sandbox
from tests.api.orders import by_ids
from tests.real_clients.relay import Relay
from tests.security.raw import connect, exchange, head, read_all
from tests.service import Service, minimal_definition

PROGRAMS = Path(__file__).parent / "programs"
CLIENTS = {
    "curl": ["sh", str(PROGRAMS / "client.sh")],
    "node fetch": ["node", str(PROGRAMS / "client.mjs"), "fetch"],
    "node http": ["node", str(PROGRAMS / "client.mjs"), "http"],
    "java": ["java", str(PROGRAMS / "Client.java")],
    "ruby": ["ruby", str(PROGRAMS / "client.rb")],
    "requests": [sys.executable, str(PROGRAMS / "client.py")],
}
NEEDED = {"curl": "curl"}
"""What is looked for where it is not the first word of the command."""

CONNECTIONS = {"node fetch": 2}
"""Over how many connections four requests go, where not one: fetch opens a second of its own accord, to any server."""


@pytest.fixture(scope="module")
def cloud() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service(tmp_path_factory.mktemp("clients") / "instance")
    service.enabled.mkdir(parents=True)
    (service.enabled / "small.yaml").write_text(minimal_definition())
    with service:
        yield service


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More than a socket takes before it is read."""
    path = tmp_path_factory.mktemp("big") / "big.json"
    path.write_bytes(b" " * 50_000_000)
    return path


def order_of(cloud: Sandbox, name: str) -> bytes:
    cluster = {"cluster_type_id": "small", "name": name, "parameters": {}}
    return json.dumps({"cloud_env": by_ids(cloud), "cluster": cluster}).encode()


@pytest.mark.parametrize("client", CLIENTS)
def test_client_lists_builds_is_refused_and_keeps_its_connection(
    service: Service, cloud: Sandbox, big: Path, tmp_path: Path, client: str
) -> None:
    command = CLIENTS[client]
    if shutil.which(NEEDED.get(client, command[0])) is None:
        pytest.skip(f"{client} is not installed here")
    order = tmp_path / "order.json"
    order.write_bytes(order_of(cloud, client.replace(" ", "-")))
    without_proxy = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    with Relay(int(service.url.rpartition(":")[2])) as relay:
        ran = subprocess.run(
            [*command, relay.url, service.url, str(order), str(big)],
            capture_output=True, text=True, check=False, timeout=150, env=without_proxy,
        )  # fmt: skip
        assert (ran.stdout.strip(), ran.returncode) == ("200 304 201 200 413 Request too large", 0), ran.stderr
        assert relay.connections == CONNECTIONS.get(client, 1)


def test_requests_that_are_sent_in_one_go_are_answered_in_order(service: Service, cloud: Sandbox) -> None:
    """As Go's and other clients with pipelines send them, a build among them."""
    body = order_of(cloud, "pipelined")
    build = head("POST", "/clusters", f"Content-Length: {len(body)}", "Connection: Keep-Alive, TE", "TE: trailers")
    last = head("GET", "/ready", "Connection: close")
    received = exchange(service, head("GET", "/health") + build + body + head("HEAD", "/cluster-types") + last)
    statuses = re.findall(rb"HTTP/1\.1 (\d{3}) ", received)
    assert statuses == [b"200", b"201", b"200", b"200"]


def test_client_that_waits_to_be_told_so_sends_its_body_then(service: Service, cloud: Sandbox) -> None:
    body = order_of(cloud, "expecting")
    start = head("POST", "/clusters", f"Content-Length: {len(body)}", "Expect: 100-Continue", "Connection: close")
    with connect(service) as connection:
        connection.sendall(start)
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert read_all(connection).startswith(b"HTTP/1.1 201 ")
