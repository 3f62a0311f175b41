"""The schemas as they were published, by version; and the way to add one.

    python -m tests.schemas.releases [NAME ...]

copies the schemas named, or all, to the folder of the version that their ``$id`` gives. A copy that exists is replaced
only while its version has not been released: whoever runs this decides that.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from builder.schema import published
from builder.schema.validation import FOR_EDITORS

RELEASED = Path(__file__).parent / "released"

ANNOTATIONS = frozenset(
    {
        "$comment", "title", "description", "default", "examples", "markdownDescription", "defaultSnippets",
        "enumDescriptions", "markdownEnumDescriptions",
    }
)  # fmt: skip
"""Keywords that say something of data and demand nothing of it."""


def version_of(schema: Any) -> tuple[int, int]:
    """The version in the ``$id`` of a schema."""
    found = re.search(r"/schemas/(\d+)\.(\d+)/", schema["$id"])
    assert found is not None, schema["$id"]
    return int(found[1]), int(found[2])


def demands_of(schema: Any) -> Any:
    """A schema without annotations, and without what is for editors: what is left decides which data is accepted."""
    if isinstance(schema, list):
        return [demands_of(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    demands = {}
    for keyword, value in schema.items():
        if keyword in ("properties", "patternProperties", "definitions", "$defs", "dependencies"):
            demands[keyword] = {
                name: demands_of(each)
                for name, each in value.items()
                if not (keyword == "definitions" and f"#/definitions/{name}".startswith(FOR_EDITORS))
            }
        elif keyword not in ANNOTATIONS and not (
            keyword == "allOf" and value[0].get("$ref", "").startswith(FOR_EDITORS)
        ):
            demands[keyword] = demands_of(value)
    return demands


def list_releases() -> Iterator[tuple[str, tuple[int, int], Any]]:
    """Every published copy: its name, its version, and the schema."""
    for path in sorted(RELEASED.glob(f"*/*{published.SUFFIX}")):
        major, _, minor = path.parent.name.partition(".")
        yield path.name.removesuffix(published.SUFFIX), (int(major), int(minor)), json.loads(path.read_text())


def main(names: list[str]) -> None:
    """Copy schemas to the folder of their version."""
    for name in names or list(published.load_schema_texts()):
        major, minor = version_of(published.load_schema(name))
        target = RELEASED / f"{major}.{minor}" / f"{name}{published.SUFFIX}"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(published.load_schema_texts()[name])
        print(target)


if __name__ == "__main__":
    main(sys.argv[1:])
