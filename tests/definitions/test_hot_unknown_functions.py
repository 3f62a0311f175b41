"""Lone keys that look like functions are told of, and those of ordinary data are not."""

from __future__ import annotations

import pytest

from builder.hot.language import find_language
from builder.hot_lint.unknown_functions import explain_unknown_function

LANGUAGE = find_language("2018-08-31")
ORDINARY = """
    and or not filters Filter Digest digests repeats If If-Match Contains ref refs get getter get_metadata get_address
    list lists list_of map maps map_name join merge split format template params value name type url urls port content
    contained file files yaml $db stack_id metering.server_group uri count resource attr attributes condition index
"""


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("get_pram", "did you mean 'get_param'?"),
        ("get_parameter", "did you mean 'get_param'?"),
        ("get_attribute", "did you mean 'get_attr'?"),
        ("get_resources", "did you mean 'get_resource'?"),
        ("GET_PARAM", "did you mean 'get_param'?"),
        ("getParam", "did you mean 'get_param'?"),
        ("str-replace", "did you mean 'str_replace'?"),
        ("repaet", "did you mean 'repeat'?"),
        ("digset", "did you mean 'digest'?"),
        ("get_param:size", "put a space after 'get_param:'"),
        ("Fn::GetAtt", "use get_attr"),
        ("Fn::Sub", "use str_replace"),
        ("Fn::Cidr", ""),
        ("equals", ""),
    ],
)
def test_what_nothing_but_a_function_can_be_meant_by_is_told(key: str, hint: str) -> None:
    assert LANGUAGE is not None
    message, told = explain_unknown_function(key, LANGUAGE)
    assert message
    assert told == hint


@pytest.mark.parametrize("key", ORDINARY.split())
def test_an_ordinary_key_is_not_told_of(key: str) -> None:
    assert LANGUAGE is not None
    assert explain_unknown_function(key, LANGUAGE) == ("", "")
