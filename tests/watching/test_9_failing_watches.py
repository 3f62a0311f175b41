"""Watching fails: the log says so once, the rescan goes on finding what changes, and watching recovers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.watching.world import World, definition, relative_link

LIMITED = """#!/bin/sh
exec unshare --user --map-root-user sh -c '
    for limit in {limits}; do echo ${{limit#*=}} > /proc/sys/user/max_inotify_${{limit%=*}}; done
    exec {python} "$@"' sh "$@"
"""


def namespaces_can_be_made() -> bool:
    command = ["unshare", "--user", "--map-root-user", "test", "-w", "/proc/sys/user/max_inotify_watches"]
    return shutil.which("unshare") is not None and subprocess.run(command, check=False).returncode == 0


needs_namespaces = pytest.mark.skipif(not namespaces_can_be_made(), reason="needs a user namespace to set limits in")


@pytest.fixture
def limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Has services of this scenario run under limits of their own, such as ``watches=3``."""

    def set_limits(limits: str) -> None:
        wrapper = tmp_path / "python"
        wrapper.write_text(LIMITED.format(limits=limits, python=sys.executable))
        wrapper.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(wrapper))

    return set_limits


def raise_limit(world: World, name: str, number: int) -> None:
    """Raise a limit in the namespace of a running service."""
    command = f"echo {number} > /proc/sys/user/max_inotify_{name}"
    process = str(world.service.process.pid)
    subprocess.run(["nsenter", "--user", "--preserve-credentials", "-t", process, "sh", "-c", command], check=True)


def warnings(world: World) -> list[str]:
    return [line for line in world.service.settled_log().splitlines() if "found by rescan only" in line]


@needs_namespaces
def test_no_inotify_instance_left(start: Callable[..., World], limit: Callable[[str], None], watch_mode: str) -> None:
    limit("instances=0")
    world = start(RESCAN_INTERVAL="0.2")
    for number in range(5):
        world.enable(f"type-{number}", f"Type {number}")
    assert world.catalogue()["noticing"] == "poll"
    if watch_mode == "poll":
        return
    assert len(warnings(world)) == 1
    assert "fs.inotify.max_user_instances" in warnings(world)[0]
    raise_limit(world, "instances", 10)
    world.wait(lambda: world.catalogue()["noticing"] == "inotify", "watching recovers")
    world.wait(lambda: "noticed at once again" in world.service.log, "it is told")


@needs_namespaces
def test_no_inotify_watch_left(start: Callable[..., World], limit: Callable[[str], None], watch_mode: str) -> None:
    limit("watches=8")
    world = start(RESCAN_INTERVAL="0.2")
    for number in range(20):
        folder = world.available / f"folder-{number}"
        folder.mkdir()
        (folder / "target.yaml").write_text(definition(f"Type {number}"))
        relative_link(folder / "target.yaml", world.enabled / f"type-{number}.yaml")
    world.wait(lambda: len(world.titles()) == 20, "all types")
    for number in range(20):
        (world.available / f"folder-{number}" / "target.yaml").write_text(definition(f"Edited {number}"))
    world.wait(lambda: set(world.titles().values()) == {f"Edited {number}" for number in range(20)}, "all edits")
    if watch_mode == "poll":
        return
    assert len(warnings(world)) == 1
    assert "fs.inotify.max_user_watches" in warnings(world)[0]
    raise_limit(world, "watches", 1000)
    world.wait(
        lambda: any("noticed at once again" in line for line in world.service.log.splitlines()), "watching recovers"
    )


@needs_namespaces
@pytest.mark.parametrize("number", [0, 1])
def test_enabled_folder_without_a_watch_is_said_to_be_polled(
    start: Callable[..., World], limit: Callable[[str], None], watch_mode: str, number: int
) -> None:
    limit(f"watches={number}")
    world = start(RESCAN_INTERVAL="0.2")
    if watch_mode == "poll":
        assert world.catalogue()["noticing_problem"] is None
        return
    if number == 0:  # the one watch that there is may be the enabled folder's
        assert world.catalogue()["noticing"] == "poll"
    advice = "fs.inotify.max_user_watches"
    world.wait(lambda: advice in (world.catalogue()["noticing_problem"] or ""), "what is not noticed is told")
    raise_limit(world, "watches", 1000)
    world.wait(lambda: world.catalogue()["noticing_problem"] is None, "all folders are watched")
    assert world.catalogue()["noticing"] == "inotify"


def test_burst_of_ten_thousand_files_is_taken_in_whole(start: Callable[..., World], tmp_path: Path) -> None:
    """More events than the kernel keeps; most are of files that are no definitions, as when an archive is unpacked."""
    world = start()
    source = tmp_path / "source.yaml"
    source.write_text(definition("Linked"))
    for number in range(10_000):
        name = f"type-{number}.yaml" if number % 50 == 0 else f"data-{number}.yaml~"
        (world.enabled / name).hardlink_to(source)
    for number in range(10_000):
        path = world.enabled / f"data-{number}.yaml~"
        if number % 50 and number % 2:
            path.unlink()
    world.wait(lambda: len(world.titles()) == 200, "all types")
    (world.enabled / "type-0.yaml").unlink()
    world.enable("after", "After")
    world.wait_for_title("type-0", None)
    assert len([line for line in world.service.settled_log().splitlines() if "more changed at once" in line]) <= 2


def test_polling_is_what_was_asked_for(start: Callable[..., World]) -> None:
    world = start(WATCH="poll", RESCAN_INTERVAL="0.2")
    assert world.catalogue()["noticing"] == "poll"
    world.enable("polled", "Polled").unlink()
    world.wait_for_title("polled", None)


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("unshare") is None, reason="needs a mount namespace")
def test_mount_that_comes_late_is_noticed_by_rescan(
    start: Callable[..., World], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No event tells of a mount."""
    if subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
        pytest.skip("mount namespaces cannot be made here")
    wrapper = tmp_path / "python"
    wrapper.write_text(f'#!/bin/sh\nexec unshare --mount --propagation private {sys.executable} "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(wrapper))
    world = start(resident=False, RESCAN_INTERVAL="0.3")
    (world.enabled / "below.yaml").write_text(definition("Below"))
    world.wait_for_title("below", "Below")
    volume = tmp_path / "volume"
    volume.mkdir()
    (volume / "mounted.yaml").write_text(definition("Mounted"))
    enter = ["nsenter", "--mount", "-t", str(world.service.process.pid)]
    subprocess.run([*enter, "mount", "--bind", str(volume), str(world.enabled)], check=True)
    world.wait_for_title("mounted", "Mounted")
    (volume / "more.yaml").write_text(definition("More"))
    world.wait_for_title("more", "More")
    subprocess.run([*enter, "umount", str(world.enabled)], check=True)
    world.wait(lambda: world.listing().keys() == {"below"}, "the mount is gone")
