"""Mistakes in what properties are given, each told of in one line: values of calls, resources, and where keys stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest

from tests.checking.mistakes import COMPUTE, LOGIN, NETWORK, NODE, STORAGE, Mistake
from tests.definitions.texts import build, find_rules

PORT: Final = "        - port: {get_resource: login_port}\n"

ASSOCIATION: Final = """
  address:
    type: OS::Neutron::FloatingIPAssociation
    properties:
      port_id: {{get_resource: login_port}}
      floatingip_id: {}

"""

MISTAKES: Final[Mapping[str, Mistake]] = {
    "the name of a parameter for its value": Mistake(
        LOGIN,
        "image: {get_param: image}",
        "image: image",
        "warning: components/login.yaml:57:14: 'image' of OS::Nova::Server is text, not the parameter 'image' "
        "(write {get_param: image}) [property-constraint]",
    ),
    "the name of a parameter that is used nowhere else": Mistake(
        LOGIN,
        "flavor: {get_param: login_flavor}",
        "flavor: login_flavor",
        "warning: components/login.yaml:58:15: 'flavor' of OS::Nova::Server is text, not the parameter 'login_flavor' "
        "(write {get_param: login_flavor}) [property-constraint]",
    ),
    "the name of a parameter as manuals write what is to be replaced": Mistake(
        LOGIN,
        "key_name: {get_param: key_name}",
        "key_name: <key_name>",
        "warning: components/login.yaml:59:17: 'key_name' of OS::Nova::Server is text, not the parameter 'key_name' "
        "(write {get_param: key_name}) [property-constraint]",
    ),
    "the name of a resource as manuals write what is to be replaced": Mistake(
        LOGIN,
        "network: {get_resource: network}",
        "network: <network>",
        "warning: components/login.yaml:42:16: 'network' of OS::Neutron::Port is text, not the resource 'network' "
        "(write {get_resource: network}) [property-constraint]",
    ),
    "a parameter for a number as manuals write what is to be replaced": Mistake(
        STORAGE,
        "size: {get_param: volume_size}",
        "size: <volume_size>",
        "error: components/storage.yaml:15:13: 'size' of OS::Cinder::Volume must be a whole number "
        "(write {get_param: volume_size}) [property-type]",
    ),
    "the name of a parameter for its value to a nested template": Mistake(
        COMPUTE,
        "image: {get_param: image}",
        "image: image",
        "warning: components/compute.yaml:50:18: 'image' of nested/node.yaml is text, not the parameter 'image' "
        "(write {get_param: image}) [property-constraint]",
    ),
    "a parameter for a mapping with one key": Mistake(
        NETWORK,
        "\n        network: {get_param: external_network}",
        " {get_param: external_network}",
        "error: components/network.yaml:27:30: 'external_gateway_info' of OS::Neutron::Router must be a mapping, and "
        "parameter 'external_network' is a string (write {network: {get_param: external_network}}) [property-type]",
    ),
    "a text for a mapping with one key": Mistake(
        NETWORK,
        "\n        network: {get_param: external_network}",
        " external_network",
        "error: components/network.yaml:27:30: 'external_gateway_info' of OS::Neutron::Router must be a mapping (write "
        "{network: {get_param: external_network}}) [property-type]",
    ),
    "a parameter for an item that is a mapping": Mistake(
        NODE,
        "- network: {get_param: network}",
        "- {get_param: network}",
        "error: nested/node.yaml:19:11: 'networks[0]' of OS::Nova::Server must be a mapping, and parameter 'network' "
        "is a string (write {network: {get_param: network}}) [property-type]",
    ),
    "the name of a parameter for an item that is a mapping": Mistake(
        NODE,
        "- network: {get_param: network}",
        "- network",
        "error: nested/node.yaml:19:11: 'networks[0]' of OS::Nova::Server must be a mapping (write {network: "
        "{get_param: network}}) [property-type]",
    ),
    "the name of a resource for an item that is a mapping": Mistake(
        LOGIN,
        "- port: {get_resource: login_port}",
        "- login_port",
        "error: components/login.yaml:61:11: 'networks[0]' of OS::Nova::Server must be a mapping (write {port: "
        "{get_resource: login_port}}) [property-type]",
    ),
    "a resource for a list of mappings": Mistake(
        LOGIN,
        "\n        - port: {get_resource: login_port}",
        " {get_resource: login_port}",
        "error: components/login.yaml:60:17: 'networks' of OS::Nova::Server must be a list, and get_resource gives a "
        "text (write [{port: {get_resource: login_port}}]) [property-type]",
    ),
    "a network in place of a mapping that names it": Mistake(
        LOGIN,
        "- port: {get_resource: login_port}",
        "- {get_resource: login_port}",
        "error: components/login.yaml:61:11: 'networks[0]' of OS::Nova::Server must be a mapping, and "
        "get_resource gives a text (write {port: {get_resource: login_port}}) [property-type]",
    ),
    "an address in place of a list of them": Mistake(
        LOGIN,
        "      fixed_ips:\n        - subnet: {get_resource: subnet}\n",
        "      security_groups: {get_resource: network}\n",
        "error: components/login.yaml:43:24: 'security_groups' of OS::Neutron::Port must be a list, and "
        "get_resource gives a text (write [{get_resource: network}]) [property-type]",
    ),
    "a list within a list": Mistake(
        NETWORK,
        "dns_nameservers: {get_param: dns_nameservers}",
        "dns_nameservers: [{get_param: dns_nameservers}]",
        "error: components/network.yaml:22:25: 'dns_nameservers[0]' of OS::Neutron::Subnet must be a text, not a "
        "list, and parameter 'dns_nameservers' is a comma_delimited_list (write {get_param: dns_nameservers} "
        "without the brackets around it) [property-type]",
    ),
    "a list for a text": Mistake(
        LOGIN,
        "image: {get_param: image}",
        "image: {get_param: partitions}",
        "error: components/login.yaml:57:14: 'image' of OS::Nova::Server must be a text, and parameter "
        "'partitions' is a comma_delimited_list (write {list_join: [',', {get_param: partitions}]}, or "
        "{get_param: [partitions, 0]}) [property-type]",
    ),
    "a joined list for a list": Mistake(
        NETWORK,
        "dns_nameservers: {get_param: dns_nameservers}",
        "dns_nameservers: {list_join: [',', {get_param: dns_nameservers}]}",
        "error: components/network.yaml:22:24: 'dns_nameservers' of OS::Neutron::Subnet must be a list, and "
        "list_join gives a text (write the list without list_join) [property-type]",
    ),
    "a text parameter for a list": Mistake(
        LOGIN,
        "      fixed_ips:\n        - subnet: {get_resource: subnet}\n",
        "      tags: {get_param: clustername}\n",
        "error: components/login.yaml:43:13: 'tags' of OS::Neutron::Port must be a list, and parameter "
        "'clustername' is a string (write [{get_param: clustername}], or type: comma_delimited_list) "
        "[property-type]",
    ),
    "a number for a mapping": Mistake(
        LOGIN,
        "user_data_format: RAW",
        "user_data_format: RAW\n      metadata: {get_param: compute_count}",
        "error: components/login.yaml:63:17: 'metadata' of OS::Nova::Server must be a mapping, and parameter "
        "'compute_count' is a number (declare compute_count with type: json) [property-type]",
    ),
    "a file for a mapping": Mistake(
        LOGIN,
        "user_data_format: RAW",
        "user_data_format: RAW\n      metadata: {get_file: ../user-data/login.sh}",
        "error: components/login.yaml:63:17: 'metadata' of OS::Nova::Server must be a mapping, and get_file "
        "gives a text [property-type]",
    ),
    "a list for the text that a nested template wants": Mistake(
        COMPUTE,
        "name: {list_join: ['-', [{get_param: clustername}, node, '%index%']]}",
        "name: {get_param: partitions}",
        "error: components/compute.yaml:49:17: 'name' of nested/node.yaml must be a text, and parameter "
        "'partitions' is a comma_delimited_list (write {list_join: [',', {get_param: partitions}]}, or "
        "{get_param: [partitions, 0]}) [property-type]",
    ),
    "a parameter of a nested template that is a list": Mistake(
        NODE,
        "  name: {type: string}\n  image",
        "  name: {type: comma_delimited_list}\n  image",
        "error: nested/node.yaml:14:13: 'name' of OS::Nova::Server must be a text, and parameter 'name' is a "
        "comma_delimited_list (write {list_join: [',', {get_param: name}]}, or {get_param: [name, 0]}) "
        "[property-type]",
    ),
    "pieces of a text in place of one": Mistake(
        LOGIN,
        "name: {list_join: ['-', [{get_param: clustername}, login]]}",
        "name: {str_split: ['-', {get_param: clustername}]}",
        "error: components/login.yaml:56:13: 'name' of OS::Nova::Server must be a text, and str_split gives a "
        "list (give it an index, such as 0) [property-type]",
    ),
    "a list for a text under a condition": Mistake(
        LOGIN,
        "name: {list_join: ['-', [{get_param: clustername}, login]]}",
        "name: {if: [with_gpu, {get_param: partitions}, login]}",
        "warning: components/login.yaml:56:29: 'name' of OS::Nova::Server must be a text, and parameter "
        "'partitions' is a comma_delimited_list; only the launches that come to it fail (write {list_join: [',', "
        "{get_param: partitions}]}, or {get_param: [partitions, 0]}) [conditional-mistake]",
    ),
    "a server for a port": Mistake(
        LOGIN,
        "port_id: {get_resource: login_port}",
        "port_id: {get_resource: login_node}",
        "error: components/login.yaml:51:16: 'port_id' of OS::Neutron::FloatingIP must be a port, and "
        "'login_node' is an OS::Nova::Server (did you mean 'login_port'?) [property-type]",
    ),
    "a subnet for a network": Mistake(
        LOGIN,
        "network: {get_resource: network}",
        "network: {get_resource: subnet}",
        "error: components/login.yaml:42:16: 'network' of OS::Neutron::Port must be a network, and 'subnet' is "
        "an OS::Neutron::Subnet (did you mean 'network'?) [property-type]",
    ),
    "a network for a subnet": Mistake(
        NETWORK,
        "      subnet: {get_resource: subnet}",
        "      subnet: {get_resource: network}",
        "error: components/network.yaml:34:15: 'subnet' of OS::Neutron::RouterInterface must be a subnet, and "
        "'network' is an OS::Neutron::Net (did you mean 'subnet'?) [property-type]",
    ),
    "a server for a volume": Mistake(
        STORAGE,
        "volume_id: {get_resource: volume}",
        "volume_id: {get_resource: login_node}",
        "error: components/storage.yaml:21:18: 'volume_id' of OS::Cinder::VolumeAttachment must be a volume, and "
        "'login_node' is an OS::Nova::Server (did you mean 'volume'?) [property-type]",
    ),
    "a part of a URL that is not there yet": Mistake(
        LOGIN,
        "name: {list_join: ['-', [{get_param: clustername}, login]]}",
        "name: {make_url: {scheme: http, host: {get_attr: [login_ip, floating_ip_address]}}}",
        "error: components/login.yaml:56:45: make_url wants 'host' before anything is made, and get_attr gives "
        "it afterwards (make the text with str_replace) [function-arguments]",
    ),
    "the text of a file for a type": Mistake(
        COMPUTE,
        "type: ../nested/node.yaml",
        "type: {get_file: ../nested/node.yaml}",
        "error: components/compute.yaml:47:15: the member of compute_nodes has the text of a file for its type "
        "(write the path without get_file) [template-shape]",
    ),
    "a key of a port in one of its addresses": Mistake(
        LOGIN,
        "- subnet: {get_resource: subnet}",
        "- subnet: {get_resource: subnet}\n          security_groups: [default]",
        "warning: components/login.yaml:45:11: 'fixed_ips[0]' of OS::Neutron::Port has no property "
        "'security_groups' (write it among the properties of OS::Neutron::Port itself) [unknown-property]",
    ),
    "a condition among properties": Mistake(
        STORAGE,
        "      size:",
        "      condition: with_gpu\n      size:",
        "warning: components/storage.yaml:15:7: OS::Cinder::Volume has no property 'condition' (write it beside "
        "properties, not in them) [unknown-property]",
    ),
    "depends_on among properties": Mistake(
        LOGIN,
        "    depends_on: router_interface\n    properties:\n",
        "    properties:\n      depends_on: router_interface\n",
        "warning: components/login.yaml:49:7: OS::Neutron::FloatingIP has no property 'depends_on' (write it "
        "beside properties, not in them) [unknown-property]",
    ),
    "depends_on among the properties of a member": Mistake(
        COMPUTE,
        "type: ../nested/node.yaml\n        properties:\n",
        "type: ../nested/node.yaml\n        properties:\n          depends_on: router\n",
        "error: components/compute.yaml:49:11: nested/node.yaml has no parameter 'depends_on' (write it for the "
        "whole group) [nested-property]",
    ),
    "properties beside the member of a group": Mistake(
        COMPUTE,
        """\
        properties:
          name: {list_join: ['-', [{get_param: clustername}, node, '%index%']]}
          image: {get_param: image}
          flavor: {get_param: compute_flavor}
          key_name: {get_param: key_name}
          network: {get_resource: network}
""",
        """\
      properties:
        name: {list_join: ['-', [{get_param: clustername}, node, '%index%']]}
        image: {get_param: image}
        flavor: {get_param: compute_flavor}
        key_name: {get_param: key_name}
        network: {get_resource: network}
""",
        "error: components/compute.yaml:48:7: the properties of the member stand beside 'resource_def' (write "
        "them in 'resource_def', below its type) [missing-property]",
    ),
    "a colon that is missing before a call": Mistake(
        LOGIN,
        "flavor: {get_param: login_flavor}",
        "flavor {get_param: login_flavor}",
        "error: components/login.yaml:58:7: a ':' is missing after 'flavor' (write flavor: {get_param: "
        "login_flavor}) [missing-property]",
    ),
    "properties twice": Mistake(
        LOGIN,
        "      user_data_format: RAW",
        "    properties:\n      user_data_format: RAW",
        "error: components/login.yaml:62:5: the key 'properties' is given twice, and Heat takes the last one: "
        "OS::Nova::Server needs the property 'flavor' (put all of it under one of them) [missing-property]",
    ),
    "a resource twice": Mistake(
        NETWORK,
        "    type: OS::Neutron::Router\n",
        "    type: OS::Neutron::Router\n    type: OS::Neutron::Router\n",
        "warning: components/network.yaml:26:5: the key 'type' is given twice, and Heat takes the last one (keep "
        "one of them) [template-duplicate-key]",
    ),
    "resources twice": Mistake(
        NETWORK,
        "  router_interface:\n",
        "resources:\n  router_interface:\n",
        "error: components/network.yaml:30:1: the key 'resources' is given twice, and Heat takes the last one: "
        "there is no resource 'router' (put all of it under one of them) [resource-reference]",
    ),
    "the name of a resource as a text": Mistake(
        LOGIN,
        "      network: {get_resource: network}",
        "      network: network",
        "warning: components/login.yaml:42:16: 'network' of OS::Neutron::Port is text, not the resource "
        "'network' (write {get_resource: network}) [property-constraint]",
    ),
    "the name of a resource for a nested template": Mistake(
        COMPUTE,
        "network: {get_resource: network}",
        "network: network",
        "warning: components/compute.yaml:53:20: 'network' of nested/node.yaml is text, not the resource "
        "'network' (write {get_resource: network}) [property-constraint]",
    ),
    "a router for the network that a nested template wants": Mistake(
        COMPUTE,
        "network: {get_resource: network}",
        "network: {get_resource: router}",
        "error: components/compute.yaml:53:20: 'network' of nested/node.yaml must be a network, and 'router' is "
        "an OS::Neutron::Router (did you mean 'network'?) [property-type]",
    ),
    "an attribute of all members for a text": Mistake(
        LOGIN,
        "name: {list_join: ['-', [{get_param: clustername}, login]]}",
        "name: {get_attr: [compute_nodes, name]}",
        "error: components/login.yaml:56:13: 'name' of OS::Nova::Server must be a text, and get_attr gives a list "
        "(make a text of it with list_join) [property-type]",
    ),
    "a list that an attribute is for a text": Mistake(
        LOGIN,
        "name: {list_join: ['-', [{get_param: clustername}, login]]}",
        "name: {get_attr: [login_port, fixed_ips]}",
        "warning: components/login.yaml:56:13: 'name' of OS::Nova::Server must be a text, and get_attr gives a "
        "list or a mapping; only the launches that come to it fail (go on with a key or an index, as in "
        "[login_port, fixed_ips, 0]) [conditional-mistake]",
    ),
    "one port for two servers": Mistake(
        LOGIN,
        "\noutputs:\n",
        """\

  second_node:
    type: OS::Nova::Server
    properties:
      image: {get_param: image}
      flavor: {get_param: login_flavor}
      networks: [{port: {get_resource: login_port}}]

outputs:
""",
        "warning: components/login.yaml:75:25: server 'login_node' has this port already, and Nova gives a "
        "port to one server only (make a port for each) [service-refusal]",
    ),
    "the port of another component's server": Mistake(
        COMPUTE,
        "\noutputs:\n",
        """\

  first_port: {type: OS::Neutron::Port, properties: {network: {get_resource: network}}}
  first_node:
    type: OS::Nova::Server
    properties:
      image: {get_param: image}
      flavor: {get_param: compute_flavor}
      networks: [{port: {get_resource: login_port}}]

outputs:
""",
        "warning: components/compute.yaml:61:25: server 'login_node' has this port already, and Nova gives a "
        "port to one server only (did you mean 'first_port'?) [service-refusal]",
    ),
    "a policy of a group of servers with another sign": Mistake(
        NETWORK,
        "resources:\n",
        "resources:\n  apart: {type: OS::Nova::ServerGroup, properties: {policies: [anti_affinity]}}\n",
        "warning: components/network.yaml:14:63: 'policies' of OS::Nova::ServerGroup must hold only values from: "
        "anti-affinity, affinity, soft-anti-affinity, soft-affinity (did you mean 'anti-affinity'?) "
        "[property-constraint]",
    ),
    "a resource as Terraform names it": Mistake(
        LOGIN,
        "    depends_on: router_interface\n",
        "    depends_on: [openstack_networking_router_interface_v2.router_interface]\n",
        "error: components/login.yaml:48:18: there is no resource "
        "'openstack_networking_router_interface_v2.router_interface' (did you mean 'router_interface'?) "
        "[resource-reference]",
    ),
    "a protocol as another cloud calls any of them": Mistake(
        NETWORK,
        "resources:\n",
        "resources:\n  group: {type: OS::Neutron::SecurityGroup, properties: {rules: [{protocol: '-1'}]}}\n",
        "warning: components/network.yaml:14:77: 'rules[0].protocol' of OS::Neutron::SecurityGroup must be one of: ah, "
        "dccp, egp, esp, gre, icmp, icmpv6, igmp, ipv6-encap, ipv6-frag, ipv6-icmp, ipv6-nonxt, … (278 values in all) "
        "(leave protocol out, which means any) [property-constraint]",
    ),
    "a list of one thing for the text that a nested template wants": Mistake(
        COMPUTE,
        "network: {get_resource: network}",
        "network: [{get_resource: network}]",
        "error: components/compute.yaml:53:20: 'network' of nested/node.yaml must be a text (leave the list "
        "around it out) [property-type]",
    ),
    "the address of a floating IP for a server": Mistake(
        LOGIN,
        PORT,
        f"{PORT}          floating_ip: 198.51.100.7\n",
        "warning: components/login.yaml:62:24: Neutron finds a floating IP by its id, not by its address "
        "(write {get_resource: login_ip}) [service-refusal]",
    ),
    "the address that an attribute is for a server": Mistake(
        LOGIN,
        PORT,
        f"{PORT}          floating_ip: {{get_attr: [login_ip, floating_ip_address]}}\n",
        "warning: components/login.yaml:62:24: Neutron finds a floating IP by its id, not by its address "
        "(write {get_resource: login_ip}) [service-refusal]",
    ),
    "the name of a floating IP for a server": Mistake(
        LOGIN,
        PORT,
        f"{PORT}          floating_ip: login_ip\n",
        "warning: components/login.yaml:62:24: Neutron finds a floating IP by its id, and this is none (write "
        "{get_resource: login_ip}) [service-refusal]",
    ),
    "a floating IP for a server as in Terraform": Mistake(
        LOGIN,
        PORT,
        f"{PORT}          floating_ip: ${{login_ip.address}}\n",
        "warning: components/login.yaml:62:24: Neutron finds a floating IP by its id, and this is none (write "
        "{get_resource: login_ip}) [service-refusal]",
    ),
    "a port for the floating IP of a server": Mistake(
        LOGIN,
        PORT,
        f"{PORT}          floating_ip: {{get_resource: login_port}}\n",
        "error: components/login.yaml:62:24: 'networks[0].floating_ip' of OS::Nova::Server must be a floating "
        "ip, and 'login_port' is an OS::Neutron::Port (did you mean 'login_ip'?) [property-type]",
    ),
    "the address of a floating IP for a member": Mistake(
        NODE,
        "        - network: {get_param: network}\n",
        "        - network: {get_param: network}\n          floating_ip: 198.51.100.7\n",
        "warning: nested/node.yaml:20:24: Neutron finds a floating IP by its id, not by its address (write "
        "what 'openstack floating ip list' shows as ID) [service-refusal]",
    ),
    "the address of a floating IP for a port": Mistake(
        LOGIN,
        "      port_id: {get_resource: login_port}\n\n",
        ASSOCIATION.format("198.51.100.7"),
        "warning: components/login.yaml:56:22: Neutron finds a floating IP by its id, not by its address "
        "(write {get_resource: login_ip}) [service-refusal]",
    ),
    "the address that an attribute is for a port": Mistake(
        LOGIN,
        "      port_id: {get_resource: login_port}\n\n",
        ASSOCIATION.format("{get_attr: [login_ip, floating_ip_address]}"),
        "warning: components/login.yaml:56:22: Neutron finds a floating IP by its id, not by its address "
        "(write {get_resource: login_ip}) [service-refusal]",
    ),
}

_ADDED: Final = "resources:\n"

FOREIGN: Final[Mapping[str, Mistake]] = {
    "one port of a rule": Mistake(
        NETWORK,
        _ADDED,
        _ADDED + "  group:\n    type: OS::Neutron::SecurityGroup\n"
        "    properties:\n      rules: [{protocol: tcp, port: 22}]\n",
        "warning: components/network.yaml:17:31: 'rules[0]' of OS::Neutron::SecurityGroup has no property 'port' "
        "(write port_range_min: 22 and port_range_max: 22) [unknown-property]",
    ),
    "a range of ports of a rule": Mistake(
        NETWORK,
        _ADDED,
        _ADDED + "  rule:\n    type: OS::Neutron::SecurityGroupRule\n    properties:\n"
        "      {security_group: default, protocol: tcp, ports: 8000-8010}\n",
        "warning: components/network.yaml:17:48: OS::Neutron::SecurityGroupRule has no property 'ports' (write "
        "port_range_min: 8000 and port_range_max: 8010) [unknown-property]",
    ),
    "a prefix of a rule": Mistake(
        NETWORK,
        _ADDED,
        _ADDED + "  group:\n    type: OS::Neutron::SecurityGroup\n"
        "    properties:\n      rules: [{cidr_blocks: 10.0.0.0/8}]\n",
        "warning: components/network.yaml:17:16: 'rules[0]' of OS::Neutron::SecurityGroup has no property "
        "'cidr_blocks' (did you mean 'remote_ip_prefix'?) [unknown-property]",
    ),
    "the ends of a range of a rule": Mistake(
        NETWORK,
        _ADDED,
        _ADDED + "  group:\n    type: OS::Neutron::SecurityGroup\n"
        "    properties:\n      rules: [{protocol: tcp, from_port: 1, port_range_max: 9}]\n",
        "warning: components/network.yaml:17:31: 'rules[0]' of OS::Neutron::SecurityGroup has no property 'from_port' "
        "(did you mean 'port_range_min'?) [unknown-property]",
    ),
    "the key pair of a server": Mistake(
        LOGIN,
        "      key_name: {get_param: key_name}",
        "      keypair: {get_param: key_name}",
        "warning: components/login.yaml:59:7: OS::Nova::Server has no property 'keypair' (did you mean 'key_name'?) "
        "[unknown-property]",
    ),
    "the image of a server": Mistake(
        LOGIN,
        "      image: {get_param: image}",
        "      image_id: {get_param: image}",
        "warning: components/login.yaml:57:7: OS::Nova::Server has no property 'image_id' (did you mean 'image'?) "
        "[unknown-property]",
    ),
    "the network of a server": Mistake(
        NODE,
        "      networks:\n        - network: {get_param: network}",
        "      network: {get_param: network}",
        "warning: nested/node.yaml:18:7: OS::Nova::Server has no property 'network' (write networks: [{network: "
        "{get_param: network}}]) [unknown-property]",
    ),
    "the range of a subnet": Mistake(
        NETWORK,
        "      cidr: 10.60.0.0/24",
        "      network_address: 10.60.0.0/24",
        "warning: components/network.yaml:21:7: OS::Neutron::Subnet has no property 'network_address' (did you mean "
        "'cidr'?) [unknown-property]",
    ),
    "the name servers of a subnet": Mistake(
        NETWORK,
        "      dns_nameservers: {get",
        "      dns: {get",
        "warning: components/network.yaml:22:7: OS::Neutron::Subnet has no property 'dns' (did you mean "
        "'dns_nameservers'?) [unknown-property]",
    ),
    "the gateway of a router": Mistake(
        NETWORK,
        "      external_gateway_info:\n        network: {get_param: external_network}",
        "      gateway: {get_param: external_network}",
        "warning: components/network.yaml:27:7: OS::Neutron::Router has no property 'gateway' (write "
        "external_gateway_info: {network: {get_param: external_network}}) [unknown-property]",
    ),
    "the network of a floating IP": Mistake(
        LOGIN,
        "      floating_network: {get",
        "      pool: {get",
        "error: components/login.yaml:50:7: OS::Neutron::FloatingIP has no property 'pool' (write "
        "floating_network) [missing-property]",
    ),
    "the port of a floating IP": Mistake(
        LOGIN,
        "      port_id: {get_resource: login_port}\n\n",
        "      server: {get_resource: login_node}\n\n",
        "warning: components/login.yaml:51:7: OS::Neutron::FloatingIP has no property 'server' (write port_id: "
        "{get_resource: <the server's port>}) [unknown-property]",
    ),
    "the size of a volume": Mistake(
        STORAGE,
        "      size: {",
        "      capacity: {",
        "warning: components/storage.yaml:15:7: OS::Cinder::Volume has no property 'capacity' (did you mean 'size'?) "
        "[unknown-property]",
    ),
    "the server of an attachment": Mistake(
        STORAGE,
        "instance_uuid:",
        "server:",
        "error: components/storage.yaml:20:7: OS::Cinder::VolumeAttachment has no property 'server' (write "
        "instance_uuid) [missing-property]",
    ),
    "the number of members of a group": Mistake(
        COMPUTE,
        "      count: {",
        "      size: {",
        "warning: components/compute.yaml:45:7: OS::Heat::ResourceGroup has no property 'size' (did you mean 'count'?) "
        "[unknown-property]",
    ),
    "the address of a port": Mistake(
        LOGIN,
        "[login_ip, floating_ip_address]",
        "[login_port, ip_address]",
        "warning: components/login.yaml:73:36: OS::Neutron::Port has no attribute 'ip_address' (write [login_port, "
        "fixed_ips, 0, ip_address]) [unknown-attribute]",
    ),
    "the id of a server": Mistake(
        LOGIN,
        "[login_ip, floating_ip_address]",
        "[login_node, id]",
        "warning: components/login.yaml:73:36: OS::Nova::Server has no attribute 'id' (write {get_resource: "
        "login_node}) [unknown-attribute]",
    ),
    "the type of a network": Mistake(
        NETWORK,
        "OS::Neutron::Net\n",
        "OS::Neutron::Network\n",
        "error: components/network.yaml:15:11: Heat has no type 'OS::Neutron::Network' of its own (did you mean "
        "'OS::Neutron::Net'?) [misspelt-resource-type]",
    ),
    "the type of a router of Terraform": Mistake(
        NETWORK,
        "OS::Neutron::Router\n",
        "openstack_networking_router_v2\n",
        "error: components/network.yaml:25:11: Heat has no type 'openstack_networking_router_v2' of its own (did you "
        "mean 'OS::Neutron::Router'?) [misspelt-resource-type]",
    ),
    "the type of a server of the API": Mistake(
        NODE,
        "OS::Nova::Server",
        "OS::Nova::Instance",
        "error: nested/node.yaml:12:11: Heat has no type 'OS::Nova::Instance' of its own (did you mean "
        "'OS::Nova::Server'?) [misspelt-resource-type]",
    ),
}
"""What other tools, APIs and clouds call properties, attributes and types of resources."""


def test_sections_beside_the_template_are_told_of_in_one_line() -> None:
    definition = """\
heat_template:
  heat_template_version: 2021-04-16
  parameters: {clustername: {type: string}, size: {type: number}, name: {type: string}}
resources:
  network: {type: OS::Neutron::Net, properties: {name: {get_param: name}}}
outputs:
  size: {value: {get_param: size}}
"""
    told = [f"{problem.message} ({problem.hint}) [{problem.rule}]" for problem in build(definition).problems]
    assert told == ["unknown keys 'resources' and 'outputs': they belong in heat_template (indent them) [unknown-key]"]


def test_a_parameter_at_the_left_edge_is_told_of_in_one_line() -> None:
    definition = """\
heat_template:
  heat_template_version: 2021-04-16
  parameters: {clustername: {type: string}}
  resources:
    network: {type: OS::Neutron::Net, properties: {name: {get_param: name}}}
    router: {type: OS::Neutron::Router}
name:
  type: string
"""
    told = [f"{problem.message} ({problem.hint}) [{problem.rule}]" for problem in build(definition).problems]
    assert told == [
        "unknown key 'name': it looks like one of the parameters of heat_template (write it below parameters there) "
        "[unknown-key]"
    ]


def test_a_section_without_a_template_is_an_unknown_key() -> None:
    assert find_rules(build("resources: {}\n")) == ["exclusive-keys", "unknown-key"]


@pytest.mark.parametrize("properties", ["image: debian, flavor: small", "image: small, flavor: debian"])
def test_a_name_in_a_cloud_that_some_parameter_has_by_chance_is_left_alone(properties: str) -> None:
    definition = f"""\
heat_template:
  heat_template_version: 2021-04-16
  parameters:
    small: {{type: boolean, default: false}}
    debian: {{type: string, constraints: [{{custom_constraint: neutron.network}}]}}
  resources: {{node: {{type: OS::Nova::Server, properties: {{{properties}, networks: []}}}}}}
"""
    assert "property-constraint" not in find_rules(build(definition))


@pytest.mark.parametrize(
    "floating",
    [
        "5d1f1d8e-5c5b-4d5e-9d55-1b3c0c6f5a3e",
        "{get_resource: ip}",
        "{get_param: ip_id}",
        "{get_attr: [ip, show, id]}",
        "{if: [{get_param: is_public}, {get_resource: ip}, '']}",
        "'%index%'",
        "''",
    ],
)
def test_what_may_be_the_id_of_a_floating_ip(floating: str) -> None:
    definition = f"""\
heat_template:
  heat_template_version: 2021-04-16
  parameters: {{ip_id: {{type: string}}, is_public: {{type: boolean, default: false}}}}
  resources:
    ip: {{type: OS::Neutron::FloatingIP, properties: {{floating_network: public1}}}}
    port: {{type: OS::Neutron::Port, properties: {{network: private}}}}
    link:
      type: OS::Neutron::FloatingIPAssociation
      properties: {{floatingip_id: {floating}, port_id: {{get_resource: port}}}}
"""
    assert not {"service-refusal", "property-type"} & {*find_rules(build(definition))}


@pytest.mark.parametrize(
    ("group", "member"), [("ResourceGroup", "resource_def"), ("AutoScalingGroup", "max_size: 2, min_size: 1, resource")]
)
def test_a_member_that_is_its_type_alone_is_told_with_how_it_is_written(group: str, member: str) -> None:
    definition = f"""\
heat_template:
  heat_template_version: 2021-04-16
  resources:
    nodes: {{type: OS::Heat::{group}, properties: {{{member}: OS::Heat::Value}}}}
"""
    hints = [problem.hint for problem in build(definition).problems if problem.rule == "property-type"]
    assert hints == ["write {type: OS::Heat::Value}, with its properties"]
