"""Circles of resources that wait for each other, of conditions, and of templates that are nested in each other.

Heat refuses all of them, the last because it limits how deep stacks are nested.
"""

from __future__ import annotations

from collections import ChainMap, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from builder.hot_lint.conflicts.judged import find_mappings, find_referred
from builder.hot_lint.conflicts.servers import SERVER
from builder.hot_lint.findings import MAX_NAMED, Kind, NestedUse, Reference, TemplateProblem, find_reachable
from builder.hot_lint.scope import ScopedTemplate

_ADDRESSES: Final = ("first_address", "networks", "addresses")
"""The attributes of a server that tell its address, which its port has before."""

Needs = dict[str, tuple[int, Reference]]
"""What a resource or a condition needs: the template's number and the reference, by the name that is needed."""


def find_cycles(templates: Sequence[ScopedTemplate]) -> Iterator[tuple[int, TemplateProblem]]:
    """Yield a problem for each circle among what is always there, and with each optional component."""
    required = [number for number, each in enumerate(templates) if not each.optional]
    optional = [number for number, each in enumerate(templates) if each.optional]
    for kind in (Kind.RESOURCE, Kind.CONDITION):
        if not any(each.names(kind) for each in templates):
            continue
        shared = _find_edges(templates, required, kind)
        yield from _explain(_find_circles(shared, shared), templates, required, shared, kind)
        own = {number: _find_edges(templates, [number], kind) for number in optional}
        leading_back = _find_leading(shared, {name for edges in own.values() for name in edges})
        for number, edges in own.items():
            searched, needs = ChainMap(edges, leading_back), ChainMap(edges, shared)
            circles = (path for path in _find_circles(edges, searched) if any(name in edges for name in path))
            yield from _explain(circles, templates, [number, *required], needs, kind)


def find_nested_cycles(uses: Mapping[str, Sequence[NestedUse]]) -> Iterator[tuple[str, TemplateProblem]]:
    """Yield a problem for each circle of nested templates, with its file's name; ``uses`` are those in each file."""
    needs = {name: {use.name: use for use in within if use.certain and use.is_plain} for name, within in uses.items()}
    for path in _find_circles(needs, needs):
        message = f"nested templates contain each other without an end: {_show(path)}"
        yield path[-1], TemplateProblem("nested-recursion", message, (*needs[path[-1]][path[0]].tokens, "type"))


def _explain(
    circles: Iterable[Sequence[str]],
    templates: Sequence[ScopedTemplate],
    numbers: Sequence[int],
    needs: Mapping[str, Needs],
    kind: Kind,
) -> Iterator[tuple[int, TemplateProblem]]:
    """Yield a problem for each of the ``circles``, which lie within the templates of these ``numbers``."""
    used: Collection[str] | None = None
    for path in circles:
        if used is None and kind is Kind.CONDITION:
            used = _find_used(templates, numbers, needs, kind)
        steps = [needs[one][other] for one, other in zip(path, (*path[1:], path[0]), strict=True)]
        hints = ((step, _suggest_way_out(step[1], path, templates)) for step in steps)
        (number, reference), hint = next((each for each in hints if each[1]), (steps[-1], ""))
        message = f"{kind}s depend on each other in a circle: {_show(path)}"
        certain = used is None or path[0] in used
        about = tuple(f"{kind} {name}" for name in path)
        yield number, TemplateProblem("dependency-cycle", message, reference.tokens, hint, certain, about=about)


def _suggest_way_out(reference: Reference, path: Sequence[str], templates: Sequence[ScopedTemplate]) -> str:
    """A hint at how to end a circle: without a ``depends_on``, or by the address of a server's port."""
    if "depends_on" in reference.tokens[2:3]:
        return f"remove it: {reference.name!r} needs {reference.owner!r}"
    resources = (each.template["resources"] for each in templates if reference.name in each.names(Kind.RESOURCE))
    resource: Mapping[str, Any] = next((each[reference.name] for each in resources), {})
    if reference.attribute not in _ADDRESSES or resource.get("type") != SERVER:
        return ""
    networks = find_mappings((resource.get("properties") or {}).get("networks"))
    ports = [port for _, each in networks if (port := find_referred(each.get("port"))) and port not in path]
    return f"read it of the port: {{get_attr: [{ports[0]}, fixed_ips, 0, ip_address]}}" if ports else ""


def _show(path: Sequence[str]) -> str:
    """The names of a circle in words, shortened if there are many."""
    left_out = len(path) - MAX_NAMED
    shown = [*path[:MAX_NAMED], f"{left_out:,} more"] if left_out > 0 else path
    return " -> ".join([*shown, path[0]])


def _find_used(
    templates: Sequence[ScopedTemplate], numbers: Sequence[int], needs: Mapping[str, Needs], kind: Kind
) -> set[str]:
    """The names that something else certainly refers to, and all that those need: Heat looks at no other condition."""
    references = [reference for number in numbers for reference in templates[number].reading.references]
    referred = (each.name for each in references if each.kind is kind and each.certain and not _owner(each, kind))
    return find_reachable(referred, lambda name: needs.get(name, ()))


def _find_edges(templates: Sequence[ScopedTemplate], numbers: Sequence[int], kind: Kind) -> dict[str, Needs]:
    needs: dict[str, Needs] = defaultdict(dict)
    for number in numbers:
        for reference in templates[number].reading.references:
            owner = _owner(reference, kind)
            if reference.kind is kind and owner and (reference.certain or kind is Kind.CONDITION):
                needs[owner].setdefault(reference.name, (number, reference))
    return dict(needs)


def _owner(reference: Reference, kind: Kind) -> str:
    """The resource or the condition in whose definition a reference stands; ``""`` where it is in none."""
    if kind is Kind.RESOURCE:
        return reference.owner
    return str(reference.tokens[1]) if reference.tokens[0] == "conditions" else ""


def _find_leading(needs: Mapping[str, Needs], names: Collection[str]) -> dict[str, Needs]:
    """The part of ``needs`` that leads to some names: mostly nothing, as what is required needs nothing optional."""
    users: dict[str, list[str]] = defaultdict(list)
    for name, needed in needs.items():
        for each in needed:
            users[each].append(name)
    direct = (user for name in names for user in users.get(name, ()))
    return {name: needs[name] for name in find_reachable(direct, lambda name: users.get(name, ()))}


def _find_circles(starts: Iterable[str], needs: Mapping[str, Mapping[str, Any]]) -> Iterator[list[str]]:
    """The first circle that each start leads to by names that were not searched before."""
    done: set[str] = set()
    for start in starts:
        path: dict[str, None] = {}  # a list that is quickly looked up in
        pending = [iter((start,))]
        while pending:
            name = next(pending[-1], None)
            if name is None:
                pending.pop()
                if path:
                    done.add(path.popitem()[0])
            elif name in path:
                done.update(path)
                names = list(path)
                yield names[names.index(name) :]
                break
            elif name not in done:
                path[name] = None
                pending.append(iter(needs.get(name, ())))
