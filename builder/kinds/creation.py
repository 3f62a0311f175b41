"""What all kinds do alike when they create a cluster: its name and its tags, and what is told where it fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from builder.clusters.names import CreatedStack, build_stack_name, build_tags, order_tag
from builder.clusters.plan import ClusterPlan
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

    def with_order(self, order: str | None) -> CreationRequest:
        """The same, marked with its order if it has one."""
        return self if order is None else replace(self, tags=(*self.tags, order_tag(order)))


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


def give_up(created: CreatedStack, delete: Callable[[CreatedStack], None]) -> None:
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
