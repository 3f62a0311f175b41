"""The enabled folder itself: absent, replaced, re-pointed, empty, unreadable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.service import Service, fetch
from tests.watching.test_4_links import repoint
from tests.watching.world import World, definition, remove


def is_ready(world: World) -> bool:
    return world.client.get("/ready")[0] == 200


def wait_for_complaint(world: World) -> None:
    world.wait(lambda: not is_ready(world), "the service says that it is not ready")
    status, headers, body = world.client.get("/ready")
    assert status == 503
    assert headers["content-type"] == "application/json"
    assert b"cluster-types-enabled cannot be read: No such file or directory" in body


class LateFolderService(Service):
    """A service whose enabled folder is not made for it."""

    @property
    def enabled(self) -> Path:
        """Another folder, for whoever wants to make one."""
        return self.instance / "no-matter"


def test_absent_at_start(tmp_path: Path, environment: dict[str, str]) -> None:
    """The folder's link leads into a volume that is mounted later: no listing, rather than an empty one."""
    instance, volume = tmp_path / "instance", tmp_path / "volume"
    instance.mkdir()
    (instance / "cluster-types-enabled").symlink_to(volume / "types")
    with LateFolderService(instance, environment) as service:
        assert fetch(service.url + "/ready").status == 503
        (volume / "types").mkdir(parents=True)
        (volume / "types" / "late.yaml").write_text(definition("Late"))
        world = World(service, environment["WATCH"])
        world.wait_for_title("late", "Late")
        world.wait(lambda: is_ready(world), "the service is ready")
        world.client.close()


def test_removed_and_created_again(start: Callable[..., World]) -> None:
    world = start()
    tag = world.etag()
    remove(world.enabled)
    world.enabled.mkdir()
    (world.enabled / "resident.yaml").write_text(definition("Always there"))
    world.enable("another", "Another")
    (world.enabled / "another.yaml").unlink()
    world.wait(lambda: world.etag() == tag, "all is as it was")


def test_moved_away_the_last_good_catalogue_is_served(start: Callable[..., World]) -> None:
    world = start()
    tag = world.etag()
    world.enabled.rename(world.enabled.with_name("elsewhere"))
    wait_for_complaint(world)
    assert world.etag() == tag
    assert world.catalogue()["problem"]
    world.enabled.with_name("elsewhere").rename(world.enabled)
    world.wait(lambda: is_ready(world), "the service is ready again")
    assert world.etag() == tag
    world.enable("after", "After")
    complaints = [
        line for line in world.service.settled_log().splitlines() if "serving the last good catalogue" in line
    ]
    assert len(complaints) == 1


def test_another_folder_put_in_its_place(start: Callable[..., World]) -> None:
    world = start()
    world.enable("old", "Old")
    other = world.enabled.with_name("other")
    other.mkdir()
    for name in ("resident", "new"):
        (other / f"{name}.yaml").write_text(definition(name))
    world.enabled.rename(world.enabled.with_name("elsewhere"))
    other.rename(world.enabled)
    world.wait(lambda: world.titles() == {"new": "new"}, "the other folder's types")
    world.enable("after", "After")


def test_instance_folder_moved_away_and_another_put_in_its_place(start: Callable[..., World]) -> None:
    world = start()
    instance = world.service.instance
    instance.rename(instance.with_name("elsewhere"))
    wait_for_complaint(world)
    world.enabled.mkdir(parents=True)
    (world.enabled / "new.yaml").write_text(definition("New"))
    world.wait(lambda: world.titles() == {"new": "New"}, "the other folder's types")


def test_folder_that_is_a_link_re_pointed_as_by_git_sync(start: Callable[..., World], tmp_path: Path) -> None:
    """Each commit is a worktree of its own; the link is swapped, and the old worktree removed."""
    world = start(resident=False)
    remove(world.enabled)
    commits = tmp_path / "commits"
    for number in (1, 2, 3):
        (commits / str(number) / "types").mkdir(parents=True)
        for name in ("a", "b", "c"):
            title = f"{name} {number}" if name != "c" else "c"
            (commits / str(number) / "types" / f"{name}.yaml").write_text(definition(title))
    (tmp_path / "current").symlink_to(commits / "1")
    world.enabled.symlink_to(tmp_path / "current" / "types")
    world.wait_for_title("a", "a 1")
    unchanged = world.etag("c")
    with world.reader("a", "b", "c") as seen:
        for number in (2, 3):
            listings = world.listings()
            repoint(tmp_path / "current", commits / str(number))
            world.wait_for_title("a", f"a {number}")
            assert world.listings() == listings + 1
            remove(commits / str(number - 1))
    assert seen == [{"a": f"a {number}", "b": f"b {number}", "c": "c"} for number in (1, 2, 3)]
    assert world.etag("c") == unchanged
    world.replace(commits / "3" / "types" / "a.yaml", definition("edited"))
    world.wait_for_title("a", "edited")


def test_empty_folder_is_an_empty_catalogue(start: Callable[..., World]) -> None:
    world = start()
    (world.enabled / "resident.yaml").unlink()
    world.wait(lambda: world.listing() == {}, "nothing is listed")
    assert is_ready(world)
    status, _, body = world.client.get("/cluster-types")
    assert (status, body) == (200, b"[]")


def test_empty_at_start_is_an_empty_catalogue(start: Callable[..., World]) -> None:
    world = start(resident=False)
    assert world.listing() == {}
    assert is_ready(world)


def test_empty_moment_between_two_folders_shows_nothing_missing(start: Callable[..., World]) -> None:
    world = start()
    world.enable("kept", "Kept")
    with world.reader("kept") as seen:
        world.enabled.rename(world.enabled.with_name("elsewhere"))
        world.enabled.mkdir()
        for name, title in (("resident", "Always there"), ("kept", "Kept, too"), ("new", "New")):
            (world.enabled / f"{name}.yaml").write_text(definition(title))
        world.wait_for_title("new", "New")
    assert {} not in seen


@pytest.mark.usefixtures("unprivileged")
def test_unreadable_folder_the_last_good_catalogue_is_served(start: Callable[..., World]) -> None:
    world = start()
    tag = world.etag()
    world.enabled.chmod(0)
    try:
        world.wait(lambda: not is_ready(world), "the service says that it is not ready")
        assert world.etag() == tag
    finally:
        world.enabled.chmod(0o755)
    world.wait(lambda: is_ready(world), "the service is ready again")
