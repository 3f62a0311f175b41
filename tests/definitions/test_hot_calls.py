"""Calls that are computed while a template is checked, and those that would take too long."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from builder.hot.computations import Budget
from builder.hot.language import NEWEST
from builder.hot_lint.findings import TemplateProblem
from builder.hot_lint.property_calls import CallScope
from builder.hot_lint.references import MAX_WORK, read_template
from builder.hot_lint.resource_checks import find_type_problems
from tests.definitions.oracle.calls import CALLS, CONDITION_CALLS
from tests.samples import share_of

TEXT = "a" * 100_000

TOO_MUCH: dict[str, Any] = {
    "text that grows": {"str_replace": {"template": TEXT, "params": {"a": TEXT}}},
    "many placeholders": {"str_replace": {"template": TEXT, "params": {f"b{number}": "c" for number in range(9_000)}}},
    "combinations": {
        "repeat": {"template": "%a%", "for_each": {f"%{each}%": list("0123456789") for each in "abcdefgh"}}
    },
    "combinations of text": {
        "repeat": {"template": "%a%" * 9_000, "for_each": {f"%{each}%": [TEXT] * 9 for each in "abcd"}}
    },
    "a long separator": {"list_join": [TEXT, ["a"] * 9_000]},
    "unique items": {"list_concat_unique": [[*map(str, range(30_000))]]},
    "filtered items": {"filter": [[*map(str, range(30_000))], ["a"] * 30_000]},
}


def find_problems(*calls: Any) -> list[TemplateProblem]:
    properties = {str(number): call for number, call in enumerate(calls)}
    return read_template(
        {"resources": {"r": {"type": "OS::Nova::Server", "properties": properties}}}, NEWEST, {}, Budget(MAX_WORK), {}
    ).problems


@pytest.mark.parametrize("call", TOO_MUCH.values(), ids=TOO_MUCH)
def test_call_that_takes_too_long_to_compute_is_no_mistake_and_holds_nobody_up(call: Any) -> None:
    started = time.thread_time()
    assert not find_problems(*[call] * 10)
    assert time.thread_time() - started < 20


def test_calls_of_a_cluster_type_share_a_bound() -> None:
    call = {"repeat": {"template": "%a%", "for_each": {f"%{each}%": list("0123456789") for each in "abcde"}}}
    started = time.thread_time()
    assert not find_problems(*[call] * 2_000)
    assert time.thread_time() - started < 20


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"map_merge": ["a"]}, "map_merge wants a list of mappings"),
        ({"list_join": [",", ["a", 1]]}, "list_join wants a list: [separator, [text, ...], ...]"),
        ({"filter": ["a", ["a"]]}, "filter wants a list: [list of values, list]"),
        ({"str_split": [",", "a,b", 2]}, "the index of str_split must be from 0 to 1: the text has no more parts"),
        ({"map_replace": [{"a": 1, "b": 2}, {"keys": {"a": "b"}}]}, "map_replace would give the key 'b' twice"),
        (
            {"digest": ["sha265", {"get_param": "p"}]},
            "digest wants a list: [algorithm, text], the algorithm one such as sha256",
        ),
        ({"list_concat": ["a", {"get_param": "p"}]}, "list_concat wants a list of lists"),
    ],
)
def test_message_says_what_a_function_wants(call: Any, message: str) -> None:
    assert [problem.message for problem in find_problems(call)] == [message]


@pytest.mark.parametrize("call", [{"str_split": [",", "a,b", 0, ""]}, {"digest": ["whirlpool", "a"]}])
def test_call_that_heat_takes_is_no_mistake(call: Any) -> None:
    assert not find_problems(call)


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 99)
    | st.floats()
    | st.sampled_from(["", "a", "a,b", ",", "sha256", "1"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["a", "template", "params", "for_each", "port", "query", "keys"]), inner, max_size=4
        )
        | st.builds(lambda value: {"get_param": value}, inner)
    ),
    max_leaves=12,
)


@pytest.mark.generated
@settings(derandomize=True, max_examples=share_of(500), deadline=None, database=None)
@example(function="make_url", arguments={"port": math.inf})
@given(function=st.sampled_from(sorted({*CALLS, *CONDITION_CALLS})), arguments=_json)
def test_no_arguments_make_the_linter_fail(function: str, arguments: Any) -> None:
    call = {function: arguments}
    template = {
        "resources": {"r": {"type": "OS::Heat::Value", "properties": {"value": call}}},
        "conditions": {"c": call},
        "outputs": {"o": {"value": call}},
    }
    read_template(template, NEWEST, {}, Budget(MAX_WORK), {})


@settings(derandomize=True, max_examples=500, deadline=None, database=None)
@given(function=st.sampled_from(sorted({*CALLS, "get_resource", "get_attr", "get_param", "if"})), arguments=_json)
def test_no_call_makes_the_check_of_a_property_fail(function: str, arguments: Any) -> None:
    call = {function: arguments}
    properties = {"network": call, "fixed_ips": [call, {"subnet": call}], "security_groups": [call], "tags": call}
    template = {
        "parameters": {"a": {"type": "comma_delimited_list"}, "0": {"type": "number"}},
        "resources": {
            "a": {"type": "OS::Neutron::Port", "properties": {**properties, "value_specs": call}},
            "1": {"type": "OS::Neutron::Router"},
        },
    }
    list(find_type_problems(template, CallScope.of(NEWEST, [template]), {}))
