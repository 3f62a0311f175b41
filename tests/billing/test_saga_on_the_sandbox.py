"""Credits, order, stack, tags: what a build that is billed does, on the running service."""

from __future__ import annotations

from builder.sandbox import Sandbox
from tests.billing.builds import build, live_stacks
from tests.billing.middleware import STACK_ID, STACK_NAME, BillingService
from tests.service import Service


def test_build_has_an_order_that_names_its_stack(building: Service, cloud: Sandbox, middleware: BillingService) -> None:
    answer = build(building, cloud, middleware)
    assert answer.status == 201, answer.body
    made = answer.json()
    ((order_id, order),) = middleware.active.items()
    assert order.tags == {STACK_NAME: made["name"], STACK_ID: made["id"]}
    (stack,) = live_stacks(cloud)
    assert (stack.id, stack.name, stack.order) == (made["id"], made["name"], order_id)
    assert middleware.calls == ["get_credits", "create_order", "add_order_tag", "add_order_tag"]
