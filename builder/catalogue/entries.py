"""Which entries of the enabled folder are cluster types, and which are left alone.

Names decide, so that the same rule holds for every file system; only what a name leaves open is asked of the disk.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass

from builder.definitions.model import ID_PATTERN, ClusterTypeId

DEFINITION_NAME = "cluster-type.yaml"
"""The definition within the folder of a composed cluster type."""

SUFFIXES = (".yaml", ".yml")
"""What the names of definitions end with."""
_ID = re.compile(ID_PATTERN)
_TEMPORARY = re.compile(r".*~|#.*#|.*\.(swp|swx|swo|tmp|bak|part|orig)", re.DOTALL)
_PROBE = re.compile(r"\d+")
"""vim makes a file named 4913, or some number after it, to see whether it may."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the enabled folder that means to be a cluster type.

    ``name`` is its name in the folder; ``definition`` the path of the definition within the folder, before any
    symbolic link is followed.
    """

    id: ClusterTypeId
    name: str
    definition: str


@dataclass(frozen=True, slots=True)
class Misnamed:
    """An entry that looks like a definition but cannot be one because of its name."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """An entry that is no cluster type, and why."""

    name: str
    reason: str


Classified = Entry | Misnamed | Ignored


def is_hidden(name: str) -> bool:
    """Whether a name is passed over without a word: hidden files, and what editors leave while they save."""
    return name.startswith(".") or _TEMPORARY.fullmatch(name) is not None


def printable(name: str) -> str:
    """A file name as it can be shown and logged, whatever bytes it is made of."""
    return name if name.isprintable() else name.encode("unicode_escape").decode("ascii")


def classify(name: str, is_folder: Callable[[], bool | None]) -> Classified | None:
    """What an entry of that name is; None for one that is passed over without a word.

    ``is_folder`` is asked only where the name leaves it open. It answers None where it cannot be known, as for a
    symbolic link that leads nowhere.
    """
    if is_hidden(name) or (_PROBE.fullmatch(name) and not is_folder()):
        return None
    stem, suffix = os.path.splitext(name)
    if suffix in SUFFIXES:
        if _ID.fullmatch(stem) is None:
            return Misnamed(name, f"{stem!r} cannot be an id: it starts with a letter or a digit; . _ and - may follow")
        return Entry(ClusterTypeId(stem), name, name)
    folder = is_folder()
    if folder is False:
        return Ignored(name, "neither a .yaml or .yml file nor a folder")
    if _ID.fullmatch(name) is None:
        return Ignored(name, f"{name!r} cannot be an id: it starts with a letter or a digit; . _ and - may follow")
    return Entry(ClusterTypeId(name), name, f"{name}/{DEFINITION_NAME}")


def scan_folder(folder: str, *, look: bool = False) -> dict[str, Classified]:
    """Every entry of the enabled folder that is worth a word, by name.

    Raises OSError where the folder cannot be read, or with ``look`` an entry of it: some folders tell the names of
    entries that cannot be looked at.
    """
    classify_one = classify_path if look else classify_listed
    found = (classify_one(folder, name) for name in os.listdir(folder))
    return {each.name: each for each in found if each is not None}


def classify_path(folder: str, name: str) -> Classified | None:
    """What one entry of the enabled folder is now; None where it is gone or passed over.

    Raises OSError where that cannot be known: what cannot be looked at is not gone.
    """
    try:
        os.lstat(os.path.join(folder, name))
    except (FileNotFoundError, NotADirectoryError):
        return None
    return classify_listed(folder, name)


def classify_listed(folder: str, name: str) -> Classified | None:
    """What an entry of the enabled folder is that is known to be there; None for one that is passed over."""

    def is_folder() -> bool | None:
        try:
            return stat.S_ISDIR(os.stat(os.path.join(folder, name)).st_mode)
        except OSError:
            return None

    return classify(name, is_folder)
