"""Clouds that are called through an HTTP proxy."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from builder.errors import Fault, RequestError
from builder.kinds.heat.stack_creation import create_stack
from builder.openstack.connection import connect
from builder.openstack.credentials import parse_credentials
from builder.openstack.deadline import Deadline
from builder.settings.table import Settings
from tests.openstack.replay_cloud import PASSWORD, Behaviour, Received, ReplayCloud, WireServer, answer, catalog_entry
from tests.openstack.settings import cloud_settings, stack_request

CLOUD = "cloud.invalid"
"""A name that nothing but a proxy can resolve."""


class Proxy(WireServer):
    """An HTTP proxy, to which every name is this machine's; ``refusal`` is its answer instead."""

    refusal: bytes | None = None

    def respond(self, request: Received) -> bytes | Behaviour:
        if self.refusal is not None:
            return self.refusal
        if request.method == "CONNECT":
            return self._tunnel(int(request.path.rpartition(":")[2]))
        return self._forward(request)

    def _forward(self, request: Received) -> bytes:
        url = urlsplit(request.path)
        head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items() if name != "connection")
        query = f"?{url.query}" if url.query else ""
        with socket.create_connection(("127.0.0.1", url.port or 80), timeout=10) as cloud:
            line = f"{request.method} {url.path}{query} HTTP/1.1\r\n{head}Connection: close\r\n\r\n"
            cloud.sendall(line.encode() + request.body)
            return b"".join(iter(lambda: cloud.recv(65536), b""))

    def _tunnel(self, port: int) -> Behaviour:
        def pump(source: socket.socket, target: socket.socket) -> None:
            try:
                while piece := source.recv(65536):
                    target.sendall(piece)
                target.shutdown(socket.SHUT_WR)
            except OSError:
                return

        def run(client: socket.socket) -> None:
            with socket.create_connection(("127.0.0.1", port), timeout=10) as cloud:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=pump, args=(cloud, client), daemon=True)
                back.start()
                pump(client, cloud)
                back.join(10)

        return run


@pytest.fixture
def proxy() -> Any:
    with Proxy() as running:
        yield running


def elsewhere(cloud: ReplayCloud) -> str:
    """The URL of Keystone by the name that only the proxy knows; the catalogue has the same name."""
    cloud.catalog = [catalog_entry("orchestration", f"http://{CLOUD}:{cloud.port}/heat/v1/p")]
    return f"http://{CLOUD}:{cloud.port}/v3"


def launch(credentials: dict[str, Any], settings: Settings) -> str:
    with connect(parse_credentials(credentials), settings, Deadline(10)) as connected:
        return create_stack(connected, stack_request({"heat_template_version": "2018-08-31"})).id


def refusal(credentials: dict[str, Any], settings: Settings) -> Fault:
    with pytest.raises(RequestError) as caught:
        launch(credentials, settings)
    return caught.value.faults[0]


def test_cloud_of_a_name_that_only_the_proxy_knows_is_reached(cloud: ReplayCloud, proxy: Proxy) -> None:
    assert launch(cloud.credentials(auth_url=elsewhere(cloud)), cloud_settings(proxy=proxy.url))
    assert [request.method for request in proxy.received] == ["POST", "POST"]
    assert {request.headers["host"] for request in proxy.received} == {f"{CLOUD}:{cloud.port}"}


def test_tls_goes_through_the_proxy_unread(cloud: ReplayCloud, proxy: Proxy, tmp_path: Path) -> None:
    certificate = cloud.use_tls(tmp_path)
    assert launch(cloud.credentials(), cloud_settings(ca_bundle=str(certificate), proxy=proxy.url))
    assert {request.method for request in proxy.received} == {"CONNECT"}
    assert len(cloud.posts_to_heat) == 1


def test_proxy_is_told_its_own_user_and_the_cloud_is_not(cloud: ReplayCloud, proxy: Proxy, tmp_path: Path) -> None:
    with_user = proxy.url.replace("//", "//me:pass%40word@")
    certificate = cloud.use_tls(tmp_path)
    launch(cloud.credentials(), cloud_settings(ca_bundle=str(certificate), proxy=with_user))
    expected = f"Basic {base64.b64encode(b'me:pass@word').decode()}"
    assert {request.headers["proxy-authorization"] for request in proxy.received} == {expected}
    assert not any("proxy-authorization" in request.headers for request in cloud.received)


@pytest.mark.parametrize("prepare", [lambda *_: None, ReplayCloud.use_tls], ids=["http", "https"])
def test_proxy_that_is_not_there_is_told_as_such(
    cloud: ReplayCloud, tmp_path: Path, prepare: Callable[..., Any]
) -> None:
    prepare(cloud, tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://me:secret-of-proxy@127.0.0.1:{taken.getsockname()[1]}"
        fault = refusal(cloud.credentials(), cloud_settings(proxy=url, insecure=True))
    assert (fault.status, fault.title) == (502, "Cloud unreachable")
    assert "proxy of this service (CLOUD_PROXY) gives no connection: connection refused" in fault.detail
    assert "secret-of-proxy" not in fault.detail
    assert PASSWORD not in fault.detail
    assert not cloud.received


def test_refusal_of_the_proxy_is_told_and_created_nothing(cloud: ReplayCloud, proxy: Proxy, tmp_path: Path) -> None:
    certificate = cloud.use_tls(tmp_path)
    proxy.refusal = answer(407, "who are you?", "text/plain")
    fault = refusal(cloud.credentials(), cloud_settings(ca_bundle=str(certificate), proxy=proxy.url))
    assert (fault.status, fault.title) == (502, "Cloud unreachable")
    assert "CLOUD_PROXY" in fault.detail
    assert "407" in fault.detail
    assert "may have been created" not in fault.detail


def test_lists_of_clouds_hold_behind_a_proxy(cloud: ReplayCloud, proxy: Proxy) -> None:
    cloud.catalog = [catalog_entry("orchestration", "http://169.254.169.254/v1")]
    fault = refusal(cloud.credentials(), cloud_settings(proxy=proxy.url))
    assert fault.title == "Endpoint not allowed"
    assert len(proxy.received) == 1
