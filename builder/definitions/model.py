"""What a cluster type is, once its definition has been read: frozen values, made whole or not at all.

A :class:`ClusterType` is made by :mod:`builder.definitions.building`, lives as long as a snapshot holds it, and is
never changed: an edited definition makes another one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NewType

from builder.parameters.declarations import Parameter

ClusterTypeId = NewType("ClusterTypeId", str)

ID_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]*"
"""What an id looks like: safe in a URL and as the name of a file."""

DEFAULT_ORDER = 100


@dataclass(frozen=True, slots=True)
class OptionalGroup:
    """Ties a parameter group to an optional component, by the component's name."""

    name: str
    label: str | None
    default: bool | None


@dataclass(frozen=True, slots=True)
class ParameterGroup:
    """One section of the form."""

    label: str
    description: str
    parameters: tuple[str, ...]
    optional: OptionalGroup | None


@dataclass(frozen=True, slots=True)
class Instruction:
    """One page of instructions, in Markdown."""

    id: str
    title: str
    text: str


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
class ClusterType:
    """A kind of cluster that people can launch.

    ``parameters`` are those that people are asked for, in form order, as the first component that has one declares it.
    ``variants`` are, by component, those that it declares otherwise, and that Heat is given of it where the components
    before it are left out. ``hardcoded_parameters`` go to Heat as they are.
    """

    id: ClusterTypeId
    kind: str
    title: str
    description: str
    order: int | float
    logo_url: str | None
    instructions: tuple[Instruction, ...]
    parameter_groups: tuple[ParameterGroup, ...]
    parameters: Mapping[str, Parameter]
    variants: Mapping[str, Mapping[str, Parameter]]
    hardcoded_parameters: Mapping[str, Any]
    components: tuple[Component, ...]

    @property
    def optional_components(self) -> tuple[str, ...]:
        """The names of the components that a request may select."""
        return tuple(component.name for component in self.components if component.optional)

    def selected_components(self, selected: Collection[str]) -> tuple[Component, ...]:
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
