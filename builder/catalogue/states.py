"""What becomes of an id, given what its entries hold now and what was listed before: decisions only, no effects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from builder.catalogue.entries import Entry
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
        return Verdict(fallen, None, tuple(entries), report_duplicates([each.entry for each in entries]))
    (entry,) = entries
    outcome = entry.outcome
    if outcome.cluster_type is None:
        return Verdict(fallen, None, (entry,), outcome.problems)
    return Verdict(State.LISTED, outcome.cluster_type, (entry,), outcome.problems)


def report_duplicates(entries: Sequence[Entry]) -> tuple[Problem, ...]:
    """The problem that each of several entries has with the others, which have its id."""
    problems = []
    for entry in entries:
        others = " and ".join(repr(other.name) for other in entries if other is not entry)
        message = f"{others} has the same id, {entry.id!r}"
        problems.append(Problem(entry.name, 0, 0, "", "duplicate-id", message, "keep one of them"))
    return tuple(problems)
