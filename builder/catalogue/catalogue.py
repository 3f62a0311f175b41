"""The catalogue: compares the enabled folder with what was loaded last, and swaps in a new snapshot.

One catalogue lives in each worker process, for as long as the process. Only its reconcile loop's thread reconciles; any
thread may read :attr:`Catalogue.snapshot`, which is replaced in one assignment and never changed. Reconciling is
idempotent and may happen at any time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

from builder.catalogue.change_log import log_changes, log_crash
from builder.catalogue.entries import Classified, Entry, Ignored, classify_listed, classify_path, scan_folder
from builder.catalogue.inventory import Inventory
from builder.catalogue.loader import LoadedEntry, LoadSettings, load_entry, read_contents, recheck_entry
from builder.catalogue.persistence import KEPT, Persistence
from builder.catalogue.publishing import publish
from builder.catalogue.scan import EVERYTHING, ChangeHint, FolderUnavailableError, Known, ScanResult, report_other
from builder.catalogue.settling import Settling
from builder.catalogue.snapshot import EMPTY, Snapshot
from builder.catalogue.states import judge
from builder.definitions.model import ClusterTypeId
from builder.disk.last_good import ForeignVersionError, LastGoodVersion
from builder.disk.links import LinkLoopError, LinkResolver
from builder.disk.safe_reading import display_name, read_file
from builder.disk.state_folder import MANY

MAX_PASSES = 3
"""How often a pass is made again because a link was re-pointed while it ran; the next hint or rescan goes on."""

TURN_SECONDS = 0.00005
"""How long the catalogue pauses between two pieces of work, so that other threads have their turn.

A thread that waits for Python's global lock asks for it after the switch interval only, and begins to count anew each
time that another thread has let go of the lock for a moment and taken it again, as it does for each look at a file.
"""

SWEEP_STEP = 32
"""How many entries one step of a sweep compares: a few milliseconds at most."""


class Catalogue:
    """The live catalogue of one enabled folder."""

    def __init__(
        self,
        folder: Path,
        settings: LoadSettings,
        *,
        clock: Callable[[], float] = time.time,
        settling: Settling | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.folder = folder
        """The enabled folder, before links are followed."""
        self.real_folder = ""
        """The enabled folder with all links followed, as it was last read; an empty text before that."""
        self._settings = replace(settings, enabled=str(folder))
        self._clock = clock
        self._pause = pause
        self._settling = settling or Settling()
        self._entries = Inventory()
        self.persistence = Persistence(self._settings, self._reread)
        """What of it outlives this process; :meth:`keep_state` brings that up to date."""
        self._own_folders: frozenset[str] = frozenset()
        self.snapshot: Snapshot = EMPTY

    @property
    def has_loaded(self) -> bool:
        """Whether the enabled folder was read at least once."""
        return bool(self.real_folder)

    @property
    def deferred(self) -> frozenset[str]:
        """Paths of entries whose change has to wait for a moment: look at them again then."""
        return frozenset(os.path.join(self.real_folder, name) for name in self._settling.awaited)

    def watched_folders(self) -> frozenset[str]:
        """The folders in which a change may change the catalogue: they need not exist; no link is in their paths."""
        return self._own_folders | self._entries.index.folders()

    def reconcile(self, hint: ChangeHint = EVERYTHING) -> bool:
        """Scan what may have changed and, if it did, swap in a new snapshot. Returns whether it did.

        Raises FolderUnavailableError where the enabled folder cannot be read; the snapshot then stays as it is.
        """
        for _ in range(MAX_PASSES):
            resolver = LinkResolver()
            result = self._scan(hint, resolver)
            if not resolver.links_moved():
                break
        self._settling.take_over(result)
        return self._settle(result)

    def sweep(self) -> Iterator[frozenset[str]]:
        """Compare everything with what was loaded, a little at a time; each step gives the paths that differ.

        Between the steps other reconciles may be made. Raises FolderUnavailableError.
        """
        resolver = LinkResolver()
        with self._reading():
            folder = self._locate(resolver)
            names = os.listdir(folder)
            if names:
                self.persistence.mounts.note(folder)
        if folder != self.real_folder:
            yield frozenset({folder})
            return
        yield frozenset(os.path.join(folder, name) for name in self._entries.keys() - set(names))
        for start in range(0, len(names), SWEEP_STEP):
            step = names[start : start + SWEEP_STEP]
            yield frozenset(os.path.join(folder, name) for name in step if not self._is_same(name, folder, resolver))

    # ---- looking

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Raise FolderUnavailableError where the enabled folder turns out not to be readable in the block."""
        try:
            yield
        except OSError as error:
            raise FolderUnavailableError(f"{self.folder} cannot be read: {error.strerror}") from error

    def _locate(self, resolver: LinkResolver) -> str:
        """Where the enabled folder really is. Raises OSError where its links lead in a circle."""
        try:
            resolved = resolver.resolve(str(self.folder))
        except LinkLoopError as error:
            self._own_folders = frozenset(map(os.path.dirname, error.links))
            raise
        # The folder itself, where it would appear, and where a link that leads there would be re-pointed.
        self._own_folders = frozenset({resolved.real, *map(os.path.dirname, (resolved.real, *resolved.links))})
        return resolved.real

    def _scan(self, hint: ChangeHint, resolver: LinkResolver) -> ScanResult:
        with self._reading():
            folder = self._locate(resolver)
            os.stat(folder)  # a folder that is gone has lost no entry
            everything = hint.everything or folder != self.real_folder
            names = None if everything else self._entries.find_concerned(hint.paths, folder)
            if names is None:
                classified = scan_folder(folder, look=True)
                known = self._entries.keys() | self._settling.awaited.keys()
                result = ScanResult(folder, gone=known - classified.keys())
                self._load_all(result, classified.values(), resolver)
                # At the first load only, wait for what is on other hosts: who saw no such type would delete it.
                remote = self._settings.remote if not self.has_loaded else None
                for _ in remote.rounds() if remote is not None else ():
                    loaded = [each for each in result.found.values() if isinstance(each, LoadedEntry)]
                    far = [each.entry.name for each in loaded if any(file.remote for file in each.dependencies)]
                    self._load_all(result, [classified[name] for name in far], resolver)
            else:
                result = ScanResult(folder)
                while names:
                    looked_at = {name: classify_path(folder, name) for name in names}
                    result.gone |= {
                        name
                        for name, found in looked_at.items()
                        if found is None and (name in self._entries or name in self._settling.awaited)
                    }
                    self._load_all(result, [found for found in looked_at.values() if found is not None], resolver)
                    # All entries that depend on a link which was found to lead elsewhere change in one step.
                    related = set[str]().union(*map(self._entries.index.names, self._entries.find_moved(result.found)))
                    names = (related & self._entries.keys()) - result.gone - result.found.keys()
            if result.gone & self._entries.keys() or not self.has_loaded:
                self._refuse_lost_mount(result, resolver)
        if folder == self.real_folder:  # another folder is taken as it is: its link was put in place in one step
            self._settling.hold_back(result, self._entries, hint.finished)
        return result

    def _refuse_lost_mount(self, result: ScanResult, resolver: LinkResolver) -> None:
        """Raise FolderUnavailableError where the enabled folder is empty because its volume is not mounted.

        At the first load, what is known of the types from other processes is listed until it is.
        """
        reason = self.persistence.mounts.find_loss(result.folder)
        if not reason or (self.has_loaded and result.folder != self.real_folder):
            return
        if not self.has_loaded:
            self._load_all(result, self.persistence.list_entries(), resolver)
            if not result.found:
                return
            self._settle(result)
        raise FolderUnavailableError(reason)

    def _load_all(self, result: ScanResult, classified: Iterable[Classified], resolver: LinkResolver) -> None:
        for found in classified:
            result.found[found.name] = self._load(found, result.folder, resolver)
            self._give_way()

    def _load(self, found: Classified, folder: str, resolver: LinkResolver) -> Known:
        known = self._entries.get(found.name)
        if isinstance(known, LoadedEntry) and isinstance(found, Ignored):
            found = known.entry  # what was a cluster type is a broken one now
        if not isinstance(found, Entry):
            return known if known == found else found
        read = cache(read_file)  # what is compared, perhaps twice, is what is loaded then
        awaited = self._settling.awaited.get(found.name)
        if awaited is not None and awaited.entry == found and folder == self.real_folder:
            same = recheck_entry(awaited, resolver, time.monotonic_ns(), self._settings.remote, read)
            if same is not None:
                return same
        if not isinstance(known, LoadedEntry) or known.entry != found:
            return load_entry(found, Path(folder), self._settings, resolver, read)
        if folder == self.real_folder:
            same = recheck_entry(known, resolver, time.monotonic_ns(), self._settings.remote, read)
            if same is not None:
                return same
            self._give_way()
        return load_entry(found, Path(folder), self._settings, resolver, read, known)

    def _give_way(self) -> None:
        """Let other threads go on, unless they wait for the first load."""
        if self.has_loaded:
            self._pause(TURN_SECONDS)

    def _is_same(self, name: str, folder: str, resolver: LinkResolver) -> bool:
        """Whether a name in the enabled folder stands for what it stood for."""
        known, found = self._entries.get(name), classify_listed(folder, name)
        if not isinstance(known, LoadedEntry):
            return found == known
        if found is None or (isinstance(found, Entry) and found != known.entry):
            return False
        same = recheck_entry(known, resolver, time.monotonic_ns(), self._settings.remote)
        if same is not None:
            self._entries[name] = same
        return same is not None

    # ---- settling

    def _settle(self, result: ScanResult) -> bool:
        """Take over what a pass found; swap in a new snapshot if that changes anything that can be seen.

        Nothing is taken over before it is published: where that fails, the next look finds it again.
        """
        first, before = not self.has_loaded, self.snapshot
        changed = {name for name, found in result.found.items() if self._entries.get(name) is not found} | result.gone
        changes = {name: result.found.get(name) for name in changed}
        if changes or first:
            entries = self._entries.entries_after(changes)
            restore = self.persistence.restore
            verdicts = {
                key: judge(found, slot.published if (slot := before.slots.get(key)) else None, restore)
                if found
                else None
                for key, found in entries.items()
            }
            # Of many types at once, clients are to see the change first.
            self.persistence.keep(verdicts, at_once=not first and len(verdicts) <= MANY)
            self.snapshot = publish(
                before,
                verdicts,
                {name: report_other(name, found, self._clock()) for name, found in changes.items()},
                self._clock(),
                first=first,
            )
            log_changes(before, self.snapshot, entries, changes)
        for name, found in changes.items():
            log_crash(self._entries.get(name), found)
            if isinstance(found, LoadedEntry) and found.version is not None:
                found = replace(found, version=None)  # it is kept by now, or is to be
            self._entries.replace(name, found)
        self._give_way()
        self.real_folder = result.folder
        return self.snapshot is not before

    # ---- outliving the process

    def keep_state(self, *, thorough: bool = True) -> Iterator[None]:
        """Have what is listed outlive this process, in small steps, between which other reconciles may be made.

        Without ``thorough``, only what is known to be left to do is done.
        """
        return self.persistence.catch_up(lambda: self.snapshot, thorough=thorough)

    def read_contents(self, name: str) -> Mapping[str, bytes]:
        """What is in the files of an entry now, by the paths that operators know; empty where it is none.

        Reads and judges them anew, so that nothing is shown that may not be read; blocks for as long as that takes. Any
        thread may call this.
        """
        known = self._entries.get(name)
        if not isinstance(known, LoadedEntry):
            return {}
        return read_contents(known.entry, Path(self.real_folder), self._settings)

    def read_last_good(self, cluster_type_id: str) -> Mapping[str, bytes] | None:
        """The same of the last good version that outlives the process; None where there is none."""
        try:
            version = self._settings.state.read(cluster_type_id) if self._settings.state is not None else None
        except ForeignVersionError:
            return None
        if version is None:
            return None
        return {display_name(version.path, name): content for name, content in version.contents.items()}

    def _reread(self, cluster_type_id: str) -> LastGoodVersion | None:
        """The version that is listed of an id, from its files; None where these are not the same any more."""
        slot = self.snapshot.slots.get(ClusterTypeId(cluster_type_id))
        known = self._entries.get(slot.reports[0].path) if slot is not None and slot.state in KEPT else None
        if not isinstance(known, LoadedEntry):
            return None
        found = load_entry(known.entry, Path(self.real_folder), self._settings, LinkResolver())
        return found.version if found.revision == known.revision else None
