"""A report as one JSON object, for programs of one's own."""

from __future__ import annotations

import json
from typing import Any

from builder.definitions.problems import Problem, Severity
from builder.reporting.report import Report


def render_json(report: Report) -> str:
    """The report; ``problems`` holds each once, and ``definitions`` tells which were checked."""
    document = {
        "definitions": [
            {
                "path": definition.path,
                "id": definition.id,
                "errors": sum(problem.severity is Severity.ERROR for problem in definition.problems),
                "warnings": sum(problem.severity is Severity.WARNING for problem in definition.problems),
            }
            for definition in report.definitions
        ],
        "problems": [_render(problem) for problem in report.problems()],
        "errors": report.count(Severity.ERROR),
        "warnings": report.count(Severity.WARNING),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _render(problem: Problem) -> dict[str, Any]:
    return {
        "path": problem.path,
        "line": problem.line,
        "column": problem.column,
        "pointer": problem.pointer,
        "rule": problem.rule,
        "severity": str(problem.severity),
        "message": problem.message,
        "hint": problem.hint,
    }
