"""The files of one definition on disk: where references lead, which of them are allowed, and what each one held."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from builder.disk.dangling import AVAILABLE_NAME, explain_dangling
from builder.disk.dependencies import Dependency, load_dependency, refuse_dependency
from builder.disk.fetching import digest_remote
from builder.disk.last_good import LastGoodVersion
from builder.disk.links import LinkLoopError, LinkResolver, ResolvedPath, is_at_or_below
from builder.disk.safe_reading import (
    LINK_LOOP,
    ReadFile,
    decode,
    decode_data,
    display_name,
    explain_unreadable,
    open_folder,
    read_file,
    stamp_of,
)
from builder.hot_lint.sources import COMPONENTS, DEFINITION, MISSING_FILE, SourceError

_REMOTE = ("http://", "https://")

MAX_REFERENCE = 4096  # as Linux: PATH_MAX in limits.h
"""The longest reference to a file, in characters."""

MAX_LISTED = 200
"""How many entries of a folder are looked at for a name like the one that is missing."""


HOT_NAME = "hot"
"""The folder beside the enabled one in which earlier releases, up to v1.1.0, looked for ``heat_template_url``."""

_EXAMPLES_NAME = "cluster-types-examples"
OUTSIDE_TREE = "outside-tree"
"""The rule of a file that a definition may not use for where it is."""

ROOT = "template-root"
"""The digest of a dependency that is no file, but a folder that matters for where it is."""


@dataclass(frozen=True, slots=True)
class DefinitionFolders:
    """Where the real files of definitions may be: whoever puts a link into the enabled folder names any file.

    ``real`` are paths without a link in them; the links in ``followed`` are followed at each load.
    """

    real: tuple[str, ...]
    followed: tuple[str, ...] = ()


def list_definition_folders(enabled: str, real: str) -> DefinitionFolders:
    """The folders of the definitions that are in the folder ``enabled``, which really is ``real``.

    Beside the enabled folder's own path, one of the two may be a link that the operator has made. What is beside its
    ``real`` path may be synced with it, from whoever writes definitions, so that a link there leads nowhere else.
    """
    instance = os.path.dirname(enabled)
    examples = os.path.join(os.path.dirname(instance), _EXAMPLES_NAME)  # as a checkout of this project has them
    return DefinitionFolders(
        (real, os.path.join(os.path.dirname(real), AVAILABLE_NAME)), (os.path.join(instance, AVAILABLE_NAME), examples)
    )


def judge_reference(reference: str, base: str, *, may_be_remote: bool) -> bool:
    """Whether what the file ``base`` refers to is on another host, and not a path.

    Raises SourceError for what no definition may refer to, wherever its files are.
    """
    if len(reference) > MAX_REFERENCE:
        message = f"it has {len(reference):,} characters, and no path has more than {MAX_REFERENCE:,}"
        raise SourceError("unreadable-file", message, "shorten it")
    scheme = reference.partition("://")[0].lower() if "://" in reference else ""
    if scheme in ("http", "https"):
        if not may_be_remote:
            message, hint = f"{reference!r} is on another host", "copy it here, or set ALLOW_REMOTE_TEMPLATES=true"
            raise SourceError("remote-file", message, hint, named=reference)
        return True
    if scheme:
        message = f"{reference!r} is neither a path nor an http(s) URL"
        raise SourceError("file-scheme", message, "use a relative path", named=reference)
    if base.startswith(_REMOTE):
        raise SourceError(
            "remote-file", f"{reference!r} is relative to a remote file", "use its whole URL", named=reference
        )
    return False


class DefinitionFiles:
    """The files of one definition on disk; an implementation of :class:`builder.hot_lint.sources.Files`.

    Lives for one load. ``shown_as`` is the definition's path as operators know it, relative to the enabled folder;
    ``now_ns`` is the time of the load by the steady clock. The definition itself may be in ``folders``, or in
    ``template_roots``; anywhere if ``folders`` is None. ``instance`` is the absolute path of the folder that holds the
    enabled one, ``""`` if there is none. After the load ``dependencies`` are the files, by name, and ``roots`` the
    folders outside of which they must not be found later.
    """

    def __init__(
        self,
        definition: str,
        shown_as: str,
        resolver: LinkResolver,
        *,
        now_ns: int,
        folders: DefinitionFolders | None = None,
        instance: str = "",
        template_roots: Iterable[str] = (),
        read_remote: Callable[[str], bytes] | None = None,
        read: ReadFile = read_file,
    ) -> None:
        self._definition = definition
        self._shown_as = shown_as
        self._resolver = resolver
        self._now_ns = now_ns
        self._read_remote = read_remote
        self._read = read
        self._folders = folders
        try:  # references start from the folder of the definition's real file
            self._tree = os.path.dirname(resolver.resolve(definition).real)
        except LinkLoopError:
            self._tree = os.path.dirname(definition)
        self._roots = tuple(template_roots)
        self._instance = instance
        self._hot = os.path.join(instance, HOT_NAME) if instance else ""
        self._lent: list[str] = []
        """Real paths of components that were named by an absolute path, and of the folders that come with them."""
        self.dependencies: dict[str, Dependency] = {}
        self.contents: dict[str, bytes] = {}
        """What was in the files, by name."""
        self.roots: dict[str, Dependency] = {}

    def resolve(self, reference: str, base: str) -> str:
        if judge_reference(reference, base, may_be_remote=self._read_remote is not None):
            return reference
        path = os.path.normpath(os.path.join(self._tree, os.path.dirname(base), reference))
        inside = path.startswith(f"{self._tree}/")
        name = path[len(self._tree) + 1 :] if inside else os.path.relpath(path, self._tree)
        refusal = self._refuse(name, path, reference)
        if refusal is not None:
            raise refusal
        return name

    def resolve_template(self, reference: str) -> str:
        is_absolute = reference.startswith("/")
        if is_absolute and len(reference) <= MAX_REFERENCE:
            self._lend(reference)
        name = self.resolve(reference, DEFINITION)
        hot = os.path.normpath(os.path.join(self._hot, reference))
        if is_absolute or "://" in reference or not self._hot or not is_at_or_below(hot, self._hot):
            return name
        if self._is_there(self._locate(name)):
            return name
        content = self.load(name)  # a dependency: once it is there, it is taken
        if not isinstance(content, SourceError) or content.rule != MISSING_FILE:
            return name
        other = os.path.relpath(hot, self._tree)
        if self._refuse(other, hot) is None and self._is_there(hot):
            return other
        self.load(other)
        return name

    def read(self, name: str) -> str:
        return decode(self._content(name))

    def read_data(self, name: str) -> str:
        return decode_data(self._content(name))

    def _content(self, name: str) -> bytes:
        content = self.load(name)
        if isinstance(content, SourceError):
            raise content
        return content

    def load(self, name: str) -> bytes | SourceError:
        """What is in a file, or why that cannot be had; it is a dependency from now on."""
        content: bytes | SourceError
        if not name.startswith(_REMOTE):
            path = self._locate(name)
            refusal = self._refuse(name, path)
            if refusal is not None:
                return refusal
            self.dependencies[name], content = load_dependency(name, path, self._resolver, self._now_ns, self._read)
            if isinstance(content, SourceError) and content.rule == MISSING_FILE and name == DEFINITION:
                return explain_dangling(self.dependencies[name].resolved) or content
        elif self._read_remote is None:
            return SourceError("remote-file", f"{name!r} is on another host", named=name)
        else:
            try:
                content = self._read_remote(name)
            except SourceError as error:
                content = error
            nowhere, digest = ResolvedPath("", ()), digest_remote(content)
            self.dependencies[name] = Dependency(name, name, nowhere, None, digest, self._now_ns, remote=True)
        if not isinstance(content, SourceError):
            self.contents[name] = content
        return content

    def list_dependencies(self) -> tuple[Dependency, ...]:
        """All that the definition depends on: itself first, which is read before anything."""
        return (*self.dependencies.values(), *self.roots.values())

    def as_last_good(self, cluster_type_id: str, last_modified: int) -> LastGoodVersion:
        """All that was read, for a definition that turned out to be without errors."""
        digests = {name: each.digest for name, each in self.dependencies.items()}
        return LastGoodVersion(
            cluster_type_id, self._shown_as, self._tree, self._hot, last_modified, digests, self.contents
        )

    def list_beside(self, name: str) -> Sequence[str]:
        if name.startswith(_REMOTE):
            return ()
        try:
            folder = self._resolver.resolve(os.path.dirname(self._locate(name))).real
            if not self._may_include(folder):
                return ()
            with open_folder(folder, os.O_RDONLY) as descriptor, os.scandir(descriptor) as entries:
                found = [each.name for each in islice(entries, MAX_LISTED) if not each.is_dir()]
        except OSError:
            return ()
        parent = os.path.dirname(name)
        return sorted(os.path.join(parent, each) for each in found if each.isprintable() and each[0] != ".")

    def display(self, name: str) -> str:
        return display_name(self._shown_as, name)

    def _locate(self, name: str) -> str:
        """The path of the file that the definition calls ``name``."""
        return os.path.normpath(os.path.join(self._tree, name) if name else self._definition)

    def _refuse(self, name: str, path: str, reference: str = "") -> SourceError | None:
        """Why the file at ``path`` is not even looked for, which makes its place a dependency; None if it may be read.

        What is opened later is what was judged here: the resolver gives the same answer throughout its pass, and
        reading follows no link.
        """
        try:
            real = self._resolver.resolve(path).real
        except LinkLoopError as error:
            self.dependencies[name] = refuse_dependency(name, path, self._resolver, self._now_ns, LINK_LOOP)
            return explain_unreadable(error)
        if self._may_define(real) if name == DEFINITION else self._may_include(real):
            return None
        self.dependencies[name] = refuse_dependency(name, path, self._resolver, self._now_ns, OUTSIDE_TREE)
        message = f"{repr(reference) if reference else 'it'} is outside the folder of the definition"
        hint = "keep it in that folder, or name its folder in TEMPLATE_ROOTS"
        if name == DEFINITION:
            message = f"it is a link that leads out of the enabled folder and {AVAILABLE_NAME}"
            hint = "move the definition into one of them, or name its folder in TEMPLATE_ROOTS"
        return SourceError(OUTSIDE_TREE, message, hint, named=reference)

    def _may_define(self, real: str) -> bool:
        folders = self._folders
        return (
            folders is None
            or any(is_at_or_below(real, folder) for folder in folders.real)
            or self._is_within((*folders.followed, *self._roots), real)
        )

    def _may_include(self, real: str) -> bool:
        own = (self._tree, *self._lent)
        roots = (*self._roots, self._hot) if self._hot else self._roots
        return any(is_at_or_below(real, folder) for folder in own) or self._is_within(roots, real)

    def _lend(self, path: str) -> None:
        """Allow the component at an absolute path if it lies in the instance folder, and with it what is its own.

        That is what lies in its folder, or beside that where it is called ``components``; never a whole folder of
        definitions, nor the instance folder, where an operator may keep other things.
        """
        try:
            real = self._resolver.resolve(os.path.normpath(path)).real
        except LinkLoopError:
            return
        instance = self._follow(self._instance) if self._instance else "/"
        within = os.path.relpath(real, instance).split("/")
        is_in_instance = instance != "/" and not any(part.startswith(".") for part in within)  # ".." and hidden names
        if not is_in_instance and (self._folders is None or not self._may_define(real)):
            return
        folder = os.path.dirname(real)
        if os.path.basename(folder) == COMPONENTS:
            folder = os.path.dirname(folder)
        folders = self._folders or DefinitionFolders(())
        shared = {instance, *folders.real, *(self._follow(each) for each in folders.followed)}
        self._lent += [real] if folder in shared else [real, folder]

    def _is_there(self, path: str) -> bool:
        return stamp_of(self._resolver.resolve(path).real) is not None

    def _is_within(self, roots: Iterable[str], real: str) -> bool:
        return any(is_at_or_below(real, self._follow(root)) for root in roots)

    def _follow(self, root: str) -> str:
        """Where a root really is; what is asked that depends on the links that lead there."""
        if root not in self.roots:
            self.roots[root] = refuse_dependency(root, root, self._resolver, self._now_ns, ROOT)
        return self.roots[root].resolved.real
