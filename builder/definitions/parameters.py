"""The parameters of a cluster type: Heat's own semantics, without Heat.

The door of a few modules: what the rest of the project needs is imported from here. Our verdict on an answer is Heat's
(``heat/engine/parameters.py`` and ``constraints.py``), given before anything is created and for all answers at once;
what only a cloud can tell is left to it. docs/parameters.md lists where the two differ, and tests compare them.
"""

from __future__ import annotations

from builder.definitions.constraints import (
    AllowedPattern,
    AllowedValues,
    Constraint,
    CustomConstraint,
    Length,
    Modulo,
    ParsedValue,
    Range,
)
from builder.definitions.parameter_answers import AnswerFault, Answers, check_answers
from builder.definitions.parameter_declarations import (
    Parameter,
    find_default_faults,
    override_parameter,
    parse_parameter,
    parse_value,
)
from builder.definitions.parameter_syntax import ABSENT, ParameterSyntaxError
from builder.definitions.parameter_values import InvalidValueError
from builder.hot.values import ParameterType

__all__ = [
    "ABSENT",
    "AllowedPattern",
    "AllowedValues",
    "AnswerFault",
    "Answers",
    "Constraint",
    "CustomConstraint",
    "InvalidValueError",
    "Length",
    "Modulo",
    "Parameter",
    "ParameterSyntaxError",
    "ParameterType",
    "ParsedValue",
    "Range",
    "check_answers",
    "find_default_faults",
    "override_parameter",
    "parse_parameter",
    "parse_value",
]
