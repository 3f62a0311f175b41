"""The credits and orders of one request: what the API checks, and what a kind has done around its creation."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from builder.billing.execution import Creation, Run, Steps, failure
from builder.billing.responses import MiddlewareError
from builder.billing.saga import REPLAY
from builder.billing.terms import Terms
from builder.clusters.names import CreatedStack
from builder.errors import Fault, RequestError
from builder.openstack.deadline import Deadline
from builder.settings.table import Settings

if TYPE_CHECKING:
    from builder.billing.middleware import Middleware

logger = logging.getLogger(__name__)

CREDITS_TRIES = 2


@dataclass(slots=True)
class Orders:
    """The orders of one request: made for it, used in one thread, and gone with it.

    ``secret`` is the one that verified the request's token; None where it brought none, so that there is nothing to
    sign ours with. ``count_call`` is told the name of each call and how it ended; ``count_left`` the reason for each
    order that is left, or may be.
    """

    terms: Terms
    settings: Settings
    count_call: Callable[[str, str], None]
    count_left: Callable[[str], None]
    secret: str | None = field(repr=False)
    deadline: Deadline
    _balance: float = math.inf

    def check_credits(self) -> None:
        """Refuse a build that the account has no credits for.

        Raises RequestError: (400) too few; (502, 504) the billing service does not tell.
        """
        self.deadline.under_way = "The billing service was being asked for credits; nothing was created."
        self._balance = self._fetch_credits()
        if not self._suffices(self._balance):
            raise RequestError(Fault(400, "MiddlewareInsufficientCredits", "Insufficient credits to launch a cluster"))

    def preview_credits(self) -> dict[str, object]:
        """What :meth:`check_credits` would go by: nulls, and the problem, where the billing service does not tell."""
        try:
            balance = self._fetch_credits()
        except RequestError as error:
            return {"credits": None, "sufficient": None, "problem": error.faults[0].detail}
        return {"credits": balance, "sufficient": self._suffices(balance)}

    def create(self, steps: Steps) -> tuple[CreatedStack, bool]:
        """Create something with its order; whether it was kept, or had to give way, and is deleted, as is its order.

        Raises RequestError; then neither is left, or the error and the log name what is.
        """
        return Creation(
            name=steps.name,
            middleware=self._middleware(),
            deadline=self.deadline,
            count_left=self.count_left,
            account=self.terms.account,
            balance=self._balance,
            steps=steps,
        ).run()

    def complete(self, order: str | None, made: CreatedStack) -> None:
        """Add the tags of an order once more, for something that an earlier request made. Never creates an order.

        ``made`` has the id by which Concertim knows it.

        Raises RequestError (502, 504) where the order may not tell the id.
        """
        if order is None:
            logger.warning("stack %s (%s) was launched without an order", made.name, made.id)
            return
        run = Run(
            name=made.name,
            middleware=self._middleware(),
            deadline=self.deadline,
            count_left=self.count_left,
            order=order,
            stack_id=made.id,
        )
        if run.follow(REPLAY).is_built:
            return
        logger.warning("order %s may not tell the id of its stack %s (%s)", order, made.name, made.id)
        self.count_left("not_tagged")
        raise failure(
            run.last_error,
            f"Stack {made.name} ({made.id}) was launched by an earlier request, but the billing service "
            f"{run.last_error}: order {order} may not tell that it is for this stack. Send the same request again.",
        )

    def _middleware(self) -> Middleware:
        if self.secret is None:
            detail = (
                "The request brought no token, so that this service cannot make itself known to the billing service; "
                "nothing was sent there, and nothing was created. The service needs a JWT_SECRET."
            )
            raise failure(None, detail)
        from builder.billing.middleware import Middleware

        return Middleware(self.terms.url, self.secret, self.settings, self.deadline, self.count_call)

    def _fetch_credits(self) -> float:
        middleware = self._middleware()
        for _ in range(CREDITS_TRIES):
            try:
                return middleware.get_credits(self.terms.account)
            except MiddlewareError as error:
                told = failure(error, f"The billing service {error}; nothing was created.")
        raise told

    def _suffices(self, balance: float) -> bool:
        return math.floor(balance) > max(0, self.settings.billing_min_credits)
