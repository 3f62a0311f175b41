"""From the answers in a form to what Magnum is asked for, or to everything that is wrong with the answers.

Pure: nothing is created here, so every fault can be told before any money is spent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from builder.clusters.answers import answer_fault, check_answers
from builder.clusters.plan import ClusterPlan, build_payload, check_name, list_texts, read_selections
from builder.definitions.model import ClusterType
from builder.errors import RequestError
from builder.hot.values import ParameterType
from builder.kinds.magnum.cluster_attributes import (
    CLUSTER_NAME,
    LABEL_PREFIX,
    LABELS,
    MAX_LABELS,
    read_attribute,
    types_of,
)
from builder.kinds.magnum.reader import MagnumContent


def plan_cluster(
    cluster_type: ClusterType,
    name: str,
    answers: Mapping[str, Any],
    selections: Mapping[str, Any],
    revision: str = "",
    *,
    complete: bool = True,
) -> ClusterPlan:
    """Plan a cluster of the given type and revision; its template is the body that Magnum is sent, without a name.

    Not ``complete``: without the answers that have faults.
    """
    _, faults = read_selections(cluster_type, selections)
    faults += check_name(name)
    parameters, hardcoded = cluster_type.parameters, cluster_type.hardcoded_parameters
    checked = check_answers(parameters, answers, hardcoded=hardcoded.keys(), cluster_name=name)
    faults += checked.faults
    attributes: dict[str, Any] = {}
    for key, value in {**checked.values, **hardcoded}.items():
        try:
            attributes[key] = None if value is None else read_attribute(key, type_of(cluster_type, key), value)
        except ValueError as error:
            title = parameters[key].title if key in parameters else key
            faults.append(answer_fault(key, f"{title} {error}."))
    body = build_body(cluster_type.content_as(MagnumContent).cluster_template, attributes)
    length = len(json.dumps(body[LABELS]))
    if length > MAX_LABELS:
        longest = max((key for key in attributes if key.startswith(LABELS)), key=lambda key: len(str(attributes[key])))
        detail = f"The cluster's labels have {length:,} characters together; at most {MAX_LABELS:,} are allowed."
        faults.append(answer_fault(longest, detail))
    if faults and complete:
        raise RequestError(*faults)
    hidden = [attributes.get(key) for key, parameter in parameters.items() if parameter.hidden]
    return ClusterPlan(
        name,
        cluster_type.id,
        revision,
        body,
        parameters=attributes,
        secrets=tuple(dict.fromkeys(text for value in hidden for text in list_texts(value))),
        form_fields=frozenset(parameters),
        hidden=frozenset(key for key, parameter in parameters.items() if parameter.hidden),
        payload=build_payload(cluster_type.id, name, answers, selections),
    )


def type_of(cluster_type: ClusterType, name: str) -> ParameterType:
    """The type of a parameter, as the definition has it; of one that is hardcoded alone, as Magnum has it."""
    parameter = cluster_type.parameters.get(name)
    return parameter.type if parameter is not None else types_of(name)[0]


def build_body(cluster_template: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """What Magnum is sent, without the name and the labels that mark the cluster; what is empty is left out.

    The labels that mark it would replace those of the cluster template; so where nobody else gives any, and where some
    are given one by one, all are merged.
    """
    given = {key: value for key, value in attributes.items() if value not in (None, "", {}) and key != CLUSTER_NAME}
    single = {key.removeprefix(LABEL_PREFIX): given.pop(key) for key in list(given) if key.startswith(LABEL_PREFIX)}
    merged = {} if LABELS in given and not single else {"merge_labels": True}
    labels = {**given.pop(LABELS, {}), **single}
    return {"cluster_template_id": cluster_template, **given, **merged, LABELS: labels}
