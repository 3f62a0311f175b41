"""Whether some text is certain to keep Python's engine busy for ever over a pattern: such a text is looked for.

It is made character by character, each the one that leads where most ways may come together, and the ways that the
engine takes are counted on the way. They all are taken only if the text fits in none of them, so its end is chosen for
that. What is found is true; what is not found may still be so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from builder.hot.pattern_automaton import MAX_OPERATIONS, Automaton, NotBoundedError
from builder.hot.pattern_building import MAX_WORK, WITNESS_LENGTH, Kind, build_automaton
from builder.hot.pattern_sets import ASCII, END, OTHER, split

FOR_EVER: Final = 1e9
"""In steps: half a minute at the very least, and with each further character of the text more."""

_STRANGE: Final = "\u2603"
"""A character that is none of ASCII."""

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


def is_slow(items: Any, flags: int) -> tuple[bool, int]:
    """Whether a text of :data:`WITNESS_LENGTH` is found that takes :data:`FOR_EVER`, and at what cost."""
    cost, shortest = 0, items.getwidth()[0]
    seen: set[int] = set()
    parts: list[tuple[Iterable[Any], int]] = [(items, flags)]
    while parts and cost < MAX_OPERATIONS:
        try:
            search = Search(*parts.pop(), shortest)
        except NotBoundedError:
            cost += MAX_WORK
            continue
        if search.find_witness():
            return True, search.cost + cost
        cost += search.cost
        parts += [part for number, part in search.inner.items() if number not in seen]
        seen |= search.inner.keys()
        shortest = 0
    return False, cost


class Search:
    """One search; ``cost`` counts the edges that were made for it, and the additions that it has made.

    No text is tried at all that has fewer than the ``shortest`` number of characters that the pattern takes. ``inner``
    are parts that are not seen into.

    Raises NotBoundedError.
    """

    def __init__(self, items: Iterable[Any], flags: int, shortest: int) -> None:
        self._automaton = build_automaton(items, flags, Kind.CERTAIN)
        self._texts = build_automaton(items, flags, Kind.TEXTS)
        self._shortest = shortest
        sets = {*self._automaton.sets, *self._texts.sets}
        self._usable = [each for each in split(sets) if each & ASCII & ~self._automaton.excluded]
        self.inner = self._automaton.inner
        self.cost = self._automaton.work + self._texts.work

    def find_witness(self) -> str:
        """A text that keeps the engine busy for ever; empty where none is found."""
        futures = self._count_futures()
        ways: _Ways = {self._automaton.start: 1.0}
        reached: _Ways = {self._texts.start: 1.0}
        steps, text = 0.0, ""
        if self._fits(reached) and not self._texts.is_greedy:
            return ""  # the engine may begin with the empty text, and be content
        for length in range(WITNESS_LENGTH):
            ahead = futures[max(len(futures) - 1 - length, 0)]
            best, most, chosen = ways, 0.0, 0
            for each in self._usable:
                following = self._follow(self._automaton, ways, each)
                promise = sum(number * ahead[position] for position, number in following.items())
                if promise > most and not self._fits(self._follow(self._texts, reached, each)):
                    best, most, chosen = following, promise, each
            if not chosen or self.cost > 2 * MAX_OPERATIONS:
                return ""
            ways, reached = best, self._follow(self._texts, reached, chosen)
            steps += sum(ways.values())
            text += self._pick(chosen)
            if steps > FOR_EVER and length + 1 >= self._shortest and (end := self._find_end(reached)) is not None:
                return text + end
        return ""

    def _count_futures(self) -> list[list[float]]:
        """What may come of each position, by the number of characters that are left."""
        futures = []
        for steps in self._automaton.count_steps():
            futures.append(steps)
            self.cost += len(steps)
            if len(futures) > WITNESS_LENGTH or steps[self._automaton.start] > FOR_EVER**2:
                break
        return futures

    def _follow(self, automaton: Automaton, ways: _Ways, characters: int) -> _Ways:
        found: dict[int, float] = {}
        for source, number in ways.items():
            edges = automaton.follow[source]
            self.cost += len(edges)
            for target, more in edges.items():
                if automaton.sets[target] & characters:
                    found[target] = found.get(target, 0.0) + number * more
        return found

    def _fits(self, reached: _Ways) -> bool:
        """Whether the pattern may end here, whatever comes."""
        return any(self._texts.exits[position] for position in reached)

    def _find_end(self, reached: _Ways) -> str | None:
        """What the text ends with, so that the pattern does not fit it."""
        ends = [("", reached), (_STRANGE, self._follow(self._texts, reached, OTHER))]
        ends += [(self._pick(each), self._follow(self._texts, reached, each)) for each in self._usable]
        fail = (end for end, left in ends if not self._fits(left) and not self._fits_at_end(left))
        return next(fail, None)

    def _pick(self, characters: int) -> str:
        """One of the characters, the least."""
        usable = characters & ASCII & ~self._automaton.excluded
        return chr((usable & -usable).bit_length() - 1)

    def _fits_at_end(self, reached: _Ways) -> bool:
        seen: set[int] = set()
        while reached.keys() - seen:
            if self._fits(reached):
                return True
            seen |= reached.keys()
            reached = self._follow(self._texts, reached, END)
        return False
