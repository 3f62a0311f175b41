"""One cluster per idempotency key, although Magnum takes any number of one name and lists new ones late."""

from __future__ import annotations

import dataclasses
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from builder.clusters.plan import ClusterPlan
from builder.definitions.model import ProjectRules
from builder.errors import Fault, RequestError
from builder.kinds.equal_requests import Pace
from builder.kinds.magnum import idempotency, wire
from builder.kinds.magnum.launch import find_launched, launch
from builder.kinds.magnum.wire import PAGE
from builder.kinds.protocol import LaunchOutcome
from builder.openstack.deadline import Deadline
from tests.api.orders import assert_refused, order
from tests.kinds.magnum.definitions import HEAD
from tests.kinds.magnum.remembering_magnum import RememberedCluster, RememberingMagnum, refusal
from tests.openstack.replay_cloud import PROJECT_ID, answer, catalog_entry
from tests.openstack.settings import ask_connected
from tests.service import Service, wait_until

WISH = ClusterPlan("kube", "k8s", "r1", {"cluster_template_id": "k8s", "labels": {}}, payload={"name": "kube", "n": 1})
KEYED = dataclasses.replace(WISH, idempotency_key="8e03978e-40d5-43e8-bc93-6894a57f9324")
OTHER = dataclasses.replace(KEYED, payload={"name": "kube", "n": 2})


@pytest.fixture
def cloud() -> Iterator[RememberingMagnum]:
    with RememberingMagnum() as server:
        yield server


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "PACE", Pace(settling=0.5, poll=0.01))


def ask(cloud: RememberingMagnum, plan: ClusterPlan, seconds: float = 20) -> LaunchOutcome:
    return ask_connected(launch, cloud.credentials(), plan, deadline=Deadline(seconds))


def fault_of(cloud: RememberingMagnum, plan: ClusterPlan, seconds: float = 20) -> Fault:
    with pytest.raises(RequestError) as caught:
        ask(cloud, plan, seconds)
    return caught.value.faults[0]


def test_every_wish_without_a_key_gets_its_own_cluster(cloud: RememberingMagnum) -> None:
    assert ask(cloud, WISH).stack != ask(cloud, WISH).stack
    assert len(cloud.live) == 2


@pytest.mark.parametrize("plan", [WISH, KEYED, dataclasses.replace(WISH, repeat_window=10.0)])
def test_type_that_is_not_offered_to_the_project_makes_no_cluster(cloud: RememberingMagnum, plan: ClusterPlan) -> None:
    rules = ProjectRules(frozenset(), frozenset({PROJECT_ID}))
    assert fault_of(cloud, dataclasses.replace(plan, projects=rules)).title == "Not offered to this project"
    assert cloud.live == []


def test_retry_finds_a_cluster_made_before_the_project_was_denied(cloud: RememberingMagnum) -> None:
    made = ask(cloud, KEYED)
    denied = dataclasses.replace(KEYED, projects=ProjectRules(frozenset(), frozenset({PROJECT_ID})))
    assert ask(cloud, denied).stack == made.stack


@pytest.mark.parametrize("seen_after", [0, 3])
def test_the_same_request_again_gets_the_same_cluster(cloud: RememberingMagnum, seen_after: int) -> None:
    cloud.seen_after = lambda: seen_after
    first, second = ask(cloud, KEYED), ask(cloud, KEYED)
    assert (first.replayed, second.replayed) == (False, True)
    assert (first.stack, first.url) == (second.stack, second.url)
    assert len(cloud.posted) == 1


def test_request_for_something_else_with_the_same_key_is_refused(cloud: RememberingMagnum) -> None:
    ask(cloud, KEYED)
    assert (fault_of(cloud, OTHER).status, len(cloud.posted)) == (422, 1)


def test_another_key_is_another_wish(cloud: RememberingMagnum) -> None:
    ask(cloud, KEYED)
    assert not ask(cloud, dataclasses.replace(KEYED, idempotency_key="another")).replayed


def test_deleted_cluster_leaves_no_trace_so_that_its_key_makes_another(cloud: RememberingMagnum) -> None:
    first = ask(cloud, KEYED)
    for status in ("DELETE_IN_PROGRESS", "DELETE_COMPLETE", "DELETE_FAILED"):
        cloud.clusters[0].status = status
        again = ask(cloud, KEYED)
        assert (again.replayed, again.stack.id == first.stack.id) == (False, False)
        del cloud.clusters[1:]


def test_cluster_of_a_key_is_found_on_a_later_page(cloud: RememberingMagnum) -> None:
    others = ({"name": f"other-{number}", "labels": None} for number in range(PAGE + 3))
    cloud.clusters += [RememberedCluster(f"0-{number}", body, 0) for number, body in enumerate(others)]
    assert not ask(cloud, KEYED).replayed
    assert ask(cloud, KEYED).replayed


def test_list_that_magnum_cannot_write_down_while_it_deletes_a_cluster_is_asked_for_again(
    cloud: RememberingMagnum, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "LIST_PAUSE", 0.01)
    respond, refused = cloud.respond, iter(range(5))
    detail = "Invalid input for field/attribute master_count. Value: '0'. Value should be greater or equal to 1"
    monkeypatch.setattr(
        cloud,
        "respond",
        lambda request: (
            refusal(400, detail)
            if request.method == "GET" and "clusters" in request.path and next(refused, None) is not None
            else respond(request)
        ),
    )
    assert not ask(cloud, KEYED).replayed
    assert ask(cloud, KEYED).replayed


def test_find_launched_finds_what_a_launch_made_and_nothing_else(cloud: RememberingMagnum) -> None:
    key = (KEYED.idempotency_key, KEYED.payload)
    assert KEYED.idempotency_key is not None
    assert ask_connected(find_launched, cloud.credentials(), *key, deadline=Deadline(20)) is None
    made = ask(cloud, KEYED)
    found = ask_connected(find_launched, cloud.credentials(), *key, deadline=Deadline(20))
    assert found == dataclasses.replace(made, replayed=True)


def test_nothing_was_launched_on_a_cloud_without_magnum(cloud: RememberingMagnum) -> None:
    cloud.catalog = [catalog_entry("orchestration", f"{cloud.url}/heat/v1/{PROJECT_ID}")]
    assert ask_connected(find_launched, cloud.credentials(), "a key", KEYED.payload, deadline=Deadline(20)) is None


def test_type_that_is_not_known_any_more_is_looked_for_at_the_services_that_the_cloud_has(
    cloud: RememberingMagnum, tmp_path: Path
) -> None:
    builder = Service(tmp_path / "instance")
    builder.enabled.mkdir(parents=True)
    definition = builder.enabled / "k8s.yaml"
    definition.write_text(f"{HEAD}parameters: {{node_count: {{type: number, default: 1}}}}\n")
    body = order(cloud.credentials(), name="kube", cluster_type_id="k8s", parameters={})
    with builder:
        wait_until(lambda: builder.ids() == ["k8s"], "listed")
        built = builder.post("/clusters/", body, {"Idempotency-Key": "withdrawn"})
        definition.unlink()
        wait_until(lambda: builder.ids() == [], "withdrawn")
        again = builder.post("/clusters/", body, {"Idempotency-Key": "withdrawn"})
        assert (again.status, again.json()) == (201, built.json())
        other = builder.post("/clusters/", body, {"Idempotency-Key": "another"})
        assert_refused(other, 400, ("Unknown cluster type", "/cluster/cluster_type_id"))


def test_cluster_in_creation_is_watched_until_its_creator_has_decided(cloud: RememberingMagnum) -> None:
    cloud.status = "CREATE_IN_PROGRESS"
    made = ask(cloud, KEYED)
    before = len(cloud.received)
    assert ask(cloud, KEYED) == dataclasses.replace(made, replayed=True)
    lists = [each for each in cloud.received[before:] if each.method == "GET" and "/clusters" in each.path]
    assert len(lists) > 1  # how many more depends on how fast this machine is


@pytest.mark.parametrize("ids", ["12", "21"])
@pytest.mark.parametrize("seen_after", [(0, 0), (4, 0), (0, 4), (4, 4)])
def test_of_two_simultaneous_creations_one_is_kept_and_both_get_it(
    cloud: RememberingMagnum, ids: str, seen_after: tuple[int, int]
) -> None:
    both = threading.Barrier(2, timeout=10)
    left = 2

    def wait_for_the_other() -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            both.wait()

    given, late = iter([*ids, *"3456789"]), iter([*seen_after, *[0] * 8])
    cloud.before_creating = wait_for_the_other
    cloud.new_id = lambda: next(given)
    cloud.seen_after = lambda: next(late)
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda _: ask(cloud, KEYED), range(2)))
    (kept,) = cloud.live
    assert {outcome.stack.id for outcome in outcomes} == {kept.id}
    assert sorted(outcome.replayed for outcome in outcomes) == [False, True]


def test_creator_that_is_listed_late_gives_way_to_one_that_has_looked_already(cloud: RememberingMagnum) -> None:
    cloud.new_id = lambda: "2"
    cloud.seen_after = lambda: 0
    rival_listed = RememberedCluster("3", {}, 0)

    def be_overtaken() -> None:  # another process has created, looked, and kept, since this one has looked
        rival_listed.body = {"name": "kube--x", "labels": dict(cloud.posted[-1].json["labels"])}
        cloud.clusters.append(rival_listed)

    cloud.before_creating = be_overtaken
    outcome = ask(cloud, KEYED)
    assert (outcome.stack.id, outcome.replayed, [each.id for each in cloud.live]) == ("3", True, ["3"])


@pytest.mark.parametrize("seed", range(12))
def test_any_number_of_requests_in_any_order_make_one_cluster(cloud: RememberingMagnum, seed: int) -> None:
    chance = random.Random(seed)
    wait = threading.Event()  # never set: waiting for it is a pause of its own length
    cloud.status = "CREATE_IN_PROGRESS"
    cloud.before_creating = lambda: print(wait.wait(chance.random() / 20))
    cloud.seen_after = lambda: chance.randrange(4)
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda _: ask(cloud, KEYED, 50), range(4)))
    (kept,) = cloud.live
    assert {outcome.stack.id for outcome in outcomes} == {kept.id}
    assert sum(not outcome.replayed for outcome in outcomes) == 1


def test_cluster_that_cannot_be_given_up_is_named(cloud: RememberingMagnum, monkeypatch: pytest.MonkeyPatch) -> None:
    respond = cloud.respond
    cloud.new_id = lambda: "2"

    def be_overtaken() -> None:
        body = {"name": "kube--x", "labels": dict(cloud.posted[-1].json["labels"])}
        cloud.clusters.append(RememberedCluster("1", body, 0))

    cloud.before_creating = be_overtaken
    monkeypatch.setattr(
        cloud, "respond", lambda request: refusal(500, "no") if request.method == "DELETE" else respond(request)
    )
    fault = fault_of(cloud, KEYED)
    assert (fault.status, fault.title) == (502, "Cloud failure")
    assert "kube--" in fault.detail
    assert "(2), could not be deleted again" in fault.detail


def test_failure_after_the_creation_names_the_cluster_and_says_how_to_find_it(
    cloud: RememberingMagnum, monkeypatch: pytest.MonkeyPatch
) -> None:
    respond = cloud.respond
    monkeypatch.setattr(
        cloud,
        "respond",
        lambda request: answer(500) if request.method == "GET" and cloud.clusters else respond(request),
    )
    fault = fault_of(cloud, KEYED)
    assert "ask again with the same Idempotency-Key" in fault.detail
    assert cloud.clusters[0].body["name"] in fault.detail
