"""What the kernel is told of this process by prctl(2), for which Python has no function."""

from __future__ import annotations

import ctypes
from enum import IntEnum


class Option(IntEnum):
    """Those that are used here, by their names in prctl(2) without ``PR_``."""

    SET_PDEATHSIG = 1
    SET_DUMPABLE = 4


def prctl(option: Option, value: int) -> None:
    """Set an option of this process; where the kernel does not know it, nothing changes."""
    ctypes.CDLL(None, use_errno=True).prctl(int(option), value, 0, 0, 0)
