"""Everything that is wrong with the templates of a cluster type, once they are read.

Brings together what :mod:`builder.hot_lint` finds in each of them, the nested ones included, and adds what takes both
sides of a nested template: the properties that it is given. Of templates that are data to Heat, little is sure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final

from builder.diagnostics.problems import Problem
from builder.hot.computations import Budget
from builder.hot.language import VERSION_KEY, Language, find_language
from builder.hot_lint.conflicts.equalities import find_false_equalities
from builder.hot_lint.conflicts.finding import find_conflicts
from builder.hot_lint.conflicts.floating import find_unreachable
from builder.hot_lint.conflicts.sharing import Owners
from builder.hot_lint.conflicts.waiting import find_unawaited
from builder.hot_lint.cycles import find_cycles, find_nested_cycles
from builder.hot_lint.declared_parameters import find_parameter_problems
from builder.hot_lint.findings import (
    MAX_NAMED,
    NestedUse,
    TemplateProblem,
    TemplateReading,
    demote,
    explain_missing,
)
from builder.hot_lint.inclusion import LoadedTemplate
from builder.hot_lint.members import has_properties_beside, suggest_beside
from builder.hot_lint.outputs import find_misread_values
from builder.hot_lint.properties import find_nested_value_problems
from builder.hot_lint.property_calls import CallScope, find_named, suggest_missing
from builder.hot_lint.references import MAX_WORK, read_template
from builder.hot_lint.resource_checks import find_attribute_problems, find_meant_type, find_type_problems
from builder.hot_lint.scope import ScopedTemplate, find_scope_problems, find_unused_parameters
from builder.hot_lint.shape import explain_version, find_shape_problems
from builder.kinds.heat.reading.components import Component, LoadedComponent
from builder.text.spelling import find_near, suggest_near

NETWORK_TYPES: Final = ("OS::Neutron::Net", "OS::Neutron::Router")
"""The types of resources that make a private network; earlier releases refused templates without them."""

ALWAYS_USED: Final = frozenset({"clustername"})
"""Parameters that are never reported as unused: the Visualisation App takes the cluster's name from this one."""

TAKES_ALL: Final = frozenset({"parameter-reference", "resource-reference", "condition-reference", "unused-parameter"})
"""Rules that can be judged only where every template of a composition could be read."""

SCHEMA_RULES: Final = frozenset({"unknown-parameter-key", "parameter-syntax", "allowed-pattern"})
"""Rules about the schema of a parameter."""


def check_templates(components: Sequence[LoadedComponent], *, complete: bool) -> tuple[list[Problem], set[str]]:
    """Judge the templates of a cluster type, each by itself and all as one scope: the problems, the types of resources.

    Unless ``complete``, some could not be read: nobody can say that a name is not in those, nor what they use.
    """
    roots = [each.root for each in components]
    files = {name: each.component.files for each in components for name in each.nested}
    check = _TemplateCheck({name: template for each in components for name, template in each.nested.items()})
    scope = check.check_scope([(each.root, each.component) for each in components], complete=complete)
    uses: dict[str, Sequence[NestedUse]] = {}
    for name, template in check.nested.items():  # each is a scope of its own
        alone = Component("", False, template.template, files[name])
        (scoped,) = check.check_scope([(template, alone)], scope)
        check.tell(template, find_parameter_problems(template.template))
        uses[name] = scoped.reading.nested
    for name, found in find_nested_cycles(uses):
        check.tell(check.nested[name], [found])
    for name, template in {name: each for c in components for name, each in c.data.items()}.items():
        if name not in check.nested:
            check.check_data(template)
    if any(tokens[0] == "resources" for each in (*roots, *check.nested.values()) for tokens in each.broken):
        check.types.update(NETWORK_TYPES)  # nobody knows what was meant
    elif complete:
        nested = [each.template for each in check.nested.values()]
        for number, found in find_unreachable([each.template for each in roots], nested):
            check.tell(roots[number], [found])
    return check.problems, check.types


@dataclass(slots=True)
class _TemplateCheck:
    """One check of all templates of a cluster type: ``nested`` are those of stacks, by the names of their files.

    ``types`` are the types of resources that were met.
    """

    nested: Mapping[str, LoadedTemplate]
    problems: list[Problem] = field(default_factory=list)
    types: set[str] = field(default_factory=set)
    budget: Budget = field(default_factory=lambda: Budget(MAX_WORK))

    def tell(self, loaded: LoadedTemplate, found: Iterable[TemplateProblem]) -> None:
        """Note what was found in a template."""
        self.problems += (loaded.problem(demote(each)) for each in found)

    def check_scope(
        self,
        templates: Sequence[tuple[LoadedTemplate, Component]],
        around: Sequence[ScopedTemplate] = (),
        *,
        complete: bool = True,
    ) -> list[ScopedTemplate]:
        """Judge templates that are composed into one, within those ``around``, and give what was read of each."""
        owners: Owners = {}
        composed = [loaded for loaded, _ in templates]
        broken = {str(name) for each in composed for section, name in each.broken if section == "parameters"}
        scope: list[ScopedTemplate] = []
        for loaded, component in templates:
            template, files = loaded.template, component.files
            language = self.find_language(loaded)
            calls = CallScope.of(language, [each.template for each in composed], broken)
            reading = read_template(template, language, files, self.budget, calls.types, loaded.list_set_aside())
            self.tell(loaded, reading.problems)
            self.tell(loaded, find_type_problems(template, calls, files))
            self.tell(loaded, find_conflicts(template, calls.resources, files, owners, has_index=reading.has_index))
            self.tell(loaded, find_false_equalities(reading.equalities, calls))
            self.tell(loaded, find_misread_values(template, calls.resources))
            self.tell(loaded, find_shape_problems(template, language, composed=len(templates) > 1))
            self.tell(loaded, _check_nested_uses(template, calls, reading, self.nested))
            self.types.update(find_meant_type(type_) or type_ for type_ in reading.types)
            scope.append(ScopedTemplate(component.name, component.optional, template, reading))
        nested = {name: each.template for name, each in self.nested.items()}
        for found in (
            find_scope_problems(scope, around), find_cycles(scope), find_unused_parameters(scope),
            find_attribute_problems(scope, nested), find_unawaited(scope, nested),
        ):  # fmt: skip
            for number, problem in found:
                is_always_used = problem.rule == "unused-parameter" and problem.tokens[-1] in ALWAYS_USED
                if not is_always_used and (complete or problem.rule not in TAKES_ALL):
                    self.tell(composed[number], [problem])
        return scope

    def find_language(self, loaded: LoadedTemplate) -> Language:
        """The language of a template; that of a Heat to come where its version is not known, which is told."""
        version = loaded.template.get(VERSION_KEY)
        language = find_language(version)
        if language is None:
            self.tell(loaded, [explain_version(version)])
            language = find_language("9999-12-31")
            assert language is not None  # noqa: S101  # every date to come is a version of a newer Heat's
        elif language.newer:
            message = f"heat_template_version {version} is not known here, and functions new in it are not checked"
            about = (f"version {version}",)
            self.tell(loaded, [TemplateProblem("newer-template-version", message, (VERSION_KEY,), about=about)])
        return language

    def check_data(self, loaded: LoadedTemplate) -> None:
        """Judge what Heat reads of every template among the files, whatever it is for: its version and parameters.

        It builds their schemas (``heat.engine.template.Template.all_param_schemata``), which tells keys and types.
        """
        version = loaded.template.get(VERSION_KEY)
        language = find_language(version)
        if language is None:
            self.tell(loaded, [explain_version(version)])
            return
        shape = find_shape_problems(loaded.template, language, composed=False)
        for problem in (*shape, *find_parameter_problems(loaded.template)):
            if problem.rule in SCHEMA_RULES:
                certain = problem.rule == "unknown-parameter-key" or problem.tokens[2:] == ("type",)
                self.tell(loaded, [replace(problem, certain=certain)])


def _check_nested_uses(
    within: Mapping[str, Any], calls: CallScope, reading: TemplateReading, nested: Mapping[str, LoadedTemplate]
) -> Iterator[TemplateProblem]:
    """Yield what is wrong with the properties that nested templates are given: they are those templates' parameters."""
    required: dict[str, list[str]] = {}
    named: dict[str, Mapping[str, str]] = {}
    for use in reading.nested:
        template = nested.get(use.name)
        is_beside = not use.is_plain and has_properties_beside(within["resources"][use.owner])
        if template is None or use.properties is None or is_beside:
            continue
        parameters = template.template.get("parameters") or {}
        if use.name not in required:
            named[use.name] = find_named(template.template)
            required[use.name] = [name for name, each in parameters.items() if each.get("default") is None]
        given = {*use.properties}
        for name in use.properties:
            if name not in parameters:
                tokens, message = (*use.tokens, "properties", name), f"{use.name} has no parameter {name!r}"
                beside = suggest_beside(name, tokens[:-1])
                near = "" if beside else find_near(name, parameters)
                hint = beside or suggest_near(near)
                yield TemplateProblem("nested-property", message, tokens, hint, use.certain, key=True)
                given.add(near)  # once the name is mended
        missing = list(islice((name for name in required[use.name] if name not in given), MAX_NAMED + 1))
        if missing:
            message, names = explain_missing(use.name, missing), named[use.name]
            schemas = {name: {"custom_constraint": names[name]} for name in missing if name in names}
            hint = suggest_missing(missing[:MAX_NAMED], schemas, calls) or "give it, or a default there"
            about = tuple(f"property {each}" for each in missing)
            yield TemplateProblem("nested-parameter", message, (*use.tokens, "type"), hint, use.certain, about=about)
        yield from find_nested_value_problems(within, calls, use, parameters, named[use.name])
