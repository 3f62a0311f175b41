"""One wish, one cluster: names, tags and idempotency keys."""

from __future__ import annotations

import dataclasses
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from builder.clusters.names import build_stack_name, build_tags, fingerprint_tag, key_tag, keyed_suffix, random_suffix
from builder.clusters.plan import MAX_CLUSTER_NAME, MAX_STACK_NAME, ClusterPlan
from builder.errors import Fault, RequestError
from builder.kinds.equal_requests import Pace
from builder.kinds.heat import idempotency
from builder.kinds.heat.launch import launch
from builder.kinds.protocol import LaunchOutcome
from builder.openstack.deadline import Deadline
from tests.openstack.remembering_heat import RememberingHeat
from tests.openstack.replay_cloud import PROJECT_ID, Behaviour, Received, answer, catalog_entry
from tests.openstack.settings import ask_connected, cloud_settings

WISH = ClusterPlan(
    "hpc", "hpc-type", "sha256:abc", {"heat_template_version": "2018-08-31"}, payload={"name": "hpc", "n": 1}
)
KEYED = dataclasses.replace(WISH, idempotency_key="8e03978e-40d5-43e8-bc93-6894a57f9324")


@pytest.fixture
def heat() -> Iterator[RememberingHeat]:
    with RememberingHeat() as server:
        yield server


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "PACE", Pace(settling=0.1, poll=0.01, apart=0.2))


@pytest.fixture
def settling(_hurry: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a stack watched for as long as its creator may take on a busy machine to see its rivals."""
    monkeypatch.setattr(idempotency, "PACE", Pace(settling=2.0, poll=0.01, apart=0.2))


def ask(heat: RememberingHeat, wish: ClusterPlan, seconds: float = 10, **settings: Any) -> LaunchOutcome:
    return ask_connected(
        launch, heat.credentials(), wish, deadline=Deadline(seconds), settings=cloud_settings(**settings)
    )


def refusal(heat: RememberingHeat, wish: ClusterPlan, seconds: float = 10, **settings: Any) -> Fault:
    with pytest.raises(RequestError) as caught:
        ask(heat, wish, seconds, **settings)
    return caught.value.faults[0]


# --- names and tags ---------------------------------------------------------------------------------------------------


def test_stack_is_named_after_the_cluster_with_a_suffix_heat_and_urls_accept(heat: RememberingHeat) -> None:
    outcome = ask(heat, WISH)
    assert re.fullmatch(r"hpc--[a-z2-7]{12}", outcome.stack.name)
    assert not outcome.replayed


def test_every_wish_without_a_key_gets_its_own_stack(heat: RememberingHeat) -> None:
    assert ask(heat, WISH).stack != ask(heat, WISH).stack
    assert len(heat.live) == 2


def test_the_longest_cluster_name_makes_a_stack_name_that_heat_takes() -> None:
    assert len(build_stack_name("x" * MAX_CLUSTER_NAME, random_suffix())) <= MAX_STACK_NAME


def test_stack_carries_where_it_comes_from(heat: RememberingHeat) -> None:
    ask(heat, WISH)
    assert heat.stacks[0].tags == ["concertim", "concertim-type:hpc-type", "concertim-revision:sha256_abc"]


def test_tags_keep_to_heats_limits() -> None:
    tags = build_tags("t" * 200, "a,b\u00e9\n" + "r" * 200)
    assert [re.fullmatch(r"[A-Za-z0-9._:-]{1,80}", tag) is not None for tag in tags] == [True, True, True]
    assert len(key_tag("k", "p")) <= 80
    assert len(fingerprint_tag("k", {})) <= 80


def test_suffix_depends_on_key_project_and_attempt_only() -> None:
    suffixes = {keyed_suffix(key, project, attempt) for key in "ab" for project in "pq" for attempt in (0, 1)}
    assert len(suffixes) == 8
    assert keyed_suffix("ab", "c", 0) != keyed_suffix("a", "bc", 0)
    assert keyed_suffix("a", "p", 0) == keyed_suffix("a", "p", 0)


def test_nobody_without_the_key_can_tell_what_was_asked() -> None:
    assert fingerprint_tag("key one", {"pin": "1234"}) != fingerprint_tag("key two", {"pin": "1234"})


def test_order_of_keys_in_what_was_asked_does_not_matter() -> None:
    assert fingerprint_tag("k", {"a": 1, "b": {"c": 2, "d": 3}}) == fingerprint_tag(
        "k", {"b": {"d": 3, "c": 2}, "a": 1}
    )
    assert fingerprint_tag("k", {"a": 1}) != fingerprint_tag("k", {"a": "1"})


@pytest.mark.parametrize("key", ["x", "\ud800", "\u00e9" * 5000, '"quoted"', "a,b:c"])
def test_any_key_makes_usable_tags_and_suffixes(key: str) -> None:
    assert re.fullmatch(r"concertim-key:[0-9a-f]{32}", key_tag(key, PROJECT_ID))
    assert re.fullmatch(r"[a-z2-7]{12}", keyed_suffix(key, PROJECT_ID, 0))
    assert re.fullmatch(r"concertim-body:[0-9a-f]{32}", fingerprint_tag(key, {"name": key}))


# --- one key, one request after the other -----------------------------------------------------------------------------


def test_the_same_request_again_gets_the_same_stack(heat: RememberingHeat) -> None:
    first, second = ask(heat, KEYED), ask(heat, KEYED)
    assert (first.replayed, second.replayed) == (False, True)
    assert first.stack == second.stack
    assert len(heat.stacks) == 1


def test_another_key_is_another_wish(heat: RememberingHeat) -> None:
    other = dataclasses.replace(KEYED, idempotency_key="other")
    assert ask(heat, KEYED).stack != ask(heat, other).stack


def test_a_key_counts_per_region(heat: RememberingHeat) -> None:
    with RememberingHeat() as other:
        heat.catalog = [
            catalog_entry("orchestration", f"{heat.url}/heat", "One"),
            catalog_entry("orchestration", f"{other.url}/heat", "Two"),
        ]
        for region in ("One", "Two", "One", "Two"):
            ask(heat, KEYED, region_name=region)
        assert (len(heat.stacks), len(other.stacks)) == (1, 1)


@pytest.mark.parametrize(
    "changes",
    [{"payload": {"name": "hpc", "n": 2}}, {"cluster_name": "other", "payload": {"name": "other", "n": 1}}],
    ids=["other parameters", "other name"],
)
def test_the_same_key_with_another_request_is_422(heat: RememberingHeat, changes: dict[str, Any]) -> None:
    ask(heat, KEYED)
    fault = refusal(heat, dataclasses.replace(KEYED, **changes))
    assert (fault.status, fault.title) == (422, "Idempotency key reused")
    assert len(heat.stacks) == 1


def test_a_changed_definition_does_not_make_a_retry_another_request(heat: RememberingHeat) -> None:
    first = ask(heat, KEYED)
    changed = dataclasses.replace(KEYED, revision="sha256:def", template={"heat_template_version": "2021-04-16"})
    assert ask(heat, changed) == LaunchOutcome(first.stack, replayed=True, url=first.url)


def test_a_listed_stack_whose_id_is_none_is_an_invalid_answer(heat: RememberingHeat) -> None:
    ask(heat, KEYED)
    heat.stacks[0].id = "../../x"
    assert refusal(heat, KEYED).title == "Invalid answer"


def test_a_failed_stack_is_still_the_one_that_was_made(heat: RememberingHeat) -> None:
    first = ask(heat, KEYED)
    heat.stacks[0].status = "CREATE_FAILED"
    assert ask(heat, KEYED) == LaunchOutcome(first.stack, replayed=True, url=first.url)


@pytest.mark.parametrize("status", ["DELETE_IN_PROGRESS", "DELETE_FAILED", "DELETE_COMPLETE"])
def test_a_key_whose_stack_was_deleted_launches_nothing(heat: RememberingHeat, status: str) -> None:
    first = ask(heat, KEYED)
    heat.stacks[0].status = status
    fault = refusal(heat, KEYED)
    assert (fault.status, fault.title) == (409, "Conflict")
    assert first.stack.name in fault.detail
    assert len(heat.stacks) == 1


def test_a_stack_whose_answer_was_lost_is_found_again(heat: RememberingHeat) -> None:
    def lose(_: Received) -> Behaviour:
        return lambda _: None

    heat.hooks.after_writing = lose
    fault = refusal(heat, KEYED)
    assert (fault.status, fault.title) == (502, "Cloud unreachable")
    assert fault.detail.endswith("may have been created all the same: ask again with the same Idempotency-Key.")
    heat.hooks.after_writing = lambda _: None
    outcome = ask(heat, KEYED)
    assert outcome.replayed
    assert [stack.id for stack in heat.stacks] == [outcome.stack.id]


def test_a_refused_creation_can_be_corrected_under_the_same_key(heat: RememberingHeat) -> None:
    heat.hooks.after_writing = _refuse_once(heat)
    assert refusal(heat, KEYED).title == "Parameter refused"
    assert not ask(heat, dataclasses.replace(KEYED, payload={"name": "hpc", "n": 2})).replayed


def test_a_stack_of_the_same_name_without_the_key_is_a_taken_name(heat: RememberingHeat) -> None:
    ask(heat, KEYED)
    heat.stacks[0].tags = ["somebody else's"]
    fault = refusal(heat, KEYED)
    assert (fault.status, fault.title, fault.pointer) == (409, "Stack name taken", "/cluster/name")


def test_a_tag_that_shows_late_is_waited_for(heat: RememberingHeat) -> None:
    ask(heat, KEYED)
    tags, heat.stacks[0].tags = heat.stacks[0].tags, []
    posts = len(heat.posts_to_heat)

    def show_after_refusal() -> None:
        _until(lambda: len(heat.posts_to_heat) > posts)
        heat.stacks[0].tags = tags

    thread = threading.Thread(target=show_after_refusal)
    thread.start()
    assert ask(heat, KEYED).replayed
    thread.join()


def test_a_young_stack_is_given_to_a_second_caller_only_when_it_has_settled(heat: RememberingHeat) -> None:
    heat.created_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    ask(heat, KEYED)
    asked = len(heat.received)
    assert ask(heat, KEYED).replayed
    assert len(heat.received) - asked > 3  # token, look, and looks until it has settled


def test_of_two_young_stacks_of_a_key_none_is_given_before_one_has_been_given_up(heat: RememberingHeat) -> None:
    heat.created_at = heat.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    ask(heat, KEYED)
    first = heat.stacks[0]
    rival = dataclasses.replace(first, id="99999999-0000-4000-8000-000000000000")
    heat.stacks.append(rival)
    looks = len(heat.looks)

    def give_up_late() -> None:
        _until(lambda: len(heat.looks) - looks > 50)  # long after the time in which it would have settled
        first.status = "DELETE_IN_PROGRESS"

    thread = threading.Thread(target=give_up_late)
    thread.start()
    assert ask(heat, KEYED).stack.id == rival.id
    thread.join()


@pytest.mark.usefixtures("settling")
@pytest.mark.parametrize("behind", [90, -90])
def test_a_stack_is_as_old_as_heats_clock_says(heat: RememberingHeat, behind: int) -> None:
    heat.behind = timedelta(seconds=behind)
    heat.created_at = heat.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    ask(heat, KEYED)
    looks = len(heat.looks)
    assert ask(heat, KEYED).replayed
    assert len(heat.looks) - looks > 2  # young: watched until it has settled
    heat.stacks[0].created = (heat.now - timedelta(seconds=90)).strftime("%Y-%m-%dT%H:%M:%SZ")
    looks = len(heat.looks)
    assert ask(heat, KEYED).replayed
    assert len(heat.looks) - looks == 2  # old: given at once


def test_failures_while_looking_a_key_up_are_told(heat: RememberingHeat) -> None:
    heat.orchestration = answer(500, {"error": {"message": "down"}})
    assert refusal(heat, KEYED).title == "Cloud failure"
    heat.orchestration = answer(200, {"stacks": [{"id": 1}]})
    assert refusal(heat, KEYED).title == "Invalid answer"
    assert not heat.posts_to_heat


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 409, 413, 429, 500, 503])
def test_a_failure_while_looking_for_rivals_names_the_stack_that_was_made(heat: RememberingHeat, status: int) -> None:
    heat.hooks.after_writing = lambda _: setattr(heat, "orchestration", answer(status, {"error": {"message": "down"}}))
    fault = refusal(heat, KEYED)
    assert fault.detail.endswith(
        f". Stack {heat.stacks[0].name} may have been created all the same: ask again with the same Idempotency-Key."
    )
    assert fault.detail.count("may have been created") == 1


def test_a_deadline_passed_while_looking_for_rivals_names_the_stack_that_was_made_once(heat: RememberingHeat) -> None:
    heat.hooks.after_writing = lambda _: setattr(heat, "orchestration", lambda _: heat.closing.wait(10))
    fault = refusal(heat, KEYED, seconds=0.5)
    assert (fault.status, fault.title) == (504, "Cloud timed out")
    assert fault.detail.count(f"Stack {heat.stacks[0].name} may have been created all the same") == 1


# --- one key, two requests at once ------------------------------------------------------------------------------------


def both(*calls: Callable[[], LaunchOutcome]) -> list[LaunchOutcome]:
    with ThreadPoolExecutor(len(calls)) as threads:
        return [future.result(timeout=60) for future in [threads.submit(call) for call in calls]]


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.usefixtures("settling")
def test_simultaneous_requests_get_one_stack_though_heat_lets_all_create(heat: RememberingHeat, count: int) -> None:
    together = threading.Barrier(count)
    first_round = threading.Semaphore(count)

    def meet(_: Received) -> None:
        if first_round.acquire(blocking=False):
            together.wait(60)  # all have passed Heat's look for the name

    heat.hooks.before_writing = meet
    outcomes = both(*[lambda: ask(heat, KEYED)] * count)
    (kept,) = heat.live
    assert {outcome.stack.id for outcome in outcomes} == {kept.id}
    assert sorted(outcome.replayed for outcome in outcomes) == [False] + [True] * (count - 1)
    assert len(heat.stacks) > count - 1


@pytest.mark.usefixtures("settling")
def test_a_late_creator_yields_to_a_stack_that_was_alone_when_its_creator_looked(heat: RememberingHeat) -> None:
    second_at_heat, first_done = threading.Event(), threading.Event()

    def hold_the_second(_: Received) -> None:
        if len(heat.posts_to_heat) == 2:
            second_at_heat.set()
            first_done.wait(60)
        elif len(heat.posts_to_heat) == 1:
            second_at_heat.wait(60)

    heat.hooks.before_writing = hold_the_second

    def first_or_second() -> LaunchOutcome:
        outcome = ask(heat, KEYED)
        if not outcome.replayed:
            first_done.set()
        return outcome

    outcomes = both(first_or_second, first_or_second)
    (kept,) = heat.live
    assert {outcome.stack.id for outcome in outcomes} == {kept.id}
    assert [stack.status for stack in heat.stacks] == ["CREATE_IN_PROGRESS", "DELETE_IN_PROGRESS"]


OTHER = dataclasses.replace(KEYED, cluster_name="other", payload={"name": "other", "n": 1})
OTHER_PARAMETERS = dataclasses.replace(KEYED, payload={"name": "hpc", "n": 2})


def outcome_or_status(heat: RememberingHeat, wish: ClusterPlan) -> LaunchOutcome | int:
    try:
        return ask(heat, wish)
    except RequestError as error:
        return error.status


def launch_beside_a_stray(heat: RememberingHeat, stray: ClusterPlan) -> LaunchOutcome:
    """Launch the cluster of the key, while ``stray`` comes too late with the same key."""
    first_done = threading.Event()
    stray_at_heat = threading.Event()

    def hold_the_stray(_: Received) -> None:
        heat.hooks.before_writing = lambda _: None
        stray_at_heat.set()
        first_done.wait(60)

    heat.hooks.before_writing = hold_the_stray
    with ThreadPoolExecutor(1) as threads:
        strayed = threads.submit(outcome_or_status, heat, stray)
        assert stray_at_heat.wait(60)
        first = ask(heat, KEYED)
        first_done.set()
        strays = strayed.result(timeout=60)
    assert strays == (LaunchOutcome(first.stack, replayed=True, url=first.url) if stray is KEYED else 422)
    assert [stack.id for stack in heat.live] == [first.stack.id]
    return first


@pytest.mark.parametrize("stray", [OTHER, OTHER_PARAMETERS], ids=["other name", "other parameters"])
def test_a_stray_request_that_yielded_does_not_spoil_the_key(heat: RememberingHeat, stray: ClusterPlan) -> None:
    first = launch_beside_a_stray(heat, stray)
    assert ask(heat, KEYED) == LaunchOutcome(first.stack, replayed=True, url=first.url)
    assert outcome_or_status(heat, stray) == 422


@pytest.mark.parametrize(
    ("status", "deleted"),
    [("DELETE_COMPLETE", "2020-01-01T00:02:00Z"), ("DELETE_IN_PROGRESS", None)],
    ids=["deleted", "being deleted"],
)
@pytest.mark.parametrize("stray", [KEYED, OTHER, OTHER_PARAMETERS], ids=["same", "other name", "other parameters"])
def test_a_key_whose_stack_was_deleted_launches_nothing_though_another_had_yielded_to_it(
    heat: RememberingHeat, stray: ClusterPlan, status: str, deleted: str | None
) -> None:
    launch_beside_a_stray(heat, stray)
    (kept,) = heat.live
    kept.status, kept.deleted = status, deleted
    assert refusal(heat, KEYED).detail.startswith(f"The cluster of this Idempotency-Key, stack {kept.name}, was")
    assert outcome_or_status(heat, stray) == (409 if stray is KEYED else 422)
    assert not heat.live


@pytest.mark.parametrize("other", [OTHER, OTHER_PARAMETERS], ids=["other name", "other parameters"])
def test_of_two_simultaneous_requests_with_one_key_one_is_served(heat: RememberingHeat, other: ClusterPlan) -> None:
    together, first_round = threading.Barrier(2), threading.Semaphore(2)

    def meet(_: Received) -> None:
        if first_round.acquire(blocking=False):
            together.wait(60)  # both have found nothing of the key

    heat.hooks.before_writing = meet
    with ThreadPoolExecutor(2) as threads:
        asked = {threads.submit(outcome_or_status, heat, wish): wish for wish in (KEYED, other)}
        results = {future.result(timeout=60): wish for future, wish in asked.items()}
    (won,) = [outcome for outcome in results if isinstance(outcome, LaunchOutcome)]
    assert set(results) == {won, 422}
    assert [stack.id for stack in heat.live] == [won.stack.id]
    assert ask(heat, results[won]).stack == won.stack
    assert outcome_or_status(heat, results[422]) == 422


def test_a_key_whose_stack_was_deleted_launches_nothing_though_an_earlier_attempt_was_in_the_same_second(
    heat: RememberingHeat,
) -> None:
    together = threading.Barrier(2)
    first_round = {hook: threading.Semaphore(2) for hook in ("creating", "deleting")}

    def meet(hook: str, _: Received) -> None:
        if first_round[hook].acquire(blocking=False):
            together.wait(60)

    def both_have_created(_: Received) -> None:
        if len(heat.stacks) <= 2:
            _until(lambda: len(heat.stacks) == 2)

    heat.hooks.before_writing, heat.hooks.after_writing = partial(meet, "creating"), both_have_created
    heat.hooks.before_deleting = partial(meet, "deleting")  # each sees the other's, and so gives its own up
    both(*[lambda: ask(heat, KEYED)] * 2)
    (kept,) = heat.live
    assert kept not in heat.stacks[:2]
    kept.id, kept.status, kept.deleted = "0", "DELETE_COMPLETE", kept.created
    assert refusal(heat, KEYED).title == "Conflict"
    assert not heat.live


def test_a_key_whose_stack_was_deleted_is_still_that_of_its_request(heat: RememberingHeat) -> None:
    ask(heat, KEYED)
    heat.stacks[0].status = "DELETE_COMPLETE"
    assert outcome_or_status(heat, OTHER) == 422
    assert outcome_or_status(heat, KEYED) == 409


def test_a_second_stack_that_cannot_be_deleted_is_named(heat: RememberingHeat) -> None:
    def rival(request: Received) -> None:
        heat.hooks.before_writing = lambda _: None
        heat._create(request)

    heat.hooks.before_writing = rival
    heat.hooks.before_deleting = lambda _: answer(500, {"error": {"message": "no"}})
    fault = refusal(heat, KEYED)
    assert (fault.status, fault.title) == (502, "Cloud failure")
    assert f"{heat.stacks[1].name} ({heat.stacks[1].id}), could not be deleted again" in fault.detail


# --- late -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "advice"),
    [(WISH, "look for it before you try again."), (KEYED, "ask again with the same Idempotency-Key.")],
    ids=["without a key", "with a key"],
)
def test_a_deadline_passed_after_heat_may_have_accepted_names_the_stack(
    heat: RememberingHeat, wish: ClusterPlan, advice: str
) -> None:
    def wait(_: Received) -> None:
        heat.closing.wait(10)

    heat.hooks.after_writing = wait
    fault = refusal(heat, wish, seconds=0.5)
    assert (fault.status, fault.title) == (504, "Cloud timed out")
    assert f"Stack {heat.stacks[0].name} may have been created all the same: {advice}" in fault.detail


def _refuse_once(heat: RememberingHeat) -> Callable[[Received], bytes]:
    def refuse(_: Received) -> bytes:
        heat.stacks.clear()
        heat.hooks.after_writing = lambda _: None
        message = "Parameter 'n' is invalid: 1 is out of range"
        return answer(400, {"error": {"type": "StackValidationFailed", "message": message}})

    return refuse


def _until(condition: Callable[[], bool]) -> None:
    for _ in range(10_000):
        if condition():
            return
        threading.Event().wait(0.001)
    raise TimeoutError
