"""A pattern that some text keeps busy for ever is found, with such a text, and never one that no text does."""

from __future__ import annotations

import pytest

from builder.hot.patterns import MAX_PATTERN, parse_pattern
from builder.parameters.attributes import ParameterSyntaxError
from builder.parameters.declarations import parse_parameter
from builder.pattern_matching import matching, slow_patterns
from builder.pattern_matching.matching import MatchingTimeoutError, MatchingUnavailableError, limited, matches
from builder.pattern_matching.slow_patterns import find_slow_text, search_limited

SLOW = r"""
    (a+)+$ ^(a*)*b ([a-z]+)*$ (\w+\s?)*$ ((ab)+)+$ ((a+)+b)* x|(?:a+?)+?$ (([a-z])+)+! (a{2,})+$
    (?>(a+)+b) ((a+)+b)++ (a+x?+)+$ (?>x)(a+)+$ (a{1,3})+$ (a|a)*$ (a|ab|b)*c (?=(a+)+b) (a+|\w)*x(?<=y)
    ^(\s*\w*){50}$ ^((\w+.){100})?$ (?#()(a*)*b a*a*a*a*a*a*a*a*b (?x)^(\w+\s?)*$ (?!b)(a+)+$ (a+)+.*$
    (\w-?|\d)+$ ([a-c]x?|[c-e])+$ (?:[a-z0-9-]+)+a ^é(.+)+,$ (?i)^(A+b?)+$ (.*,)*x ^([^,]+)+$ ([\s\S]+)+x
    [a-z]{9}(b+)*$ (a?){60}a{60}
"""
QUICK = r"""
    a+$ (a+)+ (a+b)+$ ^[a-z]+(,[a-z]+)*$ (a+){3}$ (\d+\.)*\d+$ (a|b)+$ ( (?=a+)+$ (a+)?$ (a++)+$
    (?>a+)+$ (a++)*+$ (?>(a+)+)$ (a+)++$ (a+)+(?>b*) (a+)+((?>b?)) (a+)+b*+ (a+)+(b*)+ (a+a*+)+$ (a+(?>a*))+$
    [a-z]*[0-9]*$ ^([0-9]{1,3}\.){3}[0-9]{1,3}$ (a+_)*(b+)$
    ^(.*)\1x$ .*.*.*=.* ((foo|for)-?)+$ (10|11|172)+$ (?=(a+)+) (?:ab|ac|ad)*$ ^(?!-)[a-z-]+(?<!-)$ (?!a)(a+)+$
"""


@pytest.mark.parametrize("pattern", SLOW.split())
def test_pattern_that_some_text_keeps_busy_for_ever_is_slow(pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_patterns, "_ENDLESS", 0.05)  # any time will do
    assert find_slow_text(pattern) is not None


@pytest.mark.parametrize("pattern", ["", *QUICK.split()])
def test_pattern_that_is_gone_through_in_few_ways_is_not(pattern: str) -> None:
    assert find_slow_text(pattern) is None


def test_text_that_is_found_is_slow_and_short() -> None:
    slow = find_slow_text("^[a-z]{9}-(b+,?)*$")
    assert slow is not None
    assert slow.write_out() == "aaaaaaaaa-" + "b" * 64 + "!"
    with limited(0.5), pytest.raises(MatchingTimeoutError):
        matches(parse_pattern("^[a-z]{9}-(b+,?)*$"), slow.write_out())


@pytest.mark.parametrize("busy", ["", "(b+)*!"])
def test_pattern_that_takes_long_to_compile_is_slow_only_if_a_text_is(
    busy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slow_patterns, "_ENDLESS", 0.05)
    matching._end_all()  # it has to be compiled there
    found = find_slow_text("(?i)" + "[\x00-\uffff]" * 40 + r"(a*)\1" + busy)
    assert (found is not None) is bool(busy)


def test_pattern_that_would_take_long_to_judge_is_refused() -> None:
    pattern = "(a+)+" * (MAX_PATTERN // 5) + "$"
    assert find_slow_text(pattern) is None
    with pytest.raises(ParameterSyntaxError, match="longer than 2,000 characters"):
        parse_parameter("name", {"type": "string", "constraints": [{"allowed_pattern": pattern}]})


def test_pattern_that_many_parameters_share_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = find_slow_text("(shared|by|s?hared|all)+!")
    monkeypatch.setattr(slow_patterns, "matches", None)
    assert find_slow_text("(shared|by|s?hared|all)+!") == found


def test_no_more_patterns_of_a_definition_are_tried_than_it_may_cost() -> None:
    with search_limited(0.4):
        told = [find_slow_text(f"{number:03}(a+)+$") is not None for number in range(9)]
    assert told == [True, True, *[False] * 7]


def test_pattern_is_not_slow_for_want_of_a_process_and_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bool:
        raise MatchingUnavailableError

    with monkeypatch.context() as patch:
        patch.setattr(slow_patterns, "matches", fail)
        assert find_slow_text("(u+)+$") is None
    assert find_slow_text("(u+)+$") is not None


def test_pattern_that_is_tried_at_once_needs_no_process_to_be_judged() -> None:
    matching._end_all()
    assert find_slow_text("^[a-z]+(-[a-z]+)*$") is None
    assert all(process._process is None for process in matching._all)
