"""Records real Heat's answers, for runs without a Heat: ``verdicts.json``, ``calls.json``, ``custom_constraints.json``.

    HEAT_ORACLE_PYTHON=/path/to/python python -m tests.definitions.oracle.record

The interpreter named is one that has openstack-heat installed. The choice of cases is the same every time.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.definitions.oracle.calls import (
    CALLS,
    CONDITION_CALLS,
    FILES,
    FILLED_CALLS,
    NESTED_CALLS,
    PARAMETERS,
    VERSIONS,
)
from tests.definitions.oracle.comparison import ACCEPTED, Heat, judge
from tests.definitions.oracle.corpus import BAD_CONSTRAINTS, CUSTOM, Schema, build_cases

HERE = Path(__file__).parent

MOST_OF_A_KIND = 4
"""How many accepted, and how many refused cases are kept for each type and kind of constraint."""

EVERY_NTH_OF_OTHERS = 7
"""Of the texts that were made for one custom constraint, every seventh is held against all the others, too."""


def main() -> None:
    with Heat(os.environ["HEAT_ORACLE_PYTHON"]) as heat:
        _write("verdicts.json", (_record(heat, schema, value) for schema, value in _choose(heat)))
        _write("calls.json", record_calls(heat))
        _write("custom_constraints.json", record_custom_constraints(heat))


def _write(name: str, records: Iterator[Any]) -> None:
    lines = [json.dumps(record) for record in records]
    (HERE / name).write_text("[\n" + ",\n".join(lines) + "\n]\n")
    print(f"{len(lines)} answers recorded in {name}")


def record_calls(heat: Heat) -> Iterator[dict[str, Any]]:
    """Every call with what Heat answers, by the first of the versions that it answers so in."""
    groups: list[tuple[dict[str, list[Any]], dict[str, Any]]] = [
        (CALLS, {}),
        (CONDITION_CALLS, {"in_condition": True}),
        (NESTED_CALLS, {"nested": True}),
        (FILLED_CALLS, {"nested": True, "filled": True}),
    ]
    for calls, kind in groups:
        for name, cases in calls.items():
            for arguments in cases:
                question = {"function": name, "arguments": arguments, **kind}
                yield {**question, "answers": _call_in_versions(heat, question)}


def _call_in_versions(heat: Heat, question: dict[str, Any]) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    given = {"in_condition": False, **question, "parameters": PARAMETERS, "files": FILES}
    for version in VERSIONS[question["function"]]:
        answer = heat.ask({**given, "version": version})
        if [answer] != list(answers.values())[-1:]:
            answers[version] = answer
    return answers


def record_custom_constraints(heat: Heat) -> Iterator[tuple[str, str, str | None]]:
    """Constraint, text, and what Heat says against it. Each host has its own time zones, so they are left out."""
    others = [text for texts in CUSTOM.values() for text in texts[::EVERY_NTH_OF_OTHERS]]
    for name in CUSTOM:
        if name != "timezone":
            for text in dict.fromkeys([*CUSTOM[name], *others]):
                yield name, text, heat.ask({"custom_constraint": name, "value": text})


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
