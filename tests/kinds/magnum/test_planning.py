"""Answers to what Magnum is asked for: typed as JSON, with nothing that it would misread in silence."""

from __future__ import annotations

from typing import Any

import pytest

from builder.clusters.answers import fill_in
from builder.clusters.names import build_tags
from builder.clusters.plan import ClusterPlan
from builder.errors import RequestError
from builder.kinds.creation import CreationRequest
from builder.kinds.magnum.planning import plan_cluster
from builder.kinds.magnum.wire import build_body
from tests.kinds.magnum.definitions import build_good

FORM = """\
parameters:
  clustername: {type: string}
  node_count: {type: number, label: Nodes, default: 2}
  master_count: {type: number, default: 1, constraints: [{allowed_values: [1, 3]}]}
  floating_ip_enabled: {type: boolean, default: false}
  keypair: {type: string, default: "", constraints: [{custom_constraint: nova.keypair}]}
  labels.token: {type: string, hidden: true, default: ""}
  labels.auto: {type: boolean, default: false}
hardcoded_parameters: {flavor_id: m1.small, create_timeout: 30}
"""


def plan(definition: str = FORM, **answers: Any) -> ClusterPlan:
    return plan_cluster(build_good(definition), "mykube", answers, {}, "r1")


def refusal(definition: str = FORM, **answers: Any) -> list[tuple[str, str | None]]:
    with pytest.raises(RequestError) as refused:
        plan(definition, **answers)
    return [(fault.detail, fault.pointer) for fault in refused.value.faults]


def test_values_are_typed_as_json_and_empty_ones_left_out() -> None:
    sent = plan(node_count="3", floating_ip_enabled="yes", master_count=1.0).template
    assert sent == {
        "cluster_template_id": "k8s",
        "node_count": 3,
        "floating_ip_enabled": True,
        "master_count": 1,
        "flavor_id": "m1.small",
        "create_timeout": 30,
        "merge_labels": True,
        "labels": {"auto": "false"},
    }
    assert [type(sent[name]) for name in ("node_count", "master_count")] == [int, int]


def test_defaults_are_sent_since_magnum_does_not_know_them() -> None:
    assert plan().template["node_count"] == 2
    assert plan(node_count="").template["node_count"] == 2


@pytest.mark.parametrize("count", ["2.5", 2.5, "1e-1", "inf", "nan"])
def test_number_that_is_not_whole_is_refused_beside_its_field(count: object) -> None:
    assert refusal(node_count=count) == [("Nodes must be a whole number.", "/cluster/parameters/node_count")]


@pytest.mark.parametrize("count", [2**31, "1e300", -(2**31)])
def test_number_over_which_magnum_loses_a_cluster_is_refused_beside_its_field(count: object) -> None:
    ((detail, pointer),) = refusal(node_count=count)
    assert (detail, pointer) == ("Nodes must not be greater than 2,147,483,647.", "/cluster/parameters/node_count")
    assert plan(node_count=2**31 - 1).template["node_count"] == 2**31 - 1


@pytest.mark.parametrize("labels", [{"a": "x" * 60_000}, {"a": "\u00e9" * 15_000}, {str(n): "x" for n in range(8_000)}])
def test_labels_over_which_magnum_loses_a_cluster_are_refused_beside_the_longest(labels: dict[str, str]) -> None:
    answers: dict[str, Any] = {"labels": labels, "labels.kube_tag": "v1"}
    ((detail, pointer),) = refusal(WITH_SINGLE, **answers)
    assert detail.startswith("The cluster's labels have ")
    assert pointer == "/cluster/parameters/labels"


def test_node_count_of_zero_is_sent() -> None:
    assert plan(node_count="0").template["node_count"] == 0


def test_every_fault_is_told_at_once() -> None:
    told = refusal(node_count="2.5", master_count=2, nodes=1, flavor_id="m1.large", floating_ip_enabled="perhaps")
    assert {pointer for _, pointer in told} == {
        f"/cluster/parameters/{name}"
        for name in ("node_count", "master_count", "nodes", "flavor_id", "floating_ip_enabled")
    }


def test_selections_and_bad_names_are_refused() -> None:
    with pytest.raises(RequestError) as refused:
        plan_cluster(build_good(FORM), "1 kube", {}, {"storage": True})
    assert [fault.pointer for fault in refused.value.faults] == ["/cluster/selections/storage", "/cluster/name"]


LABELS = "parameters: {labels: {type: json, default: {}}, merge_labels: {type: boolean, default: false}}\n"
WITH_SINGLE = LABELS.replace("parameters: {", "parameters: {labels.kube_tag: {type: string, default: ''}, ")


@pytest.mark.parametrize(
    ("definition", "answers", "labels", "merged"),
    [
        (LABELS, {}, {}, True),
        (LABELS, {"labels": '{"a": 1, "b": true}'}, {"a": "1", "b": "true"}, False),
        (LABELS, {"labels": {"a": "1"}, "merge_labels": "true"}, {"a": "1"}, True),
        (WITH_SINGLE, {"labels": {"a": "1"}, "labels.kube_tag": "v1"}, {"a": "1", "kube_tag": "v1"}, True),
        (WITH_SINGLE, {"labels": {"a": "1"}}, {"a": "1"}, False),
    ],
)
def test_labels_replace_those_of_the_template_only_where_somebody_gave_all_of_them(
    definition: str, answers: dict[str, Any], labels: dict[str, str], merged: bool
) -> None:
    sent = plan(definition, **answers).template
    assert (sent["labels"], sent["merge_labels"]) == (labels, merged)


@pytest.mark.parametrize("labels", ["[1]", '{"a": {"b": 1}}', '{"a": null}', "{", '"a"'])
def test_labels_that_are_no_map_of_texts_are_refused_beside_their_field(labels: str) -> None:
    ((detail, pointer),) = refusal(LABELS, labels=labels)
    assert detail.startswith("Labels must be ")
    assert pointer == "/cluster/parameters/labels"


def test_cluster_is_marked_by_labels_that_nothing_else_is_taken_for() -> None:
    mine = {"mine": "1", "concertims": "2"}
    planned = plan(LABELS, labels={"concertim": "no", "concertim_key": "x", "concertim_body": "y", **mine})
    tags = (*build_tags(planned.type_id, planned.revision), "concertim-key:k")
    body = build_body(CreationRequest(planned, "mykube--abc", tags).with_order("o-1"))
    assert body["name"] == "mykube--abc"
    assert body["labels"] == {
        "concertim": "true", "concertim_key": "k", "concertim_type": "k8s", "concertim_revision": "r1",
        "concertim_order": "o-1", **mine,
    }  # fmt: skip


def test_hidden_answers_are_secrets() -> None:
    answers: dict[str, Any] = {"labels.token": "s3cret"}
    planned = plan(**answers)
    assert planned.secrets == ("s3cret",)
    assert planned.template["labels"]["token"] == "s3cret"
    assert "s3cret" not in repr(planned) + repr(CreationRequest(planned, "mykube--abc"))


def test_preset_of_this_kind_is_planned_with_its_values() -> None:
    (small,) = build_good(f"{FORM}presets:\n  - {{id: small, title: Small, parameters: {{node_count: 7}}}}\n").presets
    planned = plan_cluster(small, "kube", fill_in(small.preset_values, {"node_count": ""}), {}, "r1")
    assert (planned.type_id, planned.template["node_count"]) == ("k8s.small", 7)
