"""The image at work: what is mounted into it, how it is hardened, how it stops."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import subprocess
import urllib.error
from pathlib import Path

import pytest

from tests.docker.engine import (
    IMAGE,
    PORT,
    ROOT,
    START_SECONDS,
    Container,
    docker,
    docker_ok,
    find_free_port,
    has_bridge,
    inspect,
)
from tests.service import fetch, minimal_definition, wait_until

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1200)]

ENABLED = "/app/instance/cluster-types-enabled/"
AS_WRITTEN = (
    "docker build --tag concertim-cluster-builder:latest .",
    "docker run --rm --name concertim-cluster-builder --publish 127.0.0.1:42378:42378 concertim-cluster-builder",
)
HARDENED = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--tmpfs", "/tmp")
GRACEFUL_SECONDS = 2.0
"""Within which an idle container stops; a busy one has longer."""


def mount(source: Path, target: str, *options: str) -> tuple[str, str]:
    """Mount a folder of the host."""
    return "--volume", ":".join((str(source), target, *options))


def example_ids() -> set[str]:
    return {path.stem for path in (ROOT / "cluster-types-examples").iterdir()}


def assert_stops_gracefully(container: Container, seconds: float = GRACEFUL_SECONDS) -> None:
    status, took = container.stop()
    assert status == 0, container.log()
    assert took < seconds
    assert "Traceback" not in container.log()


def test_commands_work_as_they_are_written(image: str) -> None:
    if not has_bridge():
        pytest.skip("this engine cannot publish ports")
    assert [command for command in AS_WRITTEN if command not in (ROOT / "docs" / "container.md").read_text()] == []
    with subprocess.Popen(
        AS_WRITTEN[1].split(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            url = f"http://127.0.0.1:{PORT}"
            wait_until(lambda: process.poll() is not None or answers(url), f"an answer from {url}", START_SECONDS)
            assert process.poll() is None, process.communicate()[0]  # the port is taken, for one
            assert {listed["id"] for listed in fetch(f"{url}/cluster-types/").json()} == example_ids()
            process.send_signal(signal.SIGINT)  # Ctrl-C
            output, _ = process.communicate(timeout=START_SECONDS)
        finally:
            docker("rm", "--force", "concertim-cluster-builder")
    assert process.returncode == 0, output
    assert "Traceback" not in output


def answers(url: str) -> bool:
    try:
        return fetch(f"{url}/health", timeout=2).status == 200
    except (urllib.error.URLError, OSError):
        return False


def test_examples_are_available_and_enabled(running: Container) -> None:
    assert running.listed().keys() == example_ids()
    links = running.execute("find", ENABLED, "-type", "l", "-lname", "../cluster-types-available/*").output.split()
    assert {Path(link).stem for link in links} == example_ids()


def test_mounted_folder_replaces_the_examples_and_is_followed_live(image: str, enabled: Path) -> None:
    with Container(mount(enabled, ENABLED)) as container:
        container.wait_until_ready()
        assert container.listed() == {}
        (enabled / "first.yaml").write_text(minimal_definition("Dropped in"))
        wait_until(lambda: container.listed() == {"first": "Dropped in"}, "a new definition")
        (enabled / "first.yaml").write_text(minimal_definition("Edited"))
        wait_until(lambda: container.listed() == {"first": "Edited"}, "an edit")
        (enabled / "second.yaml").symlink_to("first.yaml")
        wait_until(lambda: container.listed() == {"first": "Edited", "second": "Edited"}, "a link")
        (enabled / "first.yaml").write_text(minimal_definition("Edited behind a link"))
        wait_until(lambda: container.listed()["second"] == "Edited behind a link", "an edit behind a link")
        (enabled / "third.yaml").symlink_to("../cluster-types-available/self-contained.yaml")
        wait_until(lambda: "third" in container.listed(), "an example of the image, enabled from outside")
        for path in enabled.iterdir():
            path.unlink()
        wait_until(lambda: container.listed() == {}, "the removal")


def test_mount_like_that_of_a_config_map_is_followed(image: str, enabled: Path) -> None:
    """Kubernetes publishes a version by renaming a link to it over ``..data``; all the files change at once."""

    def publish(version: str) -> None:
        (enabled / version).mkdir()
        (enabled / version / "one.yaml").write_text(minimal_definition(version))
        (enabled / version / "two.yaml").write_text(minimal_definition(version))
        (enabled / "..data_tmp").symlink_to(version)
        (enabled / "..data_tmp").rename(enabled / "..data")

    publish("..2026_01")
    for name in ("one.yaml", "two.yaml"):
        (enabled / name).symlink_to(f"..data/{name}")
    with Container(mount(enabled, ENABLED, "ro")) as container:
        container.wait_until_ready()
        assert container.listed() == {"one": "..2026_01", "two": "..2026_01"}
        publish("..2026_02")
        shutil.rmtree(enabled / "..2026_01")
        wait_until(lambda: container.listed() == {"one": "..2026_02", "two": "..2026_02"}, "the new version")


def test_instance_and_log_folders_mounted_on_the_host_network(image: str, tmp_path: Path) -> None:
    """As the Concertim playbook runs it: types are folders, enabled by links to the folder beside."""
    instance, log = tmp_path / "instance", tmp_path / "log"
    for folder in (instance, instance / "cluster-types-available", instance / "cluster-types-enabled", log):
        folder.mkdir(mode=0o755)
    log.chmod(0o775)
    shutil.copytree(ROOT / "cluster-types-examples" / "dask-cluster", instance / "cluster-types-available" / "dask")
    environment = {
        "HOST": "127.0.0.1",
        "PORT": str(find_free_port()),
        "JWT_SECRET": "0123456789abcdef0123456789abcdef",
        "LOG_FILE": "/app/log/cluster-builder.log",
    }
    options = (*mount(instance, "/app/instance"), *mount(log, "/app/log"), "--health-interval", "1s")
    with Container(options, environment=environment, host_network=True) as container:
        container.url = f"http://127.0.0.1:{environment['PORT']}"
        container.wait_until_ready()
        assert container.listed() == {}
        (instance / "cluster-types-enabled" / "dask").symlink_to("../cluster-types-available/dask")
        wait_until(lambda: container.listed().keys() == {"dask"}, "the enabled type")
        assert container.post("/clusters/", {}).status == 401
        assert "serving on" in (log / "cluster-builder.log").read_text()
        wait_until(lambda: health(container) == "healthy", "the health check asks where HOST says", START_SECONDS)
        assert_stops_gracefully(container)


def test_missing_folders_that_cannot_be_made_are_awaited(image: str, tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    instance.mkdir(mode=0o755)
    with Container(mount(instance, "/app/instance")) as container:
        container.wait_until_ready()
        wait_until(lambda: "cannot be made" in container.log(), "the warning")
        (instance / "cluster-types-enabled").mkdir(mode=0o755)
        (instance / "cluster-types-enabled" / "late.yaml").write_text(minimal_definition("Late"))
        wait_until(lambda: container.get("/cluster-types/late").status == 200, "the late definition")


@pytest.mark.parametrize("user", ["12345:0", "54321:54321"])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_hardened_container_serves_any_user(image: str, enabled: Path, user: str, workers: str) -> None:
    options = (*HARDENED, "--user", user, *mount(enabled, ENABLED, "ro"))
    with Container(options, environment={"WORKERS": workers}) as container:
        container.wait_until_ready()
        (enabled / "here.yaml").write_text(minimal_definition("Here"))
        # Every worker gives it once it runs and has read it; any of them may answer.
        wait_until(
            lambda: all(container.listed() == {"here": "Here"} for _ in range(20)), "the definition", START_SECONDS
        )
        assert_stops_gracefully(container)


def test_definitions_are_checked_without_a_service(image: str) -> None:
    examples = mount(ROOT / "cluster-types-examples", "/types", "ro")
    result = docker("run", "--rm", *examples, IMAGE, "check", "/types")
    assert result.status == 0, result.output


def test_wrong_definition_fails_the_check(image: str, enabled: Path) -> None:
    (enabled / "wrong.yaml").write_text("kind: heat\n")
    result = docker("run", "--rm", *mount(enabled, "/types", "ro"), IMAGE, "check", "/types")
    assert result.status == 1, result.output
    assert "wrong.yaml" in result.output


@pytest.mark.parametrize("attempt", range(5))
def test_stops_gracefully_right_after_its_start(image: str, attempt: int) -> None:
    """The first process of a container gets no signal that it has no handler for yet."""
    with Container() as container:
        assert_stops_gracefully(container)


def test_stops_gracefully_while_clients_keep_connections_open(image: str) -> None:
    with Container() as container:
        container.wait_until_ready()
        clients = [socket.create_connection(("127.0.0.1", int(container.url.rpartition(":")[2]))) for _ in range(6)]
        try:
            for client in clients[:3]:
                client.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert b"200" in client.recv(4096)
            assert_stops_gracefully(container)
        finally:
            for client in clients:
                client.close()


def test_half_a_request_does_not_hold_up_the_stop(image: str) -> None:
    with Container() as container:
        container.wait_until_ready()
        with socket.create_connection(("127.0.0.1", int(container.url.rpartition(":")[2]))) as client:
            client.sendall(b"GET /health HTTP/1.1\r\nHos")
            wait_until(container.answers, "the service has read on")
            status, took = container.stop()
    assert status == 0
    assert took < GRACEFUL_SECONDS + 2


def health(container: Container) -> str:
    status: str = inspect(container.name)["State"]["Health"]["Status"]
    return status


def test_health_check_tells_a_service_that_answers(image: str) -> None:
    with Container(("--health-interval", "1s")) as container:
        wait_until(lambda: health(container) == "healthy", "healthy", START_SECONDS)


def test_health_check_tells_a_service_that_does_not_answer(running: Container) -> None:
    check = inspect(IMAGE)["Config"]["Healthcheck"]["Test"]
    assert check[0] == "CMD"
    result = running.execute(*check[1:], options=("--env", "PORT=1", "--env", "HOST=127.0.0.1"))
    assert result.status == 1
    assert re.match(r"127\.0\.0\.1 port 1: .*refused", result.output)


def test_wrong_setting_ends_the_container_with_one_line(image: str) -> None:
    result = docker("run", "--rm", "--env", "PORT=many", IMAGE)
    assert result.status == 2
    assert result.output.count("\n") == 1
    assert "PORT" in result.output


def test_named_volume_starts_with_the_examples(image: str) -> None:
    volume = docker_ok("volume", "create")
    try:
        with Container(("--volume", f"{volume}:{ENABLED}")) as container:
            assert container.wait_until_ready().listed().keys() == example_ids()
    finally:
        docker_ok("volume", "rm", volume)
