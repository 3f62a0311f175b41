"""The sections of the form, and the optional components that they select."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from builder.definitions.model import OptionalGroup, ParameterGroup
from builder.hot_lint.findings import MAX_NAMED, TemplateProblem
from builder.parameters.declarations import Parameter
from builder.text.pointers import Tokens
from builder.text.spelling import suggest

GROUPS: Final = "parameter_groups"
"""The key of a definition under which its groups stand."""


def build_groups(
    entries: Sequence[Mapping[str, Any]], parameters: Collection[str], hardcoded: Collection[str]
) -> tuple[ParameterGroup, ...]:
    """The groups of a definition, with only the parameters that are asked for.

    A group none of whose parameters is asked for is left out, unless it selects an optional component.
    """
    groups = []
    for entry in entries:
        names = tuple(name for name in entry["parameters"] if name in parameters and name not in hardcoded)
        selects = entry.get("optional")
        optional = OptionalGroup(selects["name"], selects.get("label"), selects.get("default")) if selects else None
        if names or optional is not None or not entry["parameters"]:
            groups.append(ParameterGroup(entry["label"], entry.get("description") or "", names, optional))
    return tuple(groups)


def find_group_problems(
    entries: Sequence[Mapping[str, Any] | None],
    parameters: Mapping[str, Parameter],
    hardcoded: Collection[str],
    optional_components: Mapping[str, Tokens],
) -> Iterator[TemplateProblem]:
    """What is wrong with the groups; one that breaks the schema is None.

    ``optional_components`` are those of the definition, with their places.
    """
    seen: set[str] = set()
    groups = {number: entry for number, entry in enumerate(entries) if entry is not None}
    grouped = {name for entry in groups.values() for name in entry["parameters"]}
    lone = [each for each in parameters if each not in grouped and each not in hardcoded]
    unshown = _list_unshown_groups(groups, parameters, hardcoded)
    for number, entry in groups.items():
        place: Tokens = ("parameter_groups", number, "parameters")
        if number in unshown:
            message = (
                f"nobody can choose {unshown[number]!r}: its group shows no field, and the App leaves out such a group"
            )
            yield TemplateProblem(
                "unshown-group", message, place, "name a parameter that is neither hidden nor hardcoded"
            )
        for position, name in enumerate(entry["parameters"]):
            tokens = (*place, position)
            if name in seen:
                message = f"parameter {name!r} is in a group already"
                yield TemplateProblem("parameter-in-two-groups", message, tokens, "keep one of them")
            elif name not in parameters and name not in hardcoded:
                is_lone = len(lone) == 1 and lone[0] != "clustername"
                other = f"did you mean {lone[0]!r}, which is in no group?" if is_lone else "it is left out of the form"
                hint = suggest(name, parameters) or other
                if 1 < len(words := name.split()) <= MAX_NAMED and all(word in parameters for word in words):
                    hint = f"a comma is missing: write {', '.join(words)}"
                message, about = f"no parameter {name!r} is asked for", (f"parameter {name}",)
                yield TemplateProblem("unknown-group-parameter", message, tokens, hint, about=about)
            if name in hardcoded and number not in unshown:
                message = f"parameter {name!r} is hardcoded, so that the group shows no field"
                yield TemplateProblem("hardcoded-group-parameter", message, tokens, "keep one of them")
            seen.add(name)
    yield from _find_optional_problems(groups, optional_components)


def _list_unshown_groups(
    groups: Mapping[int, Mapping[str, Any]], parameters: Mapping[str, Parameter], hardcoded: Collection[str]
) -> Mapping[int, str]:
    """The groups that the App does not show, by their numbers, each with the component that nobody can select so."""
    shown: set[str] = set()
    unshown: dict[int, str] = {}
    for number, entry in groups.items():
        optional, names = entry.get("optional"), entry["parameters"]
        if optional is None:
            continue
        fields = [parameters[name] for name in names if name in parameters and name not in hardcoded]
        if not all(field.hidden for field in fields):
            shown.add(optional["name"])
        elif all(name in parameters or name in hardcoded for name in names):  # else another problem tells of it
            unshown[number] = optional["name"]
    return {number: name for number, name in unshown.items() if name not in shown}


def _find_optional_problems(
    groups: Mapping[int, Mapping[str, Any]], optional_components: Mapping[str, Tokens]
) -> Iterator[TemplateProblem]:
    selected = set()
    for number, entry in groups.items():
        optional = entry.get("optional")
        if optional is None:
            continue
        selected.add(optional["name"])
        if optional["name"] not in optional_components:
            place: Tokens = ("parameter_groups", number, "optional", "name")
            others = ", ".join(map(repr, islice(optional_components, MAX_NAMED)))
            hint = f"name one that is: {others}" if others else "name a component that has optional: true"
            hint = suggest(optional["name"], optional_components) or hint
            message = f"no optional component is named {optional['name']!r}"
            about = (f"component {optional['name']}",)
            yield TemplateProblem("unknown-optional-component", message, place, hint, about=about)
    if not selected <= optional_components.keys():
        return  # a name that was meant for one of them has been told of
    for name, tokens in optional_components.items():
        if name not in selected:
            message = f"no group has optional.name {name!r}, so that nobody can select the component"
            hint, about = "add a group, or remove optional: true", (f"component {name}",)
            yield TemplateProblem("unselectable-component", message, tokens, hint, about=about)
