"""Resources that do not wait for what they need to be there, so that it is left to chance whether a launch fails.

Servers and ports wait for the subnets of their networks that are in the same template: ``add_dependencies`` of
``heat.engine.resources.openstack.nova.server`` and ``neutron.port``. What is in a stack of its own does not: then a
port may have no address, and Nova refuses a network without a subnet. A floating IP waits for the router interface of a
subnet that the port's ``fixed_ips`` name (``neutron.floatingip``), and for no other; a server that has one for its port
waits for none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from builder.hot.language import NESTED_SUFFIXES
from builder.hot.resource_types import MADE_BY
from builder.hot_lint.conflicts.floating import FLOATING
from builder.hot_lint.conflicts.judged import find_linked, find_mappings, find_referred, read_properties
from builder.hot_lint.conflicts.servers import PORT, SERVER, may_be_floating_ip
from builder.hot_lint.findings import Kind, TemplateProblem, find_reachable
from builder.hot_lint.members import MEMBERS, find_definitions
from builder.hot_lint.scope import ScopedTemplate

_NETWORKS: Final = MADE_BY["neutron.network"]
_SUBNET: Final = "OS::Neutron::Subnet"
_INTERFACE: Final = "OS::Neutron::RouterInterface"
_CONNECTED: Final = (SERVER, PORT)


def find_unawaited(
    templates: Sequence[ScopedTemplate], nested: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[int, TemplateProblem]]:
    """Yield, with its template's number, a problem for each resource that does not wait for what it needs.

    That is a subnet or a router interface. ``nested`` maps the names of files to the templates of nested stacks.
    """
    numbers: dict[str, int] = {}
    resources: dict[str, Mapping[str, Any]] = {}
    for number, each in enumerate(templates):
        own = each.template.get("resources") or {}
        resources.update(own)
        numbers.update(dict.fromkeys(own, number))
    types = {name: str(resource.get("type")) for name, resource in resources.items()}
    if not {_SUBNET, _INTERFACE} <= {*types.values()}:
        return  # without an interface, something is wrong with the network itself
    order = _Order.of(templates, types)
    for name, resource in resources.items():
        awaited = resource.get("depends_on", [])
        awaited = [awaited] if isinstance(awaited, str) else awaited
        if not isinstance(awaited, list) or not all(isinstance(each, str) and each in types for each in awaited):
            continue  # a misspelt name may be the one to wait for
        if types[name] in MEMBERS or types[name].endswith(NESTED_SUFFIXES):
            found = _find_unawaited_subnet(name, resource, order, nested)
        else:
            found = _find_unawaited_interface(name, resources, order)
        yield from ((numbers[name], problem) for problem in found)


@dataclass(frozen=True, slots=True)
class _Order:
    """What waits for what: the type of each resource by name, those that it refers to, and those that wait for it.

    ``subnets`` maps each network to its subnets, ``interfaces`` each subnet to its router interfaces.
    """

    types: Mapping[str, str]
    needs: Mapping[str, Collection[str]]
    dependents: Mapping[str, Sequence[str]]
    subnets: Mapping[str, Sequence[str]]
    interfaces: Mapping[str, Sequence[str]]
    late: Collection[str]
    """All that wait for a router interface, whatever it is connected to."""
    _after_subnets: dict[str, Collection[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, templates: Sequence[ScopedTemplate], types: Mapping[str, str]) -> _Order:
        """Read the order of all resources of the templates, which are composed into one."""
        needs: dict[str, set[str]] = {name: set() for name in types}
        for template in templates:
            for reference in template.reading.references:
                if reference.kind is Kind.RESOURCE and reference.owner and reference.name in types:
                    needs[reference.owner].add(reference.name)
        subnets: dict[str, list[str]] = {name: [] for name, type_ in types.items() if type_ in _NETWORKS}
        interfaces: defaultdict[str, list[str]] = defaultdict(list)
        for name, type_ in types.items():
            for each in needs[name] if type_ == _SUBNET else ():
                if each in subnets:
                    subnets[each].append(name)
            for each in needs[name] if type_ == _INTERFACE else ():
                interfaces[each].append(name)
        dependents: defaultdict[str, list[str]] = defaultdict(list)
        for name, type_ in types.items():
            if type_ in _CONNECTED:
                needs[name].update(subnet for network in [*needs[name]] for subnet in subnets.get(network, ()))
            for each in needs[name]:
                dependents[each].append(name)
        late = _follow([name for name, type_ in types.items() if type_ == _INTERFACE], dependents)
        return cls(types, needs, dependents, subnets, interfaces, late)

    def waits_for_subnet(self, name: str, network: str) -> bool:
        """Whether a resource waits for a subnet of a network."""
        if network not in self._after_subnets:
            self._after_subnets[network] = _follow(self.subnets[network], self.dependents)
        return name in self._after_subnets[network]


def _follow(names: Collection[str], dependents: Mapping[str, Sequence[str]]) -> Collection[str]:
    """The names of all that wait for any of some resources, directly or by way of others."""
    direct = (each for name in names for each in dependents.get(name, ()))
    return find_reachable(direct, lambda name: dependents.get(name, ()))


def _find_unawaited_subnet(
    name: str, stack: Mapping[str, Any], order: _Order, nested: Mapping[str, Mapping[str, Any]]
) -> Iterator[TemplateProblem]:
    given = [] if name in order.late else sorted(order.needs[name] & order.subnets.keys())
    for network in given if _makes_ports(stack, nested, frozenset()) else ():
        if order.subnets[network] and not order.waits_for_subnet(name, network):
            subnet = order.subnets[network][0]
            waits = f"{name!r} is given {network!r}, and does not wait for its subnet {subnet!r}"
            message = f"{waits}: what is in a stack of its own may be made before the subnet"
            hint = f"add depends_on: {[*order.interfaces.get(subnet, ()), subnet][0]}"
            yield TemplateProblem("unawaited-subnet", message, ("resources", name), hint, key=True)
            return


def _find_unawaited_interface(
    name: str, resources: Mapping[str, Mapping[str, Any]], order: _Order
) -> Iterator[TemplateProblem]:
    """Yield a problem if a resource gives a port a floating IP, and does not wait for the router of its network."""
    properties = {} if name in order.late else read_properties(resources[name])
    addressed = [find_referred(properties.get("port_id"))] if order.types[name] in FLOATING else []
    if order.types[name] == SERVER:
        for _, each in find_mappings(properties.get("networks")):
            floating = each.get("floating_ip")
            if floating is not None and may_be_floating_ip(floating, order.types):
                addressed.append(find_referred(each.get("port")))
    for port in addressed:
        network = next((each for each in order.needs.get(port, ()) if each in order.subnets), "")
        interfaces = [each for subnet in order.subnets.get(network, ()) for each in order.interfaces.get(subnet, ())]
        if not interfaces or order.types[port] != PORT:
            continue
        fixed = [] if order.types[name] == SERVER else find_mappings(read_properties(resources[port]).get("fixed_ips"))
        if not any(order.interfaces.get(find_linked(address, "subnet")) for _, address in fixed):
            message = f"{name!r} does not wait for {interfaces[0]!r}, without which no router leads to the port"
            hint = f"add depends_on: {interfaces[0]}"
            yield TemplateProblem("unawaited-interface", message, ("resources", name), hint, key=True)
            return


def _makes_ports(resource: Mapping[str, Any], nested: Mapping[str, Mapping[str, Any]], within: frozenset[str]) -> bool:
    """Whether a resource makes servers or ports in a nested stack that has no subnet of its own."""
    for definition, _, _ in find_definitions(resource, ()):
        type_ = str(definition.get("type"))
        if type_ in _CONNECTED:
            return True
        inner = (nested[type_].get("resources") or {}).values() if type_ in nested and type_ not in within else ()
        has_subnet = any(each.get("type") == _SUBNET for each in inner)
        if not has_subnet and any(_makes_ports(each, nested, within | {type_}) for each in inner):
            return True
    return False
