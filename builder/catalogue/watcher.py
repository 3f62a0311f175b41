"""Watching: inotify watches on exactly the folders that matter, and what they report, passed on.

It knows no definitions and no catalogue; it calls back. Everything that it may miss (a file system without events, a
lost event, a folder that could not be watched) is found by the rescan, so a failure here is a delay, never an error.
"""

from __future__ import annotations

import errno
import logging
import os
from collections import deque
from collections.abc import Callable, Collection
from itertools import count
from typing import Protocol

from builder.catalogue.readers import open_reader
from builder.catalogue.watches import (
    ALL_CHANGES,
    IN,
    OWN_GOING,
    Event,
    Reader,
    Watch,
    find_standin,
    identify,
    is_within,
    plan_masks,
)

logger = logging.getLogger(__name__)

MAX_WATCHES = 50_000
"""How many folders are watched, at about 1 KiB of the kernel's memory each; the rescan looks after the rest."""

MAX_DISTURBED = 10_000
"""How many disturbed paths are kept; of more, all watches are checked."""

MAX_ROUNDS = 8
"""How often watches are placed anew because folders came and went meanwhile; the next look at the disk goes on."""

CHECKS = 256
"""How many watches one thorough check looks at."""

_STOP_SECONDS = 5.0
_EXHAUSTED = {
    errno.ENOSPC: "raise fs.inotify.max_user_watches",
    errno.EMFILE: "raise fs.inotify.max_user_instances, or the limit of open files",
    errno.ENFILE: "the system has too many files open",
    errno.EAGAIN: "raise the limit of processes",
    errno.ENOMEM: "the kernel has no memory left for watches",
}


class Listener(Protocol):
    """Who is told what was noticed. Called from the watcher's own thread; every call must return at once."""

    def notice(self, path: str, finished: bool | None = None) -> None:
        """Something may have changed at ``path``; False while a file there is being written, True once it is whole."""

    def notice_loss(self) -> None:
        """Changes were not reported; they may be anywhere."""


class Watcher:
    """Keeps watches in place and passes on what they report, until :meth:`stop`.

    All methods but those that the watches call are for one thread.
    """

    def __init__(self, listener: Listener, open_reader: Callable[[], Reader] = open_reader) -> None:
        self._listener = listener
        self._open_reader = open_reader
        self._reader: Reader | None = None
        self._ids = count(1)
        self._watches: dict[str, tuple[Watch, int]] = {}
        self._folders: frozenset[str] | None = None
        self._masks: dict[str, int] = {}
        self._missing: set[str] = set()
        self._to_check: list[str] = []
        self._disturbed: deque[str] = deque()
        self._all_disturbed = False
        self._has_overflowed = False
        self._said_overflow = False
        self._reason = ""
        self.problem = ""
        """What is not noticed, and why; an empty text where all is."""

    @property
    def is_alive(self) -> bool:
        """Whether what happens is read and passed on."""
        return self._reader is not None and self._reader.is_alive()

    def is_watching(self, folder: str) -> bool:
        """Whether changes in a folder are noticed."""
        return self.is_alive and folder in self._watches

    def watch(self, folders: frozenset[str], *, thorough: bool = False) -> Collection[str]:
        """Watch ``folders`` and no others any more. Call it again after every look at the disk.

        With ``thorough`` some watches are checked, and what could not be watched is tried again. Returns the folders
        that were not watched, or are not yet: what happened in them or to them just before was not noticed.
        """
        if not self._is_running(thorough):
            return ()
        if thorough:
            self._said_overflow, self._has_overflowed = self._has_overflowed, False
        dropped = self._drop_misplaced(thorough)
        if folders != self._folders:
            self._folders, self._masks = folders, plan_masks(folders)
        elif not (dropped or self._missing or thorough):
            return ()
        return list(dict.fromkeys([*self._place_all(), *dropped]))

    def stop(self) -> None:
        """Stop watching; waits for the thread at most five seconds."""
        reader, self._reader = self._reader, None
        self._watches.clear()
        if reader is not None and reader.is_alive():
            reader.stop()
            reader.join(_STOP_SECONDS)

    # ---- called by the watches, in the reader's thread

    def pass_on(self, folder: str, event: Event) -> None:
        """Tell the listener of an event in ``folder``."""
        mask = event.mask
        path = os.path.join(folder, os.fsdecode(event.name)) if event.name else folder
        if mask & (IN.DELETE_SELF | IN.MOVE_SELF | IN.UNMOUNT) or (
            mask & IN.ISDIR and mask & (IN.MOVED_FROM | IN.MOVED_TO | IN.DELETE)
        ):
            self.disturb(path)
        finished = bool(mask & (IN.CLOSE_WRITE | IN.MOVED_TO))
        self._listener.notice(path, finished if finished or mask & (IN.MODIFY | IN.CREATE) else None)

    def disturb(self, path: str) -> None:
        """Note that watches at ``path`` or below it may be on another folder than is there now."""
        if len(self._disturbed) < MAX_DISTURBED:
            self._disturbed.append(path)
        else:
            self._all_disturbed = True
        self._listener.notice(path)

    def overflow(self) -> None:
        """Note that events were lost; called once for every watch."""
        self._has_overflowed = True
        if not self._said_overflow:
            self._said_overflow = True
            logger.warning("more changed at once than inotify reports: looking at everything")
        self._listener.notice_loss()

    # ---- watches

    def _is_running(self, thorough: bool) -> bool:
        """Start the reader where there is none, or where it has died."""
        if self.is_alive:
            return True
        if self._reader is None and self._reason and not thorough:
            return False  # it could not be started a moment ago
        if self._reader is not None:
            logger.error("the thread that watches for changes has died; starting another")
            self.stop()
        try:
            self._reader = self._open_reader()
        except OSError as error:
            self._say(f"{error.strerror}{_advice(error)}", "changes are found by rescan only")
            return False
        self._folders = None
        return True

    def _drop_misplaced(self, thorough: bool) -> list[str]:
        """Drop the watches on folders that are not where they were; all that were disturbed are checked.

        Returns their paths. What is below them may be back by now, and nothing told of its way there.
        """
        everything, self._all_disturbed = self._all_disturbed, False
        disturbed = {self._disturbed.popleft() for _ in range(len(self._disturbed))}
        suspects: set[str] = set()
        if everything or disturbed:
            suspects = {path for path in self._watches if everything or is_within(path, disturbed)}
        if thorough:  # a few in turn: what no event tells, such as another mount on top, is rare
            self._to_check = self._to_check or list(self._watches)
            batch, self._to_check = self._to_check[:CHECKS], self._to_check[CHECKS:]
            suspects |= self._watches.keys() & batch
        misplaced = [path for path in suspects if self._watches[path][0].is_misplaced()]
        for path in misplaced:
            self._drop(path)
        return misplaced

    def _place_all(self) -> list[str]:
        """Place what is not in place, and again what came, went or moved before a watch could tell.

        Returns the folders that are watched for all changes from now on.
        """
        placed: dict[str, int] = {}
        for _ in range(MAX_ROUNDS):
            problems: list[tuple[str, str]] = []
            new: dict[str, int] = {}
            self._missing = self._place_each(self._masks, new, problems)
            standins = dict.fromkeys(map(find_standin, self._missing), ALL_CHANGES)
            gone = self._place_each(standins, new, problems)
            # Those above may have been moved away after a folder was placed, and before they were.
            moved = [
                path for path in {**placed, **new} if path in self._watches and self._watches[path][0].is_misplaced()
            ]
            for path in moved:
                self._drop(path)
            placed |= new
            if not (new or gone or moved):
                break
        else:
            placed |= dict.fromkeys((*gone, *moved), ALL_CHANGES)  # to be looked at again, and placed then
        for path in [path for path in self._watches if path not in self._masks and path not in standins]:
            self._drop(path)
        if problems:
            more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
            folder, reason = problems[0]
            self._say(reason, f"changes in {folder}{more} are found by rescan only")
        else:
            self._say("", "changes are noticed at once again")
        return [path for path, mask in placed.items() if mask == ALL_CHANGES]

    def _place_each(self, masks: dict[str, int], placed: dict[str, int], problems: list[tuple[str, str]]) -> set[str]:
        """Place what is not in place yet; returns what is missing of that which is watched for all changes."""
        missing = set()
        for path, mask in masks.items():
            known = self._watches.get(path)
            if known is not None and known[0].mask & mask == mask:
                continue
            try:
                self._place(path, mask)
            except (FileNotFoundError, NotADirectoryError):
                missing.add(path)
            except OSError as error:
                if mask != OWN_GOING or not isinstance(error, PermissionError):  # not all folders above may be read
                    problems.append((path, f"{error.strerror}{_advice(error)}"))
            else:
                placed[path] = mask
        return {path for path in missing if masks[path] == ALL_CHANGES}

    def _place(self, path: str, mask: int) -> None:
        assert self._reader is not None  # noqa: S101  # the caller has started it
        if len(self._watches) >= MAX_WATCHES:
            raise OSError(errno.ENOSPC, f"more than {MAX_WATCHES:,} folders")
        if path in self._watches:
            self._drop(path)
        watch, number = Watch(path, mask, self), next(self._ids)
        if watch.identity is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        watch.descriptor = self._reader.add_callback(os.fsencode(path), mask, watch, number)
        self._watches[path] = watch, number
        if watch.descriptor == -1:  # what watchdog makes of EACCES
            self._drop(path)
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        if identify(path) != watch.identity:
            self._drop(path)
            raise FileNotFoundError(errno.ENOENT, "it was replaced meanwhile", path)

    def _drop(self, path: str) -> None:
        watch, number = self._watches.pop(path)
        if self._reader is not None and not watch.is_dead:
            try:
                self._reader.remove_callbacks([(watch.descriptor, number)])
            except OSError as error:
                logger.debug("the watch on %s was gone already: %s", path, error)

    def _say(self, reason: str, consequence: str) -> None:
        """Say once what is wrong, and once that it is right again."""
        self.problem = f"{consequence}: {reason}" if reason else ""
        if reason and reason != self._reason:
            logger.warning("%s", self.problem)
        elif self._reason and not reason:
            logger.info("%s", consequence)
        self._reason = reason


def _advice(error: OSError) -> str:
    advice = _EXHAUSTED.get(error.errno or 0, "")
    return f" ({advice})" if advice else ""
