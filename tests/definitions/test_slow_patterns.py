"""Patterns that are certain to take for ever on some value are told apart from those that are not."""

from __future__ import annotations

import pytest

from builder.definitions.slow_patterns import is_slow

SLOW = r"(a+)+$ ^(a*)*b ([a-z]+)*$ (\w+\s?)*$ ((ab)+)+$ ((a+)+b)* x|(?:a+?)+?$ (([a-z])+)+! (a{2,})+$"
QUICK = r"""
    a+$ (a+)+ (a+b)+$ ^[a-z]+(,[a-z]+)*$ (a{1,3})+$ (a+){3}$ (\d+\.)*\d+$ (a|b)+$ ( (?=a+)+$ (a+)?$ (a++)+$
    [a-z]*[0-9]*$ ^([0-9]{1,3}\.){3}[0-9]{1,3}$ (a+_)*(b+)$
"""


@pytest.mark.parametrize("pattern", SLOW.split())
def test_a_repetition_of_nothing_but_a_repetition_is_slow(pattern: str) -> None:
    assert is_slow(pattern)


@pytest.mark.parametrize("pattern", ["", *QUICK.split()])
def test_what_is_gone_through_in_few_ways_is_not(pattern: str) -> None:
    assert not is_slow(pattern)
