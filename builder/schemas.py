"""The published JSON schemas: read once from ``schemas/``, served by the service, used by every check.

They are the contract with the authors of definitions and the clients of the API; nothing else in the code says what a
definition or a request looks like.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any

SUFFIX = ".schema.json"

CLUSTER_TYPE = "cluster-type"
BUILD_REQUEST = "build-request"


def _folder() -> Traversable:
    """``schemas/`` as the wheel carries it inside the package, or as it lies in the repository."""
    packaged = resources.files("builder") / "_schemas"
    return packaged if packaged.is_dir() else resources.files("builder").joinpath("..", "schemas")


@cache
def load_schema_texts() -> Mapping[str, bytes]:
    """Every published schema by its name (``cluster-type`` for ``cluster-type.schema.json``), as it was written."""
    texts = {
        entry.name.removesuffix(SUFFIX): entry.read_bytes()
        for entry in sorted(_folder().iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(SUFFIX)
    }
    return MappingProxyType(texts)


@cache
def load_schema(name: str) -> dict[str, Any]:
    """A published schema, parsed.

    Raises KeyError for a name that is not published.
    """
    schema: dict[str, Any] = json.loads(load_schema_texts()[name])
    return schema
