"""Builds that are billed, as the Visualisation App asks for them, and the stacks that come of them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from heatclient.exc import HTTPNotFound

from builder.clusters.names import read_order
from builder.kinds.heat.stack_creation import heat_client
from builder.sandbox import Sandbox
from tests.api.orders import by_ids, order
from tests.billing.middleware import ACCOUNT, BillingService, LiveStack
from tests.openstack import real_cloud
from tests.openstack.real_cloud import connected
from tests.openstack.remembering_heat import RememberedStack, RememberingHeat
from tests.openstack.replay_cloud import Behaviour, Received
from tests.sandbox.clients import Member
from tests.security.tokens import bearer, make_token
from tests.service import Answer, Service


class FailingHeat(RememberingHeat):
    """A Heat that fails where a test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.instead_of_creating: list[bytes | Behaviour] = []
        """What is answered to the next creations, which have no effect."""
        self.instead_of_listing: list[bytes | Behaviour | None] = []
        """What is answered to the next lists; None: the list."""

    def add_rival(self, name: str, tags: list[str]) -> None:
        """Have another stack, which somebody creates in the same moment, under the name that one is asked for."""
        self.stacks.append(RememberedStack(str(uuid.uuid4()), name, tags, self.created_at))

    def respond(self, request: Received) -> bytes | Behaviour:
        if request.path.startswith("/heat") and request.method == "POST" and self.instead_of_creating:
            return self.instead_of_creating.pop(0)
        if request.path.startswith("/heat") and request.method == "GET" and self.instead_of_listing:
            instead = self.instead_of_listing.pop(0)
            if instead is not None:
                return instead
        return super().respond(request)


@dataclass(frozen=True, slots=True)
class RealCloud:
    """The cloud that the ``OS_*`` variables name, of which the stacks of one cluster matter.

    ``env`` has builds go another way to it than straight.
    """

    cluster: str
    env: Mapping[str, str] | None = None

    def list(self) -> list[Any]:
        """The stacks of the cluster."""
        with connected() as cloud:
            found = [stack.to_dict() for stack in heat_client(cloud).stacks.list()]
        return [stack for stack in found if stack["stack_name"].startswith(f"{self.cluster}--")]

    def delete_all(self) -> None:
        """Delete them."""
        with connected() as cloud:
            for stack in self.list():
                with suppress(HTTPNotFound):  # its deletion has ended meanwhile
                    heat_client(cloud).stacks.delete(f"{stack['stack_name']}/{stack['id']}")


Cloud = Sandbox | RememberingHeat | RealCloud


def cloud_env(cloud: Cloud) -> dict[str, Any]:
    """A good ``cloud_env``."""
    match cloud:
        case Sandbox():
            return by_ids(cloud)
        case RealCloud():
            return dict(cloud.env or real_cloud.cloud_env())
        case _:
            return cloud.credentials()


def build(
    service: Service,
    cloud: Cloud,
    middleware: BillingService,
    key: str | None = None,
    query: str = "",
    cluster_name: str = "mycluster",
    **changes: Any,
) -> Answer:
    """Build a cluster; ``changes`` are those of the body. That of a real cloud has the cloud's own name."""
    name = {"name": cloud.cluster if isinstance(cloud, RealCloud) else cluster_name}
    body = {
        **order(cloud_env(cloud), **name),
        "billing_account_id": ACCOUNT,
        "middleware_url": middleware.url,
        **changes,
    }
    headers = bearer(make_token()) | ({"Idempotency-Key": key} if key else {})
    return service.post(f"/clusters/{query}", body, headers)


def live_stacks(cloud: Cloud) -> list[LiveStack]:
    """The stacks of the project that are not deleted."""
    if isinstance(cloud, RememberingHeat):
        return [LiveStack(each.id, each.name, read_order(each.tags)) for each in cloud.live]
    listed = cloud.list() if isinstance(cloud, RealCloud) else Member(cloud).ask("GET", "/stacks").json()["stacks"]
    return [
        LiveStack(each["id"], each["stack_name"], read_order(each["tags"] or ()))
        for each in listed
        if not each["stack_status"].startswith("DELETE")
    ]
