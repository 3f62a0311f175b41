"""The image as the Concertim playbook builds, mounts, configures and stops it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker.conftest import BUILD_SECONDS
from tests.docker.engine import ROOT, Container, docker, docker_ok, inspect
from tests.docker.test_container import assert_stops_gracefully, mount
from tests.service import wait_until

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1200)]

SECRET = "0123456789abcdef0123456789abcdef"

BUILT = {"BUILD_DATE": "2024-03-01T10:00:00Z", "BUILD_VERSION": "1.2.0", "BUILD_REVISION": "0123abc"}
LABELS = {"created": "2024-03-01T10:00:00Z", "version": "1.2.0", "revision": "0123abc"}

LOG = "/app/log/cluster-builder.log"
DENIED = f"LOG_FILE: '{LOG}' cannot be written: Permission denied"


@pytest.fixture
def share(tmp_path: Path) -> Path:
    """The instance folder, root's own, as the playbook fills it from the checkout's examples."""
    share = tmp_path / "share"
    (share / "cluster-types-enabled").mkdir(parents=True)
    shutil.copytree(ROOT / "examples" / "cluster-types", share / "cluster-types-available")
    for definition in (share / "cluster-types-available").glob("*/cluster-type.yaml"):
        name = definition.parent.name
        (share / "cluster-types-enabled" / name).symlink_to(f"../cluster-types-available/{name}")
    subprocess.run(["chmod", "-R", "u=rwX,go=rX", str(share)], check=True)
    return share


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """The folder for logs, root's own, which the user of the image may not write."""
    folder = tmp_path / "log"
    folder.mkdir()
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)


def example_ids() -> set[str]:
    return {path.stem for path in (ROOT / "cluster-types-examples").iterdir()}


@pytest.mark.parametrize("buildkit", ["1", "0"])
def test_arguments_of_the_playbooks_build_become_labels(image: str, buildkit: str) -> None:
    """Ansible's module asks the engine's API for a build: by the builder that was there before BuildKit."""
    arguments = [part for name, value in BUILT.items() for part in ("--build-arg", f"{name}={value}")]
    tag = f"concertim-cluster-builder:playbook-{os.getpid()}-{buildkit}"
    docker_ok(
        "build", "--network", "host", *arguments, "--tag", tag, ".",
        cwd=ROOT, timeout=BUILD_SECONDS, env={**os.environ, "DOCKER_BUILDKIT": buildkit},
    )  # fmt: skip
    try:
        labels = inspect(tag)["Config"]["Labels"]
        assert {name: labels[f"org.opencontainers.image.{name}"] for name in LABELS} == LABELS
    finally:
        docker("rmi", tag)


def test_folders_of_roots_are_served_and_logged_to_once_the_group_may(image: str, share: Path, log: Path) -> None:
    options = (*mount(share, "/app/instance"), *mount(log, "/app/log"), "--stop-signal", "SIGINT")
    with Container(options, environment={"JWT_SECRET": SECRET}) as container:
        container.wait_until_ready()
        assert container.listed().keys() == example_ids()
        assert container.post("/clusters/", {}).status == 401
        wait_until(lambda: DENIED in container.log(), "that the log file cannot be written")
        assert container.log().count(DENIED) == 1
        os.chown(log, -1, 0)  # chgrp 0
        log.chmod(0o775)
        assert container.get("/catalogue").status == 200
        file = log / "cluster-builder.log"
        wait_until(lambda: file.exists() and "route=/catalogue" in file.read_text(), "the log file")
        assert_stops_gracefully(container)
        assert inspect(container.name)["Config"]["StopSignal"] == "SIGINT"


def test_config_file_is_read(image: str, share: Path, log: Path, tmp_path: Path) -> None:
    log.chmod(0o777)
    (tmp_path / "config.yaml").write_text(f"LOG_LEVEL: info\nLOG_FILE: /app/log/another.log\nJWT_SECRET: {SECRET}\n")
    (tmp_path / "config.yaml").chmod(0o644)
    options = (
        *mount(share, "/app/instance"), *mount(log, "/app/log"), *mount(tmp_path / "config.yaml", "/app/config.yaml")
    )  # fmt: skip
    with Container(options, environment={"CONFIG_FILE": "/app/config.yaml"}) as container:
        container.wait_until_ready()
        assert container.post("/clusters/", {}).status == 401
        wait_until(lambda: "route=/clusters" in (log / "another.log").read_text(), "its log file")
        assert [path.name for path in log.iterdir()] == ["another.log"]
        assert SECRET not in container.log()


@pytest.mark.parametrize("options", [(), ("--read-only", "--tmpfs", "/tmp")])
def test_container_without_a_mount_for_logs_writes_no_file_and_says_nothing_of_it(
    image: str, options: tuple[str, ...]
) -> None:
    with Container(options) as container:
        container.wait_until_ready()
        assert container.listed().keys() == example_ids()
        assert container.execute("ls", "/app/log").output == ""
        assert "LOG_FILE" not in container.log()


def test_log_file_that_cannot_be_written_ends_no_container(image: str) -> None:
    with Container(("--read-only", "--tmpfs", "/tmp"), environment={"LOG_FILE": LOG}) as container:
        container.wait_until_ready()
        wait_until(lambda: "Read-only file system" in container.log(), "the warning")


def test_named_volume_for_logs_is_written(image: str) -> None:
    volume = docker_ok("volume", "create")
    try:
        with Container(("--volume", f"{volume}:/app/log")) as container:
            container.wait_until_ready()
            wait_until(lambda: "serving on" in container.execute("cat", LOG).output, "the log file")
    finally:
        docker_ok("volume", "rm", volume)


def test_instance_folder_of_every_release_is_served(image: str, tmp_path: Path) -> None:
    """With the folder ``hot``, and single files beside folders."""
    share = tmp_path / "share"
    shutil.copytree(ROOT / "tests" / "examples" / "generations", share)
    (share / "cluster-types-enabled").mkdir()
    for path in (share / "cluster-types-available").iterdir():
        (share / "cluster-types-enabled" / path.name).symlink_to(f"../cluster-types-available/{path.name}")
    subprocess.run(["chmod", "-R", "u=rwX,go=rX", str(share)], check=True)
    with Container(mount(share, "/app/instance")) as container:
        container.wait_until_ready()
        assert container.listed().keys() == {"june-2023", "v0.1.3", "v1.1.0", "v1.2.0"}
        edited = (share / "hot" / "blocks" / "base.yaml").read_text().replace("Length of the password", "How long?")
        (share / "hot" / "blocks" / "base.yaml").write_text(edited)
        wait_until(lambda: "How long?" in container.get("/cluster-types/v0.1.3").body.decode(), "the edited template")
