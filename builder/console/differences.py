"""What stands in the files of a definition: the line that a problem is in, and what differs from what is listed."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from builder.diagnostics.problems import Problem
from builder.text.excerpts import shorten, split_lines
from builder.yaml_documents.syntax_problems import looks_like_mapping

MAX_LINE: Final = 200
"""In characters: how much of a line is shown."""

MAX_COMPARED: Final = 5000
"""In lines: comparing takes the square of them at worst, and no definition has so many."""

MAX_DIFFERENCE: Final = 400
"""In lines: how much of a difference is shown."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The line of a problem, and a mark below the place."""

    line: str
    caret: str


@dataclass(frozen=True, slots=True)
class Difference:
    """How one file differs; each line has what it is: ``+``, ``-``, ``@`` or a blank."""

    path: str
    lines: tuple[tuple[str, str], ...]
    note: str = ""


def read_lines(content: bytes) -> Sequence[str]:
    """The lines of a file as they may be shown: none of one that may be no definition."""
    text = content.decode("utf-8", "replace")
    return split_lines(text) if looks_like_mapping(text) else ()


def find_excerpt(problem: Problem, lines: Sequence[str]) -> Excerpt | None:
    """The line that a problem is in, of all ``lines`` of its file; None where there is none."""
    if not 0 < problem.line <= len(lines):
        return None
    written = lines[problem.line - 1]
    start = min(max(problem.column - 1, 0), len(written))
    skipped = max(0, start - MAX_LINE // 2)
    number = f"{problem.line} │ "
    before = "".join("\t" if character == "\t" else " " for character in written[skipped:start])
    line = f"{number}{'…' if skipped else ''}{shorten(written[skipped:], MAX_LINE)}"
    return Excerpt(line, f"{' ' * (len(number) - 2)}│ {' ' if skipped else ''}{before}^")


def compare(listed: Mapping[str, bytes], found: Mapping[str, bytes], paths: Sequence[str]) -> Iterator[Difference]:
    """How the files at ``paths`` differ between what is listed and what is on disk."""
    for path in paths:
        texts = [side.get(path) for side in (listed, found)]
        sides = [split_lines((text or b"").decode("utf-8", "replace")) for text in texts]
        if texts[0] is None and texts[1] is None:
            yield Difference(path, (), "It cannot be read.")
        elif any(len(side) > MAX_COMPARED for side in sides) or not looks_like_mapping("\n".join(sides[1] or sides[0])):
            yield Difference(path, (), "It is not shown: it is too long, or may be no definition.")
        else:
            lines = islice(difflib.unified_diff(sides[0], sides[1], lineterm="", n=3), 2, MAX_DIFFERENCE + 2)
            shown = tuple((line[:1], shorten(line, MAX_LINE)) for line in lines)
            missing = "It is not there any more." if texts[1] is None else "It is new." if texts[0] is None else ""
            yield Difference(path, shown, missing)
