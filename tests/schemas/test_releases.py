"""What a published schema promises: see docs/cluster-types.md, "What a version promises"."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from jsonschema.validators import validator_for

from builder.kinds.heat.reading.loading import TEMPLATE_KEYS
from builder.kinds.registry import KINDS
from builder.schema import published
from builder.schema.validation import FOR_EDITORS
from builder.text.pointers import Tokens
from builder.yaml_documents.documents import DocumentError, parse_definition, parse_template
from tests.schemas import heat_template
from tests.schemas.releases import demands_of, list_releases, version_of

ROOT = Path(__file__).parent.parent.parent
RELEASES = list(list_releases())
IDS = [f"{name}-{major}.{minor}" for name, (major, minor), _ in RELEASES]


def read_definitions() -> list[Any]:
    """Every definition among the examples, good or wrong."""
    values = []
    for folder in ("cluster-types-examples", "tests/examples"):
        for path in sorted((ROOT / folder).rglob("*.y*ml")):
            try:
                values.append(parse_definition(path.read_text(errors="replace"), path.name).value)
            except DocumentError:
                continue
    return values


def test_the_schema_of_definitions_has_been_published() -> None:
    assert published.CLUSTER_TYPE in [name for name, _, _ in RELEASES]


@pytest.mark.parametrize(("name", "version", "released"), RELEASES, ids=IDS)
def test_a_published_schema_demands_what_it_did_or_has_a_new_version(
    name: str, version: tuple[int, int], released: Any
) -> None:
    current = published.load_schema(name)
    if version_of(current) == version:
        assert demands_of(current) == demands_of(released), (
            f"what {name} demands has changed: raise the version in its $id, "
            f"and copy it by python -m tests.schemas.releases {name}"
        )
    else:
        assert version_of(current) > version


@pytest.mark.parametrize(
    "released",
    [
        released
        for name, version, released in RELEASES
        if name == published.CLUSTER_TYPE and version[0] == version_of(published.load_schema(name))[0]
    ],
)
def test_what_a_version_accepted_every_later_one_of_the_same_major_accepts(released: Any) -> None:
    current = published.load_schema(published.CLUSTER_TYPE)
    then, now = Draft7Validator(released), Draft7Validator(current)
    accepted = [value for value in read_definitions() if then.is_valid(value)]
    assert len(accepted) > 20
    assert [value for value in accepted if not now.is_valid(value)] == []


def test_what_editors_are_told_of_templates_is_that_of_the_tables() -> None:
    assert heat_template.write_template() == heat_template.TEMPLATE.read_text()
    assert heat_template.embed(heat_template.CLUSTER_TYPE.read_text()) == heat_template.CLUSTER_TYPE.read_text()


@pytest.mark.parametrize(
    "template", [{"resources": {"r": {"type": "OS::Nova::Server", "properties": {"a": 1}}}}, {"a": 1}]
)
def test_what_editors_are_told_of_an_inline_template_demands_nothing(template: dict[str, Any]) -> None:
    schema = published.load_schema(published.CLUSTER_TYPE)
    alone = Draft7Validator({"$ref": "#/definitions/hotTemplate", "definitions": schema["definitions"]})
    assert alone.is_valid({"heat_template_version": "2021-04-16", **template})


def test_the_schema_of_template_files_marks_names_that_heat_does_not_know_and_takes_functions() -> None:
    validator = Draft7Validator(published.load_schema("heat-template"))
    key: dict[str, Any] = {"type": "OS::Nova::KeyPair", "properties": {"name": {"get_param": "p"}}}
    template = {"heat_template_version": "2021-04-16", "resources": {"key": key, "own": {"type": "a.yaml"}}}
    assert validator.is_valid(template)
    assert validator.is_valid({**template, "resources": {"key": {**key, "properties": {"get_param": "p"}}}})
    for wrong in (
        {**template, "resorces": {}},
        {**template, "resources": {"key": {**key, "propertis": {}}}},
        {**template, "resources": {"key": {**key, "properties": {"nmae": "a"}}}},
    ):
        assert not validator.is_valid(wrong)


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("cluster-types-examples/*/components/*.yaml")), ids=lambda path: path.stem
)
def test_components_that_are_shipped_are_not_marked(path: Path) -> None:
    validator = Draft7Validator(published.load_schema("heat-template"))
    assert [each.message for each in validator.iter_errors(parse_template(path.read_text(), path.name).value)] == []


def test_a_tightened_schema_would_be_noticed() -> None:
    tightened = json.loads(json.dumps(published.load_schema(published.CLUSTER_TYPE)))
    tightened["properties"]["title"]["maxLength"] = 254
    described = json.loads(json.dumps(published.load_schema(published.CLUSTER_TYPE)))
    described["properties"]["title"]["markdownDescription"] = "Another"
    current = demands_of(published.load_schema(published.CLUSTER_TYPE))
    assert demands_of(tightened) != current
    assert demands_of(described) == current


@pytest.mark.parametrize("name", list(published.load_schema_texts()))
def test_every_published_schema_is_valid_and_has_a_version(name: str) -> None:
    schema = published.load_schema(name)
    validator = validator_for(schema)
    assert validator in (Draft7Validator, Draft202012Validator)
    validator.check_schema(schema)
    assert version_of(schema) >= (1, 0)
    assert schema["$id"].endswith(f"/{name}{published.SUFFIX}")


def collect_keys(schema: Any, place: str = "") -> list[tuple[str, Any]]:
    """Every key that the schema describes, by its place."""
    found = []
    if isinstance(schema, dict):
        for keyword, value in schema.items():
            if keyword in ("properties", "definitions"):
                for name, each in value.items():
                    is_hot = f"#/{keyword}/{name}".startswith(FOR_EDITORS)  # Heat's own keys, in Heat's words
                    if each is not True and not is_hot:  # what all kinds have is described once
                        found += [(f"{place}/{name}", each), *collect_keys(each, f"{place}/{name}")]
            elif keyword in ("items", "additionalProperties"):
                found += collect_keys(value, f"{place}/{keyword}")
    return found


def test_every_key_of_a_definition_has_a_title_and_a_description_for_editors() -> None:
    for place, each in collect_keys(published.load_schema(published.CLUSTER_TYPE)):
        if "$ref" not in each:
            assert each.get("title"), place
            assert each.get("description"), place
            assert len(each["title"]) < 60, place


def test_keys_whose_values_authors_make_up_have_an_example() -> None:
    for place, each in collect_keys(published.load_schema(published.CLUSTER_TYPE)):
        if each.get("type", "boolean") != "boolean" and "enum" not in each:
            assert each.get("examples") or each.get("defaultSnippets"), place


def test_keys_at_the_top_are_described_in_markdown() -> None:
    schema = published.load_schema(published.CLUSTER_TYPE)
    for part in (schema, schema["definitions"]["heat"], schema["definitions"]["magnum"]):
        for name, each in part["properties"].items():
            assert each is True or each.get("markdownDescription"), name


def test_each_kind_has_a_branch_of_its_name_with_all_that_every_kind_has() -> None:
    schema = published.load_schema(published.CLUSTER_TYPE)
    assert schema["properties"]["kind"]["enum"] == list(KINDS)
    for name in KINDS:
        keys = schema["definitions"][name]["properties"]
        assert [key for key in keys if keys[key] is True] == list(schema["properties"])


def test_examples_and_snippets_in_the_schema_are_accepted_by_it() -> None:
    schema = published.load_schema(published.CLUSTER_TYPE)
    compared = 0
    for place, each in collect_keys(schema):
        within = {**each, "definitions": schema["definitions"]}
        for example in each.get("examples", []):
            assert Draft7Validator(within).is_valid(example), (place, example)
            compared += 1
    assert compared > 15
    for snippet in schema["defaultSnippets"]:
        assert Draft7Validator(schema).is_valid(snippet["body"]), snippet["label"]
        keys = {"heat": TEMPLATE_KEYS, "magnum": ("magnum_cluster_template",)}[snippet["body"]["kind"]]
        assert sum(key in snippet["body"] for key in keys) == 1


@pytest.mark.parametrize(
    "place",
    [(), ("components", 0), ("parameter_groups", 0), ("parameter_groups", 0, "optional"), ("instructions", 0),
     ("parameters", "p"), ("parameter_overrides", "p")],
    ids=str,
)  # fmt: skip
def test_unknown_keys_are_refused_and_extensions_accepted(place: Tokens) -> None:
    definition: dict[str, Any] = {
        "kind": "heat", "title": "A", "description": "A", "components": [{"name": "a"}],
        "parameter_groups": [{"label": "A", "parameters": [], "optional": {"name": "a"}}],
        "instructions": [{"id": "usage", "title": "A", "text": "A"}],
        "parameters": {"p": {"type": "string"}}, "parameter_overrides": {"p": {"label": "P"}},
    }  # fmt: skip
    validator = Draft7Validator(published.load_schema(published.CLUSTER_TYPE))
    assert validator.is_valid(definition)
    node: Any = definition
    for token in place:
        node = node[token]
    node["x-mine"] = {"anything": 1}
    assert validator.is_valid(definition)
    node["mine"] = 1
    assert not validator.is_valid(definition)


def test_nothing_is_demanded_of_extensions() -> None:
    """So that the service does not look at them: see ``_allow_extensions``."""
    found = []

    def look(part: Any) -> None:
        if isinstance(part, dict):
            found.extend(part.get("patternProperties", {}).items())
        for each in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
            look(each)

    for name in (published.CLUSTER_TYPE, published.BUILD_REQUEST):
        look(dict(published.load_schema(name)))
    assert found
    assert all(pattern == "^x-" and not set(part) & set(Draft7Validator.VALIDATORS) for pattern, part in found)
