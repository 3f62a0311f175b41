"""What the clusters of equal requests are known by: the key that a client sends, or else what it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from builder.clusters.names import keyed_suffix
from builder.kinds.equal_requests import IdempotencyKey, ImpliedKey
from builder.kinds.magnum.wire import ListedCluster, labels_of


class SentKey(IdempotencyKey):
    """A key that is for one cluster as long as that is there."""

    __slots__ = ()

    def counts(self, cluster: ListedCluster) -> bool:
        """Whether a cluster stands in the way of another: every one of the key does that is there."""
        return labels_of(self.tags[:1]).items() <= cluster.labels.items()

    def made(self, cluster: ListedCluster) -> bool:
        """Whether a cluster was asked for by the same request: it has the fingerprint of the payload."""
        return labels_of(self.tags).items() <= cluster.labels.items()

    def choose_suffix(self, _clusters: Sequence[ListedCluster]) -> str:
        """The suffix of the name to create, always the same: Magnum takes any number of one name."""
        return keyed_suffix(self.key, self.project_id, 0)


ClusterKey: TypeAlias = SentKey | ImpliedKey
"""Either kind of key: it decides which requests are the same, and which clusters are theirs."""
