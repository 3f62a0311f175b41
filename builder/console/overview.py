"""What the first page tells: whether all is well, and how every entry of the enabled folder fares."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from builder.api.services import Services
from builder.catalogue.snapshot import EntryReport, Snapshot, State
from builder.definitions.model import ClusterType
from builder.diagnostics.problems import Problem
from builder.diagnostics.rules import Severity

NOTICING: Final = {
    "inotify": "Changes are seen at once",
    "poll": "Changes are found by rescans",
    "auto": "The folder has not been read yet",
}

GLYPHS: Final = {State.LISTED: "●", State.STALE: "▲", State.REJECTED: "✕", State.RETIRED: "◇", State.IGNORED: "○"}
"""By which states can be told apart without their colours."""

MEANINGS: Final = {
    State.LISTED: "offered to people as it is on disk",
    State.STALE: "broken by an edit: the last good version is still offered",
    State.REJECTED: "not offered, for it has errors",
    State.RETIRED: "withdrawn by its definition: not offered any more",
    State.IGNORED: "no cluster type",
}

MAX_SEARCH: Final = 200
"""Of what is searched for; nothing that is searched is longer to any purpose."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether all is well, in a line; ``tone`` is ``good``, ``warn`` or ``bad``."""

    tone: str
    headline: str
    explanation: str


@dataclass(frozen=True, slots=True)
class Row:
    """One entry, as the list shows it; ``name`` is what its page goes by."""

    name: str
    title: str
    report: EntryReport
    since: float | None
    errors: int
    warnings: int
    first: Problem | None
    presets: tuple[ClusterType, ...]


def judge_service(services: Services, snapshot: Snapshot) -> Verdict:
    """What somebody should know first."""
    if reason := services.readiness():
        return Verdict("bad", "Not ready", f"{reason[0].upper()}{reason[1:]}.")
    counts = snapshot.states
    rejected, stale = counts[State.REJECTED], counts[State.STALE]
    if rejected or stale:
        parts = []
        if stale:
            parts.append(f"{stale:,} broken by an edit, whose last good version is still offered")
        if rejected:
            parts.append(f"{rejected:,} with errors, not offered")
        number = rejected + stale
        return Verdict("warn", f"{_count(number, 'entry', 'entries')} to mend", f"{' and '.join(parts)}.")
    health = services.reconcile_loop.health
    if problem := health.watch_problem or services.catalogue.persistence.problem:
        return Verdict("warn", "Working, but look at this", problem)
    if not snapshot.types:
        return Verdict("warn", "Nothing is enabled yet", "Copy or link definitions into the enabled folder.")
    offered = _count(len(snapshot.types), "cluster type is", "cluster types are")
    return Verdict("good", "All is well", f"{offered} offered, and every one as it is on disk.")


def describe_service(services: Services) -> dict[str, Any]:
    """How the service does, beside the catalogue: nothing that differs from one request to the next."""
    loop, settings = services.reconcile_loop, services.settings
    return {
        "noticing": NOTICING[loop.health.watch_mode],
        "watch_problem": loop.health.watch_problem,
        "state_problem": services.catalogue.persistence.problem,
        "rescan_interval": settings.rescan_interval,
        "folder": str(settings.enabled_dir),
        "workers": settings.workers,
        "host": socket.gethostname(),
        "process": os.getpid(),
    }


def build_rows(snapshot: Snapshot, states: Iterable[str], text: str) -> list[Row]:
    """The entries in any of ``states`` (of none: all) in which ``text`` stands; what needs somebody comes first."""
    wanted, sought = frozenset(states), text[:MAX_SEARCH].casefold().strip()
    rows = [_build_row(snapshot, report) for report in snapshot.reports() if not wanted or report.state in wanted]
    if sought:
        rows = [row for row in rows if any(sought in each.casefold() for each in _list_texts(row))]
    urgency = {State.REJECTED: 0, State.STALE: 1}
    return sorted(rows, key=lambda row: (urgency.get(row.report.state, 2), row.report.path))


def _build_row(snapshot: Snapshot, report: EntryReport) -> Row:
    published = snapshot.types.get(report.id) if report.id is not None else None
    slot = snapshot.slots.get(report.id) if report.id is not None else None
    errors = sum(problem.severity is Severity.ERROR for problem in report.problems)
    first = min(report.problems, key=lambda problem: problem.severity is not Severity.ERROR, default=None)
    return Row(
        name=report.id or report.path,
        title=published.cluster_type.title if published is not None else "",
        report=report,
        since=report.stale_since or report.changed_at,
        errors=errors,
        warnings=len(report.problems) - errors,
        first=first,
        presets=tuple(each.cluster_type for each in slot.presets) if slot is not None and published else (),
    )


def _list_texts(row: Row) -> Iterable[str]:
    yield from (row.name, row.title, row.report.path, row.report.revision or "", row.report.reason)
    for preset in row.presets:
        yield from (preset.id, preset.title)
    for problem in row.report.problems:
        yield from (problem.message, problem.rule)


def format_moment(seconds: float | None) -> str:
    """A time in seconds since the epoch as people read it, to the minute."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%-d %b %Y, %H:%M UTC") if seconds else "–"


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
