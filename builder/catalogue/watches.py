"""Watches of single folders, as the kernel's inotify has them, and where they go so that every change that matters to
some folders is reported. What reads them, and calls back, is in ``readers.py``.

A folder that matters is watched for all that happens in it. The folders above it are watched for their own going alone,
which costs nothing: the kernel reports that a folder was moved away to whoever watches that folder, and to nobody who
watches one inside it. Where a folder is missing, the nearest one above it that exists stands in for it.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Protocol


class IN:
    """The numbers that inotify(7) gives names to."""

    MODIFY = 0x0002
    ATTRIB = 0x0004
    CLOSE_WRITE = 0x0008
    MOVED_FROM = 0x0040
    MOVED_TO = 0x0080
    CREATE = 0x0100
    DELETE = 0x0200
    DELETE_SELF = 0x0400
    MOVE_SELF = 0x0800
    UNMOUNT = 0x2000
    ONLYDIR = 0x0100_0000
    DONT_FOLLOW = 0x0200_0000
    ISDIR = 0x4000_0000


OWN_GOING = IN.DELETE_SELF | IN.MOVE_SELF | IN.ONLYDIR | IN.DONT_FOLLOW
ALL_CHANGES = (
    OWN_GOING | IN.MODIFY | IN.ATTRIB | IN.CLOSE_WRITE | IN.MOVED_FROM | IN.MOVED_TO | IN.CREATE | IN.DELETE
)  # and no event of reading, or the service would wake itself

Identity = tuple[int, int]
"""Device and inode: tells when another folder has taken the place of one that is watched."""


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to a folder, or to what is called ``name`` in it, in the terms of inotify(7)."""

    mask: int
    name: bytes


class Reader(Protocol):
    """Watches folders, and calls back in a thread of its own: watchdog's ``InotifyFD``, as much of it as is used."""

    def is_alive(self) -> bool:
        """Whether its thread runs."""

    def add_callback(self, path: bytes, mask: int, callback: Watch, id_: int) -> int:
        """Watch a folder; gives the descriptor of the watch, -1 where the folder may not be read. Raises OSError."""

    def remove_callbacks(self, callbacks: list[tuple[int, int]]) -> None:
        """End the watches of these descriptors and ids."""

    def stop(self) -> None:
        """Have its thread end."""

    def join(self, timeout: float | None = None) -> None:
        """Wait for its thread to end, so many seconds at most."""


class Owner(Protocol):
    """Who has placed a watch, and is told of what happens to it, in the reader's thread."""

    def pass_on(self, folder: str, event: Event) -> None:
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
        self.descriptor: int
        self.is_dead = False
        self._owner = owner

    def is_misplaced(self) -> bool:
        """Whether another folder than the one that is watched is at its path."""
        return self.is_dead or identify(self.path) != self.identity

    def on_event(self, event: Event) -> None:
        """Something happened to the folder, or in it."""
        self._owner.pass_on(self.path, event)

    def on_watch_deleted(self, wd: int) -> None:  # noqa: ARG002  # the signature is watchdog's
        """The folder is gone, and the watch with it."""
        self.is_dead = True
        self._owner.disturb(self.path)

    def on_queue_overflow(self) -> None:
        """The kernel had more to report than it keeps."""
        self._owner.overflow()


def plan_masks(folders: Iterable[str]) -> dict[str, int]:
    """What to watch each folder for, so that all changes in ``folders`` are reported; the folders themselves first."""
    masks = dict.fromkeys(folders, ALL_CHANGES)
    for folder in list(masks):
        above = os.path.dirname(folder)
        while above not in masks and above not in ("/", ""):
            masks[above] = OWN_GOING
            above = os.path.dirname(above)
    return masks


def find_standin(folder: str) -> str:
    """The nearest folder above a missing one that exists: where its appearance will show."""
    while folder not in ("/", "") and not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    return folder


def identify(folder: str) -> Identity | None:
    """Which folder is at a path now; None where there is none."""
    try:
        status = os.lstat(folder)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def is_within(path: str, folders: Collection[str]) -> bool:
    """Whether a path is one of ``folders`` or something in one of them, however many they are."""
    while path not in folders:
        if path in ("/", ""):
            return False
        path = os.path.dirname(path)
    return True
