"""The lines that operators read in the log: one for each type that changed, and one for each of its problems."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from builder.catalogue.loader import LoadedEntry
from builder.catalogue.scan import Known
from builder.catalogue.snapshot import Slot, Snapshot, State
from builder.definitions.model import ClusterTypeId
from builder.diagnostics.problems import Problem
from builder.diagnostics.rules import Severity

logger = logging.getLogger(__name__)
crash_logger = logging.getLogger(f"{__name__}.crashes")
"""Apart, for each process tells its own: judging may fail in one of them only."""

_PROBLEM_FIELDS = ("path", "line", "column", "rule", "severity")


def keep_silent() -> None:
    """Say nothing of changes in this process: another one, with a catalogue of the same folder, tells them."""
    logger.setLevel(logging.CRITICAL)


def log_changes(before: Snapshot, after: Snapshot, ids: Iterable[ClusterTypeId], paths: Iterable[str]) -> None:
    """Say what the step from one snapshot to the next did to some ids, and to some entries without an id.

    What did not change is not said again.
    """
    for cluster_type_id in sorted(ids):
        old, new = before.slots.get(cluster_type_id), after.slots.get(cluster_type_id)
        last, word = new or old, _describe_change(old, new)
        if last is None or not word:
            continue
        first = last.reports[0]
        fields = {"id": cluster_type_id, "path": first.path}
        if first.revision is not None:
            fields["revision"] = first.revision
        level = logging.WARNING if word in (State.REJECTED, State.STALE) else logging.INFO
        logger.log(level, "cluster type %s", word, extra={"fields": fields})
        for each in after.find_reports(cluster_type_id) if new is not None else ():
            _log_problems(cluster_type_id, each.problems)
    for path in sorted(paths):
        report = after.others.get(path)
        if report is not None and report.state is State.REJECTED and report != before.others.get(path):
            logger.warning("cluster type %s", report.state, extra={"fields": {"path": report.path}})
            _log_problems(report.id, report.problems)


def log_crash(before: Known | None, after: Known | None) -> None:
    """Say, for who mends the service, what judging an entry failed over, if it did."""
    if not isinstance(after, LoadedEntry) or after.crash is None:
        return
    if not isinstance(before, LoadedEntry) or before.crash is not after.crash:
        crash_logger.error(
            "judging a cluster type failed", exc_info=after.crash, extra={"fields": {"path": after.entry.definition}}
        )


def log_state(before: str, after: str) -> None:
    """Say once that last good versions do not outlive the process, and why, and once that they do again."""
    if after and after != before:
        logger.warning(
            "a cluster type that breaks is lost when this process ends, for STATE_DIR does not keep it: %s", after
        )
    elif before and not after:
        logger.info("the last good versions of cluster types are kept again")


def _log_problems(cluster_type_id: ClusterTypeId | None, problems: Iterable[Problem]) -> None:
    for problem in problems:
        is_error = problem.severity is Severity.ERROR
        fields = {name: each for name, each in problem.as_json().items() if name in _PROBLEM_FIELDS and each}
        extra = {"fields": {"id": cluster_type_id, **fields} if cluster_type_id else fields, "says_fields": True}
        logger.log(logging.ERROR if is_error else logging.WARNING, "%s", problem, extra=extra)


def _describe_change(before: Slot | None, after: Slot | None) -> str:
    """One word for what became of a type; an empty text where nothing did."""
    if after is None:
        return "withdrawn" if before is not None else ""
    if before == after:
        return ""
    if after.state is not State.LISTED:
        return str(after.state)
    if before is None or not before.listed:
        return "enabled"
    return "recovered" if before.state is State.STALE else "changed"
