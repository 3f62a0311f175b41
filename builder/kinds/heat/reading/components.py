"""HOT templates as the components of a cluster type.

The rules are Heat's (https://docs.openstack.org/heat/latest/template_guide/hot_spec.html); what Heat alone can judge,
such as the properties of a resource, is left to Heat.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from builder.diagnostics.problems import Problem
from builder.hot_lint.inclusion import LoadedTemplate, include_files
from builder.hot_lint.shape import find_broken_sections
from builder.hot_lint.sources import Files
from builder.kinds.heat.reading.content import Component
from builder.parameters.declarations import Parameter
from builder.text.pointers import Tokens
from builder.yaml_documents.documents import Document


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


def find_collisions(components: Sequence[Component]) -> Iterator[tuple[str, str, str, str]]:
    """Each entry that two components give: section, name, and the names of the first and the later component."""
    for section in ("conditions", "resources", "outputs"):
        givers: dict[str, str] = {}
        for component in components:
            for name in component.template.get(section) or {}:
                if name in givers:
                    yield section, name, givers[name], component.name
                else:
                    givers[name] = component.name
