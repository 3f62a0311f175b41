"""Stacks that exist: the resources a plan turned into, with made-up ids and the attributes that can be told.

Apart from plans, whose references lead nowhere yet; apart from the store, which knows names, owners and time.
Nothing is really made: a server is an id, a random string is a random string.
"""

from __future__ import annotations

import secrets
import string
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from builder.sandbox.faults import HeatFault, Json, format_path
from builder.sandbox.heat.functions import resolve, select
from builder.sandbox.heat.nesting import StackSource, find_child_source
from builder.sandbox.heat.parameters import Parameters
from builder.sandbox.heat.resource_types import (
    AUTO_SCALING_GROUP,
    GROUP_TYPES,
    NONE,
    RANDOM_STRING,
    TEST_RESOURCE,
    VALUE,
    ResourceType,
)
from builder.sandbox.heat.stack_plans import Plan, PlannedResource, plan_stack

_ALPHABETS: Mapping[str, str] = {
    "lettersdigits": string.ascii_letters + string.digits,
    "letters": string.ascii_letters,
    "lowercase": string.ascii_lowercase,
    "uppercase": string.ascii_uppercase,
    "digits": string.digits,
    "hexdigits": string.digits + "ABCDEF",
    "octdigits": string.octdigits,
}
_ADDRESSES: Mapping[tuple[str, str], str] = {
    ("OS::Nova::Server", "first_address"): "192.0.2",
    ("OS::Nova::Server", "accessIPv4"): "192.0.2",
    ("OS::Neutron::FloatingIP", "floating_ip_address"): "203.0.113",
}
"""Attributes that give an address of the networks reserved for documentation (RFC 5737)."""

_SUFFIX = string.ascii_lowercase + string.digits
_NAMED = frozenset({RANDOM_STRING, TEST_RESOURCE, VALUE, "OS::Heat::Delay"})


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
class LiveResource:
    """A resource of a stack; before its turn came, or after another failed, it has no id."""

    planned: PlannedResource
    physical_id: str = ""
    properties: Mapping[str, Json] = field(default_factory=dict)
    secret: str = ""
    failure: Failure | None = None
    nested: LiveStack | None = None
    is_made: bool = False

    @property
    def name(self) -> str:
        return self.planned.definition.name

    @property
    def type(self) -> ResourceType:
        return self.planned.type


@dataclass(slots=True)
class LiveStack:
    """A stack and what is in it; lives until it is deleted. It is the scope its outputs resolve in."""

    stack_id: str
    plan: Plan
    resources: dict[str, LiveResource]
    failure: Failure | None = None

    @property
    def name(self) -> str:
        return self.plan.source.name

    @property
    def parameters(self) -> Parameters:
        return self.plan.parameters

    @property
    def files(self) -> Mapping[str, str]:
        return self.plan.source.files

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


def imagine_stack(plan: Plan, stack_id: str = "None") -> LiveStack:
    """Return a stack of which nothing is made yet."""
    return LiveStack(stack_id, plan, {name: LiveResource(res) for name, res in plan.resources.items()})


def create_live_stack(source: StackSource) -> LiveStack:
    """Make everything a source asks for, up to the first failure, which the stack then carries.

    Raises HeatFault where the source does not make a plan.
    """
    stack_id = str(uuid.uuid4())
    plan = plan_stack(replace(source, stack_id=stack_id), with_children=False)
    stack = imagine_stack(plan, stack_id)
    for name in plan.order:
        resource = stack.resources[name]
        try:
            resource.failure = _make(stack, resource)
        except HeatFault as fault:
            resource.failure = Failure(fault.error_type, ("resources", name), fault.message)
        if resource.failure is not None:
            stack.failure = resource.failure
            break
        resource.is_made = True
    return stack


def read_outputs(stack: LiveStack) -> list[dict[str, Json]]:
    """Return the outputs as a stack shows them; one that cannot be resolved carries the reason."""
    return [read_output(stack, name) for name in stack.plan.outputs]


def read_output(stack: LiveStack, name: str) -> dict[str, Json]:
    """Return one output as a stack shows it."""
    shown: dict[str, Json] = {"output_key": name, "description": stack.plan.outputs[name].description}
    try:
        shown["output_value"] = resolve(stack.plan.outputs[name].value, stack)
    except (ValueError, TypeError, KeyError, HeatFault) as error:
        shown |= {"output_error": str(error), "output_value": None}
    return shown


def read_attributes(resource: LiveResource) -> dict[str, Json]:
    """Return the attributes of a resource as it shows them."""
    names = resource.type.attributes or frozenset()
    return {name: _read(resource, name, ()) if resource.is_made else None for name in sorted(names - {"show"})}


def _make(stack: LiveStack, resource: LiveResource) -> Failure | None:
    """Make one resource; what it needs is there."""
    values = stack.plan.properties_of(resource.planned, stack)
    resource.properties = values
    if resource.type.name == TEST_RESOURCE and values.get("fail"):
        return Failure("ValueError", ("resources", resource.name), f"Test Resource failed {resource.name}")
    child = find_child_source(stack.plan.source, resource.planned.definition, resource.type, values)
    suffix = "".join(secrets.choice(_SUFFIX) for _ in range(12))
    if child is not None:
        resource.nested = create_live_stack(replace(child, name=f"{child.name}-{suffix}"))
        resource.physical_id = resource.nested.stack_id
        failure = resource.nested.failure
        return None if failure is None else failure.within(resource.name)
    if resource.type.name == RANDOM_STRING:
        classes = [part.get("class") for part in values.get("character_classes") or ()]
        alphabet = "".join(_ALPHABETS.get(name, "") for name in classes) or _ALPHABETS["lettersdigits"]
        resource.secret = "".join(secrets.choice(alphabet) for _ in range(values["length"]))
    is_named = resource.type.name in _NAMED
    resource.physical_id = f"{stack.name}-{resource.name}-{suffix}" if is_named else str(uuid.uuid4())
    return None


def _refer(resource: LiveResource) -> str:
    if not resource.is_made:
        return resource.name
    if resource.type.name == RANDOM_STRING:
        return resource.secret
    if resource.type.name == "OS::Nova::KeyPair":
        return str(resource.properties.get("name") or resource.physical_id)
    if resource.type.template is not None and resource.nested is not None:
        source = resource.nested.plan.source
        return f"arn:openstack:heat::{source.project_id}:stacks/{source.name}/{resource.physical_id}"
    return resource.physical_id


def _read(resource: LiveResource, attribute: str, path: Sequence[Json]) -> Json:
    if resource.nested is not None:
        return _read_nested(resource, resource.nested, attribute, path)
    if resource.type.name == NONE:
        return None
    if (resource.type.name, attribute) == (RANDOM_STRING, "value"):
        return resource.secret
    if (resource.type.name, attribute) == (TEST_RESOURCE, "output"):
        attribute = "value"
    network = _ADDRESSES.get((resource.type.name, attribute))
    if network is not None:
        return f"{network}.{1 + uuid.UUID(resource.physical_id).int % 254}"
    return select(resource.properties.get(attribute), path)


def _read_nested(resource: LiveResource, nested: LiveStack, attribute: str, path: Sequence[Json]) -> Json:
    kind, _, rest = attribute.partition(".")
    if kind == "resource" and rest:
        return _read_member(resource, nested, rest, path)
    if resource.type.name not in GROUP_TYPES:
        output = nested.plan.outputs.get(attribute)
        return None if output is None else select(resolve(output.value, nested), path)
    members = {name: nested.resources[name] for name in nested.plan.resources}
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


def _read_member(resource: LiveResource, nested: LiveStack, rest: str, path: Sequence[Json]) -> Json:
    name, _, attribute = rest.partition(".")
    member = nested.resources.get(name)
    if member is None:
        raise ValueError(f"Member '{name}' not found in group resource '{resource.name}'.")
    if not attribute and path:
        attribute, path = str(path[0]), path[1:]
    return _read(member, attribute, path) if attribute else _refer(member)
