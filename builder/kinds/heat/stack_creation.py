"""Heat stacks, by python-heatclient.

Light to import; the client is loaded by the first call, in a thread of the pool.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from builder.billing.creation import Steps
from builder.billing.orders import Orders
from builder.clusters.names import order_tag
from builder.kinds.listed import read_id
from builder.kinds.protocol import CreatedStack
from builder.openstack.call_context import Service, may_have_created
from builder.openstack.connection import Cloud
from builder.openstack.deadline import DeadlineError


@dataclass(frozen=True, slots=True)
class StackRequest:
    """What Heat is asked to create. ``template`` holds only what JSON has (no dates); ``files`` is Heat's files map."""

    name: str
    template: Mapping[str, Any]
    files: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict, repr=False)
    tags: tuple[str, ...] = ()
    form_fields: frozenset[str] = frozenset()
    """The parameters that the caller was asked for; others the definition sets."""
    repeatable: bool = False
    """Whether the caller may send the same request again and be given this stack."""


def create_stack(cloud: Cloud, request: StackRequest) -> CreatedStack:
    """Have Heat create a stack: exactly one POST, never repeated. Blocks.

    Raises:
        RequestError: Heat refuses (400, 401, 403, 409, 413, 503), fails or cannot be reached (502), or is late (504).
            Where Heat may have created the stack all the same, the detail says so and names the stack.
    """
    cloud.deadline.remaining()
    context = cloud.context(Service.ORCHESTRATION, request.name, request.repeatable, request.form_fields)
    cloud.deadline.under_way = may_have_created(request.name, request.repeatable)
    try:
        with cloud.calling(context):
            answer = heat_client(cloud).stacks.create(**stack_fields(request))
            stack_id = read_id(answer["stack"]["id"])
    except DeadlineError as error:
        error.may_have_effect = True
        raise
    return CreatedStack(stack_id, request.name)


def find_stack_of_order(cloud: Cloud, name: str, order: str) -> CreatedStack | None:
    """The stack of this name that was created with this order; None where there is none. Blocks.

    Raises RequestError where the cloud cannot tell.
    """
    tag = order_tag(order)
    with cloud.calling(Service.ORCHESTRATION, long_answers=True):
        # Not by GET /stacks/{name}: Heat answers that with a redirect. Not every Heat knows the filter of tags.
        listed = [stack.to_dict() for stack in heat_client(cloud).stacks.list(filters={"tags": tag})]
        found = [stack for stack in listed if stack["stack_name"] == name and tag in (stack.get("tags") or ())]
        return CreatedStack(read_id(found[0]["id"]), name) if found else None


def delete_stack(cloud: Cloud, cluster: CreatedStack) -> None:
    """Have Heat delete a stack, which goes on after this. Blocks.

    Raises RequestError.
    """
    with cloud.calling(Service.ORCHESTRATION):
        heat_client(cloud).stacks.delete(f"{cluster.name}/{cluster.id}")


def create_stack_with_order(
    cloud: Cloud,
    request: StackRequest,
    orders: Orders | None,
    may_be_kept: Callable[[CreatedStack], bool] = lambda _: True,
    delete: Callable[[CreatedStack], None] | None = None,
) -> tuple[CreatedStack, bool]:
    """Create a stack, with an order where the request is billed; whether it may be kept: else it is deleted again.

    Raises RequestError: as :func:`create_stack` and the others given do, and where the billing service fails.
    """
    delete = delete or partial(delete_stack, cloud)
    if orders is None:
        created = create_stack(cloud, request)
        is_kept = may_be_kept(created)
        if not is_kept:
            delete(created)
        return created, is_kept

    def create(order: str) -> CreatedStack:
        return create_stack(cloud, replace(request, tags=(*request.tags, order_tag(order))))

    find = partial(find_stack_of_order, cloud, request.name)
    return orders.create(Steps(request.name, create, find, delete, may_be_kept))


def stack_url(stacks_url: str | None, stack: CreatedStack) -> str | None:
    """The URL of a stack at Heat, if it can be told: see :func:`~builder.openstack.cloud_services.find_url`."""
    return stacks_url and f"{stacks_url}/{stack.name}/{stack.id}"


def heat_client(cloud: Cloud) -> Any:
    """python-heatclient's client on the session of ``cloud``."""
    from heatclient.v1.client import Client

    region = {"region_name": cloud.region_name} if cloud.region_name else {}
    return Client(session=cloud.session, interface=cloud.settings.cloud_interface, **region)


def stack_fields(request: StackRequest) -> dict[str, Any]:
    """The body of Heat's create and preview (https://docs.openstack.org/api-ref/orchestration/v1/#create-stack)."""
    fields: dict[str, Any] = {
        "stack_name": request.name,
        "template": dict(request.template),
        "files": dict(request.files),
        "parameters": dict(request.parameters),
    }
    if request.tags:
        fields["tags"] = ",".join(request.tags)
    return fields
