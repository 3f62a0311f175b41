"""HOT templates as the components of a cluster type, which are its content, and how they are read.

The rules are Heat's (https://docs.openstack.org/heat/latest/template_guide/hot_spec.html); what Heat alone can judge,
such as the properties of a resource, is left to Heat.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from builder.diagnostics.problems import Problem
from builder.hot_lint.inclusion import LoadedTemplate, include_files
from builder.hot_lint.shape import find_broken_sections
from builder.hot_lint.sources import Files
from builder.parameters.declarations import Parameter
from builder.text.pointers import Tokens
from builder.yaml_documents.documents import Document


@dataclass(frozen=True, slots=True)
class Component:
    """One HOT file of a composed cluster type; the only one, named ``""``, of a type that is not composed.

    ``template`` is the HOT template with every reference to a file rewritten to the file's name, and ``files`` maps
    each of those names to its content, nested templates included: what Heat's API calls ``files``.
    """

    name: str
    optional: bool
    template: Mapping[str, Any]
    files: Mapping[str, str]

    @property
    def parameter_names(self) -> Collection[str]:
        """The parameters that the component's template declares."""
        parameters: Mapping[str, Any] = self.template.get("parameters") or {}
        return parameters.keys()


@dataclass(frozen=True, slots=True)
class HeatContent:
    """The components of a cluster type, and how each declares what people are asked for.

    ``parameters`` are the cluster type's, as the first component that has one declares it. ``variants`` are, by
    component, those that it declares otherwise, and that Heat is given of it where the components before it are left
    out. ``told_selections`` are the parameters that tell whether a component is in the cluster, each with its name.
    """

    components: tuple[Component, ...]
    parameters: Mapping[str, Parameter]
    variants: Mapping[str, Mapping[str, Parameter]]
    told_selections: Mapping[str, str] = field(default_factory=dict)

    def select(self, selected: Collection[str]) -> tuple[Component, ...]:
        """The components of a cluster for which the optional ones named in ``selected`` were chosen."""
        return tuple(component for component in self.components if not component.optional or component.name in selected)

    def parameters_of(self, components: Sequence[Component]) -> Mapping[str, Parameter]:
        """The parameters that people are asked for, as the first of some components that has one declares it."""
        declared = dict(self.parameters)
        for component in reversed(components):
            variants = self.variants.get(component.name, {})
            names = (name for name in component.parameter_names if name in self.parameters)
            declared |= {name: variants.get(name, self.parameters[name]) for name in names}
        return declared


@dataclass(frozen=True, slots=True)
class LoadedComponent:
    """A component, and for judging it the templates that it was made from, by the names of their files.

    ``nested`` are those of stacks, and ``data`` those that are included as any other file is.
    """

    component: Component
    root: LoadedTemplate
    nested: Mapping[str, LoadedTemplate]
    data: Mapping[str, LoadedTemplate]


def build_component(
    document: Document, base: str, files: Files, *, name: str, optional: bool, tokens: Tokens = ()
) -> tuple[LoadedComponent | None, list[Problem]]:
    """Build the component whose template stands at ``tokens`` of ``document``, read from the file named ``base``.

    With problems, the component is of use for nothing but finding more of them; None where it is not even that.
    """
    template = document.value
    for token in tokens:
        template = template[token]
    broken = find_broken_sections(template)
    if broken:
        return None, list(map(LoadedTemplate(document, tokens, {}).problem, broken))
    included = include_files(template, document, base, tokens, files)
    component = Component(name, optional, included.root.template, included.contents)
    return LoadedComponent(component, included.root, included.nested, included.data), [*included.problems]


def tighten_parameters(component: Component, settled: Mapping[str, Parameter]) -> Component:
    """The component with those parameters hidden and immutable for Heat, too, that a definition makes so."""
    declared: Mapping[str, Any] = component.template.get("parameters") or {}
    tightened = {
        name: {**attributes, **{key: True for key in ("hidden", "immutable") if getattr(settled.get(name), key, False)}}
        for name, attributes in declared.items()
    }
    if tightened == declared:
        return component
    return replace(component, template={**component.template, "parameters": tightened})
