"""A cluster type as the Visualisation App is sent it.

Binding is what that app reads and what breaks it; in particular ``parameter_groups`` and ``instructions`` are always
arrays, a group has no other keys than these, and the order of ``parameters`` is the order of the form.
"""

from __future__ import annotations

from typing import Any

from builder.definitions.model import ClusterType, ParameterGroup


def render_cluster_type(cluster_type: ClusterType) -> dict[str, Any]:
    """The JSON object of a cluster type, without ``last_modified``, which is not the definition's to know."""
    return {
        "id": cluster_type.id,
        "title": cluster_type.title,
        "description": cluster_type.description,
        "parameters": {name: parameter.render() for name, parameter in cluster_type.parameters.items()},
        "parameter_groups": [_render_group(group) for group in cluster_type.parameter_groups],
        "order": cluster_type.order,
        **({"base_credits": cluster_type.base_credits} if cluster_type.base_credits is not None else {}),
        "logo_url": cluster_type.logo_url,
        "instructions": [{"id": page.id, "title": page.title, "text": page.text} for page in cluster_type.instructions],
    }


def _render_group(group: ParameterGroup) -> dict[str, Any]:
    rendered: dict[str, Any] = {
        "label": group.label,
        "description": group.description,
        "parameters": list(group.parameters),
    }
    if group.optional is not None:
        optional = group.optional
        rendered["optional"] = {
            "name": optional.name,
            "label": optional.label if optional.label is not None else optional.name,
            "default": bool(optional.default),
        }
    return rendered
