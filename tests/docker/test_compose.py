"""The development set-up: the source of the checkout in a container that restarts itself, a sandbox cloud beside."""

from __future__ import annotations

import os
import shutil
import urllib.error
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docker.engine import ROOT, Result, docker, docker_ok, has_bridge
from tests.service import fetch, wait_until

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1200)]

UP_SECONDS = 600.0
RESTART_SECONDS = 15.0

CHECKOUT = (
    ".dockerignore",
    "Dockerfile",
    "README.md",
    "builder",
    "cluster-types-examples",
    "docker",
    "docker-compose.yml",
    "pyproject.toml",
    "requirements",
    "schemas",
)


@dataclass
class Compose:
    """A project of its own from a copy of the checkout, whose files the test may change."""

    folder: Path
    project: str
    url: str = ""

    def run(self, *arguments: str) -> Result:
        environment = {**os.environ, "CLUSTER_BUILDER_PORT": "0", "SANDBOX_PORT": "0"}
        return docker(
            "compose", "--project-name", self.project, *arguments, cwd=self.folder, env=environment, timeout=UP_SECONDS
        )

    def health(self) -> object:
        """The body of the health answer; None while nothing answers."""
        try:
            return fetch(f"{self.url}/health", timeout=2).json()
        except (urllib.error.URLError, OSError):
            return None


@pytest.fixture(scope="module")
def compose(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    if not has_bridge():
        pytest.skip("this engine has no networks that services could meet on")
    docker_ok("compose", "version")
    folder = tmp_path_factory.mktemp("checkout")
    for name in CHECKOUT:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    compose = Compose(folder, f"cluster-builder-test-{uuid.uuid4().hex[:12]}")
    try:
        up = compose.run("up", "--build", "--detach", "--wait")
        assert up.status == 0, up.output + compose.run("logs").output
        compose.url = "http://" + compose.run("port", "cluster-builder", "42378").output.strip()
        yield compose
    finally:
        compose.run("down", "--volumes", "--timeout", "5")


def test_examples_are_listed(compose: Compose) -> None:
    listed = {each["id"] for each in fetch(f"{compose.url}/cluster-types/").json()}
    assert listed == {path.stem for path in (ROOT / "cluster-types-examples").iterdir()}


def test_cluster_is_launched_on_the_sandbox_beside(compose: Compose) -> None:
    cloud = {
        "auth_url": "http://sandbox:42379/v3",
        "username": "demo",
        "password": "sandbox",
        "project_name": "demo",
        "user_domain_id": "default",
        "project_domain_id": "default",
    }
    cluster = {"cluster_type_id": "self-contained", "name": "from-compose", "parameters": {}}
    answer = fetch(f"{compose.url}/clusters/", "POST", body={"cloud_env": cloud, "cluster": cluster})
    assert answer.status == 201, answer.body
    assert answer.json()["name"].startswith("from-compose--")


def test_changed_example_is_listed_without_a_restart(compose: Compose) -> None:
    example = compose.folder / "cluster-types-examples" / "self-contained.yaml"
    text = example.read_text()
    title = next(line for line in text.splitlines() if line.startswith("title:"))
    example.write_text(text.replace(title, "title: Edited in the checkout"))
    wait_until(
        lambda: fetch(f"{compose.url}/cluster-types/self-contained").json()["title"] == "Edited in the checkout",
        "the edited example",
    )


def test_changed_code_is_running_soon(compose: Compose) -> None:
    """A change that does not even compile is outlived, too."""
    source = compose.folder / "builder" / "api" / "read_handlers.py"
    before = source.read_text()
    assert before.count('"status": "ok"') == 1
    source.write_text(before.replace('"status": "ok"', '"status": "changed"'))
    wait_until(lambda: compose.health() == {"status": "changed"}, "the changed code", RESTART_SECONDS)
    source.write_text("((")
    wait_until(lambda: compose.health() is None, "the end of the old code", RESTART_SECONDS)
    source.write_text(before)
    wait_until(lambda: compose.health() == {"status": "ok"}, "the mended code", RESTART_SECONDS)


def test_services_stop_gracefully(compose: Compose) -> None:
    stopped = compose.run("stop")
    assert stopped.status == 0, stopped.output
    states = compose.run("ps", "--all", "--format", "{{.Service}} {{.ExitCode}}").output.split("\n")
    assert sorted(filter(None, states)) == ["cluster-builder 0", "sandbox 0"]
