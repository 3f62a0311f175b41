"""Keeping the catalogue true: one thread that turns hints and the passing of time into reconciles.

The loop has a watcher follow what the catalogue depends on, and takes hints from it or from whoever else has some; it
does not know what a definition is. A rescan goes over everything in small steps and lets hints go first, so that it
delays nobody. Readiness follows from the age of the last rescan that succeeded, not from this thread being alive.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

from builder.catalogue.catalogue import Catalogue
from builder.catalogue.scan import EVERYTHING, ChangeHint, FolderUnavailableError, Hints
from builder.catalogue.snapshot import Snapshot
from builder.catalogue.watcher import Watcher
from builder.disk.links import is_at_or_below
from builder.disk.mounts import find_file_system, reports_changes

logger = logging.getLogger(__name__)

AGAIN_SECONDS = 0.1
"""After so long is looked again at what had to wait."""

PAUSE_SECONDS = 0.001
"""The pause between two steps of a rescan, or of a look after the state."""

MANY_PATHS = 500
"""After a look at so many paths the garbage collector is spared what was loaded; once for each, it would cost more."""

KEEP_SECONDS = 60.0
"""After so long is looked after the state, where a write may have failed: full disks are seldom mended sooner."""

STOP_SECONDS = 10.0
"""How long :meth:`ReconcileLoop.stop` waits for a pass that is under way."""


class WatchMode(StrEnum):
    """How changes are noticed."""

    AUTO = "auto"
    INOTIFY = "inotify"
    POLL = "poll"


@dataclass(frozen=True, slots=True)
class Health:
    """How the reconcile loop does, as operators are told.

    ``last_rescan`` is when all was last looked at with success, in seconds of the steady clock, None before that;
    ``rescans`` counts those. ``watch_problem`` says why some changes, or all, are found by rescans only.
    """

    watch_mode: WatchMode
    problem: str
    last_rescan: float | None = None
    rescans: int = 0
    watch_problem: str = ""


class ReconcileLoop:
    """Keeps one catalogue true, from :meth:`start` to :meth:`stop`, in a thread of its own.

    In that thread are called those who are told how it goes, none of which may raise.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        rescan_seconds: float = 5.0,
        watch_mode: WatchMode = WatchMode.AUTO,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._catalogue = catalogue
        self._rescan_seconds = rescan_seconds
        self._asked = watch_mode
        self._clock = clock
        self._condition = threading.Condition()
        self._hints = Hints()
        self._sweep: Iterator[frozenset[str]] | None = None
        """The rescan that is under way."""
        self._swept: frozenset[str] = frozenset()
        """What it has found so far."""
        self._next_rescan = 0.0
        self._next_retry: float | None = None
        self._keeping: Iterator[None] | None = None
        """The look after the state that is under way."""
        self._next_keeping = 0.0
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="catalogue-reconcile", daemon=True)
        self._watcher = Watcher(self)
        self.on_load: Callable[[], object] = lambda: None
        """Called once, after the enabled folder was read for the first time."""
        self.on_change: Callable[[], object] = lambda: None
        """Called when the catalogue, or what is wrong with keeping it, has changed."""
        self.on_reload: Callable[[Snapshot, float], object] = lambda *_: None
        """Called when the catalogue has changed, with how many seconds the look took that found it."""
        self.on_rescan: Callable[[], object] = lambda: None
        """Called when everything was looked at."""
        self.has_loaded = False
        """Whether that has happened."""
        self.health = Health(watch_mode, "the enabled folder has not been read yet")

    def start(self) -> None:
        """Start keeping; the first pass begins at once."""
        self._thread.start()

    def stop(self) -> None:
        """Stop; returns when the thread has ended, or after ``STOP_SECONDS``."""
        with self._condition:
            self._stopping = True
            self._condition.notify_all()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    # ---- any thread may call these; they return at once

    def notice(self, path: str, finished: bool | None = None) -> None:
        """Say that something may have changed at ``path``, or that the file there is being written, or complete."""
        with self._condition:
            self._hints.add(path, self._clock(), finished)
            self._condition.notify_all()

    def notice_loss(self) -> None:
        """Say that changes were missed, and may be anywhere."""
        with self._condition:
            self._hints.lose()
            self._condition.notify_all()

    rescan = notice_loss

    def reload(self) -> None:
        """Look at everything, as somebody wishes who has seen to it that the enabled folder is as it should be."""
        self._catalogue.persistence.mounts.take_empty()
        self.rescan()

    # ---- how it goes

    @property
    def rescan_age(self) -> float | None:
        """How long ago all was last looked at with success, in seconds; None before the first time."""
        last = self.health.last_rescan
        return None if last is None else self._clock() - last

    def readiness(self) -> str:
        """Why the catalogue cannot be relied upon right now; an empty text where it can."""
        if self.health.problem:
            return self.health.problem
        age = self.rescan_age
        if age is not None and age > 3 * self._rescan_seconds + 10:  # before the first time there is a problem
            return f"the enabled folder was last read {age:.0f} seconds ago"
        return ""

    # ---- the thread

    def _run(self) -> None:
        try:
            while not self._stopping:
                hint = self._wait_for_work()
                if hint is not None:
                    self._guard(partial(self._reconcile, hint))
                if (self._sweep is not None or (hint is None and self._is_rescan_due())) and not self._stopping:
                    self._guard(self._rescan)  # also where hints never cease
                self._guard(self._keep_state)
            end = self._clock() + STOP_SECONDS
            while self._keeping is not None and self._clock() < end:
                self._guard(self._keep_state)
        finally:
            self._watcher.stop()

    def _wait_for_work(self) -> ChangeHint | None:
        """Wait for what to look at; None when it is time for a step of something else, or to stop."""
        with self._condition:
            while not self._stopping:
                now = self._clock()
                if self._hints and now >= self._hints.ripe_at():
                    return self._hints.take()
                if self._next_retry is not None and now >= self._next_retry:
                    self._next_retry = None
                    return ChangeHint(self._catalogue.deferred)
                # Who waits for a change shares the disk with what is written; some is after each change all the same.
                if self._sweep is not None or (self._keeping is not None and not self._hints):
                    self._condition.wait(PAUSE_SECONDS)
                    return None
                if self._is_rescan_due():
                    return None
                moments = [self._next_rescan, self._next_retry, self._hints.ripe_at() if self._hints else None]
                self._condition.wait(min(moment for moment in moments if moment is not None) - now)
            return None

    def _is_rescan_due(self) -> bool:
        return self._hints.lost or self._clock() >= self._next_rescan

    def _guard(self, work: Callable[[], None]) -> None:
        """Do one piece of work; whatever goes wrong with it, the next one may succeed."""
        try:
            try:
                work()
            except FolderUnavailableError as error:
                self._note_load()  # what is known from another process may be listed by now
                self._fail(str(error))
                self._watch(thorough=True)  # its return is to be noticed
                self._note(problem=str(error))
        except Exception:  # the loop is an edge
            logger.exception("reading the enabled folder failed")
            self._fail("reading the enabled folder failed; the log says why")

    def _fail(self, problem: str) -> None:
        """Record that a piece of work failed; nothing here may fail in turn."""
        self._sweep = None
        if problem != self.health.problem:
            served = "the last good catalogue" if self.has_loaded else "no cluster types yet"
            logger.error("serving %s: %s", served, problem)
        self._set_health(replace(self.health, problem=problem))

    def _set_health(self, health: Health) -> None:
        before, self.health = self.health, health
        if (before.problem, before.watch_problem) != (health.problem, health.watch_problem):
            self.on_change()

    def _reconcile(self, hint: ChangeHint) -> None:
        began = self._clock()
        changed = self._catalogue.reconcile(hint)
        if changed:
            self.on_reload(self._catalogue.snapshot, self._clock() - began)
            self.on_change()
            if self._keeping is None and self._catalogue.persistence.is_behind:
                self._keeping = self._catalogue.keep_state(thorough=False)
        if hint.everything or (changed and len(hint.paths) >= MANY_PATHS):
            # The garbage collector is spared what was loaded: going over it all would stop every thread for a second or
            # more. It is made of plain values without cycles, so that what is replaced later is freed all the same.
            gc.collect()
            gc.freeze()
        if hint.everything:
            self._finish_rescan()
        self._note_load()
        if self._next_retry is None and self._catalogue.deferred:
            self._next_retry = self._clock() + AGAIN_SECONDS
        if self.health.problem:
            self._next_rescan = 0.0
        self._watch(thorough=False)

    def _note_load(self) -> None:
        if self._catalogue.has_loaded and not self.has_loaded:
            self.has_loaded = True
            self.on_load()

    def _rescan(self) -> None:
        """One step of a rescan, which begins with the first and ends with a look at what was found to differ."""
        if self._sweep is None:
            self._next_rescan = self._clock() + self._rescan_seconds
            self._hints.lost = False
            if not self._catalogue.has_loaded:
                self._reconcile(EVERYTHING)
                return
            self._sweep, self._swept = self._catalogue.sweep(), frozenset()
        found = next(self._sweep, None)
        if found is not None:
            self._swept |= found
            return
        self._sweep = None
        if self._swept:
            self._reconcile(ChangeHint(self._swept))
        self._finish_rescan()

    def _keep_state(self) -> None:
        """One step of a look after the state, which is begun when it is time, or a change has left something to do."""
        if self._keeping is None and self.has_loaded and self._clock() >= self._next_keeping:
            self._next_keeping = self._clock() + KEEP_SECONDS
            self._keeping = self._catalogue.keep_state()
        try:
            if self._keeping is not None:
                next(self._keeping)
        except StopIteration:
            self._keeping = None

    def _finish_rescan(self) -> None:
        if self.health.problem and self.health.last_rescan is not None:
            logger.info("the enabled folder can be read again")
        self._watch(thorough=True)
        self._note(problem="", last_rescan=self._clock())
        self.on_rescan()

    def _note(self, *, problem: str, last_rescan: float | None = None) -> None:
        """Bring the health up to date, with how changes in the enabled folder are noticed, as far as is known."""
        watch_mode, complaint = WatchMode.POLL, ""
        if self._asked is not WatchMode.POLL:
            folder = str(self._catalogue.folder)
            file_system = find_file_system(folder)
            if reports_changes(file_system):
                is_watched = self._watcher.is_watching(self._catalogue.real_folder)
                watch_mode = WatchMode.INOTIFY if is_watched else WatchMode.POLL
                complaint = self._watcher.problem
            else:
                complaint = f"{folder} is on a file system ({file_system}) that reports no changes"
                if complaint != self.health.watch_problem:
                    logger.warning("%s: it is read every %g seconds", complaint, self._rescan_seconds)
        last = self.health.last_rescan if last_rescan is None else last_rescan
        rescans = self.health.rescans + (last_rescan is not None)
        self._set_health(Health(watch_mode, problem, last, rescans, complaint))

    def _watch(self, *, thorough: bool) -> None:
        """Have the watcher follow what the catalogue depends on by now."""
        if self._asked is WatchMode.POLL:
            return
        placed = self._watcher.watch(self._catalogue.watched_folders(), thorough=thorough)
        for folder in placed:
            if is_at_or_below(self._catalogue.real_folder, folder):
                self.rescan()
            else:
                self.notice(folder)
