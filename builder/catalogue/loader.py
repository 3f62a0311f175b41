"""One entry of the enabled folder, loaded: its cluster type or its problems, and all that it was made from.

Owns the question "is this still what was loaded?", so that the catalogue need not know what a definition consists of.
"""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from builder.catalogue.entries import Entry
from builder.definitions.building import Outcome, build_cluster_type
from builder.diagnostics.problems import Problem
from builder.diagnostics.rules import Profile
from builder.disk.dependencies import Dependency, identify_dependencies, recheck_dependency
from builder.disk.fetching import RemoteFiles
from builder.disk.files import ROOT, DefinitionFiles, list_definition_folders
from builder.disk.last_good import LastGoodVersion
from builder.disk.links import LinkResolver
from builder.disk.safe_reading import ReadFile, display_name, newest_date, read_file
from builder.disk.state_folder import StateFolder
from builder.errors import describe_crash
from builder.kinds.registry import KINDS


@dataclass(frozen=True, slots=True)
class LoadSettings:
    """How entries are loaded.

    ``template_roots`` are absolute paths of folders that definitions may be in, and refer to, besides their own; links
    that lead there are followed at each load. ``remote`` has the files of other hosts, where definitions may refer to
    those. ``enabled`` is the absolute path of the enabled folder, before links are followed. ``profile`` is what
    definitions are held to. ``state`` is where last good versions outlive the process, if they do.
    """

    template_roots: tuple[str, ...] = ()
    remote: RemoteFiles | None = None
    enabled: str = ""
    profile: Profile = Profile.CONCERTIM
    state: StateFolder | None = None


@dataclass(frozen=True, slots=True)
class LoadedEntry:
    """What an entry held when it was last looked at.

    ``revision`` identifies the content of the definition and of all that it depends on, whatever the clock says;
    ``last_modified`` is in seconds since the epoch: the newest of all those files and of the links that lead to them.
    The first of the ``dependencies`` is the definition itself. ``crash`` is what judging it raised, if it did.
    ``version`` has all that was read, where that is to outlive the process and was not kept yet.
    """

    entry: Entry
    outcome: Outcome
    revision: str
    last_modified: int
    dependencies: tuple[Dependency, ...]
    crash: Exception | None = None
    version: LastGoodVersion | None = field(default=None, repr=False, compare=False)

    def paths(self) -> Iterator[str]:
        """Every path at which a change may change this entry: files, wanted or there, and the links that lead there."""
        for dependency in self.dependencies:
            if dependency.remote:
                continue
            yield dependency.resolved.real
            yield from dependency.resolved.links

    def digests(self) -> dict[str, str]:
        """What identifies the content of each file that it was made from, by the path that operators know."""
        files = (each for each in self.dependencies if each.digest != ROOT)
        return {display_name(self.entry.definition, each.name): each.digest for each in files}


def load_entry(
    entry: Entry,
    folder: Path,
    settings: LoadSettings,
    resolver: LinkResolver,
    read: ReadFile = read_file,
    known: LoadedEntry | None = None,
) -> LoadedEntry:
    """Load an entry of the enabled ``folder``, in whose path there is no link.

    What is ``known`` of it and only moved, as after a link was re-pointed, is read but not judged again. A wrong
    definition raises nothing: its problems are in the outcome. Nor does one that judging fails over: it has the
    problem ``internal-error``, and never stops the others.
    """
    open_files = partial(_open_files, entry, folder, settings, resolver, read)
    if known is not None:
        moved = _find_moved(known, open_files())
        if moved is not None:
            return replace(known, dependencies=moved)
    files, crash = open_files(), None
    try:
        outcome = build_cluster_type(entry.id, files, KINDS, profile=settings.profile)
    except Exception as error:  # noqa: BLE001  # an edge: one definition never stops the loading of the others
        outcome, crash = _explain_crash(entry, error), error
    revision = identify_dependencies({name: each.digest for name, each in files.dependencies.items()})
    last_modified = _last_modified(files)
    is_kept = settings.state is not None and outcome.cluster_type is not None
    version = files.as_last_good(entry.id, last_modified) if is_kept else None
    return LoadedEntry(entry, outcome, revision, last_modified, files.list_dependencies(), crash, version)


def read_contents(entry: Entry, folder: Path, settings: LoadSettings) -> dict[str, bytes]:
    """What is in the files of an entry now, by the paths that operators know, as far as they may be read."""
    files = _open_files(entry, folder, settings, LinkResolver(), read_file)
    build_cluster_type(entry.id, files, KINDS, profile=settings.profile)
    return {files.display(name): content for name, content in files.contents.items()}


def _open_files(
    entry: Entry, folder: Path, settings: LoadSettings, resolver: LinkResolver, read: ReadFile
) -> DefinitionFiles:
    enabled = settings.enabled or str(folder)
    return DefinitionFiles(
        str(folder / entry.definition),
        entry.definition,
        resolver,
        now_ns=time.monotonic_ns(),
        folders=list_definition_folders(enabled, str(folder)),
        instance=os.path.dirname(enabled),
        template_roots=settings.template_roots,
        read_remote=settings.remote.read if settings.remote is not None else None,
        read=read,
    )


def _explain_crash(entry: Entry, error: Exception) -> Outcome:
    message = f"judging it failed: {describe_crash(error)}"
    traceback.clear_frames(error.__traceback__)  # it is kept for the log, and what it was raised over is not
    hint = "please report it, with the file; the log says more"
    return Outcome(None, (Problem(entry.definition, 0, 0, "", "internal-error", message, hint),))


def recheck_entry(
    loaded: LoadedEntry,
    resolver: LinkResolver,
    now_ns: int,
    remote: RemoteFiles | None = None,
    read: ReadFile = read_file,
) -> LoadedEntry | None:
    """The entry if all that it was made from is what it was, whatever was touched; None if it must be loaded again."""
    rechecked = []
    for dependency in loaded.dependencies:
        same: Dependency | None = dependency
        if not dependency.remote:
            same = recheck_dependency(dependency, resolver, now_ns, read)
        elif remote is not None and remote.digest(dependency.name) != dependency.digest:
            same = None
        if same is None:
            return None
        rechecked.append(same)
    is_untouched = all(new is old for new, old in zip(rechecked, loaded.dependencies, strict=True))
    return loaded if is_untouched else replace(loaded, dependencies=tuple(rechecked))


def _find_moved(loaded: LoadedEntry, files: DefinitionFiles) -> tuple[Dependency, ...] | None:
    """The dependencies where they are now, if each has the content that it had; None if one has not."""
    for known in loaded.dependencies:
        if known.digest == ROOT:  # found again while the files are judged
            continue
        if known.remote or known.refused:
            return None
        files.load(known.name)
        if files.dependencies[known.name].digest != known.digest:
            return None
    return files.list_dependencies()


def _last_modified(files: DefinitionFiles) -> int:
    dependencies = files.dependencies.values()
    times = [dependency.stamp.mtime_ns for dependency in dependencies if dependency.stamp is not None]
    for link in {link for dependency in dependencies for link in dependency.resolved.links}:
        with suppress(OSError):  # it has gone meanwhile
            times.append(os.lstat(link).st_mtime_ns)
    return newest_date(times)
