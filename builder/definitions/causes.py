"""Which problems follow from others: an author is told of a mistake once, where it was made.

A name that is misspelt, or whose declaration has an error, is missing wherever it is looked for. Rules look for names
each by itself, and say with every problem which names it is ``about``; here those of one name meet.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from builder.diagnostics.problems import Problem
from builder.diagnostics.rules import Severity

CONSEQUENCES: Final = (
    "parameter-reference",
    "resource-reference",
    "condition-reference",
    "conditional-mistake",
    "conditional-resource",
    "dependency-cycle",
    "newer-template-version",
    "unknown-optional-component",
    "unexposed-parameter",
    "unknown-hardcoded-parameter",
    "unknown-override",
    "unused-parameter",
    "unknown-group-parameter",
    "unselectable-component",
    "unshown-group",
    "no-private-network",
)
"""Rules of what may follow from a name that is missing, misspelt or given twice, and each from those before it, too."""

_RANKS: Final = {rule: rank for rank, rule in enumerate(CONSEQUENCES, start=1)}

_TWICE: Final = "template-duplicate-key"

_OF_PROPERTIES: Final = ("missing-property", "nested-parameter", "property-conflict")
"""Rules of what properties lack, told where the type stands, beside them."""

_OF_ANY: Final = ("dependency-cycle", "unused-parameter")
"""Rules of what may follow from any of the names that they are about, not from the first alone."""

_DECLARATION: Final = re.compile(r"(?:/heat_template)?/parameters/([^/]+)")


def drop_consequences(problems: Sequence[Problem]) -> list[Problem]:
    """The problems without those that will be gone when others are mended; what stays is as serious as what goes.

    Those that go are consequences of a problem that is about the name that is wrong in them, and warnings of a value
    that has an error as well, to which they leave their hint if it has none.
    """
    causes: defaultdict[str, list[Problem]] = defaultdict(list)
    wrong_values: set[tuple[str, str]] = set()
    hints: dict[tuple[str, str], str] = {}
    for problem in problems:
        for name in _list_names(problem):
            causes[name].append(problem)
        if problem.severity is Severity.ERROR and problem.pointer:
            wrong_values.add((problem.path, problem.pointer))
        else:
            hints.setdefault((problem.path, problem.pointer), problem.hint)

    def is_consequence(problem: Problem) -> bool:
        if problem.severity is not Severity.ERROR and (problem.path, problem.pointer) in wrong_values:
            return True
        about = problem.about[: None if problem.rule in _OF_ANY else 1] if problem.rule in _RANKS else ()
        return any(_weigh(cause) > _weigh(problem) for name in about for cause in causes[name])

    problems = _join_duplicates(problems, causes)
    return [
        replace(each, hint=each.hint or hints.get((each.path, each.pointer), ""))
        if (each.path, each.pointer) in wrong_values and each.severity is Severity.ERROR
        else each
        for each in problems
        if not is_consequence(each)
    ]


def _join_duplicates(problems: Sequence[Problem], causes: Mapping[str, Sequence[Problem]]) -> list[Problem]:
    """The problems with one in place of a key that is given twice and of the errors that come of it.

    Heat takes the last one, so that what the other has is missing.
    """
    twice = {(each.path, each.pointer): each for each in problems if each.rule == _TWICE}
    joined: dict[int, Problem] = {}
    kept: list[Problem] = []
    for problem in problems:
        names = problem.about[:1] if problem.rule in _RANKS else ()
        found = [each for name in names for each in causes[name] if each.rule == _TWICE]
        if problem.rule in _OF_PROPERTIES:
            place = f"{problem.pointer.rpartition('/')[0]}/properties"
            found += [twice[problem.path, place]] if (problem.path, place) in twice else []
        if not found or problem.severity is not Severity.ERROR:
            kept.append(problem)
        elif id(found[0]) not in joined:
            message = f"{found[0].message}: {problem.message}"
            joined[id(found[0])] = replace(found[0], rule=problem.rule, message=message)
    return [joined.get(id(each), each) for each in kept]


def _list_names(problem: Problem) -> Sequence[str]:
    """The names with which a problem may cause others; a declaration that has an error is as good as none."""
    declared = _DECLARATION.match(problem.pointer)
    if declared and problem.severity is Severity.ERROR and problem.rule not in _RANKS:
        return (*problem.about, f"parameter {declared[1]}")
    return problem.about


def _weigh(problem: Problem) -> tuple[bool, int]:
    return problem.severity is Severity.ERROR, -_RANKS.get(problem.rule, 0)
