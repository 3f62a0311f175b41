"""Whatever fails, and in whichever order: a stack with its order, or neither, or what is left is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builder.billing.saga import ABSENCES, LOOKS, REPLAY, TRIES, Effect, Outcome, Progress, Thing
from tests.samples import share_of

MOST_EFFECTS = 5 * TRIES + LOOKS + 8
"""More are never done: an order, two names, a stack, looks, a confirmation, and three of what is tried three times."""


@dataclass(frozen=True, slots=True)
class World:
    """What there really is. A stack may be written so late that the first look for it does not find it."""

    order: bool = False
    stack: bool = False
    is_identified: bool = False
    is_late: bool = False
    has_rival: bool = False
    orders_created: int = 0
    stacks_created: int = 0

    def after(self, effect: Effect) -> World:
        """What there is once an effect has been had."""
        match effect:
            case Effect.CREATE_ORDER:
                return replace(self, order=True, orders_created=self.orders_created + 1)
            case Effect.CREATE_STACK:
                return replace(self, stack=True, stacks_created=self.stacks_created + 1)
            case Effect.TAG_ID:
                return replace(self, is_identified=True)
            case Effect.DELETE_STACK:
                return replace(self, stack=False)
            case Effect.DELETE_ORDER:
                return replace(self, order=False)
            case _:
                return self

    def endings(self, effect: Effect) -> Iterator[tuple[Outcome, World]]:
        """Each way in which an effect can end here: what is told of it, and what there is then."""
        if effect is Effect.FIND_STACK:
            yield Outcome.UNKNOWN, self
            is_found = self.stack and not self.is_late
            yield (Outcome.DONE if is_found else Outcome.FAILED), replace(self, is_late=False)
            return
        if effect is Effect.CONFIRM_STACK:
            yield Outcome.UNKNOWN, self
            yield (Outcome.FAILED if self.has_rival else Outcome.DONE), self
            return
        done = self.after(effect)
        yield Outcome.UNKNOWN, self
        yield Outcome.UNKNOWN, done
        yield Outcome.FAILED, self
        if effect is Effect.CREATE_STACK:
            yield Outcome.UNKNOWN, replace(done, is_late=True)
        if effect is not Effect.DELETE_ORDER or self.order:  # to cancel an order twice fails
            yield Outcome.DONE, done


def check_step(progress: Progress, world: World, effect: Effect) -> None:
    """What must hold before an effect."""
    if effect is Effect.CREATE_ORDER:
        assert world.orders_created == 0
    if effect is Effect.CREATE_STACK:
        assert world.order
        assert world.stacks_created == 0
    if effect is Effect.DELETE_ORDER:
        assert progress.gives_way or not world.stack, "the order of a stack is kept as long as that may be there"
    if effect in (Effect.DELETE_ORDER, Effect.DELETE_STACK):
        assert not progress.is_replay
        assert not progress.is_built


def check_end(progress: Progress, world: World) -> None:
    """What must hold in the end: all that there is belongs together, or is known to be left."""
    if progress.is_built:
        assert world.order
        assert world.stack
        assert world.is_identified
        return
    assert not world.order or progress.left_order
    assert not world.stack or progress.left_stack
    if progress.stack is Thing.REFUSED:
        assert not world.stack


def begin(is_replay: bool) -> list[tuple[Progress, World]]:
    if is_replay:
        return [(REPLAY, World(order=True, stack=True, orders_created=1, stacks_created=1))]
    return [(Progress(), World()), (Progress(), World(has_rival=True))]


@pytest.mark.parametrize("is_replay", [False, True])
def test_every_schedule_of_failures_accounts_for_order_and_stack(is_replay: bool) -> None:
    waiting, seen = begin(is_replay), set(begin(is_replay))
    while waiting:
        progress, world = waiting.pop()
        effect = progress.next_effect()
        if effect is None:
            check_end(progress, world)
            continue
        check_step(progress, world, effect)
        for outcome, then in world.endings(effect):
            reached = progress.after(effect, outcome), then
            if reached not in seen:
                seen.add(reached)
                waiting.append(reached)
    assert len(seen) > (10 if is_replay else 300)


@pytest.mark.generated
@settings(max_examples=share_of(10_000), deadline=None)
@given(st.sampled_from([*begin(False), *begin(True)]), st.binary(min_size=MOST_EFFECTS, max_size=MOST_EFFECTS))
def test_random_schedules_of_failures_account_for_both(start: tuple[Progress, World], chances: bytes) -> None:
    progress, world = start
    for chance in chances:
        effect = progress.next_effect()
        if effect is None:
            break
        check_step(progress, world, effect)
        endings = list(world.endings(effect))
        outcome, world = endings[chance % len(endings)]
        progress = progress.after(effect, outcome)
    assert progress.next_effect() is None, "it ends"
    check_end(progress, world)


def follow(*outcomes: Outcome, progress: Progress | None = None) -> list[str]:
    """The effects of a saga whose first ones end so, and all others well."""
    progress, endings, done = progress or Progress(), list(outcomes), []
    while (effect := progress.next_effect()) is not None:
        done.append(effect.name)
        progress = progress.after(effect, endings.pop(0) if endings else Outcome.DONE)
    assert not endings
    return done


D, F, U = Outcome.DONE, Outcome.FAILED, Outcome.UNKNOWN
BEGIN = ["CREATE_ORDER", "TAG_NAME", "CREATE_STACK"]
FINISH = ["CONFIRM_STACK", "TAG_ID"]


@pytest.mark.parametrize(
    ("outcomes", "effects"),
    [
        ([], [*BEGIN, *FINISH]),
        ([F], BEGIN[:1]),
        ([U], BEGIN[:1]),
        ([D, F], [*BEGIN, *FINISH, "TAG_NAME"]),
        ([D, U, D, D, D, F], [*BEGIN, *FINISH, "TAG_NAME"]),
        ([D, D, F], [*BEGIN, "DELETE_ORDER"]),
        ([D, D, F, F, U], [*BEGIN, *["DELETE_ORDER"] * 3]),
        ([D, D, F, F, F, F], [*BEGIN, *["DELETE_ORDER"] * 3]),
        ([D, D, U], [*BEGIN, "FIND_STACK", *FINISH]),
        ([D, D, U, F], [*BEGIN, *["FIND_STACK"] * 2, *FINISH]),
        ([D, D, U, *[F] * ABSENCES], [*BEGIN, *["FIND_STACK"] * 2, "DELETE_ORDER"]),
        ([D, D, U, F, U, U, U], [*BEGIN, *["FIND_STACK"] * LOOKS]),
        ([D, D, D, D, U, F], [*BEGIN, *FINISH, "TAG_ID", "TAG_ID"]),
        ([D, D, D, D, F, U, F], [*BEGIN, *FINISH, *["TAG_ID"] * 2, "DELETE_STACK", "DELETE_ORDER"]),
        ([D, D, D, D, F, F, F, F, F, F], [*BEGIN, *FINISH, *["TAG_ID"] * 2, *["DELETE_STACK"] * 3]),
        ([D, D, D, F], [*BEGIN, "CONFIRM_STACK", "DELETE_ORDER", "DELETE_STACK"]),
        ([D, D, D, U], [*BEGIN, *FINISH]),
    ],
)
def test_each_failure_has_its_answer(outcomes: list[Outcome], effects: list[str]) -> None:
    assert follow(*outcomes) == effects


def test_tags_of_what_was_there_are_added_again_and_nothing_is_deleted() -> None:
    assert follow(progress=REPLAY) == ["TAG_ID", "TAG_NAME"]
    assert follow(F, U, F, progress=REPLAY) == ["TAG_ID"] * 3
