"""What the stacks of equal requests are known by: the key that a client sends, or else what it asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from builder.clusters.names import fingerprint_tag, key_tag, keyed_suffix, random_suffix, read_suffix
from builder.kinds.heat.keyed_stacks import KeyedStack
from builder.openstack.deadline import Deadline
from builder.openstack.failure_kinds import CloudError, FailureKind

MAX_EQUAL = 50
"""So many equal clusters of one user, in one project, at one time are known as such: who has more has a script."""


class StackKey(Protocol):
    """What makes requests the same, and which stacks are theirs."""

    @property
    def searched_tag(self) -> str:
        """The tag that Heat is asked for the stacks of."""

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags that mark its stacks, besides those that every stack has."""

    @property
    def remembers_deleted(self) -> bool:
        """Whether stacks that have been deleted matter."""

    @property
    def is_repeatable(self) -> bool:
        """Whether the caller may send the request again later and be given the same stack."""

    def counts(self, stack: KeyedStack) -> bool:
        """Whether a stack stands in the way of another one."""

    def made(self, stack: KeyedStack) -> bool:
        """Whether a stack that counts was asked for by the same request."""

    def choose_suffix(self, stacks: Sequence[KeyedStack]) -> str:
        """The suffix of the name to try where none of these stacks counts. Raises RequestError where none may be."""


@dataclass(frozen=True, slots=True)
class SentKey:
    """An ``Idempotency-Key``. It is for one cluster for ever, and for one ``payload``."""

    key: str = field(repr=False)
    project_id: str
    payload: Mapping[str, Any] = field(repr=False)
    remembers_deleted: bool = True
    is_repeatable: bool = True

    @property
    def searched_tag(self) -> str:
        """See :class:`StackKey`."""
        return key_tag(self.key, self.project_id)

    @property
    def tags(self) -> tuple[str, ...]:
        """See :class:`StackKey`."""
        return self.searched_tag, fingerprint_tag(self.key, self.payload)

    def counts(self, stack: KeyedStack) -> bool:
        """Every stack counts that is there."""
        return stack.is_live

    def made(self, stack: KeyedStack) -> bool:
        """Whether it has the fingerprint of the payload."""
        return self.tags[-1] in stack.tags

    def choose_suffix(self, stacks: Sequence[KeyedStack]) -> str:
        """The suffix of the next attempt: Heat's times do not tell which was the latest, two may be of one second.

        Raises:
            RequestError: (409, or 422 with another payload) the key's cluster was there, and has been deleted.
        """
        suffixes = [keyed_suffix(self.key, self.project_id, number) for number in range(len(stacks) + 1)]
        found = {read_suffix(stack.name) for stack in stacks}
        last = next((suffix for suffix in reversed(suffixes) if suffix in found), None)
        latest = [stack for stack in stacks if read_suffix(stack.name) == last]
        is_certain = len(latest) == 1 and not latest[0].may_be_taken_back
        kept = latest[0] if is_certain else next((stack for stack in latest if stack.is_old), None)
        if kept is not None:  # nobody yielded to it or made it yield, or it outlived that: it was deleted afterwards
            if not self.made(kept):
                raise key_reused()
            raise FailureKind.CONFLICT.error(
                f"The cluster of this Idempotency-Key, stack {kept.name}, was launched and has been deleted since "
                f"({kept.status}). Use a new key to launch another."
            )
        return suffixes[len(found)]


@dataclass(frozen=True, slots=True)
class ImpliedKey:
    """What a request without a key asks for: who asks for the same within ``window`` seconds has clicked twice.

    Nothing but the suffix of its name, made from ``wish``, tells a stack of the same; Heat lets each name be there
    once. A stack counts that was not older than the window when the request came, by Heat's clock. Where Heat does not
    tell the time, none does.
    """

    wish: str
    searched_tag: str
    window: float
    deadline: Deadline
    tags: tuple[str, ...] = ()
    remembers_deleted: bool = False
    is_repeatable: bool = False

    def counts(self, stack: KeyedStack) -> bool:
        """A stack of the same counts while it is young."""
        is_young = stack.age is not None and stack.age - self.deadline.elapsed <= self.window
        return is_young and stack.is_live and read_suffix(stack.name) in self._suffixes()

    def made(self, stack: KeyedStack) -> bool:
        """No other stack counts."""
        return self.counts(stack)

    def choose_suffix(self, stacks: Sequence[KeyedStack]) -> str:
        """The first suffix that none of the stacks has, so that of two equal requests Heat refuses one."""
        taken = {read_suffix(stack.name) for stack in stacks}
        return next((suffix for suffix in self._suffixes() if suffix not in taken), random_suffix())

    def _suffixes(self) -> list[str]:
        return [keyed_suffix(self.wish, "", number) for number in range(MAX_EQUAL)]


def key_reused() -> CloudError:
    """The 422 for a key that came before with another payload."""
    return FailureKind.IDEMPOTENCY_KEY_REUSED.error(
        "This Idempotency-Key came before with another request. Use a new key for each cluster."
    )
