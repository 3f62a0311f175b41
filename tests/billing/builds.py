"""Builds that are billed, as the Visualisation App asks for them."""

from __future__ import annotations

from typing import Any

from builder.clusters.names import read_order
from builder.sandbox import Sandbox
from tests.api.orders import by_ids, order
from tests.billing.middleware import ACCOUNT, BillingService, LiveStack
from tests.sandbox.clients import Member
from tests.security.tokens import bearer, make_token
from tests.service import Answer, Service


def billed(cloud_env: dict[str, Any], middleware: BillingService, **cluster: Any) -> dict[str, Any]:
    """The body of a build that is billed."""
    return {**order(cloud_env, **cluster), "billing_account_id": ACCOUNT, "middleware_url": middleware.url}


def build(
    service: Service,
    cloud: Sandbox,
    middleware: BillingService,
    key: str | None = None,
    query: str = "",
    **changes: Any,
) -> Answer:
    """Build a cluster; ``changes`` are those of the body."""
    body = {**billed(by_ids(cloud), middleware), **changes}
    headers = bearer(make_token()) | ({"Idempotency-Key": key} if key else {})
    return service.post(f"/clusters/{query}", body, headers)


def live_stacks(cloud: Sandbox) -> list[LiveStack]:
    """The stacks of the project that are not deleted."""
    listed = Member(cloud).ask("GET", "/stacks").json()["stacks"]
    return [
        LiveStack(each["id"], each["stack_name"], read_order(each["tags"] or ()))
        for each in listed
        if not each["stack_status"].startswith("DELETE")
    ]
