"""What the world sees: an immutable picture of the catalogue, of bodies that ``publishing`` has encoded once.

Made by the catalogue after every change and swapped in whole; whoever holds one may keep using it. No request handler
encodes anything or reads the disk.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import count
from types import MappingProxyType

from builder.catalogue.validators import build_entity_tag
from builder.definitions.model import ClusterType, ClusterTypeId
from builder.definitions.presets import PRESET_SEPARATOR
from builder.diagnostics.problems import Problem


class State(StrEnum):
    """What became of an entry of the enabled folder."""

    LISTED = "listed"
    STALE = "stale"
    """Broken by an edit: its last good version is still listed."""
    REJECTED = "rejected"
    RETIRED = "retired"
    """Withdrawn by its definition, or by the last good version of it."""
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class EntryReport:
    """One entry of the enabled folder, for operators.

    ``path`` is relative to the enabled folder. ``changed_at`` and ``stale_since`` are in seconds since the epoch.
    ``changed_files`` are those whose content is another than that of the last good version, which is listed still.
    ``unless_known`` are problems that it has besides while no cluster type of the id is listed.
    """

    path: str
    state: State
    id: ClusterTypeId | None = None
    revision: str | None = None
    changed_at: float | None = None
    problems: tuple[Problem, ...] = ()
    reason: str = ""
    stale_since: float | None = None
    changed_files: tuple[str, ...] = ()
    unless_known: Mapping[ClusterTypeId, Problem] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Representation:
    """A response body, encoded, with its validators (RFC 9110, section 8.8).

    The entity tag derives from content alone, so that all workers and replicas give the same one: it leaves
    ``last_modified`` out, which a copy of the same files may have otherwise, and is a weak one for that reason.
    ``last_modified`` is in seconds since the epoch; see :mod:`builder.catalogue.validators`. ``matches`` counts how
    often a client's date was found to be that of this content, and is all that ever changes here.
    """

    body: bytes
    entity_tag: str
    last_modified: int
    matches: Iterator[int] = field(default_factory=count, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class PublishedType:
    """A cluster type as it is served, unless it is retired; in the listing its body may have another date.

    ``files`` has what identifies the content of each file that it was made from.
    """

    cluster_type: ClusterType
    revision: str
    representation: Representation
    files: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Slot:
    """All that is known of one id: its last good version, if there was any, and how its entries fare."""

    published: PublishedType | None
    state: State
    reports: tuple[EntryReport, ...]
    presets: tuple[PublishedType, ...] = ()
    """Those of ``published``."""

    @property
    def listed(self) -> tuple[PublishedType, ...]:
        """What is to be listed, presets included: nothing of a type that is retired."""
        if self.published is None or self.state not in (State.LISTED, State.STALE):
            return ()
        return (self.published, *self.presets)


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The catalogue at one moment; ``changed_at`` is in seconds since the epoch.

    Equal to itself alone, so that what is made of one can be kept by it.

    ``ordered`` are the types as they are listed; ``others`` reports the entries that have no id, by path.
    ``listings`` counts the different listings so far, this one included. ``restricted`` are the listed types that are
    not offered to every project, ``states`` counts the entries in each state; ``filtered`` keeps a few listings without
    some of them, by the ids that are left out.
    """

    types: Mapping[ClusterTypeId, PublishedType]
    listing: Representation
    slots: Mapping[ClusterTypeId, Slot]
    ordered: Sequence[PublishedType] = ()
    others: Mapping[str, EntryReport] = field(default_factory=dict)
    changed_at: float = 0.0
    listings: int = 0
    restricted: Sequence[PublishedType] = ()
    states: Counter[State] = field(default_factory=Counter)
    filtered: dict[frozenset[ClusterTypeId], Representation] = field(default_factory=dict, compare=False, repr=False)

    def find_excluded(self, project_id: str) -> frozenset[ClusterTypeId]:
        """The listed types that are not offered to a project."""
        rules = ((each.cluster_type.id, each.cluster_type.projects) for each in self.restricted)
        return frozenset(id_ for id_, projects in rules if projects is not None and not projects.admits(project_id))

    def reports(self) -> list[EntryReport]:
        """Every entry of the enabled folder, sorted by path."""
        own = [self._complete(report) for slot in self.slots.values() for report in slot.reports]
        return sorted((*own, *self.others.values()), key=lambda report: report.path)

    def find_reports(self, name: str) -> list[EntryReport]:
        """The entries of an id, or of the type that it is a preset of; where there are none, those of that name."""
        slot = self.find_slot(name)
        if slot is not None:
            return [self._complete(report) for report in slot.reports]
        return [each for each in self.reports() if name in (each.path, os.path.splitext(each.path)[0])]

    def find_slot(self, cluster_type_id: str) -> Slot | None:
        """What is known of an id, or of the type that has a preset of it; None where there is none."""
        own = self.slots.get(ClusterTypeId(cluster_type_id))
        base = self.slots.get(ClusterTypeId(cluster_type_id.rpartition(PRESET_SEPARATOR)[0]))
        has_preset = base is not None and any(each.cluster_type.id == cluster_type_id for each in base.presets)
        return base if own is None and has_preset else own

    def _complete(self, report: EntryReport) -> EntryReport:
        """The report with the problems that it has as long as other types are missing."""
        missing = [problem for each, problem in report.unless_known.items() if each not in self.types]
        return replace(report, problems=(*report.problems, *missing)) if missing else report

    @property
    def revision(self) -> str:
        """Identifies the content of the listing; the same in every worker and replica."""
        return self.listing.entity_tag[3:-1][:12]


EMPTY: Snapshot = Snapshot(MappingProxyType({}), Representation(b"[]", build_entity_tag([]), 0), MappingProxyType({}))
"""The catalogue before anything was loaded."""
