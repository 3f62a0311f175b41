"""What a cluster type is, once its definition has been read: frozen values, made whole or not at all.

A :class:`ClusterType` is made by :mod:`builder.definitions.building`, lives as long as a snapshot holds it, and is
never changed: an edited definition makes another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NewType, TypeVar

from builder.parameters.declarations import Parameter

ClusterTypeId = NewType("ClusterTypeId", str)

Content = TypeVar("Content")

ID_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]*"
"""Allowed ids: safe in a URL and as the name of a file."""

DEFAULT_ORDER = 100


class Lifecycle(StrEnum):
    """Where a cluster type is in its life."""

    EXPERIMENTAL = "experimental"
    ACTIVE = "active"
    DEPRECATED = "deprecated"
    """Listed after all others, and marked as deprecated in its description."""
    RETIRED = "retired"
    """Withdrawn on purpose: not listed, and not launched."""


HAVE_SUCCESSORS: Final = (Lifecycle.DEPRECATED, Lifecycle.RETIRED)
"""The stages in which people are told what replaces a type."""


@dataclass(frozen=True, slots=True)
class ProjectRules:
    """To which projects a cluster type is offered, by their ids: to all where none are allowed by name."""

    allow: frozenset[str]
    deny: frozenset[str]

    def admits(self, project_id: str) -> bool:
        """Whether it is offered to a project."""
        return project_id not in self.deny and (not self.allow or project_id in self.allow)


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
class ClusterType:
    """A kind of cluster that people can launch.

    ``parameters`` are those that people are asked for, in form order; ``hardcoded_parameters`` go to the cloud as they
    are. Of ``optional_components``, named so in the groups that select them, a request selects any; at least one where
    the type ``needs_selection``. ``content`` is what its kind made of the definition, frozen as all the rest: nobody
    else looks into it. ``replaced_by`` is the type to launch in its place, whether there is one or not.
    ``projects`` is None for a type that is offered to all. ``presets`` are listed beside the type; a preset has none,
    but ``preset_values``, which stand for what a caller does not answer.
    """

    id: ClusterTypeId
    kind: str
    title: str
    description: str
    order: int | float
    base_credits: int | float | None
    logo_url: str | None
    instructions: tuple[Instruction, ...]
    parameter_groups: tuple[ParameterGroup, ...]
    parameters: Mapping[str, Parameter]
    hardcoded_parameters: Mapping[str, Any]
    optional_components: tuple[str, ...]
    needs_selection: bool
    content: object
    lifecycle: Lifecycle = Lifecycle.ACTIVE
    replaced_by: ClusterTypeId | None = None
    projects: ProjectRules | None = None
    preset_values: Mapping[str, Any] = field(default_factory=dict)
    presets: tuple[ClusterType, ...] = ()

    def content_as(self, made: type[Content]) -> Content:
        """What its kind, which makes contents of this type, has made of the definition.

        Raises TypeError for a cluster type of another kind.
        """
        if not isinstance(self.content, made):
            raise TypeError(f"{self.id} is of the kind {self.kind}")
        return self.content
