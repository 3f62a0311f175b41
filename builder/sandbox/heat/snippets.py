"""From a template's snippets to trees of intrinsic functions.

Apart from the functions themselves: the language of a template decides which names are calls, and ``if`` is settled
here, so that only the branch that holds is ever looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from builder.hot.language import Language
from builder.sandbox.faults import Json, Path, StackValidationFailed
from builder.sandbox.heat.functions import (
    OMITTED,
    Function,
    GetAttr,
    GetFile,
    GetParam,
    GetResource,
    Node,
    Scope,
    resolve,
)


class Conditions(Protocol):
    """What ``if`` asks while a snippet is parsed."""

    def holds(self, condition: Json) -> bool:
        """Tell whether a condition, named or inline, holds; ValueError for one that is not defined."""


class Chosen(Function):
    """An ``if`` whose condition was evaluated while it was parsed: ``args`` is the branch that holds."""

    __slots__ = ()

    def resolve(self, scope: Scope) -> Json:
        return OMITTED if self.args is OMITTED else resolve(self.args, scope)


Builder = Callable[[str, Node, Language], Function]
"""Makes the call of a function from its name and its parsed arguments."""

_SPECIAL: Mapping[str, Builder] = {
    "get_param": GetParam,
    "get_resource": GetResource,
    "get_attr": GetAttr,
    "get_file": GetFile,
}


class Parser:
    """Parses the snippets of one template; lives as long as its stack is planned.

    ``functions`` are those that may be called; ``forbidden`` are functions elsewhere in the language, and an error
    here; ``special`` builds the calls that need more than their arguments.
    """

    def __init__(
        self,
        language: Language,
        functions: frozenset[str],
        *,
        special: Mapping[str, Builder],
        forbidden: frozenset[str] = frozenset(),
    ) -> None:
        self._language = language
        self._functions = functions
        self._special = special
        self._forbidden = forbidden

    def parse(self, snippet: Json, path: Path) -> Node:
        """Return ``snippet`` with its intrinsic functions as :class:`Function`.

        Raises HeatFault where one has arguments of the wrong shape.
        """
        if isinstance(snippet, Mapping):
            if len(snippet) == 1:
                name, args = next(iter(snippet.items()))
                if name in self._functions or name in self._forbidden:
                    return _with_path((*path, name), lambda: self._parse_call(name, args, (*path, name)))
            return {key: self.parse(value, (*path, str(key))) for key, value in snippet.items()}
        if isinstance(snippet, list):
            return [self.parse(item, (*path, index)) for index, item in enumerate(snippet)]
        return snippet

    def _parse_call(self, name: str, args: Json, path: Path) -> Function:
        if name in self._forbidden:
            raise ValueError(f'The function "{name}" is invalid in this context')
        return self._special.get(name, Function)(name, self.parse(args, path), self._language)


class TemplateParser(Parser):
    """The parser of everything but conditions: it evaluates each ``if``, and parses only the branch that holds."""

    def __init__(self, language: Language, conditions: Conditions) -> None:
        super().__init__(language, hot_functions(language), special=_SPECIAL)
        self._conditions = conditions

    def _parse_call(self, name: str, args: Json, path: Path) -> Function:
        if name != "if":
            return super()._parse_call(name, args, path)
        chosen = Chosen(name, args, self._language)
        condition, *branches = args
        branch = branches[0] if self._conditions.holds(condition) else [*branches, OMITTED][1]
        chosen.args = OMITTED if branch is OMITTED else self.parse(branch, path)
        return chosen


def hot_functions(language: Language) -> frozenset[str]:
    """The functions of a language that the sandbox knows: all but CloudFormation's, which the first versions had."""
    return language.functions - language.cloudformation_functions


def _with_path(path: Path, build: Callable[[], Function]) -> Function:
    """Call ``build``; an error in the arguments becomes a fault that names the place.

    Raises HeatFault with ``path``.
    """
    try:
        return build()
    except (ValueError, TypeError, KeyError) as error:
        raise StackValidationFailed(str(error), path=path) from error
