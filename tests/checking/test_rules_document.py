"""docs/rules.md follows from the rules. Each has an example that breaks it, and nothing else, and that breaks no rule
once it is mended.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from builder.checking.checked_files import CheckSettings
from builder.diagnostics.rules import RULES, load_sections
from tests.checking.examples import ROOT, check
from tests.checking.rule_examples import lay_out, read_examples
from tests.checking.rules_document import DOCUMENT, write_document
from tests.privileges import unprivileged_prefix

EXAMPLES = read_examples()


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


def test_the_document_is_as_it_is_written_from_the_rules() -> None:
    assert DOCUMENT.read_text() == write_document(), "make rules writes it anew"


def test_every_rule_has_one_anchor() -> None:
    anchors = re.findall(r'^### ([\w-]+)$|<a id="([\w-]+)">', DOCUMENT.read_text(), re.MULTILINE)
    assert sorted(heading or anchor for heading, anchor in anchors) == sorted(RULES)


def test_no_rule_is_in_two_sections() -> None:
    rules = [rule_id for section in load_sections().values() for rule_id in section if rule_id != "text"]
    assert sorted(rules) == sorted(RULES)


def test_every_rule_has_one_example() -> None:
    assert {rule_id: len(examples) for rule_id, examples in EXAMPLES.items()} == dict.fromkeys(EXAMPLES, 1)
    assert sorted(EXAMPLES) == sorted(RULES)


@pytest.mark.parametrize("rule_id", RULES)
def test_the_wrong_example_breaks_the_rule_and_no_other(
    rule_id: str, example_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out(rule_id, EXAMPLES[rule_id][0], "-", example_folder)
    if rule_id == "unreadable-file":
        assert find_rules_unprivileged(example_folder) == {rule_id}
    else:
        assert find_rules(example_folder, rule_id, monkeypatch) == {rule_id}


@pytest.mark.parametrize("rule_id", RULES)
def test_the_mended_example_breaks_none(rule_id: str, example_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(rule_id, EXAMPLES[rule_id][0], "+", example_folder)
    assert find_rules(example_folder, rule_id, monkeypatch) == set()
