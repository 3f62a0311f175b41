"""What is wrong with data is told in the order of the data, and no more of it than is wanted."""

from __future__ import annotations

from typing import Any

from builder.schema import published
from builder.schema.validation import validate_instance
from builder.text.pointers import format_pointer

DEFINITION = {"kind": "heat", "title": "A", "description": "A"}


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
