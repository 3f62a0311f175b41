"""What is said between whoever notices changes and the catalogue, and what one look at the disk finds."""

from __future__ import annotations

from dataclasses import dataclass, field

from builder.catalogue.entries import Ignored, Misnamed, printable
from builder.catalogue.loader import LoadedEntry
from builder.catalogue.snapshot import EntryReport, State
from builder.diagnostics.problems import Problem

Known = LoadedEntry | Misnamed | Ignored
"""What is known of an entry of the enabled folder."""


QUIET_SECONDS = 0.02
"""A burst of events is over when none has come for so long."""

LONGEST_BURST_SECONDS = 0.2
"""A look is taken after so long even though events keep coming."""

MAX_PATHS = 5_000
"""With more paths than this, looking at everything is cheaper."""


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


class Hints:
    """Paths that may have changed and were not looked at yet: gathered for a moment, and bounded.

    A burst of events costs one look; a look never waits long because events keep coming. Not locked: its owner sees to
    that. Times are in seconds of one steady clock.
    """

    def __init__(self) -> None:
        self._paths: set[str] = set()
        self._finished: set[str] = set()
        self._first = 0.0
        self._last = 0.0
        self.lost = False
        """Whether there were too many, or some were lost: anything may have changed."""

    def __bool__(self) -> bool:
        return bool(self._paths)

    def add(self, path: str, now: float, finished: bool | None = None) -> None:
        """Note a path; ``finished`` tells that a file there is complete, or being written, None that nobody knows."""
        if len(self._paths) >= MAX_PATHS and path not in self._paths:
            self.lose()
            return
        if not self._paths:
            self._first = now
        self._last = now
        self._paths.add(path)
        if finished:
            self._finished.add(path)
        elif finished is not None:
            self._finished.discard(path)

    def lose(self) -> None:
        """Note that anything may have changed."""
        self._paths.clear()
        self._finished.clear()
        self.lost = True

    def ripe_at(self) -> float:
        """When to look, if nothing more comes."""
        return min(self._last + QUIET_SECONDS, self._first + LONGEST_BURST_SECONDS)

    def take(self) -> ChangeHint:
        """What there is to look at, and start anew."""
        hint = ChangeHint(frozenset(self._paths), frozenset(self._finished))
        self._paths.clear()
        self._finished.clear()
        return hint


@dataclass(slots=True)
class ScanResult:
    """What one look at the disk found: entries that were looked at, that are gone, and that have to wait.

    Of those that wait it has what was found, None where nothing was.
    """

    folder: str
    found: dict[str, Known] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    deferred: dict[str, LoadedEntry | None] = field(default_factory=dict)


def report_other(name: str, entry: Known | None, now: float) -> EntryReport | None:
    """The report of an entry that has no id: a misnamed one, or one that is left alone."""
    shown = printable(name)
    if isinstance(entry, Misnamed):
        problem = Problem(shown, 0, 0, "", "misnamed-entry", entry.reason, "rename it")
        return EntryReport(shown, State.REJECTED, changed_at=now, problems=(problem,))
    if isinstance(entry, Ignored):
        return EntryReport(shown, State.IGNORED, changed_at=now, reason=entry.reason)
    return None
