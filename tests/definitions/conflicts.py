"""Resources whose properties are refused together, each with the change that mends it.

``resources`` is YAML; where it has ``WRONG``, the one of ``mend`` stands for what is right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

NETWORK: Final = """\
net: {type: OS::Neutron::Net}
sub: {type: OS::Neutron::Subnet, properties: {network: {get_resource: net}, cidr: 10.50.0.0/24}}
"""
_SERVER: Final = "server: {type: OS::Nova::Server, properties: {flavor: m1.tiny, %s}}\n"


@dataclass(frozen=True)
class Conflict:
    """What is ``wrong`` in resources, what is ``right`` there, and where (the end of its pointer) it is told of."""

    resources: str
    wrong: str
    right: str
    place: str

    def build(self, *, mended: bool) -> dict[str, Any]:
        """A template of the resources."""
        text = self.resources.replace("WRONG", self.right if mended else self.wrong)
        return {"heat_template_version": "2021-04-16", "resources": yaml.safe_load(text)}


REFUSED_BY_HEAT: Final[Mapping[str, Conflict]] = {
    "a server without an image": Conflict(
        NETWORK + _SERVER % "networks: [{network: {get_resource: net}}], WRONG", "name: x", "image: fedora-coreos",
        "server/type",
    ),
    "a device of nothing": Conflict(
        _SERVER % "image: fedora-coreos, block_device_mapping_v2: [{boot_index: 1, WRONG}], networks: [{network: x}]",
        "device_type: disk", "swap_size: 1", "block_device_mapping_v2/0",
    ),
    "a device from which nothing is booted": Conflict(
        _SERVER % "block_device_mapping_v2: [{WRONG, delete_on_termination: true}], networks: [{network: x}]",
        "swap_size: 1", "image: fedora-coreos, boot_index: 0", "block_device_mapping_v2",
    ),
    "groups of a server with a port": Conflict(
        NETWORK + "port: {type: OS::Neutron::Port, properties: {network: {get_resource: net}}}\n"
        + _SERVER % "image: fedora-coreos, networks: [{port: {get_resource: port}}], WRONG",
        "security_groups: [default]", "security_groups: []", "security_groups",
    ),
    "a volume of no size": Conflict(
        "r: {type: OS::Cinder::Volume, properties: {WRONG}}\n", "name: x", "size: 1", "r/type"
    ),
    "a subnet without addresses": Conflict(
        "net: {type: OS::Neutron::Net}\n"
        "r: {type: OS::Neutron::Subnet, properties: {network: {get_resource: net}, WRONG}}\n",
        "name: x", "cidr: 10.1.0.0/24", "r/type",
    ),
    "a router that is connected to nothing": Conflict(
        NETWORK + "router: {type: OS::Neutron::Router}\n"
        "r: {type: OS::Neutron::RouterInterface, properties: {router: {get_resource: router}, WRONG}}\n",
        "", "subnet: {get_resource: sub}", "r/type",
    ),
}  # fmt: skip
"""What Heat refuses before it makes anything."""

_GROUP: Final = "r: {type: OS::Neutron::SecurityGroup, properties: {rules: [{%s}]}}\n"
_RULE: Final = (
    "g: {type: OS::Neutron::SecurityGroup}\n"
    "r: {type: OS::Neutron::SecurityGroupRule, properties: {security_group: {get_resource: g}, %s}}\n"
)
_SUBNET: Final = (
    "net: {type: OS::Neutron::Net}\nr: {type: OS::Neutron::Subnet, properties: {network: {get_resource: net}, %s}}\n"
)

_PORT: Final = (
    NETWORK
    + """\
port: {type: OS::Neutron::Port, properties: {network: {get_resource: net}, fixed_ips: [{subnet: {get_resource: sub}}]}}
"""
)
_ROUTER: Final = "router: {type: OS::Neutron::Router, properties: {external_gateway_info: {network: public1}}}\n"
_INTERFACE: Final = """\
interface: {type: OS::Neutron::RouterInterface, properties: {router: {get_resource: router}, %s}}
"""
_ADDRESS: Final = """\
address: {type: OS::Neutron::FloatingIP, properties: {floating_network: public1, port_id: {get_resource: port}}}
"""

REFUSED_BY_NEUTRON: Final[Mapping[str, Conflict]] = {
    "ports without a protocol": Conflict(
        _GROUP % "port_range_min: 22, port_range_max: 22, WRONG", "direction: ingress", "protocol: tcp",
        "rules/0/port_range_min",
    ),
    "a range that ends before it begins": Conflict(
        _GROUP % "protocol: tcp, port_range_max: 80, WRONG", "port_range_min: 8080", "port_range_min: 80",
        "rules/0/port_range_min",
    ),
    "a range without its end": Conflict(
        _GROUP % "protocol: tcp, port_range_min: 80, WRONG", "direction: ingress", "port_range_max: 80",
        "rules/0/port_range_min",
    ),
    "a range without its beginning": Conflict(
        _RULE % "protocol: udp, port_range_max: 80, WRONG", "direction: ingress", "port_range_min: 80",
        "properties/port_range_max",
    ),
    "a group for a prefix": Conflict(
        "other: {type: OS::Neutron::SecurityGroup}\n" + _GROUP % "WRONG: {get_resource: other}",
        "remote_ip_prefix", "remote_mode: remote_group_id, remote_group_id", "rules/0/remote_ip_prefix",
    ),
    "a group for the prefix of a rule of its own": Conflict(
        _RULE % "WRONG: {get_resource: g}", "remote_ip_prefix", "remote_group", "properties/remote_ip_prefix"
    ),
    "a subnet for a prefix": Conflict(
        NETWORK + _GROUP % "remote_ip_prefix: WRONG", "{get_resource: sub}", "{get_attr: [sub, cidr]}",
        "rules/0/remote_ip_prefix",
    ),
    "a prefix of IPv6 in a rule of IPv4": Conflict(
        _GROUP % "remote_ip_prefix: '::/0', WRONG", "ethertype: IPv4", "ethertype: IPv6", "rules/0/remote_ip_prefix"
    ),
    "a rule of its own": Conflict(
        _RULE % "remote_ip_prefix: '::/0', WRONG", "description: x", "ethertype: IPv6", "properties/remote_ip_prefix"
    ),
    "a subnet of IPv6 that says nothing of it": Conflict(
        _SUBNET % "cidr: 'fd00:1::/64', WRONG", "name: x", "ip_version: 6", "properties/cidr"
    ),
    "a pool of other addresses": Conflict(
        _SUBNET % "cidr: 10.50.0.0/24, allocation_pools: [{WRONG}]", "start: 10.5.0.10, end: 10.5.0.99",
        "start: 10.50.0.10, end: 10.50.0.99", "allocation_pools/0",
    ),
    "a pool that ends before it begins": Conflict(
        _SUBNET % "cidr: 10.50.0.0/24, allocation_pools: [{WRONG}]", "start: 10.50.0.99, end: 10.50.0.10",
        "start: 10.50.0.10, end: 10.50.0.99", "allocation_pools/0/start",
    ),
    "a name server that is a name": Conflict(
        _SUBNET % "cidr: 10.50.0.0/24, dns_nameservers: [WRONG]", "dns.example.org", "9.9.9.9", "dns_nameservers/0",
    ),
    "an address of another subnet": Conflict(
        NETWORK + "r: {type: OS::Neutron::Port, properties: {network: {get_resource: net}, fixed_ips: [WRONG]}}\n",
        "{subnet: {get_resource: sub}, ip_address: 10.5.0.5}", "{subnet: {get_resource: sub}, ip_address: 10.50.0.5}",
        "fixed_ips/0/ip_address",
    ),
    "a floating IP without a router interface": Conflict(
        _PORT + _ROUTER + _ADDRESS + "interface: {WRONG}\n", "type: OS::Heat::RandomString",
        "type: OS::Neutron::RouterInterface, properties: {router: {get_resource: router}, subnet: {get_resource: sub}}",
        "address/properties/port_id",
    ),
    "a floating IP behind a router that leads nowhere": Conflict(
        _PORT + "router: {type: OS::Neutron::Router, properties: {WRONG}}\n"
        + _INTERFACE % "subnet: {get_resource: sub}" + _ADDRESS,
        "name: x", "external_gateway_info: {network: public1}", "address/properties/port_id",
    ),
    "a floating IP behind the interface of another subnet": Conflict(
        _PORT + _ROUTER + _ADDRESS + _INTERFACE % "WRONG" + """\
other: {type: OS::Neutron::Net}
beside: {type: OS::Neutron::Subnet, properties: {network: {get_resource: other}, cidr: 10.51.0.0/24}}
""", "subnet: {get_resource: beside}", "subnet: {get_resource: sub}", "address/properties/port_id",
    ),
    "a floating IP that is associated without a router interface": Conflict(
        _PORT + _ROUTER + """\
address: {type: OS::Neutron::FloatingIP, properties: {floating_network: public1}}
association:
  type: OS::Neutron::FloatingIPAssociation
  properties: {floatingip_id: {get_resource: address}, port_id: {get_resource: port}}
interface: {WRONG}
""", "type: OS::Heat::RandomString",
        "type: OS::Neutron::RouterInterface, properties: {router: {get_resource: router}, subnet: {get_resource: sub}}",
        "association/properties/port_id",
    ),
    "a floating IP in a network without a subnet": Conflict(
        """\
net: {type: OS::Neutron::Net}
sub: {type: OS::Neutron::Subnet, properties: {cidr: 10.50.0.0/24, network: {get_resource: WRONG}}}
other: {type: OS::Neutron::Net}
port: {type: OS::Neutron::Port, depends_on: sub, properties: {network: {get_resource: net}}}
""" + _ROUTER + _ADDRESS.replace("FloatingIP,", "FloatingIP, depends_on: interface,")
        + _INTERFACE % "subnet: {get_resource: sub}",
        "other", "net", "address/properties/port_id",
    ),
    "a port that has a floating IP": Conflict(
        _PORT + _ROUTER + _INTERFACE % "subnet: {get_resource: sub}" + _ADDRESS + """\
second:
  type: OS::Neutron::FloatingIP
  depends_on: address
  properties: {floating_network: public1, port_id: {get_resource: WRONG}}
beside:
  type: OS::Neutron::Port
  properties: {network: {get_resource: net}, fixed_ips: [{subnet: {get_resource: sub}}]}
""", "port", "beside", "second/properties/port_id",
    ),
    "a subnet that has a router interface": Conflict(
        NETWORK + _ROUTER + _INTERFACE % "subnet: {get_resource: sub}" + """\
other: {type: OS::Neutron::Router}
second:
  type: OS::Neutron::RouterInterface
  depends_on: interface
  properties: {router: {get_resource: other}, subnet: {get_resource: WRONG}}
beside: {type: OS::Neutron::Subnet, properties: {network: {get_resource: net}, cidr: 10.51.0.0/24}}
""", "sub", "beside", "second/properties/subnet",
    ),
}  # fmt: skip
"""What Heat begins to make, and Neutron refuses."""
