"""Watches of single folders, as the kernel's inotify has them.

Built on watchdog's inotify reader, not on its observers: those start a thread for every watch, hold a removal back for
half a second and all that follows with it, and watch whole trees where a few folders are wanted.
"""

from __future__ import annotations

import errno
import logging
from typing import TYPE_CHECKING, Protocol

from builder.catalogue.watch_masks import identify

if TYPE_CHECKING:
    from watchdog.observers.inotify_c import CallbackId, InotifyEvent, InotifyFD, WatchDescriptor


class Owner(Protocol):
    """Who has placed a watch, and is told of what happens to it, in the reader's thread."""

    def pass_on(self, folder: str, event: InotifyEvent) -> None:
        """Something happened to ``folder``, or in it."""

    def disturb(self, path: str) -> None:
        """The watch at ``path`` is on no folder any more."""

    def overflow(self) -> None:
        """The kernel had more to report than it keeps; called once for every watch."""


class Watch:
    """One folder that is watched; what watchdog's reader calls back."""

    def __init__(self, path: str, mask: int, owner: Owner) -> None:
        self.path = path
        self.mask = mask
        self.identity = identify(path)
        self.descriptor: WatchDescriptor
        self.is_dead = False
        self._owner = owner

    def is_misplaced(self) -> bool:
        """Whether another folder than the one that is watched is at its path."""
        return self.is_dead or identify(self.path) != self.identity

    def on_event(self, event: InotifyEvent) -> None:
        """Something happened to the folder, or in it."""
        self._owner.pass_on(self.path, event)

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:  # noqa: ARG002  # the signature is watchdog's
        """The folder is gone, and the watch with it."""
        self.is_dead = True
        self._owner.disturb(self.path)

    def on_queue_overflow(self) -> None:
        """The kernel had more to report than it keeps."""
        self._owner.overflow()


def open_reader() -> InotifyFD:
    """An inotify instance and the thread that reads it.

    Raises OSError where there can be none.
    """
    try:
        from watchdog.observers.inotify_c import InotifyFD
    except Exception as error:  # not Linux: the module fails in several ways
        raise OSError(errno.ENOSYS, "this system has no inotify") from error
    logging.getLogger("watchdog").setLevel(logging.ERROR)  # what it warns of is said here, once
    reader = InotifyFD()
    try:
        reader.start()
    except RuntimeError as error:  # a limit of processes, which threads count as
        reader._close_resources()  # what close() leaves to the thread
        raise OSError(errno.EAGAIN, "no thread can be started") from error
    return reader


def build_callback_id(number: int) -> CallbackId:
    """What watchdog knows a watch by."""
    return number  # type: ignore[return-value]  # a NewType of int
