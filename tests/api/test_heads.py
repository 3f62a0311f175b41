"""Heads of requests as clients write them: what means the same is read the same, and nothing ends a head early."""

from __future__ import annotations

import gzip
import json
import socket
from email.utils import parsedate_to_datetime
from http.client import HTTPResponse

import pytest

from builder.sandbox import Sandbox
from tests.api.orders import assert_error, assert_refused, by_ids, order, stack_names
from tests.security.raw import assert_is_error, connect, exchange, head, parse_answer, read_all
from tests.service import Answer, Service, fetch, wait_until


def ask(service: Service, method: str, path: str, *lines: str, body: bytes = b"") -> Answer:
    closing = () if any(line.lower().startswith("connection") for line in lines) else ("Connection: close",)
    length = (f"Content-Length: {len(body)}",) if body else ()
    return parse_answer(exchange(service, head(method, path, *lines, *length, *closing) + body))


@pytest.mark.parametrize("blanks", [" ", "\t", " \t  "])
def test_blanks_behind_the_value_of_a_header_are_no_part_of_it(building: Service, cloud: Sandbox, blanks: str) -> None:
    name = f"blanks{blanks.count(' ')}{blanks.count(chr(9))}"
    body = json.dumps(order(by_ids(cloud), name=name)).encode()
    first, second = (
        ask(building, "POST", "/clusters/", f"Idempotency-Key: {name}{each}", f"X-Request-ID: {name}{each}", body=body)
        for each in ("", blanks)
    )
    assert (first.status, second.status) == (201, 201)
    assert first.body == second.body
    assert second.headers["x-request-id"] == name
    assert len([each for each in stack_names(cloud) if each.startswith(f"{name}--")]) == 1


def test_expectations_and_codings_may_have_blanks_behind_them_and_any_case(building: Service) -> None:
    expecting = ask(building, "POST", "/cloud_assets", "Expect: 100-continue \t", body=b"{}")
    assert expecting.status == 100
    start = head("POST", "/cloud_assets", "Transfer-Encoding: Chunked ", "Connection: close")
    chunked = parse_answer(exchange(building, start + b"2\r\n{}\r\n0\r\n\r\n"))
    assert_error(chunked, 400)
    assert {title for title, _ in chunked.faults()} == {"JSON schema error"}


@pytest.mark.parametrize("lines", [["If-None-Match: {tag} "], ['If-None-Match: "x"', "If-None-Match: {tag}"]])
def test_conditions_hold_in_several_lines_and_with_blanks(building: Service, lines: list[str]) -> None:
    tag = building.get("/cluster-types").headers["etag"]
    assert ask(building, "GET", "/cluster-types", *(line.format(tag=tag) for line in lines)).status == 304


@pytest.mark.parametrize(
    ("lines", "connection"),
    [
        (["Connection: close "], "close"),
        (["Connection: keep-alive, Close"], "close"),
        (["Connection: close", "Connection: keep-alive"], "close"),
        (["Connection: TE"], "keep-alive"),
        (["Connection: keep-alive, Upgrade", "Upgrade: h2c"], "keep-alive"),
        (["Connection: "], "keep-alive"),
    ],
)
def test_connection_is_one_list(building: Service, lines: list[str], connection: str) -> None:
    received = exchange(building, head("GET", "/health", *lines), timeout=1.0)
    assert parse_answer(received).headers["connection"] == connection


def test_an_empty_line_before_a_request_is_passed_over(building: Service) -> None:
    assert parse_answer(exchange(building, b"\r\n" + head("GET", "/health", "Connection: close"))).status == 200


@pytest.mark.parametrize("blanks", [" ", "\t", "   "])
def test_a_line_of_blanks_does_not_end_the_head(building: Service, blanks: str) -> None:
    smuggled = f"GET /health HTTP/1.1\r\nHost: x\r\n{blanks}\r\nGET /ready HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    received = exchange(building, smuggled)
    assert received.count(b"HTTP/1.1 ") == 1
    assert parse_answer(received).status == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/health"),
        ("GET", "/cluster-types"),
        ("GET", "/nothing"),
        ("PUT", "/clusters"),
        ("OPTIONS", "/clusters"),
    ],
)
def test_every_answer_has_a_date(building: Service, method: str, path: str) -> None:
    assert parsedate_to_datetime(fetch(building.url + path, method).headers["date"]).tzinfo is not None


@pytest.mark.parametrize("path", ["/health", "/metrics", "/nothing", "/cluster-types/nothing", "/schemas/status"])
def test_no_cache_keeps_what_is_not_conditional(building: Service, path: str) -> None:
    for method in ("GET", "HEAD"):
        assert fetch(building.url + path, method).headers["cache-control"] == "no-store"
    assert ask(building, "GET", "/cluster-types").headers["cache-control"] == "no-cache"


def test_an_answer_to_what_is_no_request_has_a_date(building: Service) -> None:
    answer = parse_answer(exchange(building, b"nonsense\r\n\r\n"))
    assert (answer.status, "date" in answer.headers) == (400, True)


@pytest.mark.parametrize("path", ["/clusters/", "/cloud_assets/"])
def test_a_compressed_body_is_415(building: Service, cloud: Sandbox, path: str) -> None:
    body = gzip.compress(json.dumps(order(by_ids(cloud))).encode())
    answer = building.post(path, body, {"Content-Encoding": "gzip"})
    assert_refused(answer, 415, ("Unsupported Media Type", None))
    assert answer.headers["accept-encoding"] == "identity"
    assert "'gzip'" in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize("coding", ["identity", "Identity", ""])
def test_a_body_that_is_sent_as_it_is_may_say_so(building: Service, coding: str) -> None:
    assert building.post("/cloud_assets/", {}, {"Content-Encoding": coding}).status == 400


def test_a_byte_order_mark_before_json_is_passed_over(building: Service, cloud: Sandbox) -> None:
    body = b"\xef\xbb\xbf" + json.dumps(order(by_ids(cloud))).encode()
    assert building.post("/clusters/?dry_run=1", body).status == 200
    assert building.post("/clusters/?dry_run=1", b"\xef\xbb\xbf" + body).status == 400


# --- trailers, and what is too long -----------------------------------------------------------------------------------

NEXT = head("GET", "/ready", "Connection: close")


@pytest.mark.parametrize("method_and_path", ["GET /health", "POST /cloud_assets", "POST /nothing"])
@pytest.mark.parametrize("trailers", [b"X-Sum: 1\r\n", b"Host: y\r\nContent-Length: 9\r\nExpires:\r\n"])
def test_trailers_are_read_and_mean_nothing(building: Service, method_and_path: str, trailers: bytes) -> None:
    method, path = method_and_path.split()
    request = head(method, path, "Transfer-Encoding: chunked") + b"2\r\n{}\r\n0;last\r\n" + trailers + b"\r\n"
    received = exchange(building, request + NEXT)
    assert received.count(b"HTTP/1.1 ") == 2
    assert parse_answer(received).headers["connection"] == "keep-alive"


@pytest.mark.parametrize(
    ("trailers", "status"),
    [
        (b"GET /smuggled HTTP/1.1\r\n", 400),
        (b"X-A : b\r\n", 400),
        (b"X-A: b\r\n folded\r\n", 400),
        (b"X-A: b\x00\r\n", 400),
        (b"X-A: b\n\r\n", 400),
        (b"X-A: " + b"b" * 9000 + b"\r\n", 431),
        (b"X-A: b\r\n" * 1100, 431),
    ],
)
@pytest.mark.parametrize("path", ["/cloud_assets", "/nothing"])
def test_trailers_that_are_none_or_too_many_end_the_connection(
    building: Service, path: str, trailers: bytes, status: int
) -> None:
    start = head("POST", path, "Transfer-Encoding: chunked")
    received = exchange(building, start + b"2\r\n{}\r\n0\r\n" + trailers + b"\r\n" + NEXT)
    assert received.count(b"HTTP/1.1 ") == 1
    assert_is_error(parse_answer(received), 404 if path == "/nothing" else status)


def test_a_target_that_is_too_long_is_414_and_headers_that_are_too_long_431(building: Service) -> None:
    limit = 8192
    for method, path, line, status in (
        ("GET", "/health?" + "a" * limit, "X-A: b", 414),
        ("GET", "/health?" + "a" * (limit - 100), "X-A: " + "b" * 100, 431),
        ("GET", "/health", "X-A: " + "b" * limit, 431),
        ("GET", "/cluster-types/" + "a" * (limit - 200), "X-A: b", 404),
        ("GET", "/nothing?" + "a" * (limit - 200), "X-A: " + "b" * 50, 404),
    ):
        received = exchange(building, head(method, path, line, "Connection: close"))
        assert_is_error(parse_answer(received), status)


@pytest.mark.parametrize(
    ("first", "spoken"), [(b"\x16\x03\x01\x02\x00\x01", "TLS"), (b"\x80", "something else"), (b"\xffSMB", "something")]
)
def test_what_is_no_http_is_answered_before_more_of_it_comes(building: Service, first: bytes, spoken: str) -> None:
    received = exchange(building, first, timeout=30.0)
    assert_is_error(parse_answer(received), 400)
    assert f"was sent {spoken}".encode() in received
    wait_until(lambda: f'reason="This port takes plain HTTP, and was sent {spoken}' in building.log, "logged")


# --- the same head again and again, as of clients that poll ---


def ask_on(connection: socket.socket, sent: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer to one request, on a connection that stays open."""
    connection.sendall(sent)
    with HTTPResponse(connection, method=sent.split()[0].decode()) as response:
        response.begin()
        headers = {name.lower(): value for name, value in response.headers.items() if name.lower() != "date"}
        return response.status, headers, response.read()


@pytest.mark.parametrize(
    ("method", "path", "lines", "status"),
    [
        ("GET", "/cluster-types", [], 200),
        ("HEAD", "/cluster-types", [], 200),
        ("GET", "/cluster-types", ["If-None-Match: *"], 304),
        ("GET", "/cluster-types", ['If-None-Match: W/"x"', "If-None-Match: * "], 304),
        ("GET", "/cluster-types?project_id=a&project_id=b", [], 400),
        ("GET", "/nothing", [], 404),
        ("DELETE", "/cluster-types", [], 405),
        ("OPTIONS", "/clusters", [], 204),
        ("GET", "/health", ["X-Request-ID: given"], 200),
    ],
)
def test_a_head_that_is_sent_again_is_answered_again(
    building: Service, method: str, path: str, lines: list[str], status: int
) -> None:
    sent = head(method, path, *lines)
    with connect(building) as connection:
        answers = [ask_on(connection, sent) for _ in range(3)]
    identifiers = {headers.pop("x-request-id") for _, headers, _ in answers}
    assert answers[0][0] == status
    assert answers[1:] == answers[:1] * 2
    assert identifiers == {"given"} if "X-Request-ID: given" in lines else len(identifiers) == 3


def test_heads_that_come_in_pieces_or_together_are_told_apart(building: Service) -> None:
    well, none = head("GET", "/health"), head("GET", "/nothing")
    parts = [well, well[:-1], well[-1:] + none, well + well + none, none[:9], none[9:] + NEXT]
    with connect(building) as connection:
        ask_on(connection, well)
        for part in parts:
            connection.sendall(part)
        received = read_all(connection)
    statuses = [int(each[:3]) for each in received.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [200, 200, 404, 200, 200, 404, 404, 200]


def test_a_head_that_is_sent_again_may_have_another_body(building: Service) -> None:
    sent = head("POST", "/clusters", "Content-Length: 2")
    with connect(building) as connection:
        (first, _, told), (second, _, otherwise) = (ask_on(connection, sent + body) for body in (b"{}", b"{]"))
    assert (first, second) == (400, 400)
    assert told != otherwise


def test_a_connection_stays_open_for_a_head_of_http_1_0_that_is_sent_again(building: Service) -> None:
    sent = b"GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    with connect(building) as connection:
        assert [ask_on(connection, sent)[1]["connection"] for _ in range(3)] == ["keep-alive"] * 3
