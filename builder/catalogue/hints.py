"""What was noticed and has not been looked at yet: gathered for a moment, and bounded.

A burst of events costs one look; a look never waits long because events keep coming.
"""

from __future__ import annotations

from builder.catalogue.scan import ChangeHint

QUIET_SECONDS = 0.02
"""A burst of events is over when none has come for so long."""

PATIENCE_SECONDS = 0.2
"""A look is taken after so long even though events keep coming."""

MAX_PATHS = 5_000
"""With more paths than this, looking at everything is cheaper."""


class Hints:
    """Paths that may have changed. Not locked: its owner sees to that. Times are in seconds of one steady clock."""

    def __init__(self) -> None:
        self._paths: set[str] = set()
        self._finished: set[str] = set()
        self._first = 0.0
        self._last = 0.0
        self.lost = False
        """Whether there were too many, or some were lost: anything may have changed."""

    def __bool__(self) -> bool:
        return bool(self._paths)

    def add(self, path: str, now: float, finished: bool | None = None) -> None:
        """Note a path; ``finished`` tells that a file there is complete, or being written, None that nobody knows."""
        if len(self._paths) >= MAX_PATHS and path not in self._paths:
            self.lose()
            return
        if not self._paths:
            self._first = now
        self._last = now
        self._paths.add(path)
        if finished:
            self._finished.add(path)
        elif finished is not None:
            self._finished.discard(path)

    def lose(self) -> None:
        """Note that anything may have changed."""
        self._paths.clear()
        self._finished.clear()
        self.lost = True

    def ripe_at(self) -> float:
        """When to look, if nothing more comes."""
        return min(self._last + QUIET_SECONDS, self._first + PATIENCE_SECONDS)

    def take(self) -> ChangeHint:
        """What there is to look at, and start anew."""
        hint = ChangeHint(frozenset(self._paths), frozenset(self._finished))
        self._paths.clear()
        self._finished.clear()
        return hint
