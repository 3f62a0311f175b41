"""A cluster that is planned, and what is wrong with its name and selections, whatever its kind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from builder.definitions.model import ClusterType, ProjectRules
from builder.errors import MAX_FAULTS, Fault, RequestError
from builder.hot.values import parse_boolean
from builder.text.pointers import format_pointer
from builder.text.spelling import suggest

NAME_SEPARATOR = "--"
"""Stands between the cluster's name and the suffix in the name of its stack.

The Concertim OpenStack Service takes everything before the first one as the cluster's name.
"""

MAX_STACK_NAME = 255
"""Heat's limit: heat.engine.stack.Stack, and the message of its StackValidationFailed."""

MAX_SUFFIX = 32
"""The longest suffix that a stack's name is given."""

MAX_CLUSTER_NAME = MAX_STACK_NAME - len(NAME_SEPARATOR) - MAX_SUFFIX

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
"""Heat's names may have dots, too. The racks that the Visualisation App names after stacks may not."""


@dataclass(frozen=True, slots=True)
class ClusterPlan:
    """A cluster to launch: what the cloud is asked for, and on behalf of which request.

    ``template`` holds only what JSON has (no dates), and of a kind without templates all that it is asked for;
    ``files`` is Heat's files map. ``parameters`` are the values that the answers come to. ``form_fields`` are the
    parameters that people are asked for. ``secrets`` are the values of hidden ones, which nothing may show, should the
    cloud quote them.

    ``payload`` is what the caller asked for: two requests with the same ``idempotency_key`` must have the same. It is
    compared by its fingerprint, and not stored. Without a key, who asks for the same as the same ``subject`` within
    ``repeat_window`` seconds gets the same cluster; 0: each gets one. ``hidden`` names the parameters among the
    ``secrets``. ``projects`` are the rules of :meth:`check_project`, None where there are none.
    """

    cluster_name: str
    type_id: str
    revision: str
    template: Mapping[str, Any] = field(repr=False)
    files: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(repr=False, default=())
    form_fields: frozenset[str] = frozenset()
    idempotency_key: str | None = field(default=None, repr=False)
    payload: Mapping[str, Any] = field(default_factory=dict, repr=False)
    hidden: frozenset[str] = frozenset()
    repeat_window: float = 0.0
    subject: str = ""
    projects: ProjectRules | None = None

    def check_project(self, project_id: str) -> None:
        """Refuse to build the cluster in a project that its type is not offered to.

        For launchers to call when they know the project, and that no earlier request has built the cluster.

        Raises RequestError (400).
        """
        if self.projects is not None and not self.projects.admits(project_id):
            detail = f"The cluster type {self.type_id!r} is not offered to this project; nothing was created."
            raise RequestError(Fault(400, "Not offered to this project", detail))


def build_payload(
    type_id: str, name: str, answers: Mapping[str, Any], selections: Mapping[str, Any]
) -> Mapping[str, Any]:
    """What two requests with one idempotency key must have in common: the ``cluster`` of a build, as JSON."""
    return {"cluster_type_id": type_id, "name": name, "parameters": dict(answers), "selections": dict(selections)}


def list_texts(value: object) -> Iterator[str]:
    """Every text in a value that somebody may quote: of a list or map, also what it holds, keys included."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from list_texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from list_texts(inner)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def explain_nothing_selected(cluster_type: ClusterType) -> str:
    """What to do where every component is optional and none is selected, in the words of the form."""
    groups = [group for group in cluster_type.parameter_groups if group.optional is not None]
    shown = {group.optional.name: group.optional.label or group.label for group in groups if group.optional}
    choices = ", ".join(repr(shown.get(name, name)) for name in cluster_type.optional_components)
    return f"Nothing is selected, so there is nothing to build; select at least one of {choices}."


def read_selections(cluster_type: ClusterType, selections: Mapping[str, Any]) -> tuple[set[str], list[Fault]]:
    """The optional components that were selected, and what is wrong with the selections."""
    selected: set[str] = set()
    faults: list[Fault] = []
    optional = cluster_type.optional_components
    for name, raw in selections.items():
        if len(faults) > MAX_FAULTS:
            break
        pointer = format_pointer(("cluster", "selections", name))
        wanted = False if raw is None or raw == "" else parse_boolean(raw)
        if name not in optional:
            hint = suggest(name, optional)
            detail = f"This cluster type has no optional component {name[:80]!r}{f'; {hint}' if hint else '.'}"
            faults.append(Fault(400, "Invalid selection", detail, pointer))
        elif wanted is None:
            faults.append(
                Fault(400, "Invalid selection", f"The selection of {name!r} is neither true nor false.", pointer)
            )
        elif wanted:
            selected.add(name)
    if cluster_type.needs_selection and not selected and not faults:
        faults.append(Fault(400, "Invalid selection", explain_nothing_selected(cluster_type), "/cluster/selections"))
    return selected, faults


def check_name(name: str) -> list[Fault]:
    """What is wrong with the name of a cluster."""
    pointer = "/cluster/name"
    details = []
    if len(name) > MAX_CLUSTER_NAME:
        details.append(
            f"The cluster's name has {len(name):,} characters; at most {MAX_CLUSTER_NAME} are allowed, "
            "for the name of its stack continues it."
        )
    elif _NAME.fullmatch(name) is None:
        details.append("The cluster's name must start with a letter and hold only letters, digits, '_' and '-'.")
    if NAME_SEPARATOR in name or name.endswith("-"):
        details.append("The cluster's name must neither contain '--' nor end with '-'.")
    return [Fault(400, "Invalid cluster name", detail, pointer) for detail in details]
