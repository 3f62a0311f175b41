"""Calls that are for the same thing: one goes first, and the others wait until it is known what came of it.

Heat looks for a name before it writes it, so creations at the same moment all succeed, and all but one have to be
deleted again. Within one process that need not happen. Other processes know nothing of it: between them, Heat decides.
Knows nothing of clouds, nor of what the calls do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable


class Turns:
    """Who goes first of the calls with one key. Lives as long as its pool; used from one event loop.

    Remembers a key only while a call of it is under way. How many may wait, and for how long, the caller limits.
    """

    def __init__(self) -> None:
        self._first: dict[Hashable | None, asyncio.Future[bool]] = {}

    def is_taken(self, key: Hashable | None) -> bool:
        """Whether a call of this key is under way, so that :meth:`take` would wait."""
        return key in self._first

    async def take(self, key: Hashable | None) -> Callable[[bool], None]:
        """Wait while another call of this key is under way; with None, for nobody. May be cancelled.

        When the first has succeeded, all who waited for it go on at once: each of them finds what it made. When it has
        failed, one of them is the next to go first.

        Returns what must be called when this call has ended, with whether it succeeded.
        """
        while (first := self._first.get(key)) is not None:
            await asyncio.wait([first])
            if first.result():
                return end_nothing
        if key is None:
            return end_nothing
        self._first[key] = asyncio.get_running_loop().create_future()
        return lambda succeeded: self._first.pop(key).set_result(succeeded)


def end_nothing(_: bool) -> None:
    """The end of a call that nobody waits for."""
