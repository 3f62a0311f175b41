"""What the clusters of equal requests are known by: the key that a client sends, or else what it asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from builder.clusters.names import fingerprint_tag, key_tag, keyed_suffix, random_suffix, read_suffix
from builder.kinds.magnum.labels import labels_of
from builder.kinds.magnum.wire import ListedCluster
from builder.openstack.deadline import Deadline

MAX_EQUAL = 50
"""So many equal clusters of one user, in one project, at one time are known as such: who has more has a script."""


class ClusterKey(Protocol):
    """What makes requests the same, and which clusters are theirs."""

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags that mark its clusters, besides those that every cluster has."""

    @property
    def is_sent(self) -> bool:
        """Whether the caller may send the request again later and be given the same cluster."""

    def counts(self, cluster: ListedCluster) -> bool:
        """Whether a cluster stands in the way of another one."""

    def made(self, cluster: ListedCluster) -> bool:
        """Whether a cluster that counts was asked for by the same request."""

    def choose_suffix(self, clusters: Sequence[ListedCluster]) -> str:
        """The suffix of the name to create where none of these clusters counts."""


@dataclass(frozen=True, slots=True)
class SentKey:
    """An ``Idempotency-Key``: for one cluster as long as that is there, and for one ``payload``."""

    key: str = field(repr=False)
    project_id: str
    payload: Mapping[str, Any] = field(repr=False)
    is_sent: bool = True

    @property
    def tags(self) -> tuple[str, ...]:
        """See :class:`ClusterKey`."""
        return key_tag(self.key, self.project_id), fingerprint_tag(self.key, self.payload)

    def counts(self, cluster: ListedCluster) -> bool:
        """Every cluster of the key counts that is there."""
        return labels_of(self.tags[:1]).items() <= cluster.labels.items()

    def made(self, cluster: ListedCluster) -> bool:
        """Whether it has the fingerprint of the payload."""
        return labels_of(self.tags).items() <= cluster.labels.items()

    def choose_suffix(self, _clusters: Sequence[ListedCluster]) -> str:
        """Always the same: Magnum takes any number of one name."""
        return keyed_suffix(self.key, self.project_id, 0)


@dataclass(frozen=True, slots=True)
class ImpliedKey:
    """What a request without a key asks for: who asks for the same within ``window`` seconds has clicked twice.

    Nothing but the suffix of its name, made from ``wish``, tells a cluster of the same. One counts that was not older
    than the window when the request came, by Magnum's clock; where Magnum does not tell the time, none does.
    """

    wish: str
    window: float
    deadline: Deadline
    tags: tuple[str, ...] = ()
    is_sent: bool = False

    def counts(self, cluster: ListedCluster) -> bool:
        """A cluster of the same counts while it is young."""
        is_young = cluster.age is not None and cluster.age - self.deadline.elapsed <= self.window
        return is_young and read_suffix(cluster.name) in self._suffixes()

    def made(self, cluster: ListedCluster) -> bool:
        """No other cluster counts."""
        return self.counts(cluster)

    def choose_suffix(self, clusters: Sequence[ListedCluster]) -> str:
        """The first that none of the clusters has, for people tell clusters by their names."""
        taken = {read_suffix(cluster.name) for cluster in clusters}
        return next((suffix for suffix in self._suffixes() if suffix not in taken), random_suffix())

    def _suffixes(self) -> list[str]:
        return [keyed_suffix(self.wish, "", number) for number in range(MAX_EQUAL)]
