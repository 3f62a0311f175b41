"""Symbolic links, followed by hand: where a path really is, and which links lead there.

inotify reports nothing when a link is re-pointed somewhere along a path, so every link that was followed is known by
name. One resolver serves one pass over the catalogue: it looks at each name once, so that all the files of a pass are
read from the same tree even when a link is re-pointed meanwhile, as Kubernetes does it with ``..data``, and that what
was judged is what is opened (see :func:`builder.disk.safe_reading.open_folder`).
"""

from __future__ import annotations

import errno
import os
import stat
from typing import NamedTuple

_MAX_LINKS = 40  # as Linux: path_resolution(7)


class ResolvedPath(NamedTuple):
    """Where a path leads: ``real`` has no link in it, ``links`` are those that were followed, outermost first."""

    real: str
    links: tuple[str, ...]


class LinkLoopError(OSError):
    """Links lead in a circle; ``links`` are those that were followed until that was clear."""

    def __init__(self, path: str, links: tuple[str, ...]) -> None:
        super().__init__(errno.ELOOP, os.strerror(errno.ELOOP), path)
        self.links = links


def is_at_or_below(path: str, folder: str) -> bool:
    """Whether an absolute path is a folder, or something in it. Links count for what they are called."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


class LinkResolver:
    """Follows links for one pass; not shared between threads."""

    def __init__(self) -> None:
        self._resolved: dict[str, ResolvedPath] = {"/": ResolvedPath("/", ())}
        """Folders, and paths that were asked for: a file is asked for to judge where it is, and again to read it."""
        self._targets: dict[str, str | None] = {}
        """Where each name leads that was looked at; None for what is no link."""

    def resolve(self, path: str) -> ResolvedPath:
        """Follow every link in an absolute path; the last part need not exist.

        Raises LinkLoopError where links lead in a circle.
        """
        path = os.path.normpath(path) if "//" in path else path
        if path not in self._resolved:
            self._resolved[path] = self._resolve(path, ())
        return self._resolved[path]

    def links_moved(self) -> bool:
        """Whether a link that was followed in this pass leads elsewhere by now."""
        return any(target is not None and _read_link(link) != target for link, target in self._targets.items())

    def _resolve(self, path: str, chain: tuple[str, ...]) -> ResolvedPath:
        folder, name = os.path.split(path.rstrip("/") or "/")
        if not name:
            return self._resolved["/"]
        above = self._resolve_folder(folder, chain)
        if name == "..":
            return ResolvedPath(os.path.dirname(above.real), above.links)
        if name == ".":
            return above
        real = os.path.join(above.real, name)
        if real not in self._targets:
            self._targets[real] = _read_link(real)
        target = self._targets[real]
        if target is None:
            return ResolvedPath(real, above.links)
        if len(chain) >= _MAX_LINKS:
            raise LinkLoopError(path, tuple(dict.fromkeys((*chain, *above.links, real))))
        beyond = self._resolve(os.path.join(above.real, target), (*chain, real))
        return ResolvedPath(beyond.real, (*above.links, real, *beyond.links))

    def _resolve_folder(self, folder: str, chain: tuple[str, ...]) -> ResolvedPath:
        folder = folder.rstrip("/") or "/"
        missing = []
        while folder not in self._resolved:
            missing.append(folder)
            folder = os.path.dirname(folder).rstrip("/") or "/"
        for each in reversed(missing):  # from above, so that a deep path takes no deep recursion
            self._resolved[each] = self._resolve(each, chain)
            folder = each
        return self._resolved[folder]


def _read_link(path: str) -> str | None:
    try:
        # Asking first is quicker than being refused: most paths are no links.
        return os.readlink(path) if stat.S_ISLNK(os.lstat(path).st_mode) else None
    except OSError:
        return None
