"""What is known of the entries of the enabled folder: by name, by id, and by the paths that they depend on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from builder.catalogue.index import PathIndex
from builder.catalogue.loader import LoadedEntry
from builder.catalogue.scan import Known
from builder.definitions.model import ClusterTypeId


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

    def _ids_of(self, names: Iterable[str]) -> set[ClusterTypeId]:
        entries = (self.get(name) for name in names)
        return {entry.entry.id for entry in entries if isinstance(entry, LoadedEntry)}

    def entries_after(self, changes: Mapping[str, Known | None]) -> dict[ClusterTypeId, list[LoadedEntry]]:
        """For each id that these changes concern its entries after them, sorted by name; nothing is changed yet."""
        arriving = {name: found for name, found in changes.items() if isinstance(found, LoadedEntry)}
        ids = self._ids_of(changes) | {found.entry.id for found in arriving.values()}
        names = {key: self._names.get(key, set()) - changes.keys() for key in ids}
        for name, found in arriving.items():
            names[found.entry.id].add(name)
        entries = {key: [arriving.get(name) or self[name] for name in sorted(names[key])] for key in ids}
        return {key: [each for each in entries[key] if isinstance(each, LoadedEntry)] for key in ids}
