"""What a definition says of itself that the Visualisation App or a cloud silently ignores."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from builder.definitions.model import HAVE_SUCCESSORS, Lifecycle
from builder.hot_lint.findings import TemplateProblem
from builder.text.spelling import find_near, suggest

SHOWN_INSTRUCTIONS: Final = ("launch", "admin", "usage")
"""The ids of the pages of instructions that the Visualisation App has places for."""

_PROJECT_ID: Final = re.compile(r"(?:[0-9a-f]{32}){1,2}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
"""A project id: 32 or 64 hexadecimal digits, as Keystone makes them, or with the dashes of a UUID."""

_ABSOLUTE: Final = re.compile(r"/|[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def find_presentation_problems(definition: Mapping[str, Any], given: Collection[str] = ()) -> Iterator[TemplateProblem]:
    """Yield a problem for each logo, successor and page of instructions that nobody will see, and each odd project id.

    ``definition`` is what the schema accepts, and ``given`` are all its keys.
    """
    logo = definition.get("logo_url")
    if logo and not _ABSOLUTE.match(logo):
        message = f"{logo!r} is neither an absolute URL nor an absolute path"
        yield TemplateProblem("relative-logo", message, ("logo_url",), "write all of it, such as /images/hpc.png")
    stage = definition.get("lifecycle", "")
    is_misspelt = not stage and (find_near("lifecycle", given, cutoff=0.75) or not {*Lifecycle}.isdisjoint(given))
    if "replaced_by" in definition and not is_misspelt and stage not in HAVE_SUCCESSORS:
        message = "the type is neither deprecated nor retired, so that nobody is told what replaces it"
        hint = "add lifecycle: deprecated, or remove replaced_by"
        yield TemplateProblem("untold-successor", message, ("replaced_by",), hint)
    pages: Sequence[Mapping[str, Any]] = definition.get("instructions", [])
    for number, page in enumerate(pages):
        if page["id"] not in SHOWN_INSTRUCTIONS:
            message = f"the Visualisation App has no place for instructions with the id {page['id'][:80]!r}"
            hint = suggest(page["id"], SHOWN_INSTRUCTIONS) or f"it shows {', '.join(SHOWN_INSTRUCTIONS)}"
            yield TemplateProblem("unshown-instruction", message, ("instructions", number, "id"), hint)
    for key, projects in definition.get("projects", {}).items():
        for number, project in enumerate(projects):
            if not _PROJECT_ID.fullmatch(project):
                message = f"{project[:80]!r} looks like the name of a project, and projects are known by their ids"
                hint = "write the id that 'openstack project list' shows"
                yield TemplateProblem("project-name", message, ("projects", key, number), hint)
