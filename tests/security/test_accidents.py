"""How the service bears what happens around it: signals, crashes, full disks, closed pipes."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.security.running import enable
from tests.service import STOP_SECONDS, Service, fetch, minimal_definition, wait_until

ROOT = Path(__file__).parent.parent.parent


def test_rescan_signal_leaves_the_sandbox_alone(tmp_path: Path) -> None:
    environment = {"SANDBOX_PORT": "0"}
    with Service(tmp_path, environment=environment, flags=("--workers", "2", "--sandbox")) as service:
        (url,) = set(re.findall(r"http://127\.0\.0\.1:\d+/v3", service.log))
        assert fetch(url).status == 200
        *_, sandbox = service.children
        os.kill(sandbox, signal.SIGHUP)
        assert fetch(url).status == 200
        assert sandbox in service.children


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_worker_that_crashes_is_replaced_and_says_why(tmp_path: Path, number: signal.Signals) -> None:
    with Service(tmp_path, flags=("--workers", "2")) as service:
        enable(service)
        wait_until(lambda: len(service.children) == 2, "both workers run")
        victim, other = service.children
        os.kill(victim, number)
        wait_until(lambda: f"was ended by {number.name}" in service.log, "its end is told")
        assert fetch(f"{service.url}/health").status == 200
        wait_until(lambda: len(set(service.children) - {victim}) == 2, "another runs")
        assert other in service.children
        for _ in range(20):
            assert service.ids() == ["small"]


def test_change_of_a_type_is_one_line_of_the_log_of_several_workers(tmp_path: Path) -> None:
    with Service(tmp_path, flags=("--workers", "2")) as service:
        enable(service)
        rejected = service.enabled / "rejected.yaml"
        rejected.write_text("kind: [")
        wait_until(lambda: all(knows(service, "rejected.yaml") for _ in range(20)), "both workers have seen it")
        wait_until(lambda: "path=rejected.yaml" in service.log, "it is told")
        service.stop()
        for line in ("cluster type enabled id=small", "path=rejected.yaml", "[yaml-syntax]"):
            assert service.settled_log().count(line) == 1, line


def knows(service: Service, path: str) -> bool:
    """Whether whichever worker answers has an entry of that path."""
    return path in [each["path"] for each in service.get("/catalogue").json()["entries"]]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_no_process_leaves_a_core_dump(tmp_path: Path, workers: str) -> None:
    with Service(tmp_path, flags=("--workers", workers)) as service:
        enable(service)
        wait_until(lambda: len(service.children) == (2 if workers == "2" else 0), "all run")
        for process in (service.process.pid, *service.children):
            limits = Path(f"/proc/{process}/limits").read_text()
            assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE)


def test_process_without_core_dumps_is_not_dumpable_and_nor_are_its_workers() -> None:
    script = """
import ctypes, os
from builder.process.hardening import forbid_core_dumps
is_dumpable = lambda: ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)  # PR_GET_DUMPABLE
before = is_dumpable()
forbid_core_dumps()
child = os.fork()
if not child:
    os._exit(is_dumpable())
print(before, is_dumpable(), os.waitpid(child, 0)[1])
"""
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["1", "0", "0"]


def test_full_disk_for_the_log_file_is_said_once_and_harms_nobody(tmp_path: Path) -> None:
    with Service(tmp_path, {"LOG_FILE": "/dev/full", "LOG_LEVEL": "DEBUG"}) as service:
        enable(service)
        assert service.stop() == 0
        assert service.log.count("No space") == 1


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("stdout", ["/dev/full", "closed pipe", "closed"])
def test_service_goes_on_when_nobody_takes_its_output(tmp_path: Path, stdout: str, workers: str) -> None:
    port = _free_port()
    command = [sys.executable, "-m", "builder", "serve", "--instance", str(tmp_path), "--port", str(port)]
    command += ["--workers", workers]
    environment = {"PATH": os.environ["PATH"]}
    if stdout == "closed":
        command = ["sh", "-c", 'exec "$@" >&-', "sh", *command]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    elif stdout == "closed pipe":
        reader, writer = os.pipe()
        os.close(reader)
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=writer, stderr=subprocess.DEVNULL)
        os.close(writer)
    else:
        with Path(stdout).open("wb") as full:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=full, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: _is_up(url), "it serves", STOP_SECONDS)
        (tmp_path / "cluster-types-enabled" / "small.yaml").write_text(minimal_definition())
        wait_until(lambda: b"small" in fetch(f"{url}/cluster-types/").body, "it reloads")
    finally:
        process.terminate()
        try:
            status = process.wait(STOP_SECONDS)
        finally:
            process.kill()
            process.wait(STOP_SECONDS)
    assert status in (0, 120, 141)  # 120 and 141 are Python's and ours for output that nobody takes
    assert not _is_up(url)


@pytest.fixture
def unread(request: pytest.FixtureRequest) -> Iterator[int]:
    """Where a process can write to, and nobody reads."""
    if request.param == "pipe":
        ours, theirs = os.pipe()
    elif request.param == "terminal":
        ours, theirs = os.openpty()
    else:
        ours, theirs = (each.detach() for each in socket.socketpair())
    yield theirs
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("unread", ["pipe", "terminal", "socket"], indirect=True)
def test_reader_of_the_log_that_stalls_keeps_nobody_waiting(tmp_path: Path, unread: int, workers: str) -> None:
    port = _free_port()
    command = [sys.executable, "-m", "builder", "serve", "--instance", str(tmp_path), "--port", str(port)]
    command += ["--workers", workers]
    with subprocess.Popen(command, cwd=ROOT, env={"PATH": os.environ["PATH"]}, stdout=unread) as process:
        try:
            wait_until(lambda: _is_up(f"http://127.0.0.1:{port}"), "it serves", STOP_SECONDS)
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=STOP_SECONDS)
            for number in range(4000):  # more lines than anything of these takes, and all workers meet one
                if number % 100 == 0:
                    client.close()
                client.request("GET", "/health")
                assert client.getresponse().read()
            client.close()
            process.terminate()
            assert process.wait(STOP_SECONDS) == 0
        finally:
            process.kill()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def _is_up(url: str) -> bool:
    try:
        return fetch(f"{url}/health").status == 200
    except OSError:
        return False
