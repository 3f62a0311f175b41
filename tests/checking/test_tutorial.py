"""Documents that do what they say: docs/tutorial.md, docs/parameters.md, followed word by word beside a service."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import heatclient.client
import pytest
from keystoneauth1.identity import v3
from keystoneauth1.session import Session

from tests.checking.examples import ROOT
from tests.service import Service, wait_until

SANDBOX = re.compile(r"auth URL +(http://\S+)/v3")
FILE_MARK = re.compile(r"# ([\w./-]+\.yaml)\n")
DIFFERING = re.compile(
    r"(?<=--)[a-z0-9]{12}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
    r"|\b203\.0\.113\.\d+|\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
)
"""The end of a stack's name, an id, an address and a time."""


@dataclass(frozen=True)
class Block:
    """A fenced block: its language and its text."""

    language: str
    text: str

    def is_to_fail(self) -> bool:
        """Whether what is shown is the output of a command that finds a mistake."""
        return self.language == "text" and re.search("error|FAILED|^cluster-builder: ", self.text) is not None


def read_blocks(document: str) -> list[Block]:
    text = (ROOT / "docs" / document).read_text()
    return [Block(*found) for found in re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]


class Reader:
    """Somebody who follows the tutorial: writes its files, gives its commands and compares what is shown."""

    def __init__(self, folder: Path, service: Service) -> None:
        sandbox = SANDBOX.search(service.log)
        assert sandbox is not None
        self.folder = folder
        self.service = service
        self.addresses = {"http://127.0.0.1:42378": service.url, "http://127.0.0.1:42379": sandbox[1]}
        self.cluster: dict[str, str] = {}
        self.command = ""
        self.told = ""

    def follow(self, blocks: list[Block]) -> None:
        for block, following in zip(blocks, [*blocks[1:], Block("", "")], strict=True):
            match block.language:
                case "yaml":
                    self.write(block.text)
                case "sh":
                    self.give(block.text, is_to_fail=following.is_to_fail())
                case "text":
                    self.compare(block.text)
                case "json":
                    self.compare_json(block.text)
                case "console":
                    self.compare_with_heat(block.text)
                case _:
                    pytest.fail(f"nobody knows what to do with {block.language}")

    def write(self, text: str) -> None:
        mark = FILE_MARK.match(text)
        assert mark is not None, text
        path = self.folder / mark[1]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def give(self, command: str, *, is_to_fail: bool) -> None:
        """Give a command, whose status says whether it fails. A type that it asks for is listed first."""
        if named := re.search(r'cluster-types/([\w-]+)$|"cluster_type_id": "([\w-]+)"', command, re.MULTILINE):
            name = named[1] or named[2]
            wait_until(lambda: name in self.service.ids(), f"{name} is listed")
        self.command = command.replace("/ID/", f"/{self.cluster.get('id')}/")
        done = self.run()
        assert (done.returncode != 0) is is_to_fail, f"{command}\n{done.stdout}"
        if done.stdout.startswith('{"id":') and '"name":' in done.stdout and "/clusters/ " in command:
            self.cluster = json.loads(done.stdout)

    def run(self) -> subprocess.CompletedProcess[str]:
        """Give the last command once more. What is told is what a terminal has, with the addresses of the tutorial."""
        environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        for variable in ("INSTANCE_DIR", "TEMPLATE_ROOTS", "ALLOW_REMOTE_TEMPLATES", "PROFILE"):
            environment.pop(variable, None)
        command = f"set -e\n{self.command}"
        for shown, real in self.addresses.items():
            command = command.replace(shown, real)
        done = subprocess.run(
            ["bash", "-c", command], cwd=self.folder, env=environment, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False, timeout=100,
        )  # fmt: skip
        self.told = done.stdout
        for shown, real in self.addresses.items():
            self.told = self.told.replace(real, shown)
        return done

    def compare(self, text: str) -> None:
        """All that is told is shown; or, behind a line with "…", some of its lines are, sooner or later."""
        shown = split_lines(text)
        if shown[0] != "…":
            assert split_lines(self.told) == shown
            return

        def is_told() -> bool:
            self.run()
            return set(shown[1:]) <= set(split_lines(self.told))

        wait_until(is_told, text)

    def compare_json(self, text: str) -> None:
        """What is shown is a part of the response, sooner or later."""

        def is_told() -> bool:
            self.run()
            return is_part(json.loads(text), json.loads(self.told))

        wait_until(is_told, text)

    def compare_with_heat(self, text: str) -> None:
        """The sandbox is asked for what the client of OpenStack shows of failures."""
        user, project = "0de300000000000000000000000000b1", "0de300000000000000000000000000a1"
        auth = v3.Password(
            f"{self.addresses['http://127.0.0.1:42379']}/v3", password="sandbox", user_id=user, project_id=project
        )
        heat = heatclient.client.Client("1", session=Session(auth=auth, timeout=10))
        (failed,) = heat.resources.list(self.cluster["name"])
        assert text.splitlines()[1:] == [
            f"{text.split()[5]}.{failed.resource_name}:",
            f"  resource_type: {failed.resource_type}",
            "  physical_resource_id:",
            f"  status: {failed.resource_status}",
            "  status_reason: |",
            f"    {failed.resource_status_reason}",
        ]


def split_lines(text: str) -> list[str]:
    """The lines, without what differs each time, nor the width of columns."""
    return [re.sub(" +", " ", DIFFERING.sub("*", line)) for line in text.splitlines()]


def is_part(part: Any, whole: Any) -> bool:
    """Whether all that is shown is there; of a list, some elements are shown, and of an empty one none are there."""
    if isinstance(part, dict):
        return all(key in whole and is_part(value, whole[key]) for key, value in part.items())
    if isinstance(part, list) and part:
        return all(any(is_part(shown, element) for element in whole) for shown in part)
    return bool(part == whole)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """A reader beside a service with a sandbox, as ``make run`` starts it."""
    with Service(tmp_path / "instance", {"SANDBOX_PORT": "0"}, flags=("--sandbox",)) as service:
        wait_until(lambda: SANDBOX.search(service.log) is not None, "the sandbox is announced")
        yield Reader(tmp_path, service)


@pytest.mark.timeout(600)  # it starts some twenty processes
def test_the_tutorial_leads_from_an_empty_file_to_two_listed_types(reader: Reader) -> None:
    reader.follow(read_blocks("tutorial.md"))
    wait_until(lambda: reader.service.ids() == ["first-cluster", "lab-cluster"], "these two are listed, and no others")


def test_the_document_of_parameters_shows_what_people_are_told(reader: Reader) -> None:
    blocks = read_blocks("parameters.md")
    reader.follow([block for block in blocks if block.language != "yaml" or FILE_MARK.match(block.text)])


@pytest.mark.timeout(600)  # it launches a cluster, and previews two
def test_the_commands_for_a_cloud_work_with_what_names_the_sandbox(reader: Reader) -> None:
    for block in read_blocks("tutorial.md"):
        if block.language == "yaml":
            reader.write(block.text)
    (reader.folder / "lab-cluster/scripts").mkdir()
    (reader.folder / "lab-cluster/scripts/login.sh").write_text("#!/bin/bash\n")
    exports = re.findall(r"^ +(export OS_.*)$", reader.service.log, re.MULTILINE)
    (reader.folder / "openrc.sh").write_text("\n".join(exports))
    names = dict(re.findall(r"OS_(\w+)=(\S+)", " ".join(exports)))
    auth = {key.lower(): value for key, value in names.items() if not key.startswith(("REGION", "IDENTITY"))}
    cloud = {"auth": auth, "region_name": names["REGION_NAME"], "identity_api_version": 3}
    (reader.folder / "clouds.yaml").write_text(json.dumps({"clouds": {"mycloud": cloud}}))
    text = (ROOT / "docs/cluster-types.md").read_text()
    commands = [block for block in re.findall(r"(?:^    \S.*\n)+", text, re.MULTILINE) if "cluster-builder" in block]
    for command, told in zip(commands, ("no problems", "address: "), strict=True):
        reader.give(command, is_to_fail=False)
        assert told in reader.told
