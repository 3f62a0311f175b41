"""Comments that silence warnings: ``# check: ignore=<rule>[,<rule>]``.

On a line of its own such a comment holds for the whole file, at the end of a line for that line. An error cannot be
silenced: it stands for something that cannot work, whatever a comment says. What looks like such a comment within a
value, such as a script, is none.
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
from builder.text.excerpts import split_lines
from builder.text.spelling import suggest
from builder.yaml_documents.composing import hide_breaks

_COMMENT: Final = re.compile(r"(?:^|(?<=\s))#\s*check:\s*ignore=\s*([\w-]+(?:\s*,\s*[\w-]+)*)")

_Scanner: Any = getattr(pyyaml, "CBaseLoader", pyyaml.BaseLoader)

Place = tuple[int, int]
"""Line and column, from 1."""


@dataclass(slots=True)
class Suppressions:
    """The silenced rules of one file; ``mentions`` are all rules named, each with its line and column, from 1."""

    whole_file: set[str] = field(default_factory=set)
    by_line: dict[int, set[str]] = field(default_factory=dict)
    mentions: list[tuple[int, int, str]] = field(default_factory=list)

    def cover(self, problem: Problem) -> bool:
        """Whether a problem of this file is silenced."""
        if problem.severity is Severity.ERROR:
            return False
        return problem.rule in self.whole_file or problem.rule in self.by_line.get(problem.line, ())


def parse_suppressions(text: str) -> Suppressions:
    """Read the comments of a file."""
    suppressions = Suppressions()
    if "check:" not in text:
        return suppressions
    candidates = [(number, line) for number, line in enumerate(split_lines(text), start=1) if _COMMENT.search(line)]
    values = _locate_values(text, candidates[-1][0]) if candidates else []
    for number, line in candidates:
        found = next(
            (each for each in _COMMENT.finditer(line) if not _is_within(values, (number, each.start() + 1))), None
        )
        if found is None:
            continue
        rules = {rule.strip() for rule in found[1].split(",")}
        if line[: found.start()].strip():
            suppressions.by_line.setdefault(number, set()).update(rules)
        else:
            suppressions.whole_file |= rules
        for name in re.finditer(r"[\w-]+", found[1]):
            suppressions.mentions.append((number, found.start(1) + name.start() + 1, name[0]))
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


def find_unused_suppressions(path: str, suppressions: Suppressions, profile: Profile) -> Iterator[Problem]:
    """Comments that have no effect because of the rule that they name."""
    for line, column, name in suppressions.mentions:
        rule = RULES.get(name)
        if rule is None:
            hint = suggest(name, list(RULES)) or "check --list-rules lists them"
            yield Problem(path, line, column, "", "unknown-rule", f"there is no rule {name!r}", hint)
        elif rule.severity_in(profile) is Severity.ERROR:
            message = f"{name!r} is an error, and an error cannot be silenced"
            yield Problem(path, line, column, "", "unsilenceable-rule", message, "mend it, and remove the comment")
