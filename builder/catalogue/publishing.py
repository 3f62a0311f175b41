"""From what was decided about each id to the next snapshot: what it lists, byte for byte, and what it reports.

Costs what changed, not what there is: of ten thousand types one is encoded again when one has changed.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from email.utils import formatdate
from types import MappingProxyType
from typing import TypeVar

from builder.catalogue.snapshot import (
    EntryReport,
    PublishedType,
    Representation,
    Slot,
    Snapshot,
    build_entity_tag,
)
from builder.catalogue.states import Verdict
from builder.definitions.listing import render_cluster_type
from builder.definitions.model import ClusterType, ClusterTypeId
from builder.encoding import encode_json

MANY = 100
"""With more changes than this, sorting all types is cheaper than putting each in its place."""

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Moment:
    """What the changes of one snapshot share: when they were found, and the date that the listing carries."""

    now: float
    date: int
    first: bool

    @property
    def dated_from(self) -> int:
        """From when on a client that has a date has this snapshot: a later one is dated after all before it."""
        return int(self.now) if self.first else 0


def publish(
    previous: Snapshot,
    verdicts: Mapping[ClusterTypeId, Verdict | None],
    others: Mapping[str, EntryReport | None],
    now: float,
    oldest_date: int | None = None,
) -> Snapshot:
    """The snapshot that follows ``previous``; the very same one where nothing that can be seen has changed.

    ``verdicts`` are those of the ids that were looked at, None for one that has no entry any more; ``others`` likewise
    the reports, by path, of entries without an id. ``now`` is in seconds since the epoch. At the first load there is
    no previous listing, and ``oldest_date`` is the least that the listing may be dated.
    """
    first = oldest_date is not None
    moment = _Moment(now, _listing_date(previous, verdicts, now, oldest_date), first)
    slots = {
        key: _build_slot(previous, key, verdict, moment) if verdict is not None else None
        for key, verdict in verdicts.items()
    }
    changed_slots = {key: slot for key, slot in slots.items() if slot != previous.slots.get(key)}
    changed_others = {path: report for path, report in others.items() if report != previous.others.get(path)}
    if not changed_slots and not changed_others and not first:
        return previous
    listed = {key: slot.published if slot is not None else None for key, slot in changed_slots.items()}
    types = _updated(previous.types, listed)
    ordered = _reorder(previous, types, listed)
    listing = publish_listing(ordered, moment.date, moment.dated_from)
    if listing.entity_tag == previous.listing.entity_tag and not first:
        listing = previous.listing
    return Snapshot(
        types=types,
        listing=listing,
        slots=_updated(previous.slots, changed_slots),
        ordered=ordered,
        others=_updated(previous.others, changed_others),
        changed_at=now,
        listings=previous.listings + (listing is not previous.listing),
    )


def publish_type(
    cluster_type: ClusterType, revision: str, modified: int, date: int, dated_from: int = 0
) -> PublishedType:
    """Encode a cluster type; ``modified`` is shown in the body, the dates are those of the representation."""
    rendered = render_cluster_type(cluster_type)
    tag = build_entity_tag([revision.encode(), encode_json(rendered)])
    body = encode_json({**rendered, "last_modified": formatdate(modified, usegmt=True)})
    return PublishedType(cluster_type, revision, modified, Representation(body, tag, date, dated_from))


def publish_listing(ordered: Sequence[PublishedType], date: int, dated_from: int = 0) -> Representation:
    """The listing of types that are in order."""
    representations = [published.representation for published in ordered]
    body = _join_array([each.body for each in representations])
    tag = build_entity_tag(["\0".join([each.entity_tag for each in representations]).encode()])
    return Representation(body, tag, date, dated_from)


def _join_array(items: list[bytes]) -> bytes:
    """A JSON array of encoded values; each is copied once, as all together can be many megabytes."""
    if not items:
        return b"[]"
    items[0] = b"[" + items[0]
    items[-1] += b"]"
    return b",".join(items)


def date_of_change(newest: int, previous: int, now: float) -> int:
    """The date that a changed listing carries, so that no client with an older one is told that nothing changed.

    ``newest`` is the newest date in the bodies that are new, ``previous`` the date of the listing before, which is at
    least that of its newest body; all are in seconds since the epoch. The Visualisation App sends the newest date of
    the bodies that it has, which is at most ``previous``. A change that brings a newer date is told by it. One that
    does not (a type was removed, a file with an old date was enabled, two changes fell into one second) is dated after
    everything that was handed out before.
    """
    return newest if newest > previous else max(previous + 1, int(now))


def _listing_date(
    previous: Snapshot, verdicts: Mapping[ClusterTypeId, Verdict | None], now: float, oldest_date: int | None
) -> int:
    accepted = (verdict for verdict in verdicts.values() if verdict is not None and verdict.accepted is not None)
    newest = max((verdict.entries[0].last_modified for verdict in accepted), default=0)
    if oldest_date is not None:
        # What was removed while no service ran shows in the date of the folder alone, which is then too late for every
        # date that was handed out before.
        return oldest_date + 1 if oldest_date > newest else newest
    return date_of_change(newest, previous.listing.last_modified, now)


def _build_slot(previous: Snapshot, cluster_type_id: ClusterTypeId, verdict: Verdict, moment: _Moment) -> Slot:
    before = previous.slots.get(cluster_type_id)
    published = before.published if before is not None else None
    if verdict.accepted is not None:
        entry = verdict.entries[0]
        if published is None or published.revision != entry.revision:
            fresh = moment.first or entry.last_modified > previous.listing.last_modified
            own_date = entry.last_modified if fresh else moment.date
            published = publish_type(verdict.accepted, entry.revision, entry.last_modified, own_date, moment.dated_from)
    known = {report.path: report for report in before.reports} if before is not None else {}
    reports = tuple(_keep(known.get(report.path), report) for report in _reports(verdict, published, moment.now))
    return Slot(published, verdict.state, reports, verdict.problems)


def _reports(verdict: Verdict, published: PublishedType | None, now: float) -> Iterable[EntryReport]:
    for entry in verdict.entries:
        yield EntryReport(
            path=entry.entry.name,
            state=verdict.state,
            id=entry.entry.id,
            revision=published.revision if published is not None else None,
            changed_at=now,
            problems=tuple(p for p in verdict.problems if len(verdict.entries) == 1 or p.path == entry.entry.name),
        )


def _keep(known: EntryReport | None, report: EntryReport) -> EntryReport:
    """The known report where the new one says nothing but a later time."""
    return known if known is not None and replace(report, changed_at=known.changed_at) == known else report


def _reorder(
    previous: Snapshot,
    types: Mapping[ClusterTypeId, PublishedType],
    listed: Mapping[ClusterTypeId, PublishedType | None],
) -> Sequence[PublishedType]:
    """All ``types`` in the order of the listing, given that those in ``listed`` are not as they were."""
    if len(listed) > MANY:
        return sorted(types.values(), key=_place)
    ordered = list(previous.ordered)
    for cluster_type_id, published in listed.items():
        before = previous.types.get(cluster_type_id)
        if before is not None:
            del ordered[bisect_left(ordered, _place(before), key=_place)]
        if published is not None:
            insort(ordered, published, key=_place)
    return ordered


def _place(published: PublishedType) -> tuple[float, str]:
    return published.cluster_type.order, published.cluster_type.id


def _updated(previous: Mapping[Key, Value], changes: Mapping[Key, Value | None]) -> Mapping[Key, Value]:
    updated = dict(previous)
    for key, value in changes.items():
        if value is None:
            updated.pop(key, None)
        else:
            updated[key] = value
    return MappingProxyType(updated)
