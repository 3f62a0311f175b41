"""Attributes of resources that Heat does not know: those of its own types are fixed, as their properties are.

What a nested template has outputs for is told where both sides of it are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from builder.hot.resource_types import find_attributes
from builder.hot_lint.findings import Kind, TemplateProblem
from builder.hot_lint.members import GROUP, find_members
from builder.hot_lint.scope import ScopedTemplate
from builder.text.spelling import suggest

GROUP_ATTRIBUTES: Final = ("refs", "refs_map", "attributes", "removed_rsrc_list")
"""The attributes of a group besides those of its members: ``heat.engine.resources.openstack.heat.resource_group``."""

MEMBER_ATTRIBUTE: Final = re.compile(r"resource\.[^.]*\.")
"""What comes before the attribute of one member of a group: ``resource.0.address``."""


def find_unknown_attributes(templates: Sequence[ScopedTemplate]) -> Iterator[tuple[int, TemplateProblem]]:
    """Every attribute that is read and that the type of the resource does not have: the template's number, the problem.

    What another Heat has in place of the type, by a plug-in or in a later release, may have it.
    """
    resources: dict[str, Mapping[str, Any]] = {}
    for each in templates:
        resources.update(each.template.get("resources") or {})
    for number, each in enumerate(templates):
        for reference in each.reading.references:
            resource = resources.get(reference.name)
            if reference.kind is not Kind.RESOURCE or reference.attribute is None or resource is None:
                continue
            attribute, type_ = reference.attribute, resource.get("type")
            if type_ == GROUP:
                members = {str(member.get("type")) for member, _, certain in find_members(resource, ()) if certain}
                attribute, type_ = MEMBER_ATTRIBUTE.sub("", attribute), next(iter(members), None)
                if attribute in GROUP_ATTRIBUTES or attribute.startswith("resource."):
                    continue
            known = find_attributes(type_) if isinstance(type_, str) else None
            if known is not None and attribute not in known:
                tokens = (*reference.tokens[:-1], 1)
                message, hint = f"{type_} has no attribute {attribute!r}", suggest(attribute, sorted(known))
                yield number, TemplateProblem("unknown-attribute", message, tokens, hint, reference.certain)
