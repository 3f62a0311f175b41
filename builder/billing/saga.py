"""What is done next to have a stack with its order, or neither: decided from what is known, and done by others.

Pure. Every effect ends in one of three ways: it is done, it definitely has no effect, or nobody knows. What is not
known is looked up where that is possible (a stack can be found by its name; orders cannot be listed), and otherwise
kept and told of, for money must not be lost sight of.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto

TRIES = 3
"""How often an effect is tried that may be repeated: adding a tag, deleting a stack or an order."""

LOOKS = 4
"""How often a stack is looked for whose creation gave no answer, within ten seconds."""

ABSENCES = 2
"""So often it must not be there before it counts as not created: the first look may come before Heat has written it."""


class Effect(Enum):
    """What the saga can do."""

    CREATE_ORDER = auto()
    TAG_NAME = auto()
    """Have the order name the stack, before that exists."""
    CREATE_STACK = auto()
    FIND_STACK = auto()
    """Look whether the stack was created; done: it was; failed: it is not there."""
    CONFIRM_STACK = auto()
    """Look whether the stack may be kept; failed: it has to give way to another one of the same request."""
    TAG_ID = auto()
    """Have the order tell the id of the stack, by which Concertim finds it."""
    DELETE_STACK = auto()
    DELETE_ORDER = auto()


class Outcome(Enum):
    """How an effect ended; failed: it definitely had no effect."""

    DONE = auto()
    FAILED = auto()
    UNKNOWN = auto()


class Thing(Enum):
    """What is known of a stack or an order."""

    NONE = auto()
    """It was not created yet."""
    REFUSED = auto()
    """It was not created, and will not be."""
    THERE = auto()
    UNSURE = auto()
    """It may be there."""
    DELETED = auto()


@dataclass(frozen=True, slots=True)
class Progress:
    """What is known so far of one order and its stack."""

    order: Thing = Thing.NONE
    stack: Thing = Thing.NONE
    naming: Outcome | None = None
    """How the order was told the stack's name; None: not yet. It is told once before the creation, and once after."""
    may_be_kept: Outcome | None = None
    """Whether the stack need not give way to another one; unknown where that could not be found out."""
    is_identified: bool = False
    """Whether the order tells the stack's id."""
    tries: int = 0
    """How often the present effect was tried in vain."""
    absences: int = 0
    """How often the stack was looked for and not there."""
    is_renamed: bool = False
    """Whether the name was told a second time, or tried to."""
    is_replay: bool = False
    """Whether an earlier request made both: they may be in use, and are never deleted here."""

    @property
    def gives_way(self) -> bool:
        """Whether the stack has to go for another one of the same request."""
        return self.may_be_kept is Outcome.FAILED

    @property
    def is_built(self) -> bool:
        """Whether there are a stack and an order that belong together and tell each other."""
        return self.stack is Thing.THERE and self.order is Thing.THERE and self.is_identified

    @property
    def left_order(self) -> bool:
        """Whether, at the end, an order is or may be there without all that belongs to it."""
        return self.order in (Thing.THERE, Thing.UNSURE) and not self.is_built

    @property
    def left_stack(self) -> bool:
        """Whether, at the end, a stack is or may be there without all that belongs to it."""
        return self.stack in (Thing.THERE, Thing.UNSURE) and not self.is_built

    def next_effect(self) -> Effect | None:
        """What is to be done; None: nothing more, or nothing that would help."""
        if self.order is Thing.NONE:
            return Effect.CREATE_ORDER
        if self.order is not Thing.THERE and not (self.gives_way and self.stack is Thing.THERE):
            return None
        match self.stack:
            case Thing.NONE:
                return Effect.TAG_NAME if self.naming is None else Effect.CREATE_STACK
            case Thing.UNSURE:
                return Effect.FIND_STACK if self.tries < LOOKS else None
            case Thing.THERE:
                return self._next_with_stack()
            case _:
                return Effect.DELETE_ORDER if self.tries < TRIES else None

    def _next_with_stack(self) -> Effect | None:
        if self.may_be_kept is None:
            return Effect.CONFIRM_STACK
        if self.gives_way:
            return self._next_that_gives_way()
        if self.is_identified:
            return Effect.TAG_NAME if self.naming is not Outcome.DONE and not self.is_renamed else None
        if self.tries < TRIES:
            return Effect.TAG_ID
        return Effect.DELETE_STACK if self.tries < 2 * TRIES and not self.is_replay else None

    def _next_that_gives_way(self) -> Effect | None:
        """The order first: the other stack has its own, and an order that is left costs somebody money."""
        if self.order is Thing.THERE and self.tries < TRIES:
            return Effect.DELETE_ORDER
        return Effect.DELETE_STACK if self.tries < 2 * TRIES else None

    def after(self, effect: Effect, outcome: Outcome) -> Progress:
        """What is known once the next effect has ended."""
        match effect:
            case Effect.CREATE_ORDER:
                return replace(self, order=_created(outcome))
            case Effect.TAG_NAME:
                return replace(self, naming=outcome, is_renamed=self.stack is Thing.THERE)
            case Effect.CREATE_STACK:
                return replace(self, stack=_created(outcome), tries=0)
            case Effect.FIND_STACK:
                return self._after_look(outcome)
            case Effect.CONFIRM_STACK:
                return replace(self, may_be_kept=outcome, tries=0)
            case Effect.TAG_ID if outcome is Outcome.DONE:
                return replace(self, is_identified=True, tries=0)
            case Effect.DELETE_ORDER if outcome is Outcome.DONE:
                return replace(self, order=Thing.DELETED, tries=TRIES)
            case Effect.DELETE_STACK if outcome is Outcome.DONE:
                return replace(self, stack=Thing.DELETED, tries=0)
            case _:
                return replace(self, tries=self.tries + 1)

    def _after_look(self, outcome: Outcome) -> Progress:
        if outcome is Outcome.DONE:
            return replace(self, stack=Thing.THERE, tries=0)
        absences = self.absences + (outcome is Outcome.FAILED)
        if absences >= ABSENCES:
            return replace(self, stack=Thing.REFUSED, tries=0, absences=absences)
        return replace(self, tries=self.tries + 1, absences=absences)


REPLAY = Progress(order=Thing.THERE, stack=Thing.THERE, may_be_kept=Outcome.DONE, is_replay=True)
"""Where the saga begins for a stack that was found, and names its order: the tags are added again."""


def _created(outcome: Outcome) -> Thing:
    return {Outcome.DONE: Thing.THERE, Outcome.FAILED: Thing.REFUSED, Outcome.UNKNOWN: Thing.UNSURE}[outcome]
