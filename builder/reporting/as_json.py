"""A report as one JSON object, for programs of one's own."""

from __future__ import annotations

import json
from typing import Any

from builder.diagnostics.rules import Severity
from builder.reporting.report import Report


def describe_report(report: Report) -> dict[str, Any]:
    """The members of the report; ``problems`` holds each once, and ``definitions`` tells which were checked.

    ``crash`` of a definition tells where the check itself failed, and is null where it did not.
    """
    return {
        "definitions": [
            {
                "path": definition.path,
                "id": definition.id,
                "errors": sum(problem.severity is Severity.ERROR for problem in definition.problems),
                "warnings": sum(problem.severity is Severity.WARNING for problem in definition.problems),
                "crash": definition.crash or None,
            }
            for definition in report.definitions
        ],
        "problems": [problem.as_json() for problem in report.problems()],
        "errors": report.count(Severity.ERROR),
        "warnings": report.count(Severity.WARNING),
    }


def render(report: Report, **_: bool) -> str:
    """The report as JSON text."""
    return json.dumps(describe_report(report), indent=2, ensure_ascii=False) + "\n"
