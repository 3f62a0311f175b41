"""The files of a definition that is checked: read as the service reads them, named as the person at the prompt does."""

# Paths are plain strings here, shown as they were given, which a Path would tidy up.
# ruff: noqa: PTH100, PTH117, PTH118, PTH120

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from builder.diagnostics.rules import Profile
from builder.disk.files import DefinitionFiles, DefinitionFolders
from builder.disk.links import LinkResolver
from builder.disk.safe_reading import decode, newest_date
from builder.hot_lint.sources import DEFINITION, SourceError


def leave_remote(url: str) -> bytes:
    """Read nothing of another host, and say so: raises SourceError."""
    message = f"{url!r} is on another host and is not read here"
    raise SourceError("unread-remote-file", message, "launch it to try it", named=url)


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """What a check shares with the service: ``template_roots`` are folders, besides its own, that a definition may use.

    With ``allow_remote`` a definition may refer to files on other hosts, which ``read_remote`` reads: a check does not
    fetch them. ``enabled`` is the folder whose entries the service lists. ``profile`` is what definitions are held to.
    """

    template_roots: tuple[str, ...] = ()
    allow_remote: bool = False
    enabled: str = ""
    profile: Profile = Profile.CONCERTIM
    read_remote: Callable[[str], bytes] = leave_remote


class CheckedFiles(DefinitionFiles):
    """The files around the definition at ``path``.

    Where ``text`` is given the definition is that text, and ``path`` only says where it would be. Where ``folders``
    are given its real file must be in one of them, as those of the entries of an enabled folder. ``instance`` is the
    folder that holds the enabled one, ``""`` if there is none.
    """

    def __init__(
        self,
        path: str,
        resolver: LinkResolver,
        settings: CheckSettings,
        text: str | None = None,
        folders: DefinitionFolders | None = None,
        instance: str = "",
    ) -> None:
        absolute = os.path.abspath(path)
        super().__init__(
            absolute, path, resolver, now_ns=time.monotonic_ns(), folders=folders, instance=instance,
            template_roots=settings.template_roots, read_remote=settings.read_remote if settings.allow_remote else None,
        )  # fmt: skip
        self._path, self._text = path, text
        # Behind a link, the files beside the definition are beside the link's target, and shown there.
        is_elsewhere = self._tree != os.path.dirname(absolute)
        self._shown_tree = self._tree if is_elsewhere else os.path.dirname(path)
        if is_elsewhere and not os.path.isabs(path):
            self._shown_tree = os.path.relpath(self._shown_tree)

    def read(self, name: str) -> str:
        if name == DEFINITION and self._text is not None:
            return decode(self._text.encode("utf-8", "surrogateescape"))
        return super().read(name)

    def display(self, name: str) -> str:
        if name == DEFINITION:
            return self._path
        return name if "://" in name else os.path.normpath(os.path.join(self._shown_tree, name))

    @property
    def last_modified(self) -> int:
        """The newest of the files that were read, in seconds since the epoch; 0 where there is none."""
        return newest_date(each.stamp.mtime_ns for each in self.dependencies.values() if each.stamp is not None)
