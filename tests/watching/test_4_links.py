"""What changes behind a symbolic link: inotify on the enabled folder reports none of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.watching.world import World, definition, relative_link, remove, write_composed


@pytest.fixture
def target(world: World) -> Path:
    """The file that ``linked`` is a link to."""
    path = world.available / "target.yaml"
    path.write_text(definition("Old title"))
    relative_link(path, world.enabled / "linked.yaml")
    world.wait_for_title("linked", "Old title")
    return path


def repoint(link: Path, target: Path) -> None:
    """Point a link elsewhere in one step, as ``ln -sfn`` does."""
    temporary = link.with_name(f".{link.name}.new")
    temporary.symlink_to(os.path.relpath(target, link.parent))
    temporary.rename(link)


def test_target_edited_in_place(world: World, target: Path) -> None:
    target.write_text(definition("New title"))
    world.wait_for_title("linked", "New title")


def test_target_renamed_over(world: World, target: Path) -> None:
    for number in range(3):
        world.replace(target, definition(f"Title {number}"))
        world.wait_for_title("linked", f"Title {number}")


def test_removed_target_leaves_the_last_good_version(world: World, target: Path) -> None:
    target.unlink()
    world.wait_for_state("linked.yaml", "stale")
    assert world.title("linked") == "Old title"
    assert world.rules("linked.yaml") == {"missing-file"}
    target.write_text(definition("Back"))
    world.wait_for_title("linked", "Back")
    assert world.state("linked.yaml") == "listed"


def test_target_replaced_by_a_folder_leaves_the_last_good_version(world: World, target: Path) -> None:
    target.unlink()
    target.mkdir()
    world.wait(lambda: world.rules("linked.yaml") == {"not-a-file"}, "the folder is reported")
    assert world.title("linked") == "Old title"
    target.rmdir()
    target.write_text(definition("Back"))
    world.wait_for_title("linked", "Back")


@pytest.mark.usefixtures("target")
def test_link_repointed_in_one_step(world: World) -> None:
    other = world.available / "other.yaml"
    other.write_text(definition("Other"))
    with world.reader("linked") as seen:
        repoint(world.enabled / "linked.yaml", other)
        world.wait_for_title("linked", "Other")
    assert seen == [{"linked": "Old title"}, {"linked": "Other"}]
    other.write_text(definition("Other, edited"))
    world.wait_for_title("linked", "Other, edited")


@pytest.mark.usefixtures("target")
def test_link_removed_and_made_again(world: World) -> None:
    """As ``ln -sf`` of old does it."""
    other = world.available / "other.yaml"
    other.write_text(definition("Other"))
    with world.reader("linked") as seen:
        (world.enabled / "linked.yaml").unlink()
        relative_link(other, world.enabled / "linked.yaml")
        world.wait_for_title("linked", "Other")
    assert {} not in seen


def test_link_in_the_middle_of_a_chain_repointed(world: World) -> None:
    for name in ("one", "two"):
        (world.available / f"{name}.yaml").write_text(definition(f"Target {name}"))
    chain = world.available / "chain"
    chain.mkdir()
    relative_link(world.available / "one.yaml", chain / "inner.yaml")
    relative_link(chain / "inner.yaml", world.available / "outer.yaml")
    relative_link(world.available / "outer.yaml", world.enabled / "linked.yaml")
    world.wait_for_title("linked", "Target one")
    repoint(chain / "inner.yaml", world.available / "two.yaml")
    world.wait_for_title("linked", "Target two")
    (world.available / "two.yaml").write_text(definition("Target two, edited"))
    world.wait_for_title("linked", "Target two, edited")


def test_linked_parent_folder_repointed(world: World) -> None:
    releases = world.available / "releases"
    for number in (41, 42):
        write_composed(releases / str(number) / "cluster", f"Release {number}")
        (releases / str(number) / "single.yaml").write_text(definition(f"Single {number}"))
    relative_link(releases / "41", world.available / "current")
    relative_link(world.available / "current" / "cluster", world.enabled / "cluster")
    relative_link(world.available / "current" / "single.yaml", world.enabled / "single.yaml")
    world.wait(lambda: world.titles() == {"cluster": "Release 41", "single": "Single 41"}, "the old release")
    with world.reader("cluster", "single") as seen:
        repoint(world.available / "current", releases / "42")
        world.wait_for_title("cluster", "Release 42")
    assert seen == [
        {"cluster": "Release 41", "single": "Single 41"},
        {"cluster": "Release 42", "single": "Single 42"},
    ]
    main = releases / "42" / "cluster" / "components" / "main.yaml"
    main.write_text(main.read_text().replace("Size", "Girth"))
    world.wait(lambda: world.listing()["cluster"]["parameters"]["size"]["label"] == "Girth", "an edit behind it")


def test_link_repointed_to_the_same_content_is_no_new_version(world: World, target: Path) -> None:
    tag = world.etag()
    copy = world.available / "copy.yaml"
    copy.write_bytes(target.read_bytes())
    repoint(world.enabled / "linked.yaml", copy)
    world.settle()
    assert world.etag() == tag
    copy.write_text(definition("Followed"))
    world.wait_for_title("linked", "Followed")


def test_folder_above_the_target_moved_away_and_back(world: World) -> None:
    folder = world.available / "a" / "b" / "c"
    folder.mkdir(parents=True)
    (folder / "far.yaml").write_text(definition("Far"))
    (world.enabled / "far.yaml").symlink_to(folder / "far.yaml")
    world.wait_for_title("far", "Far")
    (world.available / "a").rename(world.available / "elsewhere")
    world.wait_for_state("far.yaml", "stale")
    assert world.title("far") == "Far"
    folder.mkdir(parents=True)
    (folder / "far.yaml").write_text(definition("Another"))
    world.wait_for_title("far", "Another")
    remove(world.available / "a")
    world.wait_for_state("far.yaml", "stale")
    (world.available / "elsewhere").rename(world.available / "a")
    world.wait_for_title("far", "Far")


def test_link_loop_is_a_problem_of_its_entry_alone_and_heals(world: World) -> None:
    first, second = world.available / "first.yaml", world.available / "second.yaml"
    first.symlink_to("second.yaml")
    second.symlink_to("first.yaml")
    relative_link(first, world.enabled / "loop.yaml")
    (world.enabled / "self.yaml").symlink_to("self.yaml")
    world.enable("good", "Good")
    world.wait(lambda: world.rules("loop.yaml") == world.rules("self.yaml") == {"link-loop"}, "both are reported")
    second.unlink()
    second.write_text(definition("Healed"))
    world.wait_for_title("loop", "Healed")


def test_link_that_leads_nowhere_is_a_problem_of_its_entry_alone(world: World) -> None:
    (world.enabled / "nowhere.yaml").symlink_to(world.available / "nowhere/at/all.yaml")
    (world.enabled / "nowhere-folder").symlink_to(world.available / "nowhere/at/all")
    world.enable("good", "Good")
    for path in ("nowhere.yaml", "nowhere-folder"):
        world.wait(lambda path=path: world.rules(path) == {"missing-file"}, f"{path} is reported")  # type: ignore[misc]  # bound at once
    assert world.titles() == {"good": "Good"}


def test_link_of_a_folder_repointed_to_a_plain_file_leaves_the_last_good_version(world: World) -> None:
    """The ending was forgotten."""
    write_composed(world.available / "cluster", "Cluster")
    relative_link(world.available / "cluster", world.enabled / "cluster")
    world.wait_for_title("cluster", "Cluster")
    (world.available / "cluster.yaml").write_text(definition("Cluster"))
    repoint(world.enabled / "cluster", world.available / "cluster.yaml")
    world.wait_for_state("cluster", "stale")
    assert world.title("cluster") == "Cluster"
