"""Which parameters people are asked for: those of the templates, as the definition exposes and overrides them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, Final

from builder.diagnostics.problems import Problem, name_value
from builder.hot.values import ParameterType
from builder.hot_lint.declared_parameters import Layer, lay_over, read_parameter
from builder.hot_lint.findings import MAX_NAMED, TemplateProblem, judge_default
from builder.hot_lint.scope import SELECTED, suggest_selected
from builder.kinds.heat.reading.components import HeatContent, LoadedComponent, tighten_parameters
from builder.parameters.attributes import ABSENT, ParameterSyntaxError
from builder.parameters.declarations import Parameter, find_default_faults, parse_parameter, parse_value
from builder.parameters.values import InvalidValueError
from builder.text.pointers import Tokens
from builder.text.spelling import find_near, suggest_near
from builder.yaml_documents.documents import Document

SELECTION_RULE: Final = "selection-parameter"


def expose_parameters(
    document: Document, definition: Mapping[str, Any], components: Sequence[LoadedComponent]
) -> tuple[HeatContent, Mapping[str, Parameter], list[Problem]]:
    """Settle the parameters of a definition; ``definition`` is what the schema accepts of the document.

    Gives the content with the parameters that people are asked for, in form order; all that the definition lays
    something over, those that nobody is asked for included; and what is wrong with them. The first two are incomplete
    where one of the problems is an error.
    """
    declared, givers, problems = _read_declared(components)
    found: list[TemplateProblem] = []
    exposed: Mapping[str, Any] | None = definition.get("parameters")
    overrides: Mapping[str, Any] = definition.get("parameter_overrides", {})
    hardcoded: Mapping[str, Any] = definition.get("hardcoded_parameters", {})
    found += _find_unknown("unknown-override", "parameter_overrides", overrides, declared)
    found += _find_unknown("unknown-hardcoded-parameter", "hardcoded_parameters", hardcoded, declared)
    told = _find_told_selections(declared, {*(exposed or ()), *hardcoded}, components)
    grouped = {name for group in definition.get("parameter_groups", []) if group for name in group["parameters"]}
    problems += _check_selection_parameters(components, exposed or {}, {*hardcoded, *grouped})
    asked = {name: each for name, each in declared.items() if name not in told} if exposed is None else exposed
    found += _find_unknown("unknown-parameter", "parameters", asked, declared)
    settled: dict[str, Parameter] = {}
    sections = (("parameters", exposed or {}), ("parameter_overrides", overrides))
    layers = {  # what the definition says of each, with the places where it does
        name: [((section, name), entries[name]) for section, entries in sections if name in entries]
        for name in dict.fromkeys((*asked, *overrides))
    }
    for name, over in layers.items():
        parameter = declared.get(name)
        if parameter is None:
            continue  # what is wrong with it, or that there is none, has been said
        settled[name], wrong = lay_over(parameter, over)
        found += wrong
    parameters = {name: settled[name] for name in asked if name in settled and name not in hardcoded}
    for name, parameter in parameters.items():
        if parameter.is_careless:
            laid = [tokens for tokens, entry in layers[name] if not {"default", "hidden"}.isdisjoint(entry)]
            message = f"parameter {name!r} is hidden, and everybody can read its default in the listing"
            hint, place = "leave the default out, or hidden: true if it is no secret", [("parameters", name), *laid][-1]
            careless = TemplateProblem("hidden-default", message, (*place, "default"), hint)
            problems.append(careless.at(document) if laid else givers[name].root.problem(careless))
    problems += _find_unused_declarations(document, components, parameters, layers)
    found += _find_invalid_hardcoded(hardcoded, declared)
    found += _find_refused_presets(definition.get("presets", []), declared, parameters)
    found += _find_unexposed({name: each for name, each in declared.items() if name not in told}, exposed, hardcoded)
    if not parameters and not found and not problems and None not in declared.values():
        message, hint = "the cluster type asks for nothing", "give the template a parameter, such as clustername"
        found.append(TemplateProblem("no-parameters", message, ("parameters",), hint, key=True))
    problems += [each.at(document) for each in found]
    tightened = tuple(tighten_parameters(each.component, settled) for each in components)
    return HeatContent(tightened, parameters, _find_variants(components, parameters, layers), told), settled, problems


def _find_told_selections(
    declared: Mapping[str, Parameter | None], others: Collection[str], components: Sequence[LoadedComponent]
) -> dict[str, str]:
    """The parameters that composition gives, each with the component that it tells of.

    None of the ``others``: they were asked for or hardcoded by definitions from before there were such.
    """
    booleans = {name for name, each in declared.items() if each is not None and each.type is ParameterType.BOOLEAN}
    names = {f"{SELECTED}{each.component.name}": each.component.name for each in components if each.component.name}
    return {name: component for name, component in names.items() if name in booleans and name not in others}


def _check_selection_parameters(
    components: Sequence[LoadedComponent], exposed: Collection[str], meant: Collection[str]
) -> Iterator[Problem]:
    """Yield a problem for each parameter named as those that tell of selections, to which composition gives no value.

    Those that are ``meant`` for something, since a group or a hardcoded value names them, or that have what only a
    question needs, do so only where their names are near to a component's.
    """
    tell = partial(TemplateProblem, SELECTION_RULE)
    names = {each.component.name: each.component.optional for each in components if each.component.name}
    for each in components if names else ():
        for name, attributes in (each.root.template.get("parameters") or {}).items():
            tokens: Tokens = ("parameters", name)
            if tokens in each.root.broken or not isinstance(name, str) or not name.startswith(SELECTED):
                continue
            component, is_boolean = name.removeprefix(SELECTED), attributes.get("type") == ParameterType.BOOLEAN
            if component in names and not is_boolean:
                message = f"{name!r} is not told whether {component!r} is selected: it is no boolean"
                yield each.root.problem(tell(message, (*tokens, "type"), "write type: boolean, or rename it"))
            elif component in names and name in exposed:
                message = f"{name!r} is not told whether {component!r} is selected: people are asked for it"
                hint = "remove it from the parameters of the definition, or rename it"
                yield each.root.problem(tell(message, tokens, hint, key=True))
            elif component and component not in names:
                is_question = not is_boolean or {"label", "default"} & attributes.keys()
                if not (is_question or name in {*exposed, *meant}) or find_near(component, names):
                    message = f"there is no component {component!r} whose selection {name!r} could tell"
                    hint, about = suggest_selected(name, names), (f"parameter {name}",)
                    yield each.root.problem(tell(message, tokens, hint, key=True, about=about))


_SHOWN: Final = ("label", "description", "default", "hidden", "constraints")
"""The attributes of a parameter that its field in the form shows or enforces."""

_JUDGED: Final = ("default", "constraints")
"""The attributes in which a difference between two declarations of a parameter is more than another wording."""


def _find_unused_declarations(
    document: Document,
    components: Sequence[LoadedComponent],
    shown: Collection[str],
    layers: Mapping[str, Sequence[Layer]],
) -> Iterator[Problem]:
    """Yield a warning for each component whose declaration of a parameter is not shown, since another came first.

    A default or constraints that differ from the first are told where they stand: an author who changes them would look
    in vain for a change. What the definition says of a parameter itself is shown in any case.
    """
    first: dict[str, tuple[LoadedComponent, Mapping[str, Any]]] = {}
    for number, each in enumerate(components):
        own: Mapping[str, Any] = each.root.template.get("parameters") or {}
        lost: dict[str, list[str]] = {}
        is_bare = True
        for name in (name for name in own if name in shown):
            giver, before = first.setdefault(name, (each, own[name]))
            laid = {key for _, entry in layers[name] for key in entry}
            lacking = [key for key in _SHOWN if key in own[name] and key not in {*before, *laid}]
            if before.get("type") != own[name].get("type"):
                continue  # which is told
            differing = [] if giver.component.optional else _find_differing(name, before, own[name])
            other = [key for key in differing if key not in laid]
            if lacking:
                lost[name] = [*lacking, *other]
                is_bare = is_bare and not other and {*before} <= {*own[name]}
            elif other:
                this, source = ("this one" if other == ["default"] else "these"), giver.component.name
                message = f"the form shows {name!r} with the {' and '.join(other)} of {source!r}, not with {this}"
                hint = f"leave {this} out, or say it in {source!r} or in parameter_overrides"
                place = ("parameters", name, other[0])
                yield each.root.problem(TemplateProblem("unused-declaration", message, place, hint, key=True))
        if lost:
            own_name = repr(each.component.name)
            givers = " and ".join(dict.fromkeys(repr(first[name][0].component.name) for name in lost))
            keys = ", ".join(key for key in _SHOWN if any(key in unused for unused in lost.values()))
            names, them = ", ".join(map(repr, [*lost][:MAX_NAMED])), "them" if len(lost) > 1 else "it"
            message = f"the form shows {names} as {givers} declares {them}, and not with the {keys} of {own_name}"
            hint = f"list {own_name} before {givers}" if is_bare else f"say it in {givers}, or in parameter_overrides"
            yield document.problem("unused-declaration", message, ("components", number, "name"), hint=hint)


def _find_differing(name: str, before: Mapping[str, Any], later: Mapping[str, Any]) -> list[str]:
    """In what two declarations of a parameter differ by more than how it is written, and what it is said to be for."""
    given = {key: {**before, **{key: later[key]}} for key in _JUDGED if key in before and key in later}
    different = [key for key, attributes in given.items() if before[key] != attributes[key]]
    try:
        return [key for key in different if _judge(name, before) != _judge(name, given[key])]
    except (ParameterSyntaxError, InvalidValueError):  # which are told
        return different


def _judge(name: str, attributes: Mapping[str, Any]) -> tuple[object, list[dict[str, Any]]]:
    parameter = parse_parameter(name, attributes)
    default = ABSENT if parameter.required else parse_value(parameter, parameter.default)
    return default, [{**each.render(), "description": ""} for each in parameter.constraints]


def _find_variants(
    components: Sequence[LoadedComponent], shown: Mapping[str, Parameter], layers: Mapping[str, Sequence[Layer]]
) -> dict[str, dict[str, Parameter]]:
    """The parameters that a component declares otherwise than those that are shown, if Heat may be given its own."""
    variants: dict[str, dict[str, Parameter]] = {}
    first: dict[str, Any] = {}
    settled: set[str] = set()  # what a required component declares, no later one does
    for each in components:
        declared: Mapping[str, Any] = each.root.template.get("parameters") or {}
        for name in declared.keys() & shown.keys() - settled:
            if first.setdefault(name, declared[name]) != declared[name]:
                own = variants.setdefault(each.component.name, {})
                with suppress(ParameterSyntaxError):  # Heat is to say what is wrong with it
                    variant, _ = lay_over(parse_parameter(name, declared[name]), layers[name])
                    label, hidden = shown[name].label, variant.hidden or shown[name].hidden
                    own[name] = replace(variant, label=label, hidden=hidden)
        if not each.component.optional:
            settled |= declared.keys()
    return variants


def _read_declared(
    components: Sequence[LoadedComponent],
) -> tuple[dict[str, Parameter | None], dict[str, LoadedComponent], list[Problem]]:
    """The parameters of all components, with the first that declares one, which wins; None for one that is faulty."""
    declared: dict[str, Parameter | None] = {}
    givers: dict[str, LoadedComponent] = {}
    problems: list[Problem] = []
    for each in components:
        for name, attributes in (each.root.template.get("parameters") or {}).items():
            if ("parameters", name) in each.root.broken:
                declared.setdefault(name, None)
                continue
            if name in givers:
                first, here = givers[name].root.template["parameters"][name].get("type"), attributes.get("type")
                if here != first:
                    message = f"parameter {name!r} is a {here} here, but a {first} in {givers[name].component.name!r}"
                    hint, place = "the first component's is shown", ("parameters", name, "type")
                    problems.append(each.root.problem(TemplateProblem("parameter-types-differ", message, place, hint)))
                continue
            givers[name] = each
            declared[name], found = read_parameter(name, attributes)
            problems += map(each.root.problem, found)
    return declared, givers, problems


def _find_unknown(
    rule: str, section: str, names: Mapping[str, Any], declared: Mapping[str, Parameter | None]
) -> Iterator[TemplateProblem]:
    """Yield a problem for each name that no template declares: earlier releases took those that nobody is asked for."""
    for name in names:
        if name not in declared:
            near = find_near(name, declared)
            message, hint = f"the template has no parameter {name!r}", suggest_near(near) or "it is not used"
            about: tuple[str, ...] = (f"parameter {near or name}",)  # what is missing is the one that was meant
            if section == "parameters":
                hint = suggest_near(near) or "expose a parameter of the template"
                about = tuple(f"parameter {each}" for each in (name, near) if each)
            yield TemplateProblem(rule, message, (section, name), hint, key=True, about=about)


def _find_invalid_hardcoded(
    hardcoded: Mapping[str, Any], declared: Mapping[str, Parameter | None]
) -> Iterator[TemplateProblem]:
    for name, value in hardcoded.items():
        parameter = declared.get(name)
        if parameter is None or value is None:
            continue
        given, place = replace(parameter, default=value), ("hardcoded_parameters", name)
        yield from judge_default("invalid-hardcoded-value", given, place, f"the value of {name!r}")


def _find_refused_presets(
    presets: Sequence[Mapping[str, Any]], declared: Mapping[str, Parameter | None], shown: Mapping[str, Parameter]
) -> Iterator[TemplateProblem]:
    """Yield an error for each value of a preset that the definition's constraints allow, and the template's do not."""
    for number, preset in enumerate(presets):
        for name, value in preset.get("parameters", {}).items():
            parameter = declared.get(name)
            if parameter is None or name not in shown or shown[name].constraints == parameter.constraints:
                continue
            if not find_default_faults(replace(shown[name], default=value)):
                about, place = name_value(name, value), ("presets", number, "parameters", name)
                for fault in find_default_faults(replace(parameter, default=value), subject=f"the value of {name!r}"):
                    yield TemplateProblem("invalid-preset-value", fault, place, about=about)


def _find_unexposed(
    declared: Mapping[str, Parameter | None], exposed: Mapping[str, Any] | None, hardcoded: Mapping[str, Any]
) -> Iterator[TemplateProblem]:
    """Yield an error for each parameter without a default that is not asked for, or hardcoded as null."""
    for name, parameter in declared.items():
        if parameter is None or not parameter.required or hardcoded.get(name) is not None:
            continue
        message = f"the template needs the parameter {name!r}, which nobody is asked for"
        if name in hardcoded:
            hint = "hardcode a value, or remove it from hardcoded_parameters"
            yield TemplateProblem("unexposed-parameter", message, ("hardcoded_parameters", name), hint)
        elif exposed is not None and name not in exposed:
            near = find_near(name, [each for each in hardcoded if each not in declared])
            hint = f"write it for {near!r}" if near else "expose it, hardcode it, or give it a default in the template"
            place = ("hardcoded_parameters", near) if near else ("parameters",)
            about = (f"parameter {name}",)
            yield TemplateProblem("unexposed-parameter", message, place, hint, key=True, about=about)
