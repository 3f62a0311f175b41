"""Everything that is wrong with the templates of a cluster type, once they are read.

Brings together what :mod:`builder.hot_lint` finds in each of them, the nested ones included, and adds what takes both
sides of a nested template: the properties that it is given. Of templates that are data to Heat, little is sure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from builder.diagnostics.problems import Problem
from builder.hot.computations import Budget
from builder.hot.foreign_names import find_foreign_property
from builder.hot.language import VERSION_KEY, find_language
from builder.hot_lint.conflicts.equalities import find_false_equalities
from builder.hot_lint.conflicts.finding import find_conflicts
from builder.hot_lint.conflicts.floating import find_unreachable
from builder.hot_lint.conflicts.servers import SERVER
from builder.hot_lint.conflicts.sharing import Owners
from builder.hot_lint.conflicts.waiting import find_unawaited
from builder.hot_lint.cycles import find_cycles, find_nested_cycles
from builder.hot_lint.declared_parameters import find_parameter_problems
from builder.hot_lint.findings import MAX_NAMED, Kind, NestedUse, TemplateProblem, TemplateReading, explain_missing
from builder.hot_lint.inclusion import LoadedTemplate
from builder.hot_lint.members import find_definitions, has_properties_beside, suggest_beside
from builder.hot_lint.outputs import find_misread_values
from builder.hot_lint.properties import find_nested_value_problems
from builder.hot_lint.property_calls import CallScope, find_named, suggest_missing
from builder.hot_lint.references import MAX_WORK, read_template
from builder.hot_lint.resource_checks import (
    GROUP_ATTRIBUTES,
    MEMBER_ATTRIBUTE,
    find_attribute_problems,
    find_meant_type,
    find_type_problems,
)
from builder.hot_lint.scope import ScopedTemplate, demote, find_scope_problems, find_unused_parameters
from builder.hot_lint.shape import explain_version, find_shape_problems
from builder.kinds.heat.reading.components import LoadedComponent
from builder.text.spelling import find_near, suggest, suggest_near

NETWORK_TYPES: Final = ("OS::Neutron::Net", "OS::Neutron::Router")
"""The types of resources that make a private network; earlier releases refused templates without them."""

ALWAYS_USED: Final = frozenset({"clustername"})
"""Parameters that are never reported as unused: the Visualisation App takes the cluster's name from this one."""

TAKES_ALL: Final = frozenset({"parameter-reference", "resource-reference", "condition-reference", "unused-parameter"})
"""Rules that can be judged only where every template of a composition could be read."""

_NESTED_ATTRIBUTES: Final = ("show",)
"""Attributes of a nested template besides its outputs; a group of them has no ``show``."""

SCHEMA_RULES: Final = frozenset({"unknown-parameter-key", "parameter-syntax", "allowed-pattern"})
"""Rules about the schema of a parameter."""


def check_templates(components: Sequence[LoadedComponent], *, complete: bool) -> tuple[list[Problem], set[str]]:
    """Judge the templates of a cluster type, each by itself and all as one scope: the problems, the types of resources.

    Unless ``complete``, some could not be read: nobody can say that a name is not in those, nor what they use.
    """
    problems: list[Problem] = []
    budget = Budget(MAX_WORK)
    scope: list[ScopedTemplate] = []
    types: set[str] = set()
    nested: dict[str, LoadedTemplate] = {}
    files: dict[str, Mapping[str, str]] = {}
    roots = [each.root for each in components]
    owners: Owners = {}
    for each in components:
        calls, reading = _read(each.root, each.component.files, problems, budget, roots, owners)
        problems += _problems(
            each.root, find_shape_problems(each.root.template, calls.language, composed=len(components) > 1)
        )
        scope.append(ScopedTemplate(each.component.name, each.component.optional, each.root.template, reading))
        types.update(find_meant_type(type_) or type_ for type_ in reading.types)
        nested.update(each.nested)
        files.update(dict.fromkeys(each.nested, each.component.files))
        problems += _problems(each.root, _check_nested_uses(each.root.template, calls, reading, each.nested))
    problems += _scope_problems(roots, scope, nested, complete=complete)
    uses: dict[str, Sequence[NestedUse]] = {}
    for name, template in nested.items():
        nested_problems, reading = _check_nested(template, files[name], nested, budget, scope)
        problems += nested_problems
        types.update(find_meant_type(type_) or type_ for type_ in reading.types)
        uses[name] = reading.nested
    problems += [nested[name].problem(found) for name, found in find_nested_cycles(uses)]
    for name, template in {name: each for c in components for name, each in c.data.items()}.items():
        problems += _check_data(template) if name not in nested else ()
    if any(
        tokens[0] == "resources" for each in (*(c.root for c in components), *nested.values()) for tokens in each.broken
    ):
        types.update(NETWORK_TYPES)  # nobody knows what was meant
    elif complete:
        found_unreachable = find_unreachable(
            [each.template for each in roots], [each.template for each in nested.values()]
        )
        problems += [roots[number].problem(found) for number, found in found_unreachable]
    return problems, types


def _read(
    loaded: LoadedTemplate,
    files: Mapping[str, str],
    problems: list[Problem],
    budget: Budget,
    composed: Sequence[LoadedTemplate],
    owners: Owners,
) -> tuple[CallScope, TemplateReading]:
    """What calls in a template can name and its reading, whose own problems are added to ``problems``.

    ``composed`` are all the templates that make one with it, itself among them, and ``owners`` those of the ones
    that were read.
    """
    version = loaded.template.get(VERSION_KEY)
    language = find_language(version)
    if language is None:
        problems.append(loaded.problem(explain_version(version)))
        language = find_language("9999-12-31")
        assert language is not None  # noqa: S101  # every date to come is a version of a newer Heat's
    elif language.newer:
        message = f"heat_template_version {version} is not known here, and functions new in it are not checked"
        about = (f"version {version}",)
        problems.append(loaded.problem(TemplateProblem("newer-template-version", message, (VERSION_KEY,), about=about)))
    broken = {str(name) for each in composed for section, name in each.broken if section == "parameters"}
    calls = CallScope.of(language, [each.template for each in composed], broken)
    reading = read_template(loaded.template, language, files, budget, calls.types, loaded.list_set_aside())
    problems += _problems(loaded, reading.problems)
    problems += _problems(loaded, find_type_problems(loaded.template, calls, files))
    conflicts = find_conflicts(loaded.template, calls.resources, files, owners, has_index=reading.has_index)
    problems += _problems(loaded, conflicts)
    problems += _problems(loaded, find_false_equalities(reading.equalities, calls))
    problems += _problems(loaded, _find_lone_servers(loaded.template))
    problems += _problems(loaded, find_misread_values(loaded.template, calls.resources))
    return calls, reading


def _problems(loaded: LoadedTemplate, found: Iterator[TemplateProblem] | Sequence[TemplateProblem]) -> list[Problem]:
    return [loaded.problem(demote(each)) for each in found]


def _scope_problems(
    templates: Sequence[LoadedTemplate],
    scope: Sequence[ScopedTemplate],
    nested: Mapping[str, LoadedTemplate],
    around: Sequence[ScopedTemplate] = (),
    *,
    complete: bool = True,
) -> list[Problem]:
    found = [*find_scope_problems(scope, around), *find_cycles(scope), *find_unused_parameters(scope)]
    found += find_attribute_problems(scope)
    found += find_unawaited(scope, {name: each.template for name, each in nested.items()})
    return [
        templates[number].problem(demote(problem))
        for number, problem in found
        if not (problem.rule == "unused-parameter" and problem.tokens[-1] in ALWAYS_USED)
        and (complete or problem.rule not in TAKES_ALL)
    ]


def _check_nested(
    template: LoadedTemplate,
    files: Mapping[str, str],
    nested: Mapping[str, LoadedTemplate],
    budget: Budget,
    around: Sequence[ScopedTemplate],
) -> tuple[list[Problem], TemplateReading]:
    """The problems of a nested template, which is a scope of its own within those ``around``, and its reading."""
    problems: list[Problem] = []
    calls, reading = _read(template, files, problems, budget, [template], {})
    problems += _problems(template, find_shape_problems(template.template, calls.language, composed=False))
    problems += _problems(template, find_parameter_problems(template.template))
    problems += _scope_problems([template], [ScopedTemplate("", False, template.template, reading)], nested, around)
    problems += _problems(template, _check_nested_uses(template.template, calls, reading, nested))
    return problems, reading


def _check_data(template: LoadedTemplate) -> list[Problem]:
    """What is wrong with what Heat reads of every template among the files, whatever it is for: version and parameters.

    It builds their schemas (``heat.engine.template.Template.all_param_schemata``), which tells keys and types.
    """
    version = template.template.get(VERSION_KEY)
    language = find_language(version)
    if language is None:
        return [template.problem(explain_version(version))]
    shape = find_shape_problems(template.template, language, composed=False)
    return _problems(
        template,
        [
            replace(problem, certain=problem.rule == "unknown-parameter-key" or problem.tokens[2:] == ("type",))
            for problem in (*shape, *find_parameter_problems(template.template))
            if problem.rule in SCHEMA_RULES
        ],
    )


def _check_nested_uses(
    within: Mapping[str, Any], calls: CallScope, reading: TemplateReading, nested: Mapping[str, LoadedTemplate]
) -> Iterator[TemplateProblem]:
    required: dict[str, list[str]] = {}
    named: dict[str, Mapping[str, str]] = {}
    for use in reading.nested:
        template = nested.get(use.name)
        is_beside = not use.is_plain and has_properties_beside(within["resources"][use.owner])
        if template is not None and use.properties is not None and not is_beside:
            parameters = template.template.get("parameters") or {}
            if use.name not in required:
                named[use.name] = find_named(template.template)
                required[use.name] = [name for name, each in parameters.items() if each.get("default") is None]
            yield from _check_properties(use, use.properties, parameters, required[use.name], named[use.name], calls)
            yield from find_nested_value_problems(within, calls, use, parameters, named[use.name])
    uses = {use.owner: use for use in reading.nested if use.is_plain or use.is_member}
    for reference in reading.references:
        read = uses.get(reference.name)
        template = nested.get(read.name) if read is not None else None
        if read is None or template is None or reference.kind is not Kind.RESOURCE or reference.attribute is None:
            continue
        outputs = template.template.get("outputs") or {}
        attribute, certain = reference.attribute, reference.certain
        if read.is_member:  # of which Heat asks each for an attribute, in an output only when somebody asks for that
            certain = certain and read.certain and reference.tokens[0] != "outputs"
            attribute = MEMBER_ATTRIBUTE.sub("", attribute)
        known = GROUP_ATTRIBUTES if read.is_member else _NESTED_ATTRIBUTES
        if attribute not in outputs and attribute not in known and not attribute.startswith("resource."):
            message = f"{read.name} has no output {attribute!r}"
            tokens = (*reference.tokens[:-1], 1)
            hint = suggest(attribute, outputs) or (suggest_near(next(iter(outputs))) if len(outputs) == 1 else "")
            hint = f"resource.{attribute} is a member" if attribute.isdecimal() else hint
            yield TemplateProblem("nested-attribute", message, tokens, hint, certain)


def _check_properties(
    use: NestedUse,
    properties: Mapping[str, Any],
    parameters: Mapping[str, Any],
    required: Sequence[str],
    named: Mapping[str, str],
    calls: CallScope,
) -> Iterator[TemplateProblem]:
    given = {*properties}
    for name in properties:
        if name not in parameters:
            tokens, message = (*use.tokens, "properties", name), f"{use.name} has no parameter {name!r}"
            beside = suggest_beside(name, tokens[:-1])
            near = "" if beside else find_near(name, parameters)
            hint = beside or suggest_near(near)
            yield TemplateProblem("nested-property", message, tokens, hint, use.certain, key=True)
            given.add(near)  # once the name is mended
    missing = list(islice((name for name in required if name not in given), MAX_NAMED + 1))
    if missing:
        message = explain_missing(use.name, missing)
        schemas = {name: {"custom_constraint": named[name]} for name in missing if name in named}
        hint = suggest_missing(missing[:MAX_NAMED], schemas, calls) or "give it, or a default there"
        about = tuple(f"property {each}" for each in missing)
        yield TemplateProblem("nested-parameter", message, (*use.tokens, "type"), hint, use.certain, about=about)


def _find_lone_servers(template: Mapping[str, Any]) -> Iterator[TemplateProblem]:
    """Yield a warning for each server without networks, also in groups; not for one that has no flavor either."""
    for name, resource in (template.get("resources") or {}).items():
        for definition, tokens, _ in find_definitions(resource, ("resources", name)):
            properties = definition.get("properties")
            if definition.get("type") != SERVER or not isinstance(properties, dict):
                continue
            if "flavor" in properties and "networks" not in properties and not any(map(_means_networks, properties)):
                message, hint = f"server {name!r} names no network", "give it networks: [{network: ...}], or a port"
                yield TemplateProblem("server-without-network", message, (*tokens, "type"), hint)


def _means_networks(name: str) -> bool:
    """Whether a key of a server is reported as a misspelling of ``networks``."""
    return find_foreign_property(SERVER, name).startswith("networks") or bool(find_near(name, ["networks"]))
