"""What a check has found, before anybody has decided how to show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from builder.definitions.model import ClusterTypeId
from builder.diagnostics.problems import Problem
from builder.diagnostics.rules import Severity
from builder.text.natural_order import natural_key


@dataclass(frozen=True, slots=True)
class CheckedDefinition:
    """One definition and all its problems, those of its templates included.

    ``crash`` tells where the check itself failed; ``""`` where it did not. ``unless_known`` are further problems, each
    by the id of a cluster type that it takes to have none. ``presets`` are the ids of its presets, None where it is no
    cluster type. ``seconds`` is how long its check took.
    """

    path: str
    id: str
    problems: tuple[Problem, ...]
    crash: str = ""
    unless_known: Mapping[ClusterTypeId, Problem] = field(default_factory=dict)
    presets: frozenset[ClusterTypeId] | None = None
    seconds: float = field(default=0.0, compare=False)

    @property
    def failure(self) -> str:
        """How the check itself failed, and what to do about it."""
        return f"internal error: {self.crash}; please report it, with the file"


@dataclass(frozen=True, slots=True)
class Report:
    """The result of one check.

    ``others`` are problems of no definition, such as a name that is ignored; ``texts`` are sources that no path leads
    to, as standard input; ``instead`` are files that were to be checked, each with the definition that was instead;
    ``foreign`` are files beside definitions that were taken for those of other tools.
    """

    definitions: tuple[CheckedDefinition, ...]
    others: tuple[Problem, ...] = ()
    texts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    instead: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    foreign: tuple[str, ...] = ()

    def problems(self) -> tuple[Problem, ...]:
        """Every problem once, by file and by line: definitions may share a template.

        The definitions are in natural order, and after each are the files that it alone, or it first, refers to.
        """
        groups: list[tuple[str, tuple[Problem, ...]]] = [(problem.path, (problem,)) for problem in self.others]
        groups += [(definition.path, definition.problems) for definition in self.definitions]
        groups.sort(key=lambda group: natural_key(group[0]))
        found = dict.fromkeys(problem for _, problems in groups for problem in problems)
        places = {path: place for place, path in enumerate(dict.fromkeys(problem.path for problem in found))}
        return tuple(sorted(found, key=lambda each: (places[each.path], each.line, each.column)))

    def count(self, severity: Severity) -> int:
        """How many different problems there are of a severity."""
        return sum(problem.severity is severity for problem in self.problems())

    def crashed(self) -> tuple[CheckedDefinition, ...]:
        """The definitions of which nothing is known, for the check itself failed."""
        return tuple(definition for definition in self.definitions if definition.crash)


def describe_stand_in(path: str, taken: str) -> str:
    """That a file was named which is no definition, and which definition was taken instead."""
    return f"{path}: no definition; {taken}, in whose folder it is, was taken instead"
