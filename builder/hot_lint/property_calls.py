"""What calls give to properties, where that is known: values of another kind, resources of another type; and hints.

For the properties of Heat's own types, and for those of nested templates, which are the parameters of these.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from builder.hot.language import Language
from builder.hot.resource_types import MADE_BY, find_attribute_kinds, find_constraint, is_other_thing, load_types
from builder.hot.results import Types, find_kinds, find_types, is_call, is_taken
from builder.hot.values import parse_boolean
from builder.hot_lint.findings import TemplateProblem
from builder.hot_lint.members import GROUP, MEMBERS, find_definitions
from builder.parameters.values import suggest_number
from builder.text.excerpts import shorten
from builder.text.pointers import Tokens
from builder.text.spelling import suggest

MUST_BE: Final[Mapping[str, str]] = {
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
"""What a property takes in words, by its type; the same for parameters of nested templates."""

_GIVES: Final[Mapping[type, str]] = {
    str: "a text", list: "a list", dict: "a mapping", bool: "true or false", int: "a number", float: "a number"
}  # fmt: skip

_REFERENCE: Final = re.compile(r"\$?\{?(?:openstack_\w+\.|resources?\.)?([\w-]+)(?:\.id)?\}?")
"""How other tools refer to a resource: ``network.id``, Terraform's ``${openstack_compute_v2.node.id}``."""

_MOST_SEARCHED: Final = 500
"""With more parameters and resources, no hint is looked for: they are searched once for each missing property."""


@dataclass(frozen=True, slots=True)
class CallScope:
    """What calls in a template can name: the declared parameters, what these can be, and the types of resources."""

    language: Language
    parameters: Mapping[str, Any]
    types: Types
    resources: Mapping[str, str]

    @classmethod
    def of(cls, language: Language, templates: Sequence[Mapping[str, Any]], broken: Collection[str] = ()) -> CallScope:
        """The scope of templates that are composed, or of one; a parameter is that of the first that declares it.

        Of resources of one name, nobody knows which is meant; of the parameters that are ``broken``, only the name is
        known.
        """
        parameters: dict[str, Any] = {}
        resources: dict[str, str] = {}
        for template in templates:
            parameters = {**(template.get("parameters") or {}), **parameters}
            for name, resource in (template.get("resources") or {}).items():
                resources[name] = "" if name in resources else str(resource.get("type"))
        known = {name: each for name, each in parameters.items() if name not in broken}
        return cls(language, parameters, find_types(known), resources)


class Property(NamedTuple):
    """One that is given a value, at a path within those of ``owner``; ``constraint`` is what looks for it in a cloud.

    ``is_item`` is that of an item of a list of which Heat knows no more; they are texts, as services take them.
    Every call that gives one a value has this made; a frozen dataclass takes four times as long.
    """

    owner: str
    path: Tokens
    type: str
    constraint: str = ""
    children: Mapping[str, Any] | None = None
    is_item: bool = False
    beside: tuple[Mapping[str, Any], Mapping[str, Any]] | None = None
    """The schemas of the properties beside it, itself among them, and what is given."""

    @property
    def name(self) -> str:
        """What a message calls it: ``'networks[0].port' of OS::Nova::Server``."""
        steps = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in self.path)
        return f"{steps[1:]!r} of {self.owner}"


def find_misfits(
    property_: Property, value: Any, tokens: Tokens, scope: CallScope, *, certain: bool
) -> Iterator[TemplateProblem]:
    """What is wrong with a call that gives a property its value, once for an ``if`` as a whole.

    And with the name of a resource, or of a parameter, as a text, by which Heat looks for something else in the cloud.
    """
    if isinstance(value, str) and property_.constraint:
        yield from _find_name_as_text(property_, value, tokens, scope, certain=certain)
    if not is_call(value, scope.language):
        return
    ((function, arguments),) = value.items()
    kinds = find_kinds(value, scope.language, scope.types)
    if function == "get_attr":
        kinds = _find_attribute_kinds(arguments, scope)
    nullable = type(None) in kinds and function != "get_resource"  # which is null only until it is made
    possible = [kind for kind in kinds if kind is not type(None)]
    name = str(arguments) if isinstance(arguments, str | int) else ""
    if possible and not any(is_taken(property_.type, kind) for kind in possible):
        what = _describe_call(function, arguments, possible, scope)
        want = "a text, not a list" if property_.is_item else MUST_BE[property_.type]
        hint = _suggest(property_, function, arguments, possible[0], scope)
        unsure = nullable or (property_.type == "boolean" and int in possible)  # true is a number to Heat
        message = f"{property_.name} must be {want}, and {what}"
        about = (f"type of {'parameter' if function == 'get_param' else 'resource'} {name}",) if name else ()
        yield TemplateProblem("property-type", message, tokens, hint, certain and not unsure, about=about)
    elif function == "get_resource" and is_other_thing(scope.resources.get(name, ""), property_.constraint):
        thing = property_.constraint.partition(".")[2].replace("_", " ")
        article = "an" if thing[0] in "aeiou" else "a"
        message = f"{property_.name} must be {article} {thing}, and {name!r} is an {scope.resources[name]}"
        if (mended := _suggest_resource(property_, name, scope)) is not None:
            about = (f"type of resource {name}",)
            yield TemplateProblem("property-type", message, tokens, mended, certain, about=about)


def _find_name_as_text(
    property_: Property, value: str, tokens: Tokens, scope: CallScope, *, certain: bool
) -> Iterator[TemplateProblem]:
    text, rule = value.strip("<>"), "property-constraint"  # <image>, as manuals write what is to be replaced
    reference = _REFERENCE.fullmatch(text)
    if reference and scope.resources.get(reference[1]) in MADE_BY.get(property_.constraint, ()):
        message = f"{property_.name} is text, not the resource {reference[1]!r}"
        yield TemplateProblem(rule, message, tokens, f"write {{get_resource: {reference[1]}}}", certain)
    elif text in scope.parameters:
        is_alike = property_.constraint.partition(".")[2] in text or text == property_.path[-1]
        if is_alike or text != value or _names(scope.parameters[text]) == property_.constraint:  # not some namesake
            message, hint = f"{property_.name} is text, not the parameter {text!r}", f"write {{get_param: {text}}}"
            yield TemplateProblem(rule, message, tokens, hint, certain, about=(f"use of {text}",))


def suggest_missing(names: Sequence[str], schemas: Mapping[str, Any], scope: CallScope) -> str:
    """A hint for missing properties: the parameter or resource of the same name, or the only one that fits."""
    calls: list[str] = []
    is_small = len(scope.parameters) + len(scope.resources) <= _MOST_SEARCHED
    for name in names:
        constraint = find_constraint(name, schemas.get(name, {})) if is_small else ""
        alike = [each for each, declared in scope.parameters.items() if constraint and _names(declared) == constraint]
        made = _find_made_by(constraint, scope) if constraint else []
        if name in scope.parameters:
            calls.append(f"{name}: {{get_param: {name}}}")
        elif name in scope.resources and (name in made or not constraint):
            calls.append(f"{name}: {{get_resource: {name}}}")
        elif len(alike) + len(made) == 1:
            calls.append(f"{name}: {{get_param: {alike[0]}}}" if alike else f"{name}: {{get_resource: {made[0]}}}")
    return f"add {', '.join(calls)}" if calls and len(calls) == len(names) else ""


def find_named(template: Mapping[str, Any]) -> dict[str, str]:
    """The custom constraint of each parameter, by name: its own, or that of a property that it is given to."""
    found: dict[str, str] = {}
    for name, resource in (template.get("resources") or {}).items():
        for definition, _, _ in find_definitions(resource, ("resources", name)):
            schemas = load_types().get(str(definition.get("type")), {}).get("properties", {})
            _note_constraints(schemas, definition.get("properties"), found)
    named = {name: _names(declared) for name, declared in (template.get("parameters") or {}).items()}
    return {**found, **{name: constraint for name, constraint in named.items() if constraint}}


def _names(parameter: Mapping[str, Any]) -> str:
    """The constraint of what a parameter names in a cloud, as it is declared; ``""`` where it has none."""
    constraints = parameter.get("constraints")
    found = [each for each in constraints if isinstance(each, dict)] if isinstance(constraints, list) else []
    return next((str(each["custom_constraint"]) for each in reversed(found) if "custom_constraint" in each), "")


def _note_constraints(schemas: Mapping[str, Any], value: Any, found: dict[str, str]) -> None:
    for key, item in enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ():
        schema = schemas.get(str(key)) or schemas.get("*", {})
        if isinstance(item, dict) and isinstance(name := item.get("get_param"), str) and "custom_constraint" in schema:
            found[name] = schema["custom_constraint"]
        if "schema" in schema:
            _note_constraints(schema["schema"], item, found)


def _find_attribute_kinds(arguments: Any, scope: CallScope) -> tuple[type, ...]:
    """What ``get_attr`` gives: of a group always a list, of others what Heat says that an attribute is, or null."""
    match arguments:
        case [str(name), str(attribute)] if type_ := scope.resources.get(name):
            kinds = find_attribute_kinds(type_, attribute)
            return kinds if type_ == GROUP or not kinds else (*kinds, type(None))
    return ()


def _find_made_by(constraint: str, scope: CallScope) -> list[str]:
    """The names of the resources in scope that are what a custom constraint looks for."""
    return [name for name, type_ in scope.resources.items() if type_ in MADE_BY.get(constraint, ())]


def _suggest_resource(property_: Property, name: str, scope: CallScope) -> str | None:
    """How a property is mended that is given a resource of another type: by the right one, or beside it.

    None where the values of two properties are swapped, and the other is told.
    """
    schemas, given = property_.beside or ({}, {})
    for beside, schema in schemas.items():
        made_by = () if schema.get("hidden") else MADE_BY.get(find_constraint(beside, schema), ())
        if scope.resources[name] in made_by:
            value = given.get(beside)
            other = value.get("get_resource") if isinstance(value, dict) else None
            if isinstance(other, str) and scope.resources.get(other) in MADE_BY.get(property_.constraint, ()):
                first = next(each for each in given if each in (beside, property_.path[-1]))
                return None if first == beside else f"swap it with {beside}"
            if value is None:
                return f"write {beside}: {{get_resource: {name}}}"
    right = _find_made_by(property_.constraint, scope)
    return f"did you mean {right[0]!r}?" if len(right) == 1 else suggest(name, right)


def _describe_call(function: str, arguments: Any, kinds: Sequence[type], scope: CallScope) -> str:
    name = arguments[0] if isinstance(arguments, list) and len(arguments) == 1 else arguments
    if function == "get_param" and isinstance(name, str) and name in scope.parameters:
        return f"parameter {name!r} is a {scope.parameters[name]['type']}"
    return f"{function} gives {' or '.join(dict.fromkeys(_GIVES[kind] for kind in kinds))}"


def _suggest(property_: Property, function: str, arguments: Any, kind: type, scope: CallScope) -> str:
    """How the value that is meant may be written."""
    written = f"{{{function}: {arguments}}}" if isinstance(arguments, str) else ""
    if function in ("get_resource", "get_param") and written and kind is str:
        hint = suggest_key_for(function, arguments, property_, scope)
        if hint:
            return hint
    match property_.type, kind:
        case "string" | "text", _ if kind is list and isinstance(property_.path[-1], int):
            return f"write {written} without the brackets around it" if written else "leave the list around it out"
        case "list", _ if function in ("get_resource", "get_param") and written:
            return f"write [{written}]" + (", or type: comma_delimited_list" if function == "get_param" else "")
        case "list", _ if function == "list_join":
            return "write the list without list_join"
        case "map" | "json", _ if function == "get_param" and written:
            return f"declare {arguments} with type: json"
        case "string", _ if kind is list and function == "get_param" and written:
            return f"write {{list_join: [',', {written}]}}, or {{get_param: [{arguments}, 0]}}"
        case "string", _ if function == "get_attr" and scope.resources[arguments[0]] != GROUP:
            return f"go on with a key or an index, as in [{', '.join(arguments)}, 0]"
        case "string", _ if kind is list and function != "str_split":
            return "make a text of it with list_join"
        case "string", _ if function == "str_split":
            return "give it an index, such as 0"
    return ""


def suggest_key_for(function: str, name: str, property_: Property, scope: CallScope) -> str:
    """A hint at a mapping, or a list of one, with the one key in it that a lone text can well be meant for.

    That is what takes the thing that is named, or else the only key that is needed, or the one with the name of the
    list. ``function`` gives the text; ``""`` where it is written out, and may be a name that a call was to give.
    """
    children = property_.children or {}
    within = children.get("*", {}).get("schema", {}) if property_.type == "list" else children
    shown = {key: schema for key, schema in within.items() if not schema.get("hidden")}
    function = function or ("get_param" if name in scope.parameters else "get_resource" * (name in scope.resources))
    if function == "get_resource":
        wanted = {each for each, types in MADE_BY.items() if scope.resources.get(name) in types}
    else:
        wanted = {_names(scope.parameters.get(name, {}))} - {""}
    constraints = {key: find_constraint(key, schema) or f"neutron.{key}" for key, schema in shown.items()}
    keys = [key for key in shown if constraints[key] in wanted][:1]
    if not wanted:
        owner = next((each for each in reversed(property_.path) if isinstance(each, str)), "")
        needed = [key for key, schema in shown.items() if "required" in schema]
        keys = needed or [key for key in shown if f"{key}s" == owner]
    if len(keys) != 1 or shown[keys[0]]["type"] != "string":
        return ""
    written = f"{{{keys[0]}: {f'{{{function}: {name}}}' if function else name}}}"
    return f"write [{written}]" if property_.type == "list" else f"write {written}"


def suggest_foreign(form: str, value: Any) -> str:
    """A hint at how a value is written that has another tool's name, where that takes more than another name."""
    shown = str(value) if isinstance(value, str | int) else "..."
    if isinstance(value, dict) and len(value) == 1 and isinstance(argument := next(iter(value.values())), str):
        shown = f"{{{next(iter(value))}: {argument}}}"
    ends = shown.split("-")
    return f"write {form.format(*(ends if len(ends) == 2 else (shown, shown)))}" if form else ""


def suggest_form(kind: str, value: Any, name: str | int) -> str:
    """How a literal, the value of ``name``, is written as the type that it has to be of, where that can be guessed."""
    if name == "user_data" and isinstance(value, dict):
        return "put '|' after 'user_data:', and '#cloud-config' on the line below"
    if kind == "map" and isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        return "write it without the '- ', which makes it an item of a list"
    if isinstance(value, str) and value and any(name == member for member, _ in MEMBERS.values()):
        return f"write {{type: {shorten(value, 80)}}}, with its properties"  # as long as paths are
    if kind in ("integer", "number"):
        return suggest_number(value) if kind == "number" or "." not in str(value) else ""
    truth = parse_boolean(value) if kind == "boolean" and isinstance(value, str | int) else None
    if truth is not None:
        return f"write {str(truth).lower()}"
    if isinstance(value, list) and len(value) == 2 and value[0] in ("get_param", "get_resource", "get_file"):
        return f"write {{{value[0]}: {value[1]}}}"
    if kind in ("string", "text") and isinstance(value, list) and len(value) == 1:
        return "leave the list around it out"
    if kind in ("string", "text") and isinstance(value, int | float):
        return "write it in quotes"
    if kind in ("list", "comma_delimited_list") and isinstance(value, str | int | float):
        return "write a list, such as [a, b]"
    if kind == "list" and isinstance(value, dict):
        return "begin it with '- ', which makes it an item of a list"
    return ""
