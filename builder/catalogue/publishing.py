"""From what was decided about each id to the next snapshot: what it lists, byte for byte, and what it reports.

Only what changed is encoded, counted and put in its place again. Whoever holds the last snapshot keeps it whole, so the
tables are copied, without what is in them, and the listing is joined anew; all that is done for every type is done by
single calls into C: with ten thousand types of 1 KB, some 10 ms for each change.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from email.utils import formatdate
from operator import attrgetter
from types import MappingProxyType
from typing import TypeVar

from builder.catalogue.loader import LoadedEntry
from builder.catalogue.snapshot import EntryReport, PublishedType, Representation, Slot, Snapshot, State
from builder.catalogue.states import Verdict
from builder.catalogue.validators import DAY, build_entity_tag, date_cluster_type, date_listing
from builder.definitions.listing import render_cluster_type
from builder.definitions.model import ClusterType, ClusterTypeId, Lifecycle
from builder.definitions.presets import PRESET_SEPARATOR
from builder.text.json_encoding import encode_json

MANY = 100
"""With more changes than this, sorting all types is cheaper than putting each in its place."""

MAX_FILTERED = 8
"""How many filtered listings a snapshot keeps: each may be as large as the whole, many megabytes."""

_REPRESENTATION = attrgetter("representation")  # one name each: a dotted one takes six times as long
_BODY, _DATE, _TAG = attrgetter("body"), attrgetter("last_modified"), attrgetter("entity_tag")

Key = TypeVar("Key")
Value = TypeVar("Value")


def publish(
    previous: Snapshot,
    verdicts: Mapping[ClusterTypeId, Verdict | None],
    others: Mapping[str, EntryReport | None],
    now: float,
    *,
    first: bool = False,
) -> Snapshot:
    """The snapshot that follows ``previous``; the very same one where nothing that can be seen has changed.

    ``verdicts`` are those of the ids that were looked at, None for one that has no entry any more; ``others`` likewise
    the reports, by path, of entries without an id. ``now`` is in seconds since the epoch. The ``first`` snapshot is a
    new one in any case.
    """
    slots = {
        key: _build_slot(previous, key, verdict, now) if verdict is not None else None
        for key, verdict in verdicts.items()
    }
    changed_slots = {key: slot for key, slot in slots.items() if slot != previous.slots.get(key)}
    changed_others = {path: report for path, report in others.items() if report != previous.others.get(path)}
    if not changed_slots and not changed_others and not first:
        return previous
    all_slots = _updated(previous.slots, changed_slots)
    concerned = {*changed_slots}
    for each in (*map(previous.slots.get, changed_slots), *changed_slots.values()):
        concerned |= {published.cluster_type.id for published in each.listed} if each is not None else set()
    listed = {key: _find_listed(all_slots, key) for key in concerned}
    types = _updated(previous.types, listed)
    ordered = _reorder(previous, types, listed)
    listing = _publish_listing(ordered, now, None if first else previous.listing)
    restricted = previous.restricted
    if any(each is not None and _is_restricted(each) for each in (*map(previous.types.get, listed), *listed.values())):
        restricted = list(filter(_is_restricted, ordered))
    before = _count_states(map(previous.slots.get, changed_slots), map(previous.others.get, changed_others))
    after = _count_states(changed_slots.values(), changed_others.values())
    return Snapshot(
        types=types,
        listing=listing,
        slots=all_slots,
        ordered=ordered,
        others=_updated(previous.others, changed_others),
        changed_at=now,
        listings=previous.listings + (listing is not previous.listing),
        restricted=restricted,
        states=previous.states - before + after,
    )


def publish_without(snapshot: Snapshot, excluded: frozenset[ClusterTypeId]) -> Representation:
    """The listing of a snapshot without some types, with validators of its own; takes as long as the whole listing.

    Any thread may call this: the snapshot keeps a few such listings, and at worst one is made twice.
    """
    listing = snapshot.filtered.get(excluded)
    if listing is None:
        offered = [each for each in snapshot.ordered if each.cluster_type.id not in excluded]
        listing = _publish_listing(offered, snapshot.changed_at, None)
        if len(snapshot.filtered) >= MAX_FILTERED:
            snapshot.filtered.clear()
        snapshot.filtered[excluded] = listing
    return listing


def _find_listed(slots: Mapping[ClusterTypeId, Slot], cluster_type_id: ClusterTypeId) -> PublishedType | None:
    """What is listed by an id: the type of the entry that has it, before a preset of another that has it as well."""
    base = cluster_type_id.rpartition(PRESET_SEPARATOR)[0]
    givers = (slots.get(cluster_type_id), slots.get(ClusterTypeId(base)))
    listed = (each for giver in givers if giver is not None for each in giver.listed)
    return next((each for each in listed if each.cluster_type.id == cluster_type_id), None)


def _publish_type(
    entry: LoadedEntry, cluster_type: ClusterType, now: float, replaced: PublishedType | None
) -> PublishedType:
    rendered = render_cluster_type(cluster_type)
    tag = build_entity_tag([entry.revision.encode(), encode_json(rendered)])
    before = replaced.representation.last_modified if replaced is not None else None
    date = date_cluster_type(tag, entry.last_modified, now, before)
    body = encode_json({**rendered, "last_modified": formatdate(date, usegmt=True)})
    return PublishedType(cluster_type, entry.revision, Representation(body, tag, date), entry.digests())


def _publish_listing(ordered: Sequence[PublishedType], now: float, previous: Representation | None) -> Representation:
    """The listing of types that are in order; the ``previous`` one if that is the same.

    Its newest type carries the date of the listing, so that whoever has all its bodies has that date, too.
    """
    representations = list(map(_REPRESENTATION, ordered))
    tag = build_entity_tag(["\0".join(map(_TAG, representations)).encode()])
    if previous is not None and tag == previous.entity_tag:
        return previous
    dates = list(map(_DATE, representations))
    day = max(dates, default=now - DAY)
    date = date_listing(tag, day, previous.last_modified if previous is not None else None)
    bodies = list(map(_BODY, representations))
    if bodies:  # joined so that each is copied once: all together can be many megabytes
        newest = dates.index(day)
        # The date comes last in a body, and all HTTP dates are of one length.
        end = f'{formatdate(date, usegmt=True)}"}}'.encode()
        bodies[newest] = bodies[newest][: -len(end)] + end
        bodies[0] = b"[" + bodies[0]
        bodies[-1] += b"]"
    return Representation(b",".join(bodies) or b"[]", tag, date)


def _build_slot(previous: Snapshot, cluster_type_id: ClusterTypeId, verdict: Verdict, now: float) -> Slot:
    before = previous.slots.get(cluster_type_id)
    published = before.published if before is not None else None
    presets = before.presets if before is not None else ()
    entry = verdict.accepted
    if entry is not None and (published is None or published.revision != entry.revision):
        cluster_type = entry.outcome.cluster_type
        assert cluster_type is not None  # noqa: S101  # which is what was accepted
        published = _publish_type(entry, cluster_type, now, published)
        known_presets = {each.cluster_type.id: each for each in presets}
        presets = tuple(_publish_type(entry, each, now, known_presets.get(each.id)) for each in cluster_type.presets)
    known = {report.path: report for report in before.reports} if before is not None else {}
    is_stale = verdict.state is State.STALE
    good = published.files if is_stale and published is not None else {}
    successor = published.cluster_type.replaced_by if published is not None else None
    retired = "retired" if successor is None else f"retired, and replaced by {successor!r}"
    since = min((each.stale_since for each in known.values() if each.stale_since is not None), default=now)
    reports = []
    for entry in verdict.entries:
        report = EntryReport(
            path=entry.entry.name,
            state=verdict.state,
            id=entry.entry.id,
            revision=published.revision if published is not None else None,
            changed_at=now,
            problems=tuple(p for p in verdict.problems if len(verdict.entries) == 1 or p.path == entry.entry.name),
            stale_since=since if is_stale else None,
            reason=retired if verdict.state is State.RETIRED else "",
            unless_known=entry.outcome.unless_known,
            changed_files=tuple(sorted(each for each, is_ in entry.digests().items() if is_ != good.get(each, is_))),
        )
        old = known.get(report.path, report)  # which stays where the new one says nothing but a later time
        reports.append(old if replace(report, changed_at=old.changed_at) == old else report)
    return Slot(published, verdict.state, tuple(reports), presets)


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


def _place(published: PublishedType) -> tuple[bool, float, str]:
    cluster_type = published.cluster_type
    return cluster_type.lifecycle is Lifecycle.DEPRECATED, cluster_type.order, cluster_type.id


def _is_restricted(published: PublishedType) -> bool:
    return published.cluster_type.projects is not None


def _count_states(slots: Iterable[Slot | None], others: Iterable[EntryReport | None]) -> Counter[State]:
    counts = Counter(report.state for slot in slots if slot is not None for report in slot.reports)
    counts.update(report.state for report in others if report is not None)
    return counts


def _updated(previous: Mapping[Key, Value], changes: Mapping[Key, Value | None]) -> Mapping[Key, Value]:
    if not changes:
        return previous
    # A view of a dict is copied by its own method in a tenth of the time, and without a step for each key.
    updated = previous.copy() if isinstance(previous, MappingProxyType) else dict(previous)
    for key, value in changes.items():
        if value is None:
            updated.pop(key, None)
        else:
            updated[key] = value
    return MappingProxyType(updated)
