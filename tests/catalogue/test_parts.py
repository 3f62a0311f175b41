"""The decisions of the catalogue one by one, where the scenarios on the real service cannot bring a case about."""

from __future__ import annotations

import gc
import os
import threading
from functools import partial
from pathlib import Path

import pytest
from watchdog.observers.inotify_c import InotifyFD

from builder.catalogue import loader
from builder.catalogue.catalogue import SWEEP_STEP, TURN_SECONDS, Catalogue
from builder.catalogue.dependencies import RACY_NS, load_dependency, recheck_dependency
from builder.catalogue.entries import scan_folder
from builder.catalogue.hints import MAX_PATHS, PATIENCE_SECONDS, QUIET_SECONDS, Hints
from builder.catalogue.keeper import MANY_PATHS, Keeper, Noticing
from builder.catalogue.links import LinkResolver, is_at_or_below
from builder.catalogue.loader import LoadSettings
from builder.catalogue.looks import EVERYTHING, FolderUnavailableError, Hint
from builder.catalogue.mounts import find_file_system, reports_changes
from builder.catalogue.patience import VANISHED_SECONDS, Patience
from builder.catalogue.placing import ALL_CHANGES, OWN_GOING, find_standin, plan_masks
from builder.catalogue.publishing import date_of_change
from builder.catalogue.watcher import MAX_DISTURBED, Watcher, open_reader
from builder.definitions.building import Outcome, build_cluster_type
from builder.definitions.model import ClusterTypeId
from builder.definitions.sources import Files
from tests.service import wait_until
from tests.steps import count_steps
from tests.watching.test_5_kubernetes import ConfigMap
from tests.watching.world import definition

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:45 / /srv/nfs rw - nfs4 server:/export rw
31 22 0:46 / /mnt/with\\040space rw - fuse.sshfs user@host:/ rw
32 30 0:47 / /srv/nfs/local rw master:3 - tmpfs tmpfs rw
33 22 0:48 / /lima rw - 9p share rw
34 22 0:49 / /shared rw - virtiofs share rw
35 22 0:50 / /smb rw - cifs //host/share rw
36 22 0:51 / /smb rw - ext4 /dev/sdb1 rw
37 22 0:52 / /desktop rw - fakeowner /run/host_mark/Users rw
"""


@pytest.mark.parametrize(
    ("path", "kind", "reports"),
    [
        ("/etc/types", "ext4", True),
        ("/srv/nfs/types", "nfs4", False),
        ("/srv/nfsother", "ext4", True),
        ("/srv/nfs/local/types", "tmpfs", True),
        ("/mnt/with space/types", "fuse.sshfs", False),
        ("/lima", "9p", False),
        ("/shared/types", "virtiofs", False),
        ("/desktop/types", "fakeowner", False),
        ("/smb/types", "ext4", True),
    ],
)
def test_silent_file_system_is_recognised_from_the_mount(tmp_path: Path, path: str, kind: str, reports: bool) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(MOUNTS)
    assert find_file_system(path, str(table)) == kind
    assert reports_changes(path, str(table)) is reports


def test_a_number_is_the_name_of_a_probe_of_vims_but_of_a_folder_too(tmp_path: Path) -> None:
    (tmp_path / "4913").touch()
    (tmp_path / "5000").symlink_to("nowhere")
    (tmp_path / "2024").mkdir()
    assert list(scan_folder(str(tmp_path))) == ["2024"]


def test_no_mount_table_means_that_changes_are_reported(tmp_path: Path) -> None:
    assert reports_changes("/anywhere", str(tmp_path / "missing"))


# ---- stamps


def test_equal_stamp_proves_nothing_until_it_was_met_twice_two_seconds_apart(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("one")
    known, _ = load_dependency("", str(path), LinkResolver(), 0)
    assert not known.settled
    soon = recheck_dependency(known, LinkResolver(), RACY_NS - 1)
    assert soon is not None
    assert not soon.settled
    late = recheck_dependency(soon, LinkResolver(), RACY_NS)
    assert late is not None
    assert late.settled
    assert recheck_dependency(late, LinkResolver(), RACY_NS + 1) is late


def test_touched_file_is_the_same_with_another_stamp_that_proves_nothing_yet(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("one")
    known, _ = load_dependency("", str(path), LinkResolver(), 0)
    settled = recheck_dependency(known, LinkResolver(), RACY_NS)
    assert settled is not None
    os.utime(path, (1, 1))
    touched = recheck_dependency(settled, LinkResolver(), RACY_NS + 1)
    assert touched is not None
    assert touched.digest == known.digest
    assert not touched.settled


# ---- hints


def test_burst_is_over_when_nothing_comes_and_patience_is_limited() -> None:
    hints = Hints()
    hints.add("/a", 10.0)
    assert 10.01 < hints.ripe_at() == 10.0 + QUIET_SECONDS
    for step in range(100):
        hints.add("/a", 10.0 + step * 0.01)
    assert hints.ripe_at() == 10.0 + PATIENCE_SECONDS


def test_hints_are_bounded() -> None:
    hints = Hints()
    for number in range(MAX_PATHS + 1):
        hints.add(f"/{number}", 0.0)
    assert hints.lost
    assert len(hints.take().paths) <= MAX_PATHS


def test_file_that_is_written_again_is_not_finished() -> None:
    hints = Hints()
    hints.add("/a", 0.0, finished=True)
    hints.add("/a", 0.0, finished=None)
    assert hints.take().finished == {"/a"}
    hints.add("/a", 0.0, finished=True)
    hints.add("/a", 0.0, finished=False)
    assert hints.take().finished == set()


# ---- dates


@pytest.mark.parametrize(
    ("newest", "previous", "now", "expected"),
    [
        (200, 100, 300.0, 200),  # told by its own date
        (50, 100, 300.0, 300),  # an old file was enabled
        (0, 100, 300.0, 300),  # a type was removed
        (100, 100, 100.4, 101),  # two changes within a second
        (0, 500, 300.0, 501),  # a date in the future was handed out before
    ],
)
def test_changed_listing_is_dated_after_all_that_was_handed_out(
    newest: int, previous: int, now: float, expected: int
) -> None:
    assert date_of_change(newest, previous, now) == expected


# ---- watches


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


# ---- keeping


def test_any_failure_of_a_pass_is_survived_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "a.yaml").write_text(definition("A"))
    catalogue = Catalogue(tmp_path, LoadSettings())
    keeper = Keeper(catalogue, rescan_seconds=0.05, noticing=Noticing.POLL)
    failing = threading.Event()
    sweep = catalogue.sweep

    def fail_sometimes():  # type: ignore[no-untyped-def]
        if failing.is_set():
            raise RuntimeError("something nobody thought of")
        return sweep()

    catalogue.sweep = fail_sometimes  # type: ignore[method-assign]  # the fault is injected here
    keeper.start()
    wait_until(lambda: keeper.readiness() == "", "the first load")
    failing.set()
    wait_until(lambda: "the log says why" in keeper.readiness(), "the failure is told")
    failing.clear()
    (tmp_path / "b.yaml").write_text(definition("B"))
    wait_until(lambda: len(catalogue.snapshot.types) == 2, "the next pass")
    wait_until(lambda: keeper.readiness() == "", "all is well")
    keeper.stop()


def test_keeping_goes_on_where_no_thread_can_watch_and_watching_begins_when_one_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_: object) -> None:
        raise RuntimeError("can't start new thread")

    folder = tmp_path / "enabled"
    keeper = Keeper(Catalogue(folder, LoadSettings()), rescan_seconds=0.05)
    open_files = len(list(Path("/proc/self/fd").iterdir()))
    with monkeypatch.context() as patches:
        patches.setattr(InotifyFD, "start", refuse)
        keeper.start()
        wait_until(lambda: "no thread can be started" in caplog.text, "the failure is told")
        folder.mkdir()
        wait_until(lambda: keeper.readiness() == "", "the first load")
        rescans = keeper.health.rescans
        wait_until(lambda: keeper.health.rescans > rescans + 5, "more rescans")
        assert keeper.health.noticing is Noticing.POLL
        assert len(list(Path("/proc/self/fd").iterdir())) <= open_files + 3
    wait_until(lambda: keeper.health.noticing is Noticing.INOTIFY, "watching")
    keeper.stop()
    assert caplog.text.count("no thread can be started") == 1


def test_keeping_survives_that_telling_of_a_failure_fails(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path / "missing", LoadSettings())

    def fail() -> frozenset[str]:
        raise RuntimeError("something nobody thought of")

    catalogue.watched_folders = fail  # type: ignore[method-assign]  # the fault is injected here
    keeper = Keeper(catalogue, rescan_seconds=0.05)
    keeper.start()
    wait_until(lambda: "the log says why" in keeper.readiness(), "the failure is told")
    del catalogue.watched_folders
    (tmp_path / "missing").mkdir()
    wait_until(lambda: keeper.readiness() == "", "the first load")
    keeper.stop()


def test_garbage_collector_is_spared_what_was_loaded_also_after_many_changes(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path, LoadSettings())
    keeper = Keeper(catalogue, rescan_seconds=0.05, noticing=Noticing.POLL)
    keeper.start()
    wait_until(lambda: keeper.readiness() == "", "the first load")
    spared = gc.get_freeze_count()
    for number in range(2 * MANY_PATHS):
        (tmp_path / f".{number}.yaml").write_text(definition(f"T {number}"))
    for number in range(2 * MANY_PATHS):
        (tmp_path / f".{number}.yaml").rename(tmp_path / f"{number}.yaml")
    wait_until(lambda: gc.get_freeze_count() > spared + 10 * MANY_PATHS, "many of them are spared")
    keeper.stop()


def test_readiness_comes_from_the_age_of_the_last_rescan(tmp_path: Path) -> None:
    now = [0.0]
    keeper = Keeper(Catalogue(tmp_path, LoadSettings()), rescan_seconds=5, noticing=Noticing.POLL, clock=lambda: now[0])
    assert keeper.readiness() == "the enabled folder has not been read yet"
    keeper.start()
    wait_until(lambda: keeper.readiness() == "", "the first load")
    keeper.stop()
    now[0] = 24.0
    assert keeper.readiness() == ""
    now[0] = 26.0
    assert keeper.readiness() == "the enabled folder was last read 26 seconds ago"


# ---- reconciling


def test_folder_that_is_gone_keeps_the_snapshot(tmp_path: Path) -> None:
    folder = tmp_path / "enabled"
    folder.mkdir()
    (folder / "a.yaml").write_text(definition("A"))
    catalogue = Catalogue(folder, LoadSettings())
    catalogue.reconcile()
    snapshot = catalogue.snapshot
    folder.rename(tmp_path / "elsewhere")
    for hint in (EVERYTHING, Hint(frozenset({str(folder / "a.yaml")}))):
        with pytest.raises(FolderUnavailableError, match="No such file or directory"):
            catalogue.reconcile(hint)
    assert catalogue.snapshot is snapshot


def test_reconciling_twice_changes_nothing_and_keeps_the_very_snapshot(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(definition("A"))
    (tmp_path / "b.yaml").write_text("kind: [")
    (tmp_path / "c.txt").touch()
    catalogue = Catalogue(tmp_path, LoadSettings())
    assert catalogue.reconcile()
    snapshot = catalogue.snapshot
    assert not catalogue.reconcile()
    assert catalogue.snapshot is snapshot


def test_one_change_of_many_leaves_every_other_type_as_it_was(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"t{number}.yaml").write_text(definition(f"T {number}"))
    catalogue = Catalogue(tmp_path, LoadSettings())
    catalogue.reconcile()
    before = catalogue.snapshot
    path = tmp_path / "t7.yaml"
    path.write_text(definition("Changed"))
    assert catalogue.reconcile(Hint(frozenset({str(path)}), finished=frozenset({str(path)})))
    after = catalogue.snapshot
    assert [key for key in after.types if after.types[key] is not before.types[key]] == ["t7"]
    assert [each.cluster_type.id for each in after.ordered] == sorted(after.types)


def test_other_threads_have_their_turn_at_each_entry_unless_they_wait_for_the_first_load(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"t{number}.yaml").write_text(definition(f"T {number}"))
    pauses: list[float] = []
    catalogue = Catalogue(tmp_path, LoadSettings(), pause=pauses.append)
    catalogue.reconcile()
    assert pauses == []
    for number in range(5):
        (tmp_path / f"t{number}.yaml").write_text(definition(f"Changed {number}"))
    catalogue.reconcile()
    assert len(pauses) >= 2 * 5
    assert set(pauses) == {TURN_SECONDS}


def test_step_of_a_rescan_is_no_longer_where_there_are_more_types(tmp_path: Path) -> None:
    longest = []
    for number in (100, 1000):
        folder = tmp_path / str(number)
        folder.mkdir()
        for each in range(number):
            (folder / f"t{each}.yaml").write_text(definition(f"T {each}"))
        catalogue = Catalogue(folder, LoadSettings())
        catalogue.reconcile()
        steps = catalogue.sweep()
        costs = [count_steps(partial(next, steps, None)) for _ in range(number // SWEEP_STEP + 2)]
        assert next(steps, None) is None
        longest.append(max(costs))
    assert longest[1] < 1.1 * longest[0]


def test_what_could_not_be_published_is_found_again(tmp_path: Path) -> None:
    """Also at the first load: a catalogue that is not there yet is none without types."""
    working = [False]

    def clock() -> float:
        if not working[0]:
            raise ValueError("something nobody thought of")
        return 1_000_000_000.0

    path = tmp_path / "a.yaml"
    path.write_text(definition("A"))
    catalogue = Catalogue(tmp_path, LoadSettings(), clock=clock)
    for title in ("A", "B"):
        path.write_text(definition(title))
        working[0] = False
        with pytest.raises(ValueError, match="nobody thought"):
            catalogue.reconcile(Hint(frozenset({str(path)}), frozenset({str(path)})))
        assert catalogue.has_loaded is (title == "B")
        working[0] = True
        assert catalogue.reconcile(Hint(frozenset({str(path)}), frozenset({str(path)})))
        assert [each.cluster_type.title for each in catalogue.snapshot.ordered] == [title]


def test_what_vanished_is_withdrawn_only_when_it_stays_away(tmp_path: Path) -> None:
    now = [0.0]
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(definition(name))
    catalogue = Catalogue(tmp_path, LoadSettings(), patience=Patience(steady_clock=lambda: now[0]))
    catalogue.reconcile()
    path = tmp_path / "a.yaml"
    path.unlink()
    assert not catalogue.reconcile(Hint(frozenset({str(path)})))
    assert catalogue.held_back == {str(path)}
    now[0] = VANISHED_SECONDS - 0.01
    assert not catalogue.reconcile(Hint(catalogue.held_back))
    now[0] = VANISHED_SECONDS
    assert catalogue.reconcile(Hint(catalogue.held_back))
    assert list(catalogue.snapshot.types) == ["b"]
    assert not catalogue.held_back


def test_file_that_is_written_slowly_is_taken_when_it_is_complete_or_after_half_a_minute(tmp_path: Path) -> None:
    now = [0.0]
    path = tmp_path / "a.yaml"
    path.write_text(definition("A"))
    catalogue = Catalogue(tmp_path, LoadSettings(), patience=Patience(lambda: now[0], lambda: now[0]))
    catalogue.reconcile()
    written = Hint(frozenset({str(path)}))
    for second in range(30):
        now[0] = 1_000.0 + second
        path.write_text(definition(f"A {second}"))
        os.utime(path, (now[0], now[0]))
        assert not catalogue.reconcile(written), second
    assert catalogue.reconcile(Hint(frozenset({str(path)}), frozenset({str(path)})))
    now[0] = 2_000.0
    for second in (0, 30):
        now[0] = 2_000.0 + second
        path.write_text(definition(f"A {second}, endless"))
        os.utime(path, (now[0], now[0]))
        assert catalogue.reconcile(written) is (second == 30)


def test_folder_that_only_a_withdrawn_type_depended_on_is_watched_no_longer(tmp_path: Path) -> None:
    enabled, elsewhere = tmp_path / "enabled", tmp_path / "elsewhere"
    enabled.mkdir()
    elsewhere.mkdir()
    (enabled / "b.yaml").write_text(definition("B"))
    (elsewhere / "target.yaml").write_text(definition("A"))
    now = [0.0]
    catalogue = Catalogue(enabled, LoadSettings(), patience=Patience(steady_clock=lambda: now[0]))
    catalogue.reconcile()
    before = catalogue.watched_folders()
    (enabled / "a.yaml").symlink_to(elsewhere / "target.yaml")
    catalogue.reconcile()
    assert catalogue.watched_folders() == before | {str(elsewhere)}
    (enabled / "a.yaml").unlink()
    catalogue.reconcile()
    now[0] = VANISHED_SECONDS
    assert catalogue.reconcile()
    assert catalogue.watched_folders() == before


def test_types_behind_one_link_change_together_even_if_only_one_was_hinted_at(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / str(number)).mkdir()
        for name in ("a", "b"):
            (tmp_path / str(number) / f"{name}.yaml").write_text(definition(f"{name} {number}"))
    current, enabled = tmp_path / "current", tmp_path / "enabled"
    current.symlink_to("1")
    enabled.mkdir()
    for name in ("a", "b"):
        (enabled / f"{name}.yaml").symlink_to(current / f"{name}.yaml")
    catalogue = Catalogue(enabled, LoadSettings())
    catalogue.reconcile()
    current.unlink()
    current.symlink_to("2")
    assert catalogue.reconcile(Hint(frozenset({str(enabled / "a.yaml")})))
    assert [each.cluster_type.title for each in catalogue.snapshot.ordered] == ["a 2", "b 2"]
    assert catalogue.snapshot.listings == 2


def test_definition_that_judging_fails_over_is_told_with_its_traceback_once_and_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail_over_bad(cluster_type_id: ClusterTypeId, files: Files) -> Outcome:
        if cluster_type_id == "bad":
            files.read("")
            raise KeyError("nobody thought of it")
        return build_cluster_type(cluster_type_id, files)

    monkeypatch.setattr(loader, "build_cluster_type", fail_over_bad)
    for name in ("bad", "good"):
        (tmp_path / f"{name}.yaml").write_text(definition(name))
    catalogue = Catalogue(tmp_path, LoadSettings())
    catalogue.reconcile()
    catalogue.reconcile()
    (report,) = catalogue.snapshot.slots[ClusterTypeId("bad")].reports
    assert list(catalogue.snapshot.types) == ["good"]
    assert [(problem.rule, problem.path) for problem in report.problems] == [("internal-error", "bad.yaml")]
    assert report.problems[0].message.startswith("judging it failed: KeyError in test_parts.py, line ")
    assert caplog.text.count("Traceback (most recent call last)") == 1
    monkeypatch.undo()
    (tmp_path / "bad.yaml").write_text(definition("Mended"))
    os.utime(tmp_path / "bad.yaml", (1, 1))
    catalogue.reconcile()
    assert sorted(catalogue.snapshot.types) == ["bad", "good"]


def test_path_of_many_folders_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("x/y")
    path = f"{tmp_path}/link/{'a/' * 1500}b"
    assert LinkResolver().resolve(path).real == f"{tmp_path}/x/y/{'a/' * 1500}b"


@pytest.mark.parametrize("root", ["/", "//", "///"])
def test_path_may_begin_with_several_slashes(tmp_path: Path, root: str) -> None:
    (tmp_path / "link").symlink_to(root + "etc")
    assert LinkResolver().resolve(f"{root}{str(tmp_path).lstrip('/')}/link/x").real == "/etc/x"


@pytest.mark.parametrize(
    ("path", "folder", "within"),
    [
        ("/a/b", "/a/b", True),
        ("/a/b/c", "/a/b", True),
        ("/a/b/c", "/a/b/", True),
        ("/a/bc", "/a/b", False),
        ("/a", "/a/b", False),
        ("/b/a/b", "/a/b", False),
        ("/a", "/", True),
        ("/", "/", True),
    ],
)
def test_what_is_in_a_folder_is_told_by_whole_names(path: str, folder: str, within: bool) -> None:
    assert is_at_or_below(path, folder) is within


def test_update_that_adds_changes_and_removes_behind_one_link_is_one_step(tmp_path: Path) -> None:
    """As the kubelet updates a ConfigMap: whose link is gone when the common one has moved is not on its way back."""
    mount = ConfigMap(tmp_path)
    mount.update({"a.yaml": definition("a 1"), "b.yaml": definition("b 1")})
    catalogue = Catalogue(tmp_path, LoadSettings())
    catalogue.reconcile()
    mount.update({"b.yaml": definition("b 2"), "c.yaml": definition("c 2")})
    hinted = ("..data", "..data_tmp", "c.yaml", "a.yaml")
    assert catalogue.reconcile(Hint(frozenset(str(tmp_path / name) for name in hinted)))
    assert [each.cluster_type.title for each in catalogue.snapshot.ordered] == ["b 2", "c 2"]
    assert not catalogue.held_back
