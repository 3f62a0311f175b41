"""The parameters that a template declares, and attributes laid over them: every fault, each at its own place.

:mod:`builder.parameters.declarations` stops at the first fault of a parameter. For the author who wants them all, this
module has it read each attribute and each constraint by itself, but only where there is a fault at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from builder.hot.custom_constraints import KNOWN, PICKERS
from builder.hot.language import first_version_with
from builder.hot.values import ParameterType, parse_boolean
from builder.hot_lint.findings import TemplateProblem, judge_default
from builder.hot_lint.shape import is_misplaced_section
from builder.parameters.attributes import (
    ParameterSyntaxError,
    is_part_of_range,
    read_ends,
    suggest_attribute,
    suggest_range,
    suggest_type,
)
from builder.parameters.constraint_parsing import find_kinds, is_structured
from builder.parameters.declarations import Parameter, find_default_faults, override_parameter, parse_parameter
from builder.parameters.declared_constraints import AllowedValues, Length, Range
from builder.pattern_matching.slow_patterns import find_slow_text
from builder.text.excerpts import shorten
from builder.text.pointers import CONTAINERS, Tokens
from builder.text.spelling import find_near, suggest

_CONSTRAINT_KINDS: Final = (
    "description", "length", "range", "modulo", "allowed_values", "allowed_pattern", "custom_constraint",
)  # fmt: skip

_MOST_TRIED: Final = 100
"""How many allowed values are held against the template's constraints: more than people look through."""

_MAX_SHOWN: Final = 120
"""In characters: as much of the values as fits in a line with the message about them."""

Layer = tuple[Tokens, Mapping[str, Any]]
"""Attributes by which a definition overrides those of a parameter, and where they stand."""

_Read = Callable[[Mapping[str, Any]], object]
"""Reads some attributes of a parameter, of a template or laid over it; raises ParameterSyntaxError."""


def find_parameter_problems(template: Mapping[str, Any]) -> Iterator[TemplateProblem]:
    """Yield every fault in the parameters of a template that is not composed with others."""
    for name, attributes in (template.get("parameters") or {}).items():
        _, problems = read_parameter(name, attributes)
        yield from problems


def read_parameter(name: str, attributes: Mapping[str, Any]) -> tuple[Parameter | None, list[TemplateProblem]]:
    """Read a parameter of a template: the parameter, None if its declaration is unusable, and its problems."""
    tokens: Tokens = ("parameters", name)
    try:
        parameter = parse_parameter(name, attributes)
    except ParameterSyntaxError:
        return None, _explain_declaration(name, attributes, tokens)
    place = (*tokens, "default")
    problems = judge_default("invalid-default", parameter, place, in_template=True)
    problems += _find_structured_default(parameter, place)
    problems += _find_odd_constraints(parameter, attributes, tokens)
    problems += _find_odd_attributes(attributes, tokens)
    return parameter, problems


def lay_over(parameter: Parameter, layers: Sequence[Layer]) -> tuple[Parameter, list[TemplateProblem]]:
    """The parameter with attributes of the definition laid over it, and what is wrong with them."""
    problems: list[TemplateProblem] = []
    place: Tokens = ()
    in_template = parameter
    for tokens, entry in layers:
        attributes = {key: value for key, value in entry.items() if not key.startswith("x-")}
        if attributes.get("type", parameter.type) != parameter.type:
            message = f"{parameter.id!r} is a {attributes['type']} here, but a {parameter.type} in the template"
            hint = f"write type: {parameter.type}"
            problems.append(TemplateProblem("parameter-type", message, (*tokens, "type"), hint))
        attributes.pop("type", None)
        if not attributes:  # it is named to be shown, and no more
            continue
        try:
            parameter = override_parameter(parameter, attributes)
        except ParameterSyntaxError:
            problems += _explain(attributes, parameter.type, tokens, partial(override_parameter, parameter))
            continue
        problems += _find_odd_constraints(parameter, attributes, tokens)
        if "default" in attributes:
            problems += _find_structured_default(parameter, (*tokens, "default"))
        for key in ("constraints", "default"):
            if key in attributes:
                place = (*tokens, key)
    if place:
        found = judge_default("invalid-default", parameter, place)
        is_other = parameter.constraints != in_template.constraints  # and Heat applies those of the template as well
        if not found and is_other:
            found = judge_default("invalid-default", replace(in_template, default=parameter.default), place)
        problems += found
        if not found and is_other:
            constrained = next(tokens for tokens, entry in reversed(layers) if "constraints" in entry)
            problems += _find_wider(in_template, parameter, (*constrained, "constraints"))
    return parameter, problems


def _find_wider(in_template: Parameter, parameter: Parameter, tokens: Tokens) -> Iterator[TemplateProblem]:
    """Yield a problem for each constraint of a definition that allows what the template's constraints do not."""
    has_list = any(isinstance(each, AllowedValues) for each in parameter.constraints)
    hint = "narrow it, or widen the constraint in the template"
    for number, constraint in enumerate(parameter.constraints):
        kind = constraint.kind
        if isinstance(constraint, AllowedValues):
            in_list = parameter.type is ParameterType.COMMA_DELIMITED_LIST
            faults: dict[str, str] = {}
            for each in constraint.allowed[:_MOST_TRIED]:
                value = [each] if in_list else each
                found = find_default_faults(replace(in_template, default=value), subject="a value in the template")
                if found and not find_default_faults(replace(parameter, default=value)):
                    faults[each if isinstance(each, str) else json.dumps(each)] = found[0]
            if faults:
                refused = "some values" if parameter.hidden else shorten(", ".join(faults), _MAX_SHOWN)
                message = f"the form offers {refused}, and Heat refuses that: {next(iter(faults.values()))}"
                yield TemplateProblem("wider-constraint", message, (*tokens, number, kind), hint)
        elif isinstance(constraint, Range | Length) and not has_list:
            for other in in_template.constraints:
                is_wider = isinstance(other, type(constraint)) and _is_wider(constraint, other)
                if is_wider or isinstance(other, AllowedValues):
                    rule = other.explain(parameter.type)
                    message = f"the form takes what Heat refuses: a value in the template {rule}"
                    yield TemplateProblem("wider-constraint", message, (*tokens, number, kind), hint)
                    break


def _is_wider(one: Range | Length, other: Range | Length) -> bool:
    """Whether ``one`` pair of bounds allows values that the ``other`` does not."""
    is_below = other.minimum is not None and (one.minimum is None or one.minimum < other.minimum)
    return is_below or (other.maximum is not None and (one.maximum is None or one.maximum > other.maximum))


def _find_structured_default(parameter: Parameter, place: Tokens) -> list[TemplateProblem]:
    """The problem of a list or a mapping as the default of a string, which Heat turns into a text that nobody means."""
    if parameter.type is not ParameterType.STRING or not isinstance(parameter.default, list | dict):
        return []
    kind, other = ("list", "comma_delimited_list") if isinstance(parameter.default, list) else ("mapping", "json")
    message = f"the default of a string is a {kind}, of which Heat makes a text as Python writes it"
    hint = f"write a text, or type: {other}"
    function = next(iter(parameter.default), None)
    if len(parameter.default) == 1 and isinstance(function, str) and first_version_with(function):
        hint = f"write a text: Heat calls no {function} in the section parameters"
    return [TemplateProblem("structured-default", message, place, hint)]


def _explain_declaration(name: str, attributes: Mapping[str, Any], tokens: Tokens) -> list[TemplateProblem]:
    """Every fault in the syntax of a parameter of a template."""
    type_ = attributes.get("type")
    try:
        parse_parameter(name, {"type": type_})
    except ParameterSyntaxError as error:
        is_near = "type" not in attributes and find_near("type", [*attributes], cutoff=0.7)
        if is_near or is_misplaced_section(name, attributes):
            return []  # told as an unknown key, or as a section
        hint = "write type: string, or another" if type_ is None else suggest_type(str(type_))
        return [TemplateProblem("parameter-syntax", str(error), (*tokens, *error.tokens), hint)]
    return list(_explain(attributes, type_, tokens, lambda given: parse_parameter(name, {"type": type_, **given})))


def _explain(attributes: Mapping[str, Any], type_: object, tokens: Tokens, read: _Read) -> Iterator[TemplateProblem]:
    for key, value in attributes.items():
        if key == "constraints" and isinstance(value, list):
            parts = [number for number, each in enumerate(value) if is_part_of_range(each)]
            ends = read_ends([each for each in map(value.__getitem__, parts) if isinstance(each, dict)])
            for number, constraint in enumerate(value):
                if not ends or number not in parts:
                    limited = constraint if isinstance(constraint, dict) else {}
                    hint = suggest_range(type_, read_ends(limited.get("range") or limited.get("length")))
                elif number == parts[0]:
                    hint = suggest_range(type_, ends)
                else:
                    continue  # of which the first one tells
                place = (*tokens, "constraints", number)
                yield from _explain_one({"constraints": [constraint]}, type_, place, read, 2, constraint, hint)
        elif key != "type":
            yield from _explain_one({key: value}, type_, tokens, read)


def _explain_one(
    attributes: Mapping[str, Any],
    type_: object,
    tokens: Tokens,
    read: _Read,
    cut: int = 0,
    written: Any = None,
    hint: str = "",
) -> Iterator[TemplateProblem]:
    """The fault of one attribute, if it has one; ``cut`` is how much of the error's own place ``tokens`` stand for.

    ``written`` is the constraint that it may be, and ``hint`` how that is meant, if it limits something.
    """
    try:
        read(attributes)
    except ParameterSyntaxError as error:
        below = error.tokens[cut:]
        is_pattern = type_ == ParameterType.STRING and below[-1:] == ("allowed_pattern",)
        rule = "allowed-pattern" if is_pattern else "parameter-syntax"
        unknown = [key for key in written if key not in _CONSTRAINT_KINDS] if isinstance(written, dict) else []
        foreign = suggest_attribute(unknown[0], written, of="constraint") if unknown else ""
        hint = "" if below[-1:] in (("min",), ("max",)) else hint
        hint = foreign or hint or (suggest(unknown[0], _CONSTRAINT_KINDS) if unknown else "")
        if "constraints" in attributes and isinstance(constraints := attributes["constraints"], dict):
            hint = "begin each with '- ', which makes it an item of a list"
            if meant := suggest_range(type_, read_ends(constraints)):
                hint = f"write constraints: [{{{meant.removeprefix('write ')}}}]"
        if unknown and {"default", "label", "hidden", "immutable", "tags"}.issuperset(unknown):
            hint = f"write {' and '.join(unknown)} beside constraints, not in them"
        yield TemplateProblem(rule, str(error), (*tokens, *below), hint)


def _find_odd_constraints(
    parameter: Parameter, attributes: Mapping[str, Any], tokens: Tokens
) -> Iterator[TemplateProblem]:
    """Yield problems of constraints that can be read: of values that nobody can choose, of kinds that Heat ignores.

    And of custom constraints that only a plug-in could add to Heat, and of patterns that take too long.
    """
    for number, constraint in enumerate(attributes.get("constraints") or ()):
        kind, *ignored = find_kinds(constraint)
        at, value = (*tokens, "constraints", number), constraint[kind]
        place = (*at, kind)
        for other in ignored:
            message, hint = f"Heat ignores {other} beside {kind}", "write each as an item of its own"
            yield TemplateProblem("ignored-constraint", message, (*at, other), hint, key=True)
        for item, each in enumerate(value) if kind == "allowed_values" else ():
            if is_structured(each):
                what = "null" if each is None else f"a {'list' if isinstance(each, list) else 'mapping'}"
                message, hint = f"an allowed value is {what}, which nobody can choose", "write a text, or remove it"
                yield TemplateProblem("structured-default", message, (*place, item), hint)
        if kind == "custom_constraint" and value not in KNOWN:
            message = f"Heat has no custom constraint {value!r} of its own"
            yield TemplateProblem("unknown-custom-constraint", message, place, _suggest_picker(value))
        elif kind == "custom_constraint" and value in PICKERS and parameter.type is ParameterType.COMMA_DELIMITED_LIST:
            thing, hint = value.split(".")[1], "write type: string, or remove the constraint"
            message = f"Heat refuses every list here: it looks for one {thing} whose name is the whole list"
            yield TemplateProblem("list-picker", message, place, hint)
        elif kind == "allowed_pattern" and (slow := find_slow_text(value)) is not None:
            parts = [repr(slow.beginning), f"{slow.repeated!r} {slow.times} times", repr(slow.end)]
            example = ", then ".join(part for part in parts if part != "''")
            message = f"a value that breaks this pattern may keep Heat busy for ever: {example}"
            hint = "repeat one thing only, as in ^[a-z]+$ for ^([a-z]+)+$"
            yield TemplateProblem("slow-pattern", message, place, hint)


def _find_odd_attributes(attributes: Mapping[str, Any], tokens: Tokens) -> Iterator[TemplateProblem]:
    """Yield a problem for each text that is none, and each flag that Heat reads otherwise: it accepts anything."""
    texts = [(attributes, key, tokens) for key in ("label", "description") if key in attributes]
    for number, constraint in enumerate(attributes.get("constraints") or ()):
        if "description" in constraint:
            texts.append((constraint, "description", (*tokens, "constraints", number)))
    for mapping, key, place in texts:
        if isinstance(mapping[key], CONTAINERS):
            kind = "list" if isinstance(mapping[key], list) else "mapping"
            message = f"the {key} is a {kind}, and is not shown"
            yield TemplateProblem("structured-text", message, (*place, key), "write a text")
    for key in ("hidden", "immutable"):
        value = attributes.get(key)
        if value is not None and parse_boolean(value) is not bool(value):
            message = f"Heat takes this for {str(bool(value)).lower()}, whatever it says"
            yield TemplateProblem("unclear-flag", message, (*tokens, key), "write true or false, without quotes")


def _suggest_picker(name: str) -> str:
    """A hint at the custom constraint that a name is meant for: of one thing to pick, or a near one."""
    thing = name.rpartition(".")[2].replace("_", "").replace("flavour", "flavor").removesuffix("s")
    picker = next((each for each in PICKERS if thing in (each.partition(".")[2], each.replace(".", ""))), "")
    return suggest(picker or name, KNOWN)
