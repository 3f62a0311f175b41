"""Time past the deadline: what was begun is taken back or completed, whoever has been answered by then."""

from __future__ import annotations

import threading

import pytest

from builder.errors import RequestError
from builder.openstack.deadline import OVERTIME_SECONDS, Deadline


class Clock:
    """Goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_there_is_overtime_past_the_deadline(clock: Clock) -> None:
    deadline = Deadline(50, clock)
    clock.now += 51
    deadline.abort()
    with deadline.overtime():
        assert not deadline.passed
        seen = [deadline.in_overtime]
        assert deadline.remaining() == OVERTIME_SECONDS - 1
        clock.now += OVERTIME_SECONDS
        assert deadline.seconds_left() == 0
    assert deadline.seconds_left() == 0
    assert [*seen, deadline.in_overtime] == [True, False]


def test_deadline_that_passes_in_overtime_ends_nothing(clock: Clock) -> None:
    deadline = Deadline(50, clock)
    interrupted = threading.Event()
    with deadline.overtime(), deadline.interrupting(interrupted.set):
        clock.now += 50
        deadline.abort()
        assert not deadline.passed
        assert not interrupted.is_set()
    assert deadline.passed


def test_haste_ends_overtime(clock: Clock) -> None:
    deadline = Deadline(50, clock)
    interrupted = threading.Event()
    with deadline.overtime(), deadline.interrupting(interrupted.set):
        deadline.hurry()
        assert interrupted.is_set()
        assert deadline.passed
        with pytest.raises(RequestError, match="stopped in haste"):
            deadline.remaining()


def test_there_is_no_overtime_after_haste(clock: Clock) -> None:
    deadline = Deadline(50, clock)
    deadline.hurry()
    with deadline.overtime():
        assert deadline.passed


def test_what_is_under_way_loses_its_connection_at_the_end_of_overtime() -> None:
    deadline = Deadline(-OVERTIME_SECONDS + 0.2)
    interrupted = threading.Event()
    with deadline.overtime(), deadline.interrupting(interrupted.set):
        assert interrupted.wait(10)


def test_failure_tells_what_else_there_is(clock: Clock) -> None:
    deadline = Deadline(50, clock)
    deadline.under_way, deadline.remark = "Heat was asked.", "Order o-1 was made."
    assert deadline.failure().faults[0].detail == "Not done within 50 seconds. Heat was asked. Order o-1 was made."
