"""Properties that are refused together are told of at one place; what is right, or not known, is left alone."""

from __future__ import annotations

import json

import pytest
import yaml

from builder.diagnostics.problems import Problem
from tests.definitions.conflicts import REFUSED_BY_HEAT, REFUSED_BY_NEUTRON, Conflict
from tests.definitions.texts import build

RULES = ("property-conflict", "service-refusal")


def find(template: dict[str, object]) -> list[Problem]:
    return [each for each in build(f"heat_template: {json.dumps(template)}\n").problems if each.rule in RULES]


@pytest.mark.parametrize(
    ("conflict", "rule"),
    [(each, "property-conflict") for each in REFUSED_BY_HEAT.values()]
    + [(each, "service-refusal") for each in REFUSED_BY_NEUTRON.values()],
    ids=[*REFUSED_BY_HEAT, *REFUSED_BY_NEUTRON],
)
def test_what_is_refused_is_told_of_once(conflict: Conflict, rule: str) -> None:
    (problem,) = find(conflict.build(mended=False))
    assert problem.rule == rule
    assert problem.pointer.endswith(conflict.place), problem
    assert find(conflict.build(mended=True)) == []


SERVER = "resources: {r: {type: OS::Nova::Server, properties: {%s}}}"
SUBNET = "resources: {r: {type: OS::Neutron::Subnet, properties: {network: x, %s}}}"
RULE = "resources: {r: {type: OS::Neutron::SecurityGroup, properties: {rules: [%s]}}}"


@pytest.mark.parametrize(
    "resources",
    [
        SERVER % "imgae: misspelt, flavor: x",
        SERVER % "image: {if: [c, a, null]}",
        SERVER % "block_device_mapping_v2: {get_param: devices}",
        SERVER % "block_device_mapping_v2: [{if: [c, {image: x}, {swap_size: 1}]}]",
        SERVER % "block_device_mapping_v2: [{image: x}]",
        SERVER % "block_device_mapping_v2: [{image: x, boot_index: {if: [c, 0, 1]}}]",
        SERVER % "block_device_mapping: [{device_name: vda, volume_id: x}]",
        SERVER % "image: x, security_groups: [a], networks: [{port: {if: [c, x]}}]",
        SERVER % "image: x, security_groups: {get_param: groups}, networks: [{port: x}]",
        RULE % "{protocol: icmp, port_range_min: 8, port_range_max: 0}",
        RULE % "{protocol: {get_param: protocol}, port_range_min: 9, port_range_max: 0}",
        RULE % "{protocol: icmp, port_range_min: 8}",
        RULE % "{protocol: {get_param: protocol}, port_range_min: 9}",
        RULE % "{protocol: tcp, port_range_min: 9, port_range_max: {get_param: port}}",
        RULE % "{protocol: tcp, port_range_min: 9, port_range_max: {if: [c, 9, 10]}}",
        RULE % "{protocol: tcp, port_range_min: 9, port_rnage_max: 9}",
        RULE % "{protocol: tcp, port_range_min: {if: [c, 9, null]}}",
        RULE % "{remote_mode: remote_group_id, remote_ip_prefix: {get_resource: r}}",
        RULE % "{remote_ip_prefix: {get_resource: elsewhere}}",
        RULE % "{remote_ip_prefix: {get_param: prefix}, ethertype: IPv6}",
        RULE % "{remote_ip_prefix: '::/0', ethertype: {get_param: type}}",
        "resources: {r: {type: OS::Nova::Server, external_id: x}}",
        "resources: {r: {type: OS::Nova::Server, properties: {get_param: all}}}",
        SUBNET % "subnetpool: y",
        SUBNET % "cidr: {get_param: c}, ip_version: 6",
        SUBNET % "subnetpool: y, dns_nameservers: ['%n%']",
    ],
)
def test_what_may_be_right_is_left_alone(resources: str) -> None:
    assert find({"heat_template_version": "2021-04-16", **yaml.safe_load(resources)}) == []


@pytest.mark.parametrize(
    ("resources", "place"),
    [
        (SERVER % "block_device_mapping_v2: [{device_name: vda}]", "block_device_mapping_v2/0"),
        (
            SUBNET % "cidr: 10.0.0.0/24, allocation_pools: [{start: 10.0.1.9, end: 10.0.0.5}]",
            "allocation_pools/0/start",
        ),
    ],
    ids=["a device of nothing, which boots nothing", "a pool that begins outside, behind its end"],
)
def test_what_is_wrong_in_two_ways_is_told_of_in_one(resources: str, place: str) -> None:
    (problem,) = find({"heat_template_version": "2021-04-16", **yaml.safe_load(resources)})
    assert problem.pointer.endswith(place)


def test_deployment_needs_a_server_that_takes_software() -> None:
    resources = {
        "server": {"type": "OS::Nova::Server", "properties": {"image": "x", "flavor": "x"}},
        "r": {"type": "OS::Heat::SoftwareDeployment", "properties": {"server": {"get_resource": "server"}}},
    }
    template: dict[str, object] = {"heat_template_version": "2021-04-16", "resources": resources}
    (problem,) = find(template)
    assert problem.pointer.endswith("r/properties/server")
    resources["server"]["properties"]["user_data_format"] = "SOFTWARE_CONFIG"  # type: ignore[index]
    assert find(template) == []


def test_member_of_a_group_is_judged_as_a_resource_is() -> None:
    member = {"type": "OS::Cinder::Volume", "properties": {"name": "x"}}
    group = {"type": "OS::Heat::ResourceGroup", "properties": {"count": 2, "resource_def": member}}
    (problem,) = find({"heat_template_version": "2021-04-16", "resources": {"g": group}})
    assert problem.pointer.endswith("g/properties/resource_def/type")


def build_servers(**first: object) -> dict[str, object]:
    server = {"type": "OS::Nova::Server", "properties": {"image": "x", "networks": [{"port": {"get_resource": "p"}}]}}
    resources = {"p": {"type": "OS::Neutron::Port"}, "first": {**server, **first}, "second": server}
    return {"heat_template_version": "2021-04-16", "conditions": {"c": True}, "resources": resources}


def test_a_port_of_two_servers_is_told_of_at_the_second() -> None:
    (problem,) = find(build_servers())
    assert problem.rule == "service-refusal"
    assert problem.pointer == "/heat_template/resources/second/properties/networks/0/port"


def test_a_port_of_two_servers_of_which_one_may_not_be_there_is_left_alone() -> None:
    assert find(build_servers(condition="c")) == []
    assert find(build_servers(type="OS::Heat::None")) == []
    member = {"type": "OS::Nova::Server", "properties": build_servers()["resources"]["second"]["properties"]}  # type: ignore[index]
    group = {"count": {"get_param": "count"}, "resource_def": member}
    assert find(build_servers(type="OS::Heat::ResourceGroup", properties=group)) == []


def test_a_server_that_exists_already_needs_name_no_network() -> None:
    server = {"type": "OS::Nova::Server", "properties": {"flavor": "m1.tiny", "image": "fedora-coreos"}}
    for given, expected in ((server, 1), ({**server, "external_id": "x"}, 0)):
        template = {"heat_template_version": "2021-04-16", "resources": {"server": given}}
        rules = [each.rule for each in build(f"heat_template: {json.dumps(template)}\n").problems]
        assert rules.count("server-without-network") == expected


VOLUMES = """\
first: {type: OS::Cinder::Volume, properties: {size: 1%s}}
second: {type: OS::Cinder::Volume, properties: {size: 1}}
server: {type: OS::Nova::Server, properties: {block_device_mapping_v2: [{volume_id: {get_resource: first}}]}}
%s
"""
ATTACHMENT = (
    "attachment: {type: OS::Cinder::VolumeAttachment, properties: {instance_uuid: x, volume_id: {get_resource: %s}}}\n"
)


def find_in(resources: str) -> list[Problem]:
    return find({"heat_template_version": "2021-04-16", "resources": yaml.safe_load(resources)})


@pytest.mark.parametrize("type_", ["", ", volume_type: x"])
def test_a_volume_of_two_servers_is_told_of_with_the_one_that_nobody_has(type_: str) -> None:
    (problem,) = find_in(VOLUMES % (type_, ATTACHMENT % "first"))
    assert problem.pointer == "/heat_template/resources/attachment/properties/volume_id"
    assert problem.hint == "did you mean 'second'?"


@pytest.mark.parametrize(
    "resources",
    [
        VOLUMES % ("", ATTACHMENT % "second"),
        VOLUMES % (", multi_attach: true", ATTACHMENT % "first"),
        VOLUMES % (", volume_type: shared", "other: " + (ATTACHMENT % "second")[12:] + ATTACHMENT % "first"),
    ],
    ids=["another one", "says that it is shared", "of a type that may be shared"],
)
def test_a_volume_that_servers_may_share_is_left_alone(resources: str) -> None:
    assert find_in(resources) == []


CONNECTED = """\
parameters: {network: {type: string}, subnet: {type: string}, router: {type: string}}
conditions: {outside: {equals: [{get_param: router}, '']}}
resources:
  net: {type: OS::Neutron::Net}
  sub: {type: OS::Neutron::Subnet, properties: {network: {get_resource: net}, cidr: 10.50.0.0/24}}
  router: {type: OS::Neutron::Router, properties: {external_gateway_info: {network: public1}}}
  port: {type: OS::Neutron::Port, properties: {network: {get_resource: net}}}
  address: {type: OS::Neutron::FloatingIP, properties: {floating_network: public1, port_id: {get_resource: port}}}
"""
INTERFACE = "  interface: {type: OS::Neutron::RouterInterface, properties: {%s}}\n"


@pytest.mark.parametrize(
    "changed",
    [
        CONNECTED + INTERFACE % "router: {get_resource: router}, subnet: {get_resource: sub}",
        CONNECTED + INTERFACE % "router: {get_param: router}, subnet: {get_resource: sub}",
        CONNECTED + INTERFACE % "router: {get_resource: router}, subnet: {get_param: subnet}",
        CONNECTED + INTERFACE % "router: {get_resource: router}, port: {get_resource: gateway}"
        + "  gateway: {type: OS::Neutron::Port, properties: {network: {get_resource: net}}}\n",
        CONNECTED + "  interface: {type: OS::Neutron::RouterInterface, external_id: {get_param: router}}\n",
        CONNECTED + INTERFACE % "router: {get_resource: router}, subnett: {get_resource: sub}",
        CONNECTED.replace("external_gateway_info", "external_gateway")
        + INTERFACE % "router: {get_resource: router}, subnet: {get_resource: sub}",
        CONNECTED + "  wiring: {type: Lab::Neutron::Wiring, properties: {network: {get_resource: net}}}\n",
        CONNECTED + "  wiring: {type: OS::Heat::Stack, properties: {template: {get_file: wiring.yaml}}}\n",
        CONNECTED.replace("{get_resource: net}}}\n", "{get_param: network}}}\n"),
        CONNECTED.replace("port: {type", "port: {external_id: {get_param: network}, type"),
        CONNECTED.replace("address: {type", "address: {condition: outside, type"),
        CONNECTED.replace("{get_resource: port}", "{get_param: network}"),
        CONNECTED.replace("network: {get_resource: net}, cidr", "network: {get_param: network}, cidr"),
    ],
)  # fmt: skip
def test_a_floating_ip_that_a_router_may_lead_to_is_left_alone(changed: str) -> None:
    assert find({"heat_template_version": "2021-04-16", **yaml.safe_load(changed)}) == []


def test_a_floating_ip_that_a_nested_template_may_connect_is_left_alone() -> None:
    nested = "heat_template_version: 2021-04-16\nresources: {i: {type: OS::Neutron::RouterInterface}}\n"
    wiring = "  wiring: {type: wiring.yaml}\n"
    template = {"heat_template_version": "2021-04-16", **yaml.safe_load(CONNECTED + wiring)}
    definition = f"heat_template: {json.dumps(template)}\n"
    with_nested = build(definition, {"wiring.yaml": nested}).problems
    assert [each for each in with_nested if each.rule == "service-refusal"] == []
    harmless = nested.replace("RouterInterface", "Net")
    (problem,) = [
        each for each in build(definition, {"wiring.yaml": harmless}).problems if each.rule == "service-refusal"
    ]
    assert problem.pointer == "/heat_template/resources/address/properties/port_id"


@pytest.mark.parametrize("other", ["1", "true", "{get_param: count}"])
def test_values_that_may_be_equal_are_left_alone(other: str) -> None:
    """Heat compares as Python does, to which true is 1."""
    definition = f"""\
heat_template:
  heat_template_version: 2021-04-16
  parameters: {{flag: {{type: boolean}}, count: {{type: number}}}}
  conditions: {{c: {{equals: [{{get_param: flag}}, {other}]}}}}
  resources: {{r: {{type: OS::Heat::Value, condition: c, properties: {{value: 1}}}}}}
"""
    assert "never-equal" not in {problem.rule for problem in build(definition).problems}
    mistaken = definition.replace(f", {other}]", ", 'yes']")
    assert "never-equal" in {problem.rule for problem in build(mistaken).problems}
