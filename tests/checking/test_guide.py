"""docs/cluster-types.md does what it says: its guide is followed word by word, and every snippet of it is checked."""

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
import yaml
from keystoneauth1.identity import v3
from keystoneauth1.session import Session

from builder.schema import published
from tests.checking.examples import ROOT, check
from tests.checking.rule_examples import NOISE, complete
from tests.service import Service, wait_until

DOCUMENT = ROOT / "docs/cluster-types.md"
GUIDE = ("From an empty file to a cluster", "Composing a cluster type")
SANDBOX = re.compile(r"auth URL +(http://\S+)/v3")
FILE_MARK = re.compile(r"# ([\w./-]+\.yaml)\n")


@dataclass(frozen=True)
class Block:
    """A fenced block: the section that it is in, its language and its text."""

    section: str
    language: str
    text: str


def read_blocks() -> list[Block]:
    blocks = []
    for part in re.split(r"^## ", DOCUMENT.read_text(), flags=re.MULTILINE)[1:]:
        section, _, body = part.partition("\n")
        blocks += [
            Block(section, language, text)
            for language, text in re.findall(r"^```(\w*)\n(.*?)^```$", body, re.MULTILINE | re.DOTALL)
            if language != "mermaid"
        ]
    return blocks


BLOCKS = read_blocks()
SNIPPETS = [block for block in BLOCKS if block.section not in GUIDE]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Service]:
    """A service with a sandbox, as ``make run`` starts it."""
    with Service(tmp_path / "instance", {"SANDBOX_PORT": "0"}, flags=("--sandbox",)) as service:
        wait_until(lambda: SANDBOX.search(service.log) is not None, "the sandbox is announced")
        yield service


def run(command: str, folder: Path, service: Service) -> subprocess.CompletedProcess[str]:
    """Give commands in the folder of the service, as the guide says it."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for variable in ("INSTANCE_DIR", "TEMPLATE_ROOTS", "ALLOW_REMOTE_TEMPLATES", "PROFILE"):
        environment.pop(variable, None)
    sandbox = SANDBOX.search(service.log)
    assert sandbox is not None
    command = command.replace("http://127.0.0.1:42378", service.url).replace("http://127.0.0.1:42379", sandbox[1])
    return subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=50
    )


def test_the_guide_leads_from_an_empty_file_to_two_listed_types(tmp_path: Path, running: Service) -> None:
    told: subprocess.CompletedProcess[str] | None = None
    for block in BLOCKS:
        if block.section not in GUIDE:
            continue
        if block.language == "yaml":
            write(block, tmp_path)
        elif block.language == "sh":
            if named := re.search(r'cluster-types/([\w-]+)$|"cluster_type_id": "([\w-]+)"', block.text, re.MULTILINE):
                name = named[1] or named[2]
                wait_until(lambda name=name: name in running.ids(), f"{name} is listed")  # type: ignore[misc]  # the default binds the loop's name
            told = run(block.text, tmp_path, running)
            assert (
                "cluster-builder check" not in block.text
                or "problems" not in told.stdout
                or "no problems" in told.stdout
            )
            if "curl" in block.text:
                assert told.returncode == 0, told.stdout + told.stderr
        elif block.language == "json":
            wait_until(lambda text=block.text: is_part(json.loads(text), find_entry(running)), block.text)  # type: ignore[misc]
        elif block.language == "console":
            assert told is not None
            assert_fails_as_shown(block.text, json.loads(told.stdout)["name"], running)
        else:
            assert told is not None
            assert told.stdout == block.text
    wait_until(lambda: running.ids() == ["first-cluster", "lab-cluster"], "these two are listed, and no others")


def find_entry(service: Service) -> Any:
    """What the catalogue has of the first cluster."""
    (entry,) = [each for each in service.get("/catalogue").json()["entries"] if each["id"] == "first-cluster"]
    return entry


def is_part(part: Any, whole: Any) -> bool:
    """Whether all that is shown is there; of a list, some elements are shown."""
    if isinstance(part, dict):
        return all(key in whole and is_part(value, whole[key]) for key, value in part.items())
    if isinstance(part, list):
        return all(any(is_part(shown, element) for element in whole) for shown in part)
    return bool(part == whole)


def assert_fails_as_shown(console: str, stack_name: str, service: Service) -> None:
    """The sandbox is asked for what the client of OpenStack shows of failures."""
    sandbox = SANDBOX.search(service.log)
    assert sandbox is not None
    ids: dict[str, Any] = {
        "user_id": "0de300000000000000000000000000b1",
        "project_id": "0de300000000000000000000000000a1",
    }
    auth = v3.Password(f"{sandbox[1]}/v3", password="sandbox", **ids)
    heat = heatclient.client.Client("1", session=Session(auth=auth, timeout=10))
    wait_until(lambda: heat.stacks.get(stack_name).stack_status == "CREATE_FAILED", "the stack has failed")
    (failed,) = heat.resources.list(stack_name)
    assert console.splitlines()[1:] == [
        f"{console.split()[5]}.{failed.resource_name}:",
        f"  resource_type: {failed.resource_type}",
        "  physical_resource_id:",
        f"  status: {failed.resource_status}",
        "  status_reason: |",
        f"    {failed.resource_status_reason}",
    ]


def write(block: Block, folder: Path) -> None:
    """Make the file that a block of the guide shows."""
    mark = FILE_MARK.match(block.text)
    assert mark is not None, block.text
    path = folder / mark[1]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.text)


def test_every_command_of_the_guide_succeeds_but_those_that_show_problems(tmp_path: Path, running: Service) -> None:
    failing = []
    for number, block in enumerate(BLOCKS):
        if block.section in GUIDE and block.language == "yaml":
            write(block, tmp_path)
        elif block.section in GUIDE and block.language == "sh" and "curl" not in block.text:
            done = run(f"set -e\n{block.text}", tmp_path, running)
            shows = BLOCKS[number + 1].language == "text" and "error" in BLOCKS[number + 1].text
            if (done.returncode != 0) != shows:
                failing.append((block.text, done.stdout, done.stderr))
    assert failing == []


@pytest.mark.parametrize("number", range(len(SNIPPETS)))
def test_every_other_snippet_is_part_of_a_definition_without_problems(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snippet = SNIPPETS[number]
    assert snippet.language == "yaml"
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "example"
    (folder / "components").mkdir(parents=True)
    silence = f"# check: ignore={','.join(NOISE)}"
    (folder / "cluster-type.yaml").write_text(complete(snippet.text, silence=silence))
    for name in ("templates/cluster.yaml", "components/network.yaml", "components/storage.yaml"):
        (folder / name).parent.mkdir(exist_ok=True)
        declared = "volume_size" if "storage" in name else "nodes"
        (folder / name).write_text(
            f"{silence}\nheat_template_version: 2021-04-16\nparameters: {{{declared}: {{type: number}}}}\n"
        )
    assert check("example").problems() == ()


def test_every_key_of_the_format_is_in_the_table() -> None:
    keys = re.findall(r"^\| `(\w+)` \|", DOCUMENT.read_text(), re.MULTILINE)
    schema = published.load_schema(published.CLUSTER_TYPE)
    described = (schema, *(schema["definitions"][kind] for kind in schema["properties"]["kind"]["enum"]))
    assert sorted(keys) == sorted({key for part in described for key in part["properties"]})


# ---- snippets for CI


def load(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text())


def test_the_snippets_for_ci_use_the_command_as_it_is() -> None:
    texts = [(ROOT / "docs/ci" / name).read_text() for name in ("github-actions.yaml", "gitlab-ci.yaml")]
    commands = [line.strip() for text in texts for line in text.splitlines() if "cluster-builder check" in line]
    assert len(commands) == 4
    for command in commands:
        arguments = re.search(r"cluster-builder check ([^>|]*)", command)
        assert arguments is not None
        words = [word for word in arguments[1].split() if word != "cluster-types"]
        done = subprocess.run(
            [sys.executable, "-m", "builder", "check", *words, str(ROOT / "cluster-types-examples")],
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")


def test_the_hook_of_pre_commit_is_the_one_that_the_snippet_uses() -> None:
    (hook,) = load(".pre-commit-hooks.yaml")
    (repository,) = load("docs/ci/pre-commit-config.yaml")["repos"]
    assert hook["id"] == repository["hooks"][0]["id"] == "cluster-types"
    assert hook["entry"] == "cluster-builder check"
    assert (hook["always_run"], hook["pass_filenames"]) == (True, False)


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ("vendor.github-workflows", "docs/ci/github-actions.yaml"),
        ("vendor.gitlab-ci", "docs/ci/gitlab-ci.yaml"),
    ],
)
def test_the_snippets_for_ci_keep_to_the_schemas_of_their_services(schema: str, path: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(ROOT / path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
