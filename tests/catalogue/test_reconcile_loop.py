"""The reconcile loop, case by case, where the scenarios on the real service cannot bring one about."""

from __future__ import annotations

import gc
import threading
from pathlib import Path

import pytest
from watchdog.observers.inotify_c import InotifyFD

from builder.catalogue import reconcile_loop as module
from builder.catalogue.catalogue import Catalogue
from builder.catalogue.loader import LoadSettings
from builder.catalogue.reconcile_loop import ReconcileLoop, WatchMode
from tests.service import wait_until
from tests.watching.world import definition


def test_any_failure_of_a_pass_is_survived_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "a.yaml").write_text(definition("A"))
    catalogue = Catalogue(tmp_path, LoadSettings())
    reconcile_loop = ReconcileLoop(catalogue, rescan_seconds=0.05, watch_mode=WatchMode.POLL)
    failing = threading.Event()
    sweep = catalogue.sweep

    def fail_sometimes():  # type: ignore[no-untyped-def]
        if failing.is_set():
            raise RuntimeError("something nobody thought of")
        return sweep()

    catalogue.sweep = fail_sometimes  # type: ignore[method-assign]  # the fault is injected here
    reconcile_loop.start()
    wait_until(lambda: reconcile_loop.readiness() == "", "the first load")
    failing.set()
    wait_until(lambda: "the log says why" in reconcile_loop.readiness(), "the failure is told")
    failing.clear()
    (tmp_path / "b.yaml").write_text(definition("B"))
    wait_until(lambda: len(catalogue.snapshot.types) == 2, "the next pass")
    wait_until(lambda: reconcile_loop.readiness() == "", "all is well")
    reconcile_loop.stop()


def test_keeping_goes_on_where_no_thread_can_watch_and_watching_begins_when_one_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_: object) -> None:
        raise RuntimeError("can't start new thread")

    folder = tmp_path / "enabled"
    reconcile_loop = ReconcileLoop(Catalogue(folder, LoadSettings()), rescan_seconds=0.05)
    open_files = len(list(Path("/proc/self/fd").iterdir()))
    with monkeypatch.context() as patches:
        patches.setattr(InotifyFD, "start", refuse)
        reconcile_loop.start()
        wait_until(lambda: "no thread can be started" in caplog.text, "the failure is told")
        folder.mkdir()
        wait_until(lambda: reconcile_loop.readiness() == "", "the first load")
        rescans = reconcile_loop.health.rescans
        wait_until(lambda: reconcile_loop.health.rescans > rescans + 5, "more rescans")
        assert reconcile_loop.health.watch_mode is WatchMode.POLL
        assert len(list(Path("/proc/self/fd").iterdir())) <= open_files + 3
    wait_until(lambda: reconcile_loop.health.watch_mode is WatchMode.INOTIFY, "watching")
    reconcile_loop.stop()
    assert caplog.text.count("no thread can be started") == 1


def test_file_system_that_reports_no_changes_is_told_once_and_read_by_rescan_until_another_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    kinds = ["nfs4"]
    monkeypatch.setattr(module, "find_file_system", lambda _: kinds[-1])
    reconcile_loop = ReconcileLoop(Catalogue(tmp_path, LoadSettings()), rescan_seconds=0.05)
    reconcile_loop.start()
    wait_until(lambda: reconcile_loop.health.rescans > 5, "some rescans")
    assert reconcile_loop.health.watch_mode is WatchMode.POLL
    assert reconcile_loop.health.watch_problem == f"{tmp_path} is on a file system (nfs4) that reports no changes"
    assert caplog.text.count("it is read every 0.05 seconds") == 1
    kinds.append("ext4")
    wait_until(lambda: reconcile_loop.health.watch_mode is WatchMode.INOTIFY, "watching")
    assert reconcile_loop.health.watch_problem == ""
    reconcile_loop.stop()


def test_keeping_survives_that_telling_of_a_failure_fails(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path / "missing", LoadSettings())

    def fail() -> frozenset[str]:
        raise RuntimeError("something nobody thought of")

    catalogue.watched_folders = fail  # type: ignore[method-assign]  # the fault is injected here
    reconcile_loop = ReconcileLoop(catalogue, rescan_seconds=0.05)
    reconcile_loop.start()
    wait_until(lambda: "the log says why" in reconcile_loop.readiness(), "the failure is told")
    del catalogue.watched_folders
    (tmp_path / "missing").mkdir()
    wait_until(lambda: reconcile_loop.readiness() == "", "the first load")
    reconcile_loop.stop()


def test_garbage_collector_is_spared_what_was_loaded_also_after_many_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MANY_PATHS", 50)
    catalogue = Catalogue(tmp_path, LoadSettings())
    reconcile_loop = ReconcileLoop(catalogue, rescan_seconds=0.05, watch_mode=WatchMode.POLL)
    reconcile_loop.start()
    wait_until(lambda: reconcile_loop.readiness() == "", "the first load")
    spared = gc.get_freeze_count()
    for number in range(100):
        (tmp_path / f".{number}.yaml").write_text(definition(f"T {number}"))
    for number in range(100):
        (tmp_path / f".{number}.yaml").rename(tmp_path / f"{number}.yaml")
    wait_until(lambda: gc.get_freeze_count() > spared + 500, "many of them are spared")
    reconcile_loop.stop()


def test_readiness_comes_from_the_age_of_the_last_rescan(tmp_path: Path) -> None:
    now = [0.0]
    reconcile_loop = ReconcileLoop(
        Catalogue(tmp_path, LoadSettings()), rescan_seconds=5, watch_mode=WatchMode.POLL, clock=lambda: now[0]
    )
    assert reconcile_loop.readiness() == "the enabled folder has not been read yet"
    reconcile_loop.start()
    wait_until(lambda: reconcile_loop.readiness() == "", "the first load")
    reconcile_loop.stop()
    now[0] = 24.0
    assert reconcile_loop.readiness() == ""
    now[0] = 26.0
    assert reconcile_loop.readiness() == "the enabled folder was last read 26 seconds ago"
