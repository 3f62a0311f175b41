"""The published JSON schemas and the OpenAPI description: read from ``schemas/``, served, and used by every check.

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

from builder import __version__

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
    """A published schema, parsed. Raises KeyError for a name that is not published."""
    schema: dict[str, Any] = json.loads(load_schema_texts()[name])
    return schema


def build_openapi() -> dict[str, Any]:
    """The OpenAPI 3.1 description of the service (https://spec.openapis.org/oas/v3.1.0), as it is served.

    That is ``openapi.json`` with the version of this release, and with the published schemas where it refers to their
    files: a client gets one document. They are draft-07, for the sake of editors, and OpenAPI takes 2020-12; they use
    only keywords that mean the same in both.
    """
    document: dict[str, Any] = json.loads((_folder() / "openapi.json").read_bytes())
    document["info"]["version"] = __version__
    for schema in document["components"]["schemas"].values():
        file, is_published, pointer = schema.get("$ref", "#").partition(SUFFIX)
        if is_published:
            part = load_schema(file)
            for token in pointer.removeprefix("#/").split("/") if pointer else ():
                part = part[token]
            given = {key: value for key, value in schema.items() if key != "$ref"}
            schema.clear()
            schema |= {key: value for key, value in part.items() if key not in ("$schema", "$id")} | given
    return document
