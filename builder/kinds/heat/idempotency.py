"""One stack per idempotency key, with nothing but Heat to remember it by.

Follows https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/, without a store of our own: any
replica finds the stack of a key by a tag that Heat keeps, also after the stack is deleted.

Heat refuses a name that is taken, but looks before it writes: two creations at the same moment both succeed. So a
stack counts only when its creator has looked after creating it and saw no other of the same key; who sees another
deletes its own and starts over, one after the other. Of two creators, at least one is later to look than the other is
to create, so at most one keeps its stack. That holds for requests of one key that ask for different things, too: the
first to keep a stack has the key, and the stacks that were given up for it count for nothing.

Of several stacks that are all deleted, the one that lived for longer than a creator needs to give its own up was kept.
Whether one was kept and deleted sooner than that, Heat does not tell: such a key makes another stack. So does that of
one stack with an order, which its creator deletes where the order cannot be told of it.

A request without a key has one all the same, for some seconds: see :class:`~builder.kinds.equal_requests.ImpliedKey`.
"""

from __future__ import annotations

import logging
import random
import time

from builder.billing.orders import Orders
from builder.clusters.names import CreatedStack, random_suffix, read_order
from builder.clusters.plan import ClusterPlan
from builder.kinds.creation import Launches, build_request
from builder.kinds.equal_requests import Key, Pace, key_reused, pause, telling
from builder.kinds.heat.stack_creation import list_tagged
from builder.kinds.listed import Listed
from builder.openstack.call_context import may_have_created
from builder.openstack.connection import Cloud
from builder.openstack.failure_kinds import CloudError, FailureKind

logger = logging.getLogger(__name__)

MAX_LOGGED = 10
"""How many stacks of a key a line of the log names: more than one is rare, and how many there are, the cloud says."""
LOOK_SHARE = 0.25
"""Which share of the time left the search for an earlier stack may take, if the build goes on without its result."""
MAX_REFUSALS = 8
"""How often a taken name is looked up before it counts as taken by something else."""


PACE = Pace(settling=2.0, poll=0.25, apart=1.5)


def create_stack_once(
    launches: Launches, cloud: Cloud, key: Key, plan: ClusterPlan, orders: Orders | None
) -> tuple[CreatedStack, bool]:
    """Create the stack of ``key``, or find it; tells which: True when it was there.

    With ``orders``, a stack is created with an order; of one that was there, the order's tags are added once more.
    Blocks: two requests to Heat more than a creation without a key.

    Raises:
        RequestError: (422) the key came before with another payload; (409) its stack was deleted, or
            another stack has the name; and whatever :func:`create_stack` raises.
    """
    refusals = 0
    rivals: list[Listed] = []

    def may_be_kept(created: CreatedStack) -> bool:
        rivals[:] = _find_rivals(cloud, key, created)
        return not rivals

    while True:
        stacks = _fetch_if_possible(cloud, key)
        if any(key.counts(stack) for stack in stacks or ()):
            found = find_stack(cloud, key, orders)
            if found is not None:
                return found, True
            continue
        is_certain = key.is_sent or refusals < MAX_REFUSALS - 1  # else another name is better than none
        suffix = random_suffix() if stacks is None or not is_certain else key.choose_suffix(stacks)
        request = build_request(cloud, plan, suffix, key.tags)
        try:
            created, is_kept = launches.create_with_order(cloud, request, orders, may_be_kept)
        except CloudError as error:
            refusals += 1
            if error.kind is not FailureKind.NAME_TAKEN or refusals == MAX_REFUSALS:
                raise
            pause(cloud, PACE.poll)  # it is taken by one of the same key, whose tag is about to show
            continue
        if is_kept:
            return created, False
        _wait_for_rivals(cloud, key, rivals, created)


def _fetch_if_possible(cloud: Cloud, key: Key) -> list[Listed] | None:
    """The stacks of the key. None where Heat cannot tell in time, which is no reason to refuse who sent no key."""
    if key.is_sent:
        return _fetch(cloud, key)
    try:
        with cloud.deadline.at_most(cloud.deadline.remaining() * LOOK_SHARE):
            return _fetch(cloud, key)
    except CloudError as error:
        logger.info("whether this build repeats another one is not known: %s", error)
        return None


def _fetch(cloud: Cloud, key: Key) -> list[Listed]:
    """The stacks that carry the tag of the key, oldest first; of a key that was sent, the deleted ones, too."""
    return list_tagged(cloud, key.searched_tag, show_deleted=key.is_sent)


def _find_rivals(cloud: Cloud, key: Key, created: CreatedStack) -> list[Listed]:
    """The stacks of the same key that others have created at the same moment.

    Raises RequestError where Heat cannot tell; it names the stack that was created.
    """
    with telling(may_have_created(created.name, key.is_sent)):
        found = _fetch_if_possible(cloud, key)
    return [stack for stack in found or () if key.counts(stack) and stack.id != created.id]


def _wait_for_rivals(cloud: Cloud, key: Key, rivals: list[Listed], given_up: CreatedStack) -> None:
    """Leave the others time to be first."""
    situation = cloud.deadline.under_way = may_have_created(rivals[0].name, key.is_sent)
    rank = sum(rival.id < given_up.id for rival in rivals)
    until = time.monotonic() + PACE.apart * (rank + random.random() / 4)  # noqa: S311  # spreads, guards nothing
    while time.monotonic() < until:
        pause(cloud, PACE.poll)
        with telling(situation):
            found = _fetch(cloud, key)
        if any(key.counts(stack) for stack in found if stack.id not in {rival.id for rival in rivals}):
            return


def find_stack(cloud: Cloud, key: Key, orders: Orders | None = None) -> CreatedStack | None:
    """The stack that a request with ``key`` for the same thing has created and kept; None where there is none. Blocks.

    With ``orders``, the tags of its order are added once more: its creator may have ended before it did.

    Raises:
        RequestError: (422) the key came before with another payload; or the cloud cannot tell, or the billing
            service (502, 504).
    """
    until = time.monotonic() + PACE.settling
    situation = ""
    while True:
        with telling(situation):
            live = [stack for stack in _fetch(cloud, key) if key.counts(stack)]
        if not live:
            return None
        same = [stack for stack in live if key.made(stack)]
        if not same:
            raise key_reused()
        situation = cloud.deadline.under_way = may_have_created(same[0].name, key.is_sent)
        # Of several, all but one are being given up, which takes as long as Heat takes.
        if same[0].is_old or (time.monotonic() >= until and len(live) == 1):
            break
        pause(cloud, PACE.poll)
    if len(live) > 1:
        ids = [stack.id for stack in live]
        logger.warning("%d stacks of one idempotency key: %s", len(live), ", ".join(ids[:MAX_LOGGED]))
    found = CreatedStack(same[0].id, same[0].name)
    if orders is not None:
        orders.complete(read_order(same[0].tags), found)
    return found
