"""A cluster type's form as the Visualisation App draws it: its sections in order, and what each field is and takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from builder.definitions.listing import render_cluster_type
from builder.definitions.model import ClusterType

PICKERS: Final = {
    "nova.flavor": "flavors",
    "glance.image": "images",
    "neutron.network": "networks",
    "nova.keypair": "key pairs",
}
"""What the App offers the project's own of, by the custom constraint that asks for it."""


@dataclass(frozen=True, slots=True)
class Field:
    """One question of the form; ``control`` is what it is answered by, ``rules`` what an answer is held to."""

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
    attributes: Mapping[str, str]


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
    listed = render_cluster_type(cluster_type)
    parameters = listed["parameters"]
    sections, grouped = [], set()
    for group in listed["parameter_groups"]:
        grouped.update(group["parameters"])
        fields = tuple(build_field(name, parameters[name]) for name in group["parameters"])
        optional = group.get("optional") or {}
        is_shown = any(not parameters[name]["hidden"] for name in group["parameters"])
        name, switch = optional.get("name", ""), optional.get("label") or ""
        sections.append(Section(group["label"], group["description"], name, switch, is_shown, fields))
    rest = tuple(build_field(name, given) for name, given in parameters.items() if name not in grouped)
    if rest:
        label = "In no group" if sections else ""
        sections.append(Section(label, "", "", "", True, rest))
    return sections


def build_field(name: str, given: Mapping[str, Any]) -> Field:
    """A field, of a parameter as the App is sent it."""
    constraints = given.get("constraints", [])
    kinds = {kind: value for each in constraints for kind, value in each.items() if kind != "description"}
    options = tuple(map(str, kinds.get("allowed_values", ())))
    picker = PICKERS.get(str(kinds.get("custom_constraint", "")), "")
    default = given.get("default")
    if options:
        control = "select"
    elif given["type"] == "boolean":
        control = "checkbox"
    elif given["type"] == "json":
        control = "textarea"
    elif given["hidden"]:
        control = "password"
    else:
        control = "number" if given["type"] == "number" else "text"
    return Field(
        id=name,
        label=given.get("label") or name.replace("_", " ").capitalize(),
        description=given.get("description", ""),
        control=control,
        value="" if default is None or control == "checkbox" else str(default),
        checked=default is True,
        options=options,
        picker=picker,
        rules=tuple(_describe_rules(constraints)),
        notes=tuple(_describe_notes(given)),
        attributes=_find_attributes(control, kinds, is_required=default is None),
    )


def _describe_rules(constraints: list[dict[str, Any]]) -> Iterator[str]:
    for constraint in constraints:
        [(kind, value)] = [(kind, value) for kind, value in constraint.items() if kind != "description"]
        match kind:
            case "length" | "range":
                what = "characters" if kind == "length" else ""
                low, high = value.get("min"), value.get("max")
                shown = (
                    f"{low} to {high}"
                    if None not in (low, high)
                    else f"at least {low}"
                    if high is None
                    else f"at most {high}"
                )
                text = f"{kind}: {shown} {what}".strip()
            case "modulo":
                text = f"modulo: steps of {value['step']}, from {value['offset']}"
            case "allowed_values":
                text = f"one of {len(value)} values"
            case _:
                text = f"{kind.replace('_', ' ')}: {value}"
        description = constraint.get("description")
        yield f"{description} ({text})" if description else text


def _describe_notes(given: Mapping[str, Any]) -> Iterator[str]:
    yield str(given["type"]).replace("_", " ")
    if "default" not in given:
        yield "required"
    if given["hidden"]:
        yield "hidden"
    if given["immutable"]:
        yield "cannot be changed later"


def _find_attributes(control: str, kinds: Mapping[str, Any], *, is_required: bool) -> Mapping[str, str]:
    """What HTML's inputs can hold an answer to by themselves."""
    found: dict[str, Any] = {}
    if control == "number":
        found |= {key: kinds["range"].get(key) for key in ("min", "max")} if "range" in kinds else {}
        found["step"] = "any"
    elif control in ("text", "password", "textarea") and "length" in kinds:
        found |= {"minlength": kinds["length"].get("min"), "maxlength": kinds["length"].get("max")}
    if is_required and control != "checkbox":
        found["required"] = "required"
    return {key: str(value) for key, value in found.items() if value is not None}
