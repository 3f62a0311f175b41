"""Stacks within stacks: what a resource type stands for, and the stack a group or a nested template makes.

Apart from the planner, which calls itself for each of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from builder.hot.language import MEMBERS_VERSION, NESTED_SUFFIXES, VERSION_KEY
from builder.sandbox.faults import Json, ResourceLimitExceeded, StackValidationFailed
from builder.sandbox.heat.parameters import parse_parameters
from builder.sandbox.heat.resource_types import (
    AUTO_SCALING_GROUP,
    GROUP_TYPES,
    RESOURCE_CHAIN,
    RESOURCE_GROUP,
    ResourceType,
    derive_properties,
    find_resource_type,
)
from builder.sandbox.heat.template_texts import DocumentError, find_language, parse_template
from builder.sandbox.heat.templates import MAX_RESOURCES, Definition


@dataclass(slots=True)
class Tally:
    """Counts the resources of a stack, nested ones included, while it is planned or made; lives as long as that."""

    count: int = 0


@dataclass(frozen=True, slots=True)
class StackSource:
    """All that a stack is made from, once; ``depth`` is 0 for the stack that was asked for, and grows inwards.

    ``parameters`` are those given and those of the environment; ``timeout_mins`` is in minutes, None for none.
    """

    name: str
    template: Mapping[str, Json]
    project_id: str
    parameters: Mapping[str, Json] = field(default_factory=dict)
    environment: Mapping[str, Json] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    timeout_mins: int | None = None
    disable_rollback: bool = True
    stack_id: str = "None"
    depth: int = 0
    tally: Tally = field(default_factory=Tally, compare=False)

    def pseudo_parameters(self) -> dict[str, str]:
        """Return the parameters that every stack has."""
        return {"OS::stack_id": self.stack_id, "OS::project_id": self.project_id, "OS::stack_name": self.name}


def find_type(name: str, source: StackSource) -> ResourceType:
    """Return what a type stands for: an entry of the environment's registry, a type of Heat's, or a nested template.

    Raises HeatFault where there is no such type, or the nested template's parameters are wrong.
    """
    registry = source.environment.get("resource_registry") or {}
    target = registry.get(name, name) if name != "resources" else name
    if not (isinstance(target, str) and target.endswith(NESTED_SUFFIXES)):
        found = find_resource_type(target) if isinstance(target, str) else None
        if found is None:
            raise StackValidationFailed(f"The Resource Type ({name}) could not be found.")
        return found
    content = source.files.get(target)
    if content is None:
        scheme = urlsplit(target).scheme
        # The sandbox fetches nothing.
        is_remote = scheme in ("http", "https")
        reason = f"Failed to retrieve template from {target}" if is_remote else f"Invalid URL scheme {scheme}"
        fault = f'Could not fetch remote template "{target}": {reason}'
        return ResourceType(target, None, None, fault=fault)
    try:
        template = parse_template(content, target)
    except DocumentError as error:
        return ResourceType(target, None, None, fault=str(error))
    parameters = parse_parameters(template.get("parameters"), find_language(template))
    outputs = template.get("outputs")
    return ResourceType(
        name=target,
        properties=derive_properties(parameters),
        attributes=frozenset(outputs) if isinstance(outputs, Mapping) else frozenset(),
        template=template,
    )


def find_child_source(
    parent: StackSource, definition: Definition, resource_type: ResourceType, values: Mapping[str, Json]
) -> StackSource | None:
    """Return what the stack inside a resource is made from; None when there is none.

    ``values`` are the resource's properties.

    Raises HeatFault where there would be too many resources.
    """
    name = f"{parent.name}-{definition.name}"
    child = replace(parent, name=name, stack_id="None", depth=parent.depth + 1, parameters={})
    if resource_type.template is not None:
        given = {name: value for name, value in values.items() if name in definition.properties and value is not None}
        return replace(child, template=resource_type.template, parameters=given)
    if resource_type.name not in GROUP_TYPES:
        return None
    members = _list_members(resource_type, values)
    for kind in {member["type"] for member in members.values() if isinstance(member["type"], str)}:
        find_type(kind, parent)
    return replace(child, template={VERSION_KEY: MEMBERS_VERSION, "resources": members})


def _list_members(resource_type: ResourceType, values: Mapping[str, Json]) -> dict[str, Json]:
    if resource_type.name == RESOURCE_CHAIN:
        properties = values.get("resource_properties") or {}
        types = values.get("resources") or []
        return {str(index): {"type": kind, "properties": properties} for index, kind in enumerate(types)}
    if resource_type.name == AUTO_SCALING_GROUP:
        wanted = values.get("desired_capacity")
        count = values.get("min_size") if wanted is None else wanted
        member, placeholder = values.get("resource"), None
    else:
        assert resource_type.name == RESOURCE_GROUP  # noqa: S101  # the last of GROUP_TYPES
        count, member, placeholder = values.get("count"), values.get("resource_def"), values.get("index_var")
    if not member or not count:
        return {}
    if count > MAX_RESOURCES:
        raise ResourceLimitExceeded
    member = {key: value for key, value in member.items() if value is not None}
    return {str(index): _fill(member, placeholder, str(index)) for index in range(count)}


def _fill(value: Json, placeholder: str | None, index: str) -> Json:
    if placeholder is None:
        return value
    if isinstance(value, str):
        return value.replace(placeholder, index)
    if isinstance(value, Mapping):
        return {key: _fill(item, placeholder, index) for key, item in value.items()}
    return [_fill(item, placeholder, index) for item in value] if isinstance(value, list) else value
