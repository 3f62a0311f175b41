"""Clients that ask for too much, too slowly, or in too odd a way: they are refused, and others are served."""

from __future__ import annotations

import contextlib
import json
import re
import resource
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from builder.errors import MAX_FAULTS
from tests.api.orders import order
from tests.openstack.remembering_heat import RememberingHeat
from tests.openstack.replay_cloud import Received
from tests.security.raw import (
    assert_is_error,
    assert_serves,
    connect,
    exchange,
    head,
    parse_answer,
    read_all,
)
from tests.service import Service, fetch, minimal_definition, wait_until

MEBIBYTE = 1024 * 1024
CONNECTIONS = 200
IDLE = 2000
SECONDS = 0.5


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("limits")
    limits = {"REQUEST_TIMEOUT": str(SECONDS), "KEEP_ALIVE_TIMEOUT": "30", "MAX_CONNECTIONS": str(CONNECTIONS)}
    with Service(folder, limits) as running:
        (running.enabled / "small.yaml").write_text(minimal_definition())
        yield running


# --- slow clients -----------------------------------------------------------------------------------------------------


def trickle(connection: socket.socket, data: bytes, seconds: float) -> None:
    """Send one byte now and then, until there is an answer or time is up."""
    connection.settimeout(SECONDS / 10)
    end = time.monotonic() + seconds
    for number in range(len(data)):
        connection.sendall(data[number : number + 1])
        with contextlib.suppress(TimeoutError):
            connection.recv(1, socket.MSG_PEEK)
            return
        if time.monotonic() > end:
            raise AssertionError("nobody minded")


@pytest.mark.parametrize("start", [b"", head("POST", "/clusters/", "Content-Length: 1000")])
def test_request_that_trickles_is_given_up_though_bytes_keep_coming(service: Service, start: bytes) -> None:
    with connect(service) as connection:
        connection.sendall(start)
        trickle(connection, b"GET / HTTP/1.1\r\nX-Slow: " + b"x" * 500, SECONDS * 8)
        connection.settimeout(5)
        assert_is_error(parse_answer(read_all(connection)), 408)
    assert_serves(service)


def test_request_that_stops_half_way_is_given_up(service: Service) -> None:
    for part in (b"GET /health HT", head("POST", "/clusters/", "Content-Length: 10") + b"{", b"\r\n"):
        assert_is_error(parse_answer(exchange(service, part)), 400, 408)
    assert_serves(service)


@pytest.mark.parametrize("start", [b"GET /health HT", b"GET\r\n\r\n", b"GET /" + b"a" * 100_000])
def test_log_says_whose_request_was_none(service: Service, start: bytes) -> None:
    before = len(service.settled_log().splitlines())
    with connect(service) as connection, contextlib.suppress(OSError):
        connection.sendall(start)
        read_all(connection)
    lines: list[str] = []

    def is_logged() -> bool:
        lines[:] = [line for line in service.log.splitlines()[before:] if " method=NONE " in line]
        return bool(lines)

    wait_until(is_logged, "logged")
    assert all(" client=127.0.0.1 " in line for line in lines)


def test_body_of_an_answered_request_that_trickles_is_given_up_though_bytes_keep_coming(service: Service) -> None:
    with connect(service) as connection:
        connection.sendall(head("POST", "/no-such-path", "Content-Length: 1000"))
        connection.settimeout(5)
        assert_is_error(parse_answer(connection.recv(65536)), 404)
        trickle(connection, b"x" * 500, SECONDS * 8)
        assert read_all(connection) == b""
    assert_serves(service)


def test_chunked_body_that_never_ends_is_given_up(service: Service) -> None:
    start = head("POST", "/clusters/", "Transfer-Encoding: chunked")
    assert_is_error(parse_answer(exchange(service, start, b"5\r\nabcde\r\n")), 408)
    assert_serves(service)


def test_requests_one_after_the_other_may_go_on_for_longer(service: Service) -> None:
    with connect(service) as connection:
        end = time.monotonic() + SECONDS * 3
        while time.monotonic() < end:
            connection.sendall(head("GET", "/health"))
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")


def test_silent_connections_are_closed_in_time(tmp_path: Path) -> None:
    with Service(tmp_path, {"KEEP_ALIVE_TIMEOUT": "0.3"}) as service, connect(service) as connection:
        assert read_all(connection) == b""


# --- many clients -----------------------------------------------------------------------------------------------------


def test_idle_connections_without_number_leave_room_for_others(service: Service) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = IDLE + 200
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"this process may open {hard} files only")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    try:
        with contextlib.ExitStack() as stack:
            for number in range(IDLE):
                stack.enter_context(connect(service))
                if number % 500 == 0:
                    assert_serves(service)
            assert_serves(service)
            assert _open_connections(service) <= CONNECTIONS + 5
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert_serves(service)
    assert "MAX_CONNECTIONS" in service.settled_log()


def test_connections_that_stop_half_way_leave_room_for_others(service: Service) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(CONNECTIONS * 2):
            connection = stack.enter_context(connect(service))
            with contextlib.suppress(OSError):
                connection.sendall(b"GET /health HTTP/1.1\r\nX-")
        assert_serves(service)


def test_connections_that_take_no_answers_leave_room_for_others(tmp_path: Path) -> None:
    with Service(tmp_path, {"MAX_CONNECTIONS": "20"}) as service, contextlib.ExitStack() as clients:
        address = "127.0.0.1", urlsplit(service.url).port
        for _ in range(60):
            client = clients.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            client.connect(address)
            with contextlib.suppress(OSError):
                client.sendall(head("GET", "/openapi.json") * 200)
        assert_serves(service)
        assert _open_connections(service) <= 20 + 5


def test_builds_under_way_are_not_ended_for_others(tmp_path: Path) -> None:
    arrived, may_go_on = threading.Semaphore(0), threading.Event()

    def hold(_: Received) -> None:
        arrived.release()
        may_go_on.wait(10)

    limits = {"MAX_CONNECTIONS": "2"}
    with RememberingHeat() as cloud, Service(tmp_path, limits) as service, ThreadPoolExecutor(2) as people:
        (service.enabled / "small.yaml").write_text(minimal_definition())
        wait_until(lambda: service.ids() == ["small"], "listed")
        cloud.hooks.before_writing = hold
        bodies = [order(cloud.credentials(), "small", name=name) for name in ("cluster-1", "cluster-2")]
        builds = [people.submit(service.post, "/clusters/", body) for body in bodies]
        assert all(arrived.acquire(timeout=10) for _ in builds)
        with connect(service) as newcomer, contextlib.suppress(ConnectionError):
            assert newcomer.recv(1) == b""
        may_go_on.set()
        assert [build.result().status for build in builds] == [201, 201]
    assert "Traceback" not in service.settled_log()


def _open_connections(service: Service) -> int:
    """How many sockets the process has."""
    links = Path(f"/proc/{service.process.pid}/fd").iterdir()
    return sum(link.is_symlink() and str(link.readlink()).startswith("socket:") for link in links)


# --- large requests ---------------------------------------------------------------------------------------------------


def test_body_of_a_gigabyte_is_refused_at_once(service: Service) -> None:
    start = head("POST", "/clusters/", f"Content-Length: {1024**3}", "Content-Type: application/json")
    assert_is_error(parse_answer(exchange(service, start, b"{" * 1000)), 413)
    assert_serves(service)


def test_body_of_a_gigabyte_in_chunks_is_refused_when_it_is_too_large(service: Service) -> None:
    start = head("POST", "/clusters/", "Transfer-Encoding: chunked")
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    assert_is_error(parse_answer(exchange(service, start, *[chunk] * 20)), 413)
    assert_serves(service)


@pytest.mark.parametrize("path", ["/clusters/", "/clusters/x/status", "/cloud_assets/"])
def test_body_just_over_the_limit_is_refused(service: Service, path: str) -> None:
    assert_is_error(fetch(service.url + path, "POST", body=b" " * (MEBIBYTE + 1)), 413)


@pytest.mark.parametrize(
    "lines",
    [
        ["X-Bomb: " + "x" * 20_000],
        [f"X-Bomb-{number}: x" for number in range(2000)],
        ["Cookie: " + "a=b; " * 5000],
        ["Authorization: Bearer " + "x" * 20_000],
    ],
)
def test_header_bombs_are_refused(service: Service, lines: list[str]) -> None:
    assert_is_error(parse_answer(exchange(service, head("GET", "/health", *lines))), 431)
    assert_serves(service)


def test_endless_first_line_is_refused(service: Service) -> None:
    assert_is_error(parse_answer(exchange(service, b"GET /" + b"a" * 100_000)), 414)
    assert_serves(service)


# --- odd bodies -------------------------------------------------------------------------------------------------------

HASH_FLOOD = json.dumps({str(hash_like): 0 for hash_like in range(0, 61 * 2**10, 61)}).encode()

ODD_BODIES = {
    "deep lists": b"[" * 400_000,
    "deep lists, closed": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deep parameters": b'{"cloud_env": {}, "cluster": {"parameters": {"a": ' + b"[" * 70 + b"]" * 70 + b"}}}",
    "many keys": json.dumps({f"key{number}": number for number in range(50_000)}).encode(),
    "keys of one hash": HASH_FLOOD,
    "a huge number": b"[" + b"9" * 1_000_000 + b"]",
    "a huge exponent": b'{"cloud_env": 1e999999999, "cluster": 1}',
    "NaN": b'{"cloud_env": NaN, "cluster": Infinity}',
    "NUL": b'{"cloud_env": "\x00"}',
    "NUL alone": b"\x00" * 1000,
    "invalid UTF-8": b'{"cloud_env": "\xff\xfe\xc3\x28"}',
    "UTF-16": '{"cloud_env": {}}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "half a surrogate pair": b'{"cloud_env": {"auth_url": "\\ud800"}, "cluster": {"name": "\\ud800"}}',
    "a duplicated key": b'{"cluster": {}, "cluster": []}',
    "a list": b"[]",
    "null": b"null",
    "nothing": b"",
    "a string": b'"' + b"a" * 500_000 + b'"',
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "YAML": b"!!python/object/apply:os.system ['true']",
    "prototype": b'{"__proto__": {"a": 1}, "constructor": 1}',
}


@pytest.mark.parametrize("path", ["/clusters/", "/cloud_assets/", "/clusters/?dry_run=true", "/clusters/x/status"])
@pytest.mark.parametrize("kind", ODD_BODIES)
def test_odd_body_is_told_to_be_one(service: Service, kind: str, path: str) -> None:
    answer = fetch(service.url + path, "POST", body=ODD_BODIES[kind])
    assert_is_error(answer, 400, 413)
    assert_serves(service)


STRANGERS: dict[str, object] = {f"storage-{number}": {} for number in range(42_000)}

MANY_FAULTS: dict[str, dict[str, object]] = {
    "wrong selections": {"selections": STRANGERS},
    "unknown selections": {"selections": dict.fromkeys(STRANGERS, True)},
    "unknown parameters": {"parameters": STRANGERS},
}


@pytest.mark.parametrize("kind", MANY_FAULTS)
def test_faults_without_number_are_told_in_few_words(service: Service, kind: str) -> None:
    cloud_env = {"auth_url": "http://127.0.0.1:1/v3", "password": "x", "user_id": "u", "project_id": "p"}
    answer = service.post("/clusters/", order(cloud_env, "small", **MANY_FAULTS[kind]))
    assert_is_error(answer, 400)
    faults = answer.json()["errors"]
    assert len(faults) == MAX_FAULTS + 1
    assert faults[-1]["detail"] == "More is wrong with the request than these 100 faults."


def test_depth_limit_is_a_setting(tmp_path: Path) -> None:
    body = b'{"a": ' * 20 + b"1" + b"}" * 20
    with Service(tmp_path, {"JSON_DEPTH_LIMIT": "10"}) as service:
        assert "10 levels" in fetch(service.url + "/clusters/", "POST", body=body).json()["errors"][0]["detail"]


# --- odd requests -----------------------------------------------------------------------------------------------------

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"

ODD_REQUESTS = {
    "two lengths": head("POST", "/clusters/", "Content-Length: 0", f"Content-Length: {len(SMUGGLED)}") + SMUGGLED,
    "length and chunks": head("POST", "/clusters/", "Content-Length: 5", "Transfer-Encoding: chunked")
    + b"0\r\n\r\n" + SMUGGLED,
    "chunks and length": head("POST", "/clusters/", "Transfer-Encoding: chunked", "Content-Length: 5")
    + b"0\r\n\r\n" + SMUGGLED,
    "negative length": head("POST", "/clusters/", "Content-Length: -1") + SMUGGLED,
    "signed length": head("POST", "/clusters/", "Content-Length: +5") + b"abcde" + SMUGGLED,
    "length with underscore": head("POST", "/clusters/", "Content-Length: 1_0") + SMUGGLED,
    "length that is none": head("POST", "/clusters/", "Content-Length: five") + SMUGGLED,
    "two lengths in one": head("POST", "/clusters/", "Content-Length: 5, 5") + SMUGGLED,
    "chunk size that is none": head("POST", "/clusters/", "Transfer-Encoding: chunked") + b"zz\r\n" + SMUGGLED,
    "negative chunk": head("POST", "/clusters/", "Transfer-Encoding: chunked") + b"-5\r\n" + SMUGGLED,
    "encoding in disguise": head("POST", "/clusters/", "Transfer-Encoding: xchunked") + SMUGGLED,
    "no trailers": head("POST", "/clusters/", "Transfer-Encoding: chunked") + b"0\r\n" + SMUGGLED,
    "folded header": b"GET /health HTTP/1.1\r\nHost: x\r\nX-A: b\r\n folded\r\n\r\n",
    "space before the colon": head("POST", "/clusters/", f"Content-Length : {len(SMUGGLED)}") + SMUGGLED,
    "bare line feeds": b"GET /health HTTP/1.1\nHost: x\n\n" + SMUGGLED,
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no version": b"GET /health\r\n\r\n",
    "NUL in the path": head("GET", "/cluster-types/a\x00b"),
    "not ASCII": head("GET", "/cluster-types/\xff"),
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200 + b"\r\n\r\n",
    "another expectation": head("POST", "/clusters/", "Expect: a-miracle", "Content-Length: 2") + b"{}",
    "an absolute URL": head("GET", "http://169.254.169.254/latest/meta-data/"),
    "a tunnel": head("CONNECT", "169.254.169.254:80"),
    "an unheard-of method": head("BREW", "/clusters/"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ODD_REQUESTS)
def test_odd_request_is_an_error_and_hides_no_other(service: Service, kind: str) -> None:
    before = len(service.output)
    received = exchange(service, ODD_REQUESTS[kind], timeout=3.0)
    if received and received.startswith(b"HTTP/1.1 "):
        answer = parse_answer(received)
        assert answer.status < 500
        if answer.status >= 400:
            assert_is_error(answer, answer.status)
    assert_serves(service)
    assert "/smuggled" not in "".join(service.output[before:])
    assert received.count(b"HTTP/1.1 ") <= 1


CHUNKED = head("POST", "/clusters/", "Transfer-Encoding: chunked")

LAX_FRAMING = {
    "hexadecimal prefix": CHUNKED + b"0x2\r\n{}\r\n0\r\n\r\n",
    "blanks around a chunk size": CHUNKED + b" 2 \r\n{}\r\n0\r\n\r\n",
    "no size of a chunk": CHUNKED + b"\r\n{}\r\n0\r\n\r\n",
    "chunk without its end": CHUNKED + b"2\r\n{}XX0\r\n\r\n",
    "chunk that ends in line feeds": CHUNKED + b"2\r\n{}\n\n0\r\n\r\n",
    "line feed in a chunk extension": CHUNKED + b"2;a\n\r\n{}\r\n0\r\n\r\n",
    "endless chunk extension": CHUNKED + b"2;" + b"a" * 2000,
    "control character before the encoding": head("POST", "/clusters/", "Transfer-Encoding: \x0bchunked")
    + b"2\r\n{}\r\n0\r\n\r\n",
    "blank of Unicode before the encoding": head("POST", "/clusters/", "Transfer-Encoding: \xc2\xa0chunked")
    + b"2\r\n{}\r\n0\r\n\r\n",
    "chunks of HTTP/1.0": CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0") + b"2\r\n{}\r\n0\r\n\r\n",
    "digits of another script": head("POST", "/clusters/", "Content-Length: \xd9\xa2") + b"{}",
    "two hosts": head("GET", "/health", "Host: y"),
    "no host": b"GET /health HTTP/1.1\r\n\r\n",
    "control character in a header": head("GET", "/health", "X-A: a\x01b"),
    "control character in the first line": head("GET", "/health?a\x7f"),
}


@pytest.mark.parametrize("kind", LAX_FRAMING)
def test_request_that_could_be_read_in_two_ways_ends_its_connection(service: Service, kind: str) -> None:
    received = exchange(service, LAX_FRAMING[kind] + SMUGGLED, timeout=3.0)
    assert_is_error(parse_answer(received), 400)
    assert b"JSON" not in received
    assert b"connection: close" in received.lower()
    assert received.count(b"HTTP/1.1 ") == 1
    assert_serves(service)


@pytest.mark.parametrize(
    "request_of_old",
    [
        b"GET /health HTTP/1.0\r\n\r\n",
        head("POST", "/clusters/", "Transfer-Encoding: chunked", "Connection: close")
        + b'1;name="a value"\r\n{\r\n00001\r\n}\r\n0\r\n\r\n',
        head("POST", "/clusters/", "Transfer-Encoding: chunked", "Expect: 100-continue", "Connection: close")
        + b"2\r\n{}\r\n0\r\n\r\n",
    ],
)
def test_request_that_is_only_unusual_is_read(service: Service, request_of_old: bytes) -> None:
    received = exchange(service, request_of_old, timeout=3.0)
    assert b" 200 OK" in received or b"JSON schema error" in received


@pytest.mark.parametrize(
    "value", ["a\r\nX-Injected: yes", "a\nX-Injected: yes", "req%0d%0aX-Injected:%20yes", "a\tb", "é", "x" * 300]
)
def test_request_id_injects_no_header(service: Service, value: str) -> None:
    received = exchange(service, head("GET", "/health", f"X-Request-ID: {value}", "Connection: close"))
    answer = parse_answer(received)
    assert answer.status == (400 if "a\n" in value else 200)
    assert "x-injected" not in answer.headers
    assert re.fullmatch(r"a|req-[0-9a-f-]{36}", answer.headers["x-request-id"])


@pytest.mark.parametrize("path", ["/cluster-types/%0d%0aX-Injected:%20yes", "/%0d%0aX-Injected:%20yes/"])
def test_path_injects_neither_header_nor_log_line(service: Service, path: str) -> None:
    answer = service.get(path)
    assert_is_error(answer, 404)
    assert "x-injected" not in answer.headers
    assert not any(line.startswith("X-Injected") for line in service.settled_log().splitlines())
