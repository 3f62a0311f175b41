"""Types and attributes of resources, compared with those that Heat has: whether they exist, and are not retired.

Properties are the subject of :mod:`builder.hot_lint.properties`. What releases of Heat and clouds differ in is a
warning. A nested template is told of where both sides of it are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from builder.hot.foreign_names import find_foreign_attribute
from builder.hot.language import NESTED_SUFFIXES, Language
from builder.hot.resource_types import (
    find_attributes,
    find_foreign_type,
    find_list_depth,
    load_names,
    load_placeholders,
)
from builder.hot.results import is_call
from builder.hot_lint.conflicts.judged import reads_properties
from builder.hot_lint.findings import Kind, Reference, TemplateProblem
from builder.hot_lint.members import CHAIN, GROUP, find_definitions, find_members, has_properties_beside
from builder.hot_lint.properties import find_property_problems
from builder.hot_lint.property_calls import CallScope
from builder.hot_lint.scope import ScopedTemplate
from builder.text.pointers import Tokens
from builder.text.spelling import find_near, suggest, suggest_near

_GROUP_ATTRIBUTES: Final = ("refs", "refs_map", "attributes", "removed_rsrc_list")
"""The attributes of a group besides those of its members: ``heat.engine.resources.openstack.heat.resource_group``."""

_NESTED_ATTRIBUTES: Final = ("show",)
"""Attributes of a nested template besides its outputs; a group of them has no ``show``."""

_MEMBER_ATTRIBUTE: Final = re.compile(r"resource\.[^.]*\.")
"""What comes before the attribute of one member of a group: ``resource.0.address``."""


def find_attribute_problems(
    templates: Sequence[ScopedTemplate], nested: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[int, TemplateProblem]]:
    """Every attribute that is read and that the resource does not have: the template's number, and the problem.

    Those of a nested template are its outputs; ``nested`` are all, by the names of their files. What another Heat has
    in place of a type, by a plug-in or in a later release, may have others. And every one that is a list in which what
    is read has no number.
    """
    resources = {name: one for each in templates for name, one in (each.template.get("resources") or {}).items()}
    for number, each in enumerate(templates):
        for reference in each.reading.references:
            resource, attribute = resources.get(reference.name), reference.attribute
            if reference.kind is not Kind.RESOURCE or attribute is None or resource is None:
                continue
            type_, is_there = resource.get("type"), True
            if isinstance(type_, str) and (depth := find_list_depth(type_, attribute)) is not None:
                yield from ((number, found) for found in _find_key_in_list(each.template, reference, depth))
            if is_group := type_ == GROUP:
                members = [each for each in find_members(resource, ()) if len(each[1]) == 2]  # in no branch of an if
                type_, is_there = (members[0][0].get("type"), members[0][2]) if members else (None, False)
                attribute = _MEMBER_ATTRIBUTE.sub("", attribute)
            if not isinstance(type_, str):
                continue
            others = _GROUP_ATTRIBUTES if is_group else _NESTED_ATTRIBUTES if type_ in nested else ()
            if attribute in others or (others and attribute.startswith("resource.")):
                continue
            certain, found = reference.certain, None
            if type_ in nested:
                if is_group:  # Heat asks each member for it, in an output only when somebody asks for that
                    is_made = resource.get("condition") in (None, True) and resource.get("external_id") is None
                    certain = certain and is_there and is_made and reference.tokens[0] != "outputs"
                found = _explain_output(type_, attribute, nested[type_].get("outputs") or {})
            elif is_there:
                found = _explain_attribute(type_, attribute, reference.name)
            if found is not None:
                rule, message, hint = found
                yield number, TemplateProblem(rule, message, (*reference.tokens[:-1], 1), hint, certain)


def _explain_output(name: str, attribute: str, outputs: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """Rule, message and hint for an attribute that is no output of the nested template ``name``; None where it is."""
    if attribute in outputs:
        return None
    hint = suggest(attribute, outputs) or (suggest_near(next(iter(outputs))) if len(outputs) == 1 else "")
    hint = f"resource.{attribute} is a member" if attribute.isdecimal() else hint
    return "nested-attribute", f"{name} has no output {attribute!r}", hint


def _explain_attribute(type_: str, attribute: str, resource: str) -> tuple[str, str, str] | None:
    """Rule, message and hint for an attribute that Heat's own type has not; None where it has, or nobody knows."""
    known = find_attributes(type_)
    if known is None or attribute in known:
        return None
    meant = find_foreign_attribute(type_, attribute)
    hint = suggest(meant or attribute, sorted(known))
    if "," in meant:
        hint = f"write [{resource}, {meant}]"
    elif attribute in ("id", "uuid"):
        hint = f"write {{get_resource: {resource}}}"
    return "unknown-attribute", f"{type_} has no attribute {attribute!r}", hint


def _find_key_in_list(template: Mapping[str, Any], reference: Reference, depth: int) -> Iterator[TemplateProblem]:
    """A key that is read of a list, which is ``depth`` keys within the attribute: Heat gives null for it."""
    *tokens, _ = reference.tokens
    way: Any = template
    for token in tokens:
        way = way[token]
    at = 2 + depth
    key = way[at] if at < len(way) else 0
    if isinstance(key, str):
        kept = [] if reference.attribute == "networks" else [key]  # of a server: its addresses, which have no keys
        steps = [*way[:at], *([int(key)] if key.isdecimal() else [0, *kept]), *way[at + 1 :]]
        message = f"[{', '.join(map(str, way[:at]))}] is a list, and Heat gives null for its {key!r}"
        place = (*tokens, at)
        yield TemplateProblem("list-attribute", message, place, f"write [{', '.join(map(str, steps))}]")


_NEAR: Final = 0.87
"""How near a type has to be to one of Heat's own: none of the types that came from Heat 16 to 27 was as near to another
that there was, and ``OS::Neutron::Network`` is to ``OS::Neutron::Net``."""

_RETIRED_HINT: Final = "use what took its place, or remove the resource"


def find_type_problems(
    template: Mapping[str, Any], scope: CallScope, files: Mapping[str, str]
) -> Iterator[TemplateProblem]:
    """Every type of resource that looks misspelt or is retired, and every property that its type does not take so.

    And each that a chain names and nobody sends, which is not among the ``files``. Heat reads neither the properties of
    what exists already, nor those of placeholders.
    """
    for name, resource in (template.get("resources") or {}).items():
        is_certain = resource.get("condition") in (None, True)
        for definition in find_definitions(resource, ("resources", name), is_certain):
            given, tokens, certain = definition
            type_ = given.get("type")
            if not isinstance(type_, str):
                continue
            for named, place in ((type_, (*tokens, "type")), *_find_links(given, tokens, scope.language)):
                meant = find_meant_type(named) if isinstance(named, str) else ""
                if named != type_ and (not named or not isinstance(named, str)):
                    yield TemplateProblem("template-shape", "a type must be a text", place, certain=certain)
                elif named != type_ and named.endswith(NESTED_SUFFIXES) and named not in files:
                    message = f"no client sends {named!r}, since a chain names it in a list"
                    hint = "write each member as a resource with that type"
                    yield TemplateProblem("unsent-file", message, place, hint, certain)
                elif meant:
                    message, hint = f"Heat has no type {named!r} of its own", f"did you mean {meant!r}?"
                    yield TemplateProblem("misspelt-resource-type", message, place, hint, certain)
                elif named in load_placeholders() and named != "OS::Heat::None":
                    message = f"Heat has retired {named}: it accepts the resource, and makes nothing"
                    yield TemplateProblem("retired-resource-type", message, place, _RETIRED_HINT, certain)
            is_beside = len(tokens) > 2 and has_properties_beside(resource)
            if reads_properties(resource, given) and not is_beside and not scope.language.newer:
                yield from find_property_problems(template, scope, type_, definition)


def _find_links(chain: Mapping[str, Any], tokens: Tokens, language: Language) -> Iterator[tuple[Any, Tokens]]:
    """The types that a chain, if it is one, names in a list, and their places: no client sends files of them."""
    if "external_id" in chain:
        return
    properties = chain.get("properties")
    types = properties.get("resources") if chain["type"] == CHAIN and isinstance(properties, dict) else None
    for number, type_ in enumerate(types if isinstance(types, list) else ()):
        if not is_call(type_, language):
            yield type_, (*tokens, "properties", "resources", number)


def find_meant_type(type_: str) -> str:
    """The type of Heat's own that a name was meant for: near to one in its namespace, or one but for case and signs.

    Those are colons, quotes and blanks. Or it is what another tool calls such a thing. ``""`` where it is one, or where
    none is near. What plug-ins call theirs beyond those namespaces is their affair.
    """
    names = load_names()
    if type_ in names:
        return ""
    if foreign := find_foreign_type(type_) or (f"OS::{type_}" if f"OS::{type_}" in names else ""):
        return foreign
    if type_.startswith(("OS::", "AWS::")):
        return find_near(type_, names, cutoff=_NEAR)
    return _load_bare_names().get(_strip(type_), "")


@cache
def _load_bare_names() -> Mapping[str, str]:
    return {_strip(name): name for name in load_names()}


def _strip(type_: str) -> str:
    return re.sub(r"[:'\"\s]", "", type_).casefold()
