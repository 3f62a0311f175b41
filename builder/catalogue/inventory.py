"""What is known of the entries of the enabled folder: by name, by id, and by the paths that they depend on."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping

from builder.catalogue.loader import LoadedEntry
from builder.catalogue.scan import Known
from builder.definitions.model import ClusterTypeId
from builder.disk.links import is_at_or_below


class PathIndex:
    """Entries by the paths that they depend on, so that one event costs one entry and not a look at all of them.

    A path that it does not know is nobody's. Not shared between threads.
    """

    def __init__(self) -> None:
        self._paths: dict[str, frozenset[str]] = {}
        self._names: defaultdict[str, set[str]] = defaultdict(set)
        """Who depends on a path, or on something below it."""
        self._users: Counter[str] = Counter()
        """How many entries have a path right in a folder."""

    def put(self, name: str, paths: Iterable[str]) -> None:
        """Note that the entry ``name`` depends on ``paths``, and on no others any more."""
        wanted = frozenset(paths)
        if self._paths.get(name) == wanted:
            return
        self.remove(name)
        self._paths[name] = wanted
        self._users.update(set(map(os.path.dirname, wanted)))
        for path in _with_ancestors(wanted):
            self._names[path].add(name)

    def remove(self, name: str) -> None:
        """Have no change of a file concern an entry any more."""
        paths = self._paths.pop(name, frozenset())
        for folder in set(map(os.path.dirname, paths)):
            self._users[folder] -= 1
            if not self._users[folder]:
                del self._users[folder]
        for path in _with_ancestors(paths):
            self._names[path].discard(name)
            if not self._names[path]:
                del self._names[path]

    def names(self, path: str) -> Collection[str]:
        """The entries that depend on this path, or on something below it."""
        return self._names.get(path, ())

    def folders(self) -> frozenset[str]:
        """The folders in which a change may change an entry."""
        return frozenset(self._users)


class Inventory(dict[str, Known]):
    """The entries by name. An equal one may be put in another's place; all else goes by :meth:`replace`."""

    def __init__(self) -> None:
        super().__init__()
        self.index = PathIndex()
        self._names: dict[ClusterTypeId, set[str]] = {}

    def replace(self, name: str, found: Known | None) -> None:
        """Put an entry in the place of what was known by that name; None where it is gone."""
        known = self.pop(name, None)
        if isinstance(known, LoadedEntry):
            names = self._names[known.entry.id]
            names.discard(name)
            if not names:
                del self._names[known.entry.id]
        if found is not None:
            self[name] = found
        if isinstance(found, LoadedEntry):
            self._names.setdefault(found.entry.id, set()).add(name)
            self.index.put(name, found.paths())
        else:
            self.index.remove(name)

    def find_concerned(self, paths: Iterable[str], folder: str) -> set[str] | None:
        """The names of entries that changes at ``paths`` may concern, None for all; ``folder`` is the enabled one."""
        names: set[str] = set()
        for path in paths:
            if os.path.dirname(path) == folder:
                names.add(os.path.basename(path))
            elif is_at_or_below(folder, path):
                return None
            names.update(self.index.names(path))
        return names

    def find_moved(self, found: Mapping[str, Known]) -> set[str]:
        """The links that a pass found to lead elsewhere."""
        moved: set[str] = set()
        for name, entry in found.items():
            known = self.get(name)
            if isinstance(known, LoadedEntry) and isinstance(entry, LoadedEntry) and entry is not known:
                now = {dependency.resolved for dependency in entry.dependencies}
                moved.update(*(each.resolved.links for each in known.dependencies if each.resolved not in now))
        return moved

    def entries_after(self, changes: Mapping[str, Known | None]) -> dict[ClusterTypeId, list[LoadedEntry]]:
        """For each id that these changes concern its entries after them, sorted by name; nothing is changed yet."""
        arriving = {name: found for name, found in changes.items() if isinstance(found, LoadedEntry)}
        concerned = (*map(self.get, changes), *arriving.values())
        ids = {entry.entry.id for entry in concerned if isinstance(entry, LoadedEntry)}
        names = {key: self._names.get(key, set()) - changes.keys() for key in ids}
        for name, found in arriving.items():
            names[found.entry.id].add(name)
        entries = {key: [arriving.get(name) or self[name] for name in sorted(names[key])] for key in ids}
        return {key: [each for each in entries[key] if isinstance(each, LoadedEntry)] for key in ids}


def _with_ancestors(paths: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for path in paths:
        while path not in found and path not in ("/", ""):
            found.add(path)
            path = os.path.dirname(path)
    return found
