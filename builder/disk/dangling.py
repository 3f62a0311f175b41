"""A symbolic link that leads nowhere: what it says, and the command that puts the right one in its place."""

from __future__ import annotations

import os
import shlex

from builder.disk.links import ResolvedPath
from builder.hot_lint.sources import MISSING_FILE, SourceError

AVAILABLE_NAME = "cluster-types-available"
"""The folder beside the enabled one from which definitions are enabled by links."""


def explain_dangling(resolved: ResolvedPath) -> SourceError | None:
    """What is wrong with the last link on the way to a file that is not there; None if the link leads somewhere."""
    link = resolved.links[-1] if resolved.links else ""
    if not link or os.path.exists(link):
        return None
    try:
        target = os.readlink(link)
    except OSError:  # it has gone meanwhile
        return None
    folder, name = os.path.split(link)
    message = f"it is a link to {target!r}, and there is nothing"
    if not os.path.isabs(target):
        message += f": a relative link starts at its own folder, {os.path.basename(folder)!r}"
    meant = os.path.join(os.path.dirname(folder), AVAILABLE_NAME, os.path.basename(target.rstrip("/")))
    hint = (
        "point it at a file that is there, seen from where the service runs: in a container, links are followed inside"
    )
    if os.path.exists(meant) and meant.isprintable() and name.isprintable():
        right = shlex.quote(os.path.relpath(meant, folder)), shlex.quote(f"{os.path.basename(folder)}/{name}")
        hint = f"in the folder above, run: ln -sfn {right[0]} {right[1]}"
    return SourceError(MISSING_FILE, message, hint)
