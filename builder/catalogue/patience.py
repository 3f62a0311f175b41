"""When a change is taken for complete: nobody is to see a half-written file, or a gap between two versions.

Editors and tools write in steps. Where an event told that a step was the last one (the file was closed, or something
was renamed into place) the change counts at once. Elsewhere it counts when the file has been left alone for a moment,
and what has vanished when it has stayed away for one. All waits are bounded, and until they are over what was there
before is kept. At the first load nothing waits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from builder.catalogue.dependencies import Dependency
from builder.catalogue.loader import LoadedEntry

WRITING_SECONDS = 0.5
"""A file that was written to less long ago is being written, unless it is known to be closed."""

LONGEST_SECONDS = 30.0
"""So long a file may be written without a pause before what it holds counts all the same."""

VANISHED_SECONDS = 0.3
"""What was removed may be on its way back: some editors move the old version away before they write the new one.

Far more than they take on a busy machine, because the Visualisation App deletes what is withdrawn.
"""

EMPTIED_SECONDS = 0.5
"""An enabled folder that has become empty may have been replaced, and be about to be filled."""


class Patience:
    """Decides which changes wait; remembers since when. Used from one thread.

    ``clock`` is in seconds since the epoch, ``steady_clock`` in seconds.
    """

    def __init__(
        self, clock: Callable[[], float] = time.time, steady_clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._steady_clock = steady_clock
        self._since: dict[str, float] = {}

    def holds_back_change(
        self, name: str, known: Collection[Dependency], found: Collection[Dependency], finished: Collection[str]
    ) -> bool:
        """Whether a change of the entry ``name`` has to wait.

        ``known`` and ``found`` are its dependencies as they were and as they are; ``finished`` are the paths of files
        that are known to be complete.
        """
        before = {dependency.path: dependency for dependency in known}
        changed = [each for each in found if not _is_same(before.get(each.path), each)]
        if any(self._is_being_written(before.get(each.path), each, finished) for each in changed):
            return self._waits(name, LONGEST_SECONDS)
        if any(each.stamp is None and not each.refused and not each.remote for each in changed):
            return self._waits(name, VANISHED_SECONDS)
        return self.accept(name)

    def holds_back_removal(self, name: str, *, emptied: bool) -> bool:
        """Whether the removal of the entry ``name`` has to wait; ``emptied`` tells that nothing is left but it."""
        return self._waits(name, EMPTIED_SECONDS if emptied else VANISHED_SECONDS)

    def accept(self, name: str) -> bool:
        """Forget that something of the entry ``name`` was waited for; False, for it is not held back."""
        self._since.pop(name, None)
        return False

    def _is_being_written(self, known: Dependency | None, found: Dependency, finished: Collection[str]) -> bool:
        if found.stamp is None or found.resolved.real in finished:
            return False
        if found.resolved.links and (known is None or known.resolved != found.resolved):
            return False  # a link was put in place, in one step
        # A date in the future was set on purpose.
        return 0 <= self._clock() - found.stamp.mtime_ns / 1e9 < WRITING_SECONDS

    def _waits(self, name: str, longest: float) -> bool:
        now = self._steady_clock()
        if now - self._since.setdefault(name, now) < longest:
            return True
        return self.accept(name)


def _is_same(known: Dependency | None, found: Dependency) -> bool:
    return known is not None and known.digest == found.digest and known.resolved == found.resolved


@dataclass(frozen=True, slots=True)
class Successors:
    """Which ids and files live on in entries that are new: what they had before under another name is not awaited."""

    ids: frozenset[str]
    files: frozenset[tuple[int, int]]

    @classmethod
    def of(cls, entries: Iterable[object]) -> Successors:
        """The ids and files of those new entries that are loaded."""
        loaded = [entry for entry in entries if isinstance(entry, LoadedEntry)]
        files = (_file_of(entry) for entry in loaded)
        return cls(frozenset(entry.entry.id for entry in loaded), frozenset(file for file in files if file))

    def replace(self, gone: LoadedEntry) -> bool:
        """Whether an entry that is gone lives on."""
        return gone.entry.id in self.ids or _file_of(gone) in self.files


def _file_of(entry: LoadedEntry) -> tuple[int, int] | None:
    stamp = entry.dependencies[0].stamp
    return (stamp.device, stamp.inode) if stamp is not None else None
