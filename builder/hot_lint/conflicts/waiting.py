"""Groups and nested templates that do not wait for the subnet of the network which they are given.

Servers and ports wait for the subnets of their networks that are in the same template: ``add_dependencies`` of
``heat.engine.resources.openstack.nova.server`` and ``neutron.port``. What is in a stack of its own does not: then it is
left to chance whether a port has an address, and Nova refuses a network without a subnet.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from builder.hot.language import NESTED_SUFFIXES
from builder.hot.resource_types import MADE_BY
from builder.hot_lint.conflicts.servers import SERVER
from builder.hot_lint.findings import Kind, TemplateProblem
from builder.hot_lint.members import MEMBERS, find_definitions
from builder.hot_lint.scope import ScopedTemplate

_NETWORKS: Final = MADE_BY["neutron.network"]
_SUBNET: Final = "OS::Neutron::Subnet"
_INTERFACE: Final = "OS::Neutron::RouterInterface"
_CONNECTED: Final = (SERVER, "OS::Neutron::Port")


def find_unawaited_subnets(
    templates: Sequence[ScopedTemplate], nested: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[int, TemplateProblem]]:
    """Each group, and each nested template, that may be made before the subnet of its network: its template's number.

    ``nested`` are the templates of stacks by the names of their files.
    """
    types = {
        name: str(resource.get("type"))
        for each in templates
        for name, resource in (each.template.get("resources") or {}).items()
    }
    if not {_SUBNET, _INTERFACE} <= {*types.values()} or not any(map(_is_stack, types.values())):
        return  # without an interface, something is wrong with the network itself
    needs = _read_needs(templates, types)
    subnets = {
        network: [name for name in needs if types[name] == _SUBNET and network in needs[name]]
        for network, type_ in types.items()
        if type_ in _NETWORKS
    }
    for name, type_ in types.items():
        if type_ in _CONNECTED:
            needs[name].update(subnet for network in [*needs[name]] for subnet in subnets.get(network, ()))
    for number, each in enumerate(templates):
        for name, resource in (each.template.get("resources") or {}).items():
            is_plain = _is_stack(types[name]) and _names_all(resource.get("depends_on", []), types)
            given = sorted(needs[name] & subnets.keys()) if is_plain else ()
            awaited = _follow(name, needs) if given and _makes_ports(resource, nested, frozenset()) else {*types}
            if any(types[each] == _INTERFACE for each in awaited):
                continue  # whatever that is connected to
            network = next((each for each in given if subnets[each] and awaited.isdisjoint(subnets[each])), "")
            if network:
                subnet = subnets[network][0]
                interfaces = [one for one in needs if types[one] == _INTERFACE and subnet in needs[one]]
                waits = f"{name!r} is given {network!r}, and does not wait for its subnet {subnet!r}"
                message = f"{waits}: what is in a stack of its own may be made before"
                hint = f"add depends_on: {[*interfaces, subnet][0]}"
                yield number, TemplateProblem("unawaited-subnet", message, ("resources", name), hint, key=True)


def _names_all(depends_on: Any, types: Mapping[str, str]) -> bool:
    """Whether what a resource depends on is there; if not, that is told, and what is meant may be waited for."""
    names = [depends_on] if isinstance(depends_on, str) else depends_on
    return isinstance(names, list) and all(isinstance(each, str) and each in types for each in names)


def _read_needs(templates: Sequence[ScopedTemplate], types: Mapping[str, str]) -> dict[str, set[str]]:
    """By the name of each resource, those that it refers to."""
    needs: dict[str, set[str]] = {name: set() for name in types}
    for each in templates:
        for reference in each.reading.references:
            if reference.kind is Kind.RESOURCE and reference.owner and reference.name in types:
                needs[reference.owner].add(reference.name)
    return needs


def _is_stack(type_: str) -> bool:
    return type_ in MEMBERS or type_.endswith(NESTED_SUFFIXES)


def _follow(name: str, needs: Mapping[str, Collection[str]]) -> set[str]:
    """All that a resource waits for."""
    awaited: set[str] = set()
    pending = [*needs.get(name, ())]
    while pending:
        each = pending.pop()
        if each not in awaited:
            awaited.add(each)
            pending += needs.get(each, ())
    return awaited


def _makes_ports(resource: Mapping[str, Any], nested: Mapping[str, Mapping[str, Any]], within: frozenset[str]) -> bool:
    """Whether a resource makes servers or ports in a stack of its own, which has no subnet of its own for them."""
    for definition, _, _ in find_definitions(resource, ()):
        type_ = str(definition.get("type"))
        if type_ in _CONNECTED:
            return True
        inner = (nested[type_].get("resources") or {}).values() if type_ in nested and type_ not in within else ()
        has_subnet = any(each.get("type") == _SUBNET for each in inner)
        if not has_subnet and any(_makes_ports(each, nested, within | {type_}) for each in inner):
            return True
    return False
