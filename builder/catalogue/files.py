"""The files of one definition on disk: where references lead, which of them are allowed, and what each one held."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import PurePosixPath

from builder.catalogue.dependencies import Dependency, load_dependency, load_remote_dependency, refuse_dependency
from builder.catalogue.links import LinkLoopError, LinkResolver, is_at_or_below
from builder.catalogue.reading import LINK_LOOP, decode, explain_unreadable
from builder.definitions.sources import SourceError

_REMOTE = ("http://", "https://")

MAX_REFERENCE = 4096  # as Linux: PATH_MAX in limits.h
"""The longest reference to a file, in characters."""

MAX_LISTED = 200
"""How many entries of a folder are looked at for a name like the one that is missing."""


class DefinitionFiles:
    """The files of one definition on disk; an implementation of :class:`builder.definitions.sources.Files`.

    Lives for one load. ``shown_as`` is the definition's path as operators know it, relative to the enabled folder;
    ``now_ns`` is the time of the load by the steady clock.
    """

    def __init__(
        self,
        definition: str,
        shown_as: str,
        resolver: LinkResolver,
        *,
        now_ns: int,
        template_roots: Iterable[str] = (),
        read_remote: Callable[[str], bytes] | None = None,
    ) -> None:
        self._definition = definition
        self._shown_as = shown_as
        self._resolver = resolver
        self._now_ns = now_ns
        self._read_remote = read_remote
        self._tree = find_tree(definition, resolver)
        self._roots = tuple(template_roots)
        self.dependencies: dict[str, Dependency] = {}

    def resolve(self, reference: str, base: str) -> str:
        """See :meth:`builder.definitions.sources.Files.resolve`."""
        if len(reference) > MAX_REFERENCE:
            message = f"it has {len(reference):,} characters, and no path has more than {MAX_REFERENCE:,}"
            raise SourceError("unreadable-file", message, "shorten it")
        scheme = reference.partition("://")[0].lower() if "://" in reference else ""
        if scheme in ("http", "https"):
            if self._read_remote is None:
                raise SourceError(
                    "remote-file",
                    f"{reference!r} is on another host",
                    "copy it here, or set ALLOW_REMOTE_TEMPLATES=true",
                )
            return reference
        if scheme:
            raise SourceError(
                "file-scheme", f"{reference!r} is neither a path nor an http(s) URL", "use a relative path"
            )
        if base.startswith(_REMOTE):
            raise SourceError("remote-file", f"{reference!r} is relative to a remote file", "use its whole URL")
        path = os.path.normpath(os.path.join(self._tree, os.path.dirname(base), reference))
        name = os.path.relpath(path, self._tree)
        try:
            real = self._resolver.resolve(path).real
        except LinkLoopError as error:
            self.dependencies[name] = refuse_dependency(name, path, self._resolver, self._now_ns, LINK_LOOP)
            raise explain_unreadable(error) from error
        if not self._allows(real):
            self.dependencies[name] = refuse_dependency(name, path, self._resolver, self._now_ns, "outside-tree")
            raise SourceError(
                "outside-tree", f"{reference!r} is outside the folder of the definition",
                "keep it in that folder, or name its folder in TEMPLATE_ROOTS",
            )  # fmt: skip
        return name

    def read(self, name: str) -> str:
        """See :meth:`builder.definitions.sources.Files.read`."""
        if name.startswith(_REMOTE):
            if self._read_remote is None:
                raise SourceError("remote-file", f"{name!r} is on another host")
            self.dependencies[name], content = load_remote_dependency(name, self._read_remote, self._now_ns)
        else:
            path = locate(name, self._definition, self._tree)
            self.dependencies[name], content = load_dependency(name, path, self._resolver, self._now_ns)
        if isinstance(content, SourceError):
            raise content
        return decode(content)

    def list_beside(self, name: str) -> Sequence[str]:
        """See :meth:`builder.definitions.sources.Files.list_beside`."""
        if name.startswith(_REMOTE):
            return ()
        try:
            folder = self._resolver.resolve(os.path.dirname(locate(name, self._definition, self._tree))).real
            if not self._allows(folder):
                return ()
            with os.scandir(folder) as entries:
                found = [each.name for each in islice(entries, MAX_LISTED) if not each.is_dir()]
        except OSError:
            return ()
        parent = os.path.dirname(name)
        return sorted(os.path.join(parent, each) for each in found if each.isprintable() and each[0] != ".")

    def display(self, name: str) -> str:
        """See :meth:`builder.definitions.sources.Files.display`."""
        if not name:
            return self._shown_as
        return name if "://" in name else os.path.normpath(PurePosixPath(self._shown_as).parent / name)

    def _allows(self, real: str) -> bool:
        return is_at_or_below(real, self._tree) or any(is_at_or_below(real, self._follow(root)) for root in self._roots)

    def _follow(self, root: str) -> str:
        """Where a root really is; what is asked that depends on the links that lead there."""
        name = os.path.join(os.path.relpath(root, self._tree), "")  # no file's name has a slash at its end
        if name not in self.dependencies:
            self.dependencies[name] = refuse_dependency(name, root, self._resolver, self._now_ns, "template-root")
        return self.dependencies[name].resolved.real


def find_tree(definition: str, resolver: LinkResolver) -> str:
    """The folder that a definition's references start from: that of its real file."""
    try:
        return os.path.dirname(resolver.resolve(definition).real)
    except LinkLoopError:
        return os.path.dirname(definition)


def locate(name: str, definition: str, tree: str) -> str:
    """The path of the file that a definition calls ``name``."""
    return os.path.normpath(os.path.join(tree, name) if name else definition)
