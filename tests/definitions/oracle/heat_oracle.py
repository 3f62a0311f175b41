"""Real Heat's parameter engine behind a pipe: one JSON question per line in, one JSON verdict per line out.

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


def main() -> None:
    from heat.common import exception  # type: ignore[import-not-found]  # only the oracle's interpreter has Heat
    from heat.engine import constraints, parameters  # type: ignore[import-not-found]  # likewise
    from heat.engine.hot import parameters as hot  # type: ignore[import-not-found]  # likewise

    environment = _Constraints()

    def judge(question: dict[str, Any]) -> str:
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

    for line in sys.stdin:
        sys.stdout.write(json.dumps(judge(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
