"""Whether some text is certain to keep Python's engine busy for ever over a pattern: such a text is looked for.

It is made character by character, each the one that leads where most ways may come together, and the ways that the
engine takes are counted on the way. They all are taken only if the text fits in none of them, so its end is chosen for
that. What is found is true; what is not found may still be so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from builder.hot.pattern_automaton import MAX_OPERATIONS, Automaton, NotBoundedError
from builder.hot.pattern_building import MAX_WORK, WITNESS_LENGTH, build_automaton
from builder.hot.pattern_sets import ASCII, END, OTHER

FOR_EVER: Final = 1e9
"""In steps: half a minute at the very least, and with each further character of the text more."""

_Ways = Mapping[int, float]
"""In how many ways the engine gets to each position."""


def may_be_slow(automaton: Automaton) -> tuple[bool, int]:
    """Whether an automaton that has too many ways rather than too few has as many as a slow pattern, and at what cost.

    The cost is in edges made and in additions.
    """
    cost = automaton.work
    if automaton.is_plain:
        return False, cost
    for length, steps in enumerate(automaton.count_steps()):
        cost += len(steps)
        if steps[automaton.start] > FOR_EVER or length == WITNESS_LENGTH:
            return steps[automaton.start] > FOR_EVER, cost
    return True, cost  # nobody knows


def is_slow(items: Iterable[Any], flags: int) -> tuple[bool, int]:
    """Whether a text of :data:`WITNESS_LENGTH` is found that takes :data:`FOR_EVER`, and at what cost."""
    cost = 0
    seen: set[int] = set()
    parts = [(items, flags)]
    while parts and cost < MAX_OPERATIONS:
        try:
            automaton = build_automaton(*parts.pop(), certain=True)
        except NotBoundedError:
            cost += MAX_WORK
            continue
        search = _Search(automaton)
        if search.finds_witness():
            return True, cost + search.cost
        cost += automaton.work + search.cost
        parts += [part for number, part in automaton.inner.items() if number not in seen]
        seen |= automaton.inner.keys()
    return False, cost


class _Search:
    """One search; ``cost`` counts the additions that it has made."""

    def __init__(self, automaton: Automaton) -> None:
        self._automaton = automaton
        self._usable = [each for each in automaton.classes() if each & ASCII & ~automaton.excluded]
        self.cost = 0

    def finds_witness(self) -> bool:
        futures = self._count_futures()
        ways: _Ways = {self._automaton.start: 1.0}
        steps = 0.0
        for length in range(WITNESS_LENGTH):
            ahead = futures[max(len(futures) - 1 - length, 0)]
            best: _Ways = {}
            most = 0.0
            for each in self._usable:
                following = self._follow(ways, each)
                promise = sum(number * ahead[position] for position, number in following.items())
                if promise > most and not self._fits(following):
                    best, most = following, promise
            if not best or self.cost > MAX_OPERATIONS:
                return False
            ways = best
            steps += sum(ways.values())
            if steps > FOR_EVER and self._can_fail(ways):
                return True
        return False

    def _count_futures(self) -> list[list[float]]:
        """What may come of each position, by the number of characters that are left."""
        futures = []
        for steps in self._automaton.count_steps():
            futures.append(steps)
            self.cost += len(steps)
            if len(futures) > WITNESS_LENGTH or steps[self._automaton.start] > FOR_EVER**2:
                break
        return futures

    def _follow(self, ways: _Ways, characters: int) -> _Ways:
        found: dict[int, float] = {}
        for source, number in ways.items():
            edges = self._automaton.follow[source]
            self.cost += len(edges)
            for target, more in edges.items():
                if self._automaton.sets[target] & characters:
                    found[target] = found.get(target, 0.0) + number * more
        return found

    def _fits(self, ways: _Ways) -> bool:
        """Whether the pattern may end here, whatever comes."""
        return any(self._automaton.exits[position] for position in ways)

    def _can_fail(self, ways: _Ways) -> bool:
        """Whether the text can go on, or end here, so that the pattern does not fit it."""
        return any(
            not self._fits(following) and not self._fits_at_end(following)
            for following in (ways, *(self._follow(ways, each) for each in (OTHER, *self._usable)))
        )

    def _fits_at_end(self, ways: _Ways) -> bool:
        seen: set[int] = set()
        while ways.keys() - seen:
            if self._fits(ways):
                return True
            seen |= ways.keys()
            ways = self._follow(ways, END)
        return False
