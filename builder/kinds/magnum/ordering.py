"""Clusters with an order of the billing service, where the request is billed.

An order names a cluster by the Heat stack that its driver makes, for that is what Concertim meters; by the cluster's
own id where there is none.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from builder.billing.creation import Steps
from builder.billing.orders import Orders, create_with_order
from builder.clusters.names import CreatedStack, order_tag
from builder.kinds.creation import CreationRequest
from builder.kinds.magnum.wire import create_cluster, delete_cluster, fetch_stack_id, list_clusters
from builder.openstack.connection import Cloud
from builder.openstack.failure_kinds import CloudError

logger = logging.getLogger(__name__)

STACK_SECONDS: Final = 10.0
STACK_POLL: Final = 0.25
"""In seconds, for how long and how often a new cluster is asked for its stack: Magnum was seen to know it after 0.8,
and to know nothing of the cluster for the first 0.1; some drivers make no stack."""


def create_cluster_with_order(
    cloud: Cloud,
    request: CreationRequest,
    orders: Orders | None,
    may_be_kept: Callable[[CreatedStack], bool] = lambda _: True,
    delete: Callable[[CreatedStack], None] | None = None,
) -> tuple[CreatedStack, bool]:
    """Create a cluster, with an order where the request is billed; whether it may be kept: else it is deleted again.

    Raises RequestError: as :func:`create_cluster` and the others given do, and where the billing service fails.
    """

    def find(order: str) -> CreatedStack | None:
        tag = order_tag(order)
        named = (each for each in list_clusters(cloud) if each.name == request.name and tag in each.tags)
        return next((CreatedStack(each.id, each.name) for each in named), None)

    return create_with_order(
        orders,
        Steps(
            request.name,
            lambda order: create_cluster(cloud, request.with_order(order)),
            find,
            delete or partial(delete_cluster, cloud),
            may_be_kept,
            identify=partial(find_stack, cloud),
        ),
    )


def find_stack(cloud: Cloud, created: CreatedStack) -> str:
    """The id of a cluster's stack, or the cluster's own, if Magnum does not tell of a stack in time. Blocks."""
    until = time.monotonic() + min(STACK_SECONDS, cloud.deadline.seconds_left())
    stack_id = None
    while stack_id is None and time.monotonic() < until:
        try:
            stack_id = fetch_stack_id(cloud, created)
        except CloudError as error:
            logger.debug("the stack of cluster %s is not known: %s", created.name, error)
        if stack_id is None:
            time.sleep(max(0.0, min(STACK_POLL, until - time.monotonic())))
    return stack_id or created.id
