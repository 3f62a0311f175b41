"""The formats that a report can be had in: the one list of their names.

Light, for every command reads these names: a format is imported when a report is rendered in it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from builder.reporting.report import Report

FORMATS: Final = ("text", "json", "github", "sarif", "junit")
"""Each is rendered by a module ``as_<name>``: by its function ``render``, which takes notice of what it can."""

REPOSITORY_FORMATS: Final = frozenset({"github", "sarif", "junit"})
"""Those that code hosts and CI servers read: they look for paths from the top of the repository."""


def render_report(
    output_format: str, report: Report, *, strict: bool = False, excerpts: bool = False, colours: bool = False
) -> str:
    """The report in one of the formats; with ``strict`` warnings are failures, and the rest is for a terminal."""
    module = import_module(f"builder.reporting.as_{output_format}")
    rendered: str = module.render(report, strict=strict, excerpts=excerpts, colours=colours)
    return rendered
