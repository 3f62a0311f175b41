"""Definitions whose files are in memory: what a test has to say of them is in the test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from builder.definitions.building import Outcome, build_cluster_type
from builder.definitions.model import ClusterTypeId
from builder.hot_lint.sources import MISSING_FILE, SourceError
from builder.kinds.registry import KINDS


@dataclass(frozen=True)
class FilesInMemory:
    """The texts of files by their names, the definition's own by ``""``; every path is allowed."""

    texts: Mapping[str, str]

    def resolve(self, reference: str, base: str) -> str:
        return reference

    def resolve_template(self, reference: str) -> str:
        return reference

    def read(self, name: str) -> str:
        if name not in self.texts:
            raise SourceError(MISSING_FILE, "it is not there")
        return self.texts[name]

    def read_data(self, name: str) -> str:
        return self.read(name)

    def list_beside(self, name: str) -> list[str]:
        return []

    def display(self, name: str) -> str:
        return name or "cluster-type.yaml"


def build_composed(definition: str, **components: str) -> Outcome:
    """The outcome for a definition whose components are given by their names."""
    texts = {f"components/{name}.yaml": text for name, text in components.items()}
    return build_cluster_type(ClusterTypeId("composed"), FilesInMemory({"": definition, **texts}), KINDS)
