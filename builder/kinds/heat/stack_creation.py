"""Heat stacks, by python-heatclient.

Light to import; the client is loaded by the first call, in a thread of the pool.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from builder.clusters.names import CreatedStack
from builder.kinds.creation import CreationRequest, creating
from builder.kinds.listed import Listed, read_id, read_name, read_status, read_tag, read_time
from builder.openstack.call_context import Service
from builder.openstack.connection import Cloud

_NO_TIME = datetime.min.replace(tzinfo=UTC)


def create_stack(cloud: Cloud, request: CreationRequest) -> CreatedStack:
    """Have Heat create a stack: exactly one POST, never repeated. Blocks.

    Raises:
        RequestError: Heat refuses (400, 401, 403, 409, 413, 503), fails or cannot be reached (502), or is late (504).
            Where Heat may have created the stack all the same, the detail says so and names the stack.
    """
    with creating(cloud, Service.ORCHESTRATION, request):
        answer = heat_client(cloud).stacks.create(**stack_fields(request))
        return CreatedStack(read_id(answer["stack"]["id"]), request.name)


def list_stacks(cloud: Cloud, filters: Mapping[str, Any]) -> list[Listed]:
    """The stacks of the project that Heat gives for ``filters``, which not every Heat knows; oldest first.

    Blocks; raises RequestError.
    """
    # Not by GET /stacks/{name or id}: Heat answers that with a redirect.
    with cloud.calling(Service.ORCHESTRATION, long_answers=True):
        found = [stack.to_dict() for stack in heat_client(cloud).stacks.list(filters=filters)]
        response = cloud.session.last_response
        now = read_time(parsedate_to_datetime, response.headers.get("Date") if response is not None else None)
        found.sort(key=lambda stack: (_read_creation_time(stack) or _NO_TIME, stack["id"]))
        return [_read_stack(stack, now) for stack in found]


def list_tagged(cloud: Cloud, tag: str, *, show_deleted: bool = False) -> list[Listed]:
    """The stacks of the project that carry a tag, oldest first. Blocks; raises RequestError as :func:`list_stacks`."""
    filters = {"tags": tag, "show_deleted": show_deleted}
    return [stack for stack in list_stacks(cloud, filters) if tag in stack.tags]


def _read_stack(listed: Mapping[str, Any], now: datetime | None) -> Listed:
    created = _read_creation_time(listed)
    # Heat tells the time of a deletion once that is complete.
    ended = read_time(datetime.fromisoformat, listed.get("deletion_time")) or now
    return Listed(
        read_id(listed["id"]),
        read_name(listed["stack_name"]),
        read_status(listed["stack_status"]),
        (ended - created).total_seconds() if created and ended else None,
        tuple(map(read_tag, listed.get("tags") or ())),
    )


def _read_creation_time(listed: Mapping[str, Any]) -> datetime | None:
    return read_time(datetime.fromisoformat, listed.get("creation_time"))


def delete_stack(cloud: Cloud, cluster: CreatedStack) -> None:
    """Have Heat delete a stack, which goes on after this. Blocks; raises RequestError."""
    with cloud.calling(Service.ORCHESTRATION):
        heat_client(cloud).stacks.delete(f"{cluster.name}/{cluster.id}")


def heat_client(cloud: Cloud) -> Any:
    """python-heatclient's client on the session of ``cloud``."""
    from heatclient.v1.client import Client

    region = {"region_name": cloud.region_name} if cloud.region_name else {}
    return Client(session=cloud.session, interface=cloud.settings.cloud_interface, **region)


def stack_fields(request: CreationRequest) -> dict[str, Any]:
    """The body of Heat's create and preview (https://docs.openstack.org/api-ref/orchestration/v1/#create-stack)."""
    fields: dict[str, Any] = {
        "stack_name": request.name,
        "template": dict(request.plan.template),
        "files": dict(request.plan.files),
        "parameters": dict(request.plan.parameters),
    }
    if request.tags:
        fields["tags"] = ",".join(request.tags)
    return fields
