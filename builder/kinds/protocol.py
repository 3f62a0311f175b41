"""What every kind of cluster type can do, and the values that it returns.

A kind is a class with these methods and a line in :mod:`builder.kinds.registry`; the catalogue, the API and ``check``
know no other way to it. It has two halves. The one that reads definitions and plans clusters knows no cloud; the other,
its launcher, is loaded with the first build.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from builder.clusters.names import CreatedStack
from builder.clusters.plan import ClusterPlan
from builder.definitions.kind_reading import KindReader
from builder.definitions.model import ClusterType

if TYPE_CHECKING:
    from builder.billing.orders import Orders
    from builder.openstack.connection import Cloud
    from builder.openstack.limits import Need


MAX_FAILURES: Final = 20
"""How many failed resources a status lists: if a thousand servers find no host, twenty of them are enough to know."""


@dataclass(frozen=True, slots=True)
class LaunchOutcome:
    """The stack that was launched; ``replayed``: an earlier request of the key made it.

    ``url`` is where the cloud has the stack; None where it cannot be told.
    """

    stack: CreatedStack
    replayed: bool = False
    url: str | None = None


@dataclass(frozen=True, slots=True)
class ResourceCount:
    """How many resources of one type would be made, and their names."""

    type: str
    count: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LaunchPreview:
    """What a launch would make, and what it needs of limited things, as far as the cloud tells."""

    resources: tuple[ResourceCount, ...]
    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of a cluster's resources have completed their last action, how many failed, and how many there are."""

    complete: int
    failed: int
    total: int


@dataclass(frozen=True, slots=True)
class FailedResource:
    """A failed resource, and the reason in the cloud's words; ``resource`` is its path from the outermost stack."""

    resource: str
    type: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class ClusterOutput:
    """An output of a cluster; if it has no ``value``, ``error`` may say why."""

    name: str
    description: str
    value: Any = field(repr=False)
    error: str | None = None


@dataclass(frozen=True, slots=True)
class ClusterEvent:
    """Something that happened to a resource of a cluster, or to the whole, whose name it then has."""

    time: str
    resource: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    """How a cluster fares, bounded, and fit to show: no parameters, and none of the request's secrets.

    Times are in ISO 8601, as the cloud writes them. ``progress`` is None where the cloud does not tell. The latest of
    ``events`` comes first.
    """

    id: str
    name: str
    status: str
    reason: str
    cluster_type_id: str
    revision: str
    created_at: str
    progress: Progress | None = None
    failures: tuple[FailedResource, ...] = ()
    outputs: tuple[ClusterOutput, ...] = ()
    events: tuple[ClusterEvent, ...] = ()


class Launcher(Protocol):
    """How clusters of one kind are built in a connected cloud.

    All of it blocks, in a thread of the pool, and raises RequestError for whatever fails.
    """

    def launch(self, cloud: Cloud, plan: ClusterPlan, orders: Orders | None = None) -> LaunchOutcome:
        """Launch a cluster: one stack per request, and one for all requests of an idempotency key or a repeat window.

        With ``orders`` the request is billed: what is created is created by :meth:`Orders.create`, and of what is found
        by its key, the order's tags are added by :meth:`Orders.complete`.
        """

    def find_launched(
        self, cloud: Cloud, key: str, payload: Mapping[str, Any], orders: Orders | None = None
    ) -> LaunchOutcome | None:
        """The outcome of an earlier request with this idempotency key; None where there is none.

        There is none on a cloud whose catalogue has no service of this kind: every kind is asked for the key of a type
        that is not known any more. ``orders`` are as for ``launch``.
        """

    def preview_launch(self, cloud: Cloud, plan: ClusterPlan) -> LaunchPreview:
        """Everything of a launch but the creation. Needs beyond the project's limits are told, not refused."""

    def validate(self, cloud: Cloud, plan: ClusterPlan) -> None:
        """Have the cloud judge what does not depend on the values of parameters, of which any may be missing."""

    def fetch_status(self, cloud: Cloud, cluster_id: str) -> ClusterStatus | None:
        """How a cluster fares that was launched as one of this kind; None where the project has none of that id.

        ``cluster_id`` is made of letters, digits and dashes. Changes nothing, and remembers nothing.
        """

    def delete(self, cloud: Cloud, cluster: CreatedStack) -> None:
        """Ask the cloud to delete a cluster that ``launch`` made, which goes on after this."""


class Kind(KindReader, Protocol):
    """How definitions of one kind are read, and clusters of it are planned and explained. Asks no cloud."""

    @property
    def launcher(self) -> Launcher:
        """What talks to the cloud."""

    def plan(
        self,
        cluster_type: ClusterType,
        name: str,
        answers: Mapping[str, Any],
        selections: Mapping[str, Any],
        revision: str,
        *,
        complete: bool = True,
    ) -> ClusterPlan:
        """What the cloud is to be asked for; where it need not be ``complete``, without the answers that have faults.

        Raises RequestError with every fault of the name, the answers and the selections, each with its pointer in the
        body of ``POST /clusters/``.
        """

    def explain(self, cluster_type: ClusterType, selected: Collection[str]) -> str:
        """What the cloud is sent with these optional components, as the author would write it.

        At least one is selected of a type that needs it.
        """
