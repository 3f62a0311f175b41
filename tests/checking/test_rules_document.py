"""docs/rules.md has a section for every rule, whose wrong example breaks that rule and whose mended one breaks none."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from builder.checking.checked_files import CheckSettings
from builder.diagnostics.rules import RULES
from tests.checking.examples import ROOT, check
from tests.privileges import unprivileged_prefix

DOCUMENT = ROOT / "docs/rules.md"
HEAD = {"kind": "heat", "title": "Example", "description": "An example."}
PARAMETERS = "parameters: {nodes: {type: number, default: 1}}"
NOISE = ("no-private-network", "unused-parameter")
FILE_MARK = re.compile(r"^# ([\w./-]+\.(?:ya?ml|template|sh))$", re.MULTILINE)


@dataclass(frozen=True)
class Section:
    """One rule's section: what it says of the rule, and its two examples, each with its language."""

    statement: str
    examples: tuple[tuple[str, str], ...]


def read_sections() -> dict[str, Section]:
    text = DOCUMENT.read_text()
    sections = {}
    for part in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
        rule_id, _, body = part.partition("\n")
        body = re.split(r"^## ", body, flags=re.MULTILINE)[0]
        examples = re.findall(r"^(Wrong|Mended):\n\n```(yaml|sh)\n(.*?)^```$", body, re.MULTILINE | re.DOTALL)
        assert [kind for kind, _, _ in examples] == ["Wrong", "Mended"], rule_id
        statement = body.strip().partition("\n")[0]
        sections[rule_id] = Section(statement, tuple((language, text) for _, language, text in examples))
    return sections


SECTIONS = read_sections()


def complete(fragment: str, *, silence: str) -> str:
    """A part of a definition with what it leaves out."""
    if re.search(r"^heat_template_version:", fragment, re.MULTILINE):
        return fragment
    lines = [silence, *(f"{key}: {text}" for key, text in HEAD.items() if not has_key(fragment, key))]
    if has_key(fragment, "heat_template"):
        within = "" if "heat_template_version:" in fragment else "\n  heat_template_version: 2021-04-16"
        within += "" if re.search(r"^  parameters:", fragment, re.MULTILINE) else f"\n  {PARAMETERS}"
        fragment = fragment.replace("heat_template:", f"heat_template:{within}", 1)
    elif not any(has_key(fragment, key) for key in ("heat_template_url", "components", "magnum_cluster_template")):
        lines.append(f"heat_template:\n  heat_template_version: 2021-04-16\n  {PARAMETERS}")
    return "\n".join([*lines, fragment])


def has_key(text: str, key: str) -> bool:
    return re.search(rf"^{key}:", text, re.MULTILINE) is not None


def lay_out(rule_id: str, language: str, example: str, folder: Path) -> None:
    """Make the files of an example, or run its commands beside a good definition."""
    silence = f"# check: ignore={','.join(rule for rule in NOISE if rule != rule_id)}"
    definition, *others = re.split(FILE_MARK, example) if language == "yaml" else [""]
    name = "cluster-type.yaml" if language == "yaml" else "cluster.yaml"
    (folder / name).write_text(complete(definition, silence=silence))
    for path, text in zip(others[::2], others[1::2], strict=True):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f"{silence}\n{text.strip()}\n" if target.suffix != ".sh" else text)
    if language == "sh":
        subprocess.run(["bash", "-euc", example], cwd=folder, check=True, capture_output=True, timeout=120)


def find_rules(folder: Path, rule_id: str, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    monkeypatch.chdir(folder)
    settings = CheckSettings(allow_remote=rule_id == "unread-remote-file")
    return {problem.rule for problem in check(".", settings=settings).problems()}


def find_rules_unprivileged(folder: Path) -> set[str]:
    command = [*unprivileged_prefix(), sys.executable, "-m", "builder", "check", "--format=json", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120, check=False)
    return {problem["rule"] for problem in json.loads(done.stdout)["problems"]}


@pytest.fixture
def example_folder(tmp_path: Path) -> Path:
    """A folder whose name can be an id."""
    folder = tmp_path / "example"
    folder.mkdir()
    return folder


def test_every_rule_has_its_section_and_no_other_has() -> None:
    assert sorted(SECTIONS) == sorted(RULES)


@pytest.mark.parametrize("rule_id", RULES)
def test_the_section_says_what_the_registry_says(rule_id: str) -> None:
    rule = RULES[rule_id]
    assert SECTIONS[rule_id].statement == f"{str(rule.severity).capitalize()}: {rule.meaning}."


@pytest.mark.parametrize("rule_id", RULES)
def test_the_wrong_example_breaks_the_rule_and_no_other(
    rule_id: str, example_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out(rule_id, *SECTIONS[rule_id].examples[0], example_folder)
    if rule_id == "unreadable-file":
        assert find_rules_unprivileged(example_folder) == {rule_id}
    else:
        assert find_rules(example_folder, rule_id, monkeypatch) == {rule_id}


@pytest.mark.parametrize("rule_id", RULES)
def test_the_mended_example_breaks_none(rule_id: str, example_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(rule_id, *SECTIONS[rule_id].examples[1], example_folder)
    assert find_rules(example_folder, rule_id, monkeypatch) == set()
