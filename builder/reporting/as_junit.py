"""A report as JUnit XML, which CI servers show as tests: one test for each definition.

The form is that of https://github.com/testmoapp/junitxml, which they all read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from builder.diagnostics.problems import Problem
from builder.diagnostics.rules import Severity
from builder.reporting.report import CheckedDefinition, Report

_NOT_IN_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report, *, strict: bool = False, **_: bool) -> str:
    """A definition fails where it has an error, or with ``strict`` a warning; a check that failed is an error."""
    tests = [*report.definitions, *(CheckedDefinition(each.path, "", (each,)) for each in report.others)]
    root = Element("testsuites")
    suite = SubElement(root, "testsuite", name="cluster types")
    failures = 0
    for test in tests:
        name = _clean(test.path)
        case = SubElement(
            suite, "testcase", classname="cluster types", name=name, file=name, time=f"{test.seconds:.3f}"
        )
        serious = [problem for problem in test.problems if strict or problem.severity is Severity.ERROR]
        others = [problem for problem in test.problems if problem not in serious]
        if test.crash:
            SubElement(case, "error", message="internal error").text = _clean(test.failure)
        elif serious:
            failures += 1
            summary = f"{len(serious)} problem{'' if len(serious) == 1 else 's'}"
            SubElement(case, "failure", message=summary, type=str(serious[0].rule)).text = _list(serious)
        if others:
            SubElement(case, "system-out").text = _list(others)
    for element in (root, suite):
        element.set("tests", str(len(tests)))
        element.set("failures", str(failures))
        element.set("errors", str(len(report.crashed())))
        element.set("time", f"{sum(test.seconds for test in tests):.3f}")
    return tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _list(problems: Sequence[Problem]) -> str:
    lines = (f"{each.place}: {each.severity}: {each.explanation} [{each.rule}]" for each in problems)
    return _clean("\n".join(" ".join(line.splitlines()) for line in lines))


def _clean(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)
