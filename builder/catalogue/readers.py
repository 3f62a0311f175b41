"""What reads watches and calls back: a thread of watchdog's.

That is its inotify reader, which is private to it, and not one of its observers: those start a thread for every watch,
hold a removal back for half a second and all that follows with it, and do not tell of lost events. They stand in where
the reader is gone, or is not what it was.
"""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from typing import cast

from watchdog import events
from watchdog.observers.api import BaseObserver, ObservedWatch

from builder.catalogue.watches import IN, OWN_GOING, Event, Reader, Watch

logger = logging.getLogger(__name__)

_FIELDS = {"mask", "name"}
_CALLBACKS = {"on_event", "on_watch_deleted", "on_queue_overflow"}

MAX_OBSERVED = 500
"""How many folders are watched, at a thread each; a container is often allowed 1,000 or so in all."""

_MASKS = {
    "attrib": IN.ATTRIB, "closed": IN.CLOSE_WRITE, "created": IN.CREATE, "deleted": IN.DELETE, "modified": IN.MODIFY,
    "moved": IN.MOVED_FROM,
}  # fmt: skip
_ALL_CHANGES = [
    each
    for each in vars(events).values()
    if isinstance(each, type) and issubclass(each, events.FileSystemEvent) and getattr(each, "event_type", "") in _MASKS
]
_GOING = [events.DirMovedEvent, events.DirDeletedEvent]


def open_reader() -> Reader:
    """An inotify instance and the thread that reads it; where watchdog has no such thing any more, an observer of its.

    Raises OSError where there can be none.
    """
    logging.getLogger("watchdog").setLevel(logging.ERROR)  # what it warns of is said here, once
    try:
        return _open_inotify()
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001  # not Linux: it fails in several ways, as where watchdog has changed
        logger.info("folders are watched by watchdog's observers, with a thread each: %r", error)
        return open_observer()


def _open_inotify() -> Reader:
    """A reader that has taken a watch and let go of it, as one of another version might not.

    Raises OSError where there can be none, and anything else where watchdog has changed.
    """
    from watchdog.observers.inotify_c import InotifyEvent, InotifyFD, WatchCallback

    if not (InotifyEvent.__annotations__.keys() >= _FIELDS and vars(WatchCallback).keys() >= _CALLBACKS):
        raise TypeError("its events are others")
    inotify = InotifyFD()
    try:
        inotify.start()
    except RuntimeError as error:  # a limit of processes, which threads count as
        inotify._close_resources()  # what close() leaves to the thread
        raise OSError(errno.EAGAIN, "no thread can be started") from error
    reader = cast("Reader", inotify)  # its parameters are NewTypes of int
    try:
        with suppress(OSError):  # limits are told of when watches are placed
            descriptor = reader.add_callback(
                b"/", OWN_GOING, cast("Watch", object()), 0
            )  # never called: "/" never goes
            reader.remove_callbacks([(descriptor, 0)])
    except Exception:
        inotify.stop()
        raise
    return reader


class _Handler(events.FileSystemEventHandler):
    """Tells a watch, in inotify's terms, of what an observer reports."""

    def __init__(self, watch: Watch, number: int, reader: ObserverReader) -> None:
        self._watch = watch
        self._number = number
        self._reader = reader

    def on_any_event(self, event: events.FileSystemEvent) -> None:
        """Something happened to the folder, or in it."""
        source, target = os.fsdecode(event.src_path), os.fsdecode(event.dest_path)
        if isinstance(event, events.DirDeletedEvent) and source == self._watch.path:
            self._reader.remove_callbacks([(self._number, self._number)])
            self._watch.on_watch_deleted(self._number)
        elif not isinstance(event, events.DirModifiedEvent):  # which comes along with an event that says more
            is_folder = IN.ISDIR if event.is_directory else 0
            self._tell(_MASKS[event.event_type] | is_folder, source)
            self._tell(IN.MOVED_TO | is_folder, target)

    def _tell(self, mask: int, path: str) -> None:
        if path:
            name = os.path.relpath(path, self._watch.path) if path != self._watch.path else ""
            self._watch.on_event(Event(mask, os.fsencode(name)))


class ObserverReader:
    """Has one of watchdog's public observers do what a :class:`Reader` does."""

    def __init__(self, observer: BaseObserver) -> None:
        self._observer = observer
        self._scheduled: dict[int, ObservedWatch] = {}
        self._limit = MAX_OBSERVED
        self.is_alive, self.stop, self.join = observer.is_alive, observer.stop, observer.join

    def add_callback(self, path: bytes, mask: int, callback: Watch, id_: int) -> int:
        """Watch a folder; -1 where it may not be read. Raises OSError."""
        folder = os.fsdecode(path)
        if not os.path.isdir(folder):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), folder)
        if not os.access(folder, os.R_OK):
            return -1
        if len(self._scheduled) >= self._limit:
            raise OSError(errno.ENOSPC, f"more than {self._limit:,} folders")
        kinds = _GOING if mask == OWN_GOING else _ALL_CHANGES
        try:
            # Known before anything can be told of it.
            self._scheduled[id_] = ObservedWatch(folder, recursive=False, event_filter=kinds)
            self._observer.schedule(_Handler(callback, id_, self), folder, event_filter=kinds)
        except (OSError, RuntimeError) as error:
            del self._scheduled[id_]
            if isinstance(error, OSError):
                raise
            self._limit = len(self._scheduled)  # watchdog forgets no watch that was left without a thread
            raise OSError(errno.EAGAIN, "no thread can be started") from error
        return id_

    def remove_callbacks(self, callbacks: Sequence[tuple[int, int]]) -> None:
        """Watch these no longer; those that are not watched are left out."""
        for _, id_ in callbacks:
            observed = self._scheduled.pop(id_, None)
            if observed is not None:
                self._observer.unschedule(observed)


def open_observer() -> ObserverReader:
    """An observer that runs.

    Raises OSError where there can be none, or none but one that polls: the rescan does that.
    """
    try:
        from watchdog.observers import Observer
        from watchdog.observers.polling import PollingObserver
    except Exception as error:  # the modules of a system's observer fail in several ways
        raise OSError(errno.ENOSYS, "watchdog has no observer for this system") from error
    if Observer is PollingObserver:
        raise OSError(errno.ENOSYS, "this system reports no changes")
    logging.getLogger("watchdog").setLevel(logging.CRITICAL)  # it complains of watches that end
    try:
        observer = Observer()
        observer.start()
    except RuntimeError as error:  # a limit of processes, which threads count as
        raise OSError(errno.EAGAIN, "no thread can be started") from error
    return ObserverReader(observer)
