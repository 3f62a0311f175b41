"""Properties held against what they are given for: Heat's own types of resources, and parameters of nested templates.

Judged is what stands there, branches of ``if`` and what ``repeat`` makes items of among it, and what calls give where
:mod:`builder.hot_lint.property_calls` knows it. What releases of Heat and clouds differ in is a warning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from builder.hot.foreign_names import find_foreign_property, suggest_foreign_value
from builder.hot.language import first_version_with
from builder.hot.resource_types import ITEM_CONSTRAINTS, find_constraint, load_types
from builder.hot.values import PROPERTY_TYPES, ParameterType, read_property
from builder.hot_lint.findings import INDEX, MAX_NAMED, NestedUse, TemplateProblem, explain_missing
from builder.hot_lint.members import MEMBERS, Definition, has_properties_beside, suggest_beside
from builder.hot_lint.property_calls import (
    MUST_BE,
    CallScope,
    Property,
    find_misfits,
    suggest_foreign,
    suggest_form,
    suggest_key_for,
    suggest_missing,
)
from builder.hot_lint.unknown_functions import RULE_WORDS, explain_split_call, explain_unknown_function, write_bare_call
from builder.parameters.attributes import ParameterSyntaxError
from builder.parameters.constraint_parsing import parse_constraints
from builder.parameters.declarations import parse_parameter
from builder.parameters.declared_constraints import AllowedValues, Constraint, ParsedValue
from builder.pattern_matching.matching import MatchingTimeoutError, MatchingUnavailableError
from builder.text.pointers import Tokens
from builder.text.spelling import find_near, suggest, suggest_near

_JOINED: Final = re.compile(r"([\w:.-]*[\w.-])(\s+|:)(\{\w+)")
"""A property and the call that gives its value, with no colon or no space between them: ``network {get_resource``."""

_LONE_NAME: Final = re.compile(r"[A-Za-z][\w.-]{0,99}")

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
"""The type of parameters whose constraints mean the same, by the type of a property."""


def find_property_problems(
    template: Mapping[str, Any], scope: CallScope, type_: str, definition: Definition
) -> Iterator[TemplateProblem]:
    """Yield a problem for each property that is missing, unknown, or has a value that it does not take.

    ``definition`` is that of a resource or a member, whose ``type_`` is one of Heat's own."""
    given, tokens, certain = definition
    check = _PropertyCheck(type_, certain, scope, find_index_names(template, tokens))
    properties = given.get("properties", {})
    properties = {} if properties is None else properties
    if isinstance(properties, dict) and not check.is_unknown(properties):
        schemas = load_types()[type_]["properties"]
        kind = properties.get("type")
        if type_ == "OS::Heat::Value" and isinstance(kind, str) and kind in PROPERTY_TYPES:
            schemas = {**schemas, "value": {**schemas["value"], "type": PROPERTY_TYPES[kind]}}
        yield from check.check_map(schemas, properties, (*tokens, "properties"), ())


def find_nested_value_problems(
    template: Mapping[str, Any],
    scope: CallScope,
    use: NestedUse,
    parameters: Mapping[str, Any],
    named: Mapping[str, str],
) -> Iterator[TemplateProblem]:
    """Yield a problem for each value given to a nested template that its parameter does not take.

    ``named`` are the constraints of what these name in a cloud. Heat makes a property of each parameter, which is
    stricter (``heat.engine.properties.Schema.from_parameter``).
    """
    check = _PropertyCheck(use.name, use.certain, scope, find_index_names(template, use.tokens))
    for name, value in {} if scope.language.newer else (use.properties or {}).items():
        with suppress(ParameterSyntaxError, KeyError):  # which are told elsewhere
            parameter = parse_parameter(name, parameters[name])
            schema: dict[str, Any] = {"type": str(parameter.type)}
            if name in named:
                schema["custom_constraint"] = named[name]
            if parameter.constraints:
                schema["constraints"] = parameter.constraints
            if parameter.type is ParameterType.COMMA_DELIMITED_LIST:
                schema["schema"] = {"*": {"type": "text"}}
            yield from check.check_value(schema, value, (*use.tokens, "properties", name), (name,))


def find_index_names(template: Mapping[str, Any], tokens: Tokens) -> tuple[str, ...]:
    """The placeholders that groups around a place replace; ``""``, which is in any text, if they are not known."""
    names: list[str] = []
    node: Any = template
    for token in tokens:
        node = node[token]
        if token == "properties" and isinstance(node, dict):  # noqa: S105  # a token of a pointer
            name = node.get("index_var", INDEX)
            names.append(name if isinstance(name, str) else "")
    return tuple(names)


@dataclass(slots=True)
class _PropertyCheck:
    """Holds properties of one resource, or of one member of a group, against their schemas.

    A path is a way within the properties; what it leads to in general has ``*`` for the items of lists.
    """

    type: str
    certain: bool
    scope: CallScope
    index_names: tuple[str, ...]

    def check_map(
        self, schemas: Mapping[str, Any], given: Mapping[str, Any], tokens: Tokens, path: Tokens
    ) -> Iterator[TemplateProblem]:
        """A mapping whose keys are known: the properties of the type itself, where the ``path`` is empty."""
        if self.index_names and any(map(self.is_unknown, given)):
            return
        missing = [
            name
            for name, schema in schemas.items()
            if "required" in schema and "optional_in" not in schema and not {name, schema.get("instead")} & given.keys()
        ]
        for name in given:
            if name in schemas:
                continue
            foreign = find_foreign_property(".".join((self.type, *_generalise(path))), name)
            is_name = foreign in schemas and foreign not in given
            hint = "" if foreign in schemas else suggest_foreign(foreign, given[name])
            meant = foreign if is_name else "" if hint else find_near(name, missing)
            rule, message = "unknown-property", f"{self._name(path)} has no property {name!r}"
            hint = hint or ("" if meant else self._suggest_place(name, tokens, path))
            if not meant and not hint:
                meant = find_near(name, [each for each, schema in schemas.items() if not schema.get("hidden")])
            if name == "properties" and not path and has_properties_beside({"type": self.type, "properties": given}):
                member = MEMBERS[self.type][0]
                rule, message = "missing-property", f"the properties of the member stand beside {member!r}"
                meant, hint = "", f"write them in {member!r}, below its type"
            joined = _JOINED.fullmatch(name) if isinstance(given[name], str) else None
            if joined:
                meant, lacking = joined[1], "space" if joined[2] == ":" else "':'"
                message = f"a {lacking} is missing after {joined[1] + joined[2].strip()!r}"
                hint = f"write {joined[1]}: {joined[3]}: {given[name]}"
            if meant in missing:
                missing.remove(meant)
                rule, hint = "missing-property", hint or f"write {meant}"
            yield self._problem(rule, message, (*tokens, name), hint or suggest_near(meant), key=True)
        if missing:
            message = explain_missing(self._name(path), missing)
            hint = suggest_missing(missing[:MAX_NAMED], schemas, self.scope)
            found = self._problem("missing-property", message, tokens if path else (*tokens[:-1], "type"), hint)
            yield replace(found, about=tuple(f"property {each}" for each in missing[:MAX_NAMED]))
        members, _ = MEMBERS.get(self.type, ("", ())) if not path else ("", ())
        for name, value in given.items():
            if name in schemas and (name != members or not isinstance(value, dict)):
                yield from self.check_value(schemas[name], value, (*tokens, name), (*path, name), (schemas, given))

    def _suggest_place(self, name: str, tokens: Tokens, path: Tokens) -> str:
        """A hint at where an unknown key belongs, as far as that can be guessed."""
        if path:
            own = load_types()[self.type]["properties"].get(name, {"hidden": True})
            return "" if own.get("hidden") else f"write it among the properties of {self.type} itself"
        return suggest_beside(name, tokens)

    def check_value(
        self,
        schema: Mapping[str, Any],
        value: Any,
        tokens: Tokens,
        path: Tokens,
        beside: tuple[Mapping[str, Any], Mapping[str, Any]] | None = None,
    ) -> Iterator[TemplateProblem]:
        """A value, and what is in it, against the schema of what it is given for; ``beside`` is as for a Property."""
        kind = schema["type"]
        if value is None or kind == "any":
            return
        is_unknown = self.is_unknown(value)
        if is_unknown or "custom_constraint" in schema:
            yield from self._check_call(schema, value, tokens, path, beside)
        if is_unknown:
            return
        try:
            meant = read_property(kind, value)
        except (ValueError, TypeError, OverflowError):
            call = write_bare_call(value, self.scope.language) if isinstance(value, str) else ""
            split = explain_split_call(value, self.scope.language)[1] if isinstance(value, dict) else ""
            hint = f"write {call}" if call else split or suggest_form(kind, value, tokens[-1])
            message = f"{self._name(path)} must be {MUST_BE[kind]}"
            problem = self._problem("property-type", message, tokens, hint)
            if isinstance(value, str) and (name := value.strip("<>")) in self.scope.parameters:
                problem = replace(problem, hint=f"write {{get_param: {name}}}", about=(f"use of {name}",))
            given = Property(self.type, path, kind, children=schema.get("schema"))
            if isinstance(value, str) and _LONE_NAME.fullmatch(value):
                problem = replace(problem, hint=suggest_key_for("", value, given, self.scope) or problem.hint)
            yield problem
            return
        children = schema.get("schema", {})
        if isinstance(value, list):
            yield from self._check_items(children.get("*"), value, tokens, path)
        elif isinstance(value, dict) and "*" in children:
            for key, item in value.items():
                yield from self.check_value(children["*"], item, (*tokens, key), (*path, key))
        elif isinstance(value, dict) and children:
            yield from self.check_map(children, value, tokens, path)
        if "constraints" in schema and not self._holds_unknown(value):
            yield from self._check_constraints(schema, meant, tokens, path)

    def _check_items(
        self, schema: Mapping[str, Any] | None, items: Sequence[Any], tokens: Tokens, path: Tokens
    ) -> Iterator[TemplateProblem]:
        constraint = ITEM_CONSTRAINTS.get(str(path[-1]), "")
        for number, item in enumerate(items):
            at, place = (*path, number), (*tokens, number)
            if schema:
                yield from self.check_value(schema, item, place, at)
            else:
                given = Property(self.type, at, "string", constraint, is_item=True)
                yield from find_misfits(given, item, place, self.scope, certain=self.certain)

    def _check_call(
        self,
        schema: Mapping[str, Any],
        value: Any,
        tokens: Tokens,
        path: Tokens,
        beside: tuple[Mapping[str, Any], Mapping[str, Any]] | None,
    ) -> Iterator[TemplateProblem]:
        """What a call gives: itself, in the branches of an ``if``, and as items that a ``repeat`` makes.

        And a text that is the name of a resource.
        """
        constraint = find_constraint(str(path[-1]) if self.type in load_types() else "", schema)
        given = Property(self.type, path, schema["type"], constraint, schema.get("schema"), beside=beside)
        found = [*find_misfits(given, value, tokens, self.scope, certain=self.certain)]
        yield from found
        if found or not isinstance(value, dict) or len(value) != 1:
            return
        ((function, arguments),) = value.items()
        tokens = (*tokens, function)
        if function == "if" and isinstance(arguments, list):
            for number, branch in enumerate(arguments[1:], start=1):
                yield from replace(self, certain=False).check_value(schema, branch, (*tokens, number), path)
        lists = arguments.get("for_each") if function == "repeat" and isinstance(arguments, dict) else None
        if isinstance(lists, dict) and not self.is_unknown(lists) and "*" in schema.get("schema", {}):
            certain = self.certain and all(isinstance(each, list) and each for each in lists.values())
            within = replace(self, certain=certain, index_names=(*self.index_names, *lists))
            item, place = arguments.get("template"), (*tokens, "template")
            yield from within.check_value(schema["schema"]["*"], item, place, (*path, 0))

    def _check_constraints(
        self, schema: Mapping[str, Any], value: Any, tokens: Tokens, path: Tokens
    ) -> Iterator[TemplateProblem]:
        type_, constraints = _PARAMETER_TYPES[schema["type"]], schema["constraints"]
        if not isinstance(constraints, tuple):  # Heat's own, as they are written
            constraints = _parse_constraints(self.type, _generalise(path))
        for constraint in constraints:
            try:
                is_met = constraint.is_met_by(ParsedValue(value, value))
            except (MatchingTimeoutError, MatchingUnavailableError):
                is_met = True  # nobody knows
            if not is_met:
                allowed = constraint.allowed if isinstance(constraint, AllowedValues) else ()
                texts = [each for each in allowed if isinstance(each, str)]
                given = value if isinstance(value, list) else [value]
                wrong = next((each for each in given if isinstance(each, str) and each not in texts), "")
                same = next((each for each in texts if each.lower() == wrong.lower()), wrong)
                hint = suggest_foreign_value(str(path[-1]), wrong) or suggest(same, texts)
                message = f"{self._name(path)} {constraint.explain(type_)}"
                yield self._problem("property-constraint", message, tokens, hint)

    def is_unknown(self, value: Any) -> bool:
        """Whether only a launch tells what the value is: it calls a function, or seems to, or names a member."""
        if isinstance(value, str):
            return any(name in value for name in self.index_names)
        if not isinstance(value, dict) or len(value) != 1:
            return False
        key, language = next(iter(value)), self.scope.language
        is_known = key in language.functions or (first_version_with(key) is not None and key not in RULE_WORDS)
        return is_known or bool(explain_unknown_function(key, language)[0])

    def _holds_unknown(self, value: Any) -> bool:
        if self.is_unknown(value):
            return True
        items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return any(map(self._holds_unknown, items))

    def _name(self, path: Tokens) -> str:
        """What a message calls the value at a path, or what has properties where that is empty."""
        return Property(self.type, path, "").name if path else self.type

    def _problem(
        self, rule: str, message: str, tokens: Tokens, hint: str = "", *, key: bool = False
    ) -> TemplateProblem:
        return TemplateProblem(rule, message, tokens, hint, self.certain, key)


@cache
def _parse_constraints(type_: str, path: Tokens) -> tuple[Constraint, ...]:
    """The constraints of what is at a path within the properties of a type."""
    schema: Mapping[str, Any] = {"schema": load_types()[type_]["properties"]}
    for name in path:
        children = schema["schema"]
        schema = children.get(name) or children["*"]
    return parse_constraints(_PARAMETER_TYPES[schema["type"]], schema.get("constraints"), in_template=True)


def _generalise(path: Tokens) -> tuple[str, ...]:
    """The path with ``*`` for every item of a list."""
    return tuple("*" if isinstance(each, int) else each for each in path)
