"""Resources held against what Heat's own types take: the types' names, properties, what is missing, attributes.

Judged is what stands there; what a function gives, a launch tells. What releases of Heat and clouds differ in is a
warning. A nested template is told of where both sides of it are known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice
from typing import Any, Final

from builder.hot.language import Language, first_version_with
from builder.hot.resource_types import find_attributes, load_names, load_placeholders, load_types
from builder.hot.values import ParameterType, parse_boolean, read_property
from builder.hot_lint.findings import MAX_NAMED, Kind, NestedUse, TemplateProblem
from builder.hot_lint.members import CHAIN, GROUP, MEMBERS, Definition, find_definitions, find_members
from builder.hot_lint.scope import ScopedTemplate
from builder.hot_lint.unknown_functions import explain_unknown_function
from builder.parameters.attributes import ParameterSyntaxError
from builder.parameters.constraint_parsing import parse_constraints
from builder.parameters.constraints import AllowedValues, Constraint, ParsedValue
from builder.parameters.declarations import parse_parameter
from builder.pattern_matching.matching import MatchingTimeoutError, MatchingUnavailableError
from builder.text.pointers import Tokens
from builder.text.spelling import find_near, suggest

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


_NEAR: Final = 0.87
"""How near a type has to be to one of Heat's own: none of the types that came from Heat 16 to 27 was as near to another
that there was, and ``OS::Neutron::Network`` is to ``OS::Neutron::Net``."""

_INDEX: Final = "%index%"
"""What a group puts a member's number for, unless its ``index_var`` says otherwise."""

_RETIRED_HINT: Final = "use what took its place, or remove the resource"

_PARAMETER_TYPES: Final[Mapping[str, ParameterType]] = {
    "string": ParameterType.STRING,
    "integer": ParameterType.NUMBER,
    "number": ParameterType.NUMBER,
    "boolean": ParameterType.BOOLEAN,
    "list": ParameterType.COMMA_DELIMITED_LIST,
    "map": ParameterType.JSON,
    "comma_delimited_list": ParameterType.COMMA_DELIMITED_LIST,
    "json": ParameterType.JSON,
}
"""By the type of a property, that of the parameters whose constraints mean the same."""

_MUST_BE: Final[Mapping[str, str]] = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "list": "a list",
    "map": "a mapping",
    "comma_delimited_list": "a list, or a text with commas",
    "json": "a mapping, a list, or JSON as text",
    "text": "a text",
}


def find_type_problems(template: Mapping[str, Any], language: Language) -> Iterator[TemplateProblem]:
    """Every type of resource that looks misspelt or is retired, and every property that its type does not take so.

    Heat reads neither the properties of what exists already, nor those of placeholders.
    """
    for name, resource in (template.get("resources") or {}).items():
        is_certain = resource.get("condition") in (None, True)
        for definition in find_definitions(resource, ("resources", name), is_certain):
            given, tokens, certain = definition
            type_ = given.get("type")
            if not isinstance(type_, str):
                continue
            for named, place in ((type_, (*tokens, "type")), *_find_links(given, tokens)):
                meant = _find_meant_type(named)
                if meant:
                    message, hint = f"Heat has no type {named!r} of its own", f"did you mean {meant!r}?"
                    yield TemplateProblem("misspelt-resource-type", message, place, hint, certain)
                elif named in load_placeholders() and named != "OS::Heat::None":
                    message = f"Heat has retired {named}: it takes the resource, and makes nothing of it"
                    yield TemplateProblem("retired-resource-type", message, place, _RETIRED_HINT, certain)
            is_read = resource.get("external_id") is None and type_ not in load_placeholders()
            is_read = is_read and ("properties" in given or not find_near("properties", given, cutoff=0.8))
            if is_read and not language.newer and type_ in load_types():
                constraints = partial(_parse_constraints, type_)
                names = _find_index_names(template, tokens)
                yield from _PropertyCheck(type_, certain, language, names, constraints).check(definition)


def find_nested_value_problems(
    template: Mapping[str, Any], language: Language, use: NestedUse, parameters: Mapping[str, Any]
) -> Iterator[TemplateProblem]:
    """Every literal given to a nested template for one of its ``parameters`` that does not take it.

    Heat makes a property of each parameter, which is stricter (``heat.engine.properties.Schema.from_parameter``).
    """
    constraints: dict[Path, tuple[Constraint, ...]] = {}
    names = _find_index_names(template, use.tokens)
    check = _PropertyCheck(use.name, use.certain, language, names, lambda path: constraints[path])
    for name, value in {} if language.newer else (use.properties or {}).items():
        with suppress(ParameterSyntaxError, KeyError):  # which are told elsewhere
            parameter = parse_parameter(name, parameters[name])
            constraints[(name,)] = parameter.constraints
            schema: dict[str, Any] = {"type": str(parameter.type)}
            if parameter.constraints:
                schema["constraints"] = parameter.constraints
            if parameter.type is ParameterType.COMMA_DELIMITED_LIST:
                schema["schema"] = {"*": {"type": "text"}}
            yield from check.check_value(schema, value, (*use.tokens, "properties", name), (name,))


def _find_links(chain: Mapping[str, Any], tokens: Tokens) -> Iterator[tuple[str, Tokens]]:
    """The types that a chain, if it is one, names in a list, and their places."""
    properties = chain.get("properties")
    types = properties.get("resources") if chain["type"] == CHAIN and isinstance(properties, dict) else None
    for number, type_ in enumerate(types if isinstance(types, list) else ()):
        if isinstance(type_, str):
            yield type_, (*tokens, "properties", "resources", number)


def _find_meant_type(type_: str) -> str:
    """The type of Heat's own that a name was meant for: near to one in its namespace, or one but for case and colons.

    ``""`` where it is one, or where none is near. What plug-ins call theirs beyond those namespaces is their affair.
    """
    names = load_names()
    if type_ in names:
        return ""
    if type_.startswith(("OS::", "AWS::")):
        return find_near(type_, names, cutoff=_NEAR)
    return _load_bare_names().get(_strip(type_), "")


@cache
def _load_bare_names() -> Mapping[str, str]:
    return {_strip(name): name for name in load_names()}


def _strip(type_: str) -> str:
    return type_.replace(":", "").casefold()


def _find_index_names(template: Mapping[str, Any], tokens: Tokens) -> tuple[str, ...]:
    """What groups around a member put its number for, in any text of it; ``""``, which is in all, if nobody knows."""
    names: list[str] = []
    node: Any = template
    for token in tokens:
        node = node[token]
        if token == "properties" and isinstance(node, dict):  # noqa: S105  # a token of a pointer
            name = node.get("index_var", _INDEX)
            names.append(name if isinstance(name, str) else "")
    return tuple(names)


Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _PropertyCheck:
    """Holds the properties of one resource, or of one member of a group, against the schema of its type."""

    type: str
    certain: bool
    language: Language
    index_names: tuple[str, ...]
    constraints_at: Callable[[Path], tuple[Constraint, ...]]
    """The constraints of what is at a path within the properties, the items of lists being ``*``."""

    def check(self, definition: Definition) -> Iterator[TemplateProblem]:
        given, tokens, _ = definition
        properties = given.get("properties", {})
        properties = {} if properties is None else properties
        if isinstance(properties, dict) and not self._is_unknown(properties):
            yield from self._check_map(load_types()[self.type]["properties"], properties, (*tokens, "properties"), ())

    def _check_map(
        self, schemas: Mapping[str, Any], given: Mapping[str, Any], tokens: Tokens, path: tuple[str | int, ...]
    ) -> Iterator[TemplateProblem]:
        """A mapping whose keys are known: the properties of the type itself, where the ``path`` is empty."""
        owner = self._name(path)
        missing = [
            name
            for name, schema in schemas.items()
            if "required" in schema and "optional_in" not in schema and not {name, schema.get("instead")} & given.keys()
        ]
        for name in given:
            if name in schemas:
                continue
            shown = [each for each, schema in schemas.items() if not schema.get("hidden")]
            meant = find_near(name, missing) or find_near(name, shown)
            rule, message = "unknown-property", f"{owner} has no property {name!r}"
            if meant in missing:
                missing.remove(meant)
                rule, message = "missing-property", f"{message}, and needs {meant!r}"
            yield self._problem(rule, message, (*tokens, name), f"did you mean {meant!r}?" if meant else "", key=True)
        if missing:
            names = ", ".join(map(repr, islice(missing, MAX_NAMED))) + (
                ", and others" if len(missing) > MAX_NAMED else ""
            )
            message = f"{owner} needs the propert{'y' if len(missing) == 1 else 'ies'} {names}"
            yield self._problem("missing-property", message, tokens if path else (*tokens[:-1], "type"))
        members, _ = MEMBERS.get(self.type, ("", ())) if not path else ("", ())
        for name, value in given.items():
            if name in schemas and name != members:
                yield from self.check_value(schemas[name], value, (*tokens, name), (*path, name))

    def check_value(
        self, schema: Mapping[str, Any], value: Any, tokens: Tokens, path: tuple[str | int, ...]
    ) -> Iterator[TemplateProblem]:
        """A value, and what is in it, against the schema of what it is given for."""
        kind = schema["type"]
        if value is None or kind == "any" or self._is_unknown(value):
            return
        try:
            meant = read_property(kind, value)
        except (ValueError, TypeError, OverflowError):
            yield self._problem(
                "property-type", f"{self._name(path)} must be {_MUST_BE[kind]}", tokens, _suggest_form(kind, value)
            )
            return
        children = schema.get("schema", {})
        if isinstance(value, list) and "*" in children:
            for number, item in enumerate(value):
                yield from self.check_value(children["*"], item, (*tokens, number), (*path, number))
        elif isinstance(value, dict) and "*" in children:
            for key, item in value.items():
                yield from self.check_value(children["*"], item, (*tokens, key), (*path, key))
        elif isinstance(value, dict) and children:
            yield from self._check_map(children, value, tokens, path)
        if "constraints" in schema and not self._holds_unknown(value):
            yield from self._check_constraints(schema, meant, tokens, path)

    def _check_constraints(
        self, schema: Mapping[str, Any], value: Any, tokens: Tokens, path: tuple[str | int, ...]
    ) -> Iterator[TemplateProblem]:
        type_ = _PARAMETER_TYPES[schema["type"]]
        for constraint in self.constraints_at(tuple("*" if isinstance(each, int) else each for each in path)):
            try:
                is_met = constraint.is_met_by(ParsedValue(value, value))
            except (MatchingTimeoutError, MatchingUnavailableError):
                is_met = True  # nobody knows
            if not is_met:
                allowed = (
                    [each for each in constraint.allowed if isinstance(each, str)]
                    if isinstance(constraint, AllowedValues)
                    else []
                )
                hint = suggest(value, allowed) if isinstance(value, str) else ""
                yield self._problem(
                    "property-constraint", f"{self._name(path)} {constraint.explain(type_)}", tokens, hint
                )

    def _is_unknown(self, value: Any) -> bool:
        """Whether only a launch tells what the value is: it calls a function, or seems to, or names a member."""
        if isinstance(value, str):
            return any(name in value for name in self.index_names)
        if not isinstance(value, dict) or len(value) != 1:
            return False
        key = next(iter(value))
        is_call = key in self.language.functions or first_version_with(key) is not None
        return is_call or bool(explain_unknown_function(key, self.language)[0])

    def _holds_unknown(self, value: Any) -> bool:
        if self._is_unknown(value):
            return True
        items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return any(map(self._holds_unknown, items))

    def _name(self, path: tuple[str | int, ...]) -> str:
        """What a message calls the value at a path: ``'networks[0].port' of OS::Nova::Server``."""
        steps = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in path)
        return f"{steps[1:]!r} of {self.type}" if path else self.type

    def _problem(
        self, rule: str, message: str, tokens: Tokens, hint: str = "", *, key: bool = False
    ) -> TemplateProblem:
        return TemplateProblem(rule, message, tokens, hint, self.certain, key)


@cache
def _parse_constraints(type_: str, path: Path) -> tuple[Constraint, ...]:
    """The constraints of what is at a path within the properties of a type."""
    schema: Mapping[str, Any] = {"schema": load_types()[type_]["properties"]}
    for name in path:
        children = schema["schema"]
        schema = children.get(name) or children["*"]
    return parse_constraints(_PARAMETER_TYPES[schema["type"]], schema.get("constraints"), in_template=True)


def _suggest_form(kind: str, value: Any) -> str:
    """How a literal is written as the type that it has to be of, where that can be guessed."""
    truth = parse_boolean(value) if kind == "boolean" and isinstance(value, str | int) else None
    if truth is not None:
        return f"write {str(truth).lower()}"
    if kind in ("string", "text") and isinstance(value, int | float):
        return "write it in quotes"
    if kind in ("list", "comma_delimited_list") and isinstance(value, str | int | float):
        return "write a list, such as [a, b]"
    return ""
