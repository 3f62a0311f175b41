"""How many connections the process can have open, each of which takes a file descriptor."""

from __future__ import annotations

import contextlib
import logging
import resource

logger = logging.getLogger(__name__)

SPARE_DESCRIPTORS = 1024
"""File descriptors beside those of clients: connections to clouds, folders that are watched, files."""


def allow_connections(wanted: int) -> int:
    """Raise this process's limit of open files, as far as it may, for so many connections.

    Returns for how many it is enough: where more could be taken than there are descriptors, nobody could connect once
    these are used up, rather than whoever comes last in place of who is idle.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = wanted + SPARE_DESCRIPTORS
    if soft == resource.RLIM_INFINITY or soft >= files:
        return wanted
    most = files if hard == resource.RLIM_INFINITY else min(files, hard)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = most
    if soft >= files:
        return wanted
    # Where descriptors are few, half of them: a service that has none for its clouds and files is of no use.
    connections = min(wanted, max(soft - SPARE_DESCRIPTORS, soft // 2))
    logger.warning(
        "only %d files may be open (ulimit -n): at most %d connections are taken, not MAX_CONNECTIONS=%d",
        soft, connections, wanted,
    )  # fmt: skip
    return connections
