"""How the billing service is called: what is sent, where it is not sent, and how much of an answer is taken."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt
import pytest

from builder.billing.execution import Steps
from builder.billing.middleware import MAX_ANSWER, Middleware
from builder.billing.orders import Orders
from builder.billing.responses import MiddlewareError
from builder.billing.saga import Outcome
from builder.billing.terms import Terms
from builder.clusters.names import CreatedStack
from builder.openstack.deadline import Deadline
from tests.openstack.replay_cloud import Behaviour, Received, WireServer, answer
from tests.openstack.settings import cloud_settings
from tests.openstack.tls_certificate import make_certificate
from tests.security.tokens import SECRET


class Wire(WireServer):
    """Gives the answer that a test has it give."""

    def __init__(self) -> None:
        super().__init__()
        self.instead: bytes | Behaviour = answer(201, {"success": True, "order": "o-1", "credits": 100})

    def respond(self, request: Received) -> bytes | Behaviour:
        return self.instead


@pytest.fixture
def wire() -> Any:
    with Wire() as server:
        yield server


def middleware(url: str, timeout: float = 30, seconds: float = 30, **settings: Any) -> Middleware:
    given = replace(cloud_settings(**settings), billing_timeout=timeout)
    return Middleware(url, SECRET, given, Deadline(seconds), lambda *_: None)


def refusal(call: Callable[[], object]) -> MiddlewareError:
    with pytest.raises(MiddlewareError) as caught:
        call()
    return caught.value


@pytest.mark.parametrize("path", ["", "/", "/billing", "/billing/"])
def test_calls_are_posts_of_json_with_a_token_of_a_minute(wire: Wire, path: str) -> None:
    service = middleware(wire.url + path)
    service.get_credits("a-1")
    service.create_order("a-1")
    service.add_order_tag("o-1", "openstack_stack_name", "x--y")
    service.delete_order("o-1")
    base = path.rstrip("/")
    assert [(each.method, each.path) for each in wire.received] == [
        ("POST", f"{base}/get_credits"),
        ("POST", f"{base}/create_order"),
        ("POST", f"{base}/add_order_tag"),
        ("POST", f"{base}/delete_order"),
    ]
    assert [json.loads(each.body) for each in wire.received] == [
        {"credits": {"billing_account_id": "a-1"}},
        {"order": {"billing_account_id": "a-1"}},
        {"tag": {"order_id": "o-1", "tag_name": "openstack_stack_name", "tag_value": "x--y"}},
        {"order": {"order_id": "o-1"}},
    ]
    for each in wire.received:
        assert each.headers["content-type"] == "application/json"
        token = each.headers["authorization"].removeprefix("Bearer ")
        claims = jwt.decode(token, SECRET, algorithms=["HS256"])
        assert set(claims) == {"exp"}
        assert 0 < claims["exp"] - time.time() <= 60
    assert wire.accepted == 4  # none is kept, on which an order could be lost


def test_token_and_url_are_no_part_of_how_it_is_shown() -> None:
    shown = repr(middleware("http://user_handler:42356"))
    assert SECRET not in shown
    assert "user_handler" not in shown


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(wire: Wire, status: int) -> None:
    with Wire() as elsewhere:
        wire.instead = answer(status, headers={"Location": f"{elsewhere.url}/create_order"})
        error = refusal(lambda: middleware(wire.url).create_order("a-1"))
        assert (error.outcome, elsewhere.received) == (Outcome.FAILED, [])


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://169.254.169.254", "link-local"),
        ("http://[::ffff:169.254.169.254]/x", "link-local"),
        ("http://metadata.google.internal", "metadata"),
        ("http://0.0.0.0:1", "unspecified"),
    ],
)
def test_addresses_that_are_nobodys_service_are_not_called(url: str, why: str) -> None:
    error = refusal(lambda: middleware(url).create_order("a-1"))
    assert error.outcome is Outcome.FAILED
    assert why in str(error)


def test_name_that_leads_to_a_metadata_address_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    error = refusal(lambda: middleware("http://user_handler.example").create_order("a-1"))
    assert error.outcome is Outcome.FAILED
    assert "link-local" in str(error)
    assert "user_handler" not in str(error)


def test_name_that_leads_to_loopback_is_called(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", wire.port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert middleware(f"http://user_handler:{wire.port}").get_credits("a-1") == 100


def chunked(*pieces: bytes) -> bytes:
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return (
        b"HTTP/1.1 201 X\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n\r\n"
    )


@pytest.mark.parametrize(
    "instead",
    [
        answer(201, b'{"success": true, "order": "' + b"x" * MAX_ANSWER + b'"}'),
        chunked(b'{"success": true, "order": "', *[b"x" * 65536] * 17, b'"}'),
        answer(201, b"[" * 200),
    ],
    ids=["long", "chunked", "deep"],
)
def test_answer_beyond_its_limits_is_not_taken(wire: Wire, instead: bytes) -> None:
    wire.instead = instead
    error = refusal(lambda: middleware(wire.url).create_order("a-1"))
    assert (error.outcome, str(error).partition(":")[0]) == (Outcome.UNKNOWN, "gave an answer that is too large")


@pytest.mark.parametrize(
    "order", ["", "x" * 65, "a,b", "a b", "a/b", "ä", "a\n", None, 1, ["a"], "concertim:x"], ids=repr
)
def test_what_is_no_id_of_an_order_is_an_order_that_may_exist(wire: Wire, order: object) -> None:
    wire.instead = answer(201, {"success": True, "order": order})
    assert refusal(lambda: middleware(wire.url).create_order("a-1")).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("order", ["a", "x" * 64, "2b9e5f0a-0000-4000-8000-000000000000", "A_b.c-1"])
def test_ids_of_orders_are_taken(wire: Wire, order: str) -> None:
    wire.instead = answer(200, {"success": True, "order": order, "further": 1})
    assert middleware(wire.url).create_order("a-1") == order


@pytest.mark.parametrize(
    ("told", "is_done"),
    [
        ({"error": "x", "message": "Custom field already exists"}, True),
        ({"error": "CUSTOM_FIELD_ALREADY_EXISTS", "message": "no"}, True),
        ({"error": "x", "message": "no"}, False),
        ({"error": "x", "message": "no", "traceback": "already exists"}, False),
        ({}, False),
    ],
)
@pytest.mark.parametrize("status", [500, 502, 404])
def test_tag_that_is_there_is_done(wire: Wire, told: dict[str, str], is_done: bool, status: int) -> None:
    wire.instead = answer(status, {"success": False, **told})
    service = middleware(wire.url)
    if is_done and status == 500:
        service.add_order_tag("o-1", "n", "v")
        assert refusal(lambda: service.delete_order("o-1")).outcome is Outcome.FAILED
    else:
        outcome = Outcome.UNKNOWN if status == 502 else Outcome.FAILED
        assert refusal(lambda: service.add_order_tag("o-1", "n", "v")).outcome is outcome


@pytest.mark.parametrize(
    ("instead", "outcome"),
    [
        (answer(500, "<h1>no</h1>", "text/html"), Outcome.FAILED),
        (answer(401), Outcome.FAILED),
        (answer(404), Outcome.FAILED),
        (answer(201, {"success": False}), Outcome.FAILED),
        (answer(503), Outcome.UNKNOWN),
        (answer(504), Outcome.UNKNOWN),
        (answer(201, "<h1>hello</h1>", "text/html"), Outcome.UNKNOWN),
        (answer(201, {"success": "true"}), Outcome.UNKNOWN),
        (answer(201, [1]), Outcome.UNKNOWN),
        (answer(201, b'{"success": true, "order"'), Outcome.UNKNOWN),
        (b"", Outcome.UNKNOWN),
        (b"HTTP/1.1 201 X\r\nContent-Length: 50\r\n\r\n{", Outcome.UNKNOWN),
        (b"nonsense\r\n\r\n", Outcome.UNKNOWN),
    ],
    ids=repr,
)
def test_what_an_answer_means(wire: Wire, instead: bytes, outcome: Outcome) -> None:
    wire.instead = instead
    assert refusal(lambda: middleware(wire.url).delete_order("o-1")).outcome is outcome


@pytest.mark.parametrize("drips", [False, True])
@pytest.mark.parametrize(("timeout", "seconds"), [(0.5, 30.0), (30.0, 0.5)])
def test_call_has_its_time_and_no_more(wire: Wire, drips: bool, timeout: float, seconds: float) -> None:
    ended = threading.Event()

    def answer_slowly(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 201 X\r\nContent-Length: 100000\r\n\r\n" if drips else b"")
        while not ended.wait(0.05):
            connection.sendall(b" " if drips else b"")

    wire.instead = answer_slowly
    error = refusal(lambda: middleware(wire.url, timeout, seconds).create_order("a-1"))
    assert (error.outcome, str(error)) == (Outcome.UNKNOWN, "did not answer in time")
    ended.set()


def test_nothing_is_sent_when_no_time_is_left(wire: Wire) -> None:
    assert refusal(lambda: middleware(wire.url, seconds=0).create_order("a-1")).outcome is Outcome.FAILED
    assert wire.received == []


def test_tls_is_checked_as_it_is_for_clouds(wire: Wire, tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    wire.wrap = lambda connection: context.wrap_socket(connection, server_side=True)
    url = wire.url.replace("http:", "https:")
    error = refusal(lambda: middleware(url).create_order("a-1"))
    assert (error.outcome, "cannot be called safely" in str(error)) == (Outcome.FAILED, True)
    assert middleware(url, ca_bundle=str(certificate)).create_order("a-1") == "o-1"


def test_service_that_is_not_there_was_not_asked(wire: Wire) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    error = refusal(lambda: middleware(f"http://127.0.0.1:{port}").create_order("a-1"))
    assert (error.outcome, str(error)) == (Outcome.FAILED, "cannot be reached: connection refused")


def fail(_: str) -> CreatedStack:
    """A creation that fails as nobody foresaw."""
    raise RuntimeError("no")


def test_order_is_told_of_where_this_service_itself_fails(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    left: list[str] = []
    orders = Orders(Terms("a-1", wire.url), cloud_settings(), lambda *_: None, left.append, SECRET, Deadline(30))
    steps = Steps("x--y", fail, lambda _: None, lambda _: None)
    with pytest.raises(RuntimeError):
        orders.create(steps)
    assert "order o-1 is left (service_failed): stack x--y" in caplog.text
    assert left == ["service_failed"]
    assert "Order o-1 was made for it" in orders.deadline.situation
