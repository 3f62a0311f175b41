"""What Heat's plug-ins say of the types of resources, as one JSON object: as ``GET /resource_types/{type}`` tells it.

Besides, it tells what that leaves out: types and properties that are hidden, and types whose service no cloud has.

Runs in an interpreter that has openstack-heat, which is not ours; imports nothing of this project.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import pkgutil
import sys
from typing import Any


def main() -> None:
    from heat.engine import resources  # type: ignore[import-not-found]  # only the oracle's interpreter has Heat

    types: dict[str, Any] = {}
    for module in pkgutil.walk_packages(resources.__path__, "heat.engine.resources."):
        mapping = getattr(importlib.import_module(module.name), "resource_mapping", dict)
        types.update({name: _describe(each) for name, each in mapping().items()})
    json.dump({"version": importlib.metadata.version("openstack-heat"), "types": types}, sys.stdout)


def _describe(resource: Any) -> dict[str, Any]:
    from heat.engine import properties  # only the oracle's interpreter has Heat

    schemas = properties.schemata(resource.properties_schema)
    return {
        "description": " ".join((resource.__doc__ or "").split("\n\n")[0].split()),
        "hidden": resource.support_status.status == "HIDDEN",
        "properties": {name: _describe_property(each) for name, each in schemas.items()},
        "attributes": sorted({*resource.attributes_schema, *resource.base_attributes_schema}),
        "structures": sorted(
            name for name, each in resource.attributes_schema.items() if each.type in (each.LIST, each.MAP)
        ),
    }


def _describe_property(schema: Any) -> dict[str, Any]:
    from heat.engine import properties  # only the oracle's interpreter has Heat

    described = {key: value for key, value in dict(schema).items() if key != "schema"}
    if schema.schema is not None:
        names = ["*"] if not isinstance(schema.schema, dict) else list(schema.schema)
        children = {name: properties.Schema.from_legacy(schema.schema[name]) for name in names}
        described["schema"] = {name: _describe_property(each) for name, each in children.items()}
    if schema.support_status.status == "HIDDEN":
        described["hidden"] = True
    return described


if __name__ == "__main__":
    main()
