"""Heat as a kind of cluster types."""

from __future__ import annotations

from collections.abc import Collection

import yaml

from builder.definitions.model import ClusterType
from builder.kinds.heat.composition import compose_template
from builder.kinds.heat.launch import find_launched, launch, preview_launch
from builder.kinds.heat.planning import plan_cluster


class Heat:
    """Clusters that are Heat stacks: see :class:`~builder.kinds.protocol.Kind`."""

    plan = staticmethod(plan_cluster)
    launch = staticmethod(launch)
    find_launched = staticmethod(find_launched)
    preview_launch = staticmethod(preview_launch)

    def explain(self, cluster_type: ClusterType, selected: Collection[str]) -> str:
        """The template, with the names of the files that go along."""
        composed = compose_template(cluster_type.selected_components(selected))
        files = "".join(f"# file: {name}\n" for name in sorted(composed.files))
        return files + yaml.safe_dump(composed.template, sort_keys=False, allow_unicode=True, width=120)
