"""From the answers in a form to what Heat is asked for, or to everything that is wrong with the answers.

Pure: nothing is created here, so every fault can be told before any money is spent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from builder.clusters.answers import check_answers
from builder.clusters.plan import ClusterPlan, build_payload, check_name, list_texts, read_selections
from builder.definitions.model import ClusterType
from builder.errors import RequestError
from builder.hot.values import ParameterType, parse_boolean
from builder.hot_lint.outputs import TYPE_OUTPUT
from builder.hot_lint.shape import NAMED_SECTIONS
from builder.kinds.heat.reading.components import Component, HeatContent
from builder.parameters.values import InvalidValueError, read_value


def plan_cluster(
    cluster_type: ClusterType,
    name: str,
    answers: Mapping[str, Any],
    selections: Mapping[str, Any],
    revision: str = "",
    *,
    complete: bool = True,
) -> ClusterPlan:
    """Plan a cluster of the given type and revision; not ``complete``: without the answers that have faults."""
    selected, faults = read_selections(cluster_type, selections)
    content = cluster_type.content_as(HeatContent)
    components = content.select(selected)
    faults += check_name(name)
    declared = {parameter for component in components for parameter in component.parameter_names}
    # Whatever the form holds for parameters that only deselected components use is not judged.
    ignored = {parameter for component in content.components for parameter in component.parameter_names} - declared
    checked = check_answers(
        content.parameters_of(components),
        answers,
        hardcoded=cluster_type.hardcoded_parameters.keys() | content.told_selections.keys(),
        ignored=ignored,
        cluster_name=name,
    )
    faults += checked.faults if complete else ()
    if faults:
        raise RequestError(*faults)
    hardcoded = {key: value for key, value in cluster_type.hardcoded_parameters.items() if key in declared}
    values = {key: value for key, value in checked.values.items() if key in declared} | hardcoded
    present = {component.name for component in components}
    values |= {key: name in present for key, name in content.told_selections.items() if key in declared}
    template, files = compose_template(cluster_type.id, components)
    attributes = template.get("parameters", {})
    hidden = {key: value for key, value in values.items() if parse_boolean(attributes[key].get("hidden"))}
    secrets = dict.fromkeys(text for key, value in hidden.items() for text in _secrets(value, attributes[key]["type"]))
    answerable = frozenset(declared & cluster_type.parameters.keys())
    return ClusterPlan(
        name,
        cluster_type.id,
        revision,
        template,
        files,
        values,
        tuple(secrets),
        answerable,
        payload=build_payload(cluster_type.id, name, answers, selections),
        hidden=frozenset(hidden),
    )


def _secrets(value: object, type_: str) -> Iterator[str]:
    """Every text in the value of a hidden parameter; of a document or list given as text, also what it holds."""
    yield from list_texts(value)
    if isinstance(value, str) and type_ in (ParameterType.JSON, ParameterType.COMMA_DELIMITED_LIST):
        with suppress(InvalidValueError):  # Heat's to refuse
            yield from list_texts(read_value(ParameterType(type_), value).meant)


def compose_template(type_id: str, components: Sequence[Component]) -> tuple[dict[str, Any], dict[str, str]]:
    """Compose the templates of components into one, which has the output ``TYPE_OUTPUT``; and the files it refers to.

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
    return {**template, "outputs": {TYPE_OUTPUT: told, **outputs}}, files
