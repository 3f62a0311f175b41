"""What of a catalogue outlives its process: the last good version of each type, which others take over.

Apart from the catalogue, which would do without: what is kept decides only what becomes of a type that is broken when a
process first looks at it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from builder.catalogue.change_log import log_state
from builder.catalogue.entries import Entry
from builder.catalogue.loader import LoadedEntry, LoadSettings
from builder.catalogue.snapshot import Snapshot, State
from builder.catalogue.states import Verdict
from builder.definitions.building import build_cluster_type
from builder.definitions.model import ClusterTypeId
from builder.disk.dependencies import Dependency
from builder.disk.last_good import ForeignVersionError, LastGoodVersion, StoredFiles
from builder.disk.links import ResolvedPath
from builder.disk.mounts import identify_mount
from builder.disk.state_folder import LISTED_AT_ONCE, StateFolder
from builder.kinds.registry import KINDS

KEPT: Final = frozenset({State.LISTED, State.RETIRED})
"""What outlives the process: of a retired type, too, lest an edit that breaks it bring an earlier version back."""

logger = logging.getLogger(__name__)


class MountGuard:
    """Tells an enabled folder whose volume is not mounted from one that was emptied: the one withdraws nothing.

    ``state`` is where the mount outlives the process, if it does.
    """

    def __init__(self, state: StateFolder | None) -> None:
        self._state = state
        self._known = ""
        self._takes_empty = False

    def take_empty(self) -> None:
        """Have an empty folder be taken for meant, if it is found at the next look; any thread may call this."""
        self._takes_empty = True

    def note(self, folder: str) -> None:
        """Note on which mount the folder is, which has something in it. Raises OSError."""
        self._takes_empty = False
        self._remember(identify_mount(folder))

    def find_loss(self, folder: str) -> str:
        """Why the folder cannot be taken for emptied; an empty text where it can. Raises OSError."""
        with os.scandir(folder) as entries:
            is_empty = next(entries, None) is None
        if not is_empty:
            self.note(folder)
            return ""
        known = self._known or (self._state.read_mount() if self._state is not None else "")
        found = identify_mount(folder)
        if not known or found == known:
            return ""
        if self._takes_empty:
            self._takes_empty = False
            self._remember(found)
            return ""
        return (
            f"{folder} is empty, and another file system than before: its volume seems not to be mounted; "
            "if it is meant to be empty, send SIGHUP"
        )

    def _remember(self, mount: str) -> None:
        if mount != self._known:
            self._known = mount
            if self._state is not None:
                self._state.write_mount(mount)


class Persistence:
    """Keeps and restores last good versions, where the settings name a folder for them; else it does nothing.

    ``reread`` gives the version that is listed of an id, None where its files hold another by now.
    """

    def __init__(self, settings: LoadSettings, reread: Callable[[str], LastGoodVersion | None]) -> None:
        self._state = settings.state
        self._profile = settings.profile
        self._reread = reread
        self._told = ""
        self.mounts = MountGuard(settings.state)

    @property
    def problem(self) -> str:
        """Why last good versions do not outlive the process as they should; an empty text where they do."""
        return self._state.problem if self._state is not None else ""

    def restore(self, entry: Entry) -> LoadedEntry | None:
        """What an entry held when it was last without errors, in whichever process; None where nobody knows.

        What was kept is judged again, for another release may have kept it. What of it cannot be used is told in the
        log.
        """
        if self._state is None:
            return None
        try:
            version = self._state.read(entry.id)
            if version is None or version.path != entry.definition:
                return None
            outcome = build_cluster_type(entry.id, StoredFiles(version), KINDS, profile=self._profile)
        except ForeignVersionError as error:
            logger.warning("no last good version of a cluster type: %s", error)
            return None
        except Exception:  # an edge, as for an entry itself
            logger.exception("judging the last good version of %s failed", entry.definition)
            return None
        if outcome.cluster_type is None:
            logger.warning("the last good version of %s, which another release kept, has errors now", entry.definition)
            return None
        nowhere = ResolvedPath("", ())
        files = [Dependency(name, name, nowhere, None, digest, 0) for name, digest in version.digests.items()]
        return LoadedEntry(entry, outcome, version.revision, version.last_modified, tuple(files))

    def list_entries(self) -> list[Entry]:
        """The entries that something is kept of."""
        versions = self._state.read_all() if self._state is not None else ()
        return [Entry(ClusterTypeId(each.id), each.path.partition("/")[0], each.path) for each in versions]

    @property
    def is_behind(self) -> bool:
        """Whether there is something that :meth:`catch_up` would do at once."""
        return self._state is not None and self._state.is_behind

    def keep(self, verdicts: Mapping[ClusterTypeId, Verdict | None], *, at_once: bool) -> None:
        """Keep what is about to be listed: a process that takes this one's place must not know less than clients do.

        Unless ``at_once``, it is written by :meth:`catch_up`.
        """
        if self._state is None:
            return
        for key, verdict in verdicts.items():
            if verdict is None:
                self._state.forget(key)
            elif verdict.state in KEPT and verdict.accepted is not None and verdict.accepted.version is not None:
                if verdict.state is State.RETIRED:  # an earlier version must not stay, even if this cannot be written
                    self._state.forget(key)
                (self._state.write if at_once else self._state.defer)(verdict.accepted.version)
        self._tell()

    def catch_up(self, snapshot: Callable[[], Snapshot], *, thorough: bool) -> Iterator[None]:
        """Have the last good version of each type outlive this process, as far as it does not yet, in small steps.

        With ``thorough``, look for what is missing, and for what nobody needs any more; to be done after the first
        load, which waits for no disk that is only written to, and now and then.
        """
        if self._state is None:
            return
        if thorough:
            stored = yield from self._state.tidy(lambda name: name in snapshot().slots)
            for number, (key, slot) in enumerate(snapshot().slots.items(), start=1):
                if slot.state in KEPT and key not in stored:
                    self._state.defer_listed(key)
                if number % LISTED_AT_ONCE == 0:
                    yield
        for _ in self._state.catch_up(self._reread):
            self._tell()
            yield
        self._tell()

    def _tell(self) -> None:
        before, self._told = self._told, self.problem
        log_state(before, self._told)
