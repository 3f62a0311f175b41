"""Conflicts between the properties of subnets, ports, router interfaces and security groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final

from builder.hot_lint.conflicts.judged import (
    CONFLICT,
    REFUSED,
    Judged,
    find_mappings,
    find_referred,
    find_text,
    is_given,
)
from builder.hot_lint.findings import TemplateProblem

_SUBNET: Final = "OS::Neutron::Subnet"
_SECURITY_GROUP: Final = "OS::Neutron::SecurityGroup"
_RULE: Final = "OS::Neutron::SecurityGroupRule"
_WITHOUT_PORTS: Final = ("icmp", "icmpv6", "ipv6-icmp", "1", "58", 1, 58)
"""ICMP, as Neutron may be told it: its "range of ports" is a type and a code, of which either may be the greater."""

_WITH_PORTS: Final = ("tcp", "udp", "sctp", "dccp", "udplite", "6", "17", "33", "132", "136", 6, 17, 33, 132, 136)
"""The protocols that have ports: ``neutron.db.securitygroups_db`` wants both ends of a range."""

_NO_PREFIX: Final[Mapping[tuple[str, str], str]] = {
    (_SECURITY_GROUP, _SECURITY_GROUP): (
        "write remote_mode: remote_group_id, and remote_group_id: {{get_resource: {}}}"
    ),
    (_SECURITY_GROUP, _RULE): "write remote_group: {{get_resource: {}}}",
    (_SUBNET, _SECURITY_GROUP): "write {{get_attr: [{}, cidr]}}",
    (_SUBNET, _RULE): "write {{get_attr: [{}, cidr]}}",
}
"""Hints for a ``remote_ip_prefix`` that is the id of a resource.

By the type of that resource, and by the type of the resource that has the rule.
"""


def judge_subnet(subnet: Judged) -> Iterator[TemplateProblem]:
    """Yield problems of its addresses: none or two ways to choose them, ends of pools outside, another IP version.

    Refused by ``heat.engine.resources.openstack.neutron.subnet``, or by Neutron.
    """
    properties = subnet.properties
    if properties.get("cidr") is None and properties.get("subnetpool") is None and subnet.is_complete:
        yield subnet.problem(CONFLICT, "nothing says which addresses the subnet has", hint="give it a cidr")
    elif is_given(properties.get("cidr")) and is_given(properties.get("subnetpool")):
        yield subnet.problem(CONFLICT, "a subnet has a cidr or a subnetpool, not both", "subnetpool")
    servers = properties.get("dns_nameservers")
    for number, server in enumerate(servers if isinstance(servers, list) else []):
        if isinstance(server, str) and "%" not in server and _read_address(server) is None:
            message, hint = f"{server!r} is no address of a name server: Neutron refuses it", "write its IP address"
            yield subnet.problem(REFUSED, message, "dns_nameservers", number, hint=hint)
    network, version = _read_network(properties), str(properties.get("ip_version", 4))
    if network is None:
        return
    if version in ("4", "6") and int(version) != network.version:
        written = "ip_version" if "ip_version" in properties else "cidr"
        message = f"the cidr is of IPv{network.version}, and ip_version is {version}, which Neutron refuses"
        yield subnet.problem(REFUSED, message, written, hint=f"ip_version: {network.version}")
        return
    for number, pool in find_mappings(properties.get("allocation_pools")):
        start, end = (_read_address(find_text(pool, each)) for each in ("start", "end"))
        outside = [key for key, each in (("start", start), ("end", end)) if each is not None and each not in network]
        if len(outside) == 2:
            written = f"the pool {pool['start']} to {pool['end']}"
            yield _tell_outside(subnet, written, network, "allocation_pools", number)
        elif outside:
            yield _tell_outside(subnet, pool[outside[0]], network, "allocation_pools", number, outside[0])
        elif start is not None and end is not None and int(start) > int(end):
            message = f"the pool begins at {start} and ends at {end}: Neutron refuses it"
            yield subnet.problem(REFUSED, message, "allocation_pools", number, "start", hint="swap them")


def judge_port(port: Judged) -> Iterator[TemplateProblem]:
    """Yield a problem for each fixed address of a port that its subnet does not contain."""
    for number, each in find_mappings(port.properties.get("fixed_ips")):
        subnet = port.find_named(each.get("subnet") or each.get("subnet_id"), _SUBNET)
        network = _read_network(subnet) if subnet is not None else None
        address = _read_address(find_text(each, "ip_address"))
        if network is not None and address is not None and address not in network:
            yield _tell_outside(port, each["ip_address"], network, "fixed_ips", number, "ip_address")


def judge_interface(interface: Judged) -> Iterator[TemplateProblem]:
    """Yield a problem if it names neither a subnet nor a port, or both: Heat's ``neutron.router`` refuses that."""
    given = [interface.properties.get(each) for each in ("subnet", "subnet_id", "port", "port_id")]
    if interface.is_complete and all(each is None for each in given):
        message, hint = "nothing says what the router is connected to", "give it a subnet"
        yield interface.problem(CONFLICT, message, hint=hint)
    elif sum(map(is_given, given)) > 1:
        yield interface.problem(CONFLICT, "a router is connected to a subnet or to a port, not to both", "subnet")


def judge_rules(resource: Judged) -> Iterator[TemplateProblem]:
    """Yield what Neutron refuses of each rule of a security group, or of a rule that is a resource of its own."""
    if resource.type == _SECURITY_GROUP:
        for number, rule in find_mappings(resource.properties.get("rules")):
            yield from _judge_rule(resource, rule, "rules", number)
    else:
        yield from _judge_rule(resource, resource.properties)


def _judge_rule(resource: Judged, rule: Mapping[str, Any], *place: str | int) -> Iterator[TemplateProblem]:
    """Yield problems of a rule's range of ports, and of its prefix."""
    least, most = rule.get("port_range_min"), rule.get("port_range_max")
    protocol, prefix = rule.get("protocol"), find_text(rule, "remote_ip_prefix")
    if protocol is None and (is_given(least) or is_given(most)):
        named = "port_range_min" if is_given(least) else "port_range_max"
        message = "a rule with ports needs a protocol, without which Neutron refuses it"
        yield resource.problem(REFUSED, message, *place, named, hint="give it one, such as tcp")
    elif protocol in _WITH_PORTS and is_given(least) is not is_given(most):
        given, lacking = ("min", "max") if is_given(least) else ("max", "min")
        is_misspelt = sum("port" in str(key) for key in rule) > 1
        if rule.get(f"port_range_{lacking}") is None and not is_misspelt:
            message = f"the range of ports has no port_range_{lacking}, without which Neutron refuses the rule"
            hint = f"add port_range_{lacking}, which may be the same"
            yield resource.problem(REFUSED, message, *place, f"port_range_{given}", hint=hint)
    elif isinstance(protocol, str | int) and protocol not in _WITHOUT_PORTS:
        with suppress(TypeError, ValueError):
            if int(least) > int(most):  # type: ignore[arg-type]  # what is no number is told elsewhere
                message = f"the range of ports begins at {least} and ends at {most}"
                yield resource.problem(REFUSED, message, *place, "port_range_min", hint="swap them")
    named = find_referred(rule.get("remote_ip_prefix"))
    is_read = rule.get("remote_mode") in (None, "remote_ip_prefix")
    if is_read and (meant := _NO_PREFIX.get((resource.types.get(named, ""), resource.type))):
        type_, hint = resource.types[named], meant.format(named)
        message = f"a prefix is a range of addresses, and {named!r} is an {type_}: Neutron refuses its id"
        yield resource.problem(REFUSED, message, *place, "remote_ip_prefix", hint=hint)
    version = {"IPv4": 4, "IPv6": 6}.get(str(rule.get("ethertype", "IPv4")))
    with suppress(ValueError):
        network = ip_network(prefix, strict=False)
        if version is not None and network.version != version:
            own = f"IPv{network.version}"
            message = f"{prefix} is of {own}, and the ethertype of the rule IPv{version}, which Neutron refuses"
            yield resource.problem(REFUSED, message, *place, "remote_ip_prefix", hint=f"give it ethertype: {own}")


def _read_network(subnet: Mapping[str, Any]) -> IPv4Network | IPv6Network | None:
    cidr = find_text(subnet, "cidr")
    with suppress(ValueError):
        return ip_network(cidr, strict=False) if "/" in cidr else None
    return None


def _read_address(text: str) -> IPv4Address | IPv6Address | None:
    with suppress(ValueError):
        return ip_address(text)
    return None


def _tell_outside(
    resource: Judged, address: str, network: IPv4Network | IPv6Network, *place: str | int
) -> TemplateProblem:
    message = f"{address} is not in the subnet, {network}: Neutron refuses it"
    return resource.problem(REFUSED, message, *place, hint="take some of its addresses, or mend the cidr")
