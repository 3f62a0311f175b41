"""The formats that a report can be had in: the one table of their names.

Light, for every command reads these names: a format is imported when a report is rendered in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from builder.reporting.report import Report


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """What a format may take notice of: with ``strict`` warnings are failures; the rest is for a terminal."""

    strict: bool = False
    excerpts: bool = False
    colours: bool = False


REPOSITORY_FORMATS: Final = frozenset({"github", "sarif", "junit"})
"""Those that code hosts and CI servers read: they look for paths from the top of the repository."""


def _render_text(report: Report, options: RenderOptions) -> str:
    from builder.reporting.as_text import render_text

    return render_text(report, excerpts=options.excerpts, colours=options.colours)


def _render_json(report: Report, _: RenderOptions) -> str:
    from builder.reporting.as_json import render_json

    return render_json(report)


def _render_github(report: Report, _: RenderOptions) -> str:
    from builder.reporting.as_github import render_github

    return render_github(report)


def _render_sarif(report: Report, _: RenderOptions) -> str:
    from builder.reporting.as_sarif import render_sarif

    return render_sarif(report)


def _render_junit(report: Report, options: RenderOptions) -> str:
    from builder.reporting.as_junit import render_junit

    return render_junit(report, strict=options.strict)


RENDERERS: Final[Mapping[str, Callable[[Report, RenderOptions], str]]] = {
    "text": _render_text,
    "json": _render_json,
    "github": _render_github,
    "sarif": _render_sarif,
    "junit": _render_junit,
}
