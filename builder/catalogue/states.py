"""What becomes of an id, given what its entries hold now and what was listed before: decisions only, no effects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from builder.catalogue.entries import Entry
from builder.catalogue.loader import LoadedEntry
from builder.catalogue.snapshot import PublishedType, State
from builder.definitions.model import Lifecycle
from builder.diagnostics.problems import Problem


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one id.

    ``accepted`` has the cluster type to list from now on, None to keep what was listed before, if anything was;
    ``problems`` are all that concern the id.
    """

    state: State
    accepted: LoadedEntry | None
    entries: tuple[LoadedEntry, ...]
    problems: tuple[Problem, ...]


def judge(
    entries: Sequence[LoadedEntry],
    published: PublishedType | None,
    restore: Callable[[Entry], LoadedEntry | None] = lambda _: None,
) -> Verdict:
    """Judge the entries of one id, of which there is at least one; ``published`` is its last good version.

    A type that an edit broke keeps its last good version: the Visualisation App deletes what vanishes from the
    listing. Where this process has never seen one, ``restore`` is asked for that of another process. Of two entries
    with the same id neither wins. What was retired stays so, whatever breaks it: it was withdrawn on purpose.
    """
    if len(entries) == 1 and (good := entries[0].outcome.cluster_type) is not None:
        state = State.RETIRED if good.lifecycle is Lifecycle.RETIRED else State.LISTED
        return Verdict(state, entries[0], tuple(entries), entries[0].outcome.problems)
    restored = None
    if published is None:
        restored = next((found for each in entries if (found := restore(each.entry)) is not None), None)
    last = restored.outcome.cluster_type if restored is not None else published.cluster_type if published else None
    fallen = State.REJECTED if last is None else State.RETIRED if last.lifecycle is Lifecycle.RETIRED else State.STALE
    is_alone = len(entries) == 1
    problems = entries[0].outcome.problems if is_alone else report_duplicates([each.entry for each in entries])
    return Verdict(fallen, restored, tuple(entries), problems)


def report_duplicates(entries: Sequence[Entry]) -> tuple[Problem, ...]:
    """The problem that each of several entries has with the others, which have its id."""
    problems = []
    for entry in entries:
        others = " and ".join(repr(other.name) for other in entries if other is not entry)
        message = f"{others} has the same id, {entry.id!r}"
        problems.append(Problem(entry.name, 0, 0, "", "duplicate-id", message, "keep one of them"))
    return tuple(problems)
