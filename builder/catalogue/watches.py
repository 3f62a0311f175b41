"""Watches of single folders, as the kernel's inotify has them.

What reads them, and calls back, is in ``readers.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from builder.catalogue.watch_masks import identify


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
