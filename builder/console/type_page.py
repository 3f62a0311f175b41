"""What the page of one cluster type tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from builder.api.services import Services
from builder.catalogue.catalogue import Catalogue
from builder.catalogue.snapshot import EntryReport, PublishedType, Snapshot, State
from builder.clusters.plan import explain_nothing_selected
from builder.console.differences import Difference, Excerpt, compare, find_excerpt, read_lines
from builder.console.forms import build_sections
from builder.console.overview import MEANINGS
from builder.definitions.model import ClusterTypeId
from builder.diagnostics.problems import Problem
from builder.diagnostics.rules import RULES
from builder.kinds.registry import KINDS
from builder.text.excerpts import shorten

MAX_TEMPLATE: Final = 256 * 1024
"""In characters: how much of a template is shown; Heat's own limit is twice that, unless told otherwise."""

MAX_PROBLEMS: Final = 100


def describe_type(
    services: Services, snapshot: Snapshot, name: str, reports: Sequence[EntryReport], selected: Sequence[str]
) -> Mapping[str, Any]:
    """What is listed of an id, and how its entries fare, of which there is one at least. Reads their files: blocks.

    A preset has the entries, problems and files of the type that it is one of, and all else for itself.
    """
    found, slot = reports[0], snapshot.find_slot(name)
    base = snapshot.types.get(found.id) if found.id is not None else None
    published = snapshot.types.get(ClusterTypeId(name), base)
    is_preset = published is not base
    replaced_by = slot.published.cluster_type.replaced_by if slot is not None and slot.published is not None else None
    successor = snapshot.types.get(replaced_by) if replaced_by is not None else None
    problems, contents = _look_into_files(services.catalogue, snapshot, name)
    return {
        "name": name if is_preset else found.id or found.path,
        "base": base.cluster_type if is_preset and base is not None else None,
        "presets": [each.cluster_type for each in slot.presets] if slot is not None and base is published else [],
        "reports": reports,
        "report": found,
        "meaning": MEANINGS[found.state],
        "type": published.cluster_type if published is not None else None,
        "revision": published.revision if published is not None else "",
        "problems": problems[:MAX_PROBLEMS],
        "unshown": max(0, len(problems) - MAX_PROBLEMS),
        "differences": _compare(services.catalogue, found, contents),
        "successor": successor.cluster_type if successor is not None else None,
        "sections": build_sections(published.cluster_type) if published is not None else [],
        "files": sorted(base.files) if base is not None else [],
        "builds": services.recent_builds.list_of(published.cluster_type.id) if published is not None else [],
        **_describe_template(published, selected),
    }


@lru_cache(maxsize=8)  # reading takes seconds for a file that is large, and all who have the page open ask for it
def _look_into_files(
    catalogue: Catalogue, snapshot: Snapshot, name: str
) -> tuple[Sequence[tuple[Problem, str, Excerpt | None]], Mapping[str, bytes]]:
    """The problems of an id, each with its rule's meaning and its line; and what is in the files that have changed."""
    reports = snapshot.find_reports(name)
    problems = list(dict.fromkeys(problem for report in reports for problem in report.problems))
    contents: dict[str, bytes] = {}
    if problems:
        for report in reports:
            contents |= catalogue.read_contents(report.path)
    lines = {path: read_lines(contents.get(path, b"")) for path in {each.path for each in problems[:MAX_PROBLEMS]}}
    explained = [
        (each, RULES[each.rule].meaning, find_excerpt(each, lines[each.path]) if at < MAX_PROBLEMS else None)
        for at, each in enumerate(problems)
    ]
    return explained, {path: contents[path] for path in reports[0].changed_files if path in contents}


def _compare(catalogue: Catalogue, report: EntryReport, contents: Mapping[str, bytes]) -> list[Difference] | None:
    """What differs on disk from what is listed; None where the last good version is kept nowhere."""
    if report.state is not State.STALE or report.id is None:
        return []
    listed = catalogue.read_last_good(report.id)
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
