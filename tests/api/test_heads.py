"""Heads of requests as clients write them: what means the same is read the same, and nothing ends a head early."""

from __future__ import annotations

import gzip
import json
from email.utils import parsedate_to_datetime

import pytest

from builder.sandbox import Sandbox
from tests.api.orders import assert_error, assert_refused, by_ids, order, stack_names
from tests.security.raw import exchange, head, parse_answer
from tests.service import Answer, Service, fetch


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
