"""Random patterns on hostile values: nothing holds the interpreter's lock, and nothing holds a build.

A short run by default; ``FUZZ_PATTERNS=100000 pytest -m fuzz tests/fuzz/test_patterns.py`` makes it a long one, of
an hour.
"""

from __future__ import annotations

import os
import random
import re
import time
import warnings

import pytest

from builder.hot.pattern_texts import LONGEST, find_texts
from builder.hot.patterns import Pattern, parse_pattern
from builder.pattern_matching.matching import MatchingTimeoutError, limited, matches
from builder.pattern_matching.slow_patterns import find_slow_text
from tests.samples import share_of

PATTERNS = int(os.environ.get("FUZZ_PATTERNS", share_of(500)))
SEED = int(os.environ.get("FUZZ_SEED", "1"))

LOCK_SECONDS = 0.05
"""How long one text, with all that is found out about its pattern, may hold the interpreter's lock."""

BUILD_SECONDS = 0.5
"""What the answers of a build may take, of a processor; a build then ends within a second."""

if "FUZZ_PATTERNS" in os.environ:
    pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(4 * 3600)]
else:
    pytestmark = [pytest.mark.generated, pytest.mark.timeout(300)]

ATOMS = ["a", "b", "x", "ab", "[ab]", r"\w", ".", "[^b]", r"\s", "[a-z]", "[a-c0-9]", "(?:ab)", "é", "[é-ö]", r"\W"]
OPENINGS = ["(", "(?:", "(?>", "(?=", "(?!", "(?i:", "(?s:", "(?-i:", "(?a:"]
PLACES = ["(?<=a)", "(?<!b)", "(?<=ab|bb)", r"\b", "^", "$", r"\Z", "(?#()", r"\B"]
REFERENCES = [r"\1", "(?(1)a|b)", r"\2", "(?(1)a*)"]
QUANTIFIERS = [
    "",
    "",
    "",
    "*",
    "+",
    "?",
    "*?",
    "+?",
    "??",
    "{2}",
    "{0,3}",
    "{2,}",
    "{5}",
    "{30}",
    "*+",
    "++",
    "{1,200}",
]
FLAGS = ["(?i)", "(?s)", "(?x)", "(?m)", "(?a)", "(?ix)", "(?#(c)"]
UNITS = ["a", "b", "ab", "aab", "a b", "abc", "aaaab", "ba", " ", "x", "aé", "\n", "A", "\u212a"]


def make_pattern(chance: random.Random) -> str:
    pattern = _make_sequence(chance, 0)
    if chance.random() < 0.5:
        pattern = "^" + pattern
    if chance.random() < 0.7:
        pattern += chance.choice(["$", "x", "!", r"\Z", "b"])
    return (chance.choice(FLAGS) if chance.random() < 0.15 else "") + pattern


def _make_sequence(chance: random.Random, depth: int) -> str:
    count = chance.choice([1, 1, 2, 2, 3, 4])
    return "".join(_make_atom(chance, depth) + chance.choice(QUANTIFIERS) for _ in range(count))


def _make_atom(chance: random.Random, depth: int) -> str:
    kind = chance.random()
    if kind < 0.45 or depth > 3:
        return chance.choice(ATOMS)
    if kind < 0.8:
        return chance.choice(OPENINGS) + _make_sequence(chance, depth + 1) + ")"
    if kind < 0.88:
        return chance.choice(PLACES)
    if kind < 0.92:
        return chance.choice(REFERENCES)
    end = chance.choice([")", ")", "|)"])
    return "(" + _make_sequence(chance, depth + 1) + "|" + _make_sequence(chance, depth + 1) + end


def make_value(chance: random.Random, length: int) -> str:
    unit = chance.choice(UNITS)
    body = (unit * (length // len(unit) + 1))[: max(length - 1, 0)]
    return body + chance.choice(["!", "x", "\n", unit[0]])


def make_values(chance: random.Random, pattern: str, length: int) -> list[str]:
    """Values of a length: of one unit each, and such as lead to a repeat and go round it until the end."""
    texts = find_texts(pattern)
    hostile = chance.sample(texts, min(4, len(texts)))
    repeated = [
        (each.beginning + each.repeated * (length // len(each.repeated)))[: max(length - len(each.end), 0)] + each.end
        for each in hostile
    ]
    return [make_value(chance, length), *(each[:length] for each in repeated)]


def read(chance: random.Random) -> Pattern | None:
    pattern = make_pattern(chance)
    try:
        with warnings.catch_warnings(action="ignore"):
            return parse_pattern(pattern)
    except (re.error, OverflowError, RecursionError):
        return None


def test_random_pattern_holds_the_lock_no_longer_than_it_may() -> None:
    chance = random.Random(SEED)
    tried = slowest = left = 0.0
    while tried < PATTERNS:
        if (pattern := read(chance)) is None:
            continue
        tried += 1
        lengths = [pattern.longest, chance.choice([20, 41, 100, 5_000])]
        for value in (each for length in lengths if length >= 0 for each in make_values(chance, pattern.text, length)):
            if len(value) > pattern.longest:
                left += 1
                continue
            began = time.thread_time()
            matches(pattern, value)
            taken = time.thread_time() - began
            slowest = max(slowest, taken)
            assert taken < LOCK_SECONDS, (pattern.text, value[:100], len(value))
    print(f"\n{tried:,.0f} patterns: {slowest * 1000:.1f} ms at most, {left:,.0f} values left to another process")


def test_random_pattern_is_looked_into_in_no_time() -> None:
    chance = random.Random(SEED)
    tried = slowest = 0.0
    while tried < PATTERNS:
        if (pattern := read(chance)) is None:
            continue
        tried += 1
        began = time.thread_time()
        assert pattern.longest >= -1
        assert all(len(each.write_out()) <= LONGEST for each in find_texts(pattern.text))
        taken = time.thread_time() - began
        slowest = max(slowest, taken)
        assert taken < 6 * LOCK_SECONDS, pattern.text  # never where a request waits
    print(f"\n{tried:,.0f} patterns: the slowest took {slowest * 1000:.1f} ms to look into")


def test_random_pattern_takes_what_python_takes_or_ends_with_its_time() -> None:
    chance = random.Random(SEED)
    tried = ended = 0
    slowest = 0.0
    while tried < PATTERNS // 20:
        if (pattern := read(chance)) is None:
            continue
        tried += 1
        value = make_value(chance, chance.choice([20, 41, 100, 5_000, 70_000]))
        before = time.process_time()
        try:
            with limited(BUILD_SECONDS):
                taken = matches(pattern, value)
        except MatchingTimeoutError:
            ended += 1
            taken = None
        slowest = max(slowest, time.process_time() - before)
        assert time.process_time() - before < LOCK_SECONDS * 3, pattern.text  # what this process itself has done
        if taken is not None:
            assert taken is pattern.fits(value), (pattern.text, value)
    print(f"\n{tried:,} patterns: {ended} took too long; the slowest held this process {slowest * 1000:.1f} ms")


def test_pattern_that_is_said_to_be_slow_is_so() -> None:
    chance = random.Random(SEED)
    tried = slow = 0
    while slow < PATTERNS // 100:
        if (pattern := read(chance)) is None:
            continue
        tried += 1
        found = find_slow_text(pattern.text)
        if found is None:
            continue
        slow += 1
        assert len(found.write_out()) > pattern.longest, pattern.text
        with limited(0.2), pytest.raises(MatchingTimeoutError):
            pytest.fail(f"{pattern.text!r} {matches(pattern, found.write_out())} {found!r}")
    print(f"\n{tried} patterns; {slow} are slow, each with a value that keeps it busy")
