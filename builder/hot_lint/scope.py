"""Whether what templates refer to exists: in one template, or in any selection of a composition's components.

Components share one scope. What a required component refers to must be in a required one; an optional component may
besides refer to what it has itself, and at the user's risk to what another optional one has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from builder.hot.language import PSEUDO_PARAMETERS
from builder.hot.resource_types import ITEM_CONSTRAINTS, MADE_BY, find_attributes, find_constraint, load_types
from builder.hot_lint.findings import ON_REQUEST, ONLY_SOME_LAUNCHES, Kind, Reference, TemplateProblem, TemplateReading
from builder.text.pointers import CONTAINERS
from builder.text.spelling import find_near, suggest_near

SELECTED: Final = "selected_"
"""How the names of parameters begin that tell whether a component is selected: the component's name follows."""

_MOST_FITTED: Final = 100
"""For how many wrong references a fitting resource is looked for: as many as there are problems in a report."""

_MOST_LISTED: Final = 8
"""How many names a hint lists: about as many as a line of a report holds."""


def suggest_selected(name: str, components: Mapping[str, bool]) -> str:
    """A hint for a parameter such as ``selected_x``, if there is no component ``x``.

    It names the nearest of the ``components``, or the only optional one. They tell whether each is optional, by name.
    """
    optional = [each for each, is_optional in components.items() if is_optional]
    near = find_near(name.removeprefix(SELECTED), components) or (optional[0] if len(optional) == 1 else "")
    return suggest_near(SELECTED + near if near else "") or (f"optional are: {', '.join(optional)}" if optional else "")


_ON_REQUEST_RULES: Final = ("nested-attribute", "function-arguments")
"""Rules whose problems in outputs do not stop a launch, if they are not certain."""


@dataclass(frozen=True, slots=True)
class ScopedTemplate:
    """A template of a scope, and what it refers to; ``component`` is ``""`` where there is but one."""

    component: str
    optional: bool
    template: Mapping[str, Any]
    reading: TemplateReading

    def names(self, kind: Kind) -> Collection[str]:
        """The names of the parameters, resources or conditions that the template declares."""
        return (self.template.get(f"{kind}s") or {}).keys()


def find_scope_problems(
    templates: Sequence[ScopedTemplate], around: Sequence[ScopedTemplate] = ()
) -> Iterator[tuple[int, TemplateProblem]]:
    """Yield a problem for each reference to what is not there, and for each clash of names, with the template's number.

    For a nested template, ``around`` are those that use it: it cannot refer to their names, but people try.
    """
    referred = defaultdict(list)
    for number, each in enumerate(templates):
        for reference in each.reading.references:
            referred[reference.kind].append((number, reference))
    for kind in filter(referred.get, Kind):
        yield from _find_dangling(templates, around, kind, referred[kind])
    yield from _find_duplicate_names(templates)
    yield from _find_conditional_resources(templates)


def find_unused_parameters(templates: Sequence[ScopedTemplate]) -> Iterator[tuple[int, TemplateProblem]]:
    """Yield a problem for each parameter that no template of the scope uses, where it is declared first."""
    used = {reference.name for each in templates for reference in each.reading.references}
    used.update(name for each in templates for name in each.reading.mentioned)
    seen: set[str] = set()
    for number, each in enumerate(templates):
        for name in each.names(Kind.PARAMETER):
            if name not in used and name not in seen:
                message, hint = f"parameter {name!r} is used nowhere in the template", "use it or remove it"
                words = name.split("_")
                filled = (f"property {'_'.join(words[first:])}" for first in range(len(words)))
                about = (f"parameter {name}", f"use of {name}", *filled)
                yield (
                    number,
                    TemplateProblem("unused-parameter", message, ("parameters", name), hint, key=True, about=about),
                )
            seen.add(name)


def demote(problem: TemplateProblem) -> TemplateProblem:
    """The problem as it is reported: a warning if Heat does not look at its place in every launch.

    Heat makes the values of outputs when somebody asks for them, and then tells nobody that it could not.
    """
    if problem.certain:
        return problem
    is_asked_for = problem.rule in _ON_REQUEST_RULES or not ON_REQUEST.isdisjoint(problem.tokens)
    follows = ONLY_SOME_LAUNCHES
    if problem.tokens[0] == "outputs" and is_asked_for:
        follows = "Heat makes the stack, and this output stays empty"
    message = f"{problem.message}; {follows}"
    return replace(problem, rule="conditional-mistake", message=message, certain=True)


def _find_dangling(
    templates: Sequence[ScopedTemplate],
    around: Sequence[ScopedTemplate],
    kind: Kind,
    referred: Sequence[tuple[int, Reference]],
) -> Iterator[tuple[int, TemplateProblem]]:
    """Yield a problem for each reference to what no template has, or only an optional component."""
    given = PSEUDO_PARAMETERS if kind is Kind.PARAMETER else frozenset()
    required: dict[str, None] = {}  # in the order of the templates
    optional: dict[str, list[str]] = defaultdict(list)
    for each in templates:
        if each.optional:
            for name in each.names(kind):
                optional[name].append(each.component)
        else:
            required.update(dict.fromkeys(each.names(kind)))
    known = {**required, **dict.fromkeys(optional)}
    conditions = {name: each for part in templates for name, each in (part.template.get("conditions") or {}).items()}
    selections = dict.fromkeys(
        each.name
        for part in templates
        for each in part.reading.references
        if optional and each.kind is Kind.PARAMETER and each.name.startswith(SELECTED)
    )
    dangling = 0
    for number, reference in referred:
        name, within = reference.name, templates[number]
        if name in required or name in given or name in within.names(kind):
            continue
        givers, hint = optional.get(name, ()), ""
        if any(_ask_for(reference.under, SELECTED + giver, conditions) for giver in givers):
            continue
        if givers:  # which a selection of another name may have been to ask for
            about = [f"parameter {each}" for each in selections if _ask_for(reference.under, each, conditions)]
            about.append(f"{kind} {name}")
        else:
            dangling += 1
            hint, about = _find_elsewhere(reference, within, templates, around)
            if not hint:
                fitting = _find_fitting(reference, within.template, templates) if dangling <= _MOST_FITTED else ()
                hint, about = _suggest_known(reference, known, fitting)
        yield number, replace(_explain(reference, within, givers, hint), about=tuple(about))


def _find_elsewhere(
    reference: Reference, within: ScopedTemplate, templates: Sequence[ScopedTemplate], around: Sequence[ScopedTemplate]
) -> tuple[str, list[str]]:
    """How to refer to what has the name and is of another kind, or outside of a nested template; ``""`` if nothing is.

    And what the mistake is about.
    """
    about = [f"{reference.kind} {reference.name}"]
    if hint := _find_other_kind(reference, templates) or _suggest_first(reference, within, templates):
        if reference.kind is Kind.PARAMETER and reference.name.startswith(SELECTED):
            about += (f"parameter {SELECTED}{each.component}" for each in templates if each.optional)
        return hint, about
    hint, comes_by = _find_outside(reference, within, around)
    return hint, [*about, f"parameter {comes_by}"] if comes_by else about


def _suggest_known(reference: Reference, known: Collection[str], fitting: Collection[str]) -> tuple[str, list[str]]:
    """Which of the ``known`` names may be meant, rather one that is ``fitting``; and what the mistake is about."""
    kind, about = reference.kind, [f"{reference.kind} {reference.name}"]
    bare = reference.name.rpartition(".")[2]  # without the type that Terraform writes before it
    fitting = (bare,) if bare in known else fitting or known
    if near := next(iter(fitting)) if len(fitting) == 1 < len(known) else find_near(reference.name, fitting):
        return suggest_near(near), [*about, f"{kind} {near}"]
    if 0 < len(fitting) <= _MOST_LISTED:
        return f"there are: {', '.join(fitting)}", about
    return "declare it in the section conditions" if kind is Kind.CONDITION and not known else "", about


def _suggest_first(reference: Reference, within: ScopedTemplate, templates: Sequence[ScopedTemplate]) -> str:
    """A hint for an ``if`` whose condition is not its first argument, or is missing."""
    if reference.tokens[-2:] != ("if", 0):
        return ""
    branches: Any = within.template
    for token in reference.tokens[:-1]:
        branches = branches[token]
    known = [each for part in templates for each in part.names(Kind.CONDITION)]
    first = next((each for each in branches if isinstance(each, str) and each in known), "")
    if not first and len(branches) > 2:
        return ""
    others = ", ".join("..." if isinstance(each, CONTAINERS) else str(each) for each in branches if each != first)
    return f"write the condition first: [{first or (known[0] if len(known) == 1 else '...')}, {others}]"


def _find_other_kind(reference: Reference, templates: Sequence[ScopedTemplate]) -> str:
    """A hint if something of another kind has the name: what it is, and how to refer to it."""
    name, in_order = reference.name, "depends_on" in reference.tokens[2:3]
    if reference.kind is Kind.PARAMETER and any(name in each.names(Kind.RESOURCE) for each in templates):
        return f"it is a resource: write {{get_resource: {name}}}"
    if reference.kind is Kind.CONDITION and any(name in each.names(Kind.PARAMETER) for each in templates):
        return f"it is a parameter: write conditions: {{{name}: {{get_param: {name}}}}}"
    if reference.kind is Kind.CONDITION and any(name == SELECTED + each.component for each in templates):
        return f"write conditions: {{{name}: {{get_param: {name}}}}}, and declare that parameter with type: boolean"
    components = {each.component: each.optional for each in templates if each.component}
    if reference.kind is Kind.PARAMETER and name.startswith(SELECTED) and components:
        is_component = name.removeprefix(SELECTED) in components
        return (
            f"write parameters: {{{name}: {{type: boolean}}}}" if is_component else suggest_selected(name, components)
        )
    if reference.kind is not Kind.RESOURCE:
        return ""
    if name in PSEUDO_PARAMETERS or any(name in each.names(Kind.PARAMETER) for each in templates):
        return "it is a parameter" if in_order else f"it is a parameter: write {{get_param: {name}}}"
    if any(reference.attribute in each.names(Kind.RESOURCE) for each in templates):
        return f"write the resource first: [{reference.attribute}, {name}]"
    for each in templates:
        if each.component == name and (resources := [*each.names(Kind.RESOURCE)]):
            return f"it is a component: name one of its resources, such as {resources[0]!r}"
    return ""


def _find_outside(reference: Reference, within: ScopedTemplate, around: Sequence[ScopedTemplate]) -> tuple[str, str]:
    """A hint if a template around this nested one has the name: how to hand it in.

    And the parameter of this template that already brings it, if the name of one says so.
    """
    name, kind = reference.name, reference.kind
    if kind is Kind.CONDITION or not any(name in each.names(kind) for each in around):
        return "", ""
    outside = "it is outside of this nested template"
    if kind is Kind.PARAMETER:
        return f"{outside}: declare it here, too, and give it among the properties", ""
    for each in within.names(Kind.PARAMETER):
        if reference.attribute is None and (each in reference.tokens[-2:] or name.endswith(f"_{each}")):
            return f"{outside}: write {{get_param: {each}}}", each
    given = f"get_attr: [{name}, {reference.attribute}]" if reference.attribute else f"get_resource: {name}"
    return f"{outside}: declare a parameter here, and give it {{{given}}}", ""


def _find_fitting(reference: Reference, template: Mapping[str, Any], templates: Sequence[ScopedTemplate]) -> list[str]:
    """Which resources of the ``templates`` a reference in one of them may mean, by their types.

    Those that have the attribute that it reads, or that are what the property wants whose value it gives. None, where
    these do not tell. Of parameters the only one that is used nowhere, if the name is near to none.
    """
    if reference.kind is Kind.PARAMETER:
        unused = [str(found.tokens[-1]) for _, found in find_unused_parameters(templates)]
        declared = {name for each in templates for name in each.names(Kind.PARAMETER)}
        return unused if len(unused) == 1 and not find_near(reference.name, declared) else []
    if reference.kind is not Kind.RESOURCE:
        return []
    types = {
        name: str(part.template["resources"][name].get("type"))
        for part in templates
        for name in part.names(Kind.RESOURCE)
    }
    if (attribute := reference.attribute) is not None:
        return [name for name, type_ in types.items() if attribute in (find_attributes(type_) or ())]
    if reference.tokens[-1] != "get_resource":
        return []
    node: Any = template
    schema: Mapping[str, Any] = {}
    schemas: Mapping[str, Any] = {}
    property_ = ""
    for token in reference.tokens:
        if token == "properties" and "type" in node:  # noqa: S105  # a token of a pointer
            schema, schemas = {}, load_types().get(str(node["type"]), {}).get("properties", {})
        elif (below := schemas.get(str(token)) or schemas.get("*")) is not None:
            schema, schemas = below, below.get("schema", {})
            property_ = token if isinstance(token, str) else property_
        node = node[token]
    constraint = find_constraint(property_, schema) or ITEM_CONSTRAINTS.get(property_, "")
    return [name for name, type_ in types.items() if type_ in MADE_BY.get(constraint, ())]


def _ask_for(under: Sequence[Any], parameter: str, conditions: Mapping[str, Any]) -> bool:
    """Whether one of the conditions that a reference stands under is true only where a boolean parameter is.

    Heat does not look for what a resource, an output or a branch of ``if`` refers to that is left out.
    """

    def implies(condition: Any, wanted: bool, names: tuple[str, ...] = ()) -> bool:
        """Whether the parameter is true where the condition is ``wanted``."""
        if isinstance(condition, str):
            return condition not in names and implies(conditions.get(condition), wanted, (*names, condition))
        function, arguments = next(iter(condition.items())) if isinstance(condition, dict) and condition else ("", None)
        if function == "not":
            return implies(arguments, not wanted, names)
        if function in ("and", "or") and isinstance(arguments, list):
            enough = any if (function == "and") is wanted else all
            return enough(implies(each, wanted, names) for each in arguments)
        if function == "equals" and isinstance(arguments, list):
            return {"get_param": parameter} in arguments and any(each is wanted for each in arguments)
        return wanted and condition == {"get_param": parameter}

    return any(implies(each, True) for each in under)


def _explain(reference: Reference, within: ScopedTemplate, givers: Sequence[str], hint: str) -> TemplateProblem:
    name, kind = reference.name, reference.kind
    if not givers:
        message = f"there is no {kind} {name!r}"
        return TemplateProblem(f"{kind}-reference", message, reference.tokens, hint, reference.certain)
    giver = " or ".join(repr(each) for each in givers)
    hint = f"move it out of {giver}"
    if reference.tokens[0] == "outputs" and len(givers) == 1:
        hint = f"move the output into {giver}, or put it under the condition {SELECTED}{givers[0]}"
    message = f"{kind} {name!r} is there only if the optional component {giver} is selected"
    if within.optional:
        return TemplateProblem("other-optional-reference", f"{message} too", reference.tokens, hint)
    return TemplateProblem("optional-reference", message, reference.tokens, hint, reference.certain)


def _find_duplicate_names(templates: Sequence[ScopedTemplate]) -> Iterator[tuple[int, TemplateProblem]]:
    """Heat refuses a parameter and a resource of one name: heat.engine.stack, "Duplicate names"."""
    parameters = {name for each in templates for name in each.names(Kind.PARAMETER)}
    for number, each in enumerate(templates):
        for name, resource in (each.template.get("resources") or {}).items():
            if name in parameters or name in PSEUDO_PARAMETERS:
                message, hint = f"{name!r} is the name of a resource and of a parameter", "rename one of them"
                if name in PSEUDO_PARAMETERS:
                    message, hint = f"{message} that every template has", "rename the resource"
                certain = resource.get("condition") in (None, True)
                yield number, TemplateProblem("duplicate-name", message, ("resources", name), hint, certain, key=True)


def _find_conditional_resources(templates: Sequence[ScopedTemplate]) -> Iterator[tuple[int, TemplateProblem]]:
    """Yield a problem for each reference to a conditional resource from what is always there: Heat refuses it."""
    conditional = {
        name: resource["condition"]
        for each in templates
        for name, resource in (each.template.get("resources") or {}).items()
        if resource.get("condition") not in (None, True)
    }
    if not conditional:
        return
    for number, each in enumerate(templates):
        for reference in each.reading.references:
            depends = "depends_on" in reference.tokens[2:3]
            if reference.kind is Kind.RESOURCE and reference.certain and not depends and reference.name in conditional:
                message = f"resource {reference.name!r} is left out when its condition is false"
                hint, condition = "put the reference under the same condition, with if", conditional[reference.name]
                about = (f"condition {condition}",) if isinstance(condition, str) else ()
                if reference.tokens[0] == "outputs":
                    hint = f"give the output {f'condition: {condition}' if about else 'the same condition'}"
                elif about:
                    hint = f"{hint}: [{condition}, ...]"
                yield number, TemplateProblem("conditional-resource", message, reference.tokens, hint, about=about)
