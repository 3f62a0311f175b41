"""The quick way of validating says yes exactly where jsonschema finds nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from builder.schema import published
from builder.schema.quick_validation import UnknownKeywordError, compile_schema
from builder.yaml_documents.documents import DocumentError, parse_definition

ROOT = Path(__file__).parent.parent.parent
SCHEMA = published.load_schema(published.CLUSTER_TYPE)
_BUILD = published.build_openapi()["paths"]["/clusters"]["post"]["requestBody"]["content"]["application/json"]
BUILD_BY_NAMES = _BUILD["examples"]["names"]["value"]
QUICK = compile_schema(SCHEMA)
SLOW = Draft7Validator(SCHEMA)


def read_definitions() -> list[Any]:
    folders = ("cluster-types-examples", "tests/examples")
    values = []
    for path in sorted(path for folder in folders for path in (ROOT / folder).rglob("*.y*ml")):
        try:
            values.append(parse_definition(path.read_text(errors="replace"), path.name).value)
        except DocumentError:
            continue
    return values


DEFINITIONS = read_definitions()
SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 2**33), st.floats(allow_nan=False), st.text(max_size=3),
    st.sampled_from(["heat", "string", "number", " ", "x" * 300, 1.0, 2.5]),
)  # fmt: skip
KEYS = st.sampled_from(
    ["kind", "title", "description", "order", "components", "name", "optional", "type", "default", "constraints", "min",
     "max", "range", "length", "allowed_values", "label", "parameters", "x-note", "no-x-note", "hidden"]
)  # fmt: skip
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3))


def test_there_are_good_and_bad_definitions_to_compare_on() -> None:
    verdicts = [SLOW.is_valid(value) for value in DEFINITIONS]
    assert verdicts.count(True) > 20
    assert verdicts.count(False) > 20


@pytest.mark.parametrize("number", range(len(DEFINITIONS)))
def test_both_ways_agree_on_every_example(number: int) -> None:
    assert QUICK(DEFINITIONS[number]) == SLOW.is_valid(DEFINITIONS[number])


@pytest.mark.parametrize("place", [(), ("cloud_env",), ("cloud_env", "auth_url"), ("cluster",), ("cluster", "name")])
@pytest.mark.parametrize("value", [None, [], {}, "", "https://k.example/v3", "x" * 3000, 5])
def test_both_ways_agree_on_requests(place: tuple[str, ...], value: Any) -> None:
    schema = published.load_schema(published.BUILD_REQUEST)
    quick = compile_schema(schema)
    assert quick(BUILD_BY_NAMES)
    body: Any = replace_at(BUILD_BY_NAMES, place, value)
    assert quick(body) == Draft7Validator(schema).is_valid(body)


def replace_at(body: Any, place: tuple[str, ...], value: Any) -> Any:
    return {**body, place[0]: replace_at(body[place[0]], place[1:], value)} if place else value


@given(data=st.data())
@settings(max_examples=400, deadline=None)
def test_both_ways_agree_on_examples_changed_at_random(data: st.DataObject) -> None:
    value = json.loads(json.dumps(data.draw(st.sampled_from(DEFINITIONS))))
    place = value
    while isinstance(place, dict | list) and place:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], dict | list) or data.draw(st.booleans()):
            match data.draw(st.sampled_from(["change", "remove", "add"])):
                case "change":
                    place[key] = data.draw(VALUES)
                case "remove":
                    del place[key]
                case "add" if isinstance(place, dict):
                    place[data.draw(KEYS)] = data.draw(VALUES)
            break
        place = place[key]
    assert QUICK(value) == SLOW.is_valid(value)


@pytest.mark.parametrize("name", list(published.load_schema_texts()))
@given(value=VALUES)
@settings(max_examples=100, deadline=None)
def test_both_ways_agree_on_anything(name: str, value: Any) -> None:
    schema = published.load_schema(name)
    try:
        quick = compile_schema(schema)
    except UnknownKeywordError:
        return
    assert quick(value) == Draft7Validator(schema).is_valid(value)


def test_a_schema_with_another_keyword_has_no_quick_way() -> None:
    with pytest.raises(UnknownKeywordError):
        compile_schema({"not": {"type": "string"}})
