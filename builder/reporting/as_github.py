"""A report as workflow commands of GitHub Actions, which shows them at the lines of a pull request.

https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from builder.diagnostics.problems import Problem
from builder.reporting.report import Report


def render(report: Report, **_: bool) -> str:
    """One command for each problem, and for each definition over which the check itself failed."""
    failures = [
        f"::error file={_escape_property(each.path)},title=internal error::{_escape(each.failure)}"
        for each in report.crashed()
    ]
    return "".join(f"{line}\n" for line in (*failures, *map(_render_problem, report.problems())))


def _render_problem(problem: Problem) -> str:
    properties = {"file": problem.path}
    if problem.line:
        properties |= {"line": str(problem.line), "col": str(problem.column)}
    properties["title"] = problem.rule
    given = ",".join(f"{name}={_escape_property(value)}" for name, value in properties.items())
    return f"::{problem.severity} {given}::{_escape(problem.explanation)}"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")
