"""Starting and stopping."""

from __future__ import annotations

import http.client
import socket
import threading
from urllib.parse import urlsplit

import pytest

from builder.sandbox import Sandbox
from tests.contract.wire import ask

LIMIT = 60.0


def connect(sandbox: Sandbox) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(sandbox.auth_url).netloc, timeout=LIMIT)


def test_started_sandbox_answers_at_once() -> None:
    sandbox = Sandbox()
    sandbox.start()
    try:
        assert ask("GET", sandbox.auth_url).status == 200
    finally:
        sandbox.stop()


def test_sandbox_is_its_own_context() -> None:
    with Sandbox() as sandbox:
        assert ask("GET", sandbox.auth_url).status == 200
    with pytest.raises(RuntimeError):
        _ = sandbox.auth_url


def test_auth_url_is_not_known_before_the_start() -> None:
    with pytest.raises(RuntimeError, match="not started"):
        _ = Sandbox().auth_url


def test_sandbox_is_started_once() -> None:
    with Sandbox() as sandbox, pytest.raises(RuntimeError):
        sandbox.start()
    with pytest.raises(RuntimeError):
        sandbox.start()


def test_stopping_twice_does_nothing() -> None:
    sandbox = Sandbox()
    sandbox.stop()
    sandbox.stop()
    with Sandbox() as running:
        running.stop()


def test_taken_port_is_an_error_of_the_system() -> None:
    with Sandbox() as sandbox:
        port = urlsplit(sandbox.auth_url).port
        assert port is not None
        with pytest.raises(OSError, match="in use"):
            Sandbox(port=port).start()


def test_port_is_free_after_the_stop() -> None:
    with Sandbox() as sandbox:
        port = urlsplit(sandbox.auth_url).port
    assert port is not None
    with Sandbox(port=port) as again:
        assert ask("GET", again.auth_url).status == 200


def test_connection_is_kept_open_between_requests() -> None:
    with Sandbox() as sandbox:
        connection = connect(sandbox)
        for _ in range(2):
            connection.request("GET", "/v3")
            response = connection.getresponse()
            response.read()
            assert not response.will_close
        connection.close()


def test_stop_ends_connections_that_are_kept_open() -> None:
    with Sandbox() as sandbox:
        connection = connect(sandbox)
        connection.request("GET", "/v3")
        connection.getresponse().read()
        kept = connection.sock
        assert isinstance(kept, socket.socket)
    assert kept.recv(1) == b""
    connection.close()


def test_sandbox_can_be_bound_first_and_served_in_the_callers_thread() -> None:
    sandbox = Sandbox()
    sandbox.bind()
    auth_url = sandbox.auth_url
    serving = threading.Thread(target=sandbox.serve_forever)
    serving.start()
    assert ask("GET", auth_url).status == 200
    sandbox.stop()
    serving.join(LIMIT)
    assert not serving.is_alive()


def test_bound_sandbox_is_its_own_context() -> None:
    sandbox = Sandbox()
    sandbox.bind()
    with sandbox:
        assert ask("GET", sandbox.auth_url).status == 200


def test_bound_sandbox_can_be_stopped_without_serving() -> None:
    sandbox = Sandbox()
    sandbox.bind()
    sandbox.stop()
    with pytest.raises(RuntimeError):
        _ = sandbox.auth_url


def test_latency_holds_up_heat_and_not_keystone() -> None:
    with Sandbox(heat_latency=60) as sandbox:
        assert ask("GET", sandbox.auth_url).status == 200
        connection = connect(sandbox)
        connection.request("GET", "/heat-api/")
        connection.sock.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.getresponse()
    connection.close()
