"""What a change costs, counted and not timed: as good as nothing for each type that it does not concern."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path

import pytest

from builder.api.metrics import Metrics
from builder.catalogue.catalogue import Catalogue
from builder.catalogue.loader import LoadSettings
from builder.catalogue.reconcile_loop import ReconcileLoop, WatchMode
from builder.catalogue.scan import ChangeHint
from builder.disk import state_folder
from builder.disk.state_folder import MANY, WRITTEN_AT_ONCE, StateFolder
from tests.service import wait_until
from tests.steps import count_steps
from tests.watching.world import definition


def fill(folder: Path, number: int) -> Catalogue:
    """A catalogue of so many types, which has not looked at them yet."""
    enabled = folder / "enabled"
    enabled.mkdir(parents=True)
    for each in range(number):
        (enabled / f"t{each}.yaml").write_text(definition(f"T {each}"))
    return Catalogue(enabled, LoadSettings(state=StateFolder(folder / "state")))


def load(folder: Path, number: int) -> Catalogue:
    """The same, loaded; nothing is kept yet."""
    catalogue = fill(folder, number)
    catalogue.reconcile()
    return catalogue


def finish(steps: Iterator[None]) -> None:
    for _ in steps:
        pass


def rename(catalogue: Catalogue, name: str, title: str) -> ChangeHint:
    """Put a definition in place in one step; gives what the watcher tells of it."""
    path = catalogue.folder / f"{name}.yaml"
    source = catalogue.folder.parent / "source"
    source.write_text(definition(title))
    source.rename(path)
    return ChangeHint(frozenset({str(path)}), frozenset({str(path)}))


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files of the state, as they are written."""
    names: list[str] = []
    replace = state_folder._replace

    def replace_and_note(path: Path, content: bytes) -> None:
        if path.suffix:  # not what tells of the mount
            names.append(path.name.partition(".")[0])
        replace(path, content)

    monkeypatch.setattr(state_folder, "_replace", replace_and_note)
    return names


def test_a_change_runs_no_line_of_python_for_each_other_type(tmp_path: Path) -> None:
    """Tables are copied and bodies joined by single calls into C."""
    metrics = Metrics({})

    def count(number: int) -> int:
        catalogue = load(tmp_path / str(number), number)
        finish(catalogue.keep_state())
        metrics.observe_reload(catalogue.snapshot, 0.1)
        changes = [rename(catalogue, "new", "New"), rename(catalogue, "t1", "Changed")]
        hint = ChangeHint(changes[0].paths | changes[1].paths, changes[0].finished | changes[1].finished)
        steps = count_steps(partial(catalogue.reconcile, hint))
        assert {each.cluster_type.title for each in catalogue.snapshot.types.values()} >= {"New", "Changed"}
        return steps + count_steps(partial(metrics.observe_reload, catalogue.snapshot, 0.1))

    count(3)  # what is made once only
    few, many = count(30), count(300)
    assert abs(many - few) < 100, "of 270 more"


def test_a_change_writes_what_it_concerns_however_much_is_not_kept_yet(tmp_path: Path, writes: list[str]) -> None:
    catalogue = load(tmp_path, 40)
    steps = catalogue.keep_state()
    next(steps)
    written = len(writes)
    assert catalogue.reconcile(rename(catalogue, "new", "New"))
    assert writes[written:] == ["new"]
    finish(steps)
    assert sorted(writes) == sorted(["new", *(f"t{each}" for each in range(40))])


def test_the_state_is_kept_in_steps_of_few_files(
    tmp_path: Path, writes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = load(tmp_path, 40)
    flushed: list[int] = []
    monkeypatch.setattr("builder.disk.state_folder.os.fsync", flushed.append)
    before = 0
    for _ in chain(catalogue.keep_state(), [None]):  # what follows the last pause is a step, too
        assert len(writes) + len(flushed) - before <= WRITTEN_AT_ONCE
        before = len(writes) + len(flushed)
    assert len(writes) == 40
    assert len(flushed) <= MANY


def test_a_disk_that_holds_nothing_is_tried_once_and_told_of(
    tmp_path: Path, writes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, "no such luck")

    catalogue = load(tmp_path, 3)
    with monkeypatch.context() as patches:
        patches.setattr("builder.disk.state_folder.os.fsync", fail)
        finish(catalogue.keep_state())
        assert "no such luck" in catalogue.persistence.problem
        assert len(writes) == 1
        assert not catalogue.persistence.is_behind
    finish(catalogue.keep_state())
    assert catalogue.persistence.problem == ""
    assert sorted(path.name for path in (tmp_path / "state" / "last-good").glob("*.json")) == [
        "t0.json", "t1.json", "t2.json",
    ]  # fmt: skip


def test_many_changes_are_kept_in_steps_after_they_are_listed_and_few_before(tmp_path: Path, writes: list[str]) -> None:
    catalogue = load(tmp_path, MANY + 1)
    finish(catalogue.keep_state())
    writes.clear()
    hints = [rename(catalogue, f"t{each}", "Changed") for each in range(MANY + 1)]
    everything = frozenset().union(*(each.paths for each in hints))
    assert catalogue.reconcile(ChangeHint(everything, everything))
    assert (len(writes), catalogue.persistence.is_behind) == (0, True)
    finish(catalogue.keep_state(thorough=False))
    assert (len(writes), catalogue.persistence.is_behind) == (MANY + 1, False)
    catalogue.reconcile(rename(catalogue, "new", "New"))
    assert writes[-1] == "new"


def test_a_change_goes_before_the_next_step_of_keeping_the_state(tmp_path: Path) -> None:
    catalogue = fill(tmp_path, 1)
    ending = threading.Event()

    def keep_on(*, thorough: bool = True) -> Iterator[None]:
        while not ending.is_set():
            yield

    catalogue.keep_state = keep_on  # type: ignore[method-assign]  # a state that is never kept
    reconcile_loop = ReconcileLoop(catalogue, rescan_seconds=600, watch_mode=WatchMode.POLL)
    reconcile_loop.start()
    wait_until(lambda: reconcile_loop.has_loaded, "the first load")
    hint = rename(catalogue, "new", "New")
    reconcile_loop.notice(next(iter(hint.paths)), finished=True)
    wait_until(lambda: len(catalogue.snapshot.types) == 2, "the change is listed")
    ending.set()
    reconcile_loop.stop()


def test_what_was_left_to_keep_is_kept_when_the_loop_stops(tmp_path: Path, writes: list[str]) -> None:
    catalogue = fill(tmp_path, 40)
    reconcile_loop = ReconcileLoop(catalogue, rescan_seconds=600, watch_mode=WatchMode.POLL)
    reconcile_loop.start()
    wait_until(lambda: reconcile_loop.has_loaded, "the first load")
    reconcile_loop.stop()
    assert len(writes) == 40
