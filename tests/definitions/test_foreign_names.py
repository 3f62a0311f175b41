"""What other tools call properties, attributes and types: each name leads to one that there is, and is none itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from builder.hot.foreign_names import find_foreign_property, load_foreign_names
from builder.hot.resource_types import find_foreign_type, load_types

PROPERTIES, ATTRIBUTES, TYPES = (load_foreign_names()[each] for each in ("properties", "attributes", "types"))


def find_schemas(place: str) -> Mapping[str, Any]:
    type_, *path = place.split(".")
    schemas = load_types()[type_]["properties"]
    for name in path:
        schemas = schemas[name].get("schema", {})
    return {name: schema for name, schema in schemas.items() if not schema.get("hidden")}


def list_names(table: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str, str]]:
    for place, names in table.items():
        for own, foreign in names.items():
            for name in foreign.split():
                yield place, own, name


@pytest.mark.parametrize("place", PROPERTIES)
def test_names_of_properties_lead_to_those_that_there_are(place: str) -> None:
    own = [each.split(":")[0].removesuffix(" and") for each in PROPERTIES[place]]
    assert {*own} <= find_schemas(place).keys()


@pytest.mark.parametrize("table", [PROPERTIES, ATTRIBUTES], ids=["properties", "attributes"])
def test_no_name_leads_to_two(table: Mapping[str, Mapping[str, str]]) -> None:
    names = [(place, name) for place, _, name in list_names(table)]
    assert [each for each in names if names.count(each) > 1] == []


def test_no_foreign_name_is_one_of_heats_own_properties() -> None:
    names = [*list_names(PROPERTIES)]
    assert [(place, name) for place, _, name in names if name in find_schemas(place)] == []


def test_attributes_are_those_that_there_are() -> None:
    for type_, own, name in list_names(ATTRIBUTES):
        assert own.split(",")[0] in load_types()[type_]["attributes"]
        assert name not in load_types()[type_]["attributes"]


def test_types_are_those_that_there_are_each_by_names_of_its_own() -> None:
    names = [name for foreign in TYPES.values() for name in foreign.split()]
    assert TYPES.keys() <= load_types().keys()
    assert len(names) == len({*names})


@pytest.mark.parametrize(
    ("type_", "meant"),
    [
        ("openstack_networking_router_interface_v2", "OS::Neutron::RouterInterface"),
        ("openstack_compute_instance_v2", "OS::Nova::Server"),
        ("openstack.cloud.server", "OS::Nova::Server"),
        ("os_keypair", "OS::Nova::KeyPair"),
        ("aws_instance", "OS::Nova::Server"),
        ("AWS::EC2::KeyPair", "OS::Nova::KeyPair"),
        ("OS::Network::SecurityGroup", "OS::Neutron::SecurityGroup"),
        ("OS::ContrailV2::VirtualNetwork", ""),
        ("My::Own::Server", ""),
        ("server", ""),
    ],
)
def test_a_type_of_another_tool(type_: str, meant: str) -> None:
    assert find_foreign_type(type_) == meant


@pytest.mark.parametrize(
    ("name", "meant"), [("SSH-Key", "key_name"), ("userData", "user_data"), ("imageRef", "image"), ("wheels", "")]
)
def test_a_property_is_found_however_it_is_written(name: str, meant: str) -> None:
    assert find_foreign_property("OS::Nova::Server", name) == meant
