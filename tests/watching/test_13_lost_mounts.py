"""The enabled folder is a mount, and the mount is lost: an empty folder where a volume was is no withdrawal."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from tests.privileges import mount_prefix
from tests.samples import some_of
from tests.service import Service, wait_until
from tests.watching.world import definition

MOUNTED = 'mount --bind "$0" "$1" && shift && exec "$@"'
"""For sh: mount a volume at a folder, and run the command that follows."""


DEVICES = ["the same device", "another device"]
"""Where a volume lies, as seen from the folder that it is mounted at."""


@pytest.fixture(params=DEVICES)
def volume(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A folder with two types, to be mounted."""
    if request.param == "the same device":
        folder = tmp_path / "volume"
        folder.mkdir()
    elif Path("/dev/shm").exists() and Path("/dev/shm").stat().st_dev != tmp_path.stat().st_dev:
        folder = Path(tempfile.mkdtemp(dir="/dev/shm"))
    else:
        pytest.skip("there is no other device")
    for name in ("a", "b"):
        (folder / f"{name}.yaml").write_text(definition(name))
    yield folder
    shutil.rmtree(folder)


def make_service(tmp_path: Path, volume: Path | None) -> Service:
    """A service that may mount folders, with a volume at its enabled folder or nothing yet."""
    service = Service(tmp_path / "instance", {"RESCAN_INTERVAL": "0.2"})
    mounting = ("sh", "-c", MOUNTED, str(volume), str(service.enabled)) if volume is not None else ()
    service.wrapper = (*mount_prefix(), *mounting)
    return service


def within(service: Service, *command: str) -> None:
    """Run a command with the mounts of a service."""
    subprocess.run(["nsenter", "--mount", "--target", str(service.process.pid), *command], check=True)


def is_ready(service: Service) -> bool:
    return service.get("/ready").status == 200


def states(service: Service) -> set[str]:
    return {each["state"] for each in service.get("/catalogue").json()["entries"]}


def assert_kept(service: Service, etag: str) -> None:
    reason = b"is empty, and another file system than before"
    wait_until(lambda: reason in service.get("/ready").body, "it is not ready, and says why")
    rescans = service.get("/catalogue").json()["rescans"]
    assert service.get("/cluster-types").headers["etag"] == etag
    assert service.get("/cluster-types/a").status == 200
    assert service.get("/catalogue").json()["rescans"] == rescans
    assert "SIGHUP" in service.get("/catalogue").json()["problem"]


def test_volume_that_is_unmounted_keeps_the_listing_until_it_is_back(tmp_path: Path, volume: Path) -> None:
    with make_service(tmp_path, volume) as service:
        etag = service.get("/cluster-types").headers["etag"]
        assert service.ids() == ["a", "b"]
        for _ in range(2):
            wait_until(lambda: is_ready(service), "it is ready")
            within(service, "umount", "--lazy", str(service.enabled))
            assert_kept(service, etag)
            within(service, "mount", "--bind", str(volume), str(service.enabled))
            wait_until(lambda: is_ready(service), "it is ready again")
            assert service.get("/cluster-types").headers["etag"] == etag
        (volume / "a.yaml").unlink()
        (volume / "b.yaml").unlink()
        wait_until(lambda: service.ids() == [], "what is removed from the volume is withdrawn")
        assert is_ready(service)


@pytest.mark.parametrize("volume", some_of(DEVICES, "the same device"), indirect=True)
def test_start_before_the_volume_is_mounted_keeps_the_listing_until_it_is(tmp_path: Path, volume: Path) -> None:
    with make_service(tmp_path, volume) as service:
        etag = service.get("/cluster-types").headers["etag"]
        wait_until(lambda: is_ready(service), "it is ready")
    with make_service(tmp_path, None) as restarted:
        assert_kept(restarted, etag)
        assert states(restarted) == {"stale"}
        within(restarted, "mount", "--bind", str(volume), str(restarted.enabled))
        wait_until(lambda: is_ready(restarted), "it is ready")
        assert restarted.get("/cluster-types").headers["etag"] == etag
        wait_until(lambda: states(restarted) == {"listed"}, "what is in the volume has settled")
        assert restarted.get("/cluster-types").headers["etag"] == etag


@pytest.mark.parametrize(
    ("volume", "is_restarted"),
    some_of(product(DEVICES, [False, True]), ("the same device", False), ("another device", True)),
    indirect=["volume"],
)
def test_an_empty_folder_that_is_meant_is_taken_at_sighup(tmp_path: Path, volume: Path, is_restarted: bool) -> None:
    service = make_service(tmp_path, volume)
    with service:
        etag = service.get("/cluster-types").headers["etag"]
        wait_until(lambda: is_ready(service), "it is ready")
        if not is_restarted:
            within(service, "umount", "--lazy", str(service.enabled))
            assert_taken_at_sighup(service, etag)
    with make_service(tmp_path, None) as restarted:
        if is_restarted:
            assert_taken_at_sighup(restarted, etag)
        wait_until(lambda: is_ready(restarted), "it is ready")
        assert restarted.ids() == []


def assert_taken_at_sighup(service: Service, etag: str) -> None:
    assert_kept(service, etag)
    service.process.send_signal(signal.SIGHUP)
    wait_until(lambda: is_ready(service) and service.ids() == [], "nothing is listed")


@pytest.mark.parametrize("volume", some_of(DEVICES, "the same device"), indirect=True)
def test_sighup_before_a_volume_is_unmounted_does_not_count(tmp_path: Path, volume: Path) -> None:
    with make_service(tmp_path, volume) as service:
        etag = service.get("/cluster-types").headers["etag"]
        wait_until(lambda: is_ready(service), "it is ready")
        service.process.send_signal(signal.SIGHUP)
        rescans = service.get("/catalogue").json()["rescans"]
        wait_until(lambda: service.get("/catalogue").json()["rescans"] > rescans + 1, "it has looked again")
        within(service, "umount", "--lazy", str(service.enabled))
        assert_kept(service, etag)
