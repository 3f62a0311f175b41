"""From a request for a cluster to one cluster of Magnum.

Light to import; :func:`launch` blocks, and belongs in a thread of the pool.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from builder.billing.orders import Orders
from builder.clusters.names import CreatedStack, random_suffix
from builder.clusters.plan import ClusterPlan
from builder.kinds.creation import build_request, create_with_order
from builder.kinds.equal_requests import SentKey, choose_key
from builder.kinds.magnum.idempotency import create_cluster_once, find_cluster
from builder.kinds.magnum.status import fetch_cluster_status as fetch_status
from builder.kinds.magnum.wire import MAGNUM, check_template, count_clusters
from builder.kinds.magnum.wire import delete_cluster as delete
from builder.kinds.protocol import LaunchOutcome, LaunchPreview, ResourceCount
from builder.openstack.call_context import Service
from builder.openstack.cloud_services import ask_if_possible, find_url, has_service
from builder.openstack.connection import Cloud
from builder.openstack.limits import UNLIMITED, Need, limited_time

__all__ = ["delete", "fetch_status", "find_launched", "launch", "preview_launch", "validate"]
"""What a :class:`~builder.kinds.protocol.Launcher` is made of: this module is one, and raises what it says."""


def launch(cloud: Cloud, plan: ClusterPlan, orders: Orders | None = None) -> LaunchOutcome:
    """Launch a cluster: one per request, and one for all requests of an idempotency key or a repeat window.

    The project's limit is Magnum's to look at, which refuses what exceeds it before it creates anything.
    """
    url = _clusters_url(cloud)  # before the creation, so that it cannot fail after it
    key, replayed = choose_key(cloud, plan), False
    if key is not None:
        created, replayed = create_cluster_once(cloud, key, plan, orders)
    else:
        created, _ = create_with_order(MAGNUM, cloud, build_request(cloud, plan, random_suffix()), orders)
    return _outcome(created, replayed, url)


def find_launched(
    cloud: Cloud, key: str, payload: Mapping[str, Any], orders: Orders | None = None
) -> LaunchOutcome | None:
    """The outcome of an earlier request with this idempotency key; None where there is none."""
    if not has_service(cloud, Service.CONTAINER_INFRA):
        return None  # nothing was launched there
    url = _clusters_url(cloud)
    created = find_cluster(cloud, SentKey(key, cloud.project_id, payload), orders)
    return None if created is None else _outcome(created, True, url)


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


def _clusters_url(cloud: Cloud) -> str | None:
    return find_url(cloud, Service.CONTAINER_INFRA, "/clusters")


def _outcome(created: CreatedStack, replayed: bool, clusters_url: str | None) -> LaunchOutcome:
    return LaunchOutcome(created, replayed, clusters_url and f"{clusters_url}/{created.id}")
