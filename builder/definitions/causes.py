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
from builder.text.spelling import find_near

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
    "unknown-preset-parameter",
    "unused-parameter",
    "unknown-group-parameter",
    "unselectable-component",
    "unshown-group",
    "no-private-network",
    "service-refusal",
)
"""Rules whose problems may follow from a missing, misspelt or doubled name, and from those of the rules before them."""

_RANKS: Final = {rule: rank for rank, rule in enumerate(CONSEQUENCES, start=1)}

_TWICE: Final = "template-duplicate-key"
_LOSSY: Final = "lossy-number"
_INDEX: Final = "index-placeholder"

_SERIOUS: Final = {
    _TWICE: "",
    _LOSSY: "",
    _INDEX: "",
    "yaml-versions": "",
    "ignored-section": "unknown-section",
    "selection-parameter": "unexposed-parameter",
    "unlisted-component": "component-reference",
}
"""Rules of warnings that may cause errors, and the rule to report both under then: ``""`` for the error's own."""

_MISSING: Final = ("parameter-reference", "resource-reference", "unknown-parameter", "unknown-preset-parameter")
"""Rules of references to names that do not exist."""

_SURE: Final = 0.85
"""How similar a missing name has to be to an existing one to be surely a misspelling of it, up to 1."""

_OF_PROPERTIES: Final = ("missing-property", "nested-parameter", "property-conflict")
"""Rules of missing properties, whose problems are at the ``type`` beside ``properties``."""

_OF_VALUES: Final = (
    "invalid-default",
    "invalid-hardcoded-value",
    "invalid-preset-value",
    "property-constraint",
    "property-type",
)
"""Rules of values that a parameter or a property does not take."""

_OF_NAMES: Final = frozenset({*_RANKS, *_MISSING, *_OF_VALUES})
"""Rules whose problems are caused by the first of the names that they are about."""

_OF_ANY: Final = ("dependency-cycle", "unused-parameter")
"""Rules whose problems may follow from any of the names that they are about, not only from the first."""

_DECLARATION: Final = re.compile(r"(?:/heat_template)?/parameters/([^/]+)")
_ENTRY: Final = re.compile(r"(?:/heat_template)?/(parameter|resource)s/([^/]+)")
_LAID_OVER: Final = re.compile(r"/(?:parameter_overrides|hardcoded_parameters|presets/\d+/parameters)/([^/]+)")


def drop_consequences(problems: Sequence[Problem]) -> list[Problem]:
    """Leave out the problems that will be gone when others are mended; none is left out for a less serious one.

    Those are consequences of another problem about the same name, and warnings of a value that has an error too: the
    error gets the hint of the warning if it has none.
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
    _find_lost(problems, causes)

    forgotten = {(each.path, each.pointer.rpartition("/")[0]) for each in causes["properties"]}

    lost = {each.path for each in problems if each.rule == "function-arguments"}  # what a call lacks may be used in it

    def is_consequence(problem: Problem) -> bool:
        if problem.rule == "unused-parameter" and problem.path in lost:
            return True
        if problem.rule in _OF_PROPERTIES and (problem.path, problem.pointer.rpartition("/")[0]) in forgotten:
            return True
        if problem.severity is not Severity.ERROR and (problem.path, problem.pointer) in wrong_values:
            return True
        about = problem.about[: None if problem.rule in _OF_ANY else 1] if problem.rule in _RANKS else ()
        return any(heaviest[name] > _weigh(problem) for name in about if name in heaviest)

    problems = _explain_lost_lines(_join_duplicates(problems, causes), causes)
    heaviest = {name: max(map(_weigh, found)) for name, found in causes.items() if found}
    return [
        replace(each, hint=each.hint or hints.get((each.path, each.pointer), ""))
        if (each.path, each.pointer) in wrong_values and each.severity is Severity.ERROR
        else each
        for each in problems
        if not is_consequence(each)
    ]


def _explain_lost_lines(problems: Sequence[Problem], causes: Mapping[str, Sequence[Problem]]) -> list[Problem]:
    """The problems, in which those of missing properties have a hint that names the unused parameter made for them."""
    unused = {
        name: each.about[0].removeprefix("parameter ")
        for each in reversed(problems)
        if each.rule == "unused-parameter" and not any(_weigh(c)[0] for name in each.about[:2] for c in causes[name])
        for name in each.about
    }
    explained = []
    for each in problems:
        lost = {name: unused[name] for name in each.about if name in unused} if each.rule in _OF_PROPERTIES else {}
        if lost and len(lost) == len(each.about):
            calls = (f"{name.removeprefix('property ')}: {{get_param: {use}}}" for name, use in lost.items())
            each = replace(each, hint=f"add {', '.join(calls)}")
        explained.append(each)
    return explained


def _find_lost(problems: Sequence[Problem], causes: defaultdict[str, list[Problem]]) -> None:
    """For each missing name, add the problem of a name given twice, if one of the two was to have it, to its causes."""
    for kind in ("parameter", "resource"):
        doubled: dict[str, Problem] = {}
        for each in problems:
            entry = _ENTRY.fullmatch(each.pointer) if each.rule in (_TWICE, "duplicate-resource") else None
            if entry and entry[1] == kind:
                doubled[f"{kind} {entry[2]}"] = each
        missing: dict[str, str] = {}
        for each in problems if doubled else ():
            name, near = (*each.about, "", "")[:2]
            is_missing = each.rule in _MISSING and name.startswith(f"{kind} ") and name not in missing
            is_explained = any(_weigh(cause)[1] == 0 for cause in causes[name] if cause.rule not in _MISSING)
            if is_missing and not is_explained and (near in doubled or not find_near(name, [near], cutoff=_SURE)):
                missing[name] = near
        for name in sorted(missing, key=lambda name: missing[name] not in doubled):
            if missing[name] in doubled or len(missing) <= len(doubled):
                twin = missing[name] if missing[name] in doubled else next(iter(doubled))
                causes[name].append(doubled.pop(twin))
            if not doubled:
                break


def _join_duplicates(problems: Sequence[Problem], causes: defaultdict[str, list[Problem]]) -> list[Problem]:
    """The problems, with one in place of each warning of :data:`_SERIOUS` and the errors that it causes.

    Such as that of a key that is given twice: Heat takes the last, so that what the first one has is missing.
    """
    values = {
        (each.rule != _TWICE, each.path, each.pointer): each
        for each in problems
        if each.rule in (_TWICE, _LOSSY, _INDEX)
    }
    joined: dict[int, Problem] = {}
    gone: set[int] = set()
    for problem in sorted(problems, key=lambda each: _RANKS.get(each.rule, len(_RANKS) + 1)):
        names: Sequence[str] = problem.about[:1] if problem.rule in _OF_NAMES else ()
        if laid_over := _LAID_OVER.match(problem.pointer):
            names = (*names, f"parameter {laid_over[1]}")
        found = [each for name in names for each in causes[name] if each.rule in _SERIOUS]
        if problem.rule in (*_OF_PROPERTIES, *_OF_VALUES):
            is_value = problem.rule in _OF_VALUES
            place = problem.pointer if is_value else f"{problem.pointer.rpartition('/')[0]}/properties"
            found += [values[key]] if (key := (is_value, problem.path, place)) in values else []
        if not found or problem.severity is not Severity.ERROR:
            continue
        gone.add(id(problem))
        cause = found[0]
        if _SERIOUS[cause.rule]:
            joined.setdefault(id(cause), replace(cause, rule=_SERIOUS[cause.rule]))
        elif id(cause) not in joined:
            entry = _ENTRY.fullmatch(cause.pointer)
            hint = "rename one of them" if entry else cause.hint
            if entry:
                causes[f"section {entry[1]}s"].append(cause)  # which lacks the other
            message = f"{cause.message}: {problem.message}"
            joined[id(cause)] = replace(cause, rule=problem.rule, message=message, hint=hint)
    return [joined.get(id(each), each) for each in problems if id(each) not in gone]


def _list_names(problem: Problem) -> Sequence[str]:
    """The names by which a problem may cause others: those that it is about, and a declaration that has an error."""
    declared = _DECLARATION.match(problem.pointer)
    if declared and problem.severity is Severity.ERROR and problem.rule not in _RANKS:
        return (*problem.about, f"parameter {declared[1]}")
    if problem.rule == _TWICE and (entry := _ENTRY.fullmatch(problem.pointer)):
        thing = f"{entry[1]} {entry[2]}"
        return (*problem.about, thing, f"type of {thing}")
    return problem.about


def _weigh(problem: Problem) -> tuple[bool, int]:
    return problem.severity is Severity.ERROR, -_RANKS.get(problem.rule, 0)
