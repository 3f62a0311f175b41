"""Heat stacks, by python-heatclient.

Light to import; the client is loaded by the first call, in a thread of the pool.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from builder.openstack.circumstances import Service, may_have_created
from builder.openstack.connection import Cloud

_STACK_ID = re.compile(r"[A-Za-z0-9-]{1,64}")  # Heat's are UUIDs


@dataclass(frozen=True, slots=True)
class StackRequest:
    """What Heat is asked to create. ``template`` holds only what JSON has (no dates); ``files`` is Heat's files map.

    ``secrets`` are values (of hidden parameters) that must not be shown, should Heat quote them.
    """

    name: str
    template: Mapping[str, Any]
    files: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict, repr=False)
    tags: tuple[str, ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)
    form_fields: frozenset[str] = frozenset()
    """The parameters that the caller was asked for; others the definition sets."""
    repeatable: bool = False
    """Whether the caller may send the same request again and be given this stack."""


@dataclass(frozen=True, slots=True)
class CreatedStack:
    """A stack that Heat has accepted."""

    id: str
    name: str


def create_stack(cloud: Cloud, request: StackRequest) -> CreatedStack:
    """Have Heat create a stack: exactly one POST, never repeated. Blocks.

    Raises:
        RequestError: Heat refuses (400, 401, 403, 409, 413, 503), fails or cannot be reached (502), or is late (504).
            Where Heat may have created the stack all the same, the detail says so and names the stack.
    """
    from builder.openstack.failures import translated

    cloud.deadline.remaining()
    circumstances = cloud.circumstances(
        Service.ORCHESTRATION, request.secrets, request.name, request.repeatable, request.form_fields
    )
    cloud.deadline.under_way = may_have_created(request.name, request.repeatable)
    with translated(circumstances):
        answer = heat_client(cloud).stacks.create(**stack_fields(request))
        stack_id = read_stack_id(answer["stack"]["id"])
    return CreatedStack(stack_id, request.name)


def read_stack_id(given: object) -> str:
    """The id of a stack in an answer of Heat: it goes into answers and URLs, so it must be no more than an id.

    Raises TypeError where it is not.
    """
    if not isinstance(given, str) or _STACK_ID.fullmatch(given) is None:
        raise TypeError("stack.id")
    return given


def stack_url(cloud: Cloud, stack: CreatedStack) -> str:
    """The URL of a stack at Heat; nothing is asked of anybody."""
    endpoint = cloud.find_endpoint("orchestration")
    return f"{str(endpoint).rstrip('/')}/stacks/{quote(stack.name)}/{quote(stack.id)}"


def heat_client(cloud: Cloud) -> Any:
    """python-heatclient's client on the session of ``cloud``."""
    from heatclient.v1.client import Client

    region = {"region_name": cloud.region_name} if cloud.region_name else {}
    return Client(session=cloud.session, interface=cloud.settings.interface, **region)


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
