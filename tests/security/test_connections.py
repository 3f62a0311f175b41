"""Connections on which the client is not done, or takes nothing: they end in time, and make room for others before."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.api.orders import order
from tests.openstack.remembering_heat import RememberingHeat
from tests.openstack.replay_cloud import Received
from tests.security.raw import assert_is_error, assert_serves, connect, head, parse_answer, read_all
from tests.service import WAIT_SECONDS, Service, minimal_definition, wait_until

CONNECTIONS = 20
FOREVER = "600"
"""Longer than any test: what ends by then was ended for others."""
SHORT = "0.5"
OWN_SOCKETS = 5
"""At most so many sockets are the service's own: the one that listens, those of its loop, one that is just ending."""

_CHUNKS = "Transfer-Encoding: chunked"
_UPGRADE = ("Connection: Upgrade", "Upgrade: websocket")

UNFINISHED = {
    "the last line of the chunks": head("GET", "/health", _CHUNKS) + b"0\r\n",
    "half of the last line of the chunks": head("GET", "/health", _CHUNKS) + b"0\r\n\r",
    "the last line of the chunks, for a route that reads bodies": head("POST", "/clusters/", _CHUNKS) + b"0\r\n",
    "the last line of the chunks, for a route that is none": head("POST", "/nowhere", _CHUNKS) + b"0\r\n",
    "the last line of the chunks after some": head("POST", "/clusters/", _CHUNKS) + b"2\r\n{}\r\n0\r\n",
    "the end of a chunk": head("POST", "/clusters/", _CHUNKS) + b"2\r\n{}",
    "any chunk": head("POST", "/clusters/", _CHUNKS),
    "the last line, before an upgrade": head("GET", "/health", _CHUNKS, *_UPGRADE) + b"0\r\n",
    "the body, before an upgrade": head("POST", "/clusters/", "Content-Length: 2", *_UPGRADE),
    "the body that it was told to send": head("POST", "/clusters/", "Content-Length: 2", "Expect: 100-continue"),
    "chunks that it was told to send": head("GET", "/health", _CHUNKS, "Expect: 100-continue"),
    "the body of a GET": head("GET", "/health", "Content-Length: 5"),
    "the body of a HEAD": head("HEAD", "/health", "Content-Length: 5"),
    "the body of a tunnel": head("CONNECT", "x:80", "Content-Length: 5"),
    "the body of HTTP/1.0": b"POST /clusters/ HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\n{",
    "a trailer": head("GET", "/health", _CHUNKS) + b"0\r\nX-A: ",
    "the head": b"GET /health HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n",
    "the head of the next": head("GET", "/health") + b"GET /health HTTP/1.1\r\n",
    "the head of the next, after an upgrade": head("GET", "/health", *_UPGRADE) + b"GET ",
    "what is no head": head("GET", "/health", "Content-Length: 2") + b"{}surplus",
}
"""What is left out of requests, and what is sent of them."""

SILENT = {
    "nothing": b"",
    "an upgrade": head("GET", "/health", *_UPGRADE),
    "an upgrade with a body": head("GET", "/health", "Content-Length: 2", *_UPGRADE) + b"{}",
    "HTTP/1.0": b"GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "a tunnel": head("CONNECT", "x:80"),
}
"""What is sent before the silence."""


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that gives nobody up in time."""
    limits = {"REQUEST_TIMEOUT": FOREVER, "KEEP_ALIVE_TIMEOUT": FOREVER, "MAX_CONNECTIONS": str(CONNECTIONS)}
    with Service(tmp_path_factory.mktemp("patient"), limits) as running:
        yield running


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(
        tmp_path_factory.mktemp("impatient"), {"REQUEST_TIMEOUT": SHORT, "KEEP_ALIVE_TIMEOUT": SHORT}
    ) as running:
        yield running


@pytest.mark.parametrize("missing", UNFINISHED)
def test_request_that_misses_something_makes_room_for_others(patient: Service, missing: str) -> None:
    _assert_makes_room(patient, UNFINISHED[missing])


@pytest.mark.parametrize("sent", SILENT)
def test_silent_connection_makes_room_for_others(patient: Service, sent: str) -> None:
    _assert_makes_room(patient, SILENT[sent])


@pytest.mark.parametrize("missing", UNFINISHED)
def test_request_that_misses_something_is_given_up_in_time(impatient: Service, missing: str) -> None:
    with connect(impatient) as connection:
        connection.sendall(UNFINISHED[missing])
        _assert_is_ended(connection)
    assert_serves(impatient)


@pytest.mark.parametrize("sent", SILENT)
def test_silent_connection_ends_in_time(impatient: Service, sent: str) -> None:
    with connect(impatient) as connection:
        connection.sendall(SILENT[sent])
        _assert_is_ended(connection)


@pytest.mark.parametrize("end", ["0\r\n", "0\r\n\r"])
def test_client_reads_that_its_chunks_did_not_end_in_time(impatient: Service, end: str) -> None:
    with connect(impatient) as connection:
        connection.sendall(head("GET", "/health", _CHUNKS) + end.encode())
        assert_is_error(parse_answer(read_all(connection)), 408)


def test_upgrade_is_not_taken_up(impatient: Service) -> None:
    with connect(impatient) as connection:
        connection.sendall(head("GET", "/health", *_UPGRADE))
        assert parse_answer(connection.recv(65536)).status == 200


@pytest.mark.parametrize("workers", ["1", "2"])
def test_few_open_files_leave_room_for_others(tmp_path: Path, workers: str) -> None:
    few = ("sh", "-c", 'ulimit -n 100 && exec "$@"', "sh")
    with Service(tmp_path, {"WORKERS": workers}, wrapper=few) as service, contextlib.ExitStack() as clients:
        for _ in range(300):
            clients.enter_context(connect(service))
        assert_serves(service)
        assert service.settled_log().count("at most 50 connections are taken, not MAX_CONNECTIONS=1000") == 1


# --- clients that take nothing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("last", ["keep-alive", "close"])
@pytest.mark.parametrize("half_closed", [False, True])
def test_client_that_takes_no_answer_makes_room_for_others(patient: Service, last: str, half_closed: bool) -> None:
    with contextlib.ExitStack() as clients:
        for _ in range(CONNECTIONS * 2):
            clients.enter_context(_ask_and_take_nothing(patient, last, half_closed=half_closed))
        assert_serves(patient)
        # Those that were ended for others are closed a moment later.
        wait_until(lambda: _count_connections(patient) <= CONNECTIONS + OWN_SOCKETS, "there are so many at most")


@pytest.mark.parametrize("last", ["keep-alive", "close"])
@pytest.mark.parametrize("half_closed", [False, True])
def test_connection_of_a_client_that_takes_no_answer_ends_in_time(
    impatient: Service, last: str, half_closed: bool
) -> None:
    wait_until(lambda: _count_connections(impatient) <= OWN_SOCKETS, "those of other tests have ended")
    with contextlib.ExitStack() as clients:
        for _ in range(OWN_SOCKETS * 2):
            clients.enter_context(_ask_and_take_nothing(impatient, last, half_closed=half_closed))
        wait_until(lambda: _count_connections(impatient) <= OWN_SOCKETS, "ended")


def test_build_is_not_ended_for_others_though_its_client_asked_for_more(tmp_path: Path) -> None:
    arrived, may_go_on = threading.Event(), threading.Event()

    def hold(_: Received) -> None:
        arrived.set()
        may_go_on.wait(WAIT_SECONDS)

    limits = {"MAX_CONNECTIONS": "2", "REQUEST_TIMEOUT": SHORT, "KEEP_ALIVE_TIMEOUT": SHORT, "BUILD_DEADLINE": "120"}
    with RememberingHeat() as cloud, Service(tmp_path, limits) as service, ThreadPoolExecutor(1) as people:
        (service.enabled / "small.yaml").write_text(minimal_definition())
        wait_until(lambda: service.ids() == ["small"], "listed")
        cloud.hooks.before_writing = hold
        build = people.submit(service.post, "/clusters/", order(cloud.credentials(), "small"))
        assert arrived.wait(WAIT_SECONDS)
        for _ in range(5):  # by which the build has lasted for longer than what a client may take
            with connect(service) as other:
                _assert_is_ended(other)
        may_go_on.set()
        assert build.result().status == 201


# --- clients that take their time -------------------------------------------------------------------------------------

LARGE = 250
SLOW_SECONDS = 9.0
SLOW_STEP = 0.1


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service whose listing is far larger than what a kernel keeps for a client."""
    with Service(tmp_path_factory.mktemp("large"), {"KEEP_ALIVE_TIMEOUT": "3"}) as running:
        text = f'instructions: [{{id: usage, title: Usage, text: "{"x" * 72_000}"}}]\n'
        for number in range(LARGE):
            (running.enabled / f"type-{number}.yaml").write_text(text + minimal_definition())
        wait_until(lambda: len(running.ids()) == LARGE, "listed")
        yield running


@pytest.mark.parametrize("last", ["keep-alive", "close"])
def test_client_that_takes_its_answer_slowly_is_not_cut_off(large: Service, last: str) -> None:
    length = len(large.get("/cluster-types/").body)
    pause, received = threading.Event(), 0
    with _small_window(large, 65_536) as client:
        client.sendall(head("GET", "/cluster-types/", f"Connection: {last}"))
        while received < length:
            part = client.recv(int(length * SLOW_STEP / SLOW_SECONDS))
            assert part, f"cut off after {received} of {length} bytes"
            received += len(part)
            pause.wait(SLOW_STEP)


def _ask_and_take_nothing(service: Service, last: str, *, half_closed: bool) -> socket.socket:
    """A connection on which much was asked for, and none of it is read."""
    client = _small_window(service)
    client.settimeout(1)
    with contextlib.suppress(OSError):
        client.sendall(head("GET", "/openapi.json") * 200 + head("GET", "/openapi.json", f"Connection: {last}"))
    with contextlib.suppress(OSError):
        client.recv(1)  # so that it is there
        if half_closed:
            client.shutdown(socket.SHUT_WR)
    return client


def _small_window(service: Service, size: int = 4096) -> socket.socket:
    """A connection whose client's kernel takes little that the client does not read."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
    client.settimeout(30)
    client.connect(("127.0.0.1", urlsplit(service.url).port))
    return client


def _assert_makes_room(service: Service, sent: bytes) -> None:
    with contextlib.ExitStack() as clients:
        for _ in range(CONNECTIONS * 2):
            client = clients.enter_context(connect(service))
            with contextlib.suppress(OSError):  # ended for those before it
                client.sendall(sent)
        assert_serves(service)


def _assert_is_ended(connection: socket.socket) -> None:
    """The service ends the connection, before this end has waited for too long (TimeoutError)."""
    with contextlib.suppress(ConnectionError):
        while connection.recv(65536):
            pass


def _count_connections(service: Service) -> int:
    """How many sockets the process has."""
    count = 0
    for link in Path(f"/proc/{service.process.pid}/fd").iterdir():
        with contextlib.suppress(OSError):  # closed meanwhile
            count += str(link.readlink()).startswith("socket:")
    return count
