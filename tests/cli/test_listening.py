"""Leaving a listening socket: nobody who was let in is sent away, and nobody is let in any more."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from builder.process.listening import Listening


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
