"""Records the table of Heat's types of resources anew, ``builder/hot/resource_types.json``, to be read through.

    HEAT_ORACLE_PYTHON=/path/to/python python -m tests.hot.record_resource_types

The interpreter named is one that has openstack-heat installed. Where ``OS_AUTH_URL`` and the like name a cloud, what
its Heat tells of a type takes the place of what the plug-ins say. Kept is what neither tells: which types the table
knows by name only, which name a property had formerly (``instead``), and what an older Heat demands otherwise.
"""

from __future__ import annotations

import json
import os
import subprocess
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from builder.hot.custom_constraints import JUDGED
from builder.kinds.heat.stack_creation import heat_client
from tests.openstack.real_cloud import connected

HERE = Path(__file__).parent
TABLE = HERE.parent.parent / "builder/hot/resource_types.json"
KEPT = ("instead", "optional_in")


def main() -> None:
    told = json.loads(
        subprocess.run(
            [os.environ["HEAT_ORACLE_PYTHON"], str(HERE / "heat_resource_types.py")],
            stdout=subprocess.PIPE, check=True,
        ).stdout
    )  # fmt: skip
    table = json.loads(TABLE.read_text())
    types = {**told["types"], **(ask_heat(table["types"]) if "OS_AUTH_URL" in os.environ else {})}
    rows = {name: tabulate(told["types"][name] | types[name], row) for name, row in table["types"].items()}
    TABLE.write_text(dump({**table, "recorded_from": told["version"], "types": rows}))
    new = types.keys() - {*rows, *table["known_by_name_only"]}
    print(f"{len(rows)} types recorded; new, and in no list of the table: {', '.join(sorted(new)) or 'none'}")


def ask_heat(names: Iterable[str]) -> dict[str, Any]:
    """What a running Heat tells of those types whose service its cloud has."""
    answers = {}
    with connected() as cloud:
        types = heat_client(cloud).resource_types
        available = {each.resource_type for each in types.list()}
        for name in available & {*names}:
            answer = types.get(name)
            answers[name] = {"properties": answer["properties"]}
    return answers


def tabulate(answer: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the table; ``row`` is the former one."""
    hidden = {"hidden": True} if answer["hidden"] or row.get("hidden") else {}
    described = {"description": answer["description"]} if answer["description"] else {}
    properties = _tabulate(answer["properties"], row["properties"])
    structures = {"structures": answer["structures"]} if answer.get("structures") else {}
    return {**described, "properties": properties, "attributes": answer["attributes"], **structures, **hidden}


def _tabulate(answers: Mapping[str, Any], rows: Mapping[str, Any]) -> dict[str, Any]:
    hidden = {name: row for name, row in rows.items() if row.get("hidden") and name not in answers}
    properties = {name: _tabulate_property(each, rows.get(name, {})) for name, each in answers.items()}
    return properties | hidden  # a running Heat does not tell of these


def _tabulate_property(answer: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    constraints = [
        {key: value for key, value in each.items() if key != "description"}
        for each in answer.get("constraints", ())
        if each.get("custom_constraint") in (None, *JUDGED)
    ]
    asking = [each["custom_constraint"] for each in answer.get("constraints", ()) if "custom_constraint" in each]
    asking = [name for name in asking if name not in JUDGED]  # these ask a cloud
    found = {
        "type": answer["type"].lower(),
        "required": answer.get("required") or None,
        "default": answer.get("default"),
        "constraints": constraints or None,
        "custom_constraint": asking[0] if asking else None,
        "schema": _tabulate(answer["schema"], row.get("schema", {})) if answer.get("schema") else None,
        "hidden": answer.get("hidden") or row.get("hidden"),
        **{key: row.get(key) for key in KEPT},
        "description": answer.get("description"),
    }
    return {key: value for key, value in found.items() if value is not None}


def dump(table: Mapping[str, Any]) -> str:
    """The table as text: a line for each type."""
    lines = [f" {json.dumps(key)}: {_dump_names(value)}" for key, value in table.items() if key != "types"]
    types = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in sorted(table["types"].items()))
    return "{\n" + ",\n".join([*lines, f' "types": {{\n{types}\n }}']) + "\n}\n"


def _dump_names(value: str | list[str]) -> str:
    if isinstance(value, str):
        return json.dumps(value)
    names = textwrap.fill(", ".join(map(json.dumps, value)), 118, initial_indent="  ", subsequent_indent="  ")
    return f"[\n{names}\n ]"


if __name__ == "__main__":
    main()
