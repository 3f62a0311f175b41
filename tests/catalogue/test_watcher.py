"""The watcher, case by case, where the scenarios on the real service cannot bring one about."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.catalogue.watch_masks import ALL_CHANGES, OWN_GOING, find_standin, plan_masks
from builder.catalogue.watcher import MAX_DISTURBED, Watcher
from builder.catalogue.watches import open_reader
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

    def notice(self, path: str) -> None:
        self.paths.append(path)

    def notice_writing(self, path: str, *, finished: bool) -> None:
        self.paths.append(path)

    def notice_loss(self) -> None:
        self.losses += 1


def test_dead_reader_is_replaced_and_everything_is_watched_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ear = Ear()
    readers = []

    def open_noted():  # type: ignore[no-untyped-def]
        readers.append(open_reader())
        return readers[-1]

    watcher = Watcher(ear, open_noted)
    folders = frozenset({str(tmp_path)})
    assert list(watcher.watch(folders)) == [str(tmp_path)]
    assert watcher.watch(folders) == ()
    readers[0].stop()
    readers[0].join(5)
    assert not watcher.is_alive
    assert list(watcher.watch(folders)) == [str(tmp_path)]
    assert "has died; starting another" in caplog.text
    (tmp_path / "new").touch()
    wait_until(lambda: str(tmp_path / "new") in ear.paths, "the event")
    watcher.stop()
    assert not readers[1].is_alive()


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
