"""Definitions of this kind, in memory."""

from __future__ import annotations

from builder.definitions.building import Outcome, build_cluster_type
from builder.definitions.model import ClusterType, ClusterTypeId
from builder.kinds.registry import KINDS
from tests.definitions.files import FilesInMemory

HEAD = "kind: magnum\ntitle: Kubernetes\ndescription: For containers.\nmagnum_cluster_template: k8s\n"


def build(definition: str, head: str = HEAD) -> Outcome:
    """The outcome of a definition, without what every definition has."""
    return build_cluster_type(ClusterTypeId("k8s"), FilesInMemory({"": head + definition}), KINDS)


def build_good(definition: str) -> ClusterType:
    outcome = build(definition)
    assert outcome.cluster_type is not None, outcome.problems
    return outcome.cluster_type


def find_problems(definition: str, head: str = HEAD) -> list[tuple[str, str]]:
    """The rule and the pointer of each problem."""
    return [(problem.rule, problem.pointer) for problem in build(definition, head).problems]
