"""A cluster type's form as the Visualisation App draws it: its sections in order, and what each field is and takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from builder.definitions.model import ClusterType
from builder.parameters.declarations import Parameter

PICKERS: Final = {
    "nova.flavor": "flavors",
    "glance.image": "images",
    "neutron.network": "networks",
    "nova.keypair": "key pairs",
}
"""What the App offers the project's own of, by the custom constraint that asks for it."""

_CONTROLS: Final = {"boolean": "checkbox", "json": "textarea"}
"""What a question is answered by, by its type; any other by a line, which is concealed for a hidden parameter."""


@dataclass(frozen=True, slots=True)
class Field:
    """One question of the form; ``control`` is what it is answered by, ``rules`` what an answer is held to.

    Rules are told in the words of a build that breaks them, and by nothing in HTML: a browser would cut what is typed.
    """

    id: str
    label: str
    description: str
    control: str
    value: str
    checked: bool
    options: tuple[str, ...]
    picker: str
    rules: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Fields under one heading; ``component`` is the optional component that a switch selects, if it has one."""

    label: str
    description: str
    component: str
    switch: str
    is_shown: bool
    fields: tuple[Field, ...]


def build_sections(cluster_type: ClusterType) -> list[Section]:
    """The sections of the form.

    A group that shows no field is passed over by the App, and its switch with it. Without groups there is one section.
    """
    parameters = cluster_type.parameters
    sections = []
    for group in cluster_type.parameter_groups:
        fields = tuple(build_field(parameters[name]) for name in group.parameters)
        name = group.optional.name if group.optional is not None else ""
        switch = group.optional.label if group.optional is not None else None
        is_shown = any(not parameters[each].hidden for each in group.parameters)
        label = name if switch is None else switch
        sections.append(Section(group.label, group.description, name, label, is_shown, fields))
    grouped = {name for group in cluster_type.parameter_groups for name in group.parameters}
    if rest := tuple(build_field(each) for name, each in parameters.items() if name not in grouped):
        sections.append(Section("In no group" if sections else "", "", "", "", True, rest))
    return sections


def build_field(parameter: Parameter) -> Field:
    """A field, of a parameter as the App is sent it."""
    given = parameter.render()
    default = given.get("default")
    kinds: dict[str, Any] = {each.kind: each.define() for each in parameter.constraints}
    options = tuple(map(str, kinds.get("allowed_values", ())))
    line = "password" if parameter.hidden else "number" if given["type"] == "number" else "text"
    control = "select" if options else _CONTROLS.get(given["type"], line)
    told = [(each.explain(parameter.type), each.description) for each in parameter.constraints]
    notes = {
        given["type"].replace("_", " "): True,
        "required": default is None,
        "hidden": parameter.hidden,
        "cannot be changed later": parameter.immutable,
    }
    return Field(
        id=parameter.id,
        label=parameter.title,
        description=parameter.description or "",
        control=control,
        value="" if default is None or control == "checkbox" else str(default),
        checked=default is True,
        options=options,
        picker=PICKERS.get(str(kinds.get("custom_constraint", "")), ""),
        rules=tuple(f"{description} ({rule})" if description else rule for rule, description in told),
        notes=tuple(note for note, applies in notes.items() if applies),
    )
