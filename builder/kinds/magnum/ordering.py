"""Clusters with an order of the billing service, where the request is billed.

An order names a cluster by the Heat stack that its driver makes, for that is what Concertim meters; by the cluster's
own id where there is none.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from builder.billing.creation import Steps
from builder.billing.orders import Orders
from builder.clusters.names import order_tag, read_order
from builder.kinds.magnum.wire import (
    ClusterRequest,
    create_cluster,
    delete_cluster,
    fetch_stack_id,
    labels_of,
    list_clusters,
)
from builder.kinds.protocol import CreatedStack
from builder.openstack.connection import Cloud
from builder.openstack.failure_kinds import CloudError

logger = logging.getLogger(__name__)

STACK_SECONDS: Final = 10.0
STACK_POLL: Final = 0.25
"""In seconds, for how long and how often a new cluster is asked for its stack: Magnum was seen to know it after 0.8,
and to know nothing of the cluster for the first 0.1; some drivers make no stack."""


@dataclass(frozen=True, slots=True)
class OrderedCluster:
    """A cluster as its order names it."""

    id: str
    cluster: CreatedStack

    @property
    def name(self) -> str:
        """The cluster's name at Magnum."""
        return self.cluster.name


def create_cluster_with_order(
    cloud: Cloud,
    request: ClusterRequest,
    orders: Orders | None,
    may_be_kept: Callable[[CreatedStack], bool] = lambda _: True,
    delete: Callable[[CreatedStack], None] | None = None,
) -> tuple[CreatedStack, bool]:
    """Create a cluster, with an order where the request is billed; whether it may be kept: else it is deleted again.

    Raises RequestError: as :func:`create_cluster` and the others given do, and where the billing service fails.
    """
    delete = delete or partial(delete_cluster, cloud)
    if orders is None:
        created = create_cluster(cloud, request)
        is_kept = may_be_kept(created)
        if not is_kept:
            delete(created)
        return created, is_kept

    def create(order: str) -> OrderedCluster:
        labels = {**request.body["labels"], **labels_of([order_tag(order)])}
        return find_stack(cloud, create_cluster(cloud, replace(request, body={**request.body, "labels": labels})))

    def find(order: str) -> OrderedCluster | None:
        marks = labels_of([order_tag(order)]).items()
        found = [each for each in list_clusters(cloud) if each.name == request.name and marks <= each.labels.items()]
        return find_stack(cloud, CreatedStack(found[0].id, found[0].name)) if found else None

    steps = Steps(request.name, create, find, lambda made: delete(made.cluster), lambda made: may_be_kept(made.cluster))
    made, is_kept = orders.create(steps)
    return made.cluster, is_kept


def complete_order(cloud: Cloud, orders: Orders, found: CreatedStack, labels: Mapping[str, Any]) -> None:
    """Add the tags of the order of a cluster once more: its creator may have ended before it did.

    Raises RequestError (502, 504) where the order may not tell what it is for.
    """
    orders.complete(read_order([order_tag(str(labels.get("concertim_order", "")))]), find_stack(cloud, found))


def find_stack(cloud: Cloud, created: CreatedStack) -> OrderedCluster:
    """A cluster with the id of its stack, or with its own, if Magnum does not tell of one in time. Blocks."""
    until = time.monotonic() + min(STACK_SECONDS, cloud.deadline.seconds_left())
    stack_id = None
    while stack_id is None and time.monotonic() < until:
        try:
            stack_id = fetch_stack_id(cloud, created)
        except CloudError as error:
            logger.debug("the stack of cluster %s is not known: %s", created.name, error)
        if stack_id is None:
            time.sleep(max(0.0, min(STACK_POLL, until - time.monotonic())))
    return OrderedCluster(stack_id or created.id, created)
