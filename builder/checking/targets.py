"""From the paths of a command line to the definitions that are meant.

A folder is that of one definition, or holds several, or is a tree in which they are searched for. An enabled folder is
held to the service's own rules: there every file and every folder is to be a definition.
"""

# Paths are plain strings here, shown as they were given, which a Path would tidy up.
# ruff: noqa: PTH100, PTH110, PTH112, PTH113, PTH114, PTH118, PTH119, PTH120, PTH122, PTH208

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from builder.catalogue.entries import (
    DEFINITION_NAME,
    SUFFIXES,
    Classified,
    Entry,
    Ignored,
    Misnamed,
    classify,
    scan_folder,
)
from builder.checking.recognition import (
    MISNAMED_DEFINITION,
    holds_components,
    is_enabled_folder,
    read_text,
    reads_foreign,
    reads_like_definition,
)
from builder.definitions.model import ClusterTypeId
from builder.diagnostics.problems import Problem
from builder.diagnostics.rules import Severity
from builder.errors import ConfigurationError
from builder.text.natural_order import natural_key
from builder.text.spelling import find_near

STANDARD_INPUT: Final = "-"


@dataclass(frozen=True, slots=True)
class Target:
    """A definition to check: ``path`` is its file, ``entry`` what stands for it in its folder."""

    id: ClusterTypeId
    path: str
    entry: str


@dataclass(slots=True)
class Targets:
    """What was found, in the order of the paths; ``problems`` are of names and folders.

    ``instead`` are files that were named and are no definitions, each with the definition that it belongs to.
    ``foreign`` are those beside definitions that have the keys of something else.
    """

    definitions: list[Target] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    instead: dict[str, str] = field(default_factory=dict)
    foreign: list[str] = field(default_factory=list)


def find_targets(paths: Sequence[str], enabled: str = "") -> Targets:
    """Find the definitions that ``paths`` mean; ``enabled`` is the service's folder, whatever its name.

    Raises ConfigurationError for a path that leads nowhere.
    """
    found = Targets()
    for path in paths:
        if path == STANDARD_INPUT:
            found.definitions.append(Target(ClusterTypeId("stdin"), STANDARD_INPUT, STANDARD_INPUT))
        elif os.path.isdir(path):
            _take_folder(path, found, enabled)
        elif os.path.lexists(path):
            _take_file(path, found, enabled)
        else:
            raise ConfigurationError(f"{path!r} does not exist{hint_at_path(path)}")
    found.definitions = list(dict.fromkeys(found.definitions))
    return found


def hint_at_path(path: str) -> str:
    """A path like the one that leads nowhere, as the end of a sentence."""
    folder, name = os.path.split(path.rstrip("/"))
    try:
        present = sorted(each for each in os.listdir(folder or ".") if each.isprintable())
    except OSError:
        return ""
    meant = find_near(name, [*present, *(each.removesuffix(".yaml") for each in present)])
    meant = meant if meant in present else f"{meant}.yaml"
    return f"; did you mean {os.path.join(folder, meant)!r}?" if meant in present else ""


def _take_file(path: str, found: Targets, enabled: str) -> None:
    """Take a file that was named; one that is no definition stands for the definition whose folder it lies in."""
    folder, name = os.path.split(path)
    folder = folder or "."
    if name == DEFINITION_NAME and not is_enabled_folder(folder, enabled):
        _take_definition(path, found)
        return
    owner = None if name.endswith(SUFFIXES) and reads_like_definition(read_text(path)) else _find_owner(folder, enabled)
    if owner is not None:
        found.instead[path] = owner
        _take_definition(owner, found)
        return
    entry = classify(name, lambda: False if os.path.exists(path) else None)
    is_folder = isinstance(entry, Entry) and entry.definition != entry.name  # a link to one that is not there
    take(entry, os.path.join(path, DEFINITION_NAME) if is_folder else path, path, found)


def _find_owner(folder: str, enabled: str) -> str | None:
    """The definition that the files of a folder belong to; in an enabled folder each is by itself."""
    while not is_enabled_folder(folder, enabled):
        definition = _join(folder, DEFINITION_NAME)
        if os.path.isfile(definition):
            return definition
        if os.path.abspath(folder) == os.path.abspath(os.sep):
            break
        folder = _join(folder, os.pardir)
    return None


def _take_definition(path: str, found: Targets) -> None:
    """Take the definition of a folder, which gives it its id."""
    folder = os.path.dirname(path)
    take(classify(os.path.basename(os.path.abspath(folder)), lambda: True), path, folder or ".", found)


def take(classified: Entry | Misnamed | Ignored | None, path: str, entry: str, found: Targets) -> None:
    """Take the definition at ``path``, for which ``entry`` stands, or tell why it is none, by what its name says."""
    match classified:
        case Entry(id=id_):
            found.definitions.append(Target(id_, path, entry))
        case Misnamed(name=name, reason=reason):
            found.problems.append(Problem(entry, 0, 0, "", "misnamed-entry", reason, "rename it"))
            found.definitions.append(Target(ClusterTypeId(os.path.splitext(name)[0]), entry, entry))
        case Ignored() | None:
            reason = classified.reason if classified else "the name of a hidden or temporary file"
            message, hint = f"the service ignores it: {reason}", "rename it, or move it away"
            found.problems.append(Problem(entry, 0, 0, "", "ignored-entry", message, hint))


def _take_folder(top: str, found: Targets, enabled: str) -> None:
    """Search a folder and all that are below it, each once: links are followed last, and may lead in circles."""
    within = Targets()
    searched: set[str] = set()
    folders, links = [top], deque[str]()
    while folders or links:
        folder = folders.pop() if folders else links.popleft()
        real = os.path.realpath(folder)
        if real not in searched:
            searched.add(real)
            below = _search(folder, within, enabled)
            links.extend(each for each in below if os.path.islink(each))
            folders += (each for each in reversed(below) if not os.path.islink(each))
    if not within.definitions and not any(problem.severity is Severity.ERROR for problem in within.problems):
        # Nothing in it looks like a definition: what has the name of one is meant to be one.
        for entry in _scan(top):
            if isinstance(entry, Entry) and entry.definition == entry.name:
                path = _join(top, entry.name)
                if reads_foreign(read_text(path)):
                    within.foreign.append(path)
                    continue
                within.definitions.append(Target(entry.id, path, path))
        if not within.definitions:
            hint = "name a file, the folder of a definition, or a folder of definitions"
            within.problems.append(Problem(top, 0, 0, "", "no-definitions", "the folder holds no definition", hint))
    found.definitions += within.definitions
    found.problems += within.problems
    found.foreign += within.foreign


def _search(folder: str, found: Targets, enabled: str) -> list[str]:
    """Take the definitions of a folder, and return the folders in it that are to be searched."""
    if is_enabled_folder(folder, enabled):
        for entry in _scan(folder):
            _take_entry(entry, folder, found)
        return []
    if any(os.path.lexists(_join(folder, name)) for name in (DEFINITION_NAME, MISNAMED_DEFINITION)):
        _take_definition(_join(folder, DEFINITION_NAME), found)
        return []
    entries = _scan(folder)
    files = [entry for entry in entries if isinstance(entry, Entry) and entry.definition == entry.name]
    folders = [entry for entry in entries if isinstance(entry, Entry) and entry.definition != entry.name]
    # Folders of definitions, and links to such that are not there.
    own = [
        entry
        for entry in folders
        if os.path.lexists(_join(folder, entry.definition))
        or (os.path.islink(path := _join(folder, entry.name)) and not os.path.exists(path))
    ]
    others = [entry for entry in entries if isinstance(entry, Misnamed | Ignored)]
    if not take_entries([*files, *own, *others], folder, read_text, found) and holds_components(folder):
        _take_definition(_join(folder, DEFINITION_NAME), found)
        return []
    taken = {entry.name for entry in own}
    names = [entry.name for entry in folders if entry.name not in taken]
    return [path for name in names if os.path.isdir(path := _join(folder, name))]


def take_entries(entries: Sequence[Classified], folder: str, read: Callable[[str], str | None], found: Targets) -> bool:
    """Take what stands in a folder, if any of it is a definition, but for files that have the keys of something else.

    Of folders, ``entries`` are those of definitions; ``read`` gives the text of a file, None of what has none.
    """
    texts = {each.name: read(_join(folder, each.name)) for each in entries if not isinstance(each, Ignored)}
    if not any(map(reads_like_definition, texts.values())):
        return False
    for each in entries:
        if reads_foreign(texts.get(each.name)):
            found.foreign.append(_join(folder, each.name))
        else:
            _take_entry(each, folder, found)
    return True


def _take_entry(entry: Classified, folder: str, found: Targets) -> None:
    path = _join(folder, entry.definition) if isinstance(entry, Entry) else ""
    take(entry, path, _join(folder, entry.name), found)


def _join(folder: str, name: str) -> str:
    """The path of an entry, with no needless ``./`` before it."""
    return os.path.normpath(os.path.join(folder, name))


def _scan(folder: str) -> list[Classified]:
    try:
        return sorted(scan_folder(folder).values(), key=lambda found: natural_key(found.name))
    except OSError as error:
        raise ConfigurationError(f"{folder!r} cannot be read: {error.strerror}") from error
