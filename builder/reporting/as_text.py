"""A report for people: one line per problem, which editors and terminals turn into a link.

On a terminal the line at fault follows, with a mark below the place, and there are colours.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from builder.diagnostics.problems import Problem
from builder.diagnostics.rules import Severity
from builder.reporting.report import Report, describe_stand_in
from builder.text.excerpts import show_printable, split_lines

_RESET: Final = "\033[0m"
_BOLD: Final = "\033[1m"
_DIM: Final = "\033[2m"
_COLOURS: Final = {Severity.ERROR: "\033[31m", Severity.WARNING: "\033[33m"}
_WORD: Final = re.compile(r"\"[^\"]*\"|'[^']*'|[^\s,\[\]{}#:]+(?::[^\s,\[\]{}#:]+)*")
_LONGEST: Final = 160
"""In characters: how much of a line is shown."""


def render(report: Report, *, excerpts: bool = False, colours: bool = False, **_: bool) -> str:
    """The report as lines; ``excerpts`` and ``colours`` are for a terminal."""

    def paint(text: str, colour: str) -> str:
        return f"{colour}{text}{_RESET}" if colours else text

    @cache
    def read_lines(path: str) -> Sequence[str]:
        if path in report.texts:
            return split_lines(report.texts[path])
        try:
            return split_lines(Path(path).read_text(encoding="utf-8-sig", errors="replace"))
        except (OSError, ValueError):
            return ()

    lines: list[str] = []
    for problem in report.problems():
        severity = paint(str(problem.severity), _COLOURS[problem.severity])
        pointer = f" at {problem.pointer}" if problem.pointer else ""
        rule = paint(f"[{problem.rule}]{show_printable(pointer)}", _DIM)
        place = paint(show_printable(problem.place), _BOLD)
        lines.append(f"{place}: {severity}: {show_printable(problem.explanation)} {rule}")
        if excerpts and problem.line:
            lines += _excerpt(problem, read_lines(problem.path), paint)
    lines += [show_printable(describe_stand_in(path, taken)) for path, taken in report.instead.items()]
    lines += [
        f"{show_printable(path)}: passed over, for it has no key of a definition; name the file to check it"
        for path in report.foreign
    ]
    numbers = [(report.count(severity), severity) for severity in (Severity.ERROR, Severity.WARNING)]
    found = ", ".join(_count(number, str(severity)) for number, severity in numbers if number)
    lines.append(f"{_count(len(report.definitions), 'definition')}: {found or 'no problems'}")
    return "".join(f"{line}\n" for line in lines)


def _excerpt(problem: Problem, lines: Sequence[str], paint: Callable[[str, str], str]) -> Iterator[str]:
    if problem.line > len(lines) or problem.column > len(lines[problem.line - 1]) + 1:
        return
    written = lines[problem.line - 1]
    start = problem.column - 1
    skipped = max(0, start - _LONGEST // 2)
    word = _WORD.match(written, start)
    length = word.end() - start if word else 1
    number = str(problem.line)
    before = written[skipped:start]
    shown = show_printable(written[skipped : skipped + _LONGEST])
    gap = "".join("\t" if character == "\t" else " " * _width(character) for character in before)
    mark = "^" * max(1, sum(_width(character) for character in written[start : start + length][: _LONGEST // 2]))
    yield f"  {paint(f'{number} |', _DIM)} {shown}"
    yield f"  {paint(' ' * len(number) + ' |', _DIM)} {gap}{paint(mark, _COLOURS[problem.severity])}"


def _count(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"


def _width(character: str) -> int:
    """The columns that a terminal gives to a character."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
