"""The saga of :mod:`builder.billing.saga`, done: by the billing service, and by what a kind hands in.

A kind says how it creates, finds and deletes what it builds (``creation.Steps``), and knows no more of an order than
its id, which it writes down at what it creates. Once the cloud was asked, what has to be taken back or completed goes
on past the deadline (:meth:`~builder.openstack.deadline.Deadline.overtime`), whether or not anybody still waits.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.billing.responses import STACK_ID, STACK_NAME, MiddlewareError
from builder.billing.saga import Effect, Outcome, Progress, Thing
from builder.errors import Fault, RequestError
from builder.openstack.deadline import Deadline

if TYPE_CHECKING:
    from builder.billing.middleware import Middleware

logger = logging.getLogger(__name__)

RETRY_PAUSE = 0.5
"""Seconds before an effect is tried again: a lost connection takes none, and a service that is restarted a few."""

LOOKS_APART = 10.0 / 3
"""The time between two of the four looks for a stack whose creation gave no answer: ten seconds in all."""


def failure(error: MiddlewareError | None, detail: str) -> RequestError:
    """What a client is told where the billing service did not do what a build needs: 504 where it may have, else 502.

    The title is the one that the predecessor of this service gave.
    """
    if error is not None and error.outcome is Outcome.UNKNOWN:
        return RequestError(Fault(504, "MiddlewareServiceError", detail))
    return RequestError(Fault(502, "MiddlewareServiceError", detail))


@dataclass(kw_only=True)
class Run:
    """One way through the saga, for an order and what it is for; ``name`` is that of the stack or cluster."""

    name: str
    middleware: Middleware
    deadline: Deadline
    count_left: Callable[[str], None]
    order: str = ""
    stack_id: str = ""
    last_error: MiddlewareError | None = None

    def effects(self) -> Mapping[Effect, Callable[[], Outcome]]:
        """How each effect is done."""
        return {
            Effect.TAG_NAME: lambda: self.ask(lambda: self._tag(STACK_NAME, self.name)),
            Effect.TAG_ID: lambda: self.ask(lambda: self._tag(STACK_ID, self.stack_id)),
            Effect.DELETE_ORDER: lambda: self.ask(self._cancel),
        }

    def follow(self, progress: Progress) -> Progress:
        """Do one effect after the other until there is none left."""
        effects, ended = self.effects(), False
        try:
            with ExitStack() as overtime:
                while (effect := progress.next_effect()) is not None:
                    if progress.stack is not Thing.NONE and not self.deadline.in_overtime:
                        overtime.enter_context(self.deadline.overtime())
                    if progress.tries:
                        pause = LOOKS_APART if effect is Effect.FIND_STACK else RETRY_PAUSE
                        time.sleep(min(pause, self.deadline.seconds_left()))
                    progress = progress.after(effect, effects[effect]())
            ended = True
        finally:
            if not ended and self.order:
                logger.error("order %s is left (service_failed): stack %s", self.order, self.name)
                self.count_left("service_failed")
        if progress.is_built and progress.naming is not Outcome.DONE:
            logger.warning("order %s does not tell the name of its stack %s", self.order, self.name)
        return progress

    def ask(self, call: Callable[[], None]) -> Outcome:
        """Have the billing service do something."""
        try:
            call()
        except MiddlewareError as error:
            self.last_error = error
            return error.outcome
        return Outcome.DONE

    def _cancel(self) -> None:
        self.middleware.delete_order(self.order)
        logger.info("order %s was cancelled", self.order)

    def _tag(self, name: str, value: str) -> None:
        self.middleware.add_order_tag(self.order, name, value)
