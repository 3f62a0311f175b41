"""What a resource is made of: its own type, and those of the members of groups, of groups in groups as well.

Whatever is judged of a type is judged of each of them, at its own place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from builder.hot.resource_types import load_types
from builder.text.pointers import Tokens
from builder.text.spelling import find_misspelt

GROUP: Final = "OS::Heat::ResourceGroup"

CHAIN: Final = "OS::Heat::ResourceChain"

GROUP_MEMBER: Final = "resource_def"

MEMBERS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    GROUP: (GROUP_MEMBER, ("count",)),
    "OS::Heat::AutoScalingGroup": ("resource", ("desired_capacity", "min_size")),
}
"""For each type of group, the property that describes a member, and those that say how many there are at first.

Of the latter, the first that is given counts. If it is 0, Heat does not look at the member.
"""

_GROUPS: Final = tuple(MEMBERS)
"""The types of groups; a tuple, since what is looked up in it may be a list or a mapping, which has no hash."""

Definition = tuple[Mapping[str, Any], Tokens, bool]
"""A mapping with a type and properties, its place, and whether Heat looks at it in every launch."""


def find_definitions(resource: Mapping[str, Any], tokens: Tokens, certain: bool = True) -> Iterator[Definition]:
    """Yield a resource, and if it is a group its members, and so on for groups in groups."""
    yield resource, tokens, certain
    if resource.get("type") in _GROUPS:  # as few resources are
        for each in find_members(resource, tokens, certain):
            yield from find_definitions(*each)


def find_members(group: Mapping[str, Any], tokens: Tokens, certain: bool = True) -> Iterator[Definition]:
    """Yield the definitions of a group's members: the one that is written out, or each branch of an ``if``."""
    type_, properties = group.get("type"), group.get("properties")
    if not isinstance(type_, str) or type_ not in MEMBERS or not isinstance(properties, dict):
        return
    key, sizes = MEMBERS[type_]
    size = next((properties[each] for each in sizes if properties.get(each) is not None), 1)
    possible = find_branches(properties.get(key), (*tokens, "properties", key), certain and size not in (0, "0"))
    yield from (each for each in possible if isinstance(each[0], dict))


def has_properties_beside(group: Mapping[str, Any]) -> bool:
    """Whether the properties of a group's member stand beside the member, among those of the group, where none are."""
    properties = group.get("properties")
    key, _ = MEMBERS.get(str(group.get("type")), ("", ()))
    if not isinstance(properties, dict) or "properties" not in properties:
        return False
    member = properties.get(key)
    return isinstance(member, dict) and "properties" not in member


def find_forgotten(definition: Mapping[str, Any], known: Sequence[str]) -> list[str]:
    """The keys of a resource, or of a member, that are properties of its type, with no ``properties:`` above them."""
    type_ = definition.get("type")
    if "properties" in definition or not isinstance(type_, str) or find_misspelt("properties", definition, known):
        return []
    others = [key for key in definition if key not in known]
    taken = load_types()[type_]["properties"] if type_ in load_types() else others
    return others if any(key in taken for key in others) else []


_BESIDE: Final = frozenset({"condition", "deletion_policy", "depends_on", "external_id", "metadata", "update_policy"})
"""Keys that stand beside the properties of a resource."""


def suggest_beside(name: str, tokens: Tokens) -> str:
    """A hint for a key that is none of the properties at ``tokens``, and of which the resource or its group has one."""
    if name not in _BESIDE:
        return ""
    return "write it beside properties, not in them" if len(tokens) == 3 else "write it for the whole group"


def find_branches(value: Any, tokens: Tokens, certain: bool = True) -> Iterator[tuple[Any, Tokens, bool]]:
    """What a value may be, each with its place: the branches of an ``if``, or itself."""
    branches = value.get("if") if isinstance(value, dict) and len(value) == 1 else None
    if isinstance(branches, list):
        for number, branch in enumerate(branches[1:], start=1):
            yield from find_branches(branch, (*tokens, "if", number), certain=False)
    else:
        yield value, tokens, certain
