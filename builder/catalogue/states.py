"""What becomes of an id, given what its entries hold now and what was listed before: decisions only, no effects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from builder.catalogue.loader import LoadedEntry
from builder.catalogue.snapshot import PublishedType, State
from builder.definitions.model import ClusterType
from builder.diagnostics.problems import Problem


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one id.

    ``accepted`` is the cluster type to list from now on, None to keep what was listed before, if anything was;
    ``problems`` are all that concern the id.
    """

    state: State
    accepted: ClusterType | None
    entries: tuple[LoadedEntry, ...]
    problems: tuple[Problem, ...]


def judge(entries: Sequence[LoadedEntry], published: PublishedType | None) -> Verdict:
    """Judge the entries of one id, of which there is at least one; ``published`` is what was listed before.

    A type that an edit broke keeps its last good version: the Visualisation App deletes what vanishes from the
    listing. Of two entries with the same id neither wins.
    """
    fallen = State.STALE if published is not None else State.REJECTED
    if len(entries) > 1:
        return Verdict(fallen, None, tuple(entries), tuple(_duplicate(entry, entries) for entry in entries))
    (entry,) = entries
    outcome = entry.outcome
    if outcome.cluster_type is None:
        return Verdict(fallen, None, (entry,), outcome.problems)
    return Verdict(State.LISTED, outcome.cluster_type, (entry,), outcome.problems)


def _duplicate(entry: LoadedEntry, entries: Sequence[LoadedEntry]) -> Problem:
    others = " and ".join(repr(other.entry.name) for other in entries if other is not entry)
    return Problem(
        entry.entry.name, 0, 0, "", "duplicate-id", f"{others} has the same id, {entry.entry.id!r}", "keep one of them"
    )
