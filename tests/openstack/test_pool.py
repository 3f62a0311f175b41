"""The pool of threads: its bounds, its deadlines, and how it ends."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from builder.clusters.names import CreatedStack
from builder.errors import RequestError
from builder.kinds.heat.stack_creation import create_stack
from builder.openstack.connection import connect
from builder.openstack.credentials import parse_credentials
from builder.openstack.deadline import Deadline
from builder.openstack.pool import CloudPool
from builder.settings.table import Settings
from tests.openstack.replay_cloud import ReplayCloud
from tests.openstack.settings import cloud_settings, stack_request
from tests.service import wait_until

LIMIT = 60.0


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Threads wait for it; opened at the end of every test, so that none is left."""
    event = threading.Event()
    yield event
    event.set()


def run(main: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(LIMIT):
            await main()

    asyncio.run(limited())


async def until(condition: Callable[[], bool]) -> None:
    """Wait, while the loop runs, for what threads change and nothing announces."""
    await asyncio.to_thread(wait_until, condition, "the condition", LIMIT)


def test_the_result_and_the_exception_of_a_call_reach_its_caller() -> None:
    def fail() -> None:
        raise KeyError("x")

    async def main() -> None:
        pool = CloudPool(2, 2)
        assert await pool.run(divmod, 7, 2, deadline=Deadline(5)) == (3, 1)
        with pytest.raises(KeyError):
            await pool.run(fail, deadline=Deadline(5))
        assert (pool.in_flight, pool._queued) == (0, 0)
        await asyncio.wait_for(pool.idle.wait(), LIMIT)
        pool.close()

    run(main)


def test_context_variables_reach_the_thread() -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="")

    async def main() -> None:
        variable.set("request 7")
        assert await CloudPool(1, 0).run(variable.get, deadline=Deadline(5)) == "request 7"

    run(main)


def test_a_full_pool_and_queue_refuse_with_retry_after(gate: threading.Event) -> None:
    async def main() -> None:
        pool = CloudPool(2, 3)
        calls = [asyncio.create_task(pool.run(gate.wait, LIMIT, deadline=Deadline(LIMIT))) for _ in range(5)]
        await until(lambda: pool.in_flight == 2 and pool._queued == 3)
        with pytest.raises(RequestError) as caught:
            await pool.run(gate.wait, deadline=Deadline(5))
        assert (caught.value.status, caught.value.faults[0].title) == (503, "Service busy")
        assert int(caught.value.headers["Retry-After"]) > 0
        gate.set()
        assert await asyncio.gather(*calls) == [True] * 5
        assert (pool.in_flight, pool._queued) == (0, 0)

    run(main)


def test_no_more_calls_run_at_once_than_there_are_workers(gate: threading.Event) -> None:
    entered: list[int] = []

    def call(number: int) -> bool:
        entered.append(number)
        return gate.wait(LIMIT)

    async def main() -> None:
        pool = CloudPool(4, 56)
        calls = [asyncio.create_task(pool.run(call, number, deadline=Deadline(LIMIT))) for number in range(60)]
        await until(lambda: len(entered) == 4)
        assert (pool.in_flight, pool._queued) == (4, 56)
        assert len(entered) == 4
        gate.set()
        await asyncio.gather(*calls)
        assert entered == list(range(60))

    run(main)


def test_a_late_call_is_answered_for_and_keeps_its_thread_until_it_ends(
    gate: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        pool = CloudPool(1, 0)
        deadline = Deadline(0.1)
        deadline.under_way = "Heat was asked."
        with pytest.raises(RequestError) as caught:
            await pool.run(gate.wait, LIMIT, deadline=deadline)
        assert (caught.value.status, caught.value.faults[0].title) == (504, "Cloud timed out")
        assert caught.value.faults[0].detail == "Not done within 0.1 seconds. Heat was asked."
        assert pool.in_flight == 1
        with pytest.raises(RequestError) as caught:
            await pool.run(time.monotonic, deadline=Deadline(5))
        assert caught.value.status == 503
        gate.set()
        await until(lambda: pool.in_flight == 0)
        assert await pool.run(time.monotonic, deadline=Deadline(5))

    caplog.set_level(logging.WARNING)
    run(main)
    assert "succeeded after its caller had gone" in caplog.text


def test_waiting_for_a_thread_counts_against_the_deadline(gate: threading.Event) -> None:
    async def main() -> None:
        pool = CloudPool(1, 1)
        first = asyncio.create_task(pool.run(gate.wait, LIMIT, deadline=Deadline(LIMIT)))
        await until(lambda: pool.in_flight == 1)
        with pytest.raises(RequestError) as caught:
            await pool.run(time.monotonic, deadline=Deadline(0.05))
        assert caught.value.status == 504
        assert "had not been asked yet" in caught.value.faults[0].detail
        assert pool._queued == 0
        gate.set()
        await first

    run(main)


def test_a_caller_that_goes_away_frees_its_place_in_the_queue_but_not_its_thread(gate: threading.Event) -> None:
    async def main() -> None:
        pool = CloudPool(1, 1)
        running = asyncio.create_task(pool.run(gate.wait, LIMIT, deadline=Deadline(LIMIT)))
        await until(lambda: pool.in_flight == 1)
        waiting = asyncio.create_task(pool.run(gate.wait, LIMIT, deadline=Deadline(LIMIT)))
        await until(lambda: pool._queued == 1)
        waiting.cancel()
        running.cancel()
        await asyncio.wait([waiting, running])
        assert (pool.in_flight, pool._queued) == (1, 0)
        gate.set()
        await until(lambda: pool.in_flight == 0)

    run(main)


def test_closed_pool_refuses_calls_that_have_no_thread_and_lets_the_others_tell_their_result(
    gate: threading.Event,
) -> None:
    async def main() -> None:
        pool = CloudPool(1, 2)  # one more could wait
        first, second = (asyncio.create_task(pool.run(gate.wait, LIMIT, deadline=Deadline(LIMIT))) for _ in range(2))
        await until(lambda: pool.in_flight == 1 and pool._queued == 1)
        pool.close()
        late = asyncio.create_task(pool.run(time.monotonic, deadline=Deadline(5)))
        gate.set()
        assert await first
        for refused in (second, late):
            with pytest.raises(RequestError) as caught:
                await refused
            assert (caught.value.status, caught.value.faults[0].title) == (503, "Service busy")
            assert "being stopped; nothing was created" in caught.value.faults[0].detail
            assert int(caught.value.headers["Retry-After"]) > 0

    run(main)


def test_idle_pool_is_closed_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        CloudPool(1, 1).close()

    run(main)
    assert caplog.text == ""


# --- with a cloud -----------------------------------------------------------------------------------------------------


def launch(credentials: dict[str, Any], settings: Settings, deadline: Deadline) -> CreatedStack:
    with connect(parse_credentials(credentials), settings, deadline) as cloud:
        return create_stack(cloud, stack_request({}))


def _trickle_headers(cloud: ReplayCloud) -> Callable[[socket.socket], None]:
    """One byte of a header line that never ends, again and again: no read ever times out."""

    def trickle(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 201 Created\r\nX: ")
        while not cloud.closing.wait(0.02):
            connection.sendall(b"x")

    return trickle


@pytest.mark.parametrize("service", ["identity", "orchestration"])
@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
def test_a_cloud_that_trickles_its_answer_holds_neither_caller_nor_thread(
    service: str, secure: bool, tmp_path: Path
) -> None:
    async def main(cloud: ReplayCloud) -> None:
        setattr(cloud, service, _trickle_headers(cloud))
        pool = CloudPool(1, 0)
        await pool.preload()
        deadline = Deadline(0.4)
        with pytest.raises(RequestError) as caught:
            await pool.run(launch, cloud.credentials(), settings, deadline, deadline=deadline)
        assert caught.value.status == 504
        assert ("Stack hpc--x may have been created" in str(caught.value)) == (service == "orchestration")
        await until(lambda: pool.in_flight == 0)
        assert not cloud.closing.is_set()

    settings = cloud_settings()
    with ReplayCloud() as cloud:
        if secure:
            certificate = cloud.use_tls(tmp_path)
            settings = cloud_settings(ca_bundle=str(certificate))
        run(lambda: main(cloud))


def test_closing_ends_what_does_not_end_by_itself() -> None:
    async def main(cloud: ReplayCloud) -> None:
        cloud.orchestration = _trickle_headers(cloud)
        pool = CloudPool(1, 0)
        deadline = Deadline(LIMIT)
        call = asyncio.create_task(pool.run(launch, cloud.credentials(), cloud_settings(), deadline, deadline=deadline))
        await until(lambda: len(cloud.posts_to_heat) == 1)
        pool.close()
        with pytest.raises(RequestError) as caught:
            await call
        (fault,) = caught.value.faults
        assert (fault.status, fault.title) == (503, "Service busy")
        assert fault.detail.startswith("This service is being stopped in haste. ")
        assert "may have been created" in fault.detail
        assert int(caught.value.headers["Retry-After"]) > 0
        await until(lambda: pool.in_flight == 0)

    with ReplayCloud() as cloud:
        run(lambda: main(cloud))


def test_preloading_imports_the_clients_without_counting_as_a_call() -> None:
    import sys

    async def main() -> None:
        pool = CloudPool(1, 0)
        await pool.preload()
        assert "heatclient.v1.client" in sys.modules
        assert (pool.in_flight, pool._queued) == (0, 0)

    run(main)


def test_clients_that_could_not_be_loaded_beforehand_are_loaded_by_one_build_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    under_way = threading.Lock()
    at_once = threading.Event()
    attempts: list[str] = []

    def import_module(name: str) -> None:
        attempts.append(name)
        if len(attempts) == 1:
            raise OSError("too many open files")
        if not under_way.acquire(blocking=False):
            at_once.set()
            return
        at_once.wait(0.05)  # long enough for another thread to begin
        under_way.release()

    async def main() -> None:
        pool = CloudPool(4, 0)
        await pool.preload()
        await asyncio.gather(*(pool.run(divmod, 7, 2, deadline=Deadline(5)) for _ in range(4)))

    monkeypatch.setattr("builder.openstack.pool.importlib.import_module", import_module)
    run(main)
    assert len(attempts) > 4
    assert not at_once.is_set()


def test_a_call_that_no_thread_can_be_started_for_is_refused_and_never_made(
    gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def refuse(_: object) -> None:
        raise RuntimeError("can't start new thread")

    async def main() -> None:
        pool = CloudPool(2, 0)
        first = asyncio.create_task(pool.run(gate.wait, deadline=Deadline(LIMIT)))
        await until(lambda: pool.in_flight == 1)
        with monkeypatch.context() as patches:
            patches.setattr(threading.Thread, "start", refuse)
            with pytest.raises(RequestError, match="nothing was created"):
                await pool.run(made.append, 1, deadline=Deadline(LIMIT))
        gate.set()
        assert await first
        await pool.run(made.append, 2, deadline=Deadline(LIMIT))
        await asyncio.wait_for(pool.idle.wait(), LIMIT)
        pool.close()

    run(main)
    assert made == [2]
