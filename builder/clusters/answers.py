"""What a caller answered, held against all the parameters of a cluster type at once.

Nothing is created before every answer is known to be good, and everything that is wrong is told in one go.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from builder.errors import MAX_FAULTS, Fault
from builder.hot.values import ParameterType
from builder.parameters.attributes import ABSENT
from builder.parameters.declarations import Parameter, describe_constraint, find_broken_constraints, parse_value
from builder.parameters.values import InvalidValueError
from builder.text.excerpts import shorten
from builder.text.pointers import format_pointer
from builder.text.spelling import find_near

CLUSTER_NAME_PARAMETER: Final = "clustername"
"""A string parameter of this name takes the cluster's name when it is not answered."""

_LONGEST_NAME: Final = 80  # of an unknown parameter, in a message
_MOST_SUGGESTIONS: Final = 20  # likenesses are slow to find, and the names come from callers


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of a request: what Heat is to be given, and everything that is wrong with them.

    ``values`` holds the good ones only, and is not shown by ``repr``, since some are secrets.
    """

    values: dict[str, object] = field(repr=False)
    faults: tuple[Fault, ...]


def check_answers(
    parameters: Mapping[str, Parameter],
    answers: Mapping[str, object],
    *,
    hardcoded: Collection[str] = (),
    ignored: Collection[str] = (),
    cluster_name: str | None = None,
) -> Answers:
    """Judge all answers: faults in the order of the form, then those of names that may not be given,
    of which no more are told than a request may have.

    An answer of ``None`` or ``""`` is no answer. ``hardcoded`` parameters may not be answered; ``ignored`` ones, such
    as those of an optional group that is off, are dropped whatever they hold. ``cluster_name`` answers the parameter
    ``clustername`` for a caller who did not.
    """
    given = {name: raw for name, raw in answers.items() if name not in ignored and _is_given(raw)}
    open_ = {name: item for name, item in parameters.items() if name not in ignored and name not in hardcoded}
    named_after_cluster = open_.get(CLUSTER_NAME_PARAMETER)
    if cluster_name and named_after_cluster and named_after_cluster.type is ParameterType.STRING:
        given.setdefault(CLUSTER_NAME_PARAMETER, cluster_name)
    values: dict[str, object] = {}
    faults: list[Fault] = []
    for name, parameter in open_.items():
        if name in given:
            details = _judge(parameter, given[name], values)
        elif parameter.required:
            details = [f"{parameter.title} is required."]
        else:
            details = []
            _fill_in_default(parameter, values)
        faults += (answer_fault(name, detail) for detail in details)
    faults += _find_misplaced(given, open_, hardcoded)
    return Answers(values, tuple(faults))


def answer_fault(parameter_id: str, detail: str) -> Fault:
    """One thing that is wrong with one answer; ``detail`` is for the person who fills the form, and tells no value."""
    return Fault(400, "Invalid parameter", detail, format_pointer(("cluster", "parameters", parameter_id)))


def fill_in(preset: Mapping[str, Any], answers: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answers, with the values of a preset for what is not answered."""
    return {**answers, **{name: value for name, value in preset.items() if not _is_given(answers.get(name))}}


def _is_given(raw: object) -> bool:
    return raw is not None and raw != ""


def _judge(parameter: Parameter, raw: object, values: dict[str, object]) -> list[str]:
    """What is wrong with an answer; one that is good goes into ``values``."""
    try:
        value = parse_value(parameter, raw)
    except InvalidValueError as error:
        return [f"{parameter.title} {error}."]
    broken = find_broken_constraints(parameter, value)
    if not broken:
        values[parameter.id] = value.sent
    return list(dict.fromkeys(describe_constraint(parameter, constraint) for constraint in broken))


def _fill_in_default(parameter: Parameter, values: dict[str, object]) -> None:
    """Send a default that Heat does not know; whether it is a good one is between the author and the checker."""
    if not parameter.sends_default or parameter.default is ABSENT:
        return
    try:
        values[parameter.id] = parse_value(parameter, parameter.default).sent
    except InvalidValueError:
        values[parameter.id] = parameter.default


def _find_misplaced(
    given: Mapping[str, object], open_: Mapping[str, Parameter], hardcoded: Collection[str]
) -> list[Fault]:
    """The answers that belong to no parameter, or to one that is not for the caller to set."""
    faults: list[Fault] = []
    unknown = 0
    for name in given:
        if len(faults) > MAX_FAULTS:
            break
        if name in open_:
            continue
        shown = shorten(name, _LONGEST_NAME)
        if name in hardcoded:
            faults.append(answer_fault(name, f"{shown} is set by the cluster type and may not be given."))
            continue
        unknown += 1
        near = find_near(name, open_) if unknown <= _MOST_SUGGESTIONS else ""
        hint = f" Did you mean {near}?" if near else ""
        faults.append(answer_fault(name, f"There is no parameter {shown}.{hint}"))
    return faults
