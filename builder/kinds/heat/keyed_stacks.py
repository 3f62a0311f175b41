"""The stacks that carry a tag, of an idempotency key for one, as Heat lists them, and how old they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from builder.clusters.names import read_order
from builder.kinds.heat.stack_creation import heat_client
from builder.kinds.listed import Listed, read_id, read_name, read_status, read_time
from builder.openstack.call_context import Service
from builder.openstack.connection import Cloud

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
