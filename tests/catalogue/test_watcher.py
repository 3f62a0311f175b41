"""The watcher, case by case, where the scenarios on the real service cannot bring one about."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest
from watchdog import observers
from watchdog.observers import inotify_c
from watchdog.observers.api import BaseObserver
from watchdog.observers.polling import PollingObserver

from builder.catalogue import readers
from builder.catalogue.readers import ObserverReader, open_reader
from builder.catalogue.watcher import MAX_DISTURBED, Watcher
from builder.catalogue.watches import ALL_CHANGES, OWN_GOING, find_standin, plan_masks
from tests.service import wait_until


def test_folders_are_watched_for_everything_and_those_above_for_their_own_going() -> None:
    masks = plan_masks({"/a/b/c", "/a/b"})
    assert masks == {"/a/b/c": ALL_CHANGES, "/a/b": ALL_CHANGES, "/a": OWN_GOING}


def test_nearest_folder_that_exists_stands_in_for_a_missing_one(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert find_standin(str(tmp_path / "x" / "y")) == str(tmp_path)
    assert find_standin(str(tmp_path / "file" / "y")) == str(tmp_path)


class Ear:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.losses = 0

    def notice(self, path: str, finished: bool | None = None) -> None:
        self.paths.append(path)

    def notice_loss(self) -> None:
        self.losses += 1


def test_dead_reader_is_replaced_and_everything_is_watched_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ear = Ear()
    opened = []

    def open_noted():  # type: ignore[no-untyped-def]
        opened.append(open_reader())
        return opened[-1]

    watcher = Watcher(ear, open_noted)
    folders = frozenset({str(tmp_path)})
    assert list(watcher.watch(folders)) == [str(tmp_path)]
    assert watcher.watch(folders) == ()
    opened[0].stop()
    opened[0].join(5)
    assert not watcher.is_alive
    assert list(watcher.watch(folders)) == [str(tmp_path)]
    assert "has died; starting another" in caplog.text
    (tmp_path / "new").touch()
    wait_until(lambda: str(tmp_path / "new") in ear.paths, "the event")
    watcher.stop()
    assert not opened[1].is_alive()


def test_lost_events_are_told_and_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ear = Ear()
    watcher = Watcher(ear)
    watcher.watch(frozenset({str(tmp_path)}))
    watcher.overflow()
    watcher.overflow()
    assert ear.losses == 2
    assert caplog.text.count("more changed at once") == 1
    watcher.stop()


class DeafReader:
    """A reader that reports nothing."""

    def is_alive(self) -> bool:
        return True

    def add_callback(self, *_: object) -> int:
        return 1

    def remove_callbacks(self, callbacks: object) -> None:
        pass

    def stop(self) -> None:
        pass

    def join(self, timeout: float) -> None:
        pass


@pytest.mark.parametrize("disturbed", ["", "a", "a/b"])
def test_watch_below_a_folder_that_was_replaced_is_placed_anew(tmp_path: Path, disturbed: str) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    watcher = Watcher(Ear(), DeafReader)  # type: ignore[arg-type]  # as much of one as is used
    folders = frozenset({str(folder)})
    watcher.watch(folders)
    folder.rename(tmp_path / "old")
    folder.mkdir()
    watcher.disturb(str(tmp_path / "a" / "bb"))
    assert watcher.watch(folders) == ()
    watcher.disturb(str(tmp_path / disturbed))
    assert watcher.watch(folders) == [str(folder)]


def test_all_watches_are_checked_where_too_many_folders_were_disturbed_to_remember(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    watcher = Watcher(Ear(), DeafReader)  # type: ignore[arg-type]  # as much of one as is used
    folders = frozenset({str(folder)})
    watcher.watch(folders)
    for number in range(MAX_DISTURBED):
        watcher.disturb(f"/gone/{number}")
    folder.rename(tmp_path / "old")
    folder.mkdir()
    watcher.disturb(str(folder))
    assert len(watcher._disturbed) == MAX_DISTURBED
    assert watcher.watch(folders) == [str(folder)]
    assert watcher.watch(folders) == ()


def lack_reader(patches: pytest.MonkeyPatch) -> None:
    name = "watchdog.observers.inotify_c"
    patches.setitem(sys.modules, name, ModuleType(name))  # the module itself, which its observers use, stays whole


def lack_module(patches: pytest.MonkeyPatch) -> None:
    patches.setitem(sys.modules, "watchdog.observers.inotify_c", None)


def lack_method(patches: pytest.MonkeyPatch) -> None:
    class Changed(inotify_c.InotifyFD):
        add_callback = None  # type: ignore[assignment]  # as if it had another name

    patches.setattr(inotify_c, "InotifyFD", Changed)


def take_other_parameters(patches: pytest.MonkeyPatch) -> None:
    class Changed(inotify_c.InotifyFD):
        def remove_callbacks(self) -> None:  # type: ignore[override]  # that is the change
            raise AssertionError("it is not called without parameters")

    patches.setattr(inotify_c, "InotifyFD", Changed)


def call_back_otherwise(patches: pytest.MonkeyPatch) -> None:
    patches.delattr(inotify_c.WatchCallback, "on_watch_deleted")


@pytest.fixture(
    params=[lack_reader, lack_module, lack_method, take_other_parameters, call_back_otherwise],
    ids=lambda each: each.__name__,
)
def changed_watchdog(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is private to watchdog is gone, or changed; its observers work as ever."""
    request.param(monkeypatch)


@pytest.mark.usefixtures("changed_watchdog")
def test_public_observers_tell_of_every_kind_of_change_where_private_parts_are_gone(tmp_path: Path) -> None:
    folder = tmp_path / "above" / "enabled"
    folder.mkdir(parents=True)
    ear = Ear()
    watcher = Watcher(ear)
    folders = frozenset({str(folder)})

    def expect(path: Path, what: str) -> None:
        wait_until(lambda: str(path) in ear.paths, what)
        ear.paths.clear()

    assert list(watcher.watch(folders)) == [str(folder)]
    assert isinstance(watcher._reader, ObserverReader)
    assert watcher.problem == ""
    (folder / "new").write_text("first")
    expect(folder / "new", "a new file")
    (folder / "new").rename(folder / "renamed")
    expect(folder / "renamed", "a renamed file")
    (folder / "renamed").chmod(0)
    expect(folder / "renamed", "other permissions")
    (folder / "renamed").unlink()
    expect(folder / "renamed", "a removed file")
    folder.parent.rename(tmp_path / "away")
    expect(folder.parent, "a folder above that was moved away")
    assert tmp_path.is_dir()
    watcher.watch(folders)
    (tmp_path / "away").rename(folder.parent)
    expect(folder.parent, "its return")
    assert str(folder) in watcher.watch(folders)
    folder.rmdir()
    expect(folder, "a removed folder")
    folder.mkdir()
    wait_until(lambda: str(folder) in watcher.watch(folders), "it is watched again")
    (folder / "new").touch()
    # The end of the folder that was there before may be told of only now, and ends the new watch: whoever is told of
    # that has it placed again, and looks at the folder.
    wait_until(lambda: str(folder / "new") in ear.paths or str(folder) in watcher.watch(folders), "a new file in it")
    watcher.stop()
    assert not watcher.is_alive


def test_observer_watches_as_many_folders_as_there_may_be_threads_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lack_reader(monkeypatch)
    monkeypatch.setattr(readers, "MAX_OBSERVED", 1)
    watcher = Watcher(Ear())
    watcher.watch(frozenset({str(tmp_path)}))
    assert "are found by rescan only: more than 1 folders" in watcher.problem
    watcher.stop()


def test_observer_that_was_refused_a_thread_is_asked_for_no_more_watches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lack_reader(monkeypatch)
    asked = []

    def refuse(_: object, __: object, folder: str, **___: object) -> None:
        asked.append(folder)
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(BaseObserver, "schedule", refuse)
    watcher = Watcher(Ear())
    folders = frozenset({str(tmp_path)})
    watcher.watch(folders)
    assert "no thread can be started" in watcher.problem
    watcher.watch(folders, thorough=True)
    assert asked == [str(tmp_path)]
    watcher.stop()


def test_observer_that_polls_is_left_to_the_rescan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lack_reader(monkeypatch)
    monkeypatch.setattr(observers, "Observer", PollingObserver)
    watcher = Watcher(Ear())
    watcher.watch(frozenset({str(tmp_path)}))
    assert watcher.problem == "changes are found by rescan only: this system reports no changes"
    assert not watcher.is_alive
