"""Whether what templates refer to exists: in one template, or in any selection of a composition's components.

Components share one scope. What a required component refers to must be in a required one; an optional component may
besides refer to what it has itself, and at the user's risk to what another optional one has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import getitem
from typing import Any, Final

from builder.hot.language import PSEUDO_PARAMETERS
from builder.hot.resource_types import ITEM_CONSTRAINTS, MADE_BY, find_attributes, find_constraint, load_types
from builder.hot_lint.findings import Kind, Reference, TemplateProblem, TemplateReading
from builder.text.pointers import CONTAINERS, Tokens
from builder.text.spelling import find_near, suggest_near

SELECTED: Final = "selected_"
"""How the names of parameters begin that tell whether a component is selected: the component's name follows."""

_MOST_FITTED: Final = 100
"""For how many wrong references a fitting resource is looked for: as many as there are problems in a report."""

_MOST_NESTED: Final = 400
"""How deep in conditions switches are looked for. Heat fails of 200 conditions of which each is ``not`` the next."""

_MOST_LISTED: Final = 8
"""How many names a hint lists: about as many as a line of a report holds."""


def suggest_selected(name: str, components: Mapping[str, bool]) -> str:
    """A hint for a parameter such as ``selected_x``, if there is no component ``x``.

    It names the nearest of the ``components``, or the only optional one. They tell whether each is optional, by name.
    """
    optional = [each for each, is_optional in components.items() if is_optional]
    near = find_near(name.removeprefix(SELECTED), components) or (optional[0] if len(optional) == 1 else "")
    return suggest_near(SELECTED + near if near else "") or (f"optional are: {', '.join(optional)}" if optional else "")


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
    scope = _Scope.of(templates, around)
    yield from scope.find_dangling()
    yield from scope.find_duplicate_names()
    yield from scope.find_conditional_resources()


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
                place, about = ("parameters", name), (f"parameter {name}", f"use of {name}", *filled)
                yield number, TemplateProblem("unused-parameter", message, place, hint, key=True, about=about)
            seen.add(name)


@dataclass(frozen=True, slots=True)
class _Scope:
    """Templates that share one scope; by kind and name, the numbers of those that declare it, the required first."""

    templates: Sequence[ScopedTemplate]
    around: Sequence[ScopedTemplate]
    declared: Mapping[Kind, Mapping[str, Sequence[int]]]
    switches: dict[tuple[str, bool], set[str]] = field(default_factory=dict)
    """What :meth:`_find_switches` has found of conditions that have a name."""

    @classmethod
    def of(cls, templates: Sequence[ScopedTemplate], around: Sequence[ScopedTemplate]) -> _Scope:
        """Read what the templates declare."""
        declared: dict[Kind, dict[str, list[int]]] = {kind: {} for kind in Kind}
        for number, each in sorted(enumerate(templates), key=lambda numbered: numbered[1].optional):
            for kind, names in declared.items():
                for name in each.names(kind):
                    names.setdefault(name, []).append(number)
        return cls(templates, around, declared)

    def _read(self, kind: Kind, name: str) -> Any:
        """What is declared under a name that is known."""
        return self.templates[self.declared[kind][name][0]].template[f"{kind}s"][name]

    def find_dangling(self) -> Iterator[tuple[int, TemplateProblem]]:
        """Yield a problem for each reference to what no template has, or only an optional component."""
        dangling = 0
        for number, within in enumerate(self.templates):
            for reference in within.reading.references:
                kind, name = reference.kind, reference.name
                givers = self.declared[kind].get(name, ())
                is_there = number in givers or (kind is Kind.PARAMETER and name in PSEUDO_PARAMETERS)
                if is_there or (givers and not self.templates[givers[0]].optional):
                    continue
                if givers:
                    components = [self.templates[each].component for each in givers]
                    yield from self._explain_optional(number, reference, components)
                else:
                    dangling += 1
                    hint, also = self._suggest(reference, within, fit=dangling <= _MOST_FITTED)
                    message, about = f"there is no {kind} {name!r}", (f"{kind} {name}", *also)
                    problem = TemplateProblem(f"{kind}-reference", message, reference.tokens, hint, reference.certain)
                    yield number, replace(problem, about=about)

    def _explain_optional(
        self, number: int, reference: Reference, givers: Sequence[str]
    ) -> Iterator[tuple[int, TemplateProblem]]:
        """Yield a problem for a reference to what only optional components have, unless it is made only with one."""
        switches = {switch for each in reference.under for switch in self._find_switches(each)}
        if any(SELECTED + giver in switches for giver in givers):
            return
        selections = (f"parameter {each}" for each in switches if each.startswith(SELECTED))  # of other names, perhaps
        about = (*sorted(selections), f"{reference.kind} {reference.name}")
        giver = " or ".join(map(repr, givers))
        hint, is_optional = f"move it out of {giver}", self.templates[number].optional
        if reference.tokens[0] == "outputs" and len(givers) == 1:
            hint = f"move the output into {giver}, or put it under the condition {SELECTED}{givers[0]}"
        message = f"{reference.kind} {reference.name!r} is there only if the optional component {giver} is selected"
        rule, certain = ("other-optional-reference", True) if is_optional else ("optional-reference", reference.certain)
        message += " too" if is_optional else ""
        yield number, TemplateProblem(rule, message, reference.tokens, hint, certain, about=about)

    def _find_switches(self, condition: Any, wanted: bool = True, depth: int = 0) -> set[str]:
        """The boolean parameters that are certainly true wherever a condition is ``wanted``.

        Heat does not look for what a resource, an output or a branch of ``if`` refers to that is left out.
        """
        match condition:
            case _ if depth > _MOST_NESTED:
                return set()
            case str():
                key = condition, wanted
                if key not in self.switches:
                    self.switches[key] = set()  # if it needs itself
                    is_known = condition in self.declared[Kind.CONDITION]
                    definition = self._read(Kind.CONDITION, condition) if is_known else None
                    self.switches[key] = self._find_switches(definition, wanted, depth + 1)
                return self.switches[key]
            case {"not": inner}:
                return self._find_switches(inner, not wanted, depth + 1)
            case {"and": [_, *_] as parts} | {"or": [_, *_] as parts}:
                found = [self._find_switches(each, wanted, depth + 1) for each in parts]
                return set.union(*found) if ("and" in condition) is wanted else set.intersection(*found)
            case {"equals": [*sides]} if any(each is wanted for each in sides):
                parts = [each for each in sides if isinstance(each, dict)]
                return set[str]().union(*(self._find_switches(each, depth=depth + 1) for each in parts))
            case {"get_param": str(name)} if wanted:
                return {name}
        return set()

    def _suggest(self, reference: Reference, within: ScopedTemplate, *, fit: bool) -> tuple[str, Sequence[str]]:
        """What may be meant by a name that is nowhere: a hint, and what the mistake is about besides the name.

        If there is no such name, ``fit`` looks for what fits the place.
        """
        kind, name, known = reference.kind, reference.name, self.declared[reference.kind]
        if hint := self._find_other_kind(reference) or self._suggest_first(reference, within):
            is_selection = kind is Kind.PARAMETER and name.startswith(SELECTED)
            optional = (each.component for each in self.templates if each.optional and is_selection)
            return hint, [f"parameter {SELECTED}{each}" for each in optional]
        hint, comes_by = self._find_outside(reference, within)
        if hint:
            return hint, [f"parameter {comes_by}"] if comes_by else []
        bare = name.rpartition(".")[2]  # without the type that Terraform writes before it
        fitting = [bare] if bare in known else self._find_fitting(reference, within) if fit else ()
        fitting = fitting or known
        if near := next(iter(fitting)) if len(fitting) == 1 < len(known) else find_near(name, fitting):
            return suggest_near(near), [f"{kind} {near}"]
        if 0 < len(fitting) <= _MOST_LISTED:
            return f"there are: {', '.join(fitting)}", []
        return "declare it in the section conditions" if kind is Kind.CONDITION and not known else "", []

    def _suggest_first(self, reference: Reference, within: ScopedTemplate) -> str:
        """A hint for an ``if`` whose condition is not its first argument, or is missing."""
        if reference.tokens[-2:] != ("if", 0):
            return ""
        template: Any = within.template
        branches = reduce(getitem, reference.tokens[:-1], template)
        known = self.declared[Kind.CONDITION]
        first = next((each for each in branches if isinstance(each, str) and each in known), "")
        if not first and len(branches) > 2:
            return ""
        others = ", ".join("..." if isinstance(each, CONTAINERS) else str(each) for each in branches if each != first)
        return f"write the condition first: [{first or (next(iter(known)) if len(known) == 1 else '...')}, {others}]"

    def _find_other_kind(self, reference: Reference) -> str:
        """A hint if something of another kind has the name: what it is, and how to refer to it."""
        name, parameters, resources = reference.name, self.declared[Kind.PARAMETER], self.declared[Kind.RESOURCE]
        components = {each.component: each.optional for each in self.templates if each.component}
        match reference.kind:
            case Kind.PARAMETER if name in resources:
                return f"it is a resource: write {{get_resource: {name}}}"
            case Kind.PARAMETER if name.startswith(SELECTED) and name.removeprefix(SELECTED) in components:
                return f"write parameters: {{{name}: {{type: boolean}}}}"
            case Kind.PARAMETER if name.startswith(SELECTED) and components:
                return suggest_selected(name, components)
            case Kind.CONDITION if name in parameters:
                return f"it is a parameter: write conditions: {{{name}: {{get_param: {name}}}}}"
            case Kind.CONDITION if name.startswith(SELECTED) and name.removeprefix(SELECTED) in components:
                hint = f"write conditions: {{{name}: {{get_param: {name}}}}}"
                return f"{hint}, and declare that parameter with type: boolean"
            case Kind.RESOURCE if name in parameters or name in PSEUDO_PARAMETERS:
                is_order = "depends_on" in reference.tokens[2:3]
                return "it is a parameter" if is_order else f"it is a parameter: write {{get_param: {name}}}"
            case Kind.RESOURCE if reference.attribute in resources:
                return f"write the resource first: [{reference.attribute}, {name}]"
            case Kind.RESOURCE if name in components:
                own = (one for each in self.templates if each.component == name for one in each.names(Kind.RESOURCE))
                first = next(own, "")
                return f"it is a component: name one of its resources, such as {first!r}" if first else ""
        return ""

    def _find_outside(self, reference: Reference, within: ScopedTemplate) -> tuple[str, str]:
        """A hint if a template around this nested one has the name: how to hand it in.

        And the parameter of this template that already brings it, if the name of one says so.
        """
        name, kind = reference.name, reference.kind
        if kind is Kind.CONDITION or not any(name in each.names(kind) for each in self.around):
            return "", ""
        outside = "it is outside of this nested template"
        if kind is Kind.PARAMETER:
            return f"{outside}: declare it here, too, and give it among the properties", ""
        for each in within.names(Kind.PARAMETER):
            if reference.attribute is None and (each in reference.tokens[-2:] or name.endswith(f"_{each}")):
                return f"{outside}: write {{get_param: {each}}}", each
        given = f"get_attr: [{name}, {reference.attribute}]" if reference.attribute else f"get_resource: {name}"
        return f"{outside}: declare a parameter here, and give it {{{given}}}", ""

    def _find_fitting(self, reference: Reference, within: ScopedTemplate) -> Collection[str]:
        """Which names a reference may mean, by what they stand for; none where that does not tell.

        Of resources those that have the attribute that it reads, or that are what the property wants whose value it
        gives. Of parameters the only one that is used nowhere, if the name is near to none.
        """
        if reference.kind is Kind.PARAMETER:
            unused = [str(found.tokens[-1]) for _, found in find_unused_parameters(self.templates)]
            is_near = len(unused) != 1 or find_near(reference.name, self.declared[Kind.PARAMETER])
            return [] if is_near else unused
        if reference.kind is Kind.CONDITION:
            return []
        types = {name: str(self._read(Kind.RESOURCE, name).get("type")) for name in self.declared[Kind.RESOURCE]}
        if (attribute := reference.attribute) is not None:
            return [name for name, type_ in types.items() if attribute in (find_attributes(type_) or ())]
        made_by = MADE_BY.get(_find_constraint(reference.tokens, within.template), ())
        return [name for name, type_ in types.items() if type_ in made_by]

    def find_duplicate_names(self) -> Iterator[tuple[int, TemplateProblem]]:
        """Heat refuses a parameter and a resource of one name: heat.engine.stack, "Duplicate names"."""
        parameters = self.declared[Kind.PARAMETER]
        for number, each in enumerate(self.templates):
            for name, resource in (each.template.get("resources") or {}).items():
                if name in parameters or name in PSEUDO_PARAMETERS:
                    message, hint = f"{name!r} is the name of a resource and of a parameter", "rename one of them"
                    if name in PSEUDO_PARAMETERS:
                        message, hint = f"{message} that every template has", "rename the resource"
                    place, certain = ("resources", name), resource.get("condition") in (None, True)
                    yield number, TemplateProblem("duplicate-name", message, place, hint, certain, key=True)

    def find_conditional_resources(self) -> Iterator[tuple[int, TemplateProblem]]:
        """Yield a problem for each reference to a conditional resource from what is always there: Heat refuses it."""
        conditions = {name: self._read(Kind.RESOURCE, name).get("condition") for name in self.declared[Kind.RESOURCE]}
        conditions = {name: each for name, each in conditions.items() if each not in (None, True)}
        for number, each in enumerate(self.templates if conditions else ()):
            for reference in each.reading.references:
                depends = "depends_on" in reference.tokens[2:3]
                condition = conditions.get(reference.name) if reference.kind is Kind.RESOURCE else None
                if condition is None or depends or not reference.certain:
                    continue
                message = f"resource {reference.name!r} is left out when its condition is false"
                hint = "put the reference under the same condition, with if"
                about = (f"condition {condition}",) if isinstance(condition, str) else ()
                if reference.tokens[0] == "outputs":
                    hint = f"give the output {f'condition: {condition}' if about else 'the same condition'}"
                elif about:
                    hint = f"{hint}: [{condition}, ...]"
                yield number, TemplateProblem("conditional-resource", message, reference.tokens, hint, about=about)


def _find_constraint(tokens: Tokens, template: Any) -> str:
    """The custom constraint of the property whose value is the ``get_resource`` at a place; ``""`` if it has none."""
    schema: Mapping[str, Any] = {}
    schemas: Mapping[str, Any] = {}
    property_ = ""
    for token in tokens if tokens[-1] == "get_resource" else ():
        if token == "properties" and "type" in template:  # noqa: S105  # a token of a pointer
            schema, schemas = {}, load_types().get(str(template["type"]), {}).get("properties", {})
        elif (below := schemas.get(str(token)) or schemas.get("*")) is not None:
            schema, schemas = below, below.get("schema", {})
            property_ = token if isinstance(token, str) else property_
        template = template[token]
    return find_constraint(property_, schema) or ITEM_CONSTRAINTS.get(property_, "")
