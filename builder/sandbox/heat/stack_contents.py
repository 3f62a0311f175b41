"""What is in a stack: its resources, their ids and attributes, and the outputs that are made of these.

Apart from planning and making, which fill it in; apart from the store, which knows names, owners and time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from builder.hot.values import PROPERTY_TYPES
from builder.sandbox.faults import HeatFault, Json, format_path
from builder.sandbox.heat.functions import resolve, select
from builder.sandbox.heat.nesting import StackSource
from builder.sandbox.heat.parameters import Parameter
from builder.sandbox.heat.resource_types import (
    AUTO_SCALING_GROUP,
    GROUP_TYPES,
    RANDOM_STRING,
    VALUE,
    ResourceType,
    check_properties,
)
from builder.sandbox.heat.templates import Definition, Output


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a resource could not be made: Heat's exception, the way to the resource, and its words."""

    error_type: str
    path: tuple[str, ...]
    message: str

    def __str__(self) -> str:
        return f"{self.error_type}: {format_path(self.path)}: {self.message}"

    def within(self, name: str) -> Failure:
        """Return the failure as the stack around sees it; ``name`` is the resource that holds this one."""
        return replace(self, path=("resources", name, *self.path))


@dataclass(slots=True)
class Resource:
    """A resource of a stack: planned at first, and without an id until its turn came, which a failure may prevent.

    ``values`` are those of its properties, and of the attributes that are made up with it; ``nested`` is the stack
    inside it, if it has one.
    """

    definition: Definition
    type: ResourceType
    required_by: tuple[str, ...] = ()
    physical_id: str = ""
    values: Mapping[str, Json] = field(default_factory=dict)
    failure: Failure | None = None
    nested: StackContent | None = None
    is_made: bool = False

    @property
    def name(self) -> str:
        return self.definition.name


@dataclass(slots=True)
class StackContent:
    """What is in a stack: planned at first, then made. It is the scope in which the values of the template resolve.

    ``order`` lists the names of the resources, each after what it needs.
    """

    source: StackSource
    parameters: Mapping[str, Parameter]
    resources: dict[str, Resource] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    outputs: Mapping[str, Output] = field(default_factory=dict)
    failure: Failure | None = None

    @property
    def files(self) -> Mapping[str, str]:
        return self.source.files

    def parameter(self, name: str) -> Json:
        if name in self.parameters:
            return self.parameters[name].value()
        pseudo = self.source.pseudo_parameters()
        if name not in pseudo:
            raise HeatFault("UserParameterMissing", name)
        return pseudo[name]

    def has_resource(self, name: str) -> bool:
        return name in self.resources

    def check_attribute(self, name: str, attribute: str) -> bool:
        return self.resources[name].type.has_attribute(attribute)

    def reference(self, name: str) -> str:
        return _refer(self.resources[name])

    def attribute(self, name: str, attribute: str | None, path: Sequence[Json]) -> Json:
        resource = self.resources[name]
        if not resource.is_made:
            return None
        return read_attributes(resource) if attribute is None else _read(resource, attribute, path)

    def properties_of(self, resource: Resource) -> Mapping[str, Json]:
        """Return a resource's properties with their values. Raises StackValidationFailed where one does not fit."""
        given = resource.definition.properties
        schemas = resource.type.properties
        if schemas is None:
            return {}
        if resource.type.name == VALUE:
            # The type of the one property is the value of the other, in the words that parameters have.
            named = str(resolve(given.get("type"), self))
            schemas = {**schemas, "value": replace(schemas["value"], type=PROPERTY_TYPES.get(named, "any"))}
        path = ("resources", resource.name, "properties")
        return check_properties(schemas, given, path, resolve=lambda node: resolve(node, self))


def read_output(stack: StackContent, output: Output) -> dict[str, Json]:
    """Return an output as a stack shows it; one that cannot be resolved carries the reason."""
    shown: dict[str, Json] = {"output_key": output.name, "description": output.description}
    try:
        shown["output_value"] = resolve(output.value, stack)
    except (ValueError, TypeError, KeyError, HeatFault) as error:
        shown |= {"output_error": str(error), "output_value": None}
    return shown


def read_attributes(resource: Resource) -> dict[str, Json]:
    """Return the attributes of a resource as it shows them."""
    names = resource.type.attributes or frozenset()
    return {name: _read(resource, name, ()) if resource.is_made else None for name in sorted(names - {"show"})}


def _refer(resource: Resource) -> str:
    if not resource.is_made:
        return resource.name
    if resource.type.template is not None and resource.nested is not None:
        source = resource.nested.source
        return f"arn:openstack:heat::{source.project_id}:stacks/{source.name}/{resource.physical_id}"
    if resource.type.name == RANDOM_STRING:
        return str(resource.values["value"])
    if resource.type.name == "OS::Nova::KeyPair":
        return str(resource.values.get("name") or resource.physical_id)
    return resource.physical_id


def _read(resource: Resource, attribute: str, path: Sequence[Json]) -> Json:
    if resource.nested is not None:
        return _read_nested(resource, resource.nested, attribute, path)
    return select(resource.values.get(attribute), path)


def _read_nested(resource: Resource, nested: StackContent, attribute: str, path: Sequence[Json]) -> Json:
    kind, _, rest = attribute.partition(".")
    if kind == "resource" and rest:
        return _read_member(resource, nested, rest, path)
    if resource.type.name not in GROUP_TYPES:
        output = nested.outputs.get(attribute)
        return None if output is None else select(resolve(output.value, nested), path)
    members = nested.resources
    match attribute:
        case "refs":
            return select([_refer(member) for member in members.values()], path)
        case "refs_map":
            return select({name: _refer(member) for name, member in members.items()}, path)
        case "attributes" | "outputs" if path:
            return {name: _read(member, path[0], path[1:]) for name, member in members.items()}
        case "outputs_list" if path:
            return [_read(member, path[0], path[1:]) for member in members.values()]
        case "current_size" if resource.type.name == AUTO_SCALING_GROUP:
            return len(members)
        case "attributes" | "outputs" | "outputs_list" | "current_size" | "show":
            return None
        case "removed_rsrc_list":
            return []
    return [_read(member, attribute, path) for member in members.values()]


def _read_member(resource: Resource, nested: StackContent, rest: str, path: Sequence[Json]) -> Json:
    name, _, attribute = rest.partition(".")
    member = nested.resources.get(name)
    if member is None:
        raise ValueError(f"Member '{name}' not found in group resource '{resource.name}'.")
    if not attribute and path:
        attribute, path = str(path[0]), path[1:]
    return _read(member, attribute, path) if attribute else _refer(member)
