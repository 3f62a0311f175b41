"""A resource as conflicts are looked for in it, and what one is."""

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
"""The rule of what Heat refuses before it makes anything."""

REFUSED: Final = "service-refusal"
"""The rule of what Heat passes on, and the service that is asked refuses."""

_NEVER_NULL: Final = frozenset({"get_resource", "get_param", "list_join", "str_replace", "str_replace_strict"})


class Judged(NamedTuple):
    """The properties of a resource, or of a member of a group, of one type, in their template."""

    type: str
    properties: Mapping[str, Any]
    tokens: Tokens
    certain: bool
    resources: Mapping[str, Any]
    types: Mapping[str, str]
    """By their names, the types of the resources that it can refer to; ``""`` where nobody knows which is meant."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing because it is misspelt: its type has every property that is given."""
        known: Mapping[str, Any] = load_types()[self.type]["properties"]
        return self.properties.keys() <= known.keys()

    def problem(self, rule: str, message: str, *place: str | int, hint: str = "") -> TemplateProblem:
        """A problem at a place within the properties; of no place, at the type."""
        tokens = (*self.tokens, "properties", *place) if place else (*self.tokens, "type")
        return TemplateProblem(rule, message, tokens, hint, self.certain)

    def find_named(self, value: Any, type_: str) -> Mapping[str, Any] | None:
        """The properties of the resource of a type that a value refers to, if it is of this template."""
        resource = self.resources.get(find_referred(value))
        properties = resource.get("properties") if resource is not None and resource.get("type") == type_ else None
        return properties if isinstance(properties, dict) else None


def find_judged(template: Mapping[str, Any], types: Mapping[str, str]) -> Iterator[Judged]:
    """Every resource and member whose properties Heat reads, and that are written out as a mapping."""
    resources = template.get("resources") or {}
    for name, resource in resources.items():
        if resource.get("external_id") is not None:
            continue
        certain = resource.get("condition") in (None, True)
        for definition, tokens, is_certain in find_definitions(resource, ("resources", name), certain):
            type_, properties = definition.get("type"), definition.get("properties", {})
            is_read = "properties" in definition or not find_near("properties", definition, cutoff=0.8)
            if not isinstance(type_, str) or type_ not in load_types() or type_ in load_placeholders():
                continue
            if is_read and isinstance(properties, dict):
                yield Judged(type_, properties, tokens, is_certain, resources, types)


def find_referred(value: Any) -> str:
    """The name of the resource whose id a value is; ``""`` where it is none."""
    name = value.get("get_resource") if isinstance(value, dict) and len(value) == 1 else None
    return name if isinstance(name, str) else ""


def is_given(value: Any) -> bool:
    """Whether a value is there in every launch: it is written out, or a function gives it that never gives null."""
    return next(iter(value)) in _NEVER_NULL if _is_call(value) else value is not None


def _is_call(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and first_version_with(next(iter(value))) is not None


def find_mappings(value: Any) -> list[tuple[int, Mapping[str, Any]]]:
    """The mappings of a list that is written out, and their numbers; none if a function gives it, or a part of it."""
    items = list(enumerate(value)) if isinstance(value, list) else []
    return items if all(isinstance(each, dict) and not _is_call(each) for _, each in items) else []


def find_text(properties: Mapping[str, Any], name: str) -> str:
    """A property that is written out as text; ``""`` where it is not."""
    value = properties.get(name)
    return value if isinstance(value, str) else ""
