"""An automaton that counts the ways that Python's engine has through a text, and with them what it does at most.

The engine tries one way after another until one fits, so the number of ways bounds its work. A position is one place
of a pattern that takes a character; edges between positions say in how many ways the engine gets from one to the other
without taking any.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from builder.hot.pattern_sets import split

MAX_OPERATIONS: Final = 20_000
"""Additions that may be made to find one bound: some milliseconds."""

_MAX_COMPARISONS: Final = 60_000
"""Of sets of characters, which are quicker."""


class NotBoundedError(Exception):
    """Nothing can be said of a pattern, or not for a reasonable price."""


@dataclass(frozen=True, slots=True)
class Automaton:
    """Positions with the characters that each takes, the ways between them, and what it costs to try them.

    The last position is the start, which nothing leads to. ``exits`` are the ways from each to the end of the pattern.
    """

    sets: Sequence[int]
    follow: Sequence[Mapping[int, float]]
    exits: Sequence[float]
    costs: Sequence[float]
    excluded: int
    inner: Mapping[int, tuple[Iterable[Any], int]]
    """Parts that a certain automaton does not see into, with their flags: each is a pattern of its own."""
    is_greedy: bool
    """Whether the engine tries to take a character before it does without one, everywhere."""
    work: int
    """What it took to make, in edges."""

    @property
    def start(self) -> int:
        """The position that a text begins at."""
        return len(self.sets) - 1

    @property
    def is_plain(self) -> bool:
        """Whether no text has more than one way at a time, so that the work grows as the text does."""
        for edges in self.follow:
            taken = 0
            for position, ways in edges.items():
                if ways > 1 or taken & self.sets[position]:
                    return False
                taken |= self.sets[position]
        return True

    def count_steps(self) -> Iterator[list[float]]:
        """The steps that the engine makes at most from each position on, with no character left, with one, and so on.

        Ends after :data:`MAX_OPERATIONS`.
        """
        left = MAX_OPERATIONS
        choices = self._find_choices()
        left -= sum(len(choice) for each in choices for choice in each)
        steps = list(self.costs)
        while left > 0:
            yield steps
            left -= 10  # what it takes whatever there is to add
            following = []
            for cost, each in zip(self.costs, choices, strict=True):
                most = 0.0
                for choice in each:
                    most = max(most, sum([ways * steps[position] for position, ways in choice]))
                    left -= len(choice) + 1
                following.append(cost + most)
            steps = following

    def _find_choices(self) -> list[list[tuple[tuple[int, float], ...]]]:
        """The edges that one next character can take, from each position, for each such character."""
        classes = split(self.sets)
        if sum(map(len, self.follow)) * len(classes) > _MAX_COMPARISONS:
            raise NotBoundedError
        choices: list[list[tuple[tuple[int, float], ...]]] = []
        for edges in self.follow:
            taken = 0
            for position in edges:
                taken |= self.sets[position]
            if len(edges) < 2:
                choices.append([tuple(edges.items())])
                continue
            found = {
                tuple((position, ways) for position, ways in edges.items() if self.sets[position] & each)
                for each in classes
                if each & taken
            }
            choices.append(list(found))
        return choices
