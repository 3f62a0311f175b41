"""From a pattern's tree to its automaton.

Which way it may err is asked for:

* :attr:`Kind.MOST` has at least as many ways as the engine: anchors and assertions always hold, what is atomic is tried
  again, a back reference takes any text, each condition holds and does not;
* :attr:`Kind.CERTAIN` has only ways that the engine has indeed, for texts of ASCII characters without excluded ones;
* :attr:`Kind.TEXTS` takes at least the texts that the pattern takes, in any number of ways. As in the former, the end
  of a text is something to take.

The tree comes from Python's own parser, which is not public: whatever is met that is not known here raises
NotBoundedError.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from re import RegexFlag
from typing import Any, Final

from builder.hot.pattern_automaton import Automaton, NotBoundedError
from builder.hot.pattern_sets import ANYTHING, END, FOLDED_FROM_AFAR, NEWLINE, codes, find_set

WITNESS_LENGTH: Final = 64
"""In characters: of the longest text that a certain automaton is asked about."""

MAX_POSITIONS: Final = 2_000
"""As many as the longest pattern that is judged has characters; with repeats written out, a few milliseconds."""

MAX_WORK: Final = 12_000
"""Edges that may be made: ten milliseconds at most. A part of a pattern counts as some, each copy too."""

_PART: Final = 6
"""What a part counts, beside its edges."""

MAX_COPIES: Final = 128
"""In positions: what is repeated a number of times is written out as often, up to so many."""

_MAX_COST_BEHIND: Final = 1_000
"""In steps: what a look behind may cost at each place where it is tried."""

_COPIES_ENOUGH: Final = 12
"""Of what may take nothing, so many make as many ways as it takes to be slow; of one character, they make no fewer."""

_ENDLESS: Final = 1 << 32
"""Stands for the number of a repetition without end."""

_TYPES: Final = RegexFlag.ASCII | RegexFlag.LOCALE | RegexFlag.UNICODE

_SINGLE: Final = (codes.LITERAL, codes.NOT_LITERAL, codes.ANY, codes.IN) if codes else ()
"""What takes one character."""


class Kind(Enum):
    """What an automaton is for."""

    MOST = auto()
    CERTAIN = auto()
    TEXTS = auto()


@dataclass(slots=True)
class _Part:
    """A part of a pattern: ways to its first positions, from its last ones, and through it without a character."""

    entry: dict[int, float] = field(default_factory=dict)
    leave: dict[int, float] = field(default_factory=dict)
    empty: float = 0.0


def build_automaton(items: Iterable[Any], flags: int, kind: Kind = Kind.MOST) -> Automaton:
    """Build the automaton of a pattern's tree, or of a part of one.

    Raises NotBoundedError.
    """
    builder = _Builder(kind)
    try:
        whole = builder.sequence(items, flags, first=True)
    except (AttributeError, TypeError, ValueError, LookupError) as error:  # a tree of another shape
        raise NotBoundedError from error
    exits = [whole.leave.get(position, 0.0) for position in range(len(builder.sets))]
    follow = [*builder.follow, whole.entry]
    weights = builder.weights
    costs = [
        (1.0 + out + sum(ways * weights[position] for position, ways in edges.items())) * (1 + builder.passed)
        for edges, out in zip(follow, [*exits, whole.empty], strict=True)
    ]
    return Automaton(
        sets=[*builder.sets, 0],
        follow=follow,
        exits=[*exits, whole.empty],
        costs=costs,
        excluded=builder.excluded,
        inner=builder.inner,
        is_greedy=builder.is_greedy,
        work=builder.work,
    )


class _Builder:
    """One walk over a tree; ``passed`` counts what the engine passes without taking a character."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.certain = kind is Kind.CERTAIN
        self.sets: list[int] = []
        self.weights: list[int] = []
        self.follow: list[dict[int, float]] = []
        self.passed = 0
        self.excluded = 0
        self.inner: dict[int, tuple[Iterable[Any], int]] = {}
        self._behind: dict[int, int] = {}
        self.is_greedy = True
        self.work = 0

    def sequence(self, items: Iterable[Any], flags: int, *, first: bool = False) -> _Part:
        whole = _Part(empty=1.0)
        for code, value in items:
            whole = self._then(whole, self._item(code, value, flags, first))
            first = False
        return whole

    def _item(self, code: Any, value: Any, flags: int, first: bool) -> _Part:
        self._count(_PART)
        if code in _SINGLE:
            if flags & RegexFlag.IGNORECASE:
                self.excluded |= FOLDED_FROM_AFAR  # sets may hold these without taking them
            return self._position(find_set(code, value, flags), len(value) if code is codes.IN else 1)
        self.passed += 1
        self.is_greedy &= code not in (codes.BRANCH, codes.MIN_REPEAT)
        if code is codes.SUBPATTERN:
            _, added, removed, items = value
            if added & _TYPES:  # within a group such as ``(?a:…)`` one of them replaces the others
                flags &= ~_TYPES
            return self.sequence(items, (flags | added) & ~removed, first=first)
        if code is codes.BRANCH:
            return self._either([self.sequence(items, flags, first=first) for items in value[1]])
        if code in (codes.MAX_REPEAT, codes.MIN_REPEAT):
            return self._repeat(value, flags)
        if code is codes.AT:
            return self._anchor(value, first)
        if code is codes.FAILURE:
            return _Part()
        return self._guarded(code, value, flags) if self.certain else self._unguarded(code, value, flags)

    def _unguarded(self, code: Any, value: Any, flags: int) -> _Part:
        """What has more ways here than in the engine."""
        if code is codes.ATOMIC_GROUP:
            return self.sequence(value, flags)
        if code is codes.POSSESSIVE_REPEAT:
            return self._repeat(value, flags)
        if code in (codes.ASSERT, codes.ASSERT_NOT):
            direction, items = value
            if self.kind is Kind.TEXTS:
                return _Part(empty=1.0)
            if direction < 0:
                self.passed += self._cost_behind(items, flags)
                return _Part(empty=1.0)
            return _Part(self.sequence(items, flags).entry, {}, 1.0)  # its ways are gone, and lead nowhere
        if code is codes.GROUPREF:
            return self._loop(self._position(ANYTHING, 1), least=0)
        if code is codes.GROUPREF_EXISTS:
            _, present, absent = value
            return self._either([self.sequence(present, flags), self.sequence(absent or (), flags)])
        raise NotBoundedError

    def _guarded(self, code: Any, value: Any, flags: int) -> _Part:
        """What has fewer ways here than in the engine: none, unless it is certain to be passed without a character."""
        is_assertion = code in (codes.ASSERT, codes.ASSERT_NOT)
        if not is_assertion and code not in (codes.ATOMIC_GROUP, codes.POSSESSIVE_REPEAT):
            return _Part()
        items = value[1] if is_assertion else [(codes.MAX_REPEAT, value)] if code is codes.POSSESSIVE_REPEAT else value
        if code is codes.ATOMIC_GROUP and all(each in _SINGLE for each, _ in items):
            return self.sequence(items, flags)  # in one way at most
        self.inner[id(value)] = items, flags
        texts = build_automaton(items, flags, Kind.TEXTS)
        self._count(texts.work)
        if is_assertion:
            is_passed = code is codes.ASSERT_NOT and value[0] > 0 and not texts.exits[texts.start]
        else:
            is_passed = self.sequence(items, flags).empty > 0
        if not is_passed:
            return _Part()
        for position in texts.follow[texts.start]:
            self.excluded |= texts.sets[position]
        return _Part(empty=1.0)

    def _anchor(self, where: Any, first: bool) -> _Part:
        if self.kind is Kind.MOST:
            return _Part(empty=1.0)
        if where in (codes.AT_END, codes.AT_END_STRING):
            self.excluded |= NEWLINE  # ``$`` holds before one, too
            return self._position(END, 1)
        if self.kind is Kind.TEXTS:
            return _Part(empty=1.0)
        is_start = where in (codes.AT_BEGINNING, codes.AT_BEGINNING_STRING) and first
        return _Part(empty=1.0 if is_start else 0.0)

    def _repeat(self, value: Any, flags: int) -> _Part:
        least, most, items = value
        most = _ENDLESS if most is codes.MAXREPEAT else most
        before = len(self.sets)
        body = self.sequence(items, flags)
        size = len(self.sets) - before
        if most == 0:
            return _Part(empty=1.0)
        if most == 1:
            return body if least else self._either([body, _Part(empty=1.0)])
        if self.kind is Kind.TEXTS and body.empty:
            return self._loop(body, 0)
        if self.certain and body.empty:  # the repeats that are left out can all be empty, or left out
            more = min(most - least, _COPIES_ENOUGH)
            least = min(least, _COPIES_ENOUGH)
            most = most if most == _ENDLESS else least + more
        copies = least if most == _ENDLESS else most
        is_run = size == 1 and most - least > _COPIES_ENOUGH and not self.certain
        if is_run or size * copies > MAX_COPIES or copies > MAX_COPIES:
            return self._loop_roughly(body, least, most, least * items.getwidth()[0])
        parts = [body, *(self.sequence(items, flags) for _ in range(copies - 1))] if copies else [body]
        if most == _ENDLESS:  # so many, and then any number of more
            if copies < 2:
                return self._loop(body, least)
            whole = self._loop(self.sequence(items, flags), 0)
        else:
            whole = _Part(empty=1.0)
        for number, part in reversed(list(enumerate(parts))):
            if number < least:
                whole = self._then(part, whole)
                continue
            empty = 0.0 if self.certain else part.empty  # no more repeats come after one that takes nothing
            whole = self._either([self._then(_Part(part.entry, part.leave, empty), whole), _Part(empty=1.0)])
        return whole

    def _loop_roughly(self, body: _Part, least: int, most: int, shortest: int) -> _Part:
        """A number of repeats that is too large to be written out; ``shortest`` is what they take, in characters."""
        if self.kind is Kind.MOST and body.empty and least > 1:  # those that take nothing can be anywhere
            raise NotBoundedError
        if self.certain and (body.empty or most < WITNESS_LENGTH // 2):
            return _Part()
        loop = self._loop(body, min(least, 1))
        is_out_of_reach = self.kind is not Kind.MOST and shortest > WITNESS_LENGTH + 1
        return _Part(loop.entry) if is_out_of_reach or (self.certain and least > 1) else loop

    def _loop(self, body: _Part, least: int) -> _Part:
        """Any number of repeats, or one at least.

        One that takes nothing is the last one: the engine goes round no further. It does so all the same after the
        first, where there must be one.
        """
        self._link(body.leave, body.entry)
        once_more = 1.0 + body.empty
        leave = {position: ways * once_more for position, ways in body.leave.items()}
        if not least:
            return _Part(body.entry, leave, once_more)
        entry = {position: ways * once_more for position, ways in body.entry.items()}
        return _Part(entry, leave, body.empty * once_more)

    def _then(self, one: _Part, other: _Part) -> _Part:
        self._link(one.leave, other.entry)
        entry = _add(one.entry, other.entry, one.empty)
        leave = _add(other.leave, one.leave, other.empty)
        self._count(len(entry) * bool(one.empty) + len(leave) * bool(other.empty))
        return _Part(entry, leave, one.empty * other.empty)

    def _either(self, parts: Sequence[_Part]) -> _Part:
        whole = _Part()
        for part in parts:
            self.passed += 1
            whole.entry.update(part.entry)
            whole.leave.update(part.leave)
            whole.empty += part.empty
        self._count(len(whole.entry))
        return whole

    def _position(self, taken: int, weight: int) -> _Part:
        self.sets.append(taken)
        self.weights.append(weight)
        self.follow.append({})
        if len(self.sets) > MAX_POSITIONS:
            raise NotBoundedError
        number = len(self.sets) - 1
        return _Part({number: 1.0}, {number: 1.0})

    def _link(self, sources: Mapping[int, float], targets: Mapping[int, float]) -> None:
        self._count(len(sources) * len(targets))
        for source, ways in sources.items():
            follow = self.follow[source]
            for target, more in targets.items():
                follow[target] = follow.get(target, 0.0) + ways * more

    def _cost_behind(self, items: Any, flags: int) -> int:
        """The steps that a look behind takes at most: all that it takes has one length."""
        cost = self._behind.get(id(items), -1)
        if cost < 0:
            automaton = build_automaton(items, flags)
            for steps, _ in zip(automaton.count_steps(), range(items.getwidth()[1] + 1), strict=False):
                cost = int(steps[automaton.start])
                if cost > _MAX_COST_BEHIND:
                    raise NotBoundedError
            self._behind[id(items)] = cost
            self._count(automaton.work)
        return cost

    def _count(self, edges: int) -> None:
        self.work += edges
        if self.work > MAX_WORK:
            raise NotBoundedError


def _add(one: dict[int, float], other: Mapping[int, float], times: float) -> dict[int, float]:
    return one | {position: ways * times for position, ways in other.items()} if times else one
