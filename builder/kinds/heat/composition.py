"""The templates of components, composed into the one that Heat is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from builder.hot_lint.outputs import TYPE_OUTPUT
from builder.hot_lint.shape import NAMED_SECTIONS
from builder.kinds.heat.reading.components import Component


@dataclass(frozen=True, slots=True)
class ComposedTemplate:
    """What is sent to Heat: one template and the files that it refers to."""

    template: Mapping[str, Any]
    files: Mapping[str, str]


def compose_template(type_id: str, components: Sequence[Component]) -> ComposedTemplate:
    """Compose the templates of a cluster type's components into one, which has the output ``TYPE_OUTPUT``.

    A parameter comes from the first component that declares it. That no resource, condition or output is given twice
    and that all are of one version has been checked when the cluster type was built.
    """
    first = components[0]
    template: dict[str, Any] = {"heat_template_version": first.template["heat_template_version"]}
    files: dict[str, str] = {}
    if len(components) == 1:
        template |= first.template
    else:
        for section in NAMED_SECTIONS:
            merged: dict[str, Any] = {}
            for component in components:
                for name, entry in (component.template.get(section) or {}).items():
                    merged.setdefault(name, entry)
            if merged:
                template[section] = merged
    for component in components:
        files.update(component.files)
    told = {"description": "The cluster type, by which Concertim finds the instructions.", "value": type_id}
    outputs = template.pop("outputs", None) or {}  # of which one of that name takes its place
    return ComposedTemplate({**template, "outputs": {TYPE_OUTPUT: told, **outputs}}, files)
