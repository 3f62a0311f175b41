"""From the text of a definition to a cluster type, or to the list of what is wrong with it.

The one entry to this room: parse, hold against the schema, have the kind read its part, and what all kinds have in
common. Every step adds its problems, and a step that needs what an earlier one could not give is left out.
``cluster-builder check`` and the service both come here, so that they agree in every word.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from builder.definitions.causes import drop_consequences
from builder.definitions.grouping import GROUPS, build_groups, find_group_problems
from builder.definitions.kind_reading import KindReader
from builder.definitions.model import (
    DEFAULT_ORDER,
    HAVE_SUCCESSORS,
    ClusterType,
    ClusterTypeId,
    Instruction,
    Lifecycle,
    ProjectRules,
)
from builder.definitions.presentation import find_presentation_problems
from builder.definitions.presets import build_presets, find_preset_problems, name_preset
from builder.definitions.schema_problems import find_schema_problems
from builder.diagnostics.problems import Problem, judge_problems
from builder.diagnostics.rules import Profile, Severity
from builder.hot.patterns import bounded_patterns
from builder.hot_lint.sources import DEFINITION, MISSING_FILE, Files, SourceError, hint_at_definition
from builder.pattern_matching.matching import limited
from builder.pattern_matching.slow_patterns import search_limited
from builder.text.excerpts import shorten
from builder.text.natural_order import natural_key
from builder.text.pointers import Tokens
from builder.text.spelling import bounded_hints
from builder.yaml_documents.ambiguities import find_ambiguities
from builder.yaml_documents.documents import STAND_IN_RULES, Document, DocumentError, parse_definition
from builder.yaml_documents.scalars import Reading
from builder.yaml_documents.scripts import find_script_problems
from builder.yaml_documents.suppressions import (
    Suppressions,
    find_suppression_problems,
    find_unused_suppressions,
    parse_suppressions,
)

MAX_ID_LENGTH: Final = 64
"""In characters: with it, the tag ``concertim-type:<id>`` of a stack has the 80 characters that Heat allows."""

MAX_PROBLEMS: Final = 200
"""How many problems of one definition are reported."""

_IN_FOLDER: Final = "cluster-type.yaml"
"""The name of a definition that has a folder of its own: no other definition uses the files in it."""

MATCHING_SECONDS: Final = 1.0
"""How long all defaults of one definition together may take to match against patterns: other types wait meanwhile."""

_SEARCH_SECONDS: Final = 2.0
"""How long the slow patterns of one definition may be looked for: eight are found in it, each by a quarter of a second.
It is the author who waits: what the service reads is not looked into."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A cluster type, unless one of the problems is an error.

    ``unless_known`` are further problems, each by the id of a cluster type: it is one only while there is no such type.
    Which others there are is not known here, and changes.
    """

    cluster_type: ClusterType | None
    problems: tuple[Problem, ...]
    unless_known: Mapping[ClusterTypeId, Problem] = field(default_factory=dict)


def build_cluster_type(
    cluster_type_id: ClusterTypeId,
    files: Files,
    readers: Mapping[str, KindReader],
    *,
    deep: bool = False,
    profile: Profile = Profile.CONCERTIM,
) -> Outcome:
    """Build the cluster type that the definition at the root of ``files`` describes, as a profile wants it.

    ``readers`` read what only their kinds have, by the names of the kinds. A definition that names none of them is read
    by the first, as the schema takes it for one of that kind. ``deep`` adds warnings that are of use to the author
    alone, and never an error.

    Raises nothing for a wrong definition: what is wrong is in the outcome.
    """
    with bounded_hints(), bounded_patterns(), limited(MATCHING_SECONDS), search_limited(_SEARCH_SECONDS if deep else 0):
        return _build(cluster_type_id, files, readers, deep, profile)


def _build(
    cluster_type_id: ClusterTypeId, files: Files, readers: Mapping[str, KindReader], deep: bool, profile: Profile
) -> Outcome:
    reading = _Recording(files)
    try:
        document = parse_definition(reading.read(DEFINITION), files.display(DEFINITION))
    except SourceError as error:
        path = files.display(DEFINITION)
        hint = hint_at_definition(path, files) if error.rule == MISSING_FILE else ""
        return Outcome(
            None, (Problem(path, error.line, error.column, "", error.rule, error.message, hint or error.hint),)
        )
    except DocumentError as error:
        return Outcome(None, tuple(_bound(error.problems)))
    kind = document.value.get("kind") if isinstance(document.value, dict) else None
    known = kind if isinstance(kind, str) and kind in readers else next(iter(readers))
    building = _Building(document, reading, readers[known], profile)
    cluster_type = building.build(cluster_type_id)
    problems = judge_problems([*building.problems, *(building.find_deep() if deep else ())], profile)
    told = _settle(problems, document.path, reading)
    if any(problem.severity is Severity.ERROR for problem in problems):
        cluster_type = None
    elif deep:
        told = _settle([*problems, *building.find_unused()], document.path, reading)
    return Outcome(cluster_type, tuple(told), building.judge_successor(cluster_type))


class _Recording:
    """The files of a definition, which notes the text of each that was read."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self.resolve, self.resolve_template = files.resolve, files.resolve_template
        self.list_beside, self.display = files.list_beside, files.display
        self.texts: dict[str, str] = {}
        self._suppressions: dict[str, Suppressions] = {}

    def read(self, name: str) -> str:
        text = self.texts[self.display(name)] = self._files.read(name)
        return text

    def read_data(self, name: str) -> str:
        text = self.texts[self.display(name)] = self._files.read_data(name)
        return text

    def suppressions(self, path: str) -> Suppressions:
        """The comments of the file shown as ``path``."""
        if path not in self._suppressions:
            self._suppressions[path] = parse_suppressions(self.texts.get(path, ""))
        return self._suppressions[path]


@dataclass(slots=True)
class _Building:
    """One run over one definition; collects the problems on the way."""

    document: Document
    files: _Recording
    reader: KindReader
    profile: Profile
    problems: list[Problem] = field(default_factory=list)
    documents: Sequence[Document] = ()

    def build(self, cluster_type_id: ClusterTypeId) -> ClusterType | None:
        """The cluster type; None, or one that is of no use, where a problem is an error."""
        problems, definition = find_schema_problems(self.document, self.profile, {GROUPS, *self.reader.lists})
        self.problems += [*self.document.problems, *problems]
        self.problems += _check_id(cluster_type_id, self.document)
        if not definition:
            return None
        part = self.reader.read(cluster_type_id, self.document, definition, self.files)
        self.problems += part.problems
        self.documents = part.documents
        if part.parameters is None:
            return None
        hardcoded = definition.get("hardcoded_parameters", {})
        groups: Sequence[Mapping[str, Any]] = definition.get(GROUPS, [])
        presets: Sequence[Mapping[str, Any]] = definition.get("presets", [])
        found = [*find_presentation_problems(definition, self.document.value)]
        if all(key in definition or key not in self.document.value for key in ("parameters", GROUPS)):
            found += find_group_problems(groups, part.parameters, hardcoded, part.optional_components)
        found += find_preset_problems(presets, part.parameters, hardcoded)
        self.problems += [each.at(self.document) for each in found]
        for number, entry in enumerate(presets):
            preset_id = name_preset(cluster_type_id, entry["id"])
            self.problems += _check_id(preset_id, self.document, ("presets", number, "id"))
        if any(problem.severity is Severity.ERROR for problem in judge_problems(self.problems, self.profile)):
            return None
        if GROUPS not in definition:
            groups = part.groups
        pages: Sequence[Mapping[str, Any]] = definition.get("instructions", [])
        allowed, denied = (frozenset(definition.get("projects", {}).get(key, ())) for key in ("allow", "deny"))
        cluster_type = ClusterType(
            id=cluster_type_id,
            kind=definition["kind"],
            title=definition["title"],
            description=definition["description"],
            order=definition.get("order", DEFAULT_ORDER),
            base_credits=definition.get("base_credits"),
            logo_url=definition.get("logo_url"),
            instructions=tuple(Instruction(page["id"], page["title"], page["text"]) for page in pages),
            parameter_groups=build_groups(groups, part.parameters, hardcoded),
            parameters=part.parameters,
            hardcoded_parameters=hardcoded,
            optional_components=tuple(part.optional_components),
            needs_selection=part.needs_selection,
            content=part.content,
            lifecycle=Lifecycle(definition.get("lifecycle", Lifecycle.ACTIVE)),
            replaced_by=definition.get("replaced_by"),
            projects=ProjectRules(allowed, denied) if allowed or denied else None,
        )
        return replace(cluster_type, presets=build_presets(cluster_type, presets))

    def judge_successor(self, cluster_type: ClusterType | None) -> Mapping[ClusterTypeId, Problem]:
        """The problem to report if there is no type with the id that is to replace this one."""
        successor = cluster_type.replaced_by if cluster_type is not None else None
        if cluster_type is None or successor is None or cluster_type.lifecycle not in HAVE_SUCCESSORS:
            return {}  # nobody is told of it, which is told
        message = f"there is no cluster type {shorten(successor, MAX_ID_LENGTH)!r} to replace this one"
        hint = "write the id of one that is listed: the name of its file or folder"
        found = [self.document.problem("unknown-successor", message, ("replaced_by",), hint=hint)]
        suppressions = self.files.suppressions(self.document.path)
        judged = [each for each in judge_problems(found, self.profile) if not suppressions.cover(each)]
        return {successor: judged[0]} if judged else {}

    def find_deep(self) -> list[Problem]:
        """Add the warnings that cost another walk over every file, and that only the author needs."""
        documents = {document.path: document for document in (self.document, *self.documents)}
        problems: list[Problem] = []
        for path, document in documents.items():
            reading = Reading.YAML_1_2 if document is self.document else Reading.HEAT
            problems += find_ambiguities(document, Reading.JSON if document.is_json else reading)
            problems += find_script_problems(document, self.files.texts.get(path, ""))
            problems += find_suppression_problems(path, self.files.suppressions(path), self.profile)
        return problems

    def find_unused(self) -> list[Problem]:
        """Add a warning for each comment in the definition's own files that suppresses no problem.

        Not if errors kept some rules from being checked."""
        folder, name = posixpath.split(self.document.path)
        inside = posixpath.join(folder, "")
        own = {each.path for each in self.documents if name == _IN_FOLDER and each.path.startswith(inside)}
        return [
            problem
            for path in sorted({self.document.path, *own})
            for problem in find_unused_suppressions(path, self.files.suppressions(path), self.profile)
        ]


def _settle(problems: Sequence[Problem], definition_path: str, files: _Recording) -> Sequence[Problem]:
    """The problems to report, each once: those of the definition first, and each file's in the order of its lines.

    Left out are those about a placeholder for a value without a meaning, and those that follow from another problem.
    """
    replaced = {(each.path, each.pointer) for each in problems if each.rule in STAND_IN_RULES}
    counted = [
        problem
        for problem in dict.fromkeys(problems)
        if not files.suppressions(problem.path).cover(problem)
        and (problem.rule in STAND_IN_RULES or (problem.path, problem.pointer) not in replaced)
    ]
    counted = drop_consequences(counted)
    return _bound(
        sorted(counted, key=lambda each: (each.path != definition_path, natural_key(each.path), each.line, each.column))
    )


def _bound(problems: Sequence[Problem]) -> Sequence[Problem]:
    """At most :data:`MAX_PROBLEMS` of the problems, errors first; the last one says how many were left out."""
    if len(problems) <= MAX_PROBLEMS:
        return problems
    by_weight = sorted(problems, key=lambda each: each.severity is not Severity.ERROR)
    told, left = set(by_weight[: MAX_PROBLEMS - 1]), by_weight[MAX_PROBLEMS - 1 :]
    last = replace(left[0], message=f"{left[0].message}; {len(left) - 1:,} more problems are left out")
    return [*(each for each in problems if each in told), last]


def _check_id(cluster_type_id: ClusterTypeId, document: Document, tokens: Tokens = ()) -> list[Problem]:
    problems = []
    if "--" in cluster_type_id:
        message = f"the id {cluster_type_id!r} holds '--', which ends the cluster's name in the names of stacks"
        problems.append(document.problem("id-separator", message, tokens, hint="use a single '-'"))
    if len(cluster_type_id) > MAX_ID_LENGTH:
        message = f"the id has {len(cluster_type_id)} characters, of which the tag of a stack holds {MAX_ID_LENGTH}"
        problems.append(document.problem("long-id", message, tokens, hint="shorten the name of the file"))
    return problems
