"""From a template and values to a planned stack, checked as Heat checks it, and from that to one that is made.

A preview is a plan and nothing else, and what a plan refuses is never made. The order of the checks is Heat's, so that
a template with several faults is refused for the same one.
"""

from __future__ import annotations

import secrets
import string
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from builder.sandbox.faults import HeatFault, Json, ResourceLimitExceeded, StackValidationFailed
from builder.sandbox.heat import templates
from builder.sandbox.heat.call_parsing import ConditionSet, TemplateParser
from builder.sandbox.heat.functions import find_references, resolve, validate_node
from builder.sandbox.heat.nesting import StackSource, find_child_source, find_type
from builder.sandbox.heat.parameters import parse_parameters, validate_parameters
from builder.sandbox.heat.resource_types import (
    RANDOM_STRING,
    TEST_RESOURCE,
    VALUE,
    check_names,
    check_replacement,
    find_resource_type,
)
from builder.sandbox.heat.stack_contents import Failure, Resource, StackContent
from builder.sandbox.heat.template_texts import find_language

Needs = Mapping[str, set[str]]
"""What each resource needs, in the template's order."""

MAX_DEPTH = 5
"""How deep templates may nest: ``max_nested_stack_depth`` of Heat."""

_ALPHABETS: Mapping[str, str] = {
    "lettersdigits": string.ascii_letters + string.digits,
    "letters": string.ascii_letters,
    "lowercase": string.ascii_lowercase,
    "uppercase": string.ascii_uppercase,
    "digits": string.digits,
    "hexdigits": string.digits + "ABCDEF",
    "octdigits": string.octdigits,
}
_ADDRESSES: Mapping[str, tuple[str, ...]] = {
    "OS::Nova::Server": ("192.0.2", "first_address", "accessIPv4"),
    "OS::Neutron::FloatingIP": ("203.0.113", "floating_ip_address"),
}
"""By type, a network that is reserved for documentation (RFC 5737), and the attributes that give an address of it."""

_SUFFIX = string.ascii_lowercase + string.digits
_NAMED = frozenset({RANDOM_STRING, TEST_RESOURCE, VALUE, "OS::Heat::Delay"})
"""The types whose ids hold the names of the stack and the resource."""


def plan_stack(
    source: StackSource, *, with_values: bool = True, with_children: bool = True, is_lenient: bool = False
) -> StackContent:
    """Check a template against values and return the stack they make, of which nothing is made yet.

    Without values, as ``POST validate`` does it, parameters may be missing and properties are looked at by name only;
    without children, the stacks inside resources are left out. Lenient, as a create is, those are looked at and left
    out: they are planned again when they are made, and only then fail for being too large.

    Raises HeatFault for the first fault.
    """
    if source.depth > MAX_DEPTH:
        raise HeatFault("RequestLimitExceeded", f"Recursion depth exceeds {MAX_DEPTH}.")
    language = find_language(source.template)
    templates.check_sections(source.template, language)
    if source.depth == 0:
        templates.check_stack_name(source.name)
    defaults = source.environment.get("parameter_defaults") or {}
    declared = {
        name: replace(each, given=source.parameters.get(name), environment_default=defaults.get(name))
        for name, each in parse_parameters(source.template.get("parameters"), language).items()
    }
    validate_parameters(declared, source.parameters, with_values=with_values)
    templates.check_parameter_groups(source.template.get("parameter_groups"), declared)
    content = StackContent(source, declared)
    parser = TemplateParser(language, ConditionSet(source.template.get("conditions"), language, content))
    definitions = templates.parse_definitions(source.template, parser)
    content.resources = {name: Resource(each, find_type(each.type, source)) for name, each in definitions.items()}
    if twice := {*declared, *source.pseudo_parameters()} & set(definitions):
        raise StackValidationFailed(f"Duplicate names {twice}")
    content.outputs = templates.parse_outputs(source.template, language, parser)
    needs = {name: _find_needs(content, definition) for name, definition in definitions.items()}
    for name, dependents in find_dependents(needs).items():
        content.resources[name].required_by = dependents
    content.order = sort_by_needs(needs, lambda name: f'{content.resources[name].type.label} "{name}"')
    source.tally.count += len(content.resources)
    if source.tally.count > templates.MAX_RESOURCES:
        raise ResourceLimitExceeded
    for name in content.order:
        resource = content.resources[name]
        _validate_resource(content, resource, with_values=with_values)
        if with_children:
            if not with_values:  # inside a nested template, Heat looks at values only when it creates
                with suppress(StackValidationFailed):
                    resource.values = content.properties_of(resource)
            child = _plan_child(content, resource, is_lenient=is_lenient)
            resource.nested = None if is_lenient else child
        facade = None if resource.type.template is None else find_resource_type(resource.definition.type)
        if facade is not None and (with_values or with_children):  # POST validate does not compare them
            check_replacement(facade, resource.type)
    for output in content.outputs.values():
        validate_node(output.value, content, ("outputs", output.name, "value"))
    return content


def make_stack(content: StackContent) -> None:
    """Make everything that is planned, up to the first failure, which the stack then carries."""
    if content.source.depth == 0:
        content.source.tally.count = len(content.resources)  # what is inside is counted anew as it is made
    for name in content.order:
        resource = content.resources[name]
        try:
            _make(content, resource)
        except Exception as error:  # noqa: BLE001  # Heat, too, holds whatever comes up against the resource
            error_type = error.error_type if isinstance(error, HeatFault) else type(error).__name__
            resource.failure = Failure(error_type, ("resources", name), str(error))
        if resource.nested is not None and resource.nested.failure is not None:
            resource.failure = resource.nested.failure.within(name)
        if resource.failure is not None:
            content.failure = resource.failure
            break
        resource.is_made = True


def _make(content: StackContent, resource: Resource) -> None:
    """Make one resource; what it needs is there. Nothing is real: a server is an id, a random string is just that."""
    values = content.properties_of(resource)
    type_ = resource.type.name
    if type_ == TEST_RESOURCE and values.get("fail"):
        raise HeatFault("ValueError", f"Test Resource failed {resource.name}")
    child = find_child_source(content.source, resource.definition, resource.type, values)
    suffix = "".join(secrets.choice(_SUFFIX) for _ in range(12))
    if child is not None:
        source = replace(child, name=f"{child.name}-{suffix}", stack_id=str(uuid.uuid4()))
        resource.nested = plan_stack(source, with_children=False)
        make_stack(resource.nested)
        resource.physical_id = source.stack_id
        return
    made_up: dict[str, Json] = {}
    if type_ == RANDOM_STRING:
        classes = [part.get("class") for part in values.get("character_classes") or ()]
        alphabet = "".join(_ALPHABETS.get(name, "") for name in classes) or _ALPHABETS["lettersdigits"]
        # A length that was not known when it was planned has not been held against its limit yet.
        path = ("resources", resource.name, "properties", "length")
        length = (resource.type.properties or {})["length"].coerce(values["length"], path, check=True)
        made_up["value"] = "".join(secrets.choice(alphabet) for _ in range(length))
    elif type_ == TEST_RESOURCE:
        made_up["output"] = values["value"]
    elif type_ in _ADDRESSES:
        network, *attributes = _ADDRESSES[type_]
        made_up = dict.fromkeys(attributes, f"{network}.{1 + secrets.randbelow(254)}")
    resource.values = {**values, **made_up}
    resource.physical_id = f"{content.source.name}-{resource.name}-{suffix}" if type_ in _NAMED else str(uuid.uuid4())


def _find_needs(content: StackContent, definition: templates.Definition) -> set[str]:
    needs: set[str] = set()
    for name in definition.depends_on:
        if name in content.resources:
            needs.add(name)
        elif name not in (content.source.template.get("resources") or {}):
            raise HeatFault("InvalidTemplateReference", name, definition.name)
    references = (
        *find_references(definition.properties, f"{definition.name}.Properties"),
        *find_references(definition.metadata, f"{definition.name}.Metadata"),
    )
    for name, place in references:
        if name not in content.resources:
            raise HeatFault("InvalidTemplateReference", name, place)
        needs.add(name)
    return needs


def _validate_resource(content: StackContent, resource: Resource, *, with_values: bool) -> None:
    definition = resource.definition
    path = ("resources", definition.name, "properties")
    validate_node(dict(definition.properties), content, path)
    if resource.type.fault is not None:
        raise StackValidationFailed(resource.type.fault)
    try:
        if with_values:
            resolve(definition.metadata, content)
            resource.values = content.properties_of(resource)
        elif resource.type.properties is not None:
            check_names(resource.type.properties, definition.properties, path)
    except StackValidationFailed as failure:
        raise failure.within((), error="Property error") from failure


def _plan_child(content: StackContent, resource: Resource, *, is_lenient: bool) -> StackContent | None:
    """Plan the stack inside a resource, if it has one."""
    label = "nested_stack" if resource.type.template is None else resource.type.name
    place = ("resources", f"{resource.name}<{label}>")
    child = None
    try:
        child = find_child_source(content.source, resource.definition, resource.type, resource.values)
        return None if child is None else plan_stack(child, with_values=False)
    except ResourceLimitExceeded:
        if is_lenient:
            return None
        raise
    except HeatFault as fault:
        if child is None:  # the fault is the resource's own
            raise
        if isinstance(fault, StackValidationFailed):
            raise fault.within(place) from fault
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
        raise HeatFault("CircularDependencyException", f"{{{cycle}}}")
    return tuple(order)


def find_dependents(needs: Needs) -> Mapping[str, tuple[str, ...]]:
    """Return what needs each resource, in the template's order."""
    dependents: dict[str, list[str]] = {name: [] for name in needs}
    for name, needed in needs.items():
        for each in needed:
            dependents[each].append(name)
    return {name: tuple(each) for name, each in dependents.items()}
