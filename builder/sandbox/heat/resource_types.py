"""The resource types that the sandbox knows: what their properties take, with Heat's words, and as Heat describes them.

Apart from parameters, whose types are others and convert otherwise: a property of type integer takes ``"5"``, one of
type list no string.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from builder.hot.resource_types import load_placeholders, load_types
from builder.hot.values import PROPERTY_TYPES, read_property
from builder.sandbox.faults import HeatFault, Json, Path, StackValidationFailed
from builder.sandbox.heat.constraints import Rule, parse_rule
from builder.sandbox.heat.functions import OMITTED, Node, find_references
from builder.sandbox.heat.parameters import Parameter
from builder.sandbox.heat.wording import explain_property_fault

NONE = "OS::Heat::None"
RANDOM_STRING = "OS::Heat::RandomString"
VALUE = "OS::Heat::Value"
TEST_RESOURCE = "OS::Heat::TestResource"
RESOURCE_GROUP = "OS::Heat::ResourceGroup"
AUTO_SCALING_GROUP = "OS::Heat::AutoScalingGroup"
RESOURCE_CHAIN = "OS::Heat::ResourceChain"

GROUP_TYPES = frozenset({RESOURCE_GROUP, AUTO_SCALING_GROUP, RESOURCE_CHAIN})
"""The types that are made of other resources."""


@dataclass(frozen=True, slots=True)
class PropertySchema:
    """What a resource type says of one property.

    ``children`` are the schemas of a map's keys, or of every item of a list under ``*``; None where anything goes.
    ``instead`` names an older property that may be given in place of a required one. ``converts`` is true for the
    properties of nested templates, which take lists and maps in the forms that parameters have.
    """

    type: str
    is_required: bool = False
    default: Json = None
    rules: tuple[Rule, ...] = ()
    children: Mapping[str, PropertySchema] | None = None
    instead: str | None = None
    converts: bool = False

    def coerce(self, value: Json, path: Path, *, check: bool) -> Json:
        """Return a value in the property's type, with the defaults of what is inside it.

        ``check`` is false for a value that is not known yet: its type is looked at, its constraints are not.

        Raises StackValidationFailed where it does not fit.
        """
        if value is None:
            value = _EMPTY.get(self.type) if self.default is None else self.default
        try:
            if self.converts and self.type == "list" and isinstance(value, str):
                value = value.split(",") if value else []
            elif not (self.converts and self.type == "map" and isinstance(value, str | list)):
                value = _read(self.type, value)
            if self.children and "*" not in self.children:
                value = check_properties(self.children, value, path, check=check)
            elif self.children:
                item = self.children["*"]
                pairs = enumerate(value) if isinstance(value, list) else value.items()
                inside = {key: item.coerce(element, (*path, key), check=check) for key, element in pairs}
                value = [*inside.values()] if isinstance(value, list) else inside
            for rule in self.rules if check else ():
                rule.check(value, self.type)
        except (ValueError, TypeError) as error:
            raise StackValidationFailed(str(error), path=path) from error
        return value


def _read(type_: str, value: Json) -> Json:
    """Return a value in the type of a property. Raises ValueError with Heat's words."""
    try:
        return read_property(type_, value)
    except (ValueError, TypeError) as error:
        raise ValueError(explain_property_fault(type_, value, error)) from error


def _parse_properties(definitions: Mapping[str, Json]) -> dict[str, PropertySchema]:
    """Return the schemas of a resource type's properties, as the table of types writes them."""
    return {
        name: PropertySchema(
            type=definition["type"],
            is_required=definition.get("required", False),
            default=definition.get("default"),
            rules=tuple(parse_rule(constraint) for constraint in definition.get("constraints", ())),
            children=_parse_properties(definition["schema"]) if "schema" in definition else None,
            instead=definition.get("instead"),
        )
        for name, definition in definitions.items()
    }


def derive_properties(parameters: Mapping[str, Parameter]) -> dict[str, PropertySchema]:
    """Return the properties of a nested template: its parameters."""
    return {
        name: PropertySchema(
            type=PROPERTY_TYPES[parameter.type],
            is_required=parameter.default is None,
            default=parameter.default,
            rules=parameter.rules,
            converts=True,
        )
        for name, parameter in parameters.items()
    }


def check_names(schemas: Mapping[str, PropertySchema], given: Mapping[str, Node], path: Path) -> None:
    """Refuse a property that the type does not have. Raises StackValidationFailed for the first one."""
    for name in given:
        if name not in schemas:
            raise StackValidationFailed(f"Unknown Property {name}", path=path)


def check_properties(
    schemas: Mapping[str, PropertySchema],
    given: Mapping[str, Node],
    path: Path,
    *,
    check: bool = True,
    resolve: Callable[[Node], Json] = lambda node: node,
) -> dict[str, Json]:
    """Return every property of a type with its value: given, by default, or None.

    Raises StackValidationFailed where a name or a value does not fit; HeatFault is turned into it, at the property's
    place.
    """
    check_names(schemas, given, path)
    values: dict[str, Json] = {}
    for name, schema in schemas.items():
        node = given.get(name, OMITTED)
        try:
            value = OMITTED if node is OMITTED else resolve(node)
        except (ValueError, TypeError, KeyError, HeatFault) as error:
            raise StackValidationFailed(str(error), path=(*path, name)) from error
        if value is not OMITTED:
            # What depends on a resource that does not exist yet has no value to check.
            known = check and not any(find_references(node, ""))
            values[name] = schema.coerce(value, (*path, name), check=known)
        elif schema.default is not None:
            values[name] = schema.coerce(None, (*path, name), check=check)
        elif schema.is_required and schema.instead not in given:
            raise StackValidationFailed(f"Property {name} not assigned", path=path)
        else:
            values[name] = None
    return values


_EMPTY: Mapping[str, Json] = {"string": "", "integer": 0, "number": 0, "boolean": False, "list": [], "map": {}}
"""What no value is, by type, where there is no default."""


@dataclass(frozen=True, slots=True)
class ResourceType:
    """What a type's name stands for in one stack: a type of the table, or a nested template by its file's name.

    ``properties`` and ``attributes`` are None where every name is taken. ``fault`` tells why a nested template cannot
    be had.
    """

    name: str
    properties: Mapping[str, PropertySchema] | None
    attributes: frozenset[str] | None
    template: Mapping[str, Json] | None = None
    fault: str | None = None

    def has_attribute(self, attribute: str) -> bool:
        """Tell whether a resource of the type has an attribute; groups and nested stacks pass on those inside."""
        if self.attributes is None or self.name in GROUP_TYPES or self.template is not None:
            return True
        return attribute in self.attributes

    @property
    def label(self) -> str:
        """What Heat calls the class behind the type."""
        if self.template is not None:
            return "TemplateResource"
        return "NoneResource" if self.name == NONE else self.name.rpartition("::")[2]


def check_replacement(facade: ResourceType, template: ResourceType) -> None:
    """Refuse a nested template in place of a type that it cannot stand in for.

    Raises StackValidationFailed where it lacks a property that is required or an attribute, or takes a property in
    another type, or requires one that the type does not have.
    """
    wanted, given = facade.properties or {}, template.properties or {}
    for name, schema in wanted.items():
        if name not in given and schema.is_required:
            raise StackValidationFailed(f"Required property {name} for facade {facade.name} missing in provider")
        # No parameter is an integer.
        if name in given and given[name].type != ("number" if schema.type == "integer" else schema.type):
            types = f"between facade {facade.name} ({schema.type.title()}) and provider ({given[name].type.title()})"
            raise StackValidationFailed(f"Property {name} type mismatch {types}")
    for name, schema in given.items():
        if name not in wanted and schema.is_required:
            raise StackValidationFailed(f"Provider requires property {name} unknown in facade {facade.name}")
    for name in sorted((facade.attributes or frozenset()) - (template.attributes or frozenset()) - {"show"}):
        raise StackValidationFailed(f"Attribute {name} for facade {facade.name} missing in provider")


def find_resource_type(name: str) -> ResourceType | None:
    """Return a type of the table, if it is there."""
    return _load_type(name) if name in load_types() else None  # no other name is kept


@cache
def _load_type(name: str) -> ResourceType:
    if name in load_placeholders():
        return ResourceType(name, None, None)
    row = load_types()[name]
    return ResourceType(name, _parse_properties(row["properties"]), frozenset(row["attributes"]))


def list_resource_types(prefix: str = "") -> list[str]:
    """Return the names of the types that users are to use and that start with ``prefix``."""
    return [name for name, row in load_types().items() if name.startswith(prefix) and not row.get("hidden")]


def describe_resource_type(name: str) -> dict[str, Json]:
    """Return a type as ``GET resource_types/{type}`` describes it. Raises HeatFault where there is no such type."""
    row = load_types().get(name)
    if row is None:
        raise HeatFault("EntityNotFound", "Resource Type", name)
    return {
        "resource_type": name,
        "properties": _describe_properties(row["properties"]),
        "attributes": {attribute: {} for attribute in row["attributes"]},
        "support_status": {"status": "SUPPORTED", "message": None, "version": None, "previous_status": None},
    }


def _describe_properties(schemas: Mapping[str, Json]) -> dict[str, Json]:
    described: dict[str, Json] = {}
    for name, schema in schemas.items():
        if schema.get("hidden"):
            continue  # taken still, but no longer told
        shown = {key: value for key, value in schema.items() if key not in ("schema", "instead")}
        if "schema" in schema:
            shown["schema"] = _describe_properties(schema["schema"])
        described[name] = {"required": False, **shown}
    return described
