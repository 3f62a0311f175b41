"""Leaving a listening socket: nobody who was let in is sent away, and nobody is let in any more."""

from __future__ import annotations

import signal
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest

from builder.process.listening import Listening, bind_when_free, has_listener
from tests.service import STOP_SECONDS, launch


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(5)
        yield listening


def connects(listener: socket.socket) -> bool:
    with socket.socket() as client:
        client.settimeout(0.1)
        return client.connect_ex(listener.getsockname()) == 0


def test_connection_that_waits_is_taken_and_none_is_begun_after_it(listener: socket.socket) -> None:
    listening = Listening(listener)
    listening.take_place(0)
    with socket.create_connection(listener.getsockname()) as client:
        client.sendall(b"first")
        listening.leave_place(0)
        assert not connects(listener)
        client.sendall(b" second")
        client.shutdown(socket.SHUT_WR)
        assert listening.has_waiting()
        taken, _ = listener.accept()
        assert not listening.has_waiting()
        with taken, taken.makefile("rb") as received:
            assert received.read() == b"first second"


def test_connections_are_begun_until_the_last_process_of_a_service_that_stops_leaves(listener: socket.socket) -> None:
    listening = Listening(listener, 2)
    for place in (0, 1):
        listening.take_place(place)
    listening.stop()
    listening.leave_place(1)
    assert connects(listener)
    listening.leave_place(0)
    assert not connects(listener)


def test_connections_are_begun_where_all_processes_leave_to_be_replaced(listener: socket.socket) -> None:
    listening = Listening(listener, 2)
    for place in (0, 1):
        listening.take_place(place)
    for place in (0, 1):
        listening.leave_place(place)
    assert connects(listener)


def test_process_that_was_killed_counts_no_more_when_the_last_one_leaves(listener: socket.socket) -> None:
    listening = Listening(listener, 2)
    for place in (0, 1):
        listening.take_place(place)
    listening.free_place(1)
    listening.stop()
    assert connects(listener)
    assert listening.leave_place(0)
    assert not connects(listener)


def test_process_that_leaves_looks_again_for_one_that_was_killed_meanwhile(listener: socket.socket) -> None:
    listening = Listening(listener, 2)
    for place in (0, 1):
        listening.take_place(place)
    listening.stop()
    assert not listening.leave_place(0)
    listening.free_place(1)
    assert listening.turn_away_after_the_last()
    assert not connects(listener)


@contextmanager
def outgoing_connection(listener: socket.socket) -> Iterator[int]:
    """A connection to a listener, which holds a port of its own while the context lasts."""
    with socket.socket() as client:
        client.bind(("127.0.0.1", 0))
        client.connect(listener.getsockname())
        yield client.getsockname()[1]
        # It ends at once, and leaves no port that waits for late packets.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_port_that_an_outgoing_connection_holds_is_waited_for(listener: socket.socket, tmp_path: Path) -> None:
    with ExitStack() as stack:
        with outgoing_connection(listener) as port:
            process = stack.enter_context(launch("serve", "--instance", str(tmp_path), "--port", str(port)))
            stack.callback(process.terminate)
            assert process.stdout is not None
            assert f"port {port} is in use, but nobody listens there" in process.stdout.readline()
        assert any(f"serving on http://127.0.0.1:{port}" in line for line in process.stdout)


def test_port_is_waited_for_until_a_signal_stops_or_time_is_up(listener: socket.socket, tmp_path: Path) -> None:
    with (
        outgoing_connection(listener) as port,
        launch("serve", "--instance", str(tmp_path), "--port", str(port)) as process,
    ):
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=STOP_SECONDS)
    assert process.returncode == 2
    told = f"cannot listen on 127.0.0.1 port {port}: Address already in use; nobody"
    assert output.startswith(f"cluster-builder: PORT: {told}")


def test_port_that_somebody_listens_at_is_not_waited_for(
    listener: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    port = listener.getsockname()[1]
    assert has_listener(port)
    with pytest.raises(OSError, match="Address already in use"):
        bind_when_free(partial(socket.create_server, ("127.0.0.1", port)), port)
    assert caplog.text == ""
