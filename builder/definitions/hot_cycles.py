"""What goes round in a circle: resources that wait for each other, conditions and nested templates in themselves.

Heat refuses each of them, the last by the depth to which it nests stacks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from builder.definitions.hot_findings import Kind, Mistake, NestedUse, Reference
from builder.definitions.hot_scope import ScopedTemplate

Edges = Mapping[str, Mapping[str, tuple[int, Reference]]]
"""What each name needs: the template's number and the reference, by the name that is needed."""


def find_cycles(templates: Sequence[ScopedTemplate]) -> Iterator[tuple[int, Mistake]]:
    """The circles in a scope, one mistake for each: among what is always there, and with each optional component."""
    required = [number for number, each in enumerate(templates) if not each.optional]
    optional = [number for number, each in enumerate(templates) if each.optional]
    for kind in (Kind.RESOURCE, Kind.CONDITION):
        yield from _find_cycles_among(templates, required, kind)
        for number in optional:
            yield from _find_cycles_among(templates, [number, *required], kind, first=number)


def find_nested_cycles(uses: Mapping[str, Sequence[NestedUse]]) -> Iterator[tuple[str, Mistake]]:
    """The circles of nested templates, each with the name of the file it is in; ``uses`` are of each file by name."""
    needs = {name: {use.name: use for use in within if use.certain and use.is_plain} for name, within in uses.items()}
    done: set[str] = set()
    for start in needs:
        path = _find_circle(start, needs, done)
        if path:
            message = f"nested templates contain each other without an end: {' -> '.join([*path, path[0]])}"
            yield path[-1], Mistake("nested-recursion", message, (*needs[path[-1]][path[0]].tokens, "type"))


def _find_cycles_among(
    templates: Sequence[ScopedTemplate], numbers: Sequence[int], kind: Kind, *, first: int | None = None
) -> Iterator[tuple[int, Mistake]]:
    """The circles within some of the templates; with ``first`` only those that take something of this template."""
    needs = _find_edges(templates, numbers, kind)
    used = _find_used(templates, numbers, needs, kind)
    done: set[str] = set()
    for start in needs:
        path = _find_circle(start, needs, done)
        steps = [needs[name][after] for name, after in zip(path, [*path[1:], *path[:1]], strict=True)]
        if steps and (first is None or any(number == first for number, _ in steps)):
            number, reference = steps[-1]
            message = f"{kind}s depend on each other in a circle: {' -> '.join([*path, path[0]])}"
            certain = kind is Kind.RESOURCE or path[0] in used
            yield number, Mistake("dependency-cycle", message, reference.tokens, certain=certain)


def _find_used(templates: Sequence[ScopedTemplate], numbers: Sequence[int], needs: Edges, kind: Kind) -> set[str]:
    """The names that something else certainly refers to, and all that those need: Heat looks at no other condition."""
    references = [reference for number in numbers for reference in templates[number].reading.references]
    pending = [each.name for each in references if each.kind is kind and each.certain and not _owner(each, kind)]
    used: set[str] = set()
    while pending:
        name = pending.pop()
        if name not in used:
            used.add(name)
            pending += needs.get(name, ())
    return used


def _find_edges(templates: Sequence[ScopedTemplate], numbers: Sequence[int], kind: Kind) -> Edges:
    needs: dict[str, dict[str, tuple[int, Reference]]] = defaultdict(dict)
    for number in numbers:
        for reference in templates[number].reading.references:
            owner = _owner(reference, kind)
            if reference.kind is kind and owner and (reference.certain or kind is Kind.CONDITION):
                needs[owner].setdefault(reference.name, (number, reference))
    return needs


def _owner(reference: Reference, kind: Kind) -> str:
    """The resource or the condition in whose definition a reference stands; ``""`` where it is in none."""
    if kind is Kind.RESOURCE:
        return reference.owner
    return str(reference.tokens[1]) if reference.tokens[0] == "conditions" else ""


def _find_circle(start: str, needs: Mapping[str, Mapping[str, Any]], done: set[str]) -> list[str]:
    """A circle that can be reached from ``start`` by names that were not searched before; empty where there is none."""
    path: list[str] = []
    pending = [iter((start,))]
    while pending:
        name = next(pending[-1], None)
        if name is None:
            pending.pop()
            if path:
                done.add(path.pop())
        elif name in path:
            circle = path[path.index(name) :]
            done.update(path)
            return circle
        elif name not in done:
            path.append(name)
            pending.append(iter(needs.get(name, ())))
    return []
