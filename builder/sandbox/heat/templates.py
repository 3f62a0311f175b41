"""The shape of a template, section by section, before anything in it is resolved.

Apart from the planner, which gives the sections their meaning.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from builder.hot.language import DELETION_POLICIES, Language
from builder.sandbox.faults import HeatFault, Json, Path, ResourceLimitExceeded, StackValidationFailed
from builder.sandbox.heat.call_parsing import Parser
from builder.sandbox.heat.functions import Node
from builder.sandbox.heat.parameters import ParameterSchema, parse_parameter_schemas
from builder.sandbox.heat.template_texts import DocumentError, find_language, parse_template

MAX_RESOURCES = 1000
"""The most resources a stack may have, nested ones included: ``max_resources_per_stack`` of Heat."""

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_.-]{0,254}")
"""A stack's name, as Heat's API takes it: 255 characters, as many as its column of the database holds."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One resource as the template defines it, its functions parsed."""

    name: str
    type: str
    properties: Mapping[str, Node]
    metadata: Node
    depends_on: tuple[str, ...]
    description: str


@dataclass(frozen=True, slots=True)
class Output:
    """One output as the template defines it; ``value`` is None when its condition does not hold."""

    name: str
    description: str
    value: Node


def check_stack_name(name: Json) -> None:
    """Refuse what Heat does not take for a stack's name. Raises StackValidationFailed where it does not."""
    if not isinstance(name, str):
        raise StackValidationFailed(f"Invalid stack name {name}, must be a string")
    if not _NAME.fullmatch(name):
        raise StackValidationFailed(
            f'Invalid stack name {name} must contain only alphanumeric or "_-." characters, must start with alpha and '
            "must be 255 characters or less."
        )


def check_schemas(template: Mapping[str, Json], files: Mapping[str, Json]) -> None:
    """Check the language and the parameters' schemas of a template, and of those among its files.

    Raises HeatFault where one is wrong.
    """
    parse_parameter_schemas(template.get("parameters"), find_language(template))
    for content in files.values():
        try:
            nested = parse_template(content)
        except DocumentError:
            continue  # a script, say
        parse_parameter_schemas(nested.get("parameters"), find_language(nested))


def check_sections(template: Mapping[str, Json], language: Language) -> None:
    """Check the names of the sections and the shape of the resources.

    Raises HeatFault where something is out of place.
    """
    for section in template:
        if section not in language.sections:
            raise StackValidationFailed(f"The template section is invalid: {section}")
    resources = template.get("resources") or {}
    if not isinstance(resources, Mapping):
        kind = type(resources).__name__
        raise StackValidationFailed(f"'{kind}' object has no attribute 'items'")
    for _, definition in sorted(resources.items()):
        _check_resource_shape(definition, language)
    if any(not definition["type"] for definition in resources.values()):
        raise StackValidationFailed("Each Resource must contain a Type key.")
    if len(resources) > MAX_RESOURCES:
        raise ResourceLimitExceeded


def check_parameter_groups(groups: Json, parameters: Mapping[str, ParameterSchema]) -> None:
    """Check that each group names parameters there are, and each parameter is in one group.

    Raises StackValidationFailed where it is not so.
    """
    if not groups:
        return

    def failure(detail: str, *label: str) -> StackValidationFailed:
        return StackValidationFailed(detail, path=("parameter_groups", *label), error="Parameter Groups error")

    if not isinstance(groups, list):
        raise failure("The parameter_groups should be a list.")
    seen: set[str] = set()
    for group in groups:
        if not isinstance(group, Mapping):
            raise HeatFault(400, "AttributeError")
        label, names = group.get("label", ""), group.get("parameters")
        if names is None:
            raise failure("The parameters must be provided for each parameter group.", label)
        if not isinstance(names, list):
            raise failure("The parameters of parameter group should be a list.", label)
        for name in names:
            if name in seen:
                raise failure(f"The {name} parameter must be assigned to one parameter group only.", label)
            if name not in parameters:
                raise failure(f"The grouped parameter {name} does not reference a valid parameter.", label)
            seen.add(name)


def parse_definition(name: str, raw: Mapping[str, Json], parser: Parser) -> Definition:
    """Return a resource's definition.

    Raises HeatFault where a value has the wrong type, or a function the wrong arguments.
    """
    path = ("resources", name)
    resource_type = parser.parse(raw["type"], (*path, "type"))
    _require_type(resource_type, str, f"Resource {name} type type must be string")
    properties = _parse_mapping(name, raw, "properties", parser, path)
    metadata = _parse_mapping(name, raw, "metadata", parser, path)
    policy = raw.get("deletion_policy")
    if policy is not None and str(policy).capitalize() not in DELETION_POLICIES:
        raise StackValidationFailed(f'Invalid deletion policy "{policy}"')
    description = raw.get("description", "")
    _require_type(description, str, f"Resource {name} description type must be string")
    return Definition(name, resource_type, properties, metadata, _parse_depends_on(name, raw), description)


def parse_output(name: str, raw: Json, parser: Parser, *, is_enabled: bool) -> Output:
    """Return an output. Raises HeatFault where it has no value, or a function in it the wrong arguments."""
    description = raw.get("description") or "No description given"
    value = parser.parse(raw["value"], ("outputs", name, "value")) if is_enabled else None
    return Output(name, description, value)


def check_output(name: str, raw: Json) -> None:
    """Refuse what is no output. Raises StackValidationFailed where it is none."""
    if not isinstance(raw, Mapping):
        detail = f"Output definitions must be a map. Found a {type(raw).__name__} instead"
    elif "value" not in raw:
        detail = "Each output definition must contain a value key."
    else:
        return
    raise StackValidationFailed(detail, path=("outputs", name), error="Output validation error")


def _check_resource_shape(definition: Json, language: Language) -> None:
    if not definition:
        raise StackValidationFailed("Each resource must contain a type key.")
    if not isinstance(definition, Mapping):
        raise StackValidationFailed(
            f'"resources" must contain a map of resource maps. Found a [{type(definition)}] instead'
        )
    for key in definition:
        if key not in language.resource_keys:
            # The placeholder is Heat's own.
            raise StackValidationFailed(f'"%s" is not a valid keyword inside a {key} definition')
    if "type" not in definition:
        raise StackValidationFailed("Each resource must contain a type key.")


def _parse_mapping(name: str, raw: Mapping[str, Json], key: str, parser: Parser, path: Path) -> Mapping[str, Node]:
    if key not in raw:
        return {}
    node = parser.parse(raw[key], (*path, key))
    _require_type(node, dict, f"Resource {name} {key} type must be object")
    return dict(node)


def _parse_depends_on(name: str, raw: Mapping[str, Json]) -> tuple[str, ...]:
    if "depends_on" not in raw:
        return ()
    value = raw["depends_on"]
    _require_type(value, (str, list), f"Resource {name} depends_on type must be list or string")
    names = [value] if isinstance(value, str) else value
    if not all(isinstance(item, str) for item in names):
        raise StackValidationFailed(f"Resource {name} depends_on must be a list of strings")
    return tuple(names)


def _require_type(value: Node, kind: type | tuple[type, ...], message: str) -> None:
    if not isinstance(value, kind):
        raise StackValidationFailed(message)
