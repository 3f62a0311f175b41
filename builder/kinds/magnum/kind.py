"""Magnum as a kind of cluster types."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import yaml

from builder.definitions.model import ClusterType
from builder.kinds.magnum.cluster_attributes import CLUSTER_NAME, read_attribute
from builder.kinds.magnum.planning import build_body, plan_cluster, type_of
from builder.kinds.magnum.reader import MagnumContent, read_definition
from builder.kinds.protocol import Launcher


class Magnum:
    """Clusters of Magnum: see :class:`~builder.kinds.protocol.Kind`."""

    lists: Final = frozenset[str]()
    read = staticmethod(read_definition)
    plan = staticmethod(plan_cluster)

    @property
    def launcher(self) -> Launcher:
        """What talks to Magnum; loaded when it is first asked for, since ``check`` has no use for it."""
        from builder.kinds.magnum import launch

        return launch

    def explain(self, cluster_type: ClusterType, selected: Collection[str]) -> str:  # noqa: ARG002
        """What Magnum is sent beside the name and the labels that mark the cluster, with defaults for answers."""
        parameters = cluster_type.parameters
        defaults = {name: each.default for name, each in parameters.items() if not each.required}
        values = {**defaults, **cluster_type.hardcoded_parameters}
        given = {name: value for name, value in values.items() if value is not None}
        attributes = {name: read_attribute(name, type_of(cluster_type, name), value) for name, value in given.items()}
        body = build_body(cluster_type.content_as(MagnumContent).cluster_template, attributes)
        asked = "".join(f"# asked for: {name}\n" for name in parameters if name not in values and name != CLUSTER_NAME)
        return asked + yaml.safe_dump(body, sort_keys=False, allow_unicode=True, width=120)
