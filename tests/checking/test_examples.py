"""Every example, good or wrong, is judged as it is meant to be; files and folders are picked up by themselves."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from builder.checking.checked_files import CheckSettings
from builder.definitions.schema_problems import RULES_BY_KEYWORD
from builder.diagnostics.rules import RULES, Profile, Severity
from builder.schema import published
from tests.checking.examples import INVALID, LEGACY, ROOT, SHIPPED, check, expected_problems, list_cases, summarize

NOT_IN_FILES = {"file-too-large", "link-loop", "too-large", "too-many-files", "unread-remote-file", "unreadable-file"}
"""Rules whose examples are made by tests: by size, by links, or by settings."""


@pytest.mark.parametrize("case", list_cases())
def test_each_wrong_example_has_exactly_the_problems_that_are_written_down(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(INVALID)
    assert [summarize(problem) for problem in check(case).problems()] == expected_problems(case)


def test_there_is_a_wrong_example_of_every_rule() -> None:
    broken = {problem["rule"] for case in list_cases() for problem in expected_problems(case)}
    assert broken == RULES.keys() - NOT_IN_FILES
    assert len(list_cases()) >= 60


@pytest.mark.parametrize("case", list_cases())
def test_each_problem_says_what_is_wrong_and_errors_keep_the_type_from_being_listed(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(INVALID)
    for problem in check(case).problems():
        assert problem.message
        assert problem.rule in RULES
        assert str(problem).startswith(problem.path)


def test_shipped_examples_have_no_problem_at_all() -> None:
    report = check(str(SHIPPED))
    assert (report.problems(), len(report.definitions)) == ((), 6)


def test_definitions_of_earlier_releases_have_no_error_but_for_what_newer_releases_of_concertim_cannot_read() -> None:
    for profile, rules in ((Profile.GENERIC, set()), (Profile.CONCERTIM, {"concertim-group", "concertim-nested"})):
        report = check(str(LEGACY), settings=CheckSettings(profile=profile))
        assert {problem.rule for problem in report.problems() if problem.severity is Severity.ERROR} == rules
        assert len(report.definitions) == 5


UNREADABLE = {
    "beside-values-without-meaning.yaml", "duplicate-key.yaml", "empty-file.yaml", "nul-character.yaml",
    "several-documents.yaml", "too-deep.yaml",
    "yaml-key.yaml", "yaml-merge.yaml", "yaml-number.yaml", "yaml-recursion.yaml", "yaml-syntax.yaml", "yaml-tab.yaml",
    "yaml-tag.yaml", "not-utf-8.yaml", "lone-surrogate.yaml",
}  # fmt: skip
"""What cannot be read as one document of JSON data, by check-jsonschema or by us: nobody can hold it to a schema."""


def list_definitions() -> list[Path]:
    """Every definition among the examples, good or wrong, that can be read."""
    files = [
        path
        for folder in (INVALID, LEGACY, SHIPPED)
        for path in (*folder.glob("*.y*ml"), *folder.glob("*/cluster-type.yaml"), *folder.glob("*/twice.y*ml"))
    ]
    return sorted(path for path in files if path.name not in UNREADABLE)


def test_check_jsonschema_agrees_on_what_violates_the_schema() -> None:
    definitions = list_definitions()
    command = [
        sys.executable, "-m", "check_jsonschema", "--output-format", "json", "--schemafile",
        str(ROOT / "schemas/cluster-type.schema.json"), *map(str, definitions),
    ]  # fmt: skip
    told: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    assert told["parse_errors"] == []
    theirs = {Path(error["filename"]) for error in told["errors"]}
    ours = set()
    for path in definitions:
        (definition,) = check(str(path)).definitions or (None,)
        if definition is None:
            ours |= {path} & theirs  # misnamed: not looked into
        elif any(RULES[each.rule].by_schema for each in definition.problems if each.path == str(path)):
            ours.add(path)
    assert ours == theirs
    assert len(ours) > 10


def test_every_keyword_of_the_schema_has_a_rule() -> None:
    used: set[str] = set()

    def collect(schema: Any) -> None:
        if isinstance(schema, dict):
            for keyword, value in schema.items():
                if keyword in ("properties", "definitions", "patternProperties"):
                    for name, each in value.items():
                        if not name.startswith("hot"):  # what Heat's templates may hold: for editors alone
                            collect(each)
                else:
                    used.add(keyword)
                    collect(value if keyword in ("items", "additionalProperties") else None)

    collect(published.load_schema(published.CLUSTER_TYPE))
    used -= {"$schema", "$id", "$ref", "title", "description", "default", "examples"}
    used -= {"markdownDescription", "defaultSnippets", "markdownEnumDescriptions", "items", "properties"}
    used -= {"patternProperties", "definitions", "if", "then", "else", "allOf"}
    assert used - RULES_BY_KEYWORD.keys() == set()


def test_playbook_finds_a_copy_of_every_example_and_of_what_new_writes() -> None:
    """Ansible's modules copy no links to folders and find none to files, so that there are copies: of these."""
    folders = {"cluster-types": SHIPPED, "templates": ROOT / "builder" / "checking" / "skeletons"}
    sources = {}
    for name, folder in folders.items():
        for source in (path for path in folder.rglob("*") if path.is_file()):
            path = source.relative_to(folder)
            is_single = path.parent == Path()
            copy = ROOT / "examples" / name / (Path(path.stem, "cluster-type.yaml") if is_single else path)
            sources[copy] = source
    expected = {copy: source.read_bytes() for copy, source in sources.items()}
    found = {
        path: path.read_bytes()
        for name in folders
        for path in (ROOT / "examples" / name).rglob("*")
        if not path.is_dir() or path.is_symlink()
    }
    assert found == expected, "run make copy-examples"
    assert not [path for path in (ROOT / "examples").rglob("*") if path.is_symlink()]
