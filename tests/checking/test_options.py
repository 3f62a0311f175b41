"""``cluster-builder check`` as editors, CI and people at a terminal ask for it: colours, status, rules."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from builder.diagnostics.rules import RULES
from tests.checking.test_command import BAD, GOOD, WARNED, Run


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in ("TEMPLATE_ROOTS", "ALLOW_REMOTE_TEMPLATES", "INSTANCE_DIR", "PROFILE", "NO_COLOR"):
        monkeypatch.delenv(variable, raising=False)
    Path("good.yaml").write_text(GOOD)
    Path("bad.yaml").write_text(BAD)


# ---- exit status


def test_problems_can_be_told_without_failing(capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(capsys, "check", "--exit-zero", "bad.yaml")
    assert (run.status, "[unknown-key]" in run.out) == (0, True)
    assert Run(capsys, "check", "--exit-zero", "missing.yaml").status == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("--strict", "--exit-zero", "good.yaml"),
        ("--rule", "no-such-rule"),
        ("--rule", "missing-file", "good.yaml"),
        ("--list-rules", "good.yaml"),
        ("--color", "sometimes", "good.yaml"),
    ],
)
def test_wrong_usage_is_told_in_one_line_with_status_2(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    run = Run(capsys, "check", *arguments)
    assert (run.status, run.out, run.err.count("\n")) == (2, "", 1)


# ---- colours


@pytest.mark.parametrize(
    ("color", "no_color", "coloured"),
    [("always", "", True), ("always", "1", True), ("auto", "", False), ("never", "", False)],
)
def test_what_is_no_terminal_has_colours_only_when_it_is_to(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, color: str, no_color: str, coloured: bool
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    assert ("\033[31m" in Run(capsys, "check", "--color", color, "bad.yaml").out) is coloured


@pytest.mark.parametrize(
    ("arguments", "environment", "coloured"),
    [
        ((), {}, True),
        ((), {"NO_COLOR": "1"}, False),
        (("--color", "never"), {}, False),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
    ],
)
def test_terminal_has_colours_unless_somebody_says_otherwise(
    arguments: tuple[str, ...], environment: dict[str, str], coloured: bool
) -> None:
    reader, writer = os.openpty()
    command = [sys.executable, "-m", "builder", "check", *arguments, "bad.yaml"]
    given = {"PYTHONPATH": str(Path(__file__).parents[2]), "TERM": "xterm", **environment}
    assert subprocess.run(command, stdout=writer, env=given, check=False, timeout=100).returncode == 1
    os.close(writer)
    assert (b"\033[31m" in os.read(reader, 65536)) is coloured
    os.close(reader)


# ---- rules


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_explained(capsys: pytest.CaptureFixture[str], rule: str) -> None:
    run = Run(capsys, "check", "--rule", rule)
    head, url, *explained = run.out.splitlines()
    assert run.status == 0
    assert head == f"{rule}: {RULES[rule].severity}: {RULES[rule].meaning}"
    assert url.endswith(f"/docs/rules.md#{rule}")
    assert not any(line.startswith("##") for line in explained)


def test_rule_is_explained_with_what_its_section_says_and_shows(capsys: pytest.CaptureFixture[str]) -> None:
    told = Run(capsys, "check", "--rule", "missing-file").out
    assert "\nPaths are relative to the file that they are written in" in told
    assert told.endswith("\n\n-heat_template_url: templates/clutser.yaml\n+heat_template_url: templates/cluster.yaml\n")


def test_rule_has_the_severity_of_the_profile(capsys: pytest.CaptureFixture[str]) -> None:
    assert Run(capsys, "check", "--rule", "concertim-group", "--profile", "generic").out.startswith(
        "concertim-group: warning: "
    )
    assert (
        "not given in the profile generic"
        in Run(capsys, "check", "--rule", "no-parameters", "--profile", "generic").out
    )


def test_rule_that_is_misspelt_is_suggested(capsys: pytest.CaptureFixture[str]) -> None:
    assert Run(capsys, "check", "--rule", "missing-fil").err.endswith("did you mean 'missing-file'?\n")


def test_warning_of_a_definition_is_told_as_json_with_exit_zero(capsys: pytest.CaptureFixture[str]) -> None:
    Path("warned.yaml").write_text(WARNED)
    run = Run(capsys, "check", "--exit-zero", "--format", "json", "warned.yaml")
    assert (run.status, json.loads(run.out)["warnings"]) == (0, 1)
