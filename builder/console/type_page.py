"""What the page of one cluster type tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from builder.catalogue.snapshot import EntryReport, Snapshot
from builder.console.overview import MEANINGS
from builder.diagnostics.rules import RULES


def describe_type(snapshot: Snapshot, reports: Sequence[EntryReport]) -> Mapping[str, Any]:
    """What is listed of an id, and how its entries fare; there is one at least."""
    found = reports[0]
    published = snapshot.types.get(found.id) if found.id is not None else None
    problems = {problem: None for report in reports for problem in report.problems}
    return {
        "name": found.id or found.path,
        "reports": reports,
        "report": found,
        "meaning": MEANINGS[found.state],
        "type": published.cluster_type if published is not None else None,
        "revision": published.revision if published is not None else "",
        "problems": [(problem, RULES[problem.rule].meaning, None) for problem in problems],
    }
