"""When a change is taken for complete: nobody is to see a half-written file, or a gap between two versions.

Editors and tools write in steps. Where an event told that a step was the last one (the file was closed, or something
was renamed into place) the change counts at once. Elsewhere it counts when the file has been left alone for a moment,
and what has vanished when it has stayed away for one. All waits are bounded, and until they are over what was there
before is kept. At the first load nothing waits.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable

from builder.catalogue.inventory import Inventory
from builder.catalogue.loader import LoadedEntry
from builder.catalogue.scan import ScanResult
from builder.catalogue.watches import is_within
from builder.disk.dependencies import Dependency
from builder.disk.safe_reading import Stamp

WRITING_SECONDS = 0.5
"""A file whose stamp was another one less long ago is being written, unless it is known to be closed.

Whoever writes a text pauses for less, and people do not notice a delay of half a second.
"""

LONGEST_SECONDS = 30.0
"""So long a file may be written without a pause before what it holds counts all the same."""

VANISHED_SECONDS = 0.3
"""What was removed may be on its way back: some editors move the old version away before they write the new one.

Far more than they take on a busy machine, because the Visualisation App deletes what is withdrawn.
"""

EMPTIED_SECONDS = 0.5
"""An enabled folder that has become empty may have been replaced, and be about to be filled."""


class Settling:
    """Decides which changes wait; remembers since when. Used from one thread.

    ``steady_clock`` is in seconds. No other clock has a say: that of a file system may be another host's.
    """

    def __init__(self, steady_clock: Callable[[], float] = time.monotonic) -> None:
        self._steady_clock = steady_clock
        self.awaited: dict[str, LoadedEntry | None] = {}
        """The entries whose change has to wait, as they were last found, so that none is judged at every look.

        None stands for one that was not there.
        """
        self._since: dict[str, float] = {}
        self._stamps: dict[str, dict[str, tuple[Stamp, float]]] = {}
        """The last stamp of each file that may be in writing, by entry and path, and since when it is this one."""

    def hold_back(self, result: ScanResult, entries: Inventory, finished: Collection[str]) -> None:
        """Set aside, of what a pass found, what has to wait; ``entries`` are those known before.

        ``finished`` is as for :meth:`defers_change`.
        """
        for name, found in result.found.items():
            known = entries.get(name)
            if not isinstance(found, LoadedEntry):
                continue
            before = known.dependencies if isinstance(known, LoadedEntry) else ()
            is_same = found is known or (isinstance(known, LoadedEntry) and known.revision == found.revision)
            if not is_same and self.defers_change(name, before, found.dependencies, finished):
                result.deferred[name] = found
        new = result.found.keys() - entries.keys()
        arrived = identify_all(result.found[name] for name in new - result.deferred.keys())
        awaited = identify_all(result.found[name] for name in new & result.deferred.keys())
        longest = EMPTIED_SECONDS if not result.found and result.gone >= entries.keys() else VANISHED_SECONDS
        moved = entries.find_moved(result.found)
        for name in result.gone:
            known = entries.get(name)
            own = identify_all([known])
            if not isinstance(known, LoadedEntry) or own & arrived or not moved.isdisjoint(known.paths()):
                continue
            if own & awaited or self._waits(name, longest):
                result.deferred[name] = None
        result.gone -= result.deferred.keys()
        for name in result.deferred:
            result.found.pop(name, None)

    def defers_change(
        self, name: str, known: Collection[Dependency], found: Collection[Dependency], finished: Collection[str]
    ) -> bool:
        """Whether a change of the entry ``name`` has to wait.

        ``known`` and ``found`` are its dependencies as they were and as they are; ``finished`` are the paths of files
        that are known to be complete, and of folders that were put in place whole.
        """
        before = {dependency.path: dependency for dependency in known}
        whole = set(finished)
        changed = []
        for each in found:
            old = before.get(each.path)
            if old is None or old.resolved != each.resolved:
                changed.append(each)
                if each.resolved.links:  # one was put in place in one step, and with it all beside its target
                    whole.add(os.path.dirname(each.resolved.real))
            elif old.digest != each.digest:
                changed.append(each)
        if self._is_any_being_written(name, [each for each in changed if not is_within(each.resolved.real, whole)]):
            return self._waits(name, LONGEST_SECONDS)
        if any(each.stamp is None and not each.refused and not each.remote for each in changed):
            return self._waits(name, VANISHED_SECONDS)
        return False

    def take_over(self, result: ScanResult) -> None:
        """Wait from now on for what a pass set aside, and no longer for what else it looked at."""
        looked_at = result.found.keys() | result.gone
        still = {name: found for name, found in self.awaited.items() if name not in looked_at}
        self.awaited = still | result.deferred
        self._since = {name: since for name, since in self._since.items() if name in self.awaited}
        self._stamps = {name: stamps for name, stamps in self._stamps.items() if name in self.awaited}

    def _is_any_being_written(self, name: str, files: Collection[Dependency]) -> bool:
        """Whether one of the ``files`` has not been left alone for long enough."""
        now, seen = self._steady_clock(), self._stamps.get(name, {})
        stamps: dict[str, tuple[Stamp, float]] = {}
        for each in files:
            if each.stamp is not None:
                last = seen.get(each.path)
                stamps[each.path] = last if last is not None and last[0] == each.stamp else (each.stamp, now)
        self._stamps[name] = stamps
        return any(now - since < WRITING_SECONDS for _, since in stamps.values())

    def _waits(self, name: str, longest: float) -> bool:
        now = self._steady_clock()
        return now - self._since.setdefault(name, now) < longest


def identify_all(entries: Iterable[object]) -> set[object]:
    """The ids of entries, and their files by device and inode: with one of these an entry lives on by another name."""
    identities: set[object] = set()
    for entry in entries:
        if isinstance(entry, LoadedEntry):
            identities.add(entry.entry.id)
            stamp = entry.dependencies[0].stamp
            if stamp is not None:
                identities.add((stamp.device, stamp.inode))
    return identities
