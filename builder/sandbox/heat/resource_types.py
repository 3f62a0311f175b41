"""The resource types that the sandbox knows, with schemas that judge properties, and as Heat describes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from builder.hot.resource_types import load_types
from builder.sandbox.faults import HeatFault, Json
from builder.sandbox.heat.properties import PropertySchema, parse_property_schemas

NONE = "OS::Heat::None"
RANDOM_STRING = "OS::Heat::RandomString"
VALUE = "OS::Heat::Value"
TEST_RESOURCE = "OS::Heat::TestResource"
RESOURCE_GROUP = "OS::Heat::ResourceGroup"
AUTO_SCALING_GROUP = "OS::Heat::AutoScalingGroup"
RESOURCE_CHAIN = "OS::Heat::ResourceChain"

GROUP_TYPES = frozenset({RESOURCE_GROUP, AUTO_SCALING_GROUP, RESOURCE_CHAIN})
"""The types that are made of other resources."""


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A type of resource; ``properties`` and ``attributes`` are None where every name is taken."""

    name: str
    properties: Mapping[str, PropertySchema] | None
    attributes: frozenset[str] | None


def find_resource_type(name: str) -> ResourceType:
    """Return a type of the table.

    Raises HeatFault: ``EntityNotFound``, status 404; a template that names the type is a 400 of the caller's making.
    """
    resource_type = _load_types().get(name)
    if resource_type is None:
        raise HeatFault(404, "EntityNotFound", f"The Resource Type ({name}) could not be found.")
    return resource_type


def list_resource_types(prefix: str = "") -> list[str]:
    """Return the names of the types that users are to use and that start with ``prefix``."""
    return [name for name, row in load_types().items() if name.startswith(prefix) and not row.get("hidden")]


def describe_resource_type(name: str) -> dict[str, Json]:
    """Return a type as ``GET resource_types/{type}`` describes it. Raises HeatFault where there is no such type."""
    find_resource_type(name)
    row = load_types()[name]
    return {
        "resource_type": name,
        "properties": _describe_properties(row["properties"]),
        "attributes": {attribute: {} for attribute in row["attributes"]},
        "support_status": {"status": "SUPPORTED", "message": None, "version": None, "previous_status": None},
    }


def _describe_properties(schemas: Mapping[str, Json]) -> dict[str, Json]:
    described: dict[str, Json] = {}
    for name, schema in schemas.items():
        if schema.get("hidden"):
            continue  # taken still, but no longer told
        shown = {key: value for key, value in schema.items() if key not in ("schema", "instead")}
        if "schema" in schema:
            shown["schema"] = _describe_properties(schema["schema"])
        described[name] = {"required": False, **shown}
    return described


def _is_placeholder(name: str, row: Mapping[str, Json]) -> bool:
    """Tell a type that takes everything and makes nothing: the types of retired services are such, too."""
    return name == NONE or (bool(row.get("hidden")) and not row["properties"])


@cache
def _load_types() -> Mapping[str, ResourceType]:
    return {
        name: ResourceType(
            name=name,
            properties=None if _is_placeholder(name, row) else parse_property_schemas(row["properties"]),
            attributes=None if _is_placeholder(name, row) else frozenset(row["attributes"]),
        )
        for name, row in load_types().items()
    }
