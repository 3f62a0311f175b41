"""Real Heat's engine behind a pipe: one JSON question per line in, one JSON answer per line out.

A question is a parameter's schema with a value for it, the name of a custom constraint with a value, or a call of a
function with the version of the template that it stands in.

Runs in an interpreter that has openstack-heat, which is not ours; imports nothing of this project. Only Heat's own
classes judge. The one thing put in their way is the registry of custom constraints: the real one loads every plug-in
and wants a configured service, so Heat's own constraint classes are handed out by name instead.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
from typing import Any


class _Constraints:
    """Stands in for Heat's environment where a custom constraint asks it for its class."""

    def __init__(self) -> None:
        points = importlib.metadata.entry_points(group="heat.constraints")
        local = "heat.engine.constraint.common_constraints:"
        self._points = {point.name: point for point in points if point.value.startswith(local)}

    def get_constraint(self, name: str) -> Any:
        return self._points[name].load() if name in self._points else None


class _Stack:
    """Stands in for the stack that functions are resolved against."""

    id = "stack"

    def __init__(self, template: Any, parameters: dict[str, Any]) -> None:
        self.t = template
        self.parameters = parameters


def _judge_value(environment: _Constraints, question: dict[str, Any]) -> str:
    from heat.common import exception  # type: ignore[import-not-found]  # only the oracle's interpreter has Heat
    from heat.engine import constraints, parameters  # type: ignore[import-not-found]  # likewise
    from heat.engine.hot import parameters as hot  # type: ignore[import-not-found]  # likewise

    try:
        schema = hot.HOTParamSchema20180302.from_dict("p", question["schema"])
        for constraint in schema.constraints:
            if isinstance(constraint, constraints.CustomConstraint):
                constraint._environment = environment
        parameters.Parameter("p", schema, question["value"]).validate()
    except exception.InvalidSchemaError:
        return "bad schema"
    except (exception.StackValidationFailed, exception.UserParameterMissing):
        return "refused"
    except (Exception, RecursionError) as error:  # noqa: BLE001  (an edge: Heat would answer 500)
        return f"broken: {type(error).__name__}"
    return "accepted"


def _explain_custom(environment: _Constraints, question: dict[str, Any]) -> str | None:
    """What Heat says of a value that breaks a custom constraint; null of one that does not."""
    from heat.engine import constraints  # only the oracle's interpreter has Heat

    constraint = constraints.CustomConstraint(question["custom_constraint"], environment=environment)
    try:
        constraint.validate(question["value"])
    except ValueError as error:
        return str(error)
    return None


def _call(question: dict[str, Any]) -> dict[str, Any]:
    """The value of a call; or in what words Heat refuses it, and whether it does as soon as it parses the template."""
    from heat.engine import function, template  # only the oracle's interpreter has Heat

    name, version = question["function"], question["version"]
    parsed = template.Template({"heat_template_version": version, "resources": {}}, files=question["files"])
    stack = _Stack(parsed, question["parameters"])
    parse = parsed.parse_condition if question["in_condition"] else parsed.parse
    try:
        node = parse(stack, {name: question["arguments"]})
        function.validate(node)
    except Exception as error:  # noqa: BLE001  (an edge)
        return {"refused": str(error).removeprefix(".").removeprefix(f"{name}: "), "parsed": True}
    try:
        return {"value": function.resolve(node)}
    except Exception as error:  # noqa: BLE001  (an edge)
        return {"refused": str(error)}


def main() -> None:
    environment = _Constraints()
    for line in sys.stdin:
        question = json.loads(line)
        if "schema" in question:
            answer: Any = _judge_value(environment, question)
        elif "function" in question:
            answer = _call(question)
        else:
            answer = _explain_custom(environment, question)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
