"""From a request for a cluster to one cluster of Magnum.

Light to import; what it does blocks, and belongs in a thread of the pool.
"""

from __future__ import annotations

from functools import partial

from builder.clusters.names import random_suffix
from builder.clusters.plan import ClusterPlan
from builder.kinds.creation import Launches, build_request
from builder.kinds.magnum.idempotency import create_cluster_once, find_cluster
from builder.kinds.magnum.status import fetch_cluster_status as fetch_status
from builder.kinds.magnum.wire import check_template, count_clusters, create_cluster, find_stack_id, list_tagged
from builder.kinds.magnum.wire import delete_cluster as delete
from builder.kinds.protocol import LaunchPreview, ResourceCount
from builder.openstack.call_context import Service
from builder.openstack.cloud_services import ask_if_possible
from builder.openstack.connection import Cloud
from builder.openstack.limits import UNLIMITED, Need, limited_time

__all__ = ["delete", "fetch_status", "find_launched", "launch", "preview_launch", "validate"]
"""What a :class:`~builder.kinds.protocol.Launcher` is made of: this module is one, and raises what it says."""


def preview_launch(cloud: Cloud, plan: ClusterPlan) -> LaunchPreview:
    """What would be made: Magnum has no previews, but tells whether the template is there and what the limit is."""
    request = build_request(cloud, plan, random_suffix())
    check_template(cloud, plan.template["cluster_template_id"])
    with limited_time(cloud):
        counted = ask_if_possible(cloud, Service.CONTAINER_INFRA, partial(count_clusters, cloud))
    needs: tuple[Need, ...] = ()
    if counted is not None:
        limit, used = counted
        needs = (Need("clusters", "", 1, None if limit == UNLIMITED else max(0, limit - used)),)
    return LaunchPreview((ResourceCount("OS::Magnum::Cluster", 1, (request.name,)),), needs)


def validate(cloud: Cloud, plan: ClusterPlan) -> None:
    """Have Magnum tell whether the cluster template is there."""
    check_template(cloud, plan.template["cluster_template_id"])


_MAGNUM = Launches(
    service=Service.CONTAINER_INFRA,
    collection="/clusters",
    path=lambda cluster: cluster.id,
    create=create_cluster,
    list_tagged=list_tagged,
    delete=delete,
    create_once=create_cluster_once,
    find=find_cluster,
    identify=find_stack_id,
)
"""With nothing to prepare: Magnum refuses what exceeds the project's limit before it creates anything."""

launch, find_launched = _MAGNUM.launch, _MAGNUM.find_launched
