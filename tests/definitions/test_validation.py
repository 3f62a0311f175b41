"""What is wrong with data is told in the order of the data, and no more of it than is wanted; nothing else is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from builder.schema import published
from builder.schema.validation import _validator, validate_instance
from builder.text.pointers import format_pointer
from builder.yaml_documents.documents import DocumentError, parse_definition
from tests.samples import share_of

ROOT = Path(__file__).parents[2]
DEFINITION = {"kind": "heat", "title": "A", "description": "A"}
KEYS = st.sampled_from(
    ["kind", "title", "components", "name", "optional", "type", "default", "constraints", "range", "min",
     "allowed_values", "parameters", "x-note", "hidden", "cluster", "cloud_env", "auth_url", "answers"]
)  # fmt: skip
SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 2**33), st.floats(allow_nan=False), st.text(max_size=3),
    st.sampled_from(["heat", "string", " ", "x" * 300, 1.0]),
)  # fmt: skip
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3))


def list_definitions() -> Iterator[Any]:
    for path in sorted(
        path for folder in ("cluster-types-examples", "tests/examples") for path in ROOT.glob(f"{folder}/**/*.y*ml")
    ):
        try:
            yield pytest.param(parse_definition(path.read_text(errors="replace"), path.name).value, id=path.stem)
        except DocumentError:
            continue


def list_errors(validator: Draft7Validator, instance: Any) -> Counter[tuple[Any, ...]]:
    return Counter((*error.absolute_path, error.validator) for error in validator.iter_errors(instance))


@pytest.mark.parametrize("definition", list(list_definitions()))
def test_a_definition_breaks_the_schema_where_jsonschema_alone_says_so(definition: Any) -> None:
    plain = Draft7Validator(published.load_schema(published.CLUSTER_TYPE))
    assert list_errors(_validator(published.CLUSTER_TYPE), definition) == list_errors(plain, definition)


@pytest.mark.parametrize("name", [published.CLUSTER_TYPE, published.BUILD_REQUEST])  # what is validated here
@pytest.mark.generated
@given(value=VALUES)
@settings(max_examples=share_of(100), deadline=None)
def test_anything_breaks_a_schema_where_jsonschema_alone_says_so(name: str, value: Any) -> None:
    plain = Draft7Validator(published.load_schema(name))
    assert list_errors(_validator(name), value) == list_errors(plain, value)


def pointers(instance: Any) -> list[str]:
    return [format_pointer(each.tokens) for each in validate_instance(instance, published.CLUSTER_TYPE)]


def test_violations_are_in_the_order_of_the_data() -> None:
    components = [{"name": number} for number in range(11)]
    definition = {"unknown": 1, **DEFINITION, "components": components, "another": 1}
    names = [f"/components/{number}/name" for number in range(11)]
    assert pointers(definition) == ["/unknown", *names, "/another"]
    assert pointers(dict(reversed(definition.items()))) == ["/another", *names, "/unknown"]


def test_no_more_violations_are_looked_for_than_are_wanted() -> None:
    definition = {**DEFINITION, **{f"unknown{key}": 1 for key in range(100)}}
    assert len(validate_instance(definition, published.CLUSTER_TYPE, most=3)) == 3
