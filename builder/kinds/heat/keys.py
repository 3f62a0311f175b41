"""What the stacks of equal requests are known by: the key that a client sends, or else what it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from builder.clusters.names import keyed_suffix, read_suffix
from builder.kinds.equal_requests import IdempotencyKey, ImpliedKey, key_reused
from builder.kinds.heat.keyed_stacks import KeyedStack
from builder.openstack.failure_kinds import FailureKind


class SentKey(IdempotencyKey):
    """A key that is for one cluster for ever."""

    __slots__ = ()

    def counts(self, stack: KeyedStack) -> bool:
        """Whether a stack stands in the way of another: every one does that is there."""
        return stack.is_live

    def made(self, stack: KeyedStack) -> bool:
        """Whether a stack was asked for by the same request: it has the fingerprint of the payload."""
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


StackKey: TypeAlias = SentKey | ImpliedKey
"""Either kind of key: it decides which requests are the same, and which stacks are theirs."""
