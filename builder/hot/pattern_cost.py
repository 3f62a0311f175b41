"""What it costs at most to try a regular expression on a text of some length.

Python's engine backtracks: what one part of a pattern can match in several ways is tried in each of them with all that
follows. So two things are counted of each part: the steps that it takes by itself, and in how many *ways* the engine
goes on from it, each of which costs the steps of what follows.

Most repeats of real patterns have one way only, since what they repeat cannot be what follows: ``[a-z]+`` before a
comma may end in many places, but before the last of them comes a letter, which the comma refuses at once. So each part
is told which characters may come ``after`` it, and what it costs to be refused by what follows (``refusal``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from builder.hot.pattern_tree import END, MISSHAPEN, NEWLINE, codes, combine_flags, find_set, is_single, parser

STEPS: Final = 1_000_000
"""The most steps that one text may take beside everything else: of 22,000 patterns that were tried, the slowest took
some five milliseconds for so many."""

LENGTHS: Final = (16, 32, 64, 128, 256, 512, 1_024, 4_096, 16_384, 65_536)
"""In characters: the lengths that are tried as bounds. No longer text is tried beside everything else."""

_MAX_VISITS: Final = 3_000
"""How many nodes may be looked at for one length, as a rule some tens: ten milliseconds."""

_ROUND: Final = 8
"""In steps, beside one for each group: what the engine keeps to go back to, in each round or alternative."""


class NotBoundedError(Exception):
    """It may take more than :data:`STEPS`, or nothing can be said."""


@dataclass(frozen=True, slots=True)
class _Cost:
    """Of a part and a text of some length; ``first`` are the characters that can come where it begins."""

    first: int
    ways: int
    steps: int


def find_longest(pattern: str) -> int:
    """The length, in characters, of the longest text that takes no more than :data:`STEPS`; -1 for none."""
    longest = -1
    try:
        tree = parser.parse(pattern)
        for length in LENGTHS:
            _Measure(length, tree.state.groups).sequence(tree, tree.state.flags, length, 0, 0)
            longest = length
    except (NotBoundedError, RecursionError, *MISSHAPEN):
        pass
    return longest


class _Measure:
    """One walk over a tree, for texts of up to ``longest`` characters.

    Its methods are told how many characters there are at most, none where what follows refuses the next one.
    """

    def __init__(self, longest: int, groups: int) -> None:
        self._longest = longest
        self._round = _ROUND + groups
        self._visits = 0

    def sequence(self, items: Any, flags: int, length: int, after: int, refusal: int) -> _Cost:
        ways, steps = 1, 0
        for code, value in reversed(_join_runs(items, flags)):
            refused = self._part(code, value, flags, 0, after, 0)
            cost = self._part(code, value, flags, length, after, refusal) if length else refused
            steps = cost.steps + cost.ways * steps
            ways *= cost.ways
            if steps > STEPS or ways > STEPS:
                raise NotBoundedError
            refusal = refused.steps + refused.ways * refusal
            after = cost.first
        return _Cost(after, ways, steps)

    def _part(self, code: Any, value: Any, flags: int, length: int, after: int, refusal: int) -> _Cost:
        self._visits += 1
        if self._visits > _MAX_VISITS:
            raise NotBoundedError
        if isinstance(value, _Run):
            return _measure_run(value, length, after, refusal)
        if code is codes.SUBPATTERN:
            _, added, removed, items = value
            cost = self.sequence(items, combine_flags(flags, added, removed), length, after, refusal)
            return _Cost(cost.first, cost.ways, cost.steps + 2)
        if code is codes.BRANCH:
            return self._branch(value[1], flags, length, after, refusal)
        if code in (codes.MAX_REPEAT, codes.MIN_REPEAT):
            least, most, items = value
            if (least, most) == (0, 1):
                return self._branch([items, ()], flags, length, after, refusal)
            return self._loop(value, flags, length, after, refusal)
        if code is codes.AT:
            is_end = value in (codes.AT_END, codes.AT_END_STRING)
            return _Cost(END | NEWLINE if is_end else after, 1, 1)
        if code in (codes.ASSERT, codes.ASSERT_NOT):
            return _Cost(after, 1, self.sequence(value[1], flags, self._longest, 0, 0).steps + 2)
        raise NotBoundedError  # back references, what is atomic, and what another Python may have

    def _branch(self, parts: Sequence[Any], flags: int, length: int, after: int, refusal: int) -> _Cost:
        """Alternatives: one that the next character chooses, or each in its ways."""
        costs = [self.sequence(items, flags, length, after, refusal) for items in parts]
        first = together = 0
        for cost in costs:
            together |= first & cost.first
            first |= cost.first
        steps = sum(cost.steps + self._round for cost in costs)
        if together or not length:
            return _Cost(first, sum(cost.ways for cost in costs), steps)
        refused = sum(self.sequence(items, flags, 0, after, 0).ways for items in parts)
        return _Cost(first, max(cost.ways for cost in costs), steps + refused * refusal)

    def _loop(self, value: Any, flags: int, length: int, after: int, refusal: int) -> _Cost:
        """A repeat of more than one character. One that takes nothing is the last, once there are enough of them."""
        least, most, items = value
        width = items.getwidth()[0]
        rounds = min(most, length // width if width else least + length + 1)
        if length:
            refused = self._loop(value, flags, 0, after, 0)
            body = self.sequence(items, flags, length, after | refused.first, refused.steps + refused.ways * refusal)
        else:
            body = self.sequence(items, flags, 0, after, 0)
        ways, steps = 0, 0
        if body.ways == 1:
            ways, steps = max(rounds - least + 1, 0), (rounds + 1) * (body.steps + self._round)
            if width and not body.first & after:  # the next character tells whether to go round again
                ways, steps = min(ways, 1), steps + rounds * refusal
        else:
            entered = 1
            for number in range(rounds + 1):
                steps += entered * (body.steps + self._round)
                ways += entered * (number >= least)
                entered *= body.ways
                if not entered:
                    break
                if steps > STEPS:
                    raise NotBoundedError
        return _Cost(body.first | (0 if least else after), ways, steps)


@dataclass(frozen=True, slots=True)
class _Run:
    """So many characters of a set, in a row, which cost so much each."""

    taken: int
    least: int
    most: int
    weight: int

    def is_follower_of(self, other: _Run) -> bool:
        return other.least < other.most and self.least == self.most and not self.taken & ~other.taken


def _measure_run(run: _Run, length: int, after: int, refusal: int) -> _Cost:
    count = min(run.most, length)
    first = run.taken if run.least else run.taken | after
    steps = run.weight * (count + 1)
    ways = max(count - run.least + 1, 0)
    if run.taken & after:
        return _Cost(first, ways, steps + ways)
    return _Cost(first, min(ways, 1), steps + ways * (1 + refusal))


def _join_runs(items: Any, flags: int) -> list[tuple[Any, Any]]:
    """The nodes of a sequence; those that take one character, or repeat one, as runs.

    What follows a run in a fixed number, of characters that are all in it, is taken for a part of it, with no fewer
    ways: ``[a-z0-9-]*[a-z0-9]`` ends where ``[a-z0-9-]+`` does, or not at all.
    """
    joined: list[tuple[Any, Any]] = []
    for code, value in items:
        run = _find_run(code, value, flags)
        last = joined[-1][1] if joined else None
        if run is not None and isinstance(last, _Run) and run.is_follower_of(last):
            run = _Run(last.taken, last.least + run.least, last.most + run.most, last.weight + run.weight * run.most)
            joined.pop()
        joined.append((code, value if run is None else run))
    return joined


def _find_run(code: Any, value: Any, flags: int) -> _Run | None:
    least = most = 1
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT) and len(value[2]) == 1:
        least, most, ((code, value),) = value
    if not is_single(code):
        return None
    return _Run(find_set(code, value, flags), least, int(most), len(value) if code is codes.IN else 1)
