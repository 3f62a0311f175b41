"""What other tools, APIs and clouds call Heat's own types of resources and their properties: words for hints.

From OpenStack's APIs and its command line, Terraform, Ansible, CloudFormation and cloud-init. Data, and how it is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from builder.hot.resource_types import load_names

_SERVER: Final = "OS::Nova::Server"
_KEY_NAME: Final = "key keypair key_pair keyname ssh_key ssh_key_name ssh_keys key_pair_name keypair_name"
_PORTS: Final = "port ports port_range from_to dst_port destination_port dport portrange"
_RULE: Final = {
    "port_range_min: {} and port_range_max: {}": _PORTS,
    "port_range_min": "from_port min_port port_min port_from start_port port_start port_range_from range_min",
    "port_range_max": "to_port max_port port_max port_to end_port port_end port_range_to range_max",
    "remote_ip_prefix": "cidr cidrs cidr_block cidr_blocks cidr_ip source source_ip source_cidr source_address "
    "remote_ip remote_cidr ip_prefix prefix ip_range allowed_cidr address remote_prefix remote_ip_range",
    "protocol": "proto ip_protocol protocols",
    "ethertype": "ip_version ether_type address_family family",
    "direction": "type traffic",
}

PROPERTIES: Final[Mapping[str, Mapping[str, str]]] = {
    "OS::Neutron::SecurityGroup": {
        "rules": "ingress egress rule security_group_rules ingress_rules security_group_ingress inbound",
    },
    "OS::Neutron::SecurityGroup.rules.*": {
        **_RULE,
        "remote_mode: remote_group_id, and remote_group_id: {}": "source_security_group source_security_group_id "
        "remote_group remote_security_group source_group security_group security_groups",
    },
    "OS::Neutron::SecurityGroupRule": {
        **_RULE,
        "security_group": "security_group_id group group_id parent_group_id security_groups",
        "remote_group": "remote_group_id source_security_group source_security_group_id source_group",
    },
    _SERVER: {
        "image": "image_id image_name imageref image_ref os source_image ami ami_id",
        "flavor": "flavour flavor_id flavor_name flavorref instance_type size machine_type type",
        "key_name": _KEY_NAME,
        "user_data": "userdata cloud_init cloud_config init_script startup_script script boot_script user_script",
        "security_groups": "security_group secgroups secgroup security_group_ids vpc_security_group_ids",
        "networks": "nics nic network_interfaces interfaces network_interface",
        "networks: [{{network: {}}}]": "network net nets network_id network_ids network_name",
        "networks: [{{subnet: {}}}]": "subnet subnets subnet_id",
        "networks: [{{port: {}}}]": "port ports port_id",
        "metadata": "meta",
        "availability_zone": "zone az",
        "name": "hostname server_name",
        "block_device_mapping_v2": "block_device block_devices volumes volume disks boot_volume block_device_mappings",
        "config_drive": "configdrive",
        "scheduler_hints": "server_group group hints",
        "admin_pass": "password admin_password adminpass",
        "tags": "labels",
    },
    "OS::Nova::Server.networks.*": {
        "network": "net network_id net_id network_name name id",
        "port": "port_id",
        "subnet": "subnet_id",
        "fixed_ip": "ip ip_address address fixed_ip_v4 v4_fixed_ip fixed_ips private_ip",
    },
    "OS::Nova::Server.block_device_mapping_v2.*": {
        "image": "image_ref source uuid",
        "volume_size": "size size_gb",
        "volume_id": "volume",
        "delete_on_termination": "delete",
    },
    "OS::Nova::KeyPair": {"public_key": "key key_data ssh_key publickey public_key_material"},
    "OS::Nova::ServerGroup": {"policies": "policy"},
    "OS::Cinder::Volume": {
        "size": "size_gb capacity volume_size gb size_gib disk_size gigabytes storage allocated_storage",
        "volume_type": "type volume_class storage_class",
        "image": "image_id image_ref source_image",
        "source_volid": "source_volume source_vol_id source",
        "availability_zone": "zone az",
    },
    "OS::Cinder::VolumeAttachment": {
        "instance_uuid": "server server_id instance instance_id node host server_uuid vm",
        "volume_id": "volume disk volume_uuid",
        "mountpoint": "device mount_point device_name mount path",
    },
    "OS::Neutron::Net": {"admin_state_up": "admin_state enabled", "dns_domain": "domain"},
    "OS::Neutron::Subnet": {
        "network": "net network_name",
        "cidr": "network_address range ip_range address_range subnet_range address prefix cidr_block subnet addresses",
        "gateway_ip": "gateway gw default_gateway router gateway_address",
        "dns_nameservers": "dns dns_servers nameservers name_servers dns_nameserver nameserver dns_server",
        "allocation_pools": "allocation_pool pool pools dhcp_range ip_pool address_pool",
        "enable_dhcp": "dhcp dhcp_enabled",
        "host_routes": "routes static_routes",
    },
    "OS::Neutron::Subnet.allocation_pools.*": {
        "start": "from first begin start_ip start_address min",
        "end": "to last stop end_ip end_address max",
    },
    "OS::Neutron::Subnet.host_routes.*": {
        "destination": "dest to cidr network destination_cidr",
        "nexthop": "next_hop via gateway",
    },
    "OS::Neutron::Port": {
        "network": "net network_name",
        "fixed_ips": "fixed_ip ip ip_address ip_addresses addresses address subnet subnet_id subnets private_ip",
        "security_groups": "security_group security_group_ids secgroups secgroup",
        "mac_address": "mac",
    },
    "OS::Neutron::Port.fixed_ips.*": {"ip_address": "ip address fixed_ip", "subnet": "subnet_name"},
    "OS::Neutron::FloatingIP": {
        "floating_network": "network network_id pool external_network public_network floating_ip_pool",
        "port_id": "port internal_port internal_port_id port_name",
        "port_id: {{get_resource: <the server's port>}}": "server server_id instance instance_id device_id",
        "fixed_ip_address": "fixed_ip fixed_address internal_ip",
    },
    "OS::Neutron::FloatingIPAssociation": {
        "floatingip_id": "floating_ip floatingip floating_ip_id floatingip_address allocation_id",
        "port_id": "port",
    },
    "OS::Neutron::Router": {
        "external_gateway_info: {{network: {}}}": "gateway external_network external_network_id network network_id "
        "gateway_network public_network external_gateway",
        "admin_state_up": "admin_state",
    },
    "OS::Neutron::Router.external_gateway_info": {
        "network": "external_network name net",
        "enable_snat": "snat nat",
        "external_fixed_ips": "fixed_ips fixed_ip",
    },
    "OS::Neutron::RouterInterface": {"subnet": "subnets network interface interfaces"},
    "OS::Heat::ResourceGroup": {
        "count": "size replicas number instances desired_capacity amount num",
        "resource_def": "resource template member resource_definition definition",
    },
    "OS::Heat::AutoScalingGroup": {
        "desired_capacity": "count size replicas",
        "max_size": "max maximum",
        "min_size": "min minimum",
        "resource": "resource_def template",
    },
    "OS::Heat::RandomString": {"character_classes": "chars charset characters alphabet"},
    "OS::Heat::SoftwareConfig": {"config": "script content user_data text"},
    "OS::Heat::MultipartMime": {"parts": "part configs"},
    "OS::Heat::CloudConfig": {"cloud_config": "config user_data content"},
}
"""By a type, or a place within its properties, what each property is, and what it is called elsewhere.

What is no name of a property says how the value is written, which goes where ``{}`` stands.
"""

_IP: Final = "address ip ip_address ipv4 ipv4_address ip_addr"
ATTRIBUTES: Final[Mapping[str, Mapping[str, str]]] = {
    _SERVER: {"first_address": f"{_IP} private_ip fixed_ip access_ip access_ip_v4", "name": "hostname"},
    "OS::Neutron::FloatingIP": {"floating_ip_address": f"{_IP} floating_ip public_ip floatingip public_address"},
    "OS::Neutron::Port": {
        "fixed_ips, 0, ip_address": f"{_IP} private_ip fixed_ip fixed_ip_address first_address all_fixed_ips",
    },
    "OS::Heat::RandomString": {"value": "result string random password secret text"},
    "OS::Heat::Value": {"value": "result output"},
}
"""By a type, each attribute, or the way to what is in one, and what it is called elsewhere."""

TYPES: Final[Mapping[str, str]] = {
    _SERVER: "instance server vm virtualmachine computeinstance machine computeserver instances servers",
    "OS::Nova::KeyPair": "keypair key sshkey computekeypair",
    "OS::Nova::ServerGroup": "servergroup computeservergroup placementgroup",
    "OS::Nova::Flavor": "flavor computeflavor",
    "OS::Neutron::Net": "network net networks virtualnetwork networkingnetwork vpc",
    "OS::Neutron::Subnet": "subnet subnetwork networkingsubnet subnets",
    "OS::Neutron::Router": "router networkingrouter routers",
    "OS::Neutron::RouterInterface": "routerinterface networkingrouterinterface routerport routersubnet",
    "OS::Neutron::Port": "port networkingport networkinterface nic ports",
    "OS::Neutron::FloatingIP": "floatingip networkingfloatingip publicip elasticip floatingips floatingipaddress eip",
    "OS::Neutron::FloatingIPAssociation": "floatingipassociate floatingipassociation networkingfloatingipassociate",
    "OS::Neutron::SecurityGroup": "securitygroup secgroup networkingsecgroup securitygroups",
    "OS::Neutron::SecurityGroupRule": "securitygrouprule secgrouprule networkingsecgrouprule securitygrouprules",
    "OS::Cinder::Volume": "volume disk blockstoragevolume volumes blockvolume",
    "OS::Cinder::VolumeAttachment": "volumeattach volumeattachment computevolumeattach servervolume attachment attach",
    "OS::Heat::ResourceGroup": "resourcegroup group",
    "OS::Heat::RandomString": "randomstring password randompassword random",
}
"""By a type, what things of it are called elsewhere, without signs and in small letters."""

_VALUES: Final[Mapping[str, Mapping[str, str]]] = {
    "protocol": {"leave protocol out, which means any": "-1 all any *"},
}
"""By the name of a property, what to do for values that other tools know and Heat does not."""

_TOOLS: Final = re.compile(r"(?:openstack[._]|openstack\.cloud\.|os_|aws_|AWS::\w+::|OS::(\w+)::)(\w+?)(?:_v\d)?")
"""The types of other tools, and those of a namespace; what a plug-in calls its own looks otherwise."""


@cache
def find_foreign_type(type_: str) -> str:
    """The type of Heat's own that one of another tool is meant for; ``""`` where none is known, or it is Heat's own."""
    match = _TOOLS.fullmatch(type_)
    if match is None or (match[1] and match[1] not in _list_namespaces()):
        return ""
    return _invert(TYPES).get(match[2].replace("_", "").casefold(), "")


def find_foreign_property(place: str, name: str) -> str:
    """What another tool's name of a property is meant for, at a place in a table above; ``""`` where none is known."""
    return _list_foreign(place).get(name.casefold().replace("-", "_"), "")


def find_foreign_attribute(type_: str, name: str) -> str:
    """The attribute, or the way into one, that another tool's name of it is meant for; ``""`` where none is known."""
    return _invert(ATTRIBUTES.get(type_, {})).get(name.casefold(), "")


def suggest_foreign_value(name: str, value: str) -> str:
    """What to write for another tool's value of a property; ``""`` where none is known."""
    return _invert(_VALUES.get(name, {})).get(value.casefold(), "")


@cache
def _list_foreign(place: str) -> Mapping[str, str]:
    return _invert(PROPERTIES.get(place, {}))


def _invert(table: Mapping[str, str]) -> dict[str, str]:
    return {name: own for own, names in table.items() for name in names.split()}


@cache
def _list_namespaces() -> frozenset[str]:
    own = {name.split("::")[1] for name in load_names() if name.startswith("OS::")}
    return frozenset({*own, "Compute", "Network", "Networking", "BlockStorage", "Storage", "Volume"})
