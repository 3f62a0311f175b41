"""No core dumps: the memory of this process holds the passwords of requests under way.

The limit alone does not do: where core dumps are piped to a program, as systemd and Ubuntu have it, the kernel takes
no notice of it. A process that is not dumpable has none in any case, and no other process of its user may look into
its memory, either (prctl(2), PR_SET_DUMPABLE; ptrace(2)).
"""

from __future__ import annotations

import ctypes
import resource
from enum import IntEnum


class Option(IntEnum):
    """The options of prctl(2) that are used here, without their ``PR_``."""

    SET_PDEATHSIG = 1
    SET_DUMPABLE = 4


def prctl(option: Option, value: int) -> None:
    """Set an option of this process; where the kernel does not know it, nothing changes."""
    ctypes.CDLL(None, use_errno=True).prctl(int(option), value, 0, 0, 0)


def forbid_core_dumps() -> None:
    """Have neither this process nor those that are forked from it leave core dumps."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    prctl(Option.SET_DUMPABLE, 0)
