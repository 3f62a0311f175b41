"""Floating IPs for ports that no router leads to: Neutron refuses them, and the launch fails late.

Told only where the port, its network and its subnets are all made here, and every router interface is known. Neutron
says that the external network is not reachable from the subnet (``neutron.db.l3_db``), also where the router has no
gateway.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from builder.hot.language import NESTED_SUFFIXES
from builder.hot.resource_types import load_names, load_types
from builder.hot_lint.conflicts.judged import REFUSED, find_linked, find_mappings, find_referred
from builder.hot_lint.findings import TemplateProblem
from builder.hot_lint.members import find_definitions

FLOATING: Final = ("OS::Neutron::FloatingIP", "OS::Neutron::FloatingIPAssociation")
_INTERFACE: Final = "OS::Neutron::RouterInterface"
_WIRED: Final = frozenset({
    "OS::Neutron::Net", "OS::Neutron::Subnet", "OS::Neutron::Port", "OS::Neutron::Router", _INTERFACE, *FLOATING
})  # fmt: skip
_STACK: Final = "OS::Heat::Stack"

_MOST_SUBNETS: Final = 100
"""A network with more subnets is not judged, so that many floating IPs cost no time: no cluster has as many."""

_Resources = Mapping[str, Mapping[str, Any]]
"""The properties of resources by their names."""


def find_unreachable(
    templates: Sequence[Mapping[str, Any]], nested: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[int, TemplateProblem]]:
    """Yield, with its template's number, a problem for each floating IP whose port no router connects to a gateway.

    ``templates`` are composed into one, and ``nested`` are those that they use.
    """
    made: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    floating: list[tuple[int, str, Mapping[str, Any]]] = []
    for number, template in enumerate(templates):
        for name, resource in (template.get("resources") or {}).items():
            type_, properties = str(resource.get("type")), resource.get("properties") or {}
            if type_ in _WIRED and _is_understood(resource):
                made[type_][name] = properties
                if type_ in FLOATING and resource.get("condition") in (None, True):
                    floating.append((number, name, properties))
    if not floating:
        return
    wiring = _Wiring.of(made)
    problems: list[tuple[int, TemplateProblem]] = []
    for number, name, properties in floating:
        port = wiring.ports.get(find_referred(properties.get("port_id")))
        message, hint = wiring.judge(port) if port is not None else ("", "")
        if message:
            place, message = ("resources", name, "properties", "port_id"), f"Neutron refuses the floating IP: {message}"
            problems.append((number, TemplateProblem(REFUSED, message, place, hint, about=("section resources",))))
    if problems and not _may_be_connected_elsewhere(templates, nested):
        yield from problems


def _is_understood(resource: Mapping[str, Any]) -> bool:
    """Whether Heat makes the resource, and all its properties are known: a misspelt one could be any of them."""
    properties = resource.get("properties") or {}
    known = load_types().get(str(resource.get("type")), {}).get("properties", {})
    return resource.get("external_id") is None and isinstance(properties, dict) and properties.keys() <= known.keys()


def _may_be_connected_elsewhere(templates: Sequence[Mapping[str, Any]], nested: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a nested stack, a group or a type of a plug-in may make a router interface that is not seen here."""
    for number, template in enumerate([*templates, *nested]):
        for name, resource in (template.get("resources") or {}).items():
            for definition, tokens, _ in find_definitions(resource, ("resources", name)):
                type_ = str(definition.get("type"))
                is_within = number >= len(templates) or len(tokens) > 2 or not _is_understood(definition)
                is_known = type_ in load_names() or type_.endswith(NESTED_SUFFIXES)
                if not is_known or type_ == _STACK or (is_within and type_ == _INTERFACE):
                    return True
    return False


@dataclass(frozen=True, slots=True)
class _Wiring:
    """Which subnets each network has, and which routers each subnet is connected to.

    The name ``""`` stands for a network, a subnet or a router that is not one of the resources at hand.
    """

    ports: _Resources
    routers: _Resources
    subnets: Mapping[str, Sequence[str]]
    connected: Mapping[str, Collection[str]]

    @classmethod
    def of(cls, made: Mapping[str, _Resources]) -> _Wiring:
        """Read the wiring from the properties of resources, which are given by type and name."""
        ports, routers, made_subnets = (made.get(f"OS::Neutron::{each}", {}) for each in ("Port", "Router", "Subnet"))
        subnets: dict[str, list[str]] = {name: [] for name in made.get("OS::Neutron::Net", {})}
        for name, subnet in made_subnets.items():
            network = find_linked(subnet, "network")
            subnets.setdefault(network if network in subnets else "", []).append(name)
        connected: dict[str, set[str]] = defaultdict(set)
        for interface in made.get(_INTERFACE, {}).values():
            named, port, router = (find_linked(interface, each) for each in ("subnet", "port", "router"))
            reached = subnets.get(find_linked(ports[port], "network"), [""]) if port in ports else [named]
            for each in reached[: _MOST_SUBNETS + 1]:
                connected[each if each in made_subnets else ""].add(router if router in routers else "")
        return cls(ports, routers, subnets, dict(connected))

    def judge(self, port: Mapping[str, Any]) -> tuple[str, str]:
        """The message and the hint for a port that no router leads to; both are ``""`` if one does, or may."""
        network = find_linked(port, "network")
        own = self.subnets.get(network, ())
        if not network or network not in self.subnets or "" in self.connected or len(own) > _MOST_SUBNETS:
            return "", ""
        named = [find_linked(each, "subnet") for _, each in find_mappings(port.get("fixed_ips"))]
        subnets = named if named and all(each in own for each in named) else own
        if not subnets:
            is_known = "" not in self.subnets
            message, hint = "the port has no address, as its network has no subnet", "make an OS::Neutron::Subnet of it"
            return (message, hint) if is_known else ("", "")
        routers = {router for subnet in subnets for router in self.connected.get(subnet, ())}
        if not routers:
            hint = f"add an OS::Neutron::RouterInterface with subnet: {{get_resource: {subnets[0]}}}"
            return f"nothing connects subnet {subnets[0]!r} to a router", hint
        if all(router and self.routers[router].get("external_gateway_info") is None for router in routers):
            router = min(routers)
            hint = f"give {router} external_gateway_info: {{network: ...}}"
            return f"router {router!r} has no external gateway", hint
        return "", ""
