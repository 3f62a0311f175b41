"""Reconciling, case by case, where the scenarios on the real service cannot bring one about."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from builder.catalogue import loader
from builder.catalogue.catalogue import SWEEP_STEP, TURN_SECONDS, Catalogue
from builder.catalogue.loader import LoadSettings
from builder.catalogue.scan import EVERYTHING, ChangeHint, FolderUnavailableError
from builder.catalogue.settling import EMPTIED_SECONDS, VANISHED_SECONDS, WRITING_SECONDS, Settling
from builder.definitions.building import Outcome, build_cluster_type
from builder.definitions.kind_reading import KindReader
from builder.definitions.model import ClusterTypeId
from builder.disk import safe_reading
from builder.disk.state_folder import StateFolder
from builder.hot_lint.sources import Files
from tests.steps import count_steps
from tests.watching.test_5_kubernetes import ConfigMap
from tests.watching.world import definition, write_composed


def test_folder_that_is_gone_keeps_the_snapshot(tmp_path: Path) -> None:
    folder = tmp_path / "enabled"
    folder.mkdir()
    (folder / "a.yaml").write_text(definition("A"))
    catalogue = Catalogue(folder, LoadSettings())
    catalogue.reconcile()
    snapshot = catalogue.snapshot
    folder.rename(tmp_path / "elsewhere")
    for hint in (EVERYTHING, ChangeHint(frozenset({str(folder / "a.yaml")}))):
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
    assert catalogue.reconcile(ChangeHint(frozenset({str(path)}), finished=frozenset({str(path)})))
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
            catalogue.reconcile(ChangeHint(frozenset({str(path)}), frozenset({str(path)})))
        assert catalogue.has_loaded is (title == "B")
        working[0] = True
        assert catalogue.reconcile(ChangeHint(frozenset({str(path)}), frozenset({str(path)})))
        assert [each.cluster_type.title for each in catalogue.snapshot.ordered] == [title]


def test_what_vanished_is_withdrawn_only_when_it_stays_away(tmp_path: Path) -> None:
    now = [0.0]
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(definition(name))
    catalogue = Catalogue(tmp_path, LoadSettings(), settling=Settling(steady_clock=lambda: now[0]))
    catalogue.reconcile()
    path = tmp_path / "a.yaml"
    path.unlink()
    assert not catalogue.reconcile(ChangeHint(frozenset({str(path)})))
    assert catalogue.deferred == {str(path)}
    now[0] = VANISHED_SECONDS - 0.01
    assert not catalogue.reconcile(ChangeHint(catalogue.deferred))
    now[0] = VANISHED_SECONDS
    assert catalogue.reconcile(ChangeHint(catalogue.deferred))
    assert list(catalogue.snapshot.types) == ["b"]
    assert not catalogue.deferred


def test_folder_that_has_become_empty_is_given_longer_to_be_filled_again(tmp_path: Path) -> None:
    now = [0.0]
    catalogue = Catalogue(tmp_path, LoadSettings(), settling=Settling(lambda: now[0]))
    path = tmp_path / "a.yaml"
    path.write_text(definition("A"))
    catalogue.reconcile()
    path.unlink()
    catalogue.reconcile()
    now[0] = (VANISHED_SECONDS + EMPTIED_SECONDS) / 2
    assert not catalogue.reconcile(ChangeHint(catalogue.deferred))
    now[0] = EMPTIED_SECONDS
    assert catalogue.reconcile(ChangeHint(catalogue.deferred))


def test_file_that_is_written_slowly_is_taken_when_it_is_complete_or_after_half_a_minute(tmp_path: Path) -> None:
    now = [0.0]
    path = tmp_path / "a.yaml"
    path.write_text(definition("A"))
    catalogue = Catalogue(tmp_path, LoadSettings(), settling=Settling(lambda: now[0]))
    catalogue.reconcile()
    written = ChangeHint(frozenset({str(path)}))
    for second in range(30):
        now[0] = 1_000.0 + second
        path.write_text(definition(f"A {second}"))
        assert not catalogue.reconcile(written), second
    assert catalogue.reconcile(ChangeHint(frozenset({str(path)}), frozenset({str(path)})))
    now[0] = 2_000.0
    for second in (0, 30):
        now[0] = 2_000.0 + second
        path.write_text(definition(f"A {second}, endless"))
        assert catalogue.reconcile(written) is (second == 30)


@pytest.mark.parametrize("skew", [-3600.0, -2.0, 2.0, 3600.0])
def test_clock_of_the_file_server_has_no_say_in_whether_a_file_is_being_written(tmp_path: Path, skew: float) -> None:
    """``skew`` is how far its clock is ahead of the host's, in seconds."""
    now = [0.0]
    path = tmp_path / "a.yaml"

    def write(text: str) -> None:
        path.write_text(text)
        os.utime(path, (time.time() + skew,) * 2)

    path.write_text(definition("A"))
    catalogue = Catalogue(tmp_path, LoadSettings(), settling=Settling(lambda: now[0]))
    catalogue.reconcile()
    written = ChangeHint(frozenset({str(path)}))
    write(definition("B")[:-20])
    assert not catalogue.reconcile(written)
    now[0] += WRITING_SECONDS - 0.01
    write(definition("B"))
    assert not catalogue.reconcile(written)
    now[0] += WRITING_SECONDS - 0.01
    assert not catalogue.reconcile(ChangeHint(catalogue.deferred))
    now[0] += 0.01
    assert catalogue.reconcile(ChangeHint(catalogue.deferred))
    assert [each.cluster_type.title for each in catalogue.snapshot.ordered] == ["B"]
    assert not catalogue.deferred


def test_entry_that_is_held_back_is_judged_once_however_often_it_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[str] = []

    def count(
        cluster_type_id: ClusterTypeId, files: Files, readers: Mapping[str, KindReader], **options: Any
    ) -> Outcome:
        judged.append(cluster_type_id)
        return build_cluster_type(cluster_type_id, files, readers, **options)

    monkeypatch.setattr(loader, "build_cluster_type", count)
    now = [0.0]
    catalogue = Catalogue(tmp_path, LoadSettings(), settling=Settling(lambda: now[0]))
    catalogue.reconcile()
    path = tmp_path / "a.yaml"
    for text in ("kind: [", definition("A")):
        path.write_text(text)
        for _ in range(5):
            assert not catalogue.reconcile(ChangeHint(frozenset({str(path)})))
    now[0] = WRITING_SECONDS
    assert catalogue.reconcile(ChangeHint(catalogue.deferred))
    assert judged == ["a", "a"]


@pytest.mark.parametrize("by_link", [False, True])
def test_folder_that_was_put_in_place_whole_counts_at_once(tmp_path: Path, by_link: bool) -> None:
    enabled, folder = tmp_path / "enabled", tmp_path / "enabled" / "composed"
    enabled.mkdir()
    catalogue = Catalogue(enabled, LoadSettings(), settling=Settling(lambda: 0.0))
    catalogue.reconcile()
    written = tmp_path / "cluster-types-available" / "composed"
    write_composed(written, "Composed")
    if by_link:
        folder.symlink_to(written)
        assert catalogue.reconcile(ChangeHint(frozenset({str(folder)})))
        return
    written.rename(folder)
    assert catalogue.reconcile(ChangeHint(frozenset({str(folder)}), finished=frozenset({str(folder)})))


@pytest.mark.parametrize("hint", [None, EVERYTHING], ids=["by-name", "everything"])
@pytest.mark.parametrize("elsewhere", [False, True], ids=["same-folder", "another-folder"])
def test_new_file_that_is_gone_before_it_counts_is_waited_for_no_longer(
    tmp_path: Path, hint: ChangeHint | None, elsewhere: bool
) -> None:
    now = [0.0]
    folder, other, link = tmp_path / "folder", tmp_path / "other", tmp_path / "enabled"
    for each in (folder, other):
        each.mkdir()
        (each / "b.yaml").write_text(definition("B"))
    link.symlink_to(folder)
    catalogue = Catalogue(link, LoadSettings(), settling=Settling(lambda: now[0]))
    catalogue.reconcile()
    path = folder / "x.yaml"
    path.write_text("kind: [")
    catalogue.reconcile(ChangeHint(frozenset({str(path)})))
    assert catalogue.deferred == {str(path)}
    path.unlink()
    if elsewhere:
        link.unlink()
        link.symlink_to(other)
    catalogue.reconcile(hint or ChangeHint(frozenset({str(path)})))
    assert catalogue.deferred == frozenset()
    now[0] = 3600.0
    path = (other if elsewhere else folder) / "x.yaml"
    path.write_text("kind: [")
    assert not catalogue.reconcile(ChangeHint(frozenset({str(path)})))  # it waits anew
    assert catalogue.deferred == {str(path)}


def test_new_file_that_is_gone_before_it_counts_makes_no_lost_volume_of_an_empty_folder(tmp_path: Path) -> None:
    folder, state = tmp_path / "enabled", StateFolder(tmp_path / "state")
    folder.mkdir()
    state.write_mount("another, of an earlier start")
    catalogue = Catalogue(folder, LoadSettings(state=state), settling=Settling(lambda: 0.0))
    catalogue.reconcile()
    path = folder / "x.yaml"
    hint = ChangeHint(frozenset({str(path)}))
    path.write_text("kind: [")
    catalogue.reconcile(hint)
    assert catalogue.deferred == {str(path)}
    path.unlink()
    assert not catalogue.reconcile(hint)
    assert catalogue.deferred == frozenset()


def test_folder_that_only_a_withdrawn_type_depended_on_is_watched_no_longer(tmp_path: Path) -> None:
    enabled, elsewhere = tmp_path / "enabled", tmp_path / "cluster-types-available"
    enabled.mkdir()
    elsewhere.mkdir()
    (enabled / "b.yaml").write_text(definition("B"))
    (elsewhere / "target.yaml").write_text(definition("A"))
    now = [0.0]
    catalogue = Catalogue(enabled, LoadSettings(), settling=Settling(steady_clock=lambda: now[0]))
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
    available = tmp_path / "cluster-types-available"
    for number in (1, 2):
        (available / str(number)).mkdir(parents=True)
        for name in ("a", "b"):
            (available / str(number) / f"{name}.yaml").write_text(definition(f"{name} {number}"))
    current, enabled = available / "current", tmp_path / "enabled"
    current.symlink_to("1")
    enabled.mkdir()
    for name in ("a", "b"):
        (enabled / f"{name}.yaml").symlink_to(current / f"{name}.yaml")
    catalogue = Catalogue(enabled, LoadSettings())
    catalogue.reconcile()
    current.unlink()
    current.symlink_to("2")
    assert catalogue.reconcile(ChangeHint(frozenset({str(enabled / "a.yaml")})))
    assert [each.cluster_type.title for each in catalogue.snapshot.ordered] == ["a 2", "b 2"]
    assert catalogue.snapshot.listings == 2


def test_definition_that_judging_fails_over_is_told_with_its_traceback_once_and_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail_over_bad(
        cluster_type_id: ClusterTypeId, files: Files, readers: Mapping[str, KindReader], **options: Any
    ) -> Outcome:
        if cluster_type_id == "bad":
            files.read("")
            raise KeyError("nobody thought of it")
        return build_cluster_type(cluster_type_id, files, readers, **options)

    monkeypatch.setattr(loader, "build_cluster_type", fail_over_bad)
    for name in ("bad", "good"):
        (tmp_path / f"{name}.yaml").write_text(definition(name))
    catalogue = Catalogue(tmp_path, LoadSettings())
    catalogue.reconcile()
    catalogue.reconcile()
    (report,) = catalogue.snapshot.slots[ClusterTypeId("bad")].reports
    assert list(catalogue.snapshot.types) == ["good"]
    assert [(problem.rule, problem.path) for problem in report.problems] == [("internal-error", "bad.yaml")]
    assert report.problems[0].message.startswith(f"judging it failed: KeyError in {Path(__file__).name}, line ")
    assert caplog.text.count("Traceback (most recent call last)") == 1
    monkeypatch.undo()
    mended = tmp_path / "bad.yaml"
    mended.write_text(definition("Mended"))
    catalogue.reconcile(ChangeHint(frozenset({str(mended)}), finished=frozenset({str(mended)})))
    assert sorted(catalogue.snapshot.types) == ["bad", "good"]


def test_update_that_adds_changes_and_removes_behind_one_link_is_one_step(tmp_path: Path) -> None:
    """As the kubelet updates a ConfigMap: whose link is gone when the common one has moved is not on its way back."""
    mount = ConfigMap(tmp_path)
    mount.update({"a.yaml": definition("a 1"), "b.yaml": definition("b 1")})
    catalogue = Catalogue(tmp_path, LoadSettings())
    catalogue.reconcile()
    mount.update({"b.yaml": definition("b 2"), "c.yaml": definition("c 2")})
    hinted = ("..data", "..data_tmp", "c.yaml", "a.yaml")
    assert catalogue.reconcile(ChangeHint(frozenset(str(tmp_path / name) for name in hinted)))
    assert [each.cluster_type.title for each in catalogue.snapshot.ordered] == ["b 2", "c 2"]
    assert not catalogue.deferred


def test_look_at_a_changed_type_reads_each_of_its_files_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "enabled"
    write_composed(folder / "a", "A")
    path, components = folder / "a" / "cluster-type.yaml", folder / "a" / "components"
    for number in range(9):
        resource = f"resources: {{more{number}: {{type: OS::Heat::None}}}}\n"
        (components / f"more{number}.yaml").write_text(f"heat_template_version: 2021-04-16\n{resource}")
        path.write_text(path.read_text() + f"  - name: more{number}\n")
    catalogue = Catalogue(folder, LoadSettings())
    read: Counter[str] = Counter()
    open_file = safe_reading._open_file

    def count(path: str) -> int:
        read[path] += 1
        return open_file(path)

    monkeypatch.setattr(safe_reading, "_open_file", count)
    catalogue.reconcile()
    assert set(catalogue.snapshot.types) == {"a"}
    once = dict.fromkeys(map(str, (path, *components.iterdir())), 1)
    assert (len(once), read) == (11, once)
    read.clear()
    last = components / "more8.yaml"
    last.write_text(last.read_text().replace("more8", "other"))
    hint = ChangeHint(frozenset({str(last)}))
    assert not catalogue.reconcile(hint)
    assert (read, len(catalogue.deferred)) == (once, 1)
    read.clear()
    assert catalogue.reconcile(ChangeHint(hint.paths, hint.paths))
    assert (read, len(catalogue.deferred)) == (once, 0)
