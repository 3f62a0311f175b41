"""Comments that silence warnings: ``# check: ignore=<rule>[,<rule>]``.

At the end of a line such a comment holds for that line; indented, on a line of its own, for the line below; and where
it begins a line, for the whole file. An error cannot be silenced: it stands for something that cannot work, whatever a
comment says. What looks like such a comment within a value, such as a script, is none.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import yaml as pyyaml
from yaml.tokens import ScalarToken

from builder.diagnostics.problems import Problem
from builder.diagnostics.rules import RULES, Profile, Severity
from builder.text.excerpts import shorten, split_lines
from builder.text.spelling import suggest
from builder.yaml_documents.composing import hide_breaks

_COMMENT: Final = re.compile(r"(?:^|(?<=\s))#\s*check:\s*(.*)")
_IGNORE: Final = re.compile(r"ignore=\s*([\w-]+(?:\s*,\s*[\w-]+)*)(?=\s+[^\w\s=,]|\s*$)")
"""What a comment says after ``check:``; after it there may be a reason, which begins with another character."""

_Scanner: Any = getattr(pyyaml, "CBaseLoader", pyyaml.BaseLoader)

Place = tuple[int, int]
"""Line and column, from 1."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A rule that a comment names, at its line and column, from 1; ``scope`` is the line that it holds for, or None."""

    line: int
    column: int
    rule: str
    scope: int | None


@dataclass(slots=True)
class Suppressions:
    """The silenced rules of one file; ``misread`` are the comments that are not understood, each with its place."""

    mentions: list[Mention] = field(default_factory=list)
    misread: list[tuple[int, int, str]] = field(default_factory=list)
    used: set[Mention] = field(default_factory=set)

    def cover(self, problem: Problem) -> bool:
        """Whether a problem of this file is silenced; what silences it has been of use then."""
        if problem.severity is Severity.ERROR:
            return False
        covering = [each for each in self.mentions if each.rule == problem.rule and each.scope in (None, problem.line)]
        self.used.update(covering)
        return bool(covering)


def parse_suppressions(text: str) -> Suppressions:
    """Read the comments of a file."""
    suppressions = Suppressions()
    if "check:" not in text:
        return suppressions
    lines = split_lines(text)
    candidates = [
        (number, line) for number, line in enumerate(lines, start=1) if "check:" in line and _COMMENT.search(line)
    ]
    values = _locate_values(text, candidates[-1][0]) if candidates else []
    for number, line in candidates:
        found = next(
            (each for each in _COMMENT.finditer(line) if not _is_within(values, (number, each.start() + 1))), None
        )
        if found is None:
            continue
        named = _IGNORE.match(line, found.start(1))
        if named is None:
            suppressions.misread.append((number, found.start(1) + 1, found[1].strip()))
            continue
        scope: int | None = number
        if not line[: found.start()].strip():
            below = (n for n, each in enumerate(lines[number:], start=number + 1) if each.strip()[:1] not in ("", "#"))
            scope = next(below, number) if found.start() else None
        for name in re.finditer(r"[\w-]+", named[1]):
            suppressions.mentions.append(Mention(number, named.start(1) + name.start() + 1, name[0], scope))
    return suppressions


def _locate_values(text: str, last_line: int) -> list[tuple[Place, Place]]:
    """Where the values up to a line are in which a '#' begins no comment, in order; as far as the text can be read."""
    values = []
    try:
        for token in pyyaml.scan(hide_breaks(text), _Scanner):
            if token.start_mark.line >= last_line:
                break
            if isinstance(token, ScalarToken):
                start, end = token.start_mark, token.end_mark
                # What follows the '|' of a block on its line may be a comment.
                first = (start.line + 2, 1) if token.style in ("|", ">") else (start.line + 1, start.column + 1)
                values.append((first, (end.line + 1, end.column + 1)))
    except pyyaml.YAMLError:
        pass  # such a text has errors only, which no comment suppressions
    return values


def _is_within(values: Sequence[tuple[Place, Place]], place: Place) -> bool:
    number = bisect_right(values, place, key=lambda value: value[0]) - 1
    return number >= 0 and place < values[number][1]


def find_suppression_problems(path: str, suppressions: Suppressions, profile: Profile) -> Iterator[Problem]:
    """Comments that have no effect because of what they say."""
    for line, column, said in suppressions.misread:
        message, hint = f"this comment silences nothing: {shorten(said, 40)!r} is not understood", "write ignore=RULE"
        first, *others = re.findall(r"[\w-]+", said.partition("ignore=")[2]) or [""]
        if others:
            hint = f"write ignore={first}, {', '.join(others)}, or begin what is a reason with a '#' of its own"
        yield Problem(path, line, column, "", "misread-comment", message, hint)
    for each in suppressions.mentions:
        rule, place = RULES.get(each.rule), (path, each.line, each.column, "")
        if rule is None:
            hint = suggest(each.rule, list(RULES)) or "check --list-rules lists them"
            yield Problem(*place, "unknown-rule", f"there is no rule {each.rule!r}", hint)
        elif rule.severity_in(profile) is Severity.ERROR:
            message = f"{each.rule!r} is an error, and an error cannot be silenced"
            yield Problem(*place, "unsilenceable-rule", message, "mend it, and remove the comment")


def find_unused_suppressions(path: str, suppressions: Suppressions, profile: Profile) -> Iterator[Problem]:
    """Comments that silence nothing in their line any more; asked once everything that they may cover is known."""
    for each in suppressions.mentions:
        rule = RULES.get(each.rule)
        is_given = rule is not None and rule.severity_in(profile) is Severity.WARNING
        if is_given and each.scope is not None and each not in suppressions.used:
            message = f"nothing is wrong in line {each.scope} that {each.rule!r} would tell"
            yield Problem(path, each.line, each.column, "", "unused-comment", message, "remove the comment")
