"""A cluster type as the JSON object that the Visualisation App is sent.

The App's code decides its shape; in particular ``parameter_groups`` and ``instructions`` are always
arrays, a group has no other keys than these, and the order of ``parameters`` is the order of the form.
"""

from __future__ import annotations

from typing import Any, Final

from builder.definitions.model import ClusterType, Lifecycle, ParameterGroup
from builder.text.excerpts import shorten

LAST_ORDER: Final = 2**31 - 1
"""The highest order that the Visualisation App can store: it sorts the cards by nothing else."""

MAX_TITLE: Final = 255
"""In characters: the App refuses a type with a longer title."""

MAX_DESCRIPTION: Final = 1024
"""In characters, likewise."""


def render_cluster_type(cluster_type: ClusterType) -> dict[str, Any]:
    """The JSON object of a cluster type, without ``last_modified``, which is not the definition's to know.

    People are told of its lifecycle in what the App shows; the author's own words are cut where that needs the room.
    """
    title, description, order = cluster_type.title, cluster_type.description, cluster_type.order
    further: dict[str, Any] = {}
    if cluster_type.lifecycle is not Lifecycle.ACTIVE:
        further["lifecycle"] = str(cluster_type.lifecycle)
        word = f" ({cluster_type.lifecycle})"
        title = shorten(title, MAX_TITLE - len(word) - 1) + word  # one more for the ellipsis
    if cluster_type.lifecycle is Lifecycle.DEPRECATED:
        order, successor = LAST_ORDER, cluster_type.replaced_by
        further |= {"replaced_by": successor} if successor is not None else {}
        advice = f"launch `{successor}` in its place" if successor is not None else "it is going to be withdrawn"
        description = shorten(f"**Deprecated**: {advice}.\n\n{description}", MAX_DESCRIPTION - 1)
    if cluster_type.base_credits is not None:
        further["base_credits"] = cluster_type.base_credits
    return {
        "id": cluster_type.id,
        "title": title,
        "description": description,
        "parameters": {name: parameter.render() for name, parameter in cluster_type.parameters.items()},
        "parameter_groups": [_render_group(group) for group in cluster_type.parameter_groups],
        "order": order,
        **further,
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
