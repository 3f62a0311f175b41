"""Definitions made of texts: the files around one, and what it is judged to be."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from builder.definitions.building import Outcome, build_cluster_type
from builder.definitions.model import ClusterTypeId
from builder.diagnostics.rules import Profile
from builder.hot_lint.sources import SourceError
from builder.kinds.registry import KINDS

HEAD = "kind: heat\ntitle: Texts\ndescription: A definition made of texts.\n"
VERSION = "heat_template_version: 2021-04-16"


@dataclass(frozen=True)
class Texts:
    """Files by their names, of which ``""`` is the definition."""

    texts: Mapping[str, str]

    def resolve(self, reference: str, base: str) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(base), reference))

    def resolve_template(self, reference: str) -> str:
        return self.resolve(reference, "")

    def read(self, name: str) -> str:
        if name not in self.texts:
            raise SourceError("missing-file", "it is not there")
        return self.texts[name]

    def read_data(self, name: str) -> str:
        return self.read(name)

    def list_beside(self, name: str) -> list[str]:
        return []

    def display(self, name: str) -> str:
        return name or "texts.yaml"


def build(
    definition: str,
    files: Mapping[str, str] | None = None,
    *,
    deep: bool = False,
    profile: Profile = Profile.CONCERTIM,
) -> Outcome:
    """The outcome of a definition, without what every definition has, beside ``files``."""
    texts = Texts({"": HEAD + definition, **(files or {})})
    return build_cluster_type(ClusterTypeId("texts"), texts, KINDS, deep=deep, profile=profile)


def find_rules(outcome: Outcome, *ignored: str) -> list[str]:
    """The rules that are broken, but for those of no consequence and those ``ignored``."""
    noise = {"no-private-network", "no-parameters", "unused-parameter", *ignored}
    return [problem.rule for problem in outcome.problems if problem.rule not in noise]
