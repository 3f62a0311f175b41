"""Server-sent events of the catalogue, on a running service."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest

from builder.api.events import MAX_STREAMS, EventStream, describe_change, describe_snapshot
from builder.catalogue.snapshot import EMPTY, EntryReport, Slot, State
from builder.definitions.model import ClusterTypeId
from builder.diagnostics.problems import Problem
from tests.emptying import empty
from tests.security.raw import connect, head
from tests.security.tokens import SECRET, bearer, make_token
from tests.service import Service, fetch, minimal_definition, wait_until


class Stream:
    """One client that follows the catalogue; a context, in which it is connected."""

    def __init__(self, service: Service, *lines: str) -> None:
        self._socket: socket.socket = connect(service)
        self._socket.sendall(head("GET", "/catalogue/events", *lines))
        self._file = self._socket.makefile("rb")
        self.status = int(self._file.readline().split()[1])
        self.headers = dict(self._read_headers())

    def _read_headers(self) -> Iterator[tuple[str, str]]:
        while line := self._file.readline().strip():
            name, _, value = line.decode().partition(": ")
            yield name.lower(), value

    def blocks(self) -> Iterator[str]:
        """What comes, comments included, until the stream ends."""
        text = ""
        while size := int(self._file.readline().strip() or b"0", 16):
            text += self._file.read(size).decode()
            self._file.readline()
            while "\n\n" in text:
                block, _, text = text.partition("\n\n")
                yield block

    def next(self) -> tuple[str, str, Any]:
        """The next event: what it is, its id and its data."""
        for block in self.blocks():
            fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
            if fields:
                return fields["event"], fields["id"], json.loads(fields["data"])
        raise EOFError

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._socket.close()


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("events") / "instance", {"KEEP_ALIVE_TIMEOUT": "3"}) as running:
        yield running


@pytest.fixture
def service(impatient: Service) -> Service:
    """A service with one type, as each test of this module finds it."""
    empty(impatient)
    (impatient.enabled / "first.yaml").write_text(minimal_definition())
    wait_until(lambda: impatient.ids() == ["first"], "listed")
    return impatient


def test_snapshot_comes_first_and_then_each_change(service: Service) -> None:
    with Stream(service) as stream:
        assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream")
        assert stream.headers["x-accel-buffering"] == "no"
        event, id_, data = stream.next()
        catalogue = service.get("/catalogue").json()
        revision = catalogue["snapshot"]["revision"]
        assert (event, id_.partition("-")[0]) == ("snapshot", revision)
        assert data == {"revision": revision, "problem": None, "stale": [],
                        "types": {"first": catalogue["entries"][0]["revision"]}}  # fmt: skip
        file = service.enabled / "second.yaml"
        nothing: dict[str, Any] = {"added": [], "changed": [], "removed": [], "stale": [], "entries": ["second.yaml"]}
        for text, difference in (
            (minimal_definition("One"), {"added": ["second"]}),
            (minimal_definition("Two"), {"changed": ["second"]}),
            (minimal_definition("Two").replace("title:", "titel:"), {"stale": ["second"]}),
            (minimal_definition("Three").replace("title:", "title:\n  -"), {}),  # broken otherwise
            (None, {"removed": ["second"]}),
        ):
            if text is None:
                file.unlink()
            else:
                (service.instance / "new").write_text(text)
                (service.instance / "new").rename(file)
            event, id_, data = stream.next()
            assert event == "changed"
            revision = service.get("/catalogue").json()["snapshot"]["revision"]
            assert data == {"revision": revision, "problem": None, **nothing, **difference}
            assert id_.partition("-")[0] == revision


def test_client_that_knows_the_current_state_gets_no_snapshot(service: Service) -> None:
    with Stream(service) as first:
        _, id_, _ = first.next()
    with Stream(service, f"Last-Event-ID: {id_}") as again, Stream(service, "Last-Event-ID: another") as behind:
        assert behind.next()[0] == "snapshot"
        (service.enabled / "second.yaml").write_text(minimal_definition())
        assert again.next()[0] == "changed"


def test_client_that_comes_again_after_a_change_of_states_alone_is_told(service: Service) -> None:
    with Stream(service) as stream:
        _, id_, before = stream.next()
    (service.enabled / "first.yaml").write_text(minimal_definition().replace("title:", "titel:"))
    wait_until(lambda: service.get("/catalogue").json()["entries"][0]["state"] == "stale", "stale")
    with Stream(service, f"Last-Event-ID: {id_}") as again:
        event, later, after = again.next()
        assert (event, after["stale"], after["revision"]) == ("snapshot", ["first"], before["revision"])
        assert later != id_


def test_entry_whose_problem_another_type_makes_is_among_those_that_changed() -> None:
    problem = Problem("a.yaml", 1, 1, "", "unknown-successor", "x")
    a, b = ClusterTypeId("a"), ClusterTypeId("b")
    report = EntryReport("a.yaml", State.RETIRED, a, unless_known={b: problem})
    before = replace(EMPTY, slots={a: Slot(None, State.RETIRED, (report,))})
    after = replace(before, types={b: Mock()})
    assert describe_change(before, replace(before))["entries"] == []
    changed = describe_change(before, after)
    assert (changed["added"], changed["entries"]) == (["b"], ["a.yaml"])


def test_quiet_stream_sends_comments_and_is_not_taken_for_a_silent_client(service: Service) -> None:
    with Stream(service) as stream:
        blocks = stream.blocks()
        seen = [next(blocks) for _ in range(8)]  # for longer than a client may be silent
        assert seen.count(": beat") == 6


def test_one_client_more_than_there_may_be_is_told_to_come_again(service: Service) -> None:
    with ExitStack() as streams:
        for _ in range(MAX_STREAMS):
            assert streams.enter_context(Stream(service)).next()[0] == "snapshot"
        answer = service.get("/catalogue/events")
        assert (answer.status, answer.faults()) == (503, [("Service busy", None)])
        assert int(answer.headers["retry-after"]) > 0
        assert service.ids() == ["first"]

    def is_free() -> bool:
        with Stream(service) as stream:
            return stream.status == 200

    wait_until(is_free, "free again")


def test_streams_end_when_the_service_stops(tmp_path: Path) -> None:
    with Service(tmp_path) as service, Stream(service) as stream:
        stream.next()
        reader = threading.Thread(target=lambda: list(stream.blocks()))
        reader.start()
        assert service.stop() == 0
        reader.join(60)
        assert not reader.is_alive()


def test_head_tells_that_there_are_events(service: Service) -> None:
    answer = fetch(f"{service.url}/catalogue/events", "HEAD")
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, b"", "text/event-stream")


def test_page_of_another_site_follows_nothing(service: Service) -> None:
    answer = service.get("/catalogue/events", {"Sec-Fetch-Site": "cross-site"})
    assert (answer.status, answer.faults()) == (403, [("Cross-site request", None)])


def test_following_needs_a_token_where_reading_does(tmp_path: Path) -> None:
    with Service(tmp_path, {"JWT_SECRET": SECRET, "PROTECT_READS": "true"}) as running:
        assert running.get("/catalogue/events").status == 401
        [line] = [f"{name}: {value}" for name, value in bearer(make_token()).items()]
        with Stream(running, line) as stream:
            assert stream.next()[0] == "snapshot"


def test_nothing_differs_between_a_snapshot_and_itself() -> None:
    assert set(map(tuple, describe_change(EMPTY, EMPTY).values())) == {()}
    assert describe_snapshot(EMPTY) == {"types": {}, "stale": []}


def test_what_is_told_next_is_worked_out_beside_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of ten thousand types it takes a quarter of a second, for which nobody else would be answered."""
    at_work: list[threading.Thread] = []

    def look(stream: EventStream) -> bytes:
        at_work.append(threading.current_thread())
        stream._services.stopping = True
        return b""

    async def follow() -> None:
        changed = asyncio.Event()
        changed.set()
        settings = SimpleNamespace(keep_alive_timeout=30)
        services: Any = SimpleNamespace(
            settings=settings, stopping=False, catalogue_changed=changed, event_turn=asyncio.Lock()
        )
        await EventStream(services, None, None, is_head=False)._follow()

    monkeypatch.setattr(EventStream, "_next_event", look)
    asyncio.run(follow())
    assert at_work
    assert threading.main_thread() not in at_work
