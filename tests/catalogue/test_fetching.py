"""Files of other hosts, beside the reconcile loop: asked for at once, fetched meanwhile, again when it is time."""

from __future__ import annotations

import threading

import pytest

from builder.disk.fetching import FAILED_SECONDS, FETCHERS, FORGOTTEN_SECONDS, FRESH_SECONDS, RemoteFiles
from builder.hot_lint.sources import SourceError
from tests.service import WAIT_SECONDS, wait_until

A, B = "https://a.example/t.yaml", "https://b.example/t.yaml"


class World:
    """What other hosts hold, and a clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.held: dict[str, bytes | Exception] = {}
        self.fetched: list[str] = []
        self.changes = 0
        self.gate = threading.Event()
        self.gate.set()
        self.remote = RemoteFiles(self.fetch, clock=lambda: self.now)
        self.remote.on_change = self.count

    def fetch(self, url: str) -> bytes:
        self.fetched.append(url)
        assert self.gate.wait(WAIT_SECONDS)
        content = self.held.get(url, SourceError("unreadable-file", "nobody is there"))
        if isinstance(content, Exception):
            raise content
        return content

    def count(self) -> None:
        self.changes += 1

    def ask(self, url: str) -> bytes | str:
        """What is known now; what that starts to fetch is there on return."""
        try:
            return self.remote.read(url)
        except SourceError as error:
            return error.message
        finally:
            self.settle()

    def settle(self) -> None:
        if self.gate.is_set():
            wait_until(lambda: not self.remote._awaited, "all is fetched")


@pytest.fixture
def world() -> World:
    return World()


def test_first_answer_comes_at_once_and_the_file_later(world: World) -> None:
    world.held[A] = b"one"
    world.gate.clear()
    assert world.ask(A) == "it is being fetched from its host"
    before = world.remote.digest(A)
    world.gate.set()
    world.settle()
    assert world.ask(A) == b"one"
    assert world.remote.digest(A) != before
    assert world.fetched == [A]
    wait_until(lambda: world.changes == 1, "the change is told")


def test_known_file_is_fetched_again_when_it_is_old_and_kept_meanwhile(world: World) -> None:
    world.held[A] = b"one"
    world.ask(A)
    world.held[A] = b"two"
    world.now += FRESH_SECONDS - 1
    assert world.ask(A) == b"one"
    assert world.fetched == [A]
    world.now += 1
    world.gate.clear()
    assert world.ask(A) == b"one"
    world.gate.set()
    world.settle()
    assert world.ask(A) == b"two"
    assert world.fetched == [A, A]


def test_dead_host_heals_by_itself(world: World) -> None:
    world.ask(A)
    assert world.ask(A) == "nobody is there"
    world.held[A] = b"here"
    world.now += FAILED_SECONDS - 1
    assert world.ask(A) == "nobody is there"
    world.now += 1
    world.ask(A)
    assert world.ask(A) == b"here"


def test_nothing_new_is_no_change(world: World) -> None:
    world.held[A] = b"one"
    world.ask(A)
    wait_until(lambda: world.changes == 1, "the change is told")
    world.now += FRESH_SECONDS
    world.ask(A)
    world.held[B] = b"later"
    world.ask(B)
    wait_until(lambda: world.changes == 2, "the next change is told")
    assert world.fetched == [A, A, B]


def test_fetches_under_way_are_bounded_and_each_is_made_once(world: World) -> None:
    world.gate.clear()
    urls = [f"https://{number}.example/" for number in range(3 * FETCHERS)]
    for url in [*urls, *urls]:
        world.ask(url)
    wait_until(lambda: len(world.fetched) == FETCHERS, "as many as may be are under way")
    world.gate.set()
    world.settle()
    assert sorted(world.fetched) == sorted(urls)


def test_failure_that_nobody_expected_ends_no_thread(world: World) -> None:
    world.held[A] = RuntimeError("a defect")
    world.held[B] = b"good"
    world.ask(A)
    assert world.ask(A) == "fetching it failed; the log says why"
    world.ask(B)
    assert world.ask(B) == b"good"


def test_rounds_end_when_all_is_there(world: World) -> None:
    world.held[A], world.held[B] = b"names the other", b"and is named"
    world.gate.clear()
    world.ask(A)
    threading.Timer(0.05, world.gate.set).start()
    found = []
    for _ in world.remote.rounds():
        found.append(world.ask(A))
        if len(found) == 1:
            world.remote.digest(B)
    assert found[0] == b"names the other"
    assert world.ask(B) == b"and is named"


def test_what_was_fetched_before_anybody_waited_is_read_in_a_round_too(world: World) -> None:
    world.held[A] = b"good"
    world.gate.clear()
    with pytest.raises(SourceError):
        world.remote.read(A)
    world.gate.set()
    wait_until(lambda: world.changes == 1, "it was fetched")
    assert [world.remote.read(A) for _ in world.remote.rounds()] == [b"good"]
    assert list(world.remote.rounds()) == []


def test_rounds_end_in_time_though_a_host_is_silent(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builder.disk.fetching.FIRST_SECONDS", 0.0)
    world.gate.clear()
    world.ask(A)
    assert list(world.remote.rounds()) == []
    world.gate.set()


def test_what_nobody_asks_for_is_forgotten(world: World) -> None:
    world.ask(A)
    world.now += FORGOTTEN_SECONDS + 1
    world.ask(B)
    assert set(world.remote._known) == {B}


def test_fetching_goes_on_when_a_thread_can_be_started_after_all(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_: object) -> None:
        raise RuntimeError("can't start new thread")

    world.held[A] = b"one"
    world.gate.clear()
    with monkeypatch.context() as patches:
        patches.setattr(threading.Thread, "start", refuse)
        for _ in range(2 * FETCHERS):
            assert world.ask(A) == "it is being fetched from its host"
    world.gate.set()
    world.ask(A)
    assert world.ask(A) == b"one"
    assert caplog.text.count("no further thread can be started") == 1
