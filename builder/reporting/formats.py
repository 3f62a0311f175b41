"""The formats that a report can be had in: the one table of their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from builder.reporting.as_github import render_github
from builder.reporting.as_json import render_json
from builder.reporting.as_junit import render_junit
from builder.reporting.as_sarif import render_sarif
from builder.reporting.as_text import render_text
from builder.reporting.report import Report


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """What a format may take notice of: with ``strict`` warnings are failures; the rest is for a terminal."""

    strict: bool = False
    excerpts: bool = False
    colours: bool = False


REPOSITORY_FORMATS: Final = frozenset({"github", "sarif", "junit"})
"""Those that code hosts and CI servers read: they look for paths from the top of the repository."""

RENDERERS: Final[Mapping[str, Callable[[Report, RenderOptions], str]]] = {
    "text": lambda report, options: render_text(report, excerpts=options.excerpts, colours=options.colours),
    "json": lambda report, _: render_json(report),
    "github": lambda report, _: render_github(report),
    "sarif": lambda report, _: render_sarif(report),
    "junit": lambda report, options: render_junit(report, strict=options.strict),
}
