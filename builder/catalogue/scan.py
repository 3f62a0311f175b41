"""What is said between whoever notices changes and the catalogue, and what one look at the disk finds: values only."""

from __future__ import annotations

from dataclasses import dataclass, field

from builder.catalogue.entries import Ignored, Misnamed, printable
from builder.catalogue.loader import LoadedEntry
from builder.catalogue.snapshot import EntryReport, State
from builder.diagnostics.problems import Problem

Known = LoadedEntry | Misnamed | Ignored
"""What is known of an entry of the enabled folder."""


class FolderUnavailableError(Exception):
    """The enabled folder cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class ChangeHint:
    """What may have changed: some paths, or anything.

    ``finished`` are paths of files whose writing is known to be over.
    """

    paths: frozenset[str] = frozenset()
    finished: frozenset[str] = frozenset()
    everything: bool = False


EVERYTHING = ChangeHint(everything=True)


@dataclass(slots=True)
class ScanResult:
    """What one look at the disk found: entries that were looked at, that are gone, and that have to wait.

    ``absent`` are names that stand for nothing, and did not before.
    """

    folder: str
    found: dict[str, Known] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)
    deferred: set[str] = field(default_factory=set)


def report_other(name: str, entry: Known | None, now: float) -> EntryReport | None:
    """The report of an entry that has no id: a misnamed one, or one that is left alone."""
    shown = printable(name)
    if isinstance(entry, Misnamed):
        problem = Problem(shown, 0, 0, "", "misnamed-entry", entry.reason, "rename it")
        return EntryReport(shown, State.REJECTED, changed_at=now, problems=(problem,))
    if isinstance(entry, Ignored):
        return EntryReport(shown, State.IGNORED, changed_at=now, reason=entry.reason)
    return None
