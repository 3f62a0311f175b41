"""Answers that come before all of a request has: a client that sends all of it first reads them all the same."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from builder.api.http1 import MAX_UNREAD_BYTES
from tests.security.raw import assert_is_error, assert_serves, connect, exchange, head, parse_answer, read_all
from tests.service import Service, wait_until

BIG = b"x" * 50_000_000
PLAIN = f"Content-Length: {len(BIG)}"
CHUNKED = "Transfer-Encoding: chunked"
EXPECTING = ("Expect: 100-continue", PLAIN)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(
        tmp_path_factory.mktemp("early"), {"JWT_SECRET": "a secret of more than 32 bytes, for tests"}
    ) as running:
        yield running


@pytest.fixture(scope="module")
def open_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("open")) as running:
        yield running


REFUSED = {
    "a body that is too large": (head("POST", "/clusters/", PLAIN), 413),
    "chunks that are too large": (head("POST", "/cloud_assets", CHUNKED) + b"%x\r\n" % len(BIG), 413),
    "a body for no path": (head("POST", "/nothing", PLAIN), 404),
    "a body for a path without one": (head("PUT", "/health", PLAIN), 405),
    "two lengths": (head("POST", "/clusters/", PLAIN, "Content-Length: 1"), 400),
    "chunks that are none": (head("POST", "/clusters/", CHUNKED), 400),
    "headers without an end": (b"GET /health HTTP/1.1\r\nHost: x\r\nX-A: ", 431),
    "a target without an end": (b"GET /", 414),
    "no HTTP": (b"\x16\x03\x01", 400),
}
"""How requests begin that are refused, all of which go on for long, and by which status."""


@pytest.mark.parametrize("kind", REFUSED)
def test_client_that_sends_all_before_it_reads_gets_its_answer(open_service: Service, kind: str) -> None:
    start, status = REFUSED[kind]
    with connect(open_service) as connection:
        connection.sendall(start)
        connection.sendall(BIG)
        received = read_all(connection)
    assert_is_error(parse_answer(received), status)
    assert received.count(b"HTTP/1.1 ") == 1
    assert_serves(open_service)


def test_client_without_a_token_that_sends_all_before_it_reads_gets_its_answer(service: Service) -> None:
    with connect(service) as connection:
        connection.sendall(head("POST", "/clusters/", PLAIN))
        connection.sendall(BIG)
        assert_is_error(parse_answer(read_all(connection)), 401)


@pytest.mark.parametrize(
    ("method", "path", "status"), [("POST", "/clusters/", 413), ("POST", "/nothing", 404), ("PUT", "/clusters", 405)]
)
def test_client_that_waits_to_be_told_so_sends_no_body_that_is_refused(
    open_service: Service, method: str, path: str, status: int
) -> None:
    received = exchange(open_service, head(method, path, *EXPECTING))
    assert received.count(b"HTTP/1.1 ") == 1
    answer = parse_answer(received)
    assert_is_error(answer, status)
    assert answer.headers["connection"] == "close"


def test_small_body_for_no_path_leaves_the_connection_to_the_next_request(open_service: Service) -> None:
    first = head("POST", "/nothing", "Content-Length: 2") + b"{}"
    received = exchange(open_service, first + head("GET", "/health", "Connection: close"))
    assert received.count(b"HTTP/1.1 ") == 2


def test_client_that_sends_without_end_is_ended(open_service: Service) -> None:
    with connect(open_service) as connection:
        connection.sendall(head("POST", "/clusters/", f"Content-Length: {MAX_UNREAD_BYTES * 8}"))
        assert _is_cut_off(connection, MAX_UNREAD_BYTES * 4)


@pytest.mark.parametrize("sends", [False, True])
def test_client_that_does_not_close_is_ended_in_time(tmp_path: Path, sends: bool) -> None:
    settings = {"REQUEST_TIMEOUT": "1"} if sends else {}  # a silent one ends before
    with Service(tmp_path, settings) as impatient, connect(impatient) as connection:
        wait_until(lambda: _is_held_by_the_server(connection), "the connection is accepted")
        connection.sendall(head("POST", "/clusters/", PLAIN))
        assert_is_error(parse_answer(read_all(connection)), 413)
        ended = partial(_is_cut_off, connection, 1) if sends else lambda: not _is_held_by_the_server(connection)
        wait_until(ended, "the connection has ended")


def _is_cut_off(connection: socket.socket, size: int) -> bool:
    """Whether not all of so many bytes are taken."""
    try:
        while size > 0:
            size -= connection.send(BIG[:size])
    except OSError:
        return True
    return False


def _is_held_by_the_server(connection: socket.socket) -> bool:
    """Whether the process at the other end still has its socket: an end that is closed has no inode, see proc(5)."""
    ends = [f":{connection.getpeername()[1]:04X}", f":{connection.getsockname()[1]:04X}"]
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any([line[1][-5:], line[2][-5:]] == ends and line[9] != "0" for line in lines)
