"""A file or folder appears."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import pytest

from tests.watching.world import World, definition, relative_link, write_composed


def test_copied_file_is_listed(world: World, tmp_path: Path) -> None:
    source = tmp_path / "copied.yaml"
    source.write_text(definition("Copied"))
    shutil.copy(source, world.enabled)
    world.wait_for_title("copied", "Copied")


def test_file_with_an_old_date_is_listed(world: World, tmp_path: Path) -> None:
    source = tmp_path / "old.yaml"
    source.write_text(definition("Old"))
    os.utime(source, (1_000_000_000, 1_000_000_000))
    before = world.etag()
    shutil.copy2(source, world.enabled)
    world.wait_for_title("old", "Old")
    assert world.etag() != before
    assert world.listing()["old"]["last_modified"].startswith("Sat, 08 Sep 2001 ")  # the day before


def test_file_moved_in_is_listed(world: World, tmp_path: Path) -> None:
    source = tmp_path / "moved.yaml"
    source.write_text(definition("Moved"))
    source.rename(world.enabled / "moved.yaml")
    world.wait_for_title("moved", "Moved")


def test_hard_link_is_listed(world: World) -> None:
    source = world.available / "hard.yaml"
    source.write_text(definition("Hard"))
    (world.enabled / "hard.yaml").hardlink_to(source)
    world.wait_for_title("hard", "Hard")
    with source.open("a") as stream:  # through the other name, where nobody watches
        stream.write("order: 7\n")
    if world.mode == "poll":
        world.wait(lambda: world.listing()["hard"]["order"] == 7, "the edit through the other name")


@pytest.mark.parametrize("suffix", [".yaml", ".yml"])
def test_both_endings_are_listed(world: World, suffix: str) -> None:
    world.replace(world.enabled / f"ending{suffix}", definition("Ending"))
    world.wait_for_title("ending", "Ending")


def test_relative_link_is_listed(world: World) -> None:
    source = world.available / "relative.yaml"
    source.write_text(definition("Relative"))
    relative_link(source, world.enabled / "relative.yaml")
    world.wait_for_title("relative", "Relative")


def test_absolute_link_is_listed(world: World) -> None:
    source = world.available / "anything.txt"
    source.write_text(definition("Absolute"))
    (world.enabled / "absolute.yaml").symlink_to(source)
    world.wait_for_title("absolute", "Absolute")


def test_chain_of_links_is_listed_wherever_it_passes(world: World, tmp_path: Path) -> None:
    folders = [world.available / "a", tmp_path / "b", tmp_path / "c"]
    for folder in folders:
        folder.mkdir()
    (folders[0] / "target.yaml").write_text(definition("Chained"))
    relative_link(folders[0] / "target.yaml", folders[1] / "middle.yaml")
    (folders[2] / "last.yaml").symlink_to(folders[1] / "middle.yaml")
    relative_link(folders[2] / "last.yaml", world.enabled / "chained.yaml")
    world.wait_for_title("chained", "Chained")


def test_link_made_before_its_target_is_listed_with_it(world: World) -> None:
    target = world.available / "deep" / "down" / "later.yaml"
    relative_link(target, world.enabled / "later.yaml")
    world.wait_for_state("later.yaml", "rejected")
    target.parent.mkdir(parents=True)
    target.write_text(definition("Later"))
    world.wait_for_title("later", "Later")


def test_linked_folder_is_listed(world: World) -> None:
    write_composed(world.available / "composed", "Composed")
    relative_link(world.available / "composed", world.enabled / "composed")
    world.wait_for_title("composed", "Composed")


def test_copied_folder_is_listed(world: World, tmp_path: Path) -> None:
    write_composed(tmp_path / "tree", "Tree")
    shutil.copytree(tmp_path / "tree", world.enabled / "tree")
    world.wait_for_title("tree", "Tree")


def test_file_written_slowly_is_never_listed_half(world: World) -> None:
    """Every beginning of this document from the template on is a valid definition, of another cluster type."""
    text = definition("Slow")
    pieces = [text[start : start + 20] for start in range(0, len(text), 20)]
    pause = threading.Event()
    with world.reader("slow") as seen:
        with (world.enabled / "slow.yaml").open("w") as stream:
            for piece in pieces:
                stream.write(piece)
                stream.flush()
                pause.wait(0.03)
            whole = world.titles().get("slow")
        world.wait_for_title("slow", "Slow")
        world.wait(lambda: world.listing()["slow"]["parameters"], "the parameters, which come last")
    assert whole is None
    assert seen == [{}, {"slow": "Slow"}]
    assert not [line for line in world.log() if "rejected" in line]


def test_file_appended_to_piece_by_piece_is_whole_in_the_end(world: World) -> None:
    """Who closes the file after every piece says each time that it is complete."""
    path = world.enabled / "pieces.yaml"
    for line in definition("Pieces").splitlines(keepends=True):
        with path.open("a") as stream:
            stream.write(line)
    world.wait(lambda: world.listing().get("pieces", {}).get("parameters"), "the last line")
