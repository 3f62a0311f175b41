"""Patterns that are certain to take for ever on some value are told apart from those that are not."""

from __future__ import annotations

from functools import partial

import pytest

from builder.hot.patterns import MAX_PATTERN, is_slow
from builder.parameters.attributes import ParameterSyntaxError
from builder.parameters.declarations import parse_parameter
from tests.steps import count_steps

SLOW = r"""
    (a+)+$ ^(a*)*b ([a-z]+)*$ (\w+\s?)*$ ((ab)+)+$ ((a+)+b)* x|(?:a+?)+?$ (([a-z])+)+! (a{2,})+$
    (?>(a+)+b) ((a+)+b)++ (a+x?+)+$ (?>x)(a+)+$ (a{1,3})+$ (a|a)*$ (a|ab|b)*c (?=(a+)+b) (a+|\w)*x(?<=y)
    ^(\s*\w*){50}$ ^((\w+.){100})?$ (?#()(a*)*b a*a*a*a*a*a*a*a*b (?x)^(\w+\s?)*$ (?!b)(a+)+$
"""
QUICK = r"""
    a+$ (a+)+ (a+b)+$ ^[a-z]+(,[a-z]+)*$ (a+){3}$ (\d+\.)*\d+$ (a|b)+$ ( (?=a+)+$ (a+)?$ (a++)+$
    (?>a+)+$ (a++)*+$ (?>(a+)+)$ (a+)++$ (a+)+(?>b*) (a+)+((?>b?)) (a+)+b*+ (a+)+(b*)+ (a+a*+)+$ (a+(?>a*))+$
    [a-z]*[0-9]*$ ^([0-9]{1,3}\.){3}[0-9]{1,3}$ (a+_)*(b+)$
    ^(.*)\1x$ .*.*.*=.* ((foo|for)-?)+$ (10|11|172)+$ (?=(a+)+) (a+)+.*$ (?:ab|ac|ad)*$ ^(?!-)[a-z-]+(?<!-)$ (?!a)(a+)+$
"""


@pytest.mark.parametrize("pattern", SLOW.split())
def test_pattern_that_some_text_keeps_busy_for_ever_is_slow(pattern: str) -> None:
    assert is_slow(pattern)


@pytest.mark.parametrize("pattern", ["", *QUICK.split()])
def test_pattern_that_is_gone_through_in_few_ways_is_not(pattern: str) -> None:
    assert not is_slow(pattern)


def test_pattern_of_twice_the_length_takes_no_more_than_twice_as_long_to_judge() -> None:
    once, twice = (count_steps(partial(is_slow, "a*" * number)) for number in (300, 600))
    assert twice < 2.2 * once


def test_pattern_that_would_take_long_to_judge_is_refused() -> None:
    pattern = "(a+)+" * (MAX_PATTERN // 5) + "$"
    assert not is_slow(pattern)
    with pytest.raises(ParameterSyntaxError, match="longer than 2,000 characters"):
        parse_parameter("name", {"type": "string", "constraints": [{"allowed_pattern": pattern}]})


def test_pattern_that_many_parameters_share_is_judged_once() -> None:
    pattern = "(shared|by|all)+"
    assert count_steps(partial(is_slow, pattern)) > 10 * count_steps(partial(is_slow, pattern))
