"""Resources that Concertim cannot read; one of them stops it from reading any stack of the site.

Concertim's OpenStack Service goes through the resources at the top of each stack. It splits a type at ``::`` and reads
what follows, and takes each member of an ``OS::Heat::ResourceGroup`` for a stack whose resources it can list. It never
asks for what is below: not for the resources of a nested template, nor for the members of a group that is in one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from builder.diagnostics.problems import Problem
from builder.hot.language import NESTED_SUFFIXES
from builder.hot_lint.findings import TemplateProblem
from builder.hot_lint.inclusion import LoadedTemplate, find_own_stack
from builder.hot_lint.members import GROUP, find_definitions, find_members
from builder.hot_lint.resource_checks import find_meant_type
from builder.hot_lint.shape import looks_nested

_STACKS: Final = frozenset({
    GROUP, "OS::Heat::AutoScalingGroup", "OS::Heat::InstanceGroup", "OS::Heat::ResourceChain",
    "OS::Heat::SoftwareDeploymentGroup", "OS::Heat::Stack", "AWS::AutoScaling::AutoScalingGroup",
    "AWS::CloudFormation::Stack", "AWS::ElasticLoadBalancing::LoadBalancer",
})  # fmt: skip
"""Heat's own types that are stacks themselves (``heat.engine.resources.stack_resource``), or make one: a group of
groups can be read, as the members of a group can be listed."""


def find_unreadable_resources(root: LoadedTemplate, nested: Mapping[str, LoadedTemplate]) -> Iterator[Problem]:
    """Yield a problem for each resource that Concertim cannot read, also in stacks made beside the template's own.

    What a condition may leave out counts, too: one launch that has it is enough.
    """
    own = {  # of which the site lists stacks; what is given a context is in another region, or on another cloud
        name
        for template in (root, *nested.values())
        for resource in (template.template.get("resources") or {}).values()
        for definition, _, _ in find_definitions(resource, ())
        if (name := find_own_stack(definition)) is not None and "context" not in definition["properties"]
    }
    for template in (root, *(nested[name] for name in sorted(own & nested.keys()))):
        yield from map(template.problem, _find_unreadable(template.template))


def _find_unreadable(template: Mapping[str, Any]) -> Iterator[TemplateProblem]:
    for name, resource in (template.get("resources") or {}).items():
        type_, properties, tokens = resource.get("type"), resource.get("properties"), ("resources", name)
        if not isinstance(type_, str) or resource.get("condition") is False:
            continue
        if type_ and "::" not in type_ and not looks_nested(type_) and not find_meant_type(type_):
            message = f"Concertim cannot read the resource {name!r}: its type {type_!r} has no '::'"
            hint = "write a type such as OS::Nova::Server"
            if type_.endswith(NESTED_SUFFIXES):
                hint = f"write type: {GROUP} with count: 1, and make this its resource_def"
            yield TemplateProblem("concertim-nested", message, (*tokens, "type"), hint)
        elif type_ == GROUP and isinstance(properties, dict) and properties.get("count") not in (0, "0"):
            for definition, place, _ in find_members(resource, tokens):
                member = definition.get("type")
                if isinstance(member, str) and "::" in member and member not in _STACKS:
                    message = (
                        f"Concertim cannot read the group {name!r}: it takes each member for a stack, "
                        f"and {member} is none"
                    )
                    hint = f"put the {member} into a template of its own, and write type: {name}-member.yaml here"
                    yield TemplateProblem("concertim-group", message, (*place, "type"), hint)
