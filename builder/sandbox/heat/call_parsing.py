"""From what a template says to trees of calls of functions, and the conditions that decide what is parsed at all.

Apart from the functions themselves: the language of a template decides which names are calls, and ``if`` is settled
here, so that only the branch that holds is ever looked at. Conditions have a small set of functions of their own, and
name one another.
https://docs.openstack.org/heat/latest/template_guide/hot_spec.html#conditions-section
"""

from __future__ import annotations

from collections.abc import Mapping

from builder.hot.language import Language
from builder.sandbox.faults import Json, Path, StackValidationFailed
from builder.sandbox.heat.functions import OMITTED, Function, Node, Scope, resolve

_CONDITION_ERROR = "Condition validation error"


class Parser:
    """Parses what is in one template; lives as long as its stack is planned.

    Conditions have functions of their own; what is a function elsewhere is an error in them. Those of CloudFormation,
    which the first versions had, the sandbox does not know.
    """

    def __init__(self, language: Language, *, in_conditions: bool) -> None:
        elsewhere = language.functions - language.cloudformation_functions
        self.language = language
        self._functions = language.condition_functions if in_conditions else elsewhere
        self._forbidden = elsewhere - self._functions

    def parse(self, value: Json, path: Path) -> Node:
        """Return ``value`` with its intrinsic functions as :class:`Function`.

        Raises HeatFault where one has arguments of the wrong shape.
        """
        if isinstance(value, Mapping):
            if len(value) == 1:
                name, args = next(iter(value.items()))
                place = (*path, name)
                if name in self._forbidden:
                    raise StackValidationFailed(f'The function "{name}" is invalid in this context', path=place)
                if name in self._functions:
                    try:
                        return self._parse_call(name, args, place)
                    except (ValueError, TypeError, KeyError) as error:
                        raise StackValidationFailed(str(error), path=place) from error
            return {key: self.parse(item, (*path, str(key))) for key, item in value.items()}
        if isinstance(value, list):
            return [self.parse(item, (*path, index)) for index, item in enumerate(value)]
        return value

    def _parse_call(self, name: str, args: Json, path: Path) -> Function:
        return Function(name, self.parse(args, path), self.language)


class TemplateParser(Parser):
    """The parser of everything but conditions: it evaluates each ``if``, and parses only the branch that holds."""

    def __init__(self, language: Language, conditions: ConditionSet) -> None:
        super().__init__(language, in_conditions=False)
        self._conditions = conditions

    def _parse_call(self, name: str, args: Json, path: Path) -> Function:
        if name != "if":
            return super()._parse_call(name, args, path)
        call = Function(name, args, self.language)
        condition, *branches = args
        branch = branches[0] if self._conditions.holds(condition) else [*branches, OMITTED][1]
        call.args = self.parse(branch, path)
        return call

    def is_enabled(self, condition: Json, path: Path) -> bool:
        """Tell whether what has a condition is there. Raises HeatFault where it cannot be told."""
        try:
            return self._conditions.holds(condition)
        except ValueError as error:
            raise StackValidationFailed(str(error), path=path) from error


class ConditionSet(Parser):
    """The conditions of one template, and what parses them; lives as long as its stack is planned.

    Raises HeatFault where a definition is neither a boolean nor a function, or has the wrong shape.
    """

    def __init__(self, definitions: Json, language: Language, scope: Scope) -> None:
        if definitions is not None and not isinstance(definitions, Mapping):
            raise StackValidationFailed(
                f"Condition definitions must be a map. Found a {type(definitions).__name__} instead",
                error="Conditions validation error",
            )
        super().__init__(language, in_conditions=True)
        self._scope = scope
        self._resolving: set[str] = set()
        self._parsed = {
            name: self.parse(definition, ("conditions", name)) for name, definition in (definitions or {}).items()
        }
        for name, node in self._parsed.items():
            _check_type(name, node)

    def holds(self, condition: Json) -> bool:
        """Tell whether a condition holds: a name, a boolean, an inline function, or None for no condition.

        Raises ValueError where no such condition is defined; HeatFault where it cannot be resolved.
        """
        if condition is None or isinstance(condition, bool):
            return condition is not False
        if isinstance(condition, Mapping):
            condition = self.parse(condition, ("if",))
        if isinstance(condition, Function):
            return self.holds(resolve(condition, self._scope))
        if not isinstance(condition, str) or condition not in self._parsed:
            raise ValueError(f'Invalid condition "{condition}"')
        if condition in self._resolving:
            raise StackValidationFailed(f'Circular definition for condition "{condition}"', error=_CONDITION_ERROR)
        self._resolving.add(condition)
        try:
            value = resolve(self._parsed[condition], self._scope)
        finally:
            self._resolving.discard(condition)
        _check_type(condition, value)
        return bool(value)

    def _parse_call(self, name: str, args: Json, path: Path) -> Function:
        if name not in ("equals", "not", "and", "or"):
            return super()._parse_call(name, args, path)
        call = _Condition(name, self.parse(args, path), self.language)
        call.conditions = self
        return call


class _Condition(Function):
    """``equals``; or ``not``, ``and`` and ``or``, whose arguments are conditions."""

    conditions: ConditionSet

    def resolve(self, scope: Scope) -> Json:
        args = resolve(self.args, scope)
        match self.name:
            case "equals":
                return bool(args[0] == args[1])
            case "not":
                return not self.conditions.holds(args)
        return (all if self.name == "and" else any)(self.conditions.holds(part) for part in args)


def _check_type(name: str, value: Node) -> None:
    if not isinstance(value, (bool, Function)):
        raise StackValidationFailed(f'The definition of condition "{name}" is invalid: {value}', error=_CONDITION_ERROR)
