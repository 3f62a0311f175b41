"""What all kinds do alike to create a cluster: its name, its tags, its order, and what is told where it fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from builder.billing.execution import Steps
from builder.billing.orders import Orders
from builder.clusters.names import CreatedStack, build_stack_name, build_tags, order_tag
from builder.clusters.plan import ClusterPlan
from builder.kinds.listed import Listed
from builder.openstack.call_context import CallContext, Service
from builder.openstack.connection import Cloud
from builder.openstack.deadline import DeadlineError
from builder.openstack.failure_kinds import CloudError, FailureKind

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CreationRequest:
    """What a cloud is asked to create: a plan, under the name and with the tags of one attempt."""

    plan: ClusterPlan
    name: str
    tags: tuple[str, ...] = ()

    @property
    def is_repeatable(self) -> bool:
        """Whether the caller may send the same request again and be given this cluster."""
        return self.plan.idempotency_key is not None

    def with_order(self, order: str) -> CreationRequest:
        """The same, marked with its order."""
        return replace(self, tags=(*self.tags, order_tag(order)))


def build_request(cloud: Cloud, plan: ClusterPlan, suffix: str, further_tags: tuple[str, ...] = ()) -> CreationRequest:
    """What the cloud is asked for, under a name that ends in ``suffix``.

    Raises RequestError (400) where the type is not offered to the project.
    """
    plan.check_project(cloud.project_id)
    tags = (*build_tags(plan.type_id, plan.revision), *further_tags)
    return CreationRequest(plan, build_stack_name(plan.cluster_name, suffix), tags)


@contextmanager
def creating(cloud: Cloud, service: Service, request: CreationRequest) -> Iterator[CallContext]:
    """The context of the one call by which a service is asked for a cluster, in the block.

    Where the service may have created it all the same, what is raised says so, and names it.

    Raises RequestError (504) where no time is left to ask.
    """
    cloud.deadline.remaining()
    context = cloud.context(service, request.name, request.is_repeatable, request.plan.form_fields)
    cloud.deadline.under_way = context.may_have_created
    try:
        with cloud.calling(context):
            yield context
    except DeadlineError as error:
        error.may_have_effect = True
        raise


@dataclass(frozen=True, slots=True)
class Calls:
    """How the service of a kind is asked. All block, and raise RequestError.

    ``create`` asks once, and never again. ``list_tagged`` gives what is there with a tag. ``identify`` gives the id by
    which Concertim knows what was created, and fails never.
    """

    create: Callable[[Cloud, CreationRequest], CreatedStack]
    list_tagged: Callable[[Cloud, str], list[Listed]]
    delete: Callable[[Cloud, CreatedStack], None]
    identify: Callable[[Cloud, CreatedStack], str] = lambda _, created: created.id


def create_with_order(
    calls: Calls,
    cloud: Cloud,
    request: CreationRequest,
    orders: Orders | None,
    may_be_kept: Callable[[CreatedStack], bool] | None = None,
) -> tuple[CreatedStack, bool]:
    """Create something, with an order where the request is billed; whether it was kept: else it is deleted again.

    ``may_be_kept`` says of what was created whether it need not give way to another of the same key.

    Raises RequestError: as the calls do, and where the billing service fails.
    """
    delete = partial(calls.delete, cloud)
    if may_be_kept is not None:
        delete = partial(_give_up, delete)

    def find(order: str) -> CreatedStack | None:
        named = (each for each in calls.list_tagged(cloud, order_tag(order)) if each.name == request.name)
        return next((CreatedStack(each.id, each.name) for each in named), None)

    steps = Steps(
        request.name,
        lambda order: calls.create(cloud, request.with_order(order)),
        find,
        delete,
        may_be_kept or (lambda _: True),
        partial(calls.identify, cloud),
    )
    if orders is not None:
        return orders.create(steps)
    created = calls.create(cloud, request)
    is_kept = steps.may_be_kept(created)
    if not is_kept:
        delete(created)
    return created, is_kept


def _give_up(delete: Callable[[CreatedStack], None], created: CreatedStack) -> None:
    """Delete what was just created, for there is another of the same key.

    Raises RequestError where it is left; it names it.
    """
    logger.info("%s (%s) yields to a simultaneous one of the same key", created.name, created.id)
    try:
        delete(created)
    except CloudError as error:
        raise FailureKind.CLOUD_FAILURE.error(
            f"Two simultaneous requests for one cluster were both accepted, and what the second one created, "
            f"{created.name} ({created.id}), could not be deleted again: {error.faults[0].detail}"
        ) from error
