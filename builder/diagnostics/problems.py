"""What is wrong with a definition, and where: values, not exceptions.

One definition gives all its problems at once, and one bad file never stops the others. The same values are logged by
the daemon, shown by ``GET /catalogue`` and printed by ``cluster-builder check``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from builder.diagnostics.rules import Profile, Severity, find_severity


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong with a definition, for the person who can mend it.

    ``path`` is the file as the reader knows it; ``line`` and ``column`` count from 1 and are 0 where the whole file
    is meant; ``pointer`` is the RFC 6901 JSON pointer of the place (``""`` is the whole document); ``rule`` is an
    id of :mod:`builder.diagnostics.rules`; ``message`` says what is wrong and ``hint`` how to mend it.
    ``profile`` is the one that it was judged by. ``about`` are the names that the mistake concerns, first the one that
    is wrong, each after what it is a name of, such as ``parameter image``: what else is wrong with one may follow.
    """

    path: str
    line: int
    column: int
    pointer: str
    rule: str
    message: str
    hint: str = ""
    profile: Profile = Profile.CONCERTIM
    about: tuple[str, ...] = field(default=(), compare=False)

    @property
    def severity(self) -> Severity:
        """How serious it is in its profile."""
        return find_severity(self.rule, self.profile) or Severity.WARNING

    @property
    def place(self) -> str:
        """``file:line:column``, or the file alone where all of it is meant: what editors and terminals make a link."""
        return f"{self.path}:{self.line}:{self.column}" if self.line else self.path

    @property
    def explanation(self) -> str:
        """What is wrong and how to mend it."""
        return f"{self.message} ({self.hint})" if self.hint else self.message

    def as_json(self) -> dict[str, str | int]:
        """The members of its JSON object, the same in ``GET /catalogue`` and ``check --format json``."""
        return {
            "path": self.path,
            "line": self.line,
            "column": self.column,
            "pointer": self.pointer,
            "rule": self.rule,
            "severity": str(self.severity),
            "message": self.message,
            "hint": self.hint,
        }

    def __str__(self) -> str:
        """The place, what is wrong there, and the rule, on one line."""
        return f"{self.place}: {self.explanation} [{self.rule}]"


def judge_problems(problems: Iterable[Problem], profile: Profile) -> list[Problem]:
    """The problems as a profile takes them, without those that it does not give."""
    if profile is Profile.CONCERTIM:
        return list(problems)
    return [replace(each, profile=profile) for each in problems if find_severity(each.rule, profile) is not None]


def name_value(parameter: str, value: Any) -> tuple[str]:
    """What a problem of a value of a parameter is ``about``, written as text."""
    return (f"value {value} of {parameter}",)


def name_lost(section: str, value: Any) -> tuple[str, ...]:
    """What a problem of a section is ``about`` that nobody reads: its entries, and the use of what it may name."""
    entries = (f"{section.removesuffix('s')} {name}" for name in (value if isinstance(value, dict) else ()))
    return (f"section {section}", *entries, *(f"use of {text}" for text in _list_texts(value)))


def _list_texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _list_texts(item)
