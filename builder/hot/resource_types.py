"""The types of resources that come with Heat: a table recorded from its plug-ins, read once.

``resource_types.json`` holds, per type, its properties (type, required, default, constraints, schema of what is inside)
and the names of its attributes, ``structures`` being those that are lists or mappings; of those that few clouds have,
and of those that Heat has retired, the name alone.
``recorded_from`` is the Heat whose table it is, and ``holds_since`` the oldest that agrees in the types of properties
and in what is required, but for what is ``optional_in`` that one. ``instead`` is the former name of a property, and
``custom_constraint`` the one that looks in the cloud for what the property names.
``placeholders`` are OS::Heat::None and those that are made of it, as many are that Heat has retired.
A cloud may lack some of them and have others by plug-ins. ``resource_facts.json`` has what the plug-ins do not tell.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from builder.hot.foreign_names import list_foreign


@cache
def _load_table(name: str = "resource_types.json") -> dict[str, Any]:
    table: dict[str, Any] = json.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))
    return table


@cache
def load_types() -> Mapping[str, Mapping[str, Any]]:
    """The types whose properties and attributes are known, as the table writes them."""
    return MappingProxyType(_load_table()["types"])


@cache
def load_names() -> Collection[str]:
    """The names of all types, sorted."""
    table = _load_table()
    return dict.fromkeys(sorted([*table["types"], *table["known_by_name_only"]])).keys()


_TOOLS: Final = re.compile(r"(?:openstack[._]|openstack\.cloud\.|os_|aws_|AWS::\w+::|OS::(\w+)::)(\w+?)(?:_v\d)?")
"""The types of other tools, and those of a namespace."""


_NAMESPACES_ELSEWHERE: Final = ("Compute", "Network", "Networking", "BlockStorage", "Storage", "Volume")
"""What stands for one of Heat's own between ``OS::`` and the type; what a plug-in calls its own looks otherwise."""


@cache
def find_foreign_type(type_: str) -> str:
    """The type of Heat's own that one of another tool is meant for; ``""`` where none is known, or it is Heat's own."""
    match = _TOOLS.fullmatch(type_)
    namespace = match and match[1]
    is_strange = namespace and not any(name.startswith(f"OS::{namespace}::") for name in load_names())
    if match is None or (is_strange and namespace not in _NAMESPACES_ELSEWHERE):
        return ""
    return list_foreign("types").get(match[2].replace("_", "").casefold(), "")


_FACTS: Final = _load_table("resource_facts.json")
_PASS_ON: Final = frozenset(_FACTS["pass_on"])
"""The types whose ``get_attribute`` passes on what is within them, by names that the table of types does not have."""

_LISTS: Final = frozenset(_FACTS["lists"])
"""The attributes that are lists, of every type that has one of that name: Heat's own ``attributes_schema``."""

MADE_BY: Final[Mapping[str, frozenset[str]]] = {name: frozenset(types) for name, types in _FACTS["made_by"].items()}
"""By the custom constraint that looks for a thing in the cloud, the types whose resources are such things."""


def find_attributes(type_: str) -> Sequence[str] | None:
    """The attributes of a type; None where they are not known, or where any can be read."""
    row = load_types().get(type_)
    is_fixed = row is not None and type_ not in _PASS_ON and type_ not in load_placeholders()
    return row["attributes"] if row is not None and is_fixed else None


ITEM_CONSTRAINTS: Final = {"security_groups": "neutron.security_group"}
"""By the names of properties, what Heat looks for of each item of a list, though it has no schema of them."""

SERVICE_CONSTRAINTS: Final = {
    "instance_uuid": "nova.server",
    "floating_ip": "neutron.floating_ip",
    "floatingip_id": "neutron.floating_ip",
}
"""By the names of properties, what a service looks for in place of Heat, which passes any text on."""


def find_constraint(name: str, schema: Mapping[str, Any]) -> str:
    """The custom constraint of the thing in a cloud that a property names; ``""`` where it names none."""
    return str(schema.get("custom_constraint") or SERVICE_CONSTRAINTS.get(name, ""))


_IDENTIFIED: Final = ("OS::Cinder::", "OS::Glance::", "OS::Keystone::", "OS::Neutron::", "OS::Nova::", "OS::Octavia::")
"""How the types begin whose ``get_resource`` gives the id or the name of the one thing that the type is called by."""


def is_other_thing(type_: str, constraint: str) -> bool:
    """Whether resources of a type are certainly no such things as a custom constraint looks for in the cloud."""
    made_by = MADE_BY.get(constraint, frozenset({type_}))
    return type_ not in made_by and type_ in load_types() and type_.startswith(_IDENTIFIED)


def find_attribute_kinds(type_: str, attribute: str) -> tuple[type, ...]:
    """What an attribute of a resource can be, where it is certainly no text; else ``()``. It may be null besides.

    Of a group's members, an attribute is the list of theirs.
    """
    if type_ == "OS::Heat::ResourceGroup" and not attribute.startswith("resource."):
        return (dict,) if attribute in ("attributes", "refs_map") else (list,) if attribute != "show" else ()
    return (list, dict) if attribute in load_types().get(type_, {}).get("structures", ()) else ()


_LISTS_BY_NETWORK: Final = {"OS::Nova::Server": ("addresses", "networks")}
"""The attributes that have a list for each network."""


def find_list_depth(type_: str, attribute: str) -> int | None:
    """How many keys lead to a list within an attribute: none where it is one itself. None where it is not known."""
    if attribute in _LISTS_BY_NETWORK.get(type_, ()):
        return 1
    is_list = attribute in _LISTS and attribute in load_types().get(type_, {}).get("structures", ())
    return 0 if is_list and type_ not in _PASS_ON else None


@cache
def load_placeholders() -> frozenset[str]:
    """The types of which Heat makes nothing: it looks at none of their properties, and any attribute is null."""
    return frozenset(_load_table()["placeholders"])
