"""A definition of this kind: the cluster template that it names, and the attributes of clusters that it asks for.

Pure, as :mod:`builder.definitions` is. Whether the cluster template is there, the cloud alone knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from builder.definitions.kind_reading import KindPart
from builder.definitions.model import ClusterTypeId
from builder.diagnostics.rules import Severity, find_severity
from builder.hot.values import ParameterType
from builder.hot_lint.declared_parameters import lay_over
from builder.hot_lint.findings import TemplateProblem
from builder.hot_lint.sources import Files
from builder.kinds.magnum.cluster_attributes import LABEL_PREFIX, NAMES, read_attribute, types_of
from builder.parameters.attributes import ABSENT
from builder.parameters.declarations import Parameter, find_broken_constraints
from builder.parameters.declared_constraints import CustomConstraint, ParsedValue
from builder.pattern_matching.matching import MatchingUnavailableError
from builder.text.pointers import Tokens
from builder.text.spelling import suggest
from builder.yaml_documents.documents import Document

_KEYPAIR_PICKER: Final = "nova.keypair"

_EVEN_COUNTS: Final = range(0, 11, 2)
"""The even numbers of masters that are tried: nobody has more than ten, for each makes the others slower."""


@dataclass(frozen=True, slots=True)
class MagnumContent:
    """``cluster_template`` is the name or the UUID of the one that clusters of the type are made from."""

    cluster_template: str


def read_definition(
    _cluster_type_id: ClusterTypeId, document: Document, definition: Mapping[str, Any], _files: Files
) -> KindPart:
    """Read the parameters of a definition: see ``KindReader.read``. It consists of no file but its own."""
    declared: Mapping[str, Mapping[str, Any]] = definition.get("parameters", {})
    hardcoded: Mapping[str, Any] = definition.get("hardcoded_parameters", {})
    parameters: dict[str, Parameter] = {}
    found: list[TemplateProblem] = []
    for name, attributes in declared.items():
        parameter, problems = _read_parameter(name, attributes)
        found += problems
        if parameter is not None and name not in hardcoded:
            parameters[name] = parameter
    for name, value in hardcoded.items():
        found += _find_hardcoded_problems(name, value)
    found += _find_doubtful(parameters)
    if not parameters and ("parameters" in definition or "parameters" not in document.value):
        hint = "ask for something, such as node_count"
        if all(find_severity(problem.rule) is Severity.WARNING for problem in found):
            message = "the cluster type asks for nothing"
            found.append(TemplateProblem("no-parameters", message, ("parameters",), hint, key=True))
    return KindPart(
        tuple(each.at(document) for each in found),
        parameters,
        content=MagnumContent(definition.get("magnum_cluster_template", "")),
    )


def _read_parameter(name: str, attributes: Mapping[str, Any]) -> tuple[Parameter | None, list[TemplateProblem]]:
    """A parameter, unless Magnum has no such attribute, or another type of it; and what is wrong with it."""
    tokens: Tokens = ("parameters", name)
    types = types_of(name)
    if not types:
        return None, [_unknown_attribute(name, tokens)]
    if attributes["type"] not in types:
        wanted = " or ".join(types)
        message = f"{name!r} is a {attributes['type']} here, but a {wanted} in Magnum"
        return None, [TemplateProblem("parameter-type", message, (*tokens, "type"), f"write type: {types[0]}")]
    parameter, problems = lay_over(Parameter(name, ParameterType(attributes["type"])), [(tokens, attributes)])
    if not problems and parameter.default is not ABSENT:
        problems += _find_value_problem("invalid-default", "the default", parameter, (*tokens, "default"))
    return parameter, problems


def _find_hardcoded_problems(name: str, value: object) -> Iterator[TemplateProblem]:
    tokens: Tokens = ("hardcoded_parameters", name)
    types = types_of(name)
    if not types:
        yield _unknown_attribute(name, tokens)
    elif value is not None:
        parameter = Parameter(name, types[0], default=value)
        yield from _find_value_problem("invalid-hardcoded-value", f"the value of {name!r}", parameter, tokens)


def _unknown_attribute(name: str, tokens: Tokens) -> TemplateProblem:
    hint = suggest(name, NAMES) or f"there are {', '.join(NAMES)}, and {LABEL_PREFIX}NAME for each label"
    return TemplateProblem("unknown-magnum-attribute", f"Magnum's clusters have no {name!r}", tokens, hint, key=True)


def _find_value_problem(rule: str, subject: str, parameter: Parameter, tokens: Tokens) -> Iterator[TemplateProblem]:
    """What Magnum would not take for a value that the definition gives, although the parameter's type allows it."""
    try:
        value = read_attribute(parameter.id, parameter.type, parameter.default)
    except ValueError as error:
        yield TemplateProblem(rule, f"{subject} {error}", tokens)
        return
    if parameter.id == "master_count" and value % 2 == 0:  # nor of none: they could not agree
        yield TemplateProblem(rule, f"{subject} must be odd: Magnum makes no cluster of {value} masters", tokens)


def _find_doubtful(parameters: Mapping[str, Parameter]) -> Iterator[TemplateProblem]:
    """Yield a warning for each answer that Magnum would refuse, and for a key pair that people have to type."""
    masters = parameters.get("master_count")
    if masters is not None and any(_allows(masters, count) for count in _EVEN_COUNTS):
        message = "an even number of masters is allowed, or 0, and Magnum makes no such cluster"
        hint = "add constraints: [{allowed_values: [1, 3, 5]}]"
        yield TemplateProblem("even-master-count", message, ("parameters", "master_count"), hint, key=True)
    keypair = parameters.get("keypair")
    if keypair is not None and not any(
        isinstance(each, CustomConstraint) and each.name == _KEYPAIR_PICKER for each in keypair.constraints
    ):
        message = "the form has no list to pick the key pair from"
        hint = f"add constraints: [{{custom_constraint: {_KEYPAIR_PICKER}}}]"
        yield TemplateProblem("keypair-picker", message, ("parameters", "keypair"), hint, key=True)


def _allows(parameter: Parameter, count: int) -> bool:
    try:
        return not find_broken_constraints(parameter, ParsedValue(count, count))
    except MatchingUnavailableError:  # a host that is short of processes gives no reason for a warning
        return False
