"""The conditions of a template, which decide what is in a stack while it is planned.

Apart from the other functions, because conditions have a small set of their own, and name one another.
https://docs.openstack.org/heat/latest/template_guide/hot_spec.html#conditions-section
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from builder.hot.language import Language
from builder.sandbox.faults import Json, StackValidationFailed
from builder.sandbox.heat.functions import Function, GetParam, Node, Scope, resolve
from builder.sandbox.heat.snippets import Builder, Parser, hot_functions

_ERROR = "Condition validation error"


class ConditionSet:
    """The conditions of one template; lives as long as its stack is planned."""

    def __init__(self, definitions: Json, language: Language, scope: Scope) -> None:
        if definitions is not None and not isinstance(definitions, Mapping):
            kind = type(definitions).__name__
            raise StackValidationFailed(
                f"Condition definitions must be a map. Found a {kind} instead", error="Conditions validation error"
            )
        self._scope = scope
        special: dict[str, Builder] = {
            "get_param": GetParam,
            "equals": _Equals,
            "not": partial(_Not, self),
            "and": partial(_Junction, self),
            "or": partial(_Junction, self),
        }
        allowed = language.condition_functions
        self._parser = Parser(language, allowed, special=special, forbidden=hot_functions(language) - allowed)
        self._parsed = {
            name: self._parser.parse(definition, ("conditions", name))
            for name, definition in (definitions or {}).items()
        }
        self._resolving: set[str] = set()

    def validate(self) -> None:
        """Check that each definition is a boolean or a function. Raises StackValidationFailed where one is not."""
        for name, node in self._parsed.items():
            _check_type(name, node)

    def holds(self, condition: Json) -> bool:
        """Tell whether a condition holds: a name, a boolean, an inline function, or None for no condition.

        Raises ValueError where no such condition is defined; HeatFault where it cannot be resolved.
        """
        if condition is None or isinstance(condition, bool):
            return condition is not False
        if isinstance(condition, Mapping):
            condition = self._parser.parse(condition, ("if",))
        if isinstance(condition, Function):
            return self.holds(resolve(condition, self._scope))
        if not isinstance(condition, str) or condition not in self._parsed:
            raise ValueError(f'Invalid condition "{condition}"')
        return self._resolve(condition)

    def _resolve(self, name: str) -> bool:
        if name in self._resolving:
            raise StackValidationFailed(f'Circular definition for condition "{name}"', error=_ERROR)
        self._resolving.add(name)
        try:
            value = resolve(self._parsed[name], self._scope)
        finally:
            self._resolving.discard(name)
        _check_type(name, value)
        return bool(value)


class _Equals(Function):
    __slots__ = ()

    def resolve(self, scope: Scope) -> Json:
        first, second = resolve(self.args, scope)
        return bool(first == second)


class _Not(Function):
    __slots__ = ("_conditions",)

    def __init__(self, conditions: ConditionSet, name: str, args: Node, language: Language) -> None:
        super().__init__(name, args, language)
        self._conditions = conditions

    def resolve(self, scope: Scope) -> Json:
        return not self._conditions.holds(resolve(self.args, scope))


class _Junction(_Not):
    __slots__ = ()

    def resolve(self, scope: Scope) -> Json:
        combine = all if self.name == "and" else any
        return combine(self._conditions.holds(part) for part in resolve(self.args, scope))


def _check_type(name: str, value: Node) -> None:
    if not isinstance(value, (bool, Function)):
        raise StackValidationFailed(f'The definition of condition "{name}" is invalid: {value}', error=_ERROR)
