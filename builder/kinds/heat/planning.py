"""From the answers in a form to what Heat is asked for, or to everything that is wrong with the answers.

Pure: nothing is created here, so every fault can be told before any money is spent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from builder.clusters.answers import check_answers
from builder.clusters.plan import ClusterPlan, build_payload, check_name, list_texts, read_selections
from builder.definitions.model import ClusterType
from builder.errors import RequestError
from builder.hot.values import ParameterType, parse_boolean
from builder.kinds.heat.composition import ComposedTemplate, compose_template
from builder.kinds.heat.reading.components import HeatContent
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
    composed = compose_template(cluster_type.id, components)
    attributes = composed.template.get("parameters", {})
    hidden = {key: value for key, value in values.items() if parse_boolean(attributes[key].get("hidden"))}
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
        hidden=frozenset(hidden),
    )


def _secrets(parameter: str, value: object, composed: ComposedTemplate) -> Iterator[str]:
    """Every text in the value of a hidden parameter; of a document or list given as text, also what it holds."""
    yield from list_texts(value)
    type_ = composed.template["parameters"][parameter].get("type")
    if isinstance(value, str) and type_ in (ParameterType.JSON, ParameterType.COMMA_DELIMITED_LIST):
        with suppress(InvalidValueError):  # Heat's to refuse
            yield from list_texts(read_value(ParameterType(type_), value).meant)
