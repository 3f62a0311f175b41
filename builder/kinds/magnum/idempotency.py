"""One cluster per idempotency key, or repeat window, with nothing but Magnum to remember it by.

As :mod:`builder.kinds.heat.idempotency`, but for what Magnum is different in. It takes any number of clusters of one
name, and lists what is there alone: a cluster that was deleted leaves no trace, so that its key makes another one. And
a creation is seen a moment after it was accepted.

Two creators at the same moment may therefore both succeed. Each waits until its own cluster is listed, and looks for
others of its key then: whoever comes to be listed later sees the other, whoever that is. The one with the higher id
gives its cluster up. The one with the lower id keeps its own as soon as the other is gone; where the other stays, it
had looked too early to see this one, and keeps its own: then the one with the lower id gives up, too late as it is. So
at most one is kept. That holds for requests of one key that ask for different things, too.
"""

from __future__ import annotations

import time
from functools import partial

from builder.billing.orders import Orders
from builder.clusters.names import CreatedStack, read_order
from builder.clusters.plan import ClusterPlan
from builder.kinds.creation import Launches, build_request
from builder.kinds.equal_requests import Key, Pace, key_reused, pause, telling
from builder.kinds.listed import Listed
from builder.kinds.magnum.wire import find_stack_id, list_clusters
from builder.openstack.call_context import may_have_created
from builder.openstack.connection import Cloud

_IN_CREATION = "CREATE_IN_PROGRESS"


PACE = Pace(settling=3.0, poll=0.25)
"""Magnum takes a second to delete a cluster when it is loaded."""

MAX_SETTLINGS = 3
"""How many times ``settling`` a caller waits for several clusters to become one: creators may give up one by one."""


def create_cluster_once(
    launches: Launches, cloud: Cloud, key: Key, plan: ClusterPlan, orders: Orders | None
) -> tuple[CreatedStack, bool]:
    """Create the cluster of ``key``, or find it; tells which: True when it was there.

    With ``orders``, a cluster is created with an order; of one that was there, the order's tags are added once more.
    Blocks: two requests to Magnum more than a creation without a key, at least.

    Raises:
        RequestError: (422) the key came before with another payload; and whatever
            :func:`~builder.kinds.creation.Launches.create_with_order` raises.
    """
    while True:
        found = find_cluster(cloud, key, orders)
        if found is not None:
            return found, True
        request = build_request(cloud, plan, key.choose_suffix(_list(cloud, key)), key.tags)
        created, is_kept = launches.create_with_order(cloud, request, orders, partial(may_be_kept, cloud, key))
        if is_kept:
            return created, False


def find_cluster(cloud: Cloud, key: Key, orders: Orders | None = None) -> CreatedStack | None:
    """The cluster that a request with ``key`` for the same thing has created and kept; None if there is none. Blocks.

    One that is being created may yet be given up: it has to be the only one for as long as its creator needs for that.
    Where several stay, of creators that have died, the first by its id is meant. With ``orders``, the tags of its order
    are added once more.

    Raises:
        RequestError: (422) the key came before with another payload; or the cloud cannot tell, or the billing service
            (502, 504).
    """
    began = since = time.monotonic()
    only = ""
    while (found := _list_counting(cloud, key)) and any(each.status == _IN_CREATION for each in found):
        now = time.monotonic()
        if len(found) > 1 or only != found[0].id:
            only, since = found[0].id if len(found) == 1 else "", now
        if now - since >= PACE.settling or now - began >= MAX_SETTLINGS * PACE.settling:
            break
        _pause(cloud, key, found[0].name)
    if not found:
        return None
    if not key.made(found[0]):
        raise key_reused()
    kept = CreatedStack(found[0].id, found[0].name)
    if orders is not None:
        orders.complete(read_order(found[0].tags), CreatedStack(find_stack_id(cloud, kept), kept.name))
    return kept


def _list(cloud: Cloud, key: Key) -> list[Listed]:
    """The project's clusters that are not being deleted; with their ages where the key goes by them."""
    return [cluster for cluster in list_clusters(cloud, detailed=not key.is_sent) if cluster.is_live]


def _list_counting(cloud: Cloud, key: Key) -> list[Listed]:
    """The clusters of a key, in the order of their ids."""
    return [cluster for cluster in _list(cloud, key) if key.counts(cluster)]


def may_be_kept(cloud: Cloud, key: Key, created: CreatedStack) -> bool:
    """Whether a cluster that was just created is the one that its key keeps: see the module.

    Raises RequestError where Magnum cannot tell; it names the cluster.
    """
    with telling(may_have_created(created.name, key.is_sent, "Cluster")):
        listed = _list(cloud, key)
        while all(each.id != created.id for each in listed):
            _pause(cloud, key, created.name)
            listed = _list(cloud, key)
        found = [each for each in listed if key.counts(each) or each.id == created.id]
        until = time.monotonic() + PACE.settling
        while len(found) > 1 and found[0].id == created.id and time.monotonic() < until:
            _pause(cloud, key, created.name)
            found = [each for each in _list(cloud, key) if key.counts(each) or each.id == created.id]
        return [each.id for each in found] == [created.id]


def _pause(cloud: Cloud, key: Key, name: str) -> None:
    """Wait between two looks, within the deadline; raises RequestError (504) when it has passed."""
    cloud.deadline.under_way = may_have_created(name, key.is_sent, "Cluster")
    pause(cloud, PACE.poll)
