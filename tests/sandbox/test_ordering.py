"""The order in which resources are made."""

from __future__ import annotations

from functools import partial

import pytest

from builder.sandbox.faults import HeatFault
from builder.sandbox.heat.stack_plans import find_dependents, sort_by_needs
from tests.steps import count_steps


def name_plainly(name: str) -> str:
    return name


def chain(number: int) -> dict[str, set[str]]:
    """So many resources, each of which needs the next one in the template."""
    return {f"r{each}": {f"r{each + 1}"} - {f"r{number}"} for each in range(number)}


def test_each_comes_after_its_needs_and_otherwise_in_the_order_of_the_template() -> None:
    needs: dict[str, set[str]] = {"e": {"d"}, "c": set(), "d": {"b"}, "a": set(), "b": set()}
    assert sort_by_needs(needs, name_plainly) == ("c", "a", "b", "d", "e")
    assert find_dependents(needs) == {"e": (), "c": (), "d": ("e",), "a": (), "b": ("d",)}


def test_what_needs_each_other_is_told_of_with_all_that_waits_for_it() -> None:
    needs: dict[str, set[str]] = {"free": set(), "waits": {"one"}, "two": {"one"}, "one": {"two", "free"}}
    with pytest.raises(HeatFault) as refused:
        sort_by_needs(needs, str.upper)
    assert refused.value.message == "Circular Dependency Found: {WAITS: {ONE}, TWO: {ONE}, ONE: {TWO}}"


def test_twice_as_many_resources_in_a_row_take_no_more_than_twice_the_work() -> None:
    once, twice = (count_steps(partial(sort_by_needs, chain(number), name_plainly)) for number in (200, 400))
    assert twice < 2.2 * once
