"""What is known of the entries of the enabled folder: by name, by id, and by the paths that they depend on."""

from __future__ import annotations

from collections.abc import Iterable

from builder.catalogue.index import PathIndex
from builder.catalogue.loader import LoadedEntry
from builder.catalogue.looks import Known
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

    def ids_of(self, names: Iterable[str]) -> set[ClusterTypeId]:
        """The ids of those of these entries that have one."""
        entries = (self.get(name) for name in names)
        return {entry.entry.id for entry in entries if isinstance(entry, LoadedEntry)}

    def of_id(self, cluster_type_id: ClusterTypeId) -> list[LoadedEntry]:
        """The entries of an id, sorted by name."""
        entries = (self[name] for name in sorted(self._names.get(cluster_type_id, ())))
        return [entry for entry in entries if isinstance(entry, LoadedEntry)]
