"""The audit of the pinned dependencies: it fails for a vulnerability, and says what it could not look up."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parent.parent.parent / "requirements" / "audit.py"

GOOD = {"name": "good", "version": "1.0", "vulns": []}
BAD = {"name": "bad", "version": "2.0", "vulns": [{"id": "PYSEC-1"}]}
UNKNOWN = {"name": "unknown", "skip_reason": "Dependency not found on PyPI and could not be audited"}


def run(folder: Path, output: str, status: int) -> tuple[int, str]:
    """Audit with a program that prints this, as pip-audit does, and ends with this status."""
    (folder / "output").write_text(output)
    program = folder / "pip-audit"
    program.write_text(f"#!/bin/sh\ncat {folder}/output\necho trouble >&2\nexit {status}\n")
    program.chmod(0o755)
    command = [sys.executable, str(SCRIPT), str(program), "some.txt"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout


@pytest.mark.parametrize(
    ("dependencies", "pip_audit", "status", "said"),
    [
        ([GOOD], 0, 0, "no known vulnerability (1 of 1 looked up)"),
        ([GOOD, BAD], 1, 1, "bad 2.0: PYSEC-1"),
        ([BAD, UNKNOWN], 1, 1, "bad 2.0: PYSEC-1; NOT AUDITED: unknown"),
        ([GOOD, UNKNOWN], 0, 0, "NOT AUDITED: unknown (1 of 2 looked up)"),
        ([UNKNOWN], 0, 0, "NOT AUDITED, the source has no data on any of its packages"),
    ],
)
def test_findings_fail_and_what_is_unknown_is_said(
    tmp_path: Path, dependencies: list[dict[str, Any]], pip_audit: int, status: int, said: str
) -> None:
    ended, output = run(tmp_path, json.dumps({"dependencies": dependencies, "fixes": []}), pip_audit)
    assert ended == status
    assert said in output


def test_data_out_of_reach_is_no_finding(tmp_path: Path) -> None:
    status, output = run(tmp_path, "", 1)
    assert status == 0
    assert "NOT AUDITED, the data cannot be reached" in output
