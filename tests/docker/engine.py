"""The Docker engine, as people drive it: through its command line."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.error
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.service import Answer, fetch, wait_until

ROOT = Path(__file__).parent.parent.parent
IMAGE = "concertim-cluster-builder:latest"
PORT = 42378

START_SECONDS = 20.0
COMMAND_SECONDS = 120.0
STOP_SECONDS = 10
"""What ``docker stop`` allows before it kills."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended; output and errors in one."""

    status: int
    output: str


def docker(*arguments: str, timeout: float = COMMAND_SECONDS, **options: Any) -> Result:
    """Run a docker command to its end, whatever that is."""
    done = subprocess.run(
        ["docker", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=timeout,
        check=False,
        **options,
    )
    return Result(done.returncode, done.stdout)


def docker_ok(*arguments: str, timeout: float = COMMAND_SECONDS, **options: Any) -> str:
    """Run a docker command that has to succeed; returns what it printed."""
    result = docker(*arguments, timeout=timeout, **options)
    assert result.status == 0, f"docker {' '.join(arguments)}: status {result.status}\n{result.output}"
    return result.output.strip()


@cache
def why_no_engine() -> str:
    """Why the tests cannot run here, or ""."""
    try:
        result = docker("version", "--format", "{{.Server.Version}}", timeout=30)
    except FileNotFoundError:
        return "there is no docker command"
    except subprocess.TimeoutExpired:
        return "the Docker engine does not answer"
    return "" if result.status == 0 else f"no Docker engine answers: {result.output.strip().splitlines()[-1]}"


@cache
def has_bridge() -> bool:
    """Whether containers have networks of their own; an engine without netfilter gives them the host's alone."""
    return docker("network", "inspect", "bridge").status == 0


def find_free_port() -> int:
    """A port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def inspect(name: str) -> dict[str, Any]:
    """Return what the engine knows of a container or an image."""
    found: list[dict[str, Any]] = json.loads(docker_ok("inspect", name))
    return found[0]


@dataclass
class Container:
    """A container of the image in the background; use it as a context manager, which removes it.

    ``options`` are of ``docker run``, ``command`` what comes after the image.
    """

    options: Sequence[str] = ()
    command: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    host_network: bool = field(default_factory=lambda: not has_bridge())
    name: str = field(default_factory=lambda: f"cluster-builder-test-{uuid.uuid4().hex[:12]}")
    url: str = ""

    def start(self) -> Self:
        """Have the engine start it; does not wait for the service in it."""
        environment = dict(self.environment)
        if self.host_network:
            port = find_free_port()
            network = ["--network", "host"]
            environment = {"HOST": "127.0.0.1", "PORT": str(port), **environment}
        else:
            network = ["--publish", f"127.0.0.1::{PORT}"]
        variables = [part for name, value in environment.items() for part in ("--env", f"{name}={value}")]
        docker_ok("run", "--detach", "--name", self.name, *network, *variables, *self.options, IMAGE, *self.command)
        if not self.host_network:
            port = int(docker_ok("port", self.name, f"{PORT}/tcp").splitlines()[0].rpartition(":")[2])
        self.url = f"http://127.0.0.1:{port}"
        return self

    def wait_until_ready(self) -> Self:
        """Wait for its first answer."""
        wait_until(self.answers, f"an answer from {self.url}", START_SECONDS)
        return self

    def answers(self) -> bool:
        """Whether the service answers; fails the test where the container has ended."""
        try:
            return fetch(f"{self.url}/health", timeout=2).status == 200
        except (urllib.error.URLError, OSError):
            state = inspect(self.name)["State"]
            assert state["Running"], f"ended with status {state['ExitCode']}:\n{self.log()}"
            return False

    def get(self, path: str) -> Answer:
        """GET."""
        return fetch(self.url + path)

    def post(self, path: str, body: object) -> Answer:
        """POST."""
        return fetch(self.url + path, "POST", body=body)

    def listed(self) -> dict[str, str]:
        """Titles of the listed types by id."""
        return {listed["id"]: listed["title"] for listed in self.get("/cluster-types/").json()}

    def execute(self, *command: str, options: Sequence[str] = ()) -> Result:
        """Run a command in it."""
        return docker("exec", *options, self.name, *command)

    def log(self) -> str:
        """All that it printed."""
        return docker_ok("logs", self.name)

    def stop(self) -> tuple[int, float]:
        """``docker stop``; returns the exit status, and how many seconds it took."""
        began = time.monotonic()
        docker_ok("stop", "--time", str(STOP_SECONDS), self.name)
        took = time.monotonic() - began
        status: int = inspect(self.name)["State"]["ExitCode"]
        return status, took

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            print(docker("logs", self.name).output)
        docker("rm", "--force", "--volumes", self.name)
