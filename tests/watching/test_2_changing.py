"""A file changes, by every way in which editors and tools change files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.watching.world import World, definition

OLD, NEW = definition("Old title"), definition("New title")


def edit_in_place(path: Path) -> None:
    with path.open("r+") as stream:
        stream.write(NEW)
        stream.truncate()


def truncate_then_write(path: Path) -> None:
    path.write_text(NEW)


def truncate_wait_then_write(path: Path) -> None:
    """Two openings with nothing in the file between them."""
    os.truncate(path, 0)
    path.write_text(NEW)


def save_as_vim(path: Path) -> None:
    """Move the old version away as a backup, write the new one, remove the backup (``backupcopy=no``)."""
    (path.parent / "4913").touch()
    (path.parent / "4913").unlink()
    backup = path.with_name(path.name + "~")
    path.rename(backup)
    path.write_text(NEW)
    backup.unlink()


def save_as_vs_code(path: Path) -> None:
    """Open, truncate and write, in place."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.write(descriptor, NEW.encode())
    os.fdatasync(descriptor)
    os.close(descriptor)


def save_as_emacs(path: Path) -> None:
    """A lock that is a dangling link, an auto-save file, the new version in place."""
    lock = path.with_name(f".#{path.name}")
    lock.symlink_to("someone@somewhere.1:1")
    path.with_name(f"#{path.name}#").write_text(NEW[:40])
    path.with_name(f"{path.name}~").write_text(OLD)
    path.write_text(NEW)
    path.with_name(f"#{path.name}#").unlink()
    lock.unlink()


def sed_in_place(path: Path) -> None:
    subprocess.run(["sed", "-i", "s/Old title/New title/", str(path)], check=True)


def rsync_over(path: Path) -> None:
    """A hidden temporary file in the same folder, dated as the source, renamed over."""
    temporary = path.with_name(f".{path.name}.Ab3dEf")
    temporary.write_text(NEW)
    os.utime(temporary, (1_600_000_000, 1_600_000_000))
    temporary.rename(path)


def ansible_atomic_move(path: Path) -> None:
    """Written elsewhere, copied beside the file, given its mode and owner, renamed over."""
    source = path.parent.parent / "ansible-source"
    source.write_text(NEW)
    temporary = path.with_name(f".ansible_tmp8s2x{path.name}")
    shutil.copy2(source, temporary)
    temporary.chmod(0o644)
    os.chown(temporary, os.getuid(), os.getgid())
    temporary.rename(path)
    source.unlink()


def remove_and_write_again(path: Path) -> None:
    """As ``git checkout`` does it."""
    path.unlink()
    path.write_text(NEW)


def replace_by_link(path: Path) -> None:
    target = path.parent.parent / "cluster-types-available" / "target.yaml"
    target.write_text(NEW)
    path.unlink()
    path.symlink_to(target)


def exchange_two_files(path: Path) -> None:
    """Three renames; the new version has been there all the time, under another name."""
    other = path.with_name("other.txt")
    other.write_text(NEW)
    path.rename(path.with_name("swap.txt"))
    other.rename(path)
    path.with_name("swap.txt").rename(other)


WAYS = [
    edit_in_place, truncate_then_write, truncate_wait_then_write, save_as_vim, save_as_vs_code, save_as_emacs,
    sed_in_place, rsync_over, ansible_atomic_move, remove_and_write_again, replace_by_link, exchange_two_files,
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_every_way_of_saving_shows_the_new_version_and_no_gap(world: World, way: Callable[[Path], None]) -> None:
    path = world.enable("edited", "Old title")
    with world.reader("edited") as seen:
        way(path)
        world.wait_for_title("edited", "New title")
    assert seen == [{"edited": "Old title"}, {"edited": "New title"}]
    assert not [line for line in world.log() if "stale" in line or "withdrawn id=edited" in line]


@pytest.mark.skipif(shutil.which("rsync") is None, reason="rsync is not installed")
def test_rsync_itself_shows_the_new_version(world: World, tmp_path: Path) -> None:
    path = world.enable("edited", "Old title")
    source = tmp_path / "edited.yaml"
    source.write_text(NEW)
    # rsync itself takes two files of one size and one second for the same.
    os.utime(source, (1_600_000_000, 1_600_000_000))
    subprocess.run(["rsync", "-a", str(source), str(path)], check=True)
    assert path.read_text() == NEW
    world.wait_for_title("edited", "New title")


def test_same_size_and_same_time_but_other_bytes_is_a_change(world: World) -> None:
    path = world.enable("twin", "Title one")
    for title in ("Title two", "Title six", "Title ten"):
        status = path.stat()
        path.write_text(definition(title))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert (path.stat().st_size, path.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)
        world.wait_for_title("twin", title)


def test_touch_is_no_new_version(world: World) -> None:
    path = world.enable("touched", "Touched")
    tag, listed = world.etag(), world.listing()["touched"]
    path.touch()
    os.utime(path, (1_900_000_000, 1_900_000_000))
    path.chmod(0o600)
    world.settle()
    assert world.listing()["touched"] == listed
    assert world.etag() == tag
    assert not [line for line in world.log() if "changed" in line and "id=touched" in line]


def test_writing_the_same_bytes_again_is_no_new_version(world: World) -> None:
    path = world.enable("same", "Same")
    tag = world.etag()
    path.write_text(definition("Same"))
    world.replace(path, definition("Same"))
    world.settle()
    assert world.etag() == tag


def test_edit_through_an_open_descriptor_shows_without_closing(world: World) -> None:
    """Some programs keep the file open for ever."""
    path = world.enable("open", "Old title")
    with path.open("r+") as stream:
        stream.write(NEW)
        stream.flush()
        world.wait_for_title("open", "New title")


def test_every_one_of_many_quick_edits_ends_in_the_last(world: World) -> None:
    path = world.enable("quick", "Edit 0")
    for number in range(1, 200):
        path.write_text(definition(f"Edit {number}"))
    world.wait_for_title("quick", "Edit 199")


def test_edit_by_another_process_shows(world: World) -> None:
    path = world.enable("process", "Old title")
    script = f"import pathlib; pathlib.Path({str(path)!r}).write_text({NEW!r})"
    subprocess.run([sys.executable, "-c", script], check=True)
    world.wait_for_title("process", "New title")
