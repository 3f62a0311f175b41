"""The types of resources that come with Heat: a table recorded from its plug-ins, read once.

``resource_types.json`` holds, per type, its properties (type, required, default, constraints, schema of what is inside)
and the names of its attributes; of those that few clouds have, and of those that Heat has retired, the name alone.
``recorded_from`` is the Heat whose table it is, and ``holds_since`` the oldest that agrees in the types of properties
and in what is required, but for what is ``optional_in`` that one. ``instead`` is the former name of a property.
``placeholders`` are OS::Heat::None and those that are made of it, as many are that Heat has retired.
A cloud may lack some of them and have others by plug-ins.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final


@cache
def load_types() -> Mapping[str, Mapping[str, Any]]:
    """The types whose properties and attributes are known, as the table writes them."""
    return MappingProxyType(_load_table()["types"])


@cache
def load_names() -> Collection[str]:
    """The names of all types, sorted."""
    table = _load_table()
    return dict.fromkeys(sorted([*table["types"], *table["known_by_name_only"]])).keys()


_PASS_ON: Final = frozenset({
    "AWS::CloudFormation::Stack", "OS::Heat::AutoScalingGroup", "OS::Heat::ResourceChain", "OS::Heat::ResourceGroup",
    "OS::Heat::SoftwareDeployment", "OS::Heat::SoftwareDeploymentGroup", "OS::Heat::SoftwareDeployments",
    "OS::Heat::StructuredDeployment", "OS::Heat::StructuredDeploymentGroup", "OS::Heat::StructuredDeployments",
})  # fmt: skip
"""The types whose ``get_attribute`` passes on what is within them, by names that the table does not have."""


def find_attributes(type_: str) -> frozenset[str] | None:
    """The attributes of a type; None where they are not known, or where any can be read."""
    row = load_types().get(type_)
    is_fixed = row is not None and type_ not in _PASS_ON and type_ not in load_placeholders()
    return frozenset(row["attributes"]) if row is not None and is_fixed else None


@cache
def load_placeholders() -> frozenset[str]:
    """The types of which Heat makes nothing: it looks at none of their properties, and any attribute is null."""
    return frozenset(_load_table()["placeholders"])


@cache
def _load_table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(files(__package__).joinpath("resource_types.json").read_text(encoding="utf-8"))
    return table
