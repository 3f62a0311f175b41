"""A file or folder goes."""

from __future__ import annotations

from pathlib import Path

from tests.watching.world import World, definition, relative_link, remove, write_composed


def test_removed_file_is_withdrawn(world: World) -> None:
    world.enable("removed", "Removed").unlink()
    world.wait_for_title("removed", None)
    assert world.entry("removed.yaml") == {}


def test_file_moved_out_is_withdrawn(world: World, tmp_path: Path) -> None:
    world.enable("gone", "Gone").rename(tmp_path / "gone.yaml")
    world.wait_for_title("gone", None)


def test_file_renamed_to_a_hidden_name_is_withdrawn(world: World) -> None:
    path = world.enable("hidden", "Hidden")
    path.rename(path.with_name("hidden.yaml.bak"))
    world.wait_for_title("hidden", None)


def test_removed_folder_is_withdrawn(world: World) -> None:
    write_composed(world.enabled / "folder", "Folder")
    world.wait_for_title("folder", "Folder")
    remove(world.enabled / "folder")
    world.wait_for_title("folder", None)


def test_removed_link_is_withdrawn(world: World) -> None:
    target = world.available / "target.yaml"
    target.write_text(definition("Linked"))
    relative_link(target, world.enabled / "linked.yaml")
    world.wait_for_title("linked", "Linked")
    (world.enabled / "linked.yaml").unlink()
    world.wait_for_title("linked", None)


def test_file_renamed_to_another_id_is_withdrawn_and_listed_in_one_step(world: World) -> None:
    path = world.enable("before", "Wanderer")
    with world.reader("before", "after") as seen:
        path.rename(path.with_name("after.yaml"))
        world.wait_for_title("after", "Wanderer")
    assert seen == [{"before": "Wanderer"}, {"after": "Wanderer"}]


def test_folder_renamed_to_another_id_is_withdrawn_and_listed_in_one_step(world: World) -> None:
    write_composed(world.enabled / "before", "Wanderer")
    world.wait_for_title("before", "Wanderer")
    with world.reader("before", "after") as seen:
        (world.enabled / "before").rename(world.enabled / "after")
        world.wait_for_title("after", "Wanderer")
    assert seen == [{"before": "Wanderer"}, {"after": "Wanderer"}]
    label = world.enabled / "after" / "components" / "main.yaml"
    world.replace(label, label.read_text().replace("Size", "Girth"))
    world.wait(lambda: world.listing()["after"]["parameters"]["size"]["label"] == "Girth", "an edit after the move")


def test_file_that_becomes_a_folder_of_the_same_id_is_never_missing(world: World) -> None:
    path = world.enable("grown", "File")
    write_composed(world.available / "grown", "Folder")
    with world.reader("grown") as seen:
        path.unlink()
        (world.available / "grown").rename(world.enabled / "grown")
        world.wait_for_title("grown", "Folder")
    assert seen == [{"grown": "File"}, {"grown": "Folder"}]


def test_one_of_two_names_of_a_file_is_withdrawn(world: World) -> None:
    path = world.enable("one", "Twin")
    (world.enabled / "two.yaml").hardlink_to(path)
    world.wait_for_title("two", "Twin")
    path.unlink()
    world.wait(lambda: world.titles() == {"two": "Twin"}, "only the other name is left")
