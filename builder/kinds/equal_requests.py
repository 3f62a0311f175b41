"""Equal requests: known by the key that a client sends, or else by what they ask for; the same for all kinds.

And how a failure tells of the cluster of the first.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from builder.clusters.names import (
    build_tags,
    digest_plan,
    fingerprint_tag,
    key_tag,
    keyed_suffix,
    random_suffix,
    read_order,
    read_suffix,
)
from builder.clusters.plan import ClusterPlan
from builder.kinds.listed import Listed
from builder.openstack.connection import Cloud
from builder.openstack.deadline import Deadline, DeadlineError
from builder.openstack.failure_kinds import CloudError, FailureKind

MAX_EQUAL = 50
"""How many equal clusters of one user in one project are recognised as equal: only a script launches more at once."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How simultaneous requests of one key wait for each other, in seconds.

    ``settling``: how long a creator has to see another's stack or cluster and to give its own up; so long a young one
    is watched before it is given to a second caller. ``poll``: how long between two looks. ``apart``: how far apart
    creators that have all given up try again.
    """

    settling: float
    poll: float
    apart: float = 0.0


def pause(cloud: Cloud, seconds: float) -> None:
    """Wait between two looks, within the deadline; raises RequestError (504) when it has passed."""
    time.sleep(min(seconds, cloud.deadline.remaining()))


@dataclass(frozen=True, slots=True)
class SentKey:
    """An ``Idempotency-Key`` for one ``payload``: for one cluster, as long as the cloud remembers that.

    Heat remembers deleted stacks, so that a key is for one for ever; Magnum lists what is there alone.
    """

    key: str = field(repr=False)
    project_id: str
    payload: Mapping[str, Any] = field(repr=False)
    is_sent: bool = True

    @property
    def searched_tag(self) -> str:
        """The tag that the cloud is asked for the clusters of."""
        return key_tag(self.key, self.project_id)

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags that mark its clusters, besides those that every cluster has."""
        return self.searched_tag, fingerprint_tag(self.key, self.payload)

    def counts(self, listed: Listed) -> bool:
        """Whether one stands in the way of another: every one of the key does that is there."""
        return listed.is_live and self.searched_tag in listed.tags

    def made(self, listed: Listed) -> bool:
        """Whether one that counts was asked for by the same request: it has the fingerprint of the payload."""
        return self.tags[-1] in listed.tags

    def choose_suffix(self, listed: Sequence[Listed]) -> str:
        """The suffix of the next attempt, by the deleted ones of the key that are among ``listed``.

        Heat's times do not tell which was the latest: two may be of one second.

        Raises:
            RequestError: (409, or 422 with another payload) the key's cluster was there, and has been deleted.
        """
        deleted = [each for each in listed if not each.is_live and self.searched_tag in each.tags]
        suffixes = [keyed_suffix(self.key, self.project_id, number) for number in range(len(deleted) + 1)]
        found = {read_suffix(each.name) for each in deleted}
        last = next((suffix for suffix in reversed(suffixes) if suffix in found), None)
        latest = [each for each in deleted if read_suffix(each.name) == last]
        # The only one was kept, unless its creator took it back, since its order could not be told of it.
        is_certain = len(latest) == 1 and (latest[0].is_old or read_order(latest[0].tags) is None)
        kept = latest[0] if is_certain else next((each for each in latest if each.is_old), None)
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

    Nothing but the suffix of its name, made from ``wish``, tells a stack or cluster of the same; all of them carry the
    ``searched_tag``, as those of other requests do. One counts that was not older than the window when the request
    came, by the cloud's clock. Where the cloud does not tell the time, none does.
    """

    wish: str
    searched_tag: str
    window: float
    deadline: Deadline
    tags: tuple[str, ...] = ()
    """Those that mark its stacks, besides those that every stack has."""
    is_sent: bool = False
    """Whether the caller may send the request again later and be given the same cluster."""

    def counts(self, listed: Listed) -> bool:
        """Whether one stands in the way of another: it is of the same, there and young."""
        is_young = listed.age is not None and listed.age - self.deadline.elapsed <= self.window
        return is_young and listed.is_live and read_suffix(listed.name) in self._suffixes()

    def made(self, listed: Listed) -> bool:
        """Whether one that counts was asked for by the same request: no other counts."""
        return self.counts(listed)

    def choose_suffix(self, listed: Sequence[Listed]) -> str:
        """The first suffix that none has: people tell clusters by their names, and of two equal ones Heat refuses one.

        None of ``listed`` counts.
        """
        taken = {read_suffix(each.name) for each in listed}
        return next((suffix for suffix in self._suffixes() if suffix not in taken), random_suffix())

    def _suffixes(self) -> list[str]:
        return [keyed_suffix(self.wish, "", number) for number in range(MAX_EQUAL)]


Key: TypeAlias = SentKey | ImpliedKey
"""Either kind of key: it decides which requests are the same, and which stacks or clusters are theirs."""


def choose_key(cloud: Cloud, plan: ClusterPlan) -> Key | None:
    """The key of a build, sent or implied; None where each request makes a cluster."""
    if plan.idempotency_key is not None:
        return SentKey(plan.idempotency_key, cloud.project_id, plan.payload)
    if not plan.repeat_window:
        return None
    _, type_tag, _ = build_tags(plan.type_id, plan.revision)
    digest = digest_plan(plan, cloud.project_id, cloud.user_id)
    return ImpliedKey(digest, type_tag, plan.repeat_window, cloud.deadline)


def key_reused() -> CloudError:
    """The error (422) for a key that came before with another payload."""
    return FailureKind.IDEMPOTENCY_KEY_REUSED.error(
        "This Idempotency-Key came before with another request. Use a new key for each cluster."
    )


@contextmanager
def telling(what: str) -> Iterator[None]:
    """Add a sentence about the stack or cluster of a key, if one is known, to whatever the cloud fails in the block."""
    try:
        yield
    except DeadlineError:  # which tells what was under way: that cluster
        raise
    except CloudError as error:
        if not what:
            raise
        (fault,) = error.faults
        raise error.kind.error(f"{fault.detail}. {what}", fault.pointer, error.headers) from error
