"""The shape of a template, section by section, before anything in it is resolved.

Apart from the planner, which gives the sections their meaning.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from builder.hot.language import DELETION_POLICIES, Language
from builder.sandbox.faults import HeatFault, Json, ResourceLimitExceeded, StackValidationFailed
from builder.sandbox.heat.call_parsing import TemplateParser
from builder.sandbox.heat.functions import Node
from builder.sandbox.heat.parameters import parse_parameters
from builder.sandbox.heat.template_texts import DocumentError, find_language, parse_template

MAX_RESOURCES = 1000
"""The most resources a stack may have, nested ones included: ``max_resources_per_stack`` of Heat."""

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_.-]{0,254}")
"""A stack's name, as Heat's API takes it: 255 characters, as many as its column of the database holds."""

_RESOURCE_KEYS: Mapping[str, tuple[type | tuple[type, ...], str]] = {
    "type": (str, "string"),
    "properties": (dict, "object"),
    "metadata": (dict, "object"),
    "description": (str, "string"),
    "depends_on": ((str, list), "list or string"),
}
"""What keys of a resource hold, and what Heat calls it."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One resource as the template defines it, its functions parsed."""

    name: str
    type: str
    depends_on: tuple[str, ...]
    description: str = ""
    properties: Mapping[str, Node] = field(default_factory=dict)
    metadata: Node = field(default_factory=dict)


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
    parse_parameters(template.get("parameters"), find_language(template))
    for content in files.values():
        try:
            nested = parse_template(content)
        except DocumentError:
            continue  # a script, say
        parse_parameters(nested.get("parameters"), find_language(nested))


def check_sections(template: Mapping[str, Json], language: Language) -> None:
    """Check the names of the sections and the shape of the resources.

    Raises HeatFault where something is out of place.
    """
    for section in template:
        if section not in language.sections:
            raise StackValidationFailed(f"The template section is invalid: {section}")
    resources = template.get("resources") or {}
    if not isinstance(resources, Mapping):
        raise StackValidationFailed(f"'{type(resources).__name__}' object has no attribute 'items'")
    for _, definition in sorted(resources.items()):
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
    if any(not definition["type"] for definition in resources.values()):
        raise StackValidationFailed("Each Resource must contain a Type key.")
    if len(resources) > MAX_RESOURCES:
        raise ResourceLimitExceeded


def check_parameter_groups(groups: Json, parameters: Collection[str]) -> None:
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
            raise HeatFault("AttributeError")
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


def parse_definitions(template: Mapping[str, Json], parser: TemplateParser) -> dict[str, Definition]:
    """Return the resources of a template whose conditions hold, by name.

    Raises HeatFault where a value has the wrong type, or a function the wrong arguments.
    """
    definitions: dict[str, Definition] = {}
    for name, raw in (template.get("resources") or {}).items():
        path = ("resources", name)
        parsed: dict[str, Node] = {}
        for key in filter(raw.__contains__, _RESOURCE_KEYS):
            kinds, called = _RESOURCE_KEYS[key]
            parsed[key] = parser.parse(raw[key], (*path, key))
            if not isinstance(parsed[key], kinds):
                raise StackValidationFailed(f"Resource {name} {key} type must be {called}")
        policy = raw.get("deletion_policy")
        if policy is not None and str(policy).capitalize() not in DELETION_POLICIES:
            raise StackValidationFailed(f'Invalid deletion policy "{policy}"')
        needed = parsed.pop("depends_on", [])
        depends_on = (needed,) if isinstance(needed, str) else tuple(needed)
        if not all(isinstance(each, str) for each in depends_on):
            raise StackValidationFailed(f"Resource {name} depends_on must be a list of strings")
        if parser.is_enabled(raw.get("condition"), (*path, "condition")):
            definitions[name] = Definition(name, depends_on=depends_on, **parsed)
    return definitions


def parse_outputs(template: Mapping[str, Json], language: Language, parser: TemplateParser) -> dict[str, Output]:
    """Return the outputs of a template by name, without values where their conditions do not hold.

    Raises HeatFault where one is none, or a function in it has the wrong arguments.
    """
    section = template.get("outputs") or {}
    if not isinstance(section, Mapping):
        raise HeatFault("AttributeError")
    outputs: dict[str, Output] = {}
    for name, raw in section.items():
        path = ("outputs", name)
        if not isinstance(raw, Mapping) or "value" not in raw:
            detail = "Each output definition must contain a value key."
            if not isinstance(raw, Mapping):
                detail = f"Output definitions must be a map. Found a {type(raw).__name__} instead"
            raise StackValidationFailed(detail, path=path, error="Output validation error")
        condition = raw.get("condition") if "condition" in language.output_keys else None
        is_enabled = parser.is_enabled(condition, (*path, "condition"))
        value = parser.parse(raw["value"], (*path, "value")) if is_enabled else None
        outputs[name] = Output(name, raw.get("description") or "No description given", value)
    return outputs
