"""docs/cluster-types.md says what is so: every snippet of it is checked, and its table has every key."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from builder.schema import published
from tests.checking.examples import ROOT, check
from tests.checking.rule_examples import NOISE, complete
from tests.command import run_here

DOCUMENT = ROOT / "docs/cluster-types.md"
BLOCKS = [
    (path, language, text)
    for path in (DOCUMENT, ROOT / "docs/parameters.md")
    for language, text in re.findall(r"^```(\w+)\n(.*?)^```$", path.read_text(), re.MULTILINE | re.DOTALL)
]
SNIPPETS = [text for _, language, text in BLOCKS if language == "yaml" and not text.startswith("# questions.yaml")]
"""Parts of definitions; tests/checking/test_tutorial.py has the one that is whole."""


def test_nothing_is_fenced_in_the_reference_but_snippets_and_pictures() -> None:
    assert {language for path, language, _ in BLOCKS if path == DOCUMENT} == {"yaml", "mermaid"}


@pytest.mark.parametrize("number", range(len(SNIPPETS)))
def test_every_snippet_is_part_of_a_definition_without_problems(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "example"
    (folder / "components").mkdir(parents=True)
    silence = f"# check: ignore={','.join(NOISE)}"
    (folder / "cluster-type.yaml").write_text(complete(SNIPPETS[number], silence=silence))
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


@pytest.mark.parametrize(("command", "section"), [("check", "Checking"), ("launch", "Trying a definition on a cloud")])
def test_the_table_of_options_has_each_that_the_command_has(command: str, section: str) -> None:
    text = re.split(rf"^## {section}$", DOCUMENT.read_text(), flags=re.MULTILINE)[1].partition("\n## ")[0]
    helped = subprocess.run(
        [sys.executable, "-m", "builder", command, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    options = set(re.findall(r"--[a-z-]+", helped.stdout.partition("options:")[2])) - {"--help", "--parameter"}
    assert options - set(re.findall(r"`(--[a-z-]+)", text)) == set()


# ---- snippets for CI


def load(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text())


def test_the_snippets_for_ci_use_the_command_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    texts = [(ROOT / "docs/ci" / name).read_text() for name in ("github-actions.yaml", "gitlab-ci.yaml")]
    commands = [line.strip() for text in texts for line in text.splitlines() if "cluster-builder check" in line]
    assert len(commands) == 4
    for command in commands:
        arguments = re.search(r"cluster-builder check ([^>|]*)", command)
        assert arguments is not None
        words = [word for word in arguments[1].split() if word != "cluster-types"]
        done = run_here("check", *words, str(ROOT / "cluster-types-examples"))
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
