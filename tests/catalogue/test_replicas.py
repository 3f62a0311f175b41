"""Histories of two replicas, each of several workers, and of Visualisation Apps that ask them: what is promised of 304.

The catalogue, the encoding and the comparison of dates are the real ones, on real files; only the clocks are the test's
own. The files of the replicas come apart, their dates and clocks anyhow; workers notice changes when they come to it,
processes are stopped and started. Then the files become the same, or one replica goes away, and from then on:

- No App shows anything else for ever.
- Its usual poll is answered 304 by every process, whichever it asked before.

A short run by default; ``RANDOM_EXAMPLES=10000 pytest -s tests/catalogue/test_replicas.py`` makes it a long one.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count, cycle, islice, product
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sanic import Request

from builder.api.conditional import MATCHES_PER_FULL_ANSWER, respond_representation
from builder.catalogue import validators
from builder.catalogue.catalogue import Catalogue
from builder.catalogue.loader import LoadSettings
from builder.catalogue.scan import EVERYTHING
from builder.catalogue.settling import Settling
from builder.catalogue.snapshot import Snapshot
from builder.definitions.building import Outcome, build_cluster_type
from builder.definitions.kind_reading import KindReader
from builder.definitions.model import ClusterTypeId
from builder.hot_lint.sources import DEFINITION, Files
from tests.visualisation_app import Get, VisualisationApp
from tests.watching.world import definition

HISTORIES = int(os.environ.get("RANDOM_EXAMPLES", "40"))
EPOCH = 1_000_000_000
"""The date of every file of a reproducible image."""

DAY = 86_400
WORKERS = 2
ROUNDS = 3
"""So often is every process asked when all is settled."""

NAMES = st.sampled_from(["a", "b", "c"])
TITLES = st.sampled_from(["One", "Two", "Six"])
REPLICAS = st.integers(0, 1)
PLACES = st.integers(0, WORKERS - 1)
APPS = st.integers(0, 1)
SKEWS = st.sampled_from([0, -1, 90, -3600, 2 * DAY, -2 * DAY])
DATES = st.sampled_from(["epoch", "now", "before", "other"])
STEPS = st.one_of(
    st.tuples(st.just("put"), REPLICAS, NAMES, TITLES, DATES),
    st.tuples(st.just("update"), REPLICAS, NAMES, TITLES, DATES),
    st.tuples(st.just("withdraw"), REPLICAS, NAMES),
    st.tuples(st.just("synchronise"), REPLICAS, st.sampled_from([None, 0, 5, -3 * DAY])),
    st.tuples(st.just("notice"), REPLICAS, PLACES),
    st.tuples(st.just("stop"), REPLICAS),
    st.tuples(st.just("start"), REPLICAS),
    st.tuples(st.just("open_cluster_types"), APPS, REPLICAS, PLACES, st.booleans()),
    st.tuples(st.just("open_cluster_types"), APPS, REPLICAS, PLACES, st.just(True)),
    st.tuples(st.just("open_launch_form"), APPS, REPLICAS, PLACES, NAMES),
    st.tuples(st.just("pass_time"), st.sampled_from([1, 3600, DAY])),
)
HISTORY = st.lists(STEPS, min_size=12, max_size=40)
WITH_OTHER_FILES_AT_THE_END = st.sampled_from([None, 0, 7, -2 * DAY])
GOES_AWAY = st.sampled_from([None, None, 0, 1])


def build_once(build: Callable[..., Outcome]) -> Callable[..., Outcome]:
    """Judge each definition once: that is half of the time, and none of what is tried here."""
    outcomes: dict[tuple[ClusterTypeId, str], Outcome] = {}

    def build_or_remember(
        cluster_type_id: ClusterTypeId, files: Files, readers: Mapping[str, KindReader], **options: Any
    ) -> Outcome:
        key = (cluster_type_id, files.read(DEFINITION))
        if key not in outcomes:
            outcomes[key] = build(cluster_type_id, files, readers, **options)
        return outcomes[key]

    return build_or_remember


@pytest.fixture(autouse=True)
def _quick_and_quiet(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("builder.catalogue.loader.build_cluster_type", build_once(build_cluster_type))
    caplog.set_level(logging.CRITICAL, "builder")


class Replica:
    """Some workers, which are catalogues of their own, on one folder of files; none while it is stopped."""

    def __init__(self, folder: Path, clock: Callable[[], float]) -> None:
        self.folder = folder
        self.clock = clock
        self.workers: list[Catalogue] = []
        folder.mkdir()

    def start(self) -> None:
        if not self.workers:
            self.workers = [self._make_worker() for _ in range(WORKERS)]

    def _make_worker(self) -> Catalogue:
        settling = Settling(steady_clock=count(step=60).__next__)
        catalogue = Catalogue(
            self.folder, LoadSettings(), clock=self.clock, settling=settling, pause=lambda seconds: None
        )
        catalogue.reconcile(EVERYTHING)
        return catalogue

    def put(self, name: str, content: str, date: float) -> None:
        """Put a file in place in one step."""
        temporary = self.folder.with_suffix(".new")
        temporary.write_text(content)
        os.utime(temporary, (date, date))
        temporary.rename(self.folder / f"{name}.yaml")
        os.utime(self.folder, (EPOCH, EPOCH))  # which tells nothing either

    def titles(self) -> dict[str, str]:
        """What the files say now."""
        return {path.stem: path.read_text().splitlines()[1].removeprefix("title: ") for path in self.folder.iterdir()}


class World:
    """Two replicas and two Apps; ``seen`` counts what happened, over all histories."""

    def __init__(self, root: Path, skews: tuple[int, int], seen: Counter[str]) -> None:
        self.now = 1_700_000_000.0
        self.seen = seen
        self.replicas = [Replica(root / str(index), self._clock(skew)) for index, skew in enumerate(skews)]
        self.apps = [VisualisationApp(), VisualisationApp()]
        self.partial = [False, False]
        for index, replica in enumerate(self.replicas):
            for name in ("a", "b", "c"):
                replica.put(name, definition("One"), EPOCH + index * skews[0])
            replica.start()

    def _clock(self, skew: int) -> Callable[[], float]:
        return lambda: self.now + skew

    # ---- what happens

    def put(self, index: int, name: str, title: str, date: str) -> None:
        replica, other = self.replicas[index], self.replicas[1 - index].folder / f"{name}.yaml"
        copied = other.stat().st_mtime if other.exists() else EPOCH
        dates = {"epoch": EPOCH, "now": replica.clock(), "before": replica.clock() - 5000, "other": copied}
        replica.put(name, definition(title), dates[date])

    def update(self, index: int, name: str, title: str, date: str) -> None:
        """Put a file in place, and have the workers that run notice it."""
        self.put(index, name, title, date)
        for place in range(WORKERS):
            self.notice(index, place)

    def withdraw(self, index: int, name: str) -> None:
        (self.replicas[index].folder / f"{name}.yaml").unlink(missing_ok=True)

    def synchronise(self, index: int, apart: int | None) -> None:
        """Make the files of a replica the other's; ``apart`` is how far their dates are, None for those of copying."""
        source, target = self.replicas[1 - index], self.replicas[index]
        for path in [*target.folder.iterdir()]:
            path.unlink()
        for path in source.folder.iterdir():
            date = path.stat().st_mtime + apart if apart is not None else target.clock()
            target.put(path.stem, path.read_text(), date)

    def notice(self, index: int, place: int) -> None:
        for catalogue in self.replicas[index].workers[place : place + 1]:
            catalogue.reconcile(EVERYTHING)
            catalogue.reconcile(EVERYTHING)  # what was removed has stayed away by then
            assert not catalogue.deferred

    def stop(self, index: int) -> None:
        self.replicas[index].workers = []

    def start(self, index: int) -> None:
        self.replicas[index].start()

    def pass_time(self, seconds: int) -> None:
        self.now += seconds

    def open_cluster_types(self, app: int, index: int, place: int, use_cache: bool) -> None:
        if self.replicas[index].workers:
            self._poll(app, self.replicas[index].workers[place], use_cache)

    def open_launch_form(self, app: int, index: int, place: int, name: str) -> None:
        if self.replicas[index].workers and name in self.apps[app].stored:
            status = self.apps[app].open_launch_form(asks(self.replicas[index].workers[place]), name)
            self.partial[app] |= status == 200
            self.seen[f"launch form {status}"] += 1

    def _poll(self, app: int, worker: Catalogue, use_cache: bool = True) -> int:
        status = self.apps[app].open_cluster_types(asks(worker), use_cache=use_cache)
        self.partial[app] &= status != 200
        self.seen[f"poll {status}"] += 1
        return status

    # ---- how it ends

    def settle(self, apart: int | None, gone: int | None) -> list[Catalogue]:
        """From now on there is one truth, and every process that is left has noticed it. Returns these."""
        left = [index for index in (0, 1) if index != gone]
        if gone is not None:
            self.stop(gone)
        else:
            self.synchronise(1, apart)
        for index in left:
            self.start(index)
            for place in range(WORKERS):
                self.notice(index, place)
        return [worker for index in left for worker in self.replicas[index].workers]

    def check(
        self, processes: list[Catalogue], truth: dict[str, str], pinned: tuple[bool, bool], by_chance: bool
    ) -> None:
        asked = [processes[-1:] if pinned[app] else processes for app in (0, 1)]
        for app in (0, 1):
            self._poll(app, asked[app][0])
            if self.apps[app].titles() != truth:
                self.seen["stale, having taken one type alone" if self.partial[app] else "stale by chance"] += 1
        rounds = 0
        while any(app.titles() != truth for app in self.apps):
            rounds += 1
            assert rounds <= 2 * MATCHES_PER_FULL_ANSWER, "stale for ever"
            for app in (0, 1):
                for worker in asked[app]:
                    self._poll(app, worker)
        statuses = Counter(
            self._poll(app, worker) for app in (0, 1) for worker in islice(cycle(asked[app]), ROUNDS * len(asked[app]))
        )
        assert all(app.titles() == truth for app in self.apps)
        if not by_chance:
            self.check_unchanged(statuses, processes, rounds)

    def check_unchanged(self, statuses: Counter[int], processes: list[Catalogue], rounds: int) -> None:
        """The usual poll is answered 304, where there is anything to send a date of, and so are launch forms."""
        if not any(app.stored for app in self.apps):
            return
        if len({_seconds(worker.snapshot) for worker in processes}) > 1:
            self.seen["workers that disagree by chance"] += 1  # one had to evade the second of what it had before
        elif rounds:  # that many polls may have brought any process to where it answers in full
            assert statuses[200] <= len(processes)
        else:
            assert set(statuses) == {304}
            for app, worker in product(self.apps, processes):
                assert {app.open_launch_form(asks(worker), name) for name in app.stored} == {304}


def _seconds(snapshot: Snapshot) -> tuple[int, ...]:
    """The times of day that identify what a process serves."""
    representations = [snapshot.listing, *(published.representation for published in snapshot.ordered)]
    return tuple(each.last_modified % DAY for each in representations)


def asks(worker: Catalogue) -> Get:
    """Ask a worker as its handlers of requests do."""

    def get(path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        snapshot = worker.snapshot
        lowered = {name.lower(): value for name, value in headers.items()}
        request = cast(Request, SimpleNamespace(headers=SimpleNamespace(getone=lowered.get)))
        _, _, cluster_type = path.removeprefix("/").partition("/")
        if not cluster_type:
            response = respond_representation(request, snapshot.listing)
        elif (published := snapshot.types.get(ClusterTypeId(cluster_type))) is not None:
            response = respond_representation(request, published.representation, snapshot.listing)
        else:
            return 404, b""
        assert response.body is not None
        return response.status, response.body

    return get


@contextmanager
def new_world(skews: tuple[int, int], seen: Counter[str]) -> Iterator[World]:
    root = Path(tempfile.mkdtemp(prefix="replicas-"))
    try:
        yield World(root, skews, seen)
    finally:
        shutil.rmtree(root)


def run_histories(number: int, *, by_chance: bool = False) -> Counter[str]:
    """Run so many histories; returns how often what was seen. Where dates agree ``by_chance``, no 304 is promised."""
    seen: Counter[str] = Counter()

    @settings(
        max_examples=number,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=[Phase.generate],
    )
    @given(
        skews=st.tuples(SKEWS, SKEWS),
        history=HISTORY,
        apart=WITH_OTHER_FILES_AT_THE_END,
        gone=GOES_AWAY,
        pinned=st.tuples(st.booleans(), st.booleans()),
    )
    def run(skews: Any, history: list[Any], apart: int | None, gone: int | None, pinned: Any) -> None:
        with new_world(skews, seen) as world:
            seen["histories"] += 1
            for step, *arguments in history:
                getattr(world, step)(*arguments)
            processes = world.settle(apart, gone)
            world.check(processes, world.replicas[1 if gone == 0 else 0].titles(), pinned, by_chance)

    run()
    print(", ".join(f"{what}: {count}" for what, count in sorted(seen.items())))
    return seen


@pytest.mark.timeout(7200 if HISTORIES > 1000 else 300)
def test_nobody_stays_stale_and_the_usual_poll_is_answered_304() -> None:
    seen = run_histories(HISTORIES)
    chance = seen["stale by chance"] + seen["workers that disagree by chance"]
    assert chance <= 1 + seen["histories"] // 1000


@pytest.mark.timeout(7200 if HISTORIES > 1000 else 300)
def test_nobody_stays_stale_where_dates_agree_by_chance_all_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(validators, "HALF_DAY", 2)
    seen = run_histories(HISTORIES, by_chance=True)
    assert seen["stale by chance"] > seen["histories"] // 50
