"""How the keeping of a catalogue goes, as operators are told it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Noticing(StrEnum):
    """How changes are noticed."""

    AUTO = "auto"
    INOTIFY = "inotify"
    POLL = "poll"


@dataclass(frozen=True, slots=True)
class Health:
    """How the keeping goes.

    ``last_rescan`` is when all was last looked at with success, in seconds of the steady clock, None before that;
    ``rescans`` counts those. ``noticing_problem`` says why some changes, or all, are found by rescans only.
    """

    noticing: Noticing
    problem: str
    last_rescan: float | None = None
    rescans: int = 0
    noticing_problem: str = ""
