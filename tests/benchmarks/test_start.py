"""What starting takes of the processors, beside a bare Sanic server and Python itself in the same run."""

from __future__ import annotations

import re
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.service import Service, fetch, launch

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]

RUNS = 5
"""Of each, in turn; the least of them counts: other work on the machine only ever makes it more."""


def start_bare_server(body: Path) -> None:
    """Start it, ask it once, and stop it."""
    command = [sys.executable, "-m", "tests.benchmarks.bare_server", str(body)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        found = re.search(r"http://[\d.:]+", server.stdout.readline())
        assert found is not None
        assert fetch(found[0] + "/body").status == 200
        server.send_signal(signal.SIGTERM)


def start_service(instance: Path, *flags: str) -> None:
    """Start the service, ask it for its listing, and stop it."""
    with Service(instance, {"SANDBOX_PORT": "0"}, flags) as service:
        assert service.get("/cluster-types/").status == 200


def run(*arguments: str) -> None:
    """Run a command to its end."""
    with launch(*arguments) as process:
        process.communicate()


def spent() -> float:
    """User and system time of all processes that have ended, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_start_of_each_command(tmp_path: Path, examples: Path) -> None:
    body = tmp_path / "body"
    body.write_bytes(b"{}")
    definition = str(examples / "self-contained.yaml")
    measured: dict[str, Callable[[], object]] = {
        "a bare Sanic server": lambda: start_bare_server(body),
        "Python": lambda: subprocess.run([sys.executable, "-c", "pass"], check=True),
        "serve": lambda: start_service(tmp_path / "service"),
        "serve --sandbox": lambda: start_service(tmp_path / "beside", "--sandbox"),
        "serve --workers 2": lambda: start_service(tmp_path / "several", "--workers", "2"),
        "check of a definition": lambda: run("check", definition),
        "status": lambda: run("status", "http://127.0.0.1:9"),
        "--help": lambda: run("--help"),
    }
    costs = dict.fromkeys(measured, float("inf"))
    for _ in range(RUNS):
        for name, measure in measured.items():
            before = spent()
            measure()
            costs[name] = min(costs[name], spent() - before)
    bare = costs["a bare Sanic server"]
    print()
    for name, cost in costs.items():
        print(f"{name}: {cost / bare:.2f} times the CPU time of a bare Sanic server's start ({cost:.2f} s)")
