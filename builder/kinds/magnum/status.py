"""How a cluster fares, as Magnum tells it: no resources and no events, which are its driver's affair."""

from __future__ import annotations

from typing import Final

from builder.clusters.names import read_origin
from builder.kinds.magnum.wire import list_clusters, show_cluster
from builder.kinds.protocol import MAX_FAILURES, ClusterOutput, ClusterStatus, FailedResource
from builder.openstack.call_context import Service
from builder.openstack.connection import Cloud

_OUTPUTS: Final = {
    "api_address": "Where Kubernetes answers.",
    "master_addresses": "The addresses of the control plane.",
    "node_addresses": "The addresses of the nodes.",
}
"""What people ask of a cluster, of all that Magnum has of it, and what it is."""

_MAX_ADDRESSES: Final = 100
"""Of either kind: whoever has more nodes asks Magnum."""


def fetch_cluster_status(cloud: Cloud, cluster_id: str) -> ClusterStatus | None:
    """How a cluster of this service fares; None where the project has none of that id. Blocks.

    Raises RequestError where Magnum refuses, or cannot tell.
    """
    # By the list: where Magnum shows no such cluster, its answer is the same as where it is not there itself.
    listed = next((cluster for cluster in list_clusters(cloud) if cluster.id == cluster_id), None)
    origin = read_origin(listed.tags) if listed is not None else None
    if listed is None or origin is None:
        return None
    shown = show_cluster(cloud, cluster_id)
    with cloud.calling(Service.CONTAINER_INFRA):
        faults = list((shown.get("faults") or {}).items())[:MAX_FAILURES]
        return ClusterStatus(
            id=cluster_id,
            name=listed.name,
            status=listed.status,
            reason=cloud.clean(shown.get("status_reason")),
            cluster_type_id=cloud.clean(origin.type_id),
            revision=cloud.clean(origin.revision),
            created_at=cloud.clean(shown["created_at"]),
            failures=tuple(
                FailedResource(cloud.clean(name), "", listed.status, cloud.clean(why)) for name, why in faults
            ),
            outputs=tuple(
                ClusterOutput(name, description, _read_addresses(cloud, shown[name]))
                for name, description in _OUTPUTS.items()
                if shown.get(name)
            ),
        )


def _read_addresses(cloud: Cloud, told: object) -> str | list[str]:
    if isinstance(told, list):
        return [cloud.clean(each) for each in told[:_MAX_ADDRESSES]]
    return cloud.clean(told)
