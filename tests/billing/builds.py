"""Builds that are billed, as the Visualisation App asks for them, and the stacks that come of them."""

from __future__ import annotations

import uuid
from typing import Any

from builder.clusters.names import read_order
from builder.sandbox import Sandbox
from tests.api.orders import by_ids, order
from tests.billing.middleware import ACCOUNT, BillingService, LiveStack
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


Cloud = Sandbox | RememberingHeat


def cloud_env(cloud: Cloud, **changes: Any) -> dict[str, Any]:
    """A good ``cloud_env``."""
    return by_ids(cloud, **changes) if isinstance(cloud, Sandbox) else cloud.credentials(**changes)


def build(
    service: Service,
    cloud: Cloud,
    middleware: BillingService,
    key: str | None = None,
    query: str = "",
    **changes: Any,
) -> Answer:
    """Build a cluster; ``changes`` are those of the body."""
    body = {**order(cloud_env(cloud)), "billing_account_id": ACCOUNT, "middleware_url": middleware.url, **changes}
    headers = bearer(make_token()) | ({"Idempotency-Key": key} if key else {})
    return service.post(f"/clusters/{query}", body, headers)


def live_stacks(cloud: Cloud) -> list[LiveStack]:
    """The stacks of the project that are not deleted."""
    if isinstance(cloud, RememberingHeat):
        return [LiveStack(each.id, each.name, read_order(each.tags)) for each in cloud.live]
    listed = Member(cloud).ask("GET", "/stacks").json()["stacks"]
    return [
        LiveStack(each["id"], each["stack_name"], read_order(each["tags"] or ()))
        for each in listed
        if not each["stack_status"].startswith("DELETE")
    ]
