"""No core dumps: the memory of this process holds the passwords of requests under way.

The limit alone does not do: where core dumps are piped to a program, as systemd and Ubuntu have it, the kernel takes
no notice of it. A process that is not dumpable has none in any case, and no other process of its user may look into
its memory, either (prctl(2), PR_SET_DUMPABLE; ptrace(2)).
"""

from __future__ import annotations

import ctypes
import resource

SET_PDEATHSIG, SET_DUMPABLE = 1, 4
"""Options of prctl(2), without their ``PR_``."""


def prctl(option: int, value: int) -> None:
    """Set an option of this process; where the kernel does not know it, nothing changes."""
    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def forbid_core_dumps() -> None:
    """Have neither this process nor those that are forked from it leave core dumps."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    prctl(SET_DUMPABLE, 0)
