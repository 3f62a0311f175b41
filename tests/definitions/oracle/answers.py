"""What the linter and the sandbox say of the calls and the custom constraints that Heat is asked about, too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from builder.hot.computations import Budget
from builder.hot.language import VERSION_KEY
from builder.hot.language import find_language as find_linted_language
from builder.hot.results import find_types
from builder.hot_lint.references import read_template
from builder.sandbox.faults import HeatFault, StackValidationFailed
from builder.sandbox.heat.call_parsing import ConditionSet, TemplateParser
from builder.sandbox.heat.functions import OMITTED, resolve, validate_node
from builder.sandbox.heat.template_texts import find_language
from tests.definitions.oracle.calls import FILES, PARAMETERS, TYPES

Answer = dict[str, Any]
"""``value``; or ``refused``, the words for it, and ``parsed`` where no value is needed to tell."""


def is_linted(name: str, arguments: Any, version: str, *, in_condition: bool) -> bool:
    """Whether the linter finds fault with the arguments of a call."""
    language = find_linted_language(version)
    assert language is not None
    call = {name: arguments}
    used = {"type": "OS::Heat::Value", "properties": {"value": call}}
    template: dict[str, Any] = {"resources": {"r": used}}
    declared = {name: {"type": type_} for name, type_ in TYPES.items()}
    if in_condition:
        template = {"conditions": {"c": call}, "resources": {"r": {**used, "properties": {}, "condition": "c"}}}
    problems = read_template(template, language, FILES, Budget(), find_types(declared)).problems
    return any(problem.rule in ("function-arguments", "missing-placeholder") for problem in problems)


def call_in_sandbox(name: str, arguments: Any, version: str, *, in_condition: bool) -> Answer:
    """What the sandbox makes of a call."""
    language = find_language({VERSION_KEY: version})
    scope = _Scope()
    try:
        conditions = ConditionSet({"c": {name: arguments}} if in_condition else {}, language, scope)
        node = None if in_condition else TemplateParser(language, conditions).parse({name: arguments}, ())
        if not in_condition:
            validate_node(node, scope)
    except StackValidationFailed as fault:
        return {"refused": fault.detail, "parsed": True}
    try:
        value = conditions.holds("c") if in_condition else resolve(node, scope)
    except HeatFault as fault:
        return {"refused": fault.message}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        return {"refused": str(error)}
    return {"value": None if value is OMITTED else value}  # nothing is around it that it could be left out of


@dataclass
class _Scope:
    """What calls without resources are resolved against."""

    files: Mapping[str, str] = field(default_factory=lambda: FILES)

    def parameter(self, name: str) -> Any:
        if name not in PARAMETERS:
            raise HeatFault("UserParameterMissing", name)
        return PARAMETERS[name]

    def has_resource(self, name: str) -> bool:
        return False

    def reference(self, name: str) -> str:
        raise AssertionError(name)

    def attribute(self, name: str, attribute: str | None, path: Sequence[Any]) -> Any:
        raise AssertionError(name)

    def check_attribute(self, name: str, attribute: str) -> bool:
        raise AssertionError(name)
