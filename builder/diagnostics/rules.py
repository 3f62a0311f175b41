"""Every rule that a definition is held to: its id, how serious it is, what it means and how to mend what it finds.

The one registry is rules.toml, beside this module: a problem gets its severity from it, ``check --list-rules`` and
``check --rule`` print it, and docs/rules.md is written from it.

An *error* is what makes a launch fail for certain, what the Visualisation App refuses, or what ends Concertim's reading
of stacks; a definition with one is not listed. Everything else is a *warning*, in particular what earlier releases took
in silence.

Some rules are there for Concertim alone. In the *generic* profile, for sites without it, each is one degree milder: an
error is a warning, and a warning is not given.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from types import MappingProxyType
from typing import Any, Final


class Severity(StrEnum):
    """``error``: the definition is refused. ``warning``: it is taken, but somebody should look."""

    ERROR = "error"
    WARNING = "warning"


class Profile(StrEnum):
    """What a site holds definitions to: ``concertim``, where its services read every stack, or ``generic``."""

    CONCERTIM = "concertim"
    GENERIC = "generic"


DOCUMENT_URL: Final = "https://github.com/openflighthpc/concertim-cluster-builder/blob/HEAD/docs/rules.md"
"""Where the default branch has docs/rules.md, in which each rule has an anchor."""

_FOLDER_URL: Final = DOCUMENT_URL.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, with the fields that rules.toml describes; ``help`` is Markdown."""

    id: str
    severity: Severity
    meaning: str
    help: str = ""
    example: str = ""
    by_schema: bool = False
    only_concertim: bool = False

    @property
    def url(self) -> str:
        """Where people read of it."""
        return f"{DOCUMENT_URL}#{self.id}"

    @property
    def sentence(self) -> str:
        """The meaning as a sentence; a name at its beginning, such as get_param, stays as it is."""
        first = self.meaning.partition(" ")[0]
        return f"{self.meaning if '_' in first else self.meaning[0].upper() + self.meaning[1:]}."

    @property
    def linked_help(self) -> str:
        """The help with links that lead somewhere from everywhere, and not from docs/rules.md alone."""
        return re.sub(r"\]\((?!https?:)", f"]({_FOLDER_URL}/", self.help.replace("](#", "](rules.md#")).strip()

    def severity_in(self, profile: Profile) -> Severity | None:
        """How serious a problem of this rule is in a profile; None where it is not given."""
        if profile is Profile.CONCERTIM or not self.only_concertim:
            return self.severity
        return Severity.WARNING if self.severity is Severity.ERROR else None


def load_sections() -> dict[str, dict[str, Any]]:
    """The sections of rules.toml by their titles; each has the fields of its rules by their ids, and maybe a text."""
    text = resources.files("builder").joinpath("diagnostics", "rules.toml").read_text("utf-8")
    return tomllib.loads(text)


def _register() -> Mapping[str, Rule]:
    rules = [
        Rule(rule_id, **{**fields, "severity": Severity(fields["severity"])})
        for section in load_sections().values()
        for rule_id, fields in section.items()
        if rule_id != "text"
    ]
    return MappingProxyType({rule.id: rule for rule in sorted(rules, key=lambda rule: rule.id)})


RULES = _register()
"""Every rule, by its id, in the order of the ids."""


def find_severity(rule_id: str, profile: Profile = Profile.CONCERTIM) -> Severity | None:
    """How serious a problem of a rule is in a profile; one that no rule is registered for is an error."""
    rule = RULES.get(rule_id)
    return Severity.ERROR if rule is None else rule.severity_in(profile)
