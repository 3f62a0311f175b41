"""What the page of one cluster type tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from builder.api.services import Services
from builder.catalogue.snapshot import EntryReport, PublishedType, Snapshot, State
from builder.clusters.plan import explain_nothing_selected
from builder.console.differences import Difference, compare, find_excerpt
from builder.console.forms import build_sections
from builder.console.overview import MEANINGS
from builder.diagnostics.rules import RULES
from builder.kinds.registry import KINDS
from builder.text.excerpts import shorten

MAX_TEMPLATE: Final = 256 * 1024
"""In characters: how much of a template is shown; Heat's own limit is twice that, unless told otherwise."""

MAX_PROBLEMS: Final = 100


def describe_type(
    services: Services, snapshot: Snapshot, reports: Sequence[EntryReport], selected: Sequence[str]
) -> Mapping[str, Any]:
    """What is listed of an id, and how its entries fare, of which there is one at least. Reads their files: blocks."""
    found = reports[0]
    published = snapshot.types.get(found.id) if found.id is not None else None
    problems = list(dict.fromkeys(problem for report in reports for problem in report.problems))
    contents: dict[str, bytes] = {}
    if problems:
        for report in reports:
            contents |= services.catalogue.read_contents(report.path)
    return {
        "name": found.id or found.path,
        "reports": reports,
        "report": found,
        "meaning": MEANINGS[found.state],
        "type": published.cluster_type if published is not None else None,
        "revision": published.revision if published is not None else "",
        "problems": [
            (problem, RULES[problem.rule].meaning, find_excerpt(problem, contents))
            for problem in problems[:MAX_PROBLEMS]
        ],
        "unshown": max(0, len(problems) - MAX_PROBLEMS),
        "differences": _compare(services, found, contents),
        "sections": build_sections(published.cluster_type) if published is not None else [],
        "files": sorted(published.files) if published is not None else [],
        "builds": services.recent_builds.list_of(found.id) if found.id is not None else [],
        **_describe_template(published, selected),
    }


def _compare(services: Services, report: EntryReport, contents: Mapping[str, bytes]) -> list[Difference] | None:
    """What differs on disk from what is listed; None where the last good version is kept nowhere."""
    if report.state is not State.STALE or report.id is None:
        return []
    listed = services.catalogue.read_last_good(report.id)
    return None if listed is None else list(compare(listed, contents, report.changed_files))


def _describe_template(published: PublishedType | None, selected: Sequence[str]) -> dict[str, Any]:
    """What the cloud is sent with a selection of optional components; unknown ones are passed over."""
    if published is None:
        return {"components": (), "selected": (), "template": "", "hint": ""}
    cluster_type = published.cluster_type
    components = cluster_type.optional_components
    chosen = [name for name in components if name in selected]
    if cluster_type.needs_selection and not chosen:
        hint, template = explain_nothing_selected(cluster_type), ""
    else:
        hint, template = "", shorten(KINDS[cluster_type.kind].explain(cluster_type, chosen), MAX_TEMPLATE)
    return {"components": components, "selected": chosen, "template": template, "hint": hint}
