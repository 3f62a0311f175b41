"""README.md does what it says: every line for the shell is run, in its order, in a copy of the repository."""

from __future__ import annotations

import html
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.docker.test_container import AS_WRITTEN
from tests.service import START_SECONDS, wait_until

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
CARRIED = ("Makefile", "pyproject.toml", "builder", "cluster-types-examples", "requirements", "schemas")
COMMAND_SECONDS = 50.0

SHOWN = {
    "curl http://127.0.0.1:42378/cluster-types/": '"id":"self-contained"',
    "curl --request POST http://127.0.0.1:42378/clusters/": '"name":"my-first-cluster--',
    "curl --request POST http://127.0.0.1:42378/clusters/ID/status": '"status":"CREATE_COMPLETE"',
    "curl http://127.0.0.1:42378/cluster-types/mine": '"id":"mine"',
    "curl http://127.0.0.1:42378/catalogue/mine": '"state":"stale"',
    ".venv/bin/cluster-builder status http://127.0.0.1:42378": "unknown key 'titel'",
    ".venv/bin/cluster-builder check instance/cluster-types-enabled/mine.yaml": "unknown key 'titel'",
    ".venv/bin/cluster-builder check cluster-types-examples": "6 definitions: no problems",
    ".venv/bin/cluster-builder launch": "Hello from Cluster Builder",
}
"""What people are to see of a command, by how it begins."""

MISTAKE = "mine.yaml:19:1: unknown key 'titel' (did you mean 'title'?)"
"""What is to be found in the log, as README quotes it, and by halves on the page of the type."""

FAILING = {
    ".venv/bin/cluster-builder status http://127.0.0.1:42378",
    ".venv/bin/cluster-builder check instance/cluster-types-enabled/mine.yaml",
}
"""Those that show a mistake."""

SAYING = ("curl", ".venv/bin/cluster-builder launch")
"""Those that say how it goes on standard error."""


def read_commands() -> list[str]:
    """The commands of the indented blocks; one may go over several lines."""
    fenced = re.findall(r"^```(\w*)\n.*?^```\n", README, re.MULTILINE | re.DOTALL)
    assert set(fenced) <= {"mermaid"}, "commands stand in indented blocks, which are run"
    prose = re.sub(r"^```.*?^```\n", "", README, flags=re.MULTILINE | re.DOTALL)
    blocks = re.findall(r"(?:^    .*\n)+", prose, re.MULTILINE)
    commands: list[str] = []
    for block in blocks:
        command = ""
        for line in block.splitlines():
            command += f"{line[4:]}\n"
            if not line.endswith("\\") and is_whole(command):
                commands.append(command.rstrip("\n"))
                command = ""
        assert command == ""
    return commands


def is_whole(command: str) -> bool:
    """Whether Bash takes it as it is, and asks for no more lines."""
    return subprocess.run(["bash", "-n", "-c", command], capture_output=True, check=False).returncode == 0


COMMANDS = read_commands()


@dataclass
class Checkout:
    """A copy of the repository, in which ``make run`` serves on ports of its own."""

    folder: Path
    output: list[str] = field(default_factory=list)
    cluster_id: str = ""
    """Of the cluster that was launched last, which the page calls ID."""

    @property
    def log(self) -> str:
        return "".join(self.output)

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command as a person would, but for the ports, with the id that a launch has shown."""
        for port, found in (("42378", r"serving on http://\S+?:(\d+)"), ("42379", r"auth URL +http://\S+?:(\d+)")):
            if port in command:
                match = re.search(found, self.log)
                assert match is not None
                command = command.replace(port, match[1])
        done = subprocess.run(
            ["bash", "-c", command.replace("/clusters/ID/", f"/clusters/{self.cluster_id}/")], cwd=self.folder,
            env=environment(), capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS,
        )  # fmt: skip
        launched = re.search(r'^{"id":"([^"]+)","name":"my-first-cluster--', done.stdout)
        self.cluster_id = launched[1] if launched else self.cluster_id
        return done

    @contextmanager
    def serving(self, command: str) -> Iterator[None]:
        """Run beside the others what does not end by itself, from when it listens."""
        process = subprocess.Popen(
            ["bash", "-c", command], cwd=self.folder, env=environment(PORT="0", SANDBOX_PORT="0"),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        stdout = process.stdout
        assert stdout is not None
        reader = threading.Thread(target=lambda: self.output.extend(stdout), daemon=True)
        reader.start()
        try:
            wait_until(
                lambda: "serving on http" in self.log and "auth URL" in self.log, "it listens", 2 * START_SECONDS
            )
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(COMMAND_SECONDS)
            reader.join(COMMAND_SECONDS)
            stdout.close()


def environment(**variables: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "PYTHONUNBUFFERED": "1", **variables}


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """The repository after it was set up: to install everything takes longer than a test may, and the network."""
    for name in CARRIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, tmp_path / name)
    (tmp_path / "instance").mkdir()
    program = tmp_path / ".venv/bin/cluster-builder"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m builder "$@"\n')
    program.chmod(0o755)
    for name in (".run", ".dev", "bin/python"):
        (tmp_path / ".venv" / name).touch()
    return Checkout(tmp_path)


@pytest.mark.timeout(180)
def test_every_command_does_what_is_said_of_it(checkout: Checkout) -> None:
    first, *others = COMMANDS
    assert first == "make run"
    with checkout.serving(first):
        for command in others:
            if not command.startswith("docker "):
                assert_works(checkout, command)
            if command.startswith("sed -i 's/^title:"):
                assert_mistake_is_shown(checkout)
        mine = "curl --fail http://127.0.0.1:42378/cluster-types/mine"
        wait_until(lambda: checkout.run(mine).returncode != 0, "what was removed is listed no more")


def assert_works(checkout: Checkout, command: str) -> None:
    shown = next((text for start, text in SHOWN.items() if f"{command} ".startswith(f"{start} ")), "")

    def is_shown() -> bool:
        done = checkout.run(command)
        assert (done.returncode != 0) is (command in FAILING), done.stderr
        assert command.startswith(SAYING) or done.stderr == ""
        return shown in done.stdout

    wait_until(is_shown, f"{command} shows {shown}")


def assert_mistake_is_shown(checkout: Checkout) -> None:
    assert f"`{MISTAKE}`" in README
    wait_until(lambda: MISTAKE in checkout.log, "the log tells of it")
    assert "<http://127.0.0.1:42378/types/mine>" in README
    page = html.unescape(checkout.run("curl -H 'Accept: text/html' http://127.0.0.1:42378/types/mine").stdout)
    place, _, message = MISTAKE.partition(": ")
    assert place in page
    assert message.partition(" (")[0] in page


def test_the_commands_of_the_container_are_those_that_its_tests_run() -> None:
    assert tuple(command for command in COMMANDS if command.startswith("docker ")) == AS_WRITTEN


@pytest.mark.parametrize("command", re.findall(r"`((?:\w+=\d+ )*make \w+)`", README))
def test_make_has_every_target_that_is_named(command: str) -> None:
    dry = f"{command} --dry-run"
    done = subprocess.run(["bash", "-c", dry], cwd=ROOT, capture_output=True, check=False, timeout=COMMAND_SECONDS)
    assert done.returncode == 0, done.stderr
