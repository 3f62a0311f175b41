"""ConfigMaps and Secrets as the kubelet mounts them: pkg/volume/util/atomic_writer.go of Kubernetes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.watching.world import World, definition, remove


class ConfigMap:
    """A mounted volume, updated by the steps of the kubelet's AtomicWriter, in its order."""

    def __init__(self, mount: Path) -> None:
        self._mount = mount
        self._updates = 0

    def update(self, files: Mapping[str, str]) -> None:
        """Write the payload into a new folder, swap the link, then tidy up."""
        self._updates += 1
        old = self._mount / "..data"
        old_folder = old.resolve() if old.is_symlink() else None
        folder = self._mount / f"..2026_11_22_21_00_{self._updates:02}.{self._updates * 1234567}"
        folder.mkdir(0o755)
        for name, text in files.items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o644)
        temporary = self._mount / "..data_tmp"
        temporary.symlink_to(folder.name)
        temporary.rename(old)
        for name in files:
            if not (self._mount / name).is_symlink():
                (self._mount / name).symlink_to(f"..data/{name}")
        for path in self._mount.iterdir():
            if not path.name.startswith("..") and path.name not in files:
                path.unlink()
        if old_folder is not None:
            remove(old_folder)


def payload(version: int, *names: str) -> dict[str, str]:
    return {f"{name}.yaml": definition(f"{name} {version}") for name in names}


def test_all_files_of_an_update_change_in_one_step(start: Callable[..., World]) -> None:
    world = start(resident=False)
    names = tuple(f"type-{number:02}" for number in range(25))
    mount = ConfigMap(world.enabled)
    mount.update(payload(1, *names))
    world.wait(lambda: len(world.titles()) == 25, "all types")
    world.settle()
    with world.reader(*names) as seen:
        for version in range(2, 7):
            listings = world.listings()
            mount.update(payload(version, *names))
            world.wait_for_title(names[-1], f"{names[-1]} {version}")
            assert world.listings() == listings + 1
    assert seen == [{name: f"{name} {version}" for name in names} for version in range(1, 7)]
    assert not [line for line in world.log() if "stale" in line or "rejected" in line]


def test_files_come_and_go_with_updates(start: Callable[..., World]) -> None:
    world = start(resident=False)
    mount = ConfigMap(world.enabled)
    mount.update(payload(1, "a", "b"))
    world.wait(lambda: world.titles() == {"a": "a 1", "b": "b 1"}, "the first update")
    mount.update(payload(2, "b", "c"))
    world.wait(lambda: world.titles() == {"b": "b 2", "c": "c 2"}, "the second update")
    assert not [line for line in world.log() if "id=b" in line and "withdrawn" in line]


def test_update_that_changes_nothing_is_no_new_version(start: Callable[..., World]) -> None:
    world = start(resident=False)
    mount = ConfigMap(world.enabled)
    mount.update(payload(1, "a", "b"))
    world.wait(lambda: len(world.titles()) == 2, "both types")
    tag = world.etag()
    mount.update(payload(1, "a", "b"))
    mount.update(payload(1, "a", "b"))
    rescans = world.catalogue()["rescans"]
    if world.mode == "poll":
        world.wait(lambda: world.catalogue()["rescans"] > rescans + 1, "another rescan")
    mount.update(payload(1, "a", "b", "c"))
    world.wait_for_title("c", "c 1")
    assert not [line for line in world.log() if "changed" in line]
    mount.update(payload(1, "a", "b"))
    world.wait_for_title("c", None)
    assert world.etag() == tag


def test_folder_types_through_items_paths(start: Callable[..., World]) -> None:
    """``items: [{key, path: cluster/cluster-type.yaml}]`` makes one link for the top folder."""
    world = start(resident=False)
    enabled = world.enabled
    for version in (1, 2):
        folder = enabled / f"..{version}" / "cluster"
        folder.mkdir(parents=True)
        (folder / "cluster-type.yaml").write_text(definition(f"Cluster {version}"))
        temporary = enabled / "..data_tmp"
        temporary.symlink_to(f"..{version}")
        temporary.rename(enabled / "..data")
        if version == 1:
            (enabled / "cluster").symlink_to("..data/cluster")
        else:
            remove(enabled / "..1")
        world.wait_for_title("cluster", f"Cluster {version}")
