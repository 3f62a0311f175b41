"""A report as SARIF 2.1.0, which code hosts and editors read.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
import os
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import quote

from builder import __version__
from builder.diagnostics.problems import Problem
from builder.diagnostics.rules import RULES, Rule
from builder.reporting.report import Report

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
VERSION: Final = "2.1.0"


def render(report: Report, **_: bool) -> str:
    """One run of this tool, with the rules that were broken."""
    problems = report.problems()
    broken = sorted({problem.rule for problem in problems})
    run = {
        "tool": {
            "driver": {
                "name": "cluster-builder",
                "semanticVersion": __version__,
                "rules": [_render_rule(rule_id) for rule_id in broken],
            }
        },
        # In Unicode characters, as the columns of problems are.
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not report.crashed(),
                "toolExecutionNotifications": [
                    {
                        "level": "error",
                        "message": {"text": each.failure},
                        "locations": [{"physicalLocation": _locate(each.path)}],
                    }
                    for each in report.crashed()
                ],
            }
        ],
        "results": [_render_result(problem, broken.index(problem.rule)) for problem in problems],
    }
    return json.dumps({"$schema": SCHEMA, "version": VERSION, "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _render_rule(rule_id: str) -> dict[str, Any]:
    rule: Rule | None = RULES.get(rule_id)
    rendered: dict[str, Any] = {"id": rule_id}
    if rule is not None:
        rendered["shortDescription"] = {"text": rule.sentence}
        rendered["helpUri"] = rule.url
        example = f"```diff\n{rule.example}```" if rule.example else ""
        explained = "\n\n".join(part for part in (rule.sentence, rule.linked_help, example) if part)
        rendered["help"] = {"text": f"{rule.sentence} {rule.url}", "markdown": explained}
        rendered["defaultConfiguration"] = {"level": str(rule.severity)}
    return rendered


def _render_result(problem: Problem, rule_index: int) -> dict[str, Any]:
    location = _locate(problem.path)
    # What is wrong with a whole file is shown at its beginning: code hosts leave out what has no region.
    location["region"] = {"startLine": max(1, problem.line), "startColumn": max(1, problem.column)}
    rendered: dict[str, Any] = {"physicalLocation": location}
    if problem.pointer:
        rendered["logicalLocations"] = [{"fullyQualifiedName": problem.pointer}]
    return {
        "ruleId": problem.rule,
        "ruleIndex": rule_index,
        "level": str(problem.severity),
        "message": {"text": problem.explanation},
        "locations": [rendered],
    }


def _locate(path: str) -> dict[str, Any]:
    """A relative path as a relative reference, an absolute one as a ``file`` URI; by its bytes, which may be any."""
    pure = PurePath(path)
    return {"artifactLocation": {"uri": pure.as_uri() if pure.is_absolute() else quote(os.fsencode(pure))}}
