"""Which resource comes first: each after those that it needs. Apart from plans, as it takes nothing but names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter

from builder.sandbox.faults import HeatFault

Needs = Mapping[str, set[str]]
"""What each resource needs, in the template's order."""


def sort_by_needs(needs: Needs, label: Callable[[str], str]) -> tuple[str, ...]:
    """Return the names so that each comes after its needs, otherwise in the template's order.

    Raises HeatFault where some need each other; it names them by ``label``.
    """
    sorter = TopologicalSorter(needs)
    with suppress(CycleError):  # what has no part in it can be had all the same
        sorter.prepare()
    places = {name: place for place, name in enumerate(needs)}
    order: list[str] = []
    while ready := sorter.get_ready():
        order += sorted(ready, key=places.__getitem__)
        sorter.done(*ready)
    pending = needs.keys() - order
    if pending:
        cycle = ", ".join(
            f"{label(name)}: {{{', '.join(map(label, sorted(needs[name] & pending)))}}}"
            for name in needs
            if name in pending
        )
        raise HeatFault(400, "CircularDependencyException", f"Circular Dependency Found: {{{cycle}}}")
    return tuple(order)


def find_dependents(needs: Needs) -> Mapping[str, tuple[str, ...]]:
    """Return what needs each resource, in the template's order."""
    dependents: dict[str, list[str]] = {name: [] for name in needs}
    for name, needed in needs.items():
        for each in needed:
            dependents[each].append(name)
    return {name: tuple(each) for name, each in dependents.items()}
