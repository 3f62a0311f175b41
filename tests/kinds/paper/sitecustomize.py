"""Clusters that are drawn on paper: a kind that is there where this folder is in Python's path, and nowhere else.

Its definitions are read as those of Heat are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from builder.clusters.plan import ClusterPlan
from builder.definitions.model import ClusterType
from builder.errors import Fault, RequestError
from builder.kinds.protocol import CreatedStack, LaunchOutcome, LaunchPreview, ResourceCount
from builder.kinds.registry import KINDS
from builder.openstack.credentials import CloudSettings, Credentials
from builder.openstack.deadline import Deadline
from builder.schema import published


class Paper:
    """See the module."""

    def __init__(self) -> None:
        self.drawn: dict[str, LaunchOutcome] = {}

    def plan(
        self,
        cluster_type: ClusterType,
        name: str,
        answers: Mapping[str, Any],
        selections: Mapping[str, Any],
        revision: str,
    ) -> ClusterPlan:
        if "ink" not in answers:
            raise RequestError(Fault(400, "Invalid parameter", "There is no ink.", "/cluster/parameters/ink"))
        return ClusterPlan(name, cluster_type.id, revision, {"drawn": "with ink"}, secrets=(answers["ink"],))

    def launch(
        self,
        credentials: Credentials,
        settings: CloudSettings,
        plan: ClusterPlan,
        deadline: Deadline,
        request_id: str | None = None,
    ) -> LaunchOutcome:
        outcome = LaunchOutcome(CreatedStack("sheet-1", plan.cluster_name), url="https://paper.test/sheet-1")
        if plan.idempotency_key is not None:
            self.drawn[plan.idempotency_key] = LaunchOutcome(outcome.stack, True, outcome.url)
        return outcome

    def find_launched(
        self,
        credentials: Credentials,
        settings: CloudSettings,
        key: str,
        payload: Mapping[str, Any],
        deadline: Deadline,
        request_id: str | None = None,
    ) -> LaunchOutcome | None:
        return self.drawn.get(key)

    def preview_launch(
        self,
        credentials: Credentials,
        settings: CloudSettings,
        plan: ClusterPlan,
        deadline: Deadline,
        request_id: str | None = None,
    ) -> LaunchPreview:
        return LaunchPreview((ResourceCount("sheet", 1, (plan.cluster_name,)),), ())

    def explain(self, cluster_type: ClusterType, selected: Collection[str]) -> str:
        return f"a drawing of {cluster_type.title}\n"


KINDS["paper"] = Paper()
published.load_schema(published.CLUSTER_TYPE)["properties"]["kind"]["enum"].append("paper")
