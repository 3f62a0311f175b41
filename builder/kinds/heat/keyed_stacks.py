"""The stacks of equal requests: those that carry a tag, as Heat lists them, and the keys that they are known by.

A key is what a client sends, or else what a request asks for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeAlias

from builder.clusters.names import keyed_suffix, read_order, read_suffix
from builder.kinds.equal_requests import IdempotencyKey, ImpliedKey, key_reused
from builder.kinds.heat.stack_creation import heat_client
from builder.kinds.listed import Listed, read_id, read_name, read_status, read_time
from builder.openstack.call_context import Service
from builder.openstack.connection import Cloud
from builder.openstack.failure_kinds import FailureKind

OLD_SECONDS = 60.0
"""A stack of this age is settled: its creator has until ``BUILD_DEADLINE``, and ten seconds more, to give it up."""

_NO_TIME = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class KeyedStack(Listed):
    """A stack that carries the tag of a key."""

    created: datetime | None
    tags: tuple[str, ...]

    @property
    def may_be_taken_back(self) -> bool:
        """Whether its creator may have deleted it, since its order could not be told of it: see ``builder.billing``."""
        return not self.is_old and read_order(self.tags) is not None

    @property
    def is_old(self) -> bool:
        """Whether it has lived, or lived until it was deleted, for so long that its creator had decided to keep it."""
        return self.age is not None and self.age > OLD_SECONDS


def fetch_keyed_stacks(cloud: Cloud, tag: str, *, show_deleted: bool = True) -> list[KeyedStack]:
    """The stacks that carry a key's tag, oldest first; those that are deleted included, unless they are not to be."""
    with cloud.calling(Service.ORCHESTRATION, long_answers=True):
        filters = {"tags": tag, "show_deleted": show_deleted}
        found = [stack.to_dict() for stack in heat_client(cloud).stacks.list(filters=filters)]
        response = cloud.session.last_response
        now = read_time(parsedate_to_datetime, response.headers.get("Date") if response is not None else None)
        stacks = [_keyed_stack(stack, now) for stack in found]
    # Not every Heat (or stand-in for one) knows the filter.
    return sorted(
        (stack for stack in stacks if tag in stack.tags), key=lambda stack: (stack.created or _NO_TIME, stack.id)
    )


def _keyed_stack(listed: Mapping[str, Any], now: datetime | None) -> KeyedStack:
    created = read_time(datetime.fromisoformat, listed.get("creation_time"))
    # Heat tells the time of a deletion once that is complete.
    ended = read_time(datetime.fromisoformat, listed.get("deletion_time")) or now
    return KeyedStack(
        read_id(listed["id"]),
        read_name(listed["stack_name"]),
        read_status(listed["stack_status"]),
        (ended - created).total_seconds() if created and ended else None,
        created,
        tuple(listed.get("tags") or ()),
    )


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
