"""A second click makes no second cluster of Magnum: equal requests without a key, within a few seconds."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from builder.clusters.plan import ClusterPlan
from builder.kinds.magnum.launch import launch
from builder.kinds.magnum.planning import plan_cluster
from builder.kinds.protocol import LaunchOutcome
from builder.openstack.deadline import Deadline
from tests.kinds.magnum.definitions import build_good
from tests.kinds.magnum.remembering_magnum import RememberingMagnum
from tests.openstack.settings import ask_connected

WINDOW = 10.0
WISH = ClusterPlan(
    "kube",
    "k8s",
    "r1",
    {"cluster_template_id": "k8s", "labels": {}},
    parameters={"node_count": "1", "labels.token": "s3cret"},
    hidden=frozenset({"labels.token"}),
    repeat_window=WINDOW,
)


@pytest.fixture
def cloud() -> Iterator[RememberingMagnum]:
    with RememberingMagnum() as server:
        yield server


def ask(cloud: RememberingMagnum, plan: ClusterPlan = WISH) -> LaunchOutcome:
    return ask_connected(launch, cloud.credentials(), plan, deadline=Deadline(20))


def answered(**answers: Any) -> ClusterPlan:
    return dataclasses.replace(WISH, parameters={**WISH.parameters, **answers})


def test_equal_requests_within_the_window_get_one_cluster(cloud: RememberingMagnum) -> None:
    first, second = ask(cloud), ask(cloud)
    assert (first.replayed, second.replayed, first.stack) == (False, True, second.stack)
    assert len(cloud.posted) == 1


def test_requests_are_equal_whose_answers_come_to_the_same(cloud: RememberingMagnum) -> None:
    asked = build_good("parameters: {node_count: {type: number, default: 1}}\n")
    given: list[dict[str, Any]] = [{}, {"node_count": "1"}, {"node_count": 2}]
    plans = [plan_cluster(asked, "kube", answers, {}, "r1") for answers in given]
    outcomes = [ask(cloud, dataclasses.replace(each, repeat_window=WINDOW)) for each in plans]
    assert [each.replayed for each in outcomes] == [False, True, False]


@pytest.mark.parametrize(
    "other",
    [
        answered(node_count="2"),
        answered(**{"labels.token": "another"}),
        dataclasses.replace(WISH, subject="somebody else"),
        dataclasses.replace(WISH, cluster_name="another"),
        dataclasses.replace(WISH, type_id="another"),
        dataclasses.replace(WISH, repeat_window=0.0),
        dataclasses.replace(WISH, idempotency_key="a key"),
    ],
    ids=["answers", "hidden answers", "subject", "name", "type", "no window", "a key"],
)
def test_requests_that_are_not_equal_get_a_cluster_each(cloud: RememberingMagnum, other: ClusterPlan) -> None:
    assert (ask(cloud).replayed, ask(cloud, other).replayed) == (False, False)
    assert len(cloud.live) == 2


def test_equal_requests_after_the_window_get_a_cluster_each_of_another_name(cloud: RememberingMagnum) -> None:
    first = ask(cloud)
    cloud.behind = -timedelta(seconds=WINDOW + 5)
    second = ask(cloud)
    assert not second.replayed
    assert first.stack.name != second.stack.name


def test_deleted_cluster_is_not_given_to_an_equal_request(cloud: RememberingMagnum) -> None:
    ask(cloud)
    cloud.clusters[0].status = "DELETE_IN_PROGRESS"
    assert not ask(cloud).replayed


@pytest.mark.parametrize("told", ["", "soon", "9999-12-31T23:59:59-12:00", None])
def test_where_magnum_tells_no_time_each_request_gets_a_cluster(cloud: RememberingMagnum, told: Any) -> None:
    ask(cloud)
    cloud.clusters[0].created_at = told
    assert not ask(cloud).replayed


def test_cluster_says_neither_what_was_hidden_nor_who_asked(cloud: RememberingMagnum) -> None:
    ask(cloud, dataclasses.replace(WISH, subject="somebody"))
    assert cloud.clusters[0].body["labels"].keys() == {"concertim", "concertim_type", "concertim_revision"}
