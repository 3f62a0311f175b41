"""From the answers in a form to what Heat is asked for, or to everything that is wrong with the answers.

Pure: nothing is created here, so every fault can be told before any money is spent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from builder.clusters.answers import check_answers
from builder.definitions.components import ComposedTemplate, compose_template
from builder.definitions.model import ClusterType, Component
from builder.errors import MAX_FAULTS, Fault, RequestError
from builder.hot.values import ParameterType, parse_boolean
from builder.parameters.values import InvalidValueError, read_value
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

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class ClusterPlan:
    """A cluster to launch: what Heat is asked for, and on behalf of which request.

    ``template`` holds only what JSON has (no dates); ``files`` is Heat's files map. ``form_fields`` are the parameters
    that people are asked for. ``secrets`` are the values of hidden ones, which nothing may show, should the cloud quote
    them.

    ``payload`` is what the caller asked for: two requests with the same ``idempotency_key`` must have the same. It is
    compared by its fingerprint, and not stored.
    """

    cluster_name: str
    type_id: str
    revision: str
    template: Mapping[str, Any]
    files: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(repr=False, default=())
    form_fields: frozenset[str] = frozenset()
    idempotency_key: str | None = field(default=None, repr=False)
    payload: Mapping[str, Any] = field(default_factory=dict, repr=False)


def plan_cluster(
    cluster_type: ClusterType,
    name: str,
    answers: Mapping[str, Any],
    selections: Mapping[str, Any],
    revision: str = "",
) -> ClusterPlan:
    """Plan a cluster of the given type and revision.

    Raises RequestError with every fault of the name, the answers and the selections, each with its pointer in the
    body of ``POST /clusters/``.
    """
    selected, faults = _read_selections(cluster_type, selections)
    components = cluster_type.selected_components(selected)
    if not components and not faults:
        faults.append(Fault(400, "Invalid selection", explain_nothing_selected(cluster_type), "/cluster/selections"))
    faults += _check_name(name)
    ignored = _parameters_of_deselected(cluster_type, components)
    checked = check_answers(
        cluster_type.parameters_of(components),
        answers,
        hardcoded=cluster_type.hardcoded_parameters.keys(),
        ignored=ignored,
        cluster_name=name,
    )
    faults += [
        Fault(400, "Invalid parameter", fault.detail, format_pointer(("cluster", "parameters", fault.parameter_id)))
        for fault in islice(checked.faults, MAX_FAULTS + 1)
    ]
    if faults:
        raise RequestError(*faults)
    declared = {parameter for component in components for parameter in component.parameter_names}
    hardcoded = {key: value for key, value in cluster_type.hardcoded_parameters.items() if key in declared}
    values = {key: value for key, value in checked.values.items() if key in declared} | hardcoded
    composed = compose_template(components)
    hidden = {key: value for key, value in values.items() if _is_hidden(key, composed)}
    secrets = dict.fromkeys(text for key, value in hidden.items() for text in _secrets(key, value, composed))
    answerable = frozenset(declared & cluster_type.parameters.keys())
    return ClusterPlan(
        name,
        cluster_type.id,
        revision,
        composed.template,
        composed.files,
        values,
        tuple(secrets),
        answerable,
        payload=build_payload(cluster_type.id, name, answers, selections),
    )


def build_payload(
    type_id: str, name: str, answers: Mapping[str, Any], selections: Mapping[str, Any]
) -> Mapping[str, Any]:
    """What two requests with one idempotency key must have in common: the ``cluster`` of a build, as JSON."""
    return {"cluster_type_id": type_id, "name": name, "parameters": dict(answers), "selections": dict(selections)}


def explain_nothing_selected(cluster_type: ClusterType) -> str:
    """What to do where every component is optional and none is selected, in the words of the form."""
    groups = [group for group in cluster_type.parameter_groups if group.optional is not None]
    shown = {group.optional.name: group.optional.label or group.label for group in groups if group.optional}
    choices = ", ".join(repr(shown.get(name, name)) for name in cluster_type.optional_components)
    return f"Nothing is selected, so there is nothing to build; select at least one of {choices}."


def _read_selections(cluster_type: ClusterType, selections: Mapping[str, Any]) -> tuple[set[str], list[Fault]]:
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
    return selected, faults


def _check_name(name: str) -> list[Fault]:
    pointer = "/cluster/name"
    details = []
    if len(name) > MAX_CLUSTER_NAME:
        details.append(f"The cluster's name has {len(name):,} characters; at most {MAX_CLUSTER_NAME} are allowed.")
    elif _NAME.fullmatch(name) is None:
        details.append("The cluster's name must start with a letter and hold only letters, digits, '_', '.' and '-'.")
    if NAME_SEPARATOR in name or name.endswith("-"):
        details.append("The cluster's name must neither contain '--' nor end with '-'.")
    return [Fault(400, "Invalid cluster name", detail, pointer) for detail in details]


def _parameters_of_deselected(cluster_type: ClusterType, selected: tuple[Component, ...]) -> set[str]:
    """The parameters that only deselected components use: whatever the form holds for them is not judged."""
    used = {parameter for component in selected for parameter in component.parameter_names}
    return {parameter for component in cluster_type.components for parameter in component.parameter_names} - used


def _is_hidden(parameter: str, composed: ComposedTemplate) -> bool:
    """Whether nothing may show the parameter's value, be it answered in the form or hardcoded."""
    declared = composed.template.get("parameters", {}).get(parameter)
    return isinstance(declared, Mapping) and bool(parse_boolean(declared.get("hidden")))


def _secrets(parameter: str, value: object, composed: ComposedTemplate) -> Iterator[str]:
    """Every text in the value of a hidden parameter; of a document or list given as text, also what it holds."""
    yield from _texts(value)
    type_ = composed.template["parameters"][parameter].get("type")
    if isinstance(value, str) and type_ in (ParameterType.JSON, ParameterType.COMMA_DELIMITED_LIST):
        with suppress(InvalidValueError):  # Heat's to refuse
            yield from _texts(read_value(ParameterType(type_), value).meant)


def _texts(value: object) -> Iterator[str]:
    """Every text in a value that somebody may quote: of a list or map, also what it holds, keys included."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
