"""A resource whose properties are judged together, the rules of conflicts, and how values of properties are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from builder.hot.language import first_version_with
from builder.hot.resource_types import load_placeholders, load_types
from builder.hot_lint.findings import TemplateProblem
from builder.hot_lint.members import find_definitions
from builder.text.pointers import Tokens
from builder.text.spelling import find_near

CONFLICT: Final = "property-conflict"
"""The rule id of a conflict that Heat itself refuses, before it makes anything."""

REFUSED: Final = "service-refusal"
"""The rule id of a conflict that Heat passes on, so that Nova, Neutron or Cinder refuses it during the launch."""

_NEVER_NULL: Final = frozenset({"get_resource", "get_param", "list_join", "str_replace", "str_replace_strict"})


class Judged(NamedTuple):
    """The type and the properties of a resource or of a group's member, and the resources of the template around it."""

    type: str
    properties: Mapping[str, Any]
    tokens: Tokens
    certain: bool
    resources: Mapping[str, Any]
    types: Mapping[str, str]
    """The type of each resource that it can refer to, by name; ``""`` if two resources have the name."""

    @property
    def is_complete(self) -> bool:
        """Whether the type has every property that is given: if not, one that seems to be missing may be misspelt."""
        known: Mapping[str, Any] = load_types()[self.type]["properties"]
        return self.properties.keys() <= known.keys()

    def problem(self, rule: str, message: str, *place: str | int, hint: str = "") -> TemplateProblem:
        """Make a problem at a place within the properties, or at the ``type`` if no place is given."""
        tokens = (*self.tokens, "properties", *place) if place else (*self.tokens, "type")
        return TemplateProblem(rule, message, tokens, hint, self.certain)

    def find_named(self, value: Any, type_: str) -> Mapping[str, Any] | None:
        """The properties of the resource that a value refers to; None unless it is in the template and has the type."""
        resource = self.resources.get(find_referred(value))
        properties = resource.get("properties") if resource is not None and resource.get("type") == type_ else None
        return properties if isinstance(properties, dict) else None


def find_judged(template: Mapping[str, Any], types: Mapping[str, str]) -> Iterator[Judged]:
    """Yield each resource and each group's member whose properties Heat reads, and that are written as a mapping."""
    resources = template.get("resources") or {}
    for name, resource in resources.items():
        certain = resource.get("condition") in (None, True)
        for definition, tokens, is_certain in find_definitions(resource, ("resources", name), certain):
            properties = definition.get("properties", {})
            if reads_properties(resource, definition) and isinstance(properties, dict):
                yield Judged(definition["type"], properties, tokens, is_certain, resources, types)


def reads_properties(resource: Mapping[str, Any], definition: Mapping[str, Any]) -> bool:
    """Whether Heat reads the properties of a resource, or of a member in it, and they are known.

    It reads neither those of what exists already, nor those of placeholders; and a key may be ``properties``, misspelt.
    """
    type_ = definition.get("type")
    if resource.get("external_id") is not None or not isinstance(type_, str):
        return False
    if type_ not in load_types() or type_ in load_placeholders():
        return False
    return "properties" in definition or not find_near("properties", definition, cutoff=0.8)


def find_referred(value: Any) -> str:
    """The name in a ``get_resource`` call; ``""`` if the value is anything else."""
    name = value.get("get_resource") if isinstance(value, dict) and len(value) == 1 else None
    return name if isinstance(name, str) else ""


def find_linked(properties: Mapping[str, Any], name: str) -> str:
    """The name of the resource that a property refers to, be it written as ``network`` or as ``network_id``."""
    return find_referred(properties.get(name) or properties.get(f"{name}_id"))


def is_given(value: Any) -> bool:
    """Whether a value is never null: it is written out, or the result of a function that never gives null."""
    return next(iter(value)) in _NEVER_NULL if _is_call(value) else value is not None


def _is_call(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and first_version_with(next(iter(value))) is not None


def find_mappings(value: Any) -> list[tuple[int, Mapping[str, Any]]]:
    """The items of a list, with their numbers; none unless the list is written out, and all its items are mappings."""
    items = list(enumerate(value)) if isinstance(value, list) else []
    return items if all(isinstance(each, dict) and not _is_call(each) for _, each in items) else []


def read_properties(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """The properties of a resource that are written out; none where a call gives them all, or there are none."""
    properties = resource.get("properties")
    return properties if isinstance(properties, dict) else {}


def find_text(properties: Mapping[str, Any], name: str) -> str:
    """The value of a property, if it is a text that is written out; else ``""``."""
    value = properties.get(name)
    return value if isinstance(value, str) else ""
