"""How a cluster of Magnum fares, as far as Magnum tells it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from builder.clusters.names import CreatedStack
from builder.errors import RequestError
from builder.kinds.magnum.launch import delete, fetch_status
from builder.kinds.protocol import ClusterOutput, ClusterStatus, FailedResource
from builder.openstack.deadline import Deadline
from tests.kinds.magnum.remembering_magnum import RememberedCluster, RememberingMagnum
from tests.openstack.settings import ask_connected

OURS = {"concertim": "true", "concertim_type": "kube", "concertim_revision": "0123456789ab"}


@pytest.fixture
def cloud() -> Iterator[RememberingMagnum]:
    with RememberingMagnum() as running:
        yield running


def fetch(cloud: RememberingMagnum, labels: dict[str, str], id_: str = "made", **told: Any) -> ClusterStatus | None:
    status = "CREATE_FAILED" if "faults" in told else "CREATE_COMPLETE"
    body = {"name": "mine--abc", "labels": labels}
    cloud.clusters.append(RememberedCluster("made", body, 0, status=status, told=told))
    return ask_connected(fetch_status, cloud.credentials(), id_, deadline=Deadline(20))


def test_cluster_tells_where_it_comes_from_and_its_addresses(cloud: RememberingMagnum) -> None:
    told: dict[str, Any] = {
        "api_address": "https://192.0.2.1:6443",
        "node_addresses": ["192.0.2.2"],
        "master_addresses": [],
    }
    status = fetch(cloud, OURS, **told)
    assert status is not None
    assert (status.id, status.name, status.status, status.reason) == ("made", "mine--abc", "CREATE_COMPLETE", "")
    assert (status.cluster_type_id, status.revision, status.progress) == ("kube", "0123456789ab", None)
    assert status.outputs == (
        ClusterOutput("api_address", "Where Kubernetes answers.", "https://192.0.2.1:6443"),
        ClusterOutput("node_addresses", "The addresses of the nodes.", ["192.0.2.2"]),
    )


def test_label_of_another_spelling_does_not_tell_where_a_cluster_comes_from(cloud: RememberingMagnum) -> None:
    status = fetch(cloud, {**OURS, "concertim-type": "another", "concertim_type:another": ""})
    assert status is not None
    assert status.cluster_type_id == "kube"


def test_cluster_that_failed_tells_why(cloud: RememberingMagnum) -> None:
    faults = {"default-master": "No valid host", "default-worker": "aborted"}
    status = fetch(cloud, OURS, status_reason="Failed to create", faults=faults)
    assert status is not None
    assert (status.status, status.reason) == ("CREATE_FAILED", "Failed to create")
    assert status.failures[0] == FailedResource("default-master", "", "CREATE_FAILED", "No valid host")
    assert len(status.failures) == 2


@pytest.mark.parametrize(("labels", "id_"), [({}, "made"), ({"concertim_type": "kube"}, "made"), (OURS, "another")])
def test_cluster_that_was_not_launched_here_or_is_not_there_is_none(
    cloud: RememberingMagnum, labels: dict[str, str], id_: str
) -> None:
    assert fetch(cloud, labels, id_) is None


@pytest.mark.parametrize("faults", [7, ["x"]])
def test_answer_that_makes_no_sense_is_one_failure(cloud: RememberingMagnum, faults: Any) -> None:
    with pytest.raises(RequestError) as caught:
        fetch(cloud, OURS, faults=faults)
    assert [fault.title for fault in caught.value.faults] == ["Invalid answer"]


def test_cluster_that_was_launched_is_deleted(cloud: RememberingMagnum) -> None:
    cloud.clusters.append(RememberedCluster("made", {"name": "mine--abc", "labels": OURS}, 0))
    ask_connected(delete, cloud.credentials(), CreatedStack("made", "mine--abc"), deadline=Deadline(20))
    assert [cluster.status for cluster in cloud.clusters] == ["DELETE_IN_PROGRESS"]
