"""Clusters that are drawn on paper: a kind that is there where this folder is in Python's path, and nowhere else.

Its definitions have no template: they name inks, of which people choose one, and the file of a sketch.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from builder.billing.orders import Orders
from builder.clusters.names import CreatedStack
from builder.clusters.plan import ClusterPlan
from builder.definitions.kind_reading import KindPart
from builder.definitions.model import ClusterType, ClusterTypeId
from builder.errors import Fault, RequestError
from builder.hot_lint.sources import DEFINITION, Files, SourceError
from builder.kinds.protocol import ClusterStatus, LaunchOutcome, LaunchPreview, ResourceCount
from builder.kinds.registry import KINDS
from builder.openstack.connection import Cloud
from builder.parameters.declarations import parse_parameter
from builder.schema import published
from builder.yaml_documents.documents import Document


@dataclass(frozen=True)
class Drawing:
    """What a definition of this kind says."""

    sketch: str


class Paper:
    """See the module."""

    lists = ("inks",)

    def __init__(self) -> None:
        self.drawn: dict[str, LaunchOutcome] = {}

    @property
    def launcher(self) -> Paper:
        return self

    def read(
        self, cluster_type_id: ClusterTypeId, document: Document, definition: Mapping[str, Any], files: Files
    ) -> KindPart:
        if "sketch" not in definition:
            return KindPart(())
        inks = [ink for ink in definition.get("inks", []) if ink is not None]
        problems = [
            document.problem("unknown-value", f"nobody sells {ink}", ("inks", number))
            for number, ink in enumerate(definition.get("inks", []))
            if ink == "invisible"
        ]
        try:
            sketch = files.read(files.resolve(definition["sketch"], DEFINITION))
        except SourceError as error:
            return KindPart((*problems, document.problem(error.rule, error.message, ("sketch",))))
        ink = parse_parameter("ink", {"type": "string", "constraints": [{"allowed_values": inks}]})
        return KindPart(tuple(problems), {"ink": ink}, {"frame": ("sketch",)}, content=Drawing(sketch))

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
        if "ink" not in answers:
            raise RequestError(Fault(400, "Invalid parameter", "There is no ink.", "/cluster/parameters/ink"))
        return ClusterPlan(name, cluster_type.id, revision, {"drawn": "with ink"}, secrets=(answers["ink"],))

    def launch(self, cloud: Cloud, plan: ClusterPlan, orders: Orders | None = None) -> LaunchOutcome:
        outcome = LaunchOutcome(CreatedStack("sheet-1", plan.cluster_name), url="https://paper.test/sheet-1")
        if plan.idempotency_key is not None:
            self.drawn[plan.idempotency_key] = LaunchOutcome(outcome.stack, True, outcome.url)
        return outcome

    def find_launched(
        self, cloud: Cloud, key: str, payload: Mapping[str, Any], orders: Orders | None = None
    ) -> LaunchOutcome | None:
        return self.drawn.get(key)

    def preview_launch(self, cloud: Cloud, plan: ClusterPlan) -> LaunchPreview:
        return LaunchPreview((ResourceCount("sheet", 1, (plan.cluster_name,)),), ())

    def validate(self, cloud: Cloud, plan: ClusterPlan) -> None:
        """There is nothing about paper that a template could have wrong."""

    def fetch_status(self, cloud: Cloud, cluster_id: str) -> ClusterStatus | None:
        return ClusterStatus(cluster_id, "sheet", "DRAWN", "", "drawn", "1", "today") if "sheet" in cluster_id else None

    def delete(self, cloud: Cloud, cluster: CreatedStack) -> None:
        self.drawn.clear()

    def explain(self, cluster_type: ClusterType, selected: Collection[str]) -> str:
        assert isinstance(cluster_type.content, Drawing)
        framed = ", framed" if "frame" in selected else ""
        return f"a drawing of {cluster_type.title}{framed}: {cluster_type.content.sketch}\n"


def add_keys(schema: dict[str, Any]) -> None:
    """Add the branch of this kind to the schema: what has another kind is held against what was there."""
    inks = {"type": "array", "minItems": 1, "items": {"type": "string"}}
    common = dict.fromkeys(("kind", "title", "description", "parameter_groups"), True)
    keys = {**common, "inks": inks, "sketch": {"type": "string"}}
    schema["properties"]["kind"]["enum"].append("paper")
    schema["definitions"]["paper"] = {"required": list(keys), "properties": keys, "additionalProperties": False}
    schema["else"] = {keyword: schema[keyword] for keyword in ("if", "then", "else")}
    schema["if"] = {"properties": {"kind": {"enum": ["paper"]}}, "required": ["kind"]}
    schema["then"] = {"$ref": "#/definitions/paper"}


KINDS["paper"] = Paper()
add_keys(published.load_schema(published.CLUSTER_TYPE))
