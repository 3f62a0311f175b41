"""What a cluster type of this kind is made of: the templates that Heat is sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from builder.parameters.declarations import Parameter


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
