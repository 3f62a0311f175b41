"""Heat as a kind of cluster types."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import yaml

from builder.definitions.model import ClusterType
from builder.kinds.heat.planning import compose_template, plan_cluster
from builder.kinds.heat.reading.components import HeatContent
from builder.kinds.heat.reading.reader import read_definition
from builder.kinds.protocol import Launcher


class Heat:
    """Clusters that are Heat stacks: see :class:`~builder.kinds.protocol.Kind`."""

    lists: Final = frozenset({"components"})
    read = staticmethod(read_definition)
    plan = staticmethod(plan_cluster)

    @property
    def launcher(self) -> Launcher:
        """What talks to Heat; loaded when it is first asked for, since ``check`` has no use for it."""
        from builder.kinds.heat import launch

        return launch

    def explain(self, cluster_type: ClusterType, selected: Collection[str]) -> str:
        """The template, with the names of the files that go along."""
        template, names = compose_template(cluster_type.id, cluster_type.content_as(HeatContent).select(selected))
        files = "".join(f"# file: {name}\n" for name in sorted(names))
        return files + yaml.safe_dump(template, sort_keys=False, allow_unicode=True, width=120)
