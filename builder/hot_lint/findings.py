"""What reading a template finds: references, problems and the use of nested templates. Values, and nothing else.

A *certain* finding is one that Heat looks at in every launch; what stands in a branch of ``if``, or in a resource that
a condition may leave out, is looked at only when the condition leads there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final, NamedTuple

from builder.diagnostics.problems import Problem, name_value
from builder.parameters.declarations import Parameter, find_default_faults, suggest_default
from builder.text.pointers import Tokens
from builder.yaml_documents.documents import Document

MAX_NAMED: Final = 8
"""How many names a message lists, such as those of missing properties, or of the resources in a circle."""

ONLY_SOME_LAUNCHES: Final = "only the launches that come to it fail"
"""The end of the message of a mistake that is not certain: Heat may never come to it."""

_WORD: Final = re.compile(r"[\w.-]+")
"""As much of a key as may be the name of a parameter."""

INDEX: Final = "%index%"
"""What a group replaces by the number of each member, unless its ``index_var`` says otherwise."""

ON_REQUEST: Final = frozenset({"get_param", "get_resource"})
"""The functions whose references in outputs Heat follows only when somebody asks for the output."""


_ON_REQUEST_RULES: Final = ("nested-attribute", "function-arguments")
"""Rules whose problems in outputs do not stop a launch, if they are not certain."""


def find_reachable(starts: Iterable[str], leads_to: Callable[[str], Iterable[str]]) -> set[str]:
    """The names that one comes to from some, which are among them; ``leads_to`` tells the next ones of each."""
    reached: set[str] = set()
    pending = [*starts]
    while pending:
        name = pending.pop()
        if name not in reached:
            reached.add(name)
            pending += leads_to(name)
    return reached


def name_some(names: Sequence[str]) -> str:
    """As many of some names as one message tells."""
    return ", ".join(map(repr, names[:MAX_NAMED])) + (", and others" if len(names) > MAX_NAMED else "")


def explain_missing(owner: str, names: Sequence[str]) -> str:
    """The message of properties that are missing."""
    return f"{owner} needs the propert{'y' if len(names) == 1 else 'ies'} {name_some(names)}"


class Kind(StrEnum):
    """What a name in a template can stand for."""

    PARAMETER = "parameter"
    RESOURCE = "resource"
    CONDITION = "condition"


class Reference(NamedTuple):
    """A name that is referred to. ``owner`` is the resource whose definition it stands in, ``""`` elsewhere.

    ``attribute`` is the one that ``get_attr`` reads, where it is written out. ``under`` are the conditions
    of the resource, of the output and of each ``if`` around it, without which Heat does not look at it.
    A template has dozens; a frozen dataclass takes four times as long to make.
    """

    kind: Kind
    name: str
    tokens: Tokens
    certain: bool
    owner: str = ""
    attribute: str | None = None
    under: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class TemplateProblem:
    """A mistake in a template. ``key``: the key named last is the mistake, not its value.

    ``about`` are the names that it concerns, as of a :class:`~builder.diagnostics.problems.Problem`.
    """

    rule: str
    message: str
    tokens: Tokens
    hint: str = ""
    certain: bool = True
    key: bool = False
    about: tuple[str, ...] = ()

    def at(self, document: Document, root: Tokens = ()) -> Problem:
        """Make it a problem of the document in which the template, or the definition, stands at ``root``."""
        tokens = (*root, *self.tokens)
        return document.problem(self.rule, self.message, tokens, key=self.key, hint=self.hint, about=self.about)


def demote(problem: TemplateProblem) -> TemplateProblem:
    """The problem as it is reported: a warning if Heat does not look at its place in every launch.

    Heat makes the values of outputs when somebody asks for them, and then tells nobody that it could not.
    """
    if problem.certain:
        return problem
    is_asked_for = problem.rule in _ON_REQUEST_RULES or not ON_REQUEST.isdisjoint(problem.tokens)
    follows = ONLY_SOME_LAUNCHES
    if problem.tokens[0] == "outputs" and is_asked_for:
        follows = "Heat makes the stack, and this output stays empty"
    message = f"{problem.message}; {follows}"
    return replace(problem, rule="conditional-mistake", message=message, certain=True)


def judge_default(
    rule: str, parameter: Parameter, place: Tokens, subject: str = "the default", *, in_template: bool = False
) -> list[TemplateProblem]:
    """What is wrong with a parameter's default, or the ``subject`` that is put in its place, told as of a rule."""
    about, hint = name_value(parameter.id, parameter.default), suggest_default(parameter)
    faults = find_default_faults(parameter, subject=subject, in_template=in_template)
    return [TemplateProblem(rule, fault, place, hint, about=about) for fault in faults]


@dataclass(frozen=True, slots=True)
class NestedUse:
    """A nested template in use: ``tokens`` lead to the mapping that has its ``type`` and ``properties``.

    ``properties`` is None where a function gives them, so that nobody knows them before a launch.
    """

    name: str
    tokens: Tokens
    properties: Mapping[str, Any] | None
    certain: bool
    owner: str

    @property
    def is_plain(self) -> bool:
        """Whether it is a resource of its own, not the member of a group, which may have no members."""
        return len(self.tokens) == 2

    @property
    def is_member(self) -> bool:
        """Whether all members of a group are made of it, so that its outputs are attributes of the group."""
        return self.tokens[2:] == ("properties", "resource_def")


@dataclass(slots=True)
class TemplateReading:
    """What a walk over one template has found."""

    references: list[Reference] = field(default_factory=list)
    problems: list[TemplateProblem] = field(default_factory=list)
    nested: list[NestedUse] = field(default_factory=list)
    types: dict[str, Tokens] = field(default_factory=dict)
    """Every type of resource, and where it was met first."""
    equalities: list[tuple[Sequence[Any], Tokens]] = field(default_factory=list)
    """The two sides of each ``equals``, and its place."""
    mentioned: set[str] = field(default_factory=set)
    """Texts that may be names of parameters: arguments of ``Ref``, and any in what could not be understood."""
    has_index: bool = False
    """Whether any text holds :data:`INDEX`."""

    def mention(self, value: Any) -> None:
        """Note every text in a value that is not understood, so that no parameter named there is reported as unused."""
        if isinstance(value, str):
            self.mentioned.add(value)
        elif isinstance(value, dict | list | tuple):
            for item in value.values() if isinstance(value, dict) else value:
                self.mention(item)
            for key in value if isinstance(value, dict) else ():
                self.mentioned.update(_WORD.findall(str(key))[1:])  # get_param image, get_param:image
