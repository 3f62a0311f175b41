"""From a template and values to a plan: every resource there would be, checked as Heat checks it.

Apart from the stacks that exist: a preview is a plan and nothing else, and what a plan refuses is never created.
The order of the checks is Heat's, so that a template with several faults is refused for the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter

from builder.sandbox.faults import (
    HeatFault,
    Json,
    Path,
    ResourceLimitExceeded,
    StackValidationFailed,
    invalid_reference,
    limit_exceeded,
)
from builder.sandbox.heat.call_parsing import ConditionSet, TemplateParser
from builder.sandbox.heat.functions import Node, Scope, find_references, resolve, validate_node
from builder.sandbox.heat.nesting import StackSource, find_child_source, find_type
from builder.sandbox.heat.parameters import Parameter, Parameters, parse_parameter_schemas, validate_parameters
from builder.sandbox.heat.resource_types import VALUE, ResourceType, check_names, check_properties, retype
from builder.sandbox.heat.template_texts import find_language
from builder.sandbox.heat.templates import (
    Definition,
    Output,
    check_parameter_groups,
    check_sections,
    check_stack_name,
    parse_definitions,
    parse_outputs,
)

Needs = Mapping[str, set[str]]
"""What each resource needs, in the template's order."""

MAX_DEPTH = 5
"""How deep templates may nest: ``max_nested_stack_depth`` of Heat."""


@dataclass(frozen=True, slots=True)
class PlannedResource:
    """A resource there would be; ``children`` is the plan of the stack inside it, if it has one."""

    definition: Definition
    type: ResourceType
    required_by: tuple[str, ...] = ()
    children: Plan | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A stack there would be; ``order`` lists the names of the resources, each after what it needs."""

    source: StackSource
    parameters: Parameters
    resources: Mapping[str, PlannedResource]
    order: tuple[str, ...]
    outputs: Mapping[str, Output]

    def properties_of(self, resource: PlannedResource, scope: Scope) -> Mapping[str, Json]:
        """Return a resource's properties with their values. Raises StackValidationFailed where one does not fit."""
        given = resource.definition.properties
        schemas = resource.type.properties
        if schemas is None:
            return {}
        if resource.type.name == VALUE:
            # The type of the one property is the value of the other.
            schemas = {**schemas, "value": retype(schemas["value"], resolve(given.get("type"), scope))}
        path = ("resources", resource.definition.name, "properties")
        return check_properties(schemas, given, path, resolve=lambda node: resolve(node, scope))


@dataclass(slots=True)
class PlanScope:
    """Resolves functions while nothing exists: references give names, attributes nothing."""

    parameters: Parameters
    files: Mapping[str, str]
    types: Mapping[str, ResourceType] = field(default_factory=dict)

    def has_resource(self, name: str) -> bool:
        return name in self.types

    def reference(self, name: str) -> str:
        return name

    def attribute(self, name: str, attribute: str | None, path: Sequence[Json]) -> Json:  # noqa: ARG002  # Scope's
        return None

    def check_attribute(self, name: str, attribute: str) -> bool:
        return self.types[name].has_attribute(attribute)


def plan_stack(
    source: StackSource, *, with_values: bool = True, with_children: bool = True, is_lenient: bool = False
) -> Plan:
    """Check a template against values and return the stack they make.

    Without values, as ``POST validate`` does it, parameters may be missing and properties are looked at by name only;
    without children, the stacks inside resources are left out. Lenient, as a create is, groups that are too large are
    left out: they fail when they are made.

    Raises HeatFault for the first fault.
    """
    language = find_language(source.template)
    check_sections(source.template, language)
    if source.depth == 0:
        check_stack_name(source.name)
    defaults = source.environment.get("parameter_defaults") or {}
    schemas = parse_parameter_schemas(source.template.get("parameters"), language)
    declared = {
        name: Parameter(schema, source.parameters.get(name), defaults.get(name)) for name, schema in schemas.items()
    }
    validate_parameters(declared, source.parameters, with_values=with_values)
    check_parameter_groups(source.template.get("parameter_groups"), schemas)
    parameters = Parameters(declared, source.pseudo_parameters())
    scope = PlanScope(parameters, source.files)
    conditions = ConditionSet(source.template.get("conditions"), language, scope)
    conditions.validate()
    parser = TemplateParser(language, conditions)
    definitions = parse_definitions(source.template, parser)
    scope.types = {name: find_type(definition.type, source) for name, definition in definitions.items()}
    if twice := set(parameters) & set(definitions):
        raise StackValidationFailed(f"Duplicate names {twice}")
    outputs = parse_outputs(source.template, language, parser)
    needs = {name: _find_needs(source, definition, scope) for name, definition in definitions.items()}
    dependents = find_dependents(needs)
    resources = {
        name: PlannedResource(definition, scope.types[name], dependents[name])
        for name, definition in definitions.items()
    }
    order = sort_by_needs(needs, lambda name: f'{scope.types[name].label} "{name}"')
    plan = Plan(source, parameters, resources, order, outputs)
    source.tally.add(len(resources))
    for name in plan.order:
        _validate_resource(plan, resources[name], scope, with_values=with_values)
        if with_children:
            children = _plan_children(plan, resources[name], scope, is_lenient=is_lenient)
            resources[name] = replace(resources[name], children=children)
    for output in outputs.values():
        _validate_node(output.value, scope, ("outputs", output.name, "value"))
    return plan


def _find_needs(source: StackSource, definition: Definition, scope: PlanScope) -> set[str]:
    needs: set[str] = set()
    for name in definition.depends_on:
        if name in scope.types:
            needs.add(name)
        elif name not in (source.template.get("resources") or {}):
            raise invalid_reference(name, definition.name)
    references = (
        *find_references(definition.properties, f"{definition.name}.Properties"),
        *find_references(definition.metadata, f"{definition.name}.Metadata"),
    )
    for name, place in references:
        if name not in scope.types:
            raise invalid_reference(name, place)
        needs.add(name)
    return needs


def _validate_resource(plan: Plan, resource: PlannedResource, scope: PlanScope, *, with_values: bool) -> None:
    definition = resource.definition
    path = ("resources", definition.name, "properties")
    _validate_node(dict(definition.properties), scope, path)
    if resource.type.fault is not None:
        raise StackValidationFailed(resource.type.fault)
    try:
        if with_values:
            resolve(definition.metadata, scope)
            plan.properties_of(resource, scope)
        elif resource.type.properties is not None:
            check_names(resource.type.properties, definition.properties, path)
    except StackValidationFailed as failure:
        raise failure.within((), error="Property error") from failure


def _validate_node(node: Node, scope: PlanScope, path: Path) -> None:
    try:
        validate_node(node, scope)
    except StackValidationFailed as failure:
        raise failure.within(path) from failure


def _plan_children(plan: Plan, resource: PlannedResource, scope: PlanScope, *, is_lenient: bool) -> Plan | None:
    try:
        values = plan.properties_of(resource, scope)
    except StackValidationFailed:  # inside a nested template, Heat looks at values only when it creates
        values = {}
    try:
        child = find_child_source(plan.source, resource.definition, resource.type, values)
        return None if child is None else _plan_child(resource, child)
    except ResourceLimitExceeded:
        if is_lenient:
            return None
        raise


def _plan_child(resource: PlannedResource, child: StackSource) -> Plan:
    label = resource.type.template_name or "nested_stack"
    place = ("resources", f"{resource.definition.name}<{label}>")
    try:
        if child.depth > MAX_DEPTH:
            raise limit_exceeded(f"Recursion depth exceeds {MAX_DEPTH}.")
        return plan_stack(child, with_values=False)
    except ResourceLimitExceeded:
        raise
    except StackValidationFailed as failure:
        raise failure.within(place) from failure
    except HeatFault as fault:
        raise StackValidationFailed(fault.message, path=place, error=fault.error_type) from fault


def sort_by_needs(needs: Needs, label: Callable[[str], str]) -> tuple[str, ...]:
    """Return the names so that each comes after its needs, otherwise in the template's order.

    Raises HeatFault where some need each other; it names them by ``label``.
    """
    sorter = TopologicalSorter(needs)
    with suppress(CycleError):  # what has no part in it can be had all the same
        sorter.prepare()
    places = {name: place for place, name in enumerate(needs)}
    order: list[str] = []
    while ready := sorter.get_ready():
        order += sorted(ready, key=places.__getitem__)
        sorter.done(*ready)
    pending = needs.keys() - order
    if pending:
        cycle = ", ".join(
            f"{label(name)}: {{{', '.join(map(label, sorted(needs[name] & pending)))}}}"
            for name in needs
            if name in pending
        )
        raise HeatFault(400, "CircularDependencyException", f"Circular Dependency Found: {{{cycle}}}")
    return tuple(order)


def find_dependents(needs: Needs) -> Mapping[str, tuple[str, ...]]:
    """Return what needs each resource, in the template's order."""
    dependents: dict[str, list[str]] = {name: [] for name in needs}
    for name, needed in needs.items():
        for each in needed:
            dependents[each].append(name)
    return {name: tuple(each) for name, each in dependents.items()}
