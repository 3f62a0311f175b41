"""What all kinds do alike to launch a cluster: its name, its tags, its order, and what is told where it fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from builder.billing.execution import Steps
from builder.billing.orders import Orders
from builder.clusters.names import CreatedStack, build_stack_name, build_tags, order_tag, random_suffix
from builder.clusters.plan import ClusterPlan
from builder.kinds.equal_requests import Key, SentKey, choose_key
from builder.kinds.listed import Listed
from builder.kinds.protocol import LaunchOutcome
from builder.openstack.call_context import CallContext, Service
from builder.openstack.cloud_services import find_url, has_service
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
class Launches:
    """How a kind launches its clusters, by what it says of its service. All block, and raise RequestError.

    ``collection`` is where the service has them, and ``path`` gives the place of one in there. ``create`` asks once,
    and never again. ``list_tagged`` gives those with a tag. ``create_once`` creates the cluster of a key, or finds it,
    and tells which: True where it was there. ``find`` gives the one that was created and kept for a key, and has its
    order told of it once more. ``prepare`` may refuse a request before the creation. ``identify`` gives the id by which
    Concertim knows what was created, and never fails.
    """

    service: Service
    collection: str
    path: Callable[[CreatedStack], str]
    create: Callable[[Cloud, CreationRequest], CreatedStack]
    list_tagged: Callable[[Cloud, str], list[Listed]]
    delete: Callable[[Cloud, CreatedStack], None]
    create_once: Callable[[Launches, Cloud, Key, ClusterPlan, Orders | None], tuple[CreatedStack, bool]]
    find: Callable[[Cloud, Key, Orders | None], CreatedStack | None]
    prepare: Callable[[Cloud, CreationRequest], None] = lambda *_: None
    identify: Callable[[Cloud, CreatedStack], str] = lambda _, created: created.id

    def launch(self, cloud: Cloud, plan: ClusterPlan, orders: Orders | None = None) -> LaunchOutcome:
        """Launch a cluster: see :class:`~builder.kinds.protocol.Launcher`."""
        url = find_url(cloud, self.service, self.collection)  # before the creation, so that it cannot fail after it
        key, replayed = choose_key(cloud, plan), False
        if key is not None:
            created, replayed = self.create_once(self, cloud, key, plan, orders)
        else:
            created, _ = self.create_with_order(cloud, build_request(cloud, plan, random_suffix()), orders)
        return LaunchOutcome(created, replayed, url and f"{url}/{self.path(created)}")

    def find_launched(
        self, cloud: Cloud, key: str, payload: Mapping[str, Any], orders: Orders | None = None
    ) -> LaunchOutcome | None:
        """The outcome of an earlier request with this idempotency key; None where there is none."""
        if not has_service(cloud, self.service):
            return None  # nothing was launched there
        url = find_url(cloud, self.service, self.collection)
        created = self.find(cloud, SentKey(key, cloud.project_id, payload), orders)
        return LaunchOutcome(created, True, url and f"{url}/{self.path(created)}") if created is not None else None

    def create_with_order(
        self,
        cloud: Cloud,
        request: CreationRequest,
        orders: Orders | None,
        may_be_kept: Callable[[CreatedStack], bool] | None = None,
    ) -> tuple[CreatedStack, bool]:
        """Create something, with an order where the request is billed; whether it was kept: else it is deleted again.

        ``may_be_kept`` says of what was created whether it need not give way to another of the same key.
        """
        self.prepare(cloud, request)
        delete = partial(self.delete, cloud)
        if may_be_kept is not None:
            delete = partial(_give_up, delete)

        def find(order: str) -> CreatedStack | None:
            named = (each for each in self.list_tagged(cloud, order_tag(order)) if each.name == request.name)
            return next((CreatedStack(each.id, each.name) for each in named), None)

        steps = Steps(
            request.name,
            lambda order: self.create(cloud, request.with_order(order)),
            find,
            delete,
            may_be_kept or (lambda _: True),
            partial(self.identify, cloud),
        )
        if orders is not None:
            return orders.create(steps)
        created = self.create(cloud, request)
        is_kept = steps.may_be_kept(created)
        if not is_kept:
            delete(created)
        return created, is_kept


def _give_up(delete: Callable[[CreatedStack], None], created: CreatedStack) -> None:
    """Delete what was just created, for there is another of the same key.

    Raises RequestError where it could not be deleted, which names what is left.
    """
    logger.info("%s (%s) yields to a simultaneous one of the same key", created.name, created.id)
    try:
        delete(created)
    except CloudError as error:
        raise FailureKind.CLOUD_FAILURE.error(
            f"Two simultaneous requests for one cluster were both accepted, and what the second one created, "
            f"{created.name} ({created.id}), could not be deleted again: {error.faults[0].detail}"
        ) from error
