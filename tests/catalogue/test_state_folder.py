"""What is kept of last good versions: whole, bounded, for its user alone; and nothing that is read is trusted."""

from __future__ import annotations

import json
import logging
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from builder.catalogue.catalogue import Catalogue
from builder.catalogue.loader import LoadSettings
from builder.catalogue.publishing import publish
from builder.catalogue.snapshot import Snapshot, State
from builder.disk import state_folder
from builder.disk.dependencies import digest_content
from builder.disk.fetching import RemoteFiles
from builder.disk.last_good import LastGoodVersion
from builder.disk.state_folder import FORGOTTEN_SECONDS, StateFolder
from tests.watching.world import definition, write_composed

BROKEN = "kind: ["


class Process:
    """A process that keeps a catalogue of a folder, and a state; ends when it is forgotten."""

    def __init__(self, root: Path, *, state: str = "state", remote: RemoteFiles | None = None) -> None:
        self.folder = root / "instance" / "cluster-types-enabled"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.kept = root / state / "last-good"
        self.state = StateFolder(root / state)
        self.catalogue = Catalogue(self.folder, LoadSettings(remote=remote, state=self.state))
        self.catalogue.reconcile()
        self.keep_state()

    def keep_state(self) -> None:
        for _ in self.catalogue.keep_state():
            pass

    def states(self) -> dict[str, State]:
        return {str(key): slot.state for key, slot in self.catalogue.snapshot.slots.items()}

    def files(self) -> list[str]:
        return sorted(path.name for path in self.kept.iterdir() if path.suffix == ".json")


def put(root: Path, name: str, text: str) -> None:
    folder = root / "instance" / "cluster-types-enabled"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.yaml").write_text(text)


def test_every_kind_of_reference_leads_where_it_led(tmp_path: Path) -> None:
    """Files beside, in ``hot``, at an absolute path, and by URL."""
    instance = tmp_path / "instance"
    template = definition("x").partition("heat_template:\n")[2].replace("\n  ", "\n").removeprefix("  ")
    (instance / "hot").mkdir(parents=True)
    (instance / "hot" / "in-hot.yaml").write_text(template)
    (instance / "shared").mkdir()
    (instance / "shared" / "absolute.yaml").write_text(template)
    head = "kind: heat\ntitle: T\ndescription: D\n"
    put(tmp_path, "hot", head + "heat_template_url: in-hot.yaml\n")
    put(tmp_path, "url", head + "heat_template_url: http://templates.example.org/t.yaml\n")
    absolute = f"components:\n  - {{name: {instance}/shared/absolute.yaml}}\n"
    put(tmp_path, "single", definition("\N{SNOWMAN}"))
    write_composed(instance / "cluster-types-enabled" / "composed", "Composed")
    put(tmp_path, "absolute", head + absolute)
    first = Process(tmp_path, remote=RemoteFiles(lambda url: template.encode()))
    while any(state is not State.LISTED for state in first.states().values()):  # until the URL is fetched
        first.catalogue.reconcile()
    first.keep_state()
    good = first.states().keys()
    assert good == {"hot", "url", "single", "composed", "absolute"}
    listing = first.catalogue.snapshot.listing
    for path in (instance / "cluster-types-enabled").glob("*.yaml"):
        path.write_text(BROKEN)
    (instance / "cluster-types-enabled" / "composed" / "cluster-type.yaml").unlink()
    (instance / "hot" / "in-hot.yaml").unlink()
    second = Process(tmp_path)
    assert {second.states()[key] for key in good} == {State.STALE}
    assert second.catalogue.snapshot.listing == listing
    for key in good:
        ours, theirs = (each.catalogue.snapshot.types[key].cluster_type for each in (first, second))  # type: ignore[index]  # an id
        assert ours == theirs


def make_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-9]),
        lambda path: path.write_text(path.read_text().replace("size", "tize")),
        lambda path: path.write_text(path.read_text().replace('"format": 1', '"format": 2')),
        lambda path: path.write_text("[" * 100_000),
        lambda path: path.write_text("null"),
        lambda path: path.write_text(json.dumps({**json.loads(path.read_text()), "files": {"": None}})),
        lambda path: path.write_text(json.dumps({**json.loads(path.read_text()), "last_modified": 1e999})),
        lambda path: path.write_text(json.dumps({**json.loads(path.read_text()), "id": "b"})),
        lambda path: (path.unlink(), path.mkdir()),
        make_pipe,
        lambda path: (path.rename(path.with_name("elsewhere")), path.symlink_to("elsewhere")),
        lambda path: path.parent.chmod(0o777),
    ],
    ids=["cut", "edited", "format", "deep", "null", "no file", "infinite", "id", "folder", "pipe", "link", "open"],
)  # fmt: skip
def test_state_that_is_not_ours_or_not_whole_is_ignored_with_one_line(
    tmp_path: Path, damage: Callable[[Path], object], caplog: pytest.LogCaptureFixture
) -> None:
    put(tmp_path, "a", definition("A"))
    first = Process(tmp_path)
    put(tmp_path, "a", BROKEN)
    damage(first.kept / "a.json")
    caplog.set_level(logging.WARNING, "builder.catalogue.persistence")
    second = Process(tmp_path)
    assert second.states() == {"a": State.REJECTED}
    lines = [record.message for record in caplog.records if record.name == "builder.catalogue.persistence"]
    assert len(lines) == 1
    assert "a.json" in lines[0]
    assert "\n" not in lines[0]


def test_state_is_for_its_user_alone(tmp_path: Path) -> None:
    put(tmp_path, "a", definition("A"))
    process = Process(tmp_path)
    assert stat.S_IMODE(process.kept.parent.stat().st_mode) == stat.S_IMODE(process.kept.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in process.kept.iterdir()} == {0o600}


def test_what_is_withdrawn_is_removed_and_what_was_while_no_process_ran_after_a_day(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        put(tmp_path, name, definition(name))
    first = Process(tmp_path)
    (first.folder / "a.yaml").unlink()
    first.catalogue.reconcile()
    while first.catalogue.deferred:
        first.catalogue.reconcile()
    assert first.files() == ["b.json", "c.json"]
    (first.folder / "b.yaml").unlink()
    (first.kept / ".d.json.0123").touch()
    assert Process(tmp_path).files() == ["b.json", "c.json"]
    for path in first.kept.iterdir():
        old = path.stat().st_mtime - FORGOTTEN_SECONDS - 1
        os.utime(path, (old, old))
    last = Process(tmp_path)
    assert sorted(path.name for path in last.kept.iterdir()) == ["c.json", "mount"]
    assert (first.kept / "c.json").stat().st_mtime > old + FORGOTTEN_SECONDS / 2


def test_type_put_back_broken_after_it_was_withdrawn_is_rejected(tmp_path: Path) -> None:
    put(tmp_path, "a", definition("A"))
    process = Process(tmp_path)
    (process.folder / "a.yaml").unlink()
    process.catalogue.reconcile()
    while process.catalogue.deferred:
        process.catalogue.reconcile()
    put(tmp_path, "a", BROKEN)
    assert Process(tmp_path).states() == {"a": State.REJECTED}


def test_a_version_is_kept_before_it_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "a", definition("A"))
    process = Process(tmp_path)
    kept: list[str] = []

    def publish_and_note(*arguments: Any, **options: Any) -> Snapshot:
        version = StateFolder(tmp_path / "state").read("a")  # as a process that takes this one's place
        assert version is not None
        kept.append(version.contents[""].decode())
        return publish(*arguments, **options)

    monkeypatch.setattr("builder.catalogue.catalogue.publish", publish_and_note)
    put(tmp_path, "a", definition("Another"))
    process.catalogue.reconcile()
    while process.catalogue.deferred:
        process.catalogue.reconcile()
    assert "Another" in kept[-1]


def test_until_the_disk_has_a_version_the_one_before_is_kept_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that stops loses one of them at most, and a process that is killed none."""
    put(tmp_path, "a", definition("First"))
    process = Process(tmp_path)
    held: list[str] = []
    fsync = os.fsync

    def note_and_flush(descriptor: int) -> None:
        held.append((process.kept / "a.json").read_text())
        fsync(descriptor)

    monkeypatch.setattr("builder.disk.state_folder.os.fsync", note_and_flush)
    put(tmp_path, "a", definition("Second"))
    process.catalogue.reconcile()
    while process.catalogue.deferred:
        process.catalogue.reconcile()
    (written,) = process.kept.glob("a.json?*")
    whole = written.read_bytes()
    put(tmp_path, "a", BROKEN)
    for content, title in ((whole[:-9], "First"), (b"", "First"), (whole, "Second")):
        written.write_bytes(content)
        after = Catalogue(process.folder, LoadSettings(state=StateFolder(tmp_path / "state")))
        after.reconcile()
        assert [each.cluster_type.title for each in after.snapshot.types.values()] == [title]
    process.keep_state()
    assert ["First" in each for each in held] == [True]
    assert "Second" in (process.kept / "a.json").read_text()
    assert process.files() == ["a.json"]
    assert not written.exists()


def test_a_type_under_another_path_is_another(tmp_path: Path) -> None:
    put(tmp_path, "a", definition("A"))
    first = Process(tmp_path)
    (first.folder / "a.yaml").rename(first.folder / "a.yml")
    (first.folder / "a.yml").write_text(BROKEN)
    assert Process(tmp_path).states() == {"a": State.REJECTED}


def test_state_that_cannot_be_written_is_told_of_once_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(tmp_path, "a", definition("A"))
    put(tmp_path, "b", definition("B"))
    (tmp_path / "state").write_text("a file where the folder should be")
    caplog.set_level(logging.INFO, "builder.catalogue.change_log")
    process = Process(tmp_path)
    put(tmp_path, "a", definition("Another"))
    process.catalogue.reconcile()
    while process.catalogue.deferred:
        process.catalogue.reconcile()
    process.keep_state()
    lost = [record for record in caplog.records if "is lost when this process ends" in record.message]
    assert len(lost) == 1
    assert "cannot be written" in process.catalogue.persistence.problem
    (tmp_path / "state").unlink()
    process.keep_state()
    assert process.catalogue.persistence.problem == ""
    assert process.files() == ["a.json", "b.json"]
    assert "Another" in (process.kept / "a.json").read_text()


def test_state_is_bounded_in_bytes_and_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        put(tmp_path, f"t{number}", definition(f"T {number}"))
    monkeypatch.setattr(state_folder, "MAX_FOLDER_BYTES", 3 * state_folder.BLOCK_BYTES)
    process = Process(tmp_path)
    assert len(process.files()) == 2
    assert "holds as much as it may" in process.catalogue.persistence.problem
    monkeypatch.setattr(state_folder, "MAX_FOLDER_BYTES", 10 * state_folder.BLOCK_BYTES)
    process.keep_state()
    assert len(process.files()) == 5
    assert process.catalogue.persistence.problem == ""


def test_version_that_is_too_large_keeps_no_other_from_being_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "large", definition("L") + "# " + "x" * 5000)
    put(tmp_path, "small", definition("S"))
    monkeypatch.setattr(state_folder, "MAX_VERSION_BYTES", 4000)
    process = Process(tmp_path)
    assert process.files() == ["small.json"]
    assert process.catalogue.persistence.problem.startswith("large.yaml is not kept")


def test_many_that_write_and_read_at_once_never_see_a_part(tmp_path: Path) -> None:
    versions = [
        LastGoodVersion("a", "a.yaml", "/", "", number, {"": digest_content(text)}, {"": text})
        for number, text in enumerate((b"x" * 100_000, b"y" * 200_000))
    ]
    seen: list[LastGoodVersion | None] = []

    def work(version: LastGoodVersion) -> None:
        folder = StateFolder(tmp_path)
        for _ in range(30):
            folder.write(version)
            seen.append(folder.read("a"))
            for _ in folder.catch_up(lambda _: None):
                pass
            seen.append(folder.read("a"))
        assert folder.problem == ""

    threads = [threading.Thread(target=work, args=(versions[number % 2],)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 240
    assert all(version in versions for version in seen)
    assert [path.name for path in (tmp_path / "last-good").iterdir()] == ["a.json"]
