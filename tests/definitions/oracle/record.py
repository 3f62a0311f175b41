"""Records a couple of hundred of real Heat's verdicts in ``verdicts.json``, for runs without a Heat.

    HEAT_ORACLE_PYTHON=/path/to/python python -m tests.definitions.oracle.record

The interpreter named is one that has openstack-heat installed. The choice of cases is the same every time.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

from tests.definitions.oracle.comparison import ACCEPTED, Heat, judge
from tests.definitions.oracle.corpus import BAD_CONSTRAINTS, Schema, build_cases

VERDICTS = Path(__file__).with_name("verdicts.json")

MOST_OF_A_KIND = 4
"""How many accepted, and how many refused cases are kept for each type and kind of constraint."""


def main() -> None:
    with Heat(os.environ["HEAT_ORACLE_PYTHON"]) as heat:
        lines = [json.dumps(_record(heat, schema, value)) for schema, value in _choose(heat)]
    VERDICTS.write_text("[\n" + ",\n".join(lines) + "\n]\n")
    print(f"{len(lines)} verdicts recorded in {VERDICTS}")


def _choose(heat: Heat) -> list[tuple[Schema, Any]]:
    """Some of every kind, on both sides; time zones are left out, since each host has its own database of them."""
    by_kind: dict[str, list[tuple[Schema, Any]]] = defaultdict(list)
    for schema, value in build_cases():
        constraints = schema.get("constraints")
        if "timezone" in str(constraints) or len(str(value)) > 100:
            continue
        if "custom" in str(constraints) and schema["type"] != "string":
            continue
        doubtful = isinstance(constraints, list) and constraints and constraints[0] in BAD_CONSTRAINTS
        kind = "doubtful" if doubtful else str(schema) if "custom" in str(schema) else _name_kind(schema)
        by_kind[f"{kind} {heat.judge(schema, value) == ACCEPTED}"].append((schema, value))
    chosen = []
    for cases in by_kind.values():
        step = max(1, len(cases) // MOST_OF_A_KIND)
        chosen += cases[::step][:MOST_OF_A_KIND]
    return chosen


def _name_kind(schema: Schema) -> str:
    constraints = schema.get("constraints") or [{}]
    return f"{schema.get('type')} {sorted(constraints[0]) if isinstance(constraints, list) else ''}"


def _record(heat: Heat, schema: Schema, value: Any) -> dict[str, Any]:
    """Heat's verdict on the value and, where we would send another in its place, on that one."""
    record = {"schema": schema, "value": value, "heat": heat.judge(schema, value)}
    sent = judge(schema, value).sent
    if sent is not None and repr(sent) != repr(value):
        record |= {"sent": sent, "heat_on_sent": heat.judge(schema, sent)}
    return record


if __name__ == "__main__":
    main()
