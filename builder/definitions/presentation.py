"""What the Visualisation App would pass over in silence, of that which a definition says of itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from builder.hot_lint.findings import TemplateProblem
from builder.text.spelling import suggest

SHOWN_INSTRUCTIONS: Final = ("launch", "admin", "usage")
"""The ids of the pages of instructions that the Visualisation App has places for."""

_ABSOLUTE: Final = re.compile(r"/|[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def find_presentation_problems(definition: Mapping[str, Any]) -> Iterator[TemplateProblem]:
    """Logos, successors and instructions that nobody will see; ``definition`` is what the schema accepts."""
    logo = definition.get("logo_url")
    if logo and not _ABSOLUTE.match(logo):
        message = f"{logo!r} is neither an absolute URL nor an absolute path"
        yield TemplateProblem("relative-logo", message, ("logo_url",), "write all of it, such as /images/hpc.png")
    if "replaced_by" in definition and definition.get("lifecycle", "active") not in ("deprecated", "retired"):
        message = "the type is neither deprecated nor retired, so that nobody is told what replaces it"
        hint = "add lifecycle: deprecated, or remove replaced_by"
        yield TemplateProblem("untold-successor", message, ("replaced_by",), hint)
    pages: Sequence[Mapping[str, Any]] = definition.get("instructions", [])
    for number, page in enumerate(pages):
        if page["id"] not in SHOWN_INSTRUCTIONS:
            message = f"the Visualisation App has no place for instructions with the id {page['id'][:80]!r}"
            hint = suggest(page["id"], SHOWN_INSTRUCTIONS) or f"it shows {', '.join(SHOWN_INSTRUCTIONS)}"
            yield TemplateProblem("unshown-instruction", message, ("instructions", number, "id"), hint)
