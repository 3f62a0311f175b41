"""A second click makes no second cluster: equal requests without a key, within a few seconds, and what is not equal."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from builder.clusters.names import digest_wish
from builder.clusters.plan import ClusterPlan
from builder.kinds.equal_requests import MAX_EQUAL, Pace
from builder.kinds.heat import idempotency
from builder.kinds.heat.launch import launch
from builder.kinds.protocol import LaunchOutcome
from builder.openstack.deadline import Deadline
from tests.openstack.remembering_heat import RememberingHeat
from tests.openstack.replay_cloud import Received, answer
from tests.openstack.settings import ask_connected

WINDOW = 10.0
WISH = ClusterPlan(
    "hpc",
    "hpc-type",
    "sha256:abc",
    {"heat_template_version": "2018-08-31"},
    parameters={"n": 1, "secret": "s3cret"},
    payload={"selections": {"extra": True}},
    hidden=frozenset({"secret"}),
    repeat_window=WINDOW,
)


@pytest.fixture
def heat() -> Iterator[RememberingHeat]:
    with RememberingHeat() as server:
        server.created_at = at(server, seconds_ago=0)
        yield server


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "PACE", Pace(settling=0.1, poll=0.01, apart=0.2))


def at(heat: RememberingHeat, seconds_ago: float) -> str:
    """A moment of the cloud's clock, as Heat tells it."""
    return (heat.now - timedelta(seconds=seconds_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def ask(heat: RememberingHeat, wish: ClusterPlan = WISH, deadline: Deadline | None = None, **env: Any) -> LaunchOutcome:
    return ask_connected(launch, {**heat.credentials(), **env}, wish, deadline=deadline or Deadline(30))


def test_an_equal_request_gets_the_cluster_of_the_first(heat: RememberingHeat) -> None:
    first, second = ask(heat), ask(heat, dataclasses.replace(WISH, revision="sha256:edited"))
    assert (first.replayed, second.replayed) == (False, True)
    assert (first.stack, first.url) == (second.stack, second.url)
    assert len(heat.stacks) == 1


CHANGES: dict[str, dict[str, Any]] = {
    "name": {"cluster_name": "other"},
    "type": {"type_id": "other-type"},
    "parameter": {"parameters": {"n": 2, "secret": "s3cret"}},
    "hidden parameter": {"parameters": {"n": 1, "secret": "other"}},
    "selection": {"payload": {"selections": {"extra": False}}},
    "subject of the token": {"subject": "somebody else"},
    "key": {"idempotency_key": "8e03978e-40d5-43e8-bc93-6894a57f9324"},
    "off": {"repeat_window": 0.0},
}


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_another_request_gets_a_cluster_of_its_own(heat: RememberingHeat, changes: dict[str, Any]) -> None:
    ask(heat)
    assert not ask(heat, dataclasses.replace(WISH, **changes)).replayed
    assert len(heat.live) == 2


def test_another_user_gets_a_cluster_of_their_own(heat: RememberingHeat) -> None:
    ask(heat)
    assert not ask(heat, user_id="f" * 32).replayed


@pytest.mark.parametrize("behind", [0, 3600, -3600])
def test_who_asks_again_after_the_window_gets_another_cluster_whatever_the_clock_of_this_host(
    heat: RememberingHeat, behind: int
) -> None:
    heat.behind = timedelta(seconds=behind)
    heat.created_at = at(heat, seconds_ago=0)
    ask(heat)
    heat.stacks[0].created = at(heat, seconds_ago=WINDOW - 5)
    assert ask(heat).replayed
    heat.stacks[0].created = at(heat, seconds_ago=WINDOW + 5)
    assert not ask(heat).replayed
    assert len({stack.name for stack in heat.live}) == 2


def test_the_window_ends_when_a_request_comes_and_not_when_it_is_served(heat: RememberingHeat) -> None:
    waited = 20.0
    now = [0.0]
    deadline = Deadline(50, clock=lambda: now[0])
    now[0] = waited
    ask(heat)
    heat.stacks[0].created = at(heat, seconds_ago=waited + WINDOW - 5)
    assert ask(heat, deadline=deadline).replayed
    heat.stacks[0].created = at(heat, seconds_ago=waited + WINDOW + 5)
    assert not ask(heat, deadline=deadline).replayed


@pytest.mark.parametrize("status", ["DELETE_IN_PROGRESS", "DELETE_FAILED", "DELETE_COMPLETE"])
def test_who_has_deleted_a_cluster_may_make_it_again_at_once(heat: RememberingHeat, status: str) -> None:
    first = ask(heat)
    heat.stacks[0].status = status
    second = ask(heat)
    assert not second.replayed
    assert (second.stack.name == first.stack.name) is (status == "DELETE_COMPLETE")  # then Heat lets it be used again


def test_a_cluster_that_failed_is_the_one_that_was_made(heat: RememberingHeat) -> None:
    ask(heat)
    heat.stacks[0].status = "CREATE_FAILED"
    assert ask(heat).replayed


@pytest.mark.parametrize("count", [2, 3])
def test_clicks_that_reach_several_replicas_at_once_make_one_cluster(heat: RememberingHeat, count: int) -> None:
    together, first_round = threading.Barrier(count), threading.Semaphore(count)

    def meet(_: Received) -> None:
        if first_round.acquire(blocking=False):
            together.wait(5)  # all have passed Heat's look for the name

    heat.hooks.before_writing = meet
    with ThreadPoolExecutor(count) as replicas:
        outcomes = list(replicas.map(lambda _: ask(heat), range(count)))
    (kept,) = heat.live
    assert {outcome.stack.id for outcome in outcomes} == {kept.id}
    assert sorted(outcome.replayed for outcome in outcomes) == [False] + [True] * (count - 1)


def list_fails(heat: RememberingHeat, when: Callable[[], bool]) -> None:
    """Have Heat refuse to list stacks, as its policy may."""
    lists = heat._list

    def refuse(request: Received) -> bytes:
        return answer(403, {"error": {"message": "no"}}) if when() else lists(request)

    heat._list = refuse  # type: ignore[method-assign]


def test_a_heat_that_lists_no_stacks_launches_all_the_same(heat: RememberingHeat) -> None:
    list_fails(heat, lambda: True)
    assert ask(heat).stack.name != ask(heat).stack.name
    assert len(heat.live) == 2


def test_a_look_that_fails_after_the_creation_does_not_turn_it_into_a_failure(heat: RememberingHeat) -> None:
    list_fails(heat, lambda: bool(heat.stacks))
    assert not ask(heat).replayed
    assert len(heat.live) == 1


def test_a_heat_that_tells_no_time_makes_every_cluster(heat: RememberingHeat) -> None:
    heat.created_at = ""
    assert not ask(heat).replayed
    assert not ask(heat).replayed
    assert len({stack.name for stack in heat.live}) == 2


def test_a_stack_carries_no_other_tags_than_before(heat: RememberingHeat) -> None:
    ask(heat)
    assert heat.stacks[0].tags == ["concertim", "concertim-type:hpc-type", "concertim-revision:sha256_abc"]


def test_who_has_very_many_equal_clusters_gets_more_of_them(heat: RememberingHeat) -> None:
    outcomes = []
    for _ in range(MAX_EQUAL + 2):
        outcomes.append(ask(heat))
        heat.stacks[-1].created = at(heat, seconds_ago=2 * WINDOW)
    assert not any(outcome.replayed for outcome in outcomes)
    assert len({outcome.stack.name for outcome in outcomes}) == MAX_EQUAL + 2


def test_a_name_that_something_else_has_is_no_reason_to_refuse(heat: RememberingHeat) -> None:
    ask(heat)
    heat.stacks[0].tags = ["somebody else's"]
    outcome = ask(heat)
    assert not outcome.replayed
    assert outcome.stack.name.startswith("hpc--")


def test_the_name_tells_hidden_answers_apart_and_does_not_give_them_away() -> None:
    digests = [digest_wish("wish", {"pin": f"{pin:04}"}) for pin in range(10_000)]
    assert 200 <= len(set(digests)) <= 256  # each is that of many, so that none can be found out by trying
    assert digest_wish({"a": 1, "b": 2}, {}) == digest_wish({"b": 2, "a": 1}, {})
