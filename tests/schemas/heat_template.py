"""Writes what editors know of Heat's templates, from the tables of ``builder/hot``.

    python -m tests.schemas.heat_template

That is ``schemas/heat-template.schema.json``, for components and nested templates, which marks unknown names; and the
definitions of ``schemas/cluster-type.schema.json`` whose names begin with ``hot``, for ``heat_template``, which mark
nothing: what is wrong there, the check tells.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from builder.hot.constraints import KINDS
from builder.hot.language import (
    ALIASES,
    DATES,
    DELETION_POLICIES,
    NEWEST_VERSION,
    VERSION_KEY,
    find_language,
    first_version_with,
)
from builder.hot.resource_types import load_names, load_types
from builder.hot.values import ParameterType
from builder.hot_lint.calls import USAGE
from builder.hot_lint.members import MEMBERS
from tests.checking.examples import ROOT

TEMPLATE = ROOT / "schemas/heat-template.schema.json"
CLUSTER_TYPE = ROOT / "schemas/cluster-type.schema.json"
BASE = "https://openflighthpc.org/concertim/cluster-builder/schemas"
VERSION = "1.0"

EMBEDDED = re.compile(r',\n    "hot[^\n]*?(?=,?\n)')
"""A definition of the schema of cluster types that is written here: each is a line."""

_VALUE: Mapping[str, Any] = {"$ref": "#/definitions/hotValue"}
_KINDS = {"string": "a text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
          "list": "a list", "map": "a mapping", "any": "any value"}  # fmt: skip
_NEWEST = find_language(NEWEST_VERSION)

_SECTIONS = {
    "description": "For readers of the template.",
    "parameters": "What the template can be told, by name.",
    "parameter_groups": "Which parameters belong together, and in what order they are asked for.",
    "conditions": "What resources, outputs and values may depend on, by name.",
    "resources": "What Heat makes, by name.",
    "outputs": "What the stack tells of itself once it is made, by name.",
}
_RESOURCE_KEYS = {
    "type": "A type of Heat's own, such as OS::Nova::Server, or the path of a nested template.",
    "properties": "What the resource is to be like: what there is depends on its type.",
    "metadata": "Data that goes with the resource.",
    "depends_on": "The resources that are made before this one: a name, or a list of names.",
    "update_policy": "How members of a group are updated.",
    "deletion_policy": "What becomes of the resource when the stack is deleted.",
    "external_id": "The id of what exists already and is not to be made.",
    "condition": "When the resource is made: the name of a condition, or a function.",
    "description": "For readers of the template.",
}
_PARAMETER_KEYS = {
    "type": "What its values are.", "label": "What a form calls it.", "description": "What a form says of it.",
    "default": "Its value where none is given.", "hidden": "Whether its value is kept out of what Heat tells.",
    "constraints": "What values have to be like.", "immutable": "Whether its value can never be changed.",
    "tags": "Words that belong to it.",
}  # fmt: skip
_OUTPUT_KEYS = {
    "value": "What is told.", "description": "For readers of the stack.", "condition": "When it is told.",
}  # fmt: skip


def build_definitions(*, strict: bool) -> dict[str, Any]:
    """The parts of a template, by name; ``strict`` marks names that Heat does not know."""
    closed = {"additionalProperties": False} if strict else {}
    assert _NEWEST is not None
    functions = sorted(_NEWEST.functions | _NEWEST.condition_functions)
    described = {name: {"description": _describe_function(name), "markdownDescription": _describe_function(name)}
                 for name in functions}  # fmt: skip
    calls = {"patternProperties": {f"^({'|'.join(functions)})$": True}}
    types = {
        name: {
            "if": {"required": ["type"], "properties": {"type": {"pattern": f"^{name}$"}}},
            "then": {"properties": {"properties": {"$ref": f"#/definitions/hotProperties/{name}"}}},
        }
        for name, row in load_types().items()
        if row["properties"]
    }
    return {
        "hotValue": {"description": "A value, or a function that gives it.", "properties": described},
        "hotParameter": {
            **_keys(_PARAMETER_KEYS, "2018-03-02", "tags"),
            **closed,
        }
        | {"defaultSnippets": [{"label": "Parameter", "body": {"type": "string", "label": "$1"}}]},
        "hotOutput": _keys(_OUTPUT_KEYS, "2016-10-14", "condition"),
        "hotResource": {
            **_keys(_RESOURCE_KEYS, "2016-10-14", "condition", "external_id"),
            **closed,
            "allOf": list(types.values()),
        },
        "hotProperties": {
            name: {"properties": {key: _describe_property(name, key, each) for key, each in row["properties"].items()}}
            | ({**calls, **closed} if strict else {})
            for name, row in load_types().items()
            if row["properties"]
        },
    }


def _keys(described: Mapping[str, str], since: str, *later: str) -> dict[str, Any]:
    known: dict[str, Any] = {
        "type": _offer([*load_names()] if "properties" in described else [*ParameterType]),
        "deletion_policy": _offer(DELETION_POLICIES),
        "hidden": _offer([True, False]),
        "immutable": _offer([True, False]),
        "constraints": {"items": {"properties": dict.fromkeys((*KINDS, "description"), True)}},
        "value": _VALUE,
    }
    return {
        "properties": {
            key: {"description": text + f" Since version {since}." * (key in later), "allOf": [known.get(key, True)]}
            for key, text in described.items()
        }
    }


def _offer(values: Any) -> dict[str, Any]:
    """A schema that takes anything, and that editors offer some values by."""
    return {"anyOf": [{"enum": list(values)}, True]}


def _describe_function(name: str) -> str:
    return f"{USAGE.get(name, 'A function')}. Since version {first_version_with(name)}.".removeprefix(
        "the "
    ).capitalize()


def _describe_property(type_: str, name: str, row: Mapping[str, Any]) -> Any:
    if row.get("hidden"):
        return {"doNotSuggest": True}
    if MEMBERS.get(type_, (None,))[0] == name:
        return {"description": row.get("description", ""), "allOf": [{"$ref": "#/definitions/hotResource"}]}
    default = f", {json.dumps(row['default'])} by default" if "default" in row else ""
    kind = _KINDS[row["type"]].capitalize()
    text = f"{row.get('description', '')}\n\n{kind}{', required' if row.get('required') else ''}{default}.".strip()
    allowed = [value for each in row.get("constraints", ()) for value in each.get("allowed_values", ())]
    offered = [True, False] if row["type"] == "boolean" else allowed if len(allowed) <= 40 else []
    schema: dict[str, Any] = {"description": text, "anyOf": [*([{"enum": offered}] if offered else []), _VALUE]}
    children = row.get("schema", {})
    if row["type"] == "list" and "*" in children:
        return schema | {"items": _describe_property("", "", children["*"])}
    if "*" in children:
        return schema | {"additionalProperties": _describe_property("", "", children["*"])}
    described = {key: _describe_property("", key, each) for key, each in children.items()}
    return schema | ({"properties": described} if described else {})


def build_template(*, strict: bool) -> dict[str, Any]:
    """A template, by its sections."""
    versions = {"description": "The version of the language.", **_offer([*reversed(DATES), *ALIASES])}
    named = {"parameters": "hotParameter", "resources": "hotResource", "outputs": "hotOutput", "conditions": "hotValue"}
    sections = {
        name: {"description": text}
        | ({"additionalProperties": {"$ref": f"#/definitions/{named[name]}"}} if name in named else {})
        for name, text in _SECTIONS.items()
    }
    closed = {"required": [VERSION_KEY], "additionalProperties": False} if strict else {}
    return {"properties": {VERSION_KEY: versions, **sections}, **closed}


def write_template() -> str:
    """The text of the schema of template files."""
    head = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": f"{BASE}/{VERSION}/heat-template.schema.json",
        "title": "Heat template",
        "description": "A component of a cluster type, or a nested template, in HOT, for editors.",
        "type": "object",
        **build_template(strict=True),
    }
    return _write({**head, "definitions": build_definitions(strict=True)})


def embed(text: str) -> str:
    """The text of the schema of cluster types, with what it has of templates written anew."""
    text = EMBEDDED.sub("", text)
    parts = {"hotTemplate": build_template(strict=False), **build_definitions(strict=False)}
    lines = "".join(f",\n    {json.dumps(name)}: {json.dumps(part)}" for name, part in parts.items())
    body, end, rest = text.rpartition("\n  }\n}")
    return body + lines + end + rest


def _write(schema: Mapping[str, Any]) -> str:
    definitions = ",\n".join(
        f"    {json.dumps(name)}: {json.dumps(part)}" for name, part in schema["definitions"].items()
    )
    head = json.dumps({key: value for key, value in schema.items() if key != "definitions"}, indent=2)
    return f'{head.removesuffix("}").rstrip()},\n  "definitions": {{\n{definitions}\n  }}\n}}\n'


if __name__ == "__main__":
    TEMPLATE.write_text(write_template())
    CLUSTER_TYPE.write_text(embed(CLUSTER_TYPE.read_text()))
