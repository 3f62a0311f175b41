"""The labels by which a cluster, its type and its request can be told: the tags of stacks, as Magnum has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def labels_of(tags: Iterable[str]) -> dict[str, str]:
    """Tags as labels: ``concertim-type:hpc`` is the label ``concertim_type``, and ``concertim`` is ``true``."""
    parts = (tag.partition(":") for tag in tags)
    return {name.replace("-", "_"): value or "true" for name, _, value in parts}


def tags_of(labels: Mapping[str, Any]) -> list[str]:
    """The tags that labels stand for."""
    return [f"{name.replace('_', '-')}:{value}" for name, value in labels.items()]
