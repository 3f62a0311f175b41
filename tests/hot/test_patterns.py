"""What is said of a pattern holds: which characters its places take, what it costs, and that this is soon said."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from builder.hot import pattern_cost, pattern_texts, pattern_tree
from builder.hot.pattern_cost import LENGTHS, find_longest
from builder.hot.pattern_texts import find_texts
from builder.hot.pattern_tree import OTHER, codes, find_set, parser
from builder.hot.patterns import MAX_PATTERN, bounded_patterns, parse_pattern
from builder.pattern_matching.matching import matches
from builder.pattern_matching.slow_patterns import find_slow_text
from tests.steps import count_steps

CLASSES = r"""
    a . \w \W \d \D \s \S [a-z] [^a-z] [\w-] [^\w] [^\s,] [\W\d] [a-zé] [^é] [^\x00-\x1f] [K] [^K] [ſ-ƀ] [İı] [k] [^k] K
    [Z-a] [^Z-a] [^\D] [\S\s]
"""


@pytest.mark.parametrize("flags", ["", "(?i)", "(?a)", "(?s)", "(?ia)", "(?is)"])
@pytest.mark.parametrize("pattern", CLASSES.split())
def test_characters_of_a_place_are_those_that_it_takes(pattern: str, flags: str) -> None:
    tree = parser.parse(flags + pattern)
    ((code, value),) = tree
    found = find_set(code, value, tree.state.flags)
    compiled = re.compile(flags + pattern)
    taken = {letter for letter in map(chr, range(128)) if compiled.match(letter)}
    said = {letter for letter in map(chr, range(128)) if found >> ord(letter) & 1}
    assert said == taken or (max(pattern) > "\xff" and said == set(map(chr, range(128))))
    assert found & OTHER or not any(compiled.match(chr(code)) for code in range(128, 0x3000))


NAMED = {
    r"^(\s*\w*){50}$": -1,
    r"^((\w+.){100})?$": 20,
    r"(?x) ^ ( \w + \s ? ) * $": 11,
    "(?#()(a*)*b": 15,
    r"^(.*)\1x$": 256,
    "(?x) ^ ( [a-z] + [-]? ) + $": 14,
    "(?:(?<!b)+){30}$": -1,
    "^(a?){30}$": 5,
    "(a|ab|b)*c": 20,
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


TRICKY = r"""
    (?:a??,)*?$ (?:a*?(?=,),)*$ (?:(?!.*x)a)*$ (?:(?=a*)a)*$ (?:a(?<=aaaaaaaa))*$ (?:a?b?c?d?,)*$ ^(a*$)*b (?:$|a)*b
    (?m)^(?:a*$\n?)*b ^(?:a*\n)*$ ^(?:a+$|a+\n)*! (?s)(?:.*\n)*x (?s)(?:[^\n]*\n)*x (?:[a-z]*[a-z]{3},)*! (?:a*){2}b
    (?:[ab]*a[ab]{2},?)+$ (?:a*(?:b|$))*c (?:(?:a|b)*(?:,|$))+x (?:(?:a,)*;)*$ (?:(?:(?:a,)*;)*:)*$ (?:a{0,30}b){0,30}c
    (?:\w+(?:\.\w+)*,)*$ (?:[^a]*[^ab]a)*$ (?:[é-ö]*[é-ö],)*$ ([Ā-ſ]*[a-z],)*$ (?a:\w*)(?u:\w*)$ (?i)^(k+\u212a?,)*$
    (?i)^(?:i*\u0130)*x (?:x*y|x*z)*w (?:x*y|z)*w (?:a(?:b|)(?:|c),)*x (?:ab|ac|a)+! (?:a|b|[ab]c)*d (?:\b|a)*b (?:a|)*b
"""
"""Patterns that stand at the borders of what bounds them: what follows a repeat begins as it does, or nearly so."""


@pytest.mark.parametrize("pattern", TRICKY.split())
def test_bound_of_a_pattern_holds_where_parts_are_nearly_alike(pattern: str) -> None:
    parsed = parse_pattern(pattern)
    units = ["a", "ab", "a,", "ab,", ",", "x", "k", "\u212a", "\u0130", "é", "a\n", "a.b,", "xy"]
    for unit in units if parsed.longest > 0 else ():
        for end in ("", "!", "\n\n"):
            text = (unit * parsed.longest)[: parsed.longest - len(end)] + end
            began = time.thread_time()
            parsed.fits(text)
            assert time.thread_time() - began < 0.2, (unit, end)


@pytest.mark.parametrize(
    ("pattern", "least"),
    [
        ("[a-z]+", LENGTHS[-1]),
        ("[a-zA-Z][a-zA-Z0-9_-]*", LENGTHS[-1]),
        ("^[a-z][a-z0-9-]{0,62}$", LENGTHS[-1]),
        ("(?i)^[a-z][a-z0-9-]*$", LENGTHS[-1]),
        ("[a-z]([-a-z0-9]*[a-z0-9])?", 10_000),
        ("^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-zA-Z]{2,}$", 255),
        ("([0-9a-f]{2}:){5}[0-9a-f]{2}", 1_000),
        (r"^(\d{1,3}\.){3}\d{1,3}$", 10_000),
        (r"((25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)\.){3}(25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)", 10_000),
        (r"^[\w.+-]+@[\w-]+\.[\w.-]+$", 10_000),
        (r"[^@\s]+@[^@\s]+\.[^@\s]+", 255),
        (r"^ssh-(rsa|ed25519) [A-Za-z0-9+/]+={0,3}( [^@]+@[^@]+)?$", 1_000),
        ("^[a-z]+(,[a-z]+)*$", 255),
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

    for module in (pattern_cost, pattern_texts, pattern_tree):
        monkeypatch.setattr(module, *(("parser", None) if missing == "parser" else ("codes", Others())))
    parsed = parse_pattern(f"^({missing}[a-z]*)?[a-z]{{0,9}}$")
    assert parsed.longest == -1
    assert matches(parsed, "abc")
    assert not matches(parsed, "abc!")
    assert find_slow_text(f"^({missing}|[a-z]+)$") is None


def test_tree_of_this_python_has_the_shape_that_is_known() -> None:
    assert find_longest(r"(?i:a)[^b](c|de)*f+?(?=i)(?!j)(?<=k)(?<!l)(m).^$\b") > 0
    texts = find_texts(r"(?i:a)[^b](c|de){2}(?>h)(?=i)(?!j)(?<=k)(?<!l)(m)\1(?(1)n|o).^\b(?!)g++$")
    assert {each.beginning for each in texts if each.repeated == "g"} == {"aacchma"}


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+" * 400, "a?" * 1000, "x*" * 1000, "(a|(a|(a|(a|b))))" * 100, "((" * 150 + "a" + "*)*)" * 150,
        "(?=a*)" * 300, "(?<=ab|bb)*" * 150, "((((a?){30}){30}){30}){30}", "(((()*)*){9}){9}" * 100, "[a-z]?" * 300,
        "(?:" + "|".join("abcdefgh" * 80) + ")+$", "(a{1,30}b{1,30}){1,30}$", r"(\w\W|\d\D|\s\S)+" * 100, "a" * 1999,
        "(" * 150 + "a+" + ")*" * 150, "(?:" * 100 + "a" + ",)*" * 100 + "$", "(?:a|" * 100 + "b" + ")*" * 100 + "$",
    ],
)  # fmt: skip
def test_no_pattern_takes_long_to_look_into(pattern: str) -> None:
    assert len(pattern) <= MAX_PATTERN
    assert count_steps(lambda: (find_longest(pattern), find_texts(pattern))) < 1_000_000


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
