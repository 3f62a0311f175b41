"""The saga of :mod:`builder.billing.saga`, done: by the billing service, and by what a kind hands in.

A kind says how it creates, finds and deletes what it builds (:class:`Steps`), and knows no more of an order than
its id, which it writes down at what it creates. Once the cloud was asked, what has to be taken back or completed goes
on past the deadline (:meth:`~builder.openstack.deadline.Deadline.overtime`), whether or not anybody still waits.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from builder.billing.responses import STACK_ID, STACK_NAME, MiddlewareError
from builder.billing.saga import ABSENCES, Effect, Outcome, Progress, Thing
from builder.clusters.names import CreatedStack
from builder.errors import Fault, RequestError
from builder.logs.redaction import clean
from builder.openstack.deadline import Deadline, DeadlineError
from builder.openstack.failure_kinds import CloudError, FailureKind

if TYPE_CHECKING:
    from builder.billing.middleware import Middleware

logger = logging.getLogger(__name__)

RETRY_PAUSE = 0.5
"""Seconds before an effect is tried again: a lost connection takes none, and a service that is restarted a few."""

LOOKING_SECONDS = 10.0
"""For how long a stack is looked for whose creation gave no answer."""

LOOKS_APART = LOOKING_SECONDS / 3
"""The time between two of the four looks."""

FEW_CREDITS = 25
"""With so many or fewer, the billing service creates no order, unless its own setting says otherwise."""


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
            Effect.TAG_NAME: lambda: self.ask(self.middleware.add_order_tag, self.order, STACK_NAME, self.name),
            Effect.TAG_ID: lambda: self.ask(self.middleware.add_order_tag, self.order, STACK_ID, self.stack_id),
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

    def ask(self, call: Callable[..., None], *arguments: str) -> Outcome:
        """Have the billing service do something."""
        try:
            call(*arguments)
        except MiddlewareError as error:
            self.last_error = error
            return error.outcome
        return Outcome.DONE


@dataclass(frozen=True, slots=True)
class Steps:
    """How a kind makes one stack or cluster of the given name. All block, and raise RequestError.

    ``create`` is given the id of the order, which it writes down at what it makes; its error says whether that may have
    been made all the same (:class:`~builder.openstack.failure_kinds.CloudError`). ``find`` gives what was created with
    this order, if it is there. ``may_be_kept`` says whether it need not give way to another of the same request.
    ``identify`` gives the id by which Concertim knows it, and fails never.
    """

    name: str
    create: Callable[[str], CreatedStack]
    find: Callable[[str], CreatedStack | None]
    delete: Callable[[CreatedStack], None]
    may_be_kept: Callable[[CreatedStack], bool] = lambda _: True
    identify: Callable[[CreatedStack], str] = attrgetter("id")


@dataclass(kw_only=True)
class Creation(Run):
    """An order, and what is created with it; ``balance`` is how many credits the ``account`` has."""

    account: str
    balance: float
    steps: Steps
    _made: CreatedStack | None = None
    _refusal: RequestError | None = None
    """What the cloud said of the creation, or of whether what was created may be kept."""
    _not_deleted: RequestError | None = None
    _looking_until: float = math.inf

    @property
    def made(self) -> CreatedStack:
        """The stack or cluster; only to be asked for once it is there."""
        assert self._made is not None  # noqa: S101  # the saga asks for it once it is there
        return self._made

    def effects(self) -> Mapping[Effect, Callable[[], Outcome]]:
        """How each effect is done."""
        return {
            **super().effects(),
            Effect.CREATE_ORDER: self._create_order,
            Effect.CREATE_STACK: self._create,
            Effect.FIND_STACK: self._find,
            Effect.CONFIRM_STACK: self._confirm,
            Effect.DELETE_STACK: self._delete,
            Effect.DELETE_ORDER: self._cancel,
        }

    def run(self) -> tuple[CreatedStack, bool]:
        """What was created, and whether it was kept: see :meth:`builder.billing.orders.Orders.create`."""
        progress = self.follow(Progress())
        self.deadline.verdict = None
        self.deadline.remark = ""
        if progress.is_built and self._refusal is None:
            return self.made, True
        self._log_what_is_left(progress)
        if progress.gives_way and progress.stack is Thing.DELETED:
            return self.made, False
        raise self._explain(progress)

    def _create_order(self) -> Outcome:
        self.deadline.under_way = (
            f"The billing service was being asked for an order for stack {self.name}: an order may exist, and no stack."
        )
        logger.info("asking for an order for stack %s, account %s", self.name, clean(self.account))

        def create() -> None:
            self.order = self.middleware.create_order(self.account)

        outcome = self.ask(create)
        if outcome is Outcome.DONE:
            logger.info("order %s was created for stack %s", self.order, self.name)
            self.deadline.under_way = f"Stack {self.name} was not created."
            self.deadline.remark = f"Order {self.order} was made for it, and is cancelled if there is no such stack."
        return outcome

    def _create(self) -> Outcome:
        try:
            self._made = self.steps.create(self.order)
        except RequestError as error:
            self._refusal = error
            if isinstance(error, CloudError) and error.may_have_effect:
                return Outcome.UNKNOWN
            if not isinstance(error, DeadlineError):
                self.deadline.verdict = error  # cancelling the order may take longer than anybody waits
            return Outcome.FAILED
        self.stack_id = self.steps.identify(self.made)
        return Outcome.DONE

    def _find(self) -> Outcome:
        now = time.monotonic()
        self._looking_until = min(self._looking_until, now + LOOKING_SECONDS)
        if now >= self._looking_until:
            return Outcome.UNKNOWN
        try:
            with self.deadline.at_most(self._looking_until - now):
                self._made = self.steps.find(self.order)
        except RequestError as error:
            logger.info("it cannot be told whether stack %s was created: %s", self.name, error)
            return Outcome.UNKNOWN
        if self._made is None:
            return Outcome.FAILED
        self._refusal = None
        self.stack_id = self.steps.identify(self._made)
        return Outcome.DONE

    def _confirm(self) -> Outcome:
        try:
            return Outcome.DONE if self.steps.may_be_kept(self.made) else Outcome.FAILED
        except RequestError as error:
            self._refusal = error
            return Outcome.UNKNOWN

    def _delete(self) -> Outcome:
        try:
            self.steps.delete(self.made)
        except RequestError as error:
            self._not_deleted = error
            return Outcome.UNKNOWN
        return Outcome.DONE

    def _cancel(self) -> Outcome:
        outcome = self.ask(self.middleware.delete_order, self.order)
        if outcome is Outcome.DONE:
            logger.info("order %s was cancelled", self.order)
        return outcome

    def _log_what_is_left(self, progress: Progress) -> None:
        account = clean(self.account)
        if progress.order is Thing.UNSURE:
            logger.warning("an order may be left: account %s, for stack %s, which does not exist", account, self.name)
            self.count_left("creation_unknown")
        elif progress.left_order:
            reason = {Thing.UNSURE: "stack_unknown", Thing.THERE: "stack_left"}.get(progress.stack, "deletion_failed")
            stack = f"{self.name} {self.stack_id}".rstrip()
            logger.error("order %s is left (%s): account %s, stack %s", self.order, reason, account, stack)
            self.count_left(reason)
        elif progress.left_stack:
            logger.error("stack %s %s is left without an order", self.name, self.stack_id)

    def _explain(self, progress: Progress) -> RequestError:
        """What the client is told where nothing was built."""
        service = f"The billing service {self.last_error}"
        left = f"Order {self.order} is left: it could not be cancelled." if progress.left_order else "Nothing is left."
        match progress:
            case Progress(order=Thing.REFUSED):
                few = self.balance <= FEW_CREDITS
                advice = f" The account has {self.balance:g} credits; more may be required." if few else ""
                return failure(
                    self.last_error, f"{service} when it was asked for an order; nothing was created.{advice}"
                )
            case Progress(order=Thing.UNSURE):
                detail = f"{service} when it was asked for an order: an order may exist. No stack was created."
                return failure(self.last_error, detail)
            case Progress(stack=Thing.UNSURE):
                detail = (
                    f"The cloud does not tell whether stack {self.name} was created. Order {self.order} is kept for "
                    "it: look for both before you try again."
                )
                return FailureKind.TIMED_OUT.error(detail)
            case Progress(absences=absences) if absences >= ABSENCES:
                detail = f"The cloud did not confirm that it created stack {self.name}, and it is not there. {left}"
                return FailureKind.TIMED_OUT.error(detail)
            case Progress(gives_way=True) if self._not_deleted is not None:
                return self._not_deleted
            case Progress(stack=Thing.REFUSED) | Progress(is_built=True) if self._refusal is not None:
                return self._refusal
            case _:
                if progress.left_stack:
                    left = f"Stack {self.name} ({self.stack_id}) and order {self.order} are left."
                detail = f"{service} when the order was to tell the id of its stack {self.name}. {left}"
                return failure(None, detail)
