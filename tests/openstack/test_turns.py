"""Calls that are the same: one goes first, and what the others do depends on what came of it."""

from __future__ import annotations

import asyncio
import operator
import threading
from collections.abc import Awaitable, Callable, Iterator
from functools import partial

import pytest

from builder.errors import RequestError
from builder.openstack.deadline import Deadline
from builder.openstack.pool import CloudPool
from tests.service import wait_until

LIMIT = 10.0


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Threads wait for it; opened at the end of every test, so that none is left."""
    event = threading.Event()
    yield event
    event.set()


class Calls:
    """Calls that wait until they are let go; ``seen`` are those that began, in their order. The first may fail."""

    def __init__(self, hold: Callable[..., bool], failing: int = 0) -> None:
        self.hold = hold
        self.failing = failing
        self.seen: list[int] = []

    def __call__(self, number: int) -> int:
        self.seen.append(number)
        fails = len(self.seen) <= self.failing
        self.hold(timeout=LIMIT)
        if fails:
            raise KeyError(number)
        return number


def run(main: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(LIMIT):
            await main()

    asyncio.run(limited())


async def until(condition: Callable[[], bool]) -> None:
    await asyncio.to_thread(wait_until, condition, "the condition", LIMIT)


def start(pool: CloudPool, calls: Calls, count: int, same: object = "key") -> list[asyncio.Task[int]]:
    return [
        asyncio.create_task(pool.run(calls, number, deadline=Deadline(LIMIT), same=same)) for number in range(count)
    ]


def test_of_equal_calls_one_goes_first_and_the_others_go_on_together_when_it_has_succeeded(
    gate: threading.Event,
) -> None:
    calls = Calls(gate.wait)

    async def main() -> None:
        pool = CloudPool(8, 8)
        tasks = start(pool, calls, 6)
        await until(lambda: calls.seen == [0] and pool._queued == 5)
        gate.set()
        assert await asyncio.gather(*tasks) == [*range(6)]
        assert not pool._turns.is_taken("key")

    run(main)


def test_equal_calls_go_one_by_one_while_they_fail() -> None:
    held = threading.Semaphore(0)
    calls = Calls(held.acquire, failing=3)

    async def main() -> None:
        pool = CloudPool(8, 8)
        tasks = start(pool, calls, 4)
        for number in range(4):
            await until(partial(operator.contains, calls.seen, number))
            assert (pool.in_flight, pool._queued) == (1, 3 - number)
            held.release()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [isinstance(result, KeyError) for result in results] == [True, True, True, False]

    run(main)


@pytest.mark.parametrize("keys", [("a", "b"), (None, None)], ids=["other keys", "no keys"])
def test_other_calls_do_not_wait(gate: threading.Event, keys: tuple[str | None, str | None]) -> None:
    calls = Calls(gate.wait)

    async def main() -> None:
        pool = CloudPool(8, 0)
        tasks = [task for key in keys for task in start(pool, calls, 1, key)]
        await until(lambda: pool.in_flight == 2)
        gate.set()
        await asyncio.gather(*tasks)

    run(main)


def test_a_call_whose_caller_has_gone_is_waited_for_all_the_same(gate: threading.Event) -> None:
    calls = Calls(gate.wait)

    async def main() -> None:
        pool = CloudPool(8, 8)
        first, second = start(pool, calls, 2)
        await until(lambda: calls.seen == [0] and pool._queued == 1)
        first.cancel()
        await asyncio.wait([first])
        assert calls.seen == [0]
        assert not second.done()
        gate.set()
        assert await second == 1

    run(main)


def test_who_goes_away_while_it_waits_leaves_the_turn_to_the_next(gate: threading.Event) -> None:
    calls = Calls(gate.wait, failing=1)

    async def main() -> None:
        pool = CloudPool(8, 8)
        first, second, third = start(pool, calls, 3)
        await until(lambda: pool._queued == 2)
        second.cancel()
        await asyncio.wait([second])
        gate.set()
        assert await third == 2
        assert isinstance((await asyncio.gather(first, return_exceptions=True))[0], KeyError)
        assert (pool._queued, pool.is_busy) == (0, False)

    run(main)


def test_who_gets_no_thread_leaves_the_turn_to_the_next(gate: threading.Event) -> None:
    calls = Calls(gate.wait)

    async def main() -> None:
        pool = CloudPool(1, 8)
        (holder,) = start(pool, calls, 1, None)
        await until(lambda: pool.in_flight == 1)
        with pytest.raises(RequestError):
            await pool.run(calls, 7, deadline=Deadline(0.01), same="key")
        assert not pool._turns.is_taken("key")
        gate.set()
        await holder

    run(main)


def test_as_many_wait_as_the_queue_has_places_for(gate: threading.Event) -> None:
    calls = Calls(gate.wait)

    async def main() -> None:
        pool = CloudPool(8, 2)
        tasks = start(pool, calls, 3)
        await until(lambda: pool._queued == 2)
        with pytest.raises(RequestError) as caught:
            await pool.run(calls, 9, deadline=Deadline(LIMIT), same="key")
        assert (caught.value.status, caught.value.faults[0].title) == (503, "Service busy")
        other = start(pool, calls, 1, "other")  # which need not wait
        await until(lambda: pool.in_flight == 2)
        gate.set()
        await asyncio.gather(*tasks, *other)

    run(main)


def test_whose_time_runs_out_while_it_waits_is_told_that_there_may_be_a_stack(gate: threading.Event) -> None:
    calls = Calls(gate.wait)

    async def main() -> None:
        pool = CloudPool(8, 8)
        tasks = start(pool, calls, 1)
        await until(lambda: calls.seen == [0])
        with pytest.raises(RequestError) as caught:
            await pool.run(calls, 9, deadline=Deadline(0.01), same="key")
        assert caught.value.status == 504
        assert "An equal request was still under way, and may have created the stack" in str(caught.value)
        gate.set()
        await asyncio.gather(*tasks)

    run(main)


def test_those_who_wait_are_waited_for_when_the_service_stops(gate: threading.Event) -> None:
    calls = Calls(gate.wait, failing=1)

    async def main() -> None:
        pool = CloudPool(8, 8)
        tasks = start(pool, calls, 3)
        await until(lambda: pool._queued == 2)
        idle = asyncio.create_task(pool.idle.wait())
        gate.set()
        await idle
        assert len(calls.seen) == 3
        await asyncio.gather(*tasks, return_exceptions=True)

    run(main)
