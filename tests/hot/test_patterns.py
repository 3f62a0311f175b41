"""What is said of a pattern holds: which characters its places take, what it costs, and that this is soon said."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from builder.hot import pattern_building, patterns
from builder.hot.pattern_sets import OTHER, codes, find_set
from builder.hot.patterns import LONGEST, MAX_PATTERN, bounded_patterns, is_slow, parse_pattern
from builder.pattern_matching.matching import matches
from tests.steps import count_steps

CLASSES = r"""
    a . \w \W \d \D \s \S [a-z] [^a-z] [\w-] [^\w] [^\s,] [\W\d] [a-zé] [^é] [^\x00-\x1f] [K] [^K] [ſ-ƀ] [İı] [k] [^k] K
    [Z-a] [^Z-a] [^\D] [\S\s]
"""


@pytest.mark.parametrize("flags", ["", "(?i)", "(?a)", "(?s)", "(?ia)", "(?is)"])
@pytest.mark.parametrize("pattern", CLASSES.split())
def test_characters_of_a_place_are_those_that_it_takes(pattern: str, flags: str) -> None:
    tree = patterns.parser.parse(flags + pattern)
    ((code, value),) = tree
    found = find_set(code, value, tree.state.flags)
    compiled = re.compile(flags + pattern)
    taken = {letter for letter in map(chr, range(128)) if compiled.match(letter)}
    said = {letter for letter in map(chr, range(128)) if found >> ord(letter) & 1}
    extra = set("iIkKsS") if "i" in flags and not pattern.isascii() else set()
    assert taken <= said <= taken | extra
    assert found & OTHER or not any(compiled.match(chr(code)) for code in range(128, 0x3000))


NAMED = {
    r"^(\s*\w*){50}$": -1,
    r"^((\w+.){100})?$": 20,
    r"(?x) ^ ( \w + \s ? ) * $": 11,
    "(?#()(a*)*b": 15,
    r"^(.*)\1x$": 256,
    "(?x) ^ ( [a-z] + [-]? ) + $": 14,
    "(?:(?<!b)+){30}$": -1,
    r"^((?:ab)*?(?!a{30})+){1,200}\s+x": 14,
}
"""Patterns that once had bounds that were no such, and the bound that they have at most."""


@pytest.mark.parametrize("pattern", NAMED)
def test_pattern_that_was_misjudged_has_a_bound_that_holds(pattern: str) -> None:
    parsed = parse_pattern(pattern)
    assert parsed.longest <= NAMED[pattern]
    for text in ("a" * 300, "ab" * 150, "a " * 150, "a" * 299 + "!"):
        began = time.thread_time()
        parsed.fits(text[-parsed.longest :] if parsed.longest > 0 else "")
        assert time.thread_time() - began < 1.0


@pytest.mark.parametrize(
    ("pattern", "least"),
    [
        ("[a-z]+", LONGEST),
        ("[a-zA-Z][a-zA-Z0-9_-]*", LONGEST),
        ("[a-z]([-a-z0-9]*[a-z0-9])?", 255),
        ("([0-9a-f]{2}:){5}[0-9a-f]{2}", 1_000),
        (r"((25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)\.){3}(25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)", 64),
        ("^[a-z]+(,[a-z]+)*$", 10_000),
        ("^[A-Za-z0-9+/]{4,1000}={0,2}$", 10_000),
        ("(a|b)+", 10_000),
        ("([a-z0-9]+-)*[a-z0-9]+", 255),
        (r"^(https?://)?[a-z0-9.-]+(:\d+)?(/.*)?$", 255),
        ("(?=.*[A-Z])(?=.*[0-9]).{8,}", 255),
    ],
)
def test_ordinary_pattern_is_tried_at_once_on_ordinary_values(pattern: str, least: int) -> None:
    assert parse_pattern(pattern).longest >= least


@pytest.mark.parametrize("missing", ["codes.MAX_REPEAT", "codes.AT_END", "parser"])
def test_parser_of_another_shape_bounds_nothing_and_all_is_still_matched(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    class Others:
        """The codes of a tree of some other Python."""

        def __getattr__(self, name: str) -> Any:
            if missing.endswith(name):
                raise AttributeError(name)
            return getattr(codes, name)

    if missing == "parser":
        monkeypatch.setattr(patterns, "parser", None)
    else:
        monkeypatch.setattr(pattern_building, "codes", Others())
    name = f"^({missing}|[a-z]+)+$"
    parsed = parse_pattern(name)
    if missing != "codes.AT_END":
        assert parsed.longest == -1
    assert matches(parsed, "abc")
    assert not matches(parsed, "abc!")
    assert not is_slow(f"^({missing}|[a-z]+)+$")


def test_tree_of_this_python_has_the_shape_that_is_known() -> None:
    every = r"(?i:a)[^b](c|de)*f+?g++(?>h)(?=i)(?!j)(?<=k)(?<!l)(m)\1(?(1)n|o).^$\b(?!)"
    tree = patterns.parser.parse(every)
    assert pattern_building.build_automaton(tree, tree.state.flags).sets
    assert pattern_building.build_automaton(tree, tree.state.flags, pattern_building.Kind.CERTAIN).inner


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+" * 400, "a?" * 1000, "x*" * 1000, "(a|(a|(a|(a|b))))" * 100, "((" * 150 + "a" + "*)*)" * 150,
        "(?=a*)" * 300, "(?<=ab|bb)*" * 150, "((((a?){30}){30}){30}){30}", "(((()*)*){9}){9}" * 100, "[a-z]?" * 300,
        "(?:" + "|".join("abcdefgh" * 80) + ")+$", "(a{1,30}b{1,30}){1,30}$", r"(\w\W|\d\D|\s\S)+" * 100,
    ],
)  # fmt: skip
def test_no_pattern_takes_long_to_look_into(pattern: str) -> None:
    assert len(pattern) <= MAX_PATTERN
    assert count_steps(lambda: (patterns._find_longest(pattern), patterns._find_slow(pattern))) < 1_000_000


@pytest.mark.parametrize(
    "pattern", ["(?i)" + "[\x00-\uffff]" * 390, "[\x00-\uffff]" * 390, "(?i)[^b]" + "[a-\uffff]" * 300]
)
def test_pattern_that_takes_seconds_to_compile_is_refused(pattern: str) -> None:
    with bounded_patterns(), pytest.raises(OverflowError, match="too long to read"):
        parse_pattern(pattern)


def test_definition_has_so_many_patterns_at_most() -> None:
    with bounded_patterns():
        for number in range(50):
            parse_pattern(f"{number:03}" + "(a+)+" * 399)
        with pytest.raises(OverflowError, match="too long to read"):
            parse_pattern("b?" * 1000)


def test_pattern_that_is_read_again_counts_once() -> None:
    with bounded_patterns():
        for _ in range(600):
            parse_pattern("(a+)+" * 399)


def test_no_more_patterns_of_a_definition_are_looked_into_than_it_may_cost() -> None:
    before = patterns._find_slow.cache_info().misses
    with bounded_patterns():
        told = [is_slow(f"{number:03}" + "(a+)+" * 40 + "$") for number in range(100)]
    assert told[0]
    assert not told[-1]
    assert patterns._find_slow.cache_info().misses - before < 50
