"""The wrong definitions of tests/examples/invalid, and what is expected of each: picked up by themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from builder.checking.checked_files import CheckSettings
from builder.checking.running import check_targets
from builder.checking.targets import find_targets
from builder.diagnostics.problems import Problem
from builder.reporting.report import Report

ROOT = Path(__file__).parent.parent.parent
INVALID = ROOT / "tests/examples/invalid"
LEGACY = ROOT / "tests/examples/legacy"
SHIPPED = ROOT / "cluster-types-examples"
EXPECTED_SUFFIX = ".expected.json"


def list_cases() -> list[str]:
    """The names of the files and folders in tests/examples/invalid."""
    return sorted(entry.name for entry in INVALID.iterdir() if not entry.name.endswith(EXPECTED_SUFFIX))


def check(*paths: str, settings: CheckSettings | None = None) -> Report:
    """Check paths, which are relative to the current folder."""
    return check_targets(find_targets(paths), settings or CheckSettings())


def summarize(problem: Problem) -> dict[str, Any]:
    """What is expected of a problem: the words may change, these may not."""
    return {
        "path": problem.path,
        "line": problem.line,
        "column": problem.column,
        "severity": str(problem.severity),
        "rule": problem.rule,
        "pointer": problem.pointer,
    }


def expected_problems(case: str) -> Any:
    """What is written down for a case."""
    return json.loads((INVALID / f"{case}{EXPECTED_SUFFIX}").read_text())
