"""``cluster-builder check --cloud``: what the author's own cloud says of definitions: certain, and slower.

Each selection of optional components is previewed there, as a dry run of a build is: Heat judges it as it would a
creation, with the flavors, images, quotas and plug-ins that the cloud has, and makes nothing. What it does not preview,
for want of an answer or because of the first thing that it refuses, it is asked to validate, which takes no answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Final

from builder.checking.checked_files import CheckedFiles, CheckSettings
from builder.checking.command import read_standard_input
from builder.checking.running import open_files
from builder.checking.streams import EXIT_CLEAN, EXIT_PROBLEMS, Streams
from builder.checking.targets import STANDARD_INPUT, find_targets
from builder.definitions.building import build_cluster_type
from builder.definitions.model import ClusterType
from builder.definitions.presets import PRESET_SEPARATOR
from builder.disk.links import LinkResolver
from builder.errors import ConfigurationError, RequestError
from builder.hot_lint.sources import DEFINITION, SourceError
from builder.kinds.registry import KINDS
from builder.logs.redaction import clean
from builder.openstack.connection import connect
from builder.openstack.credentials import Credentials
from builder.openstack.deadline import Deadline
from builder.openstack.failure_kinds import CloudError, FailureKind
from builder.settings.table import Settings
from builder.text.spelling import suggest
from builder.yaml_documents.documents import Document, DocumentError, parse_definition, parse_template

MAX_SELECTIONS: Final = 16
"""Previews of one definition: all selections of four optional components. Of more, none, each by itself, and all."""

_CLUSTER_NAME: Final = "check-cloud"

_VERDICTS: Final = frozenset(
    {
        FailureKind.STACK_REFUSED,
        FailureKind.CLUSTER_REFUSED,
        FailureKind.PARAMETER_REFUSED,
        FailureKind.STACK_LIMIT_EXCEEDED,
        FailureKind.REQUEST_TOO_LARGE,
    }
)
"""What is said of the definition; any other failure is of the cloud, the way to it or the credentials."""

_PLACE: Final = re.compile(r"\b(resources|outputs|parameters|conditions)\.([\w-]+)((?:\.[\w-]+|\[\d+\])*)")
"""How Heat writes the way to what it refuses: ``resources.node.properties.networks[0].port``."""

_NESTED: Final = re.compile(r"<([^<>]+)>\.?")
"""The file of a nested stack, in the way to what is within: ``resources.node<nested/node.yaml>.resources.server``."""

_TYPE: Final = re.compile(r"resource type \(?([\w:]+)", re.IGNORECASE)
"""How Heat names a type that it does not have, or whose service the cloud lacks."""


def check_on_cloud(
    paths: Sequence[str],
    settings: CheckSettings,
    cloud: tuple[Credentials, Settings],
    answers: Mapping[str, str],
    streams: Streams,
) -> int:
    """Print what the cloud refuses of the definitions that ``paths`` mean, and return the exit status.

    ``answers`` are those to the fields of their forms; fields that have no default need one, and an answer that no form
    asks for is told. Definitions that have errors are passed over: ``check`` tells of them.

    Raises ConfigurationError where the cloud cannot be asked.
    """
    text = read_standard_input(streams) if STANDARD_INPUT in paths else None
    found, all_asked, fields = False, True, set[str]()
    for target in find_targets(paths, settings.enabled).definitions:
        files = open_files(target, settings, text if target.path == STANDARD_INPUT else None, LinkResolver())
        cluster_type = build_cluster_type(target.id, files, KINDS, deep=True, profile=settings.profile).cluster_type
        if cluster_type is None:
            streams.stdout.write(f"{files.display(DEFINITION)}: not asked of the cloud, for it has errors\n")
            found, all_asked = True, False
            continue
        fields |= cluster_type.parameters.keys()
        launches = list(list_launches(cluster_type))
        refusals: dict[str, list[Launch]] = {}
        for launch in launches:
            for line in _ask(launch, files, cloud, answers):
                refusals.setdefault(line, []).append(launch)
        for line, refused in refusals.items():
            streams.stdout.write(f"{line}{_name_launches(refused, launches)}\n")
        found = found or bool(refusals)
        if not refusals:
            presets = len(cluster_type.presets)
            count = len(launches) // (presets + 1)
            beside = f", as it is and in {presets} preset{'s' * (presets > 1)}" if presets else ""
            told = f"the cloud takes it, in {count} selection{'s' * (count > 1)}{beside}"
            streams.stdout.write(f"{files.display(DEFINITION)}: {told}\n")
    for name in sorted(answers.keys() - fields) if all_asked else ():  # what has errors might ask for it
        hint = suggest(name, fields)
        streams.stdout.write(f"-p {name}: no form asks for it{f'; {hint}' if hint else ''}\n")
        found = True
    return EXIT_PROBLEMS if found else EXIT_CLEAN


@dataclass(frozen=True, slots=True)
class Launch:
    """One launch to ask about: of a type or a preset of it, with optional components; ``number`` is the preset's."""

    cluster_type: ClusterType
    selected: tuple[str, ...]
    number: int | None = None

    @property
    def preset(self) -> str:
        """Which of the presets it is of, beside others."""
        _, _, preset = self.cluster_type.id.rpartition(PRESET_SEPARATOR)
        return "without a preset" if self.number is None else f"preset {preset}"


def list_launches(cluster_type: ClusterType) -> Iterator[Launch]:
    """Those to ask about, of the type and then of each preset: none and all of the optional components among them."""
    optional = cluster_type.optional_components
    sizes = range(len(optional) + 1) if 2 ** len(optional) <= MAX_SELECTIONS else (0, 1, len(optional))
    chosen = list(chain.from_iterable(combinations(optional, size) for size in sizes))
    for number, each in ((None, cluster_type), *enumerate(cluster_type.presets)):
        for selected in chosen:
            if selected or not cluster_type.needs_selection:
                yield Launch(each, selected, number)


def _name_launches(some: Sequence[Launch], every: Sequence[Launch]) -> str:
    """Which of all launches some are, told of presets only where these differ; "" where they are all."""
    selections = {launch.preset: [each.selected for each in some if each.preset == launch.preset] for launch in every}
    count = len(every) // len(selections)
    if all(each == selections[every[0].preset] for each in selections.values()):
        selections = {"": selections[every[0].preset]}
    named = []
    for preset, chosen in selections.items():
        components = "; ".join(", ".join(each) or "none" for each in chosen)
        if chosen and (preset or len(chosen) < count):
            named.append(f"{preset} with {components}".strip() if len(chosen) < count else preset)
    return f" [{'; '.join(named)}]" if named else ""


def _ask(
    launch: Launch, files: CheckedFiles, cloud: tuple[Credentials, Settings], answers: Mapping[str, str]
) -> Iterator[str]:
    """A line for each refusal of one launch. A preset's values are judged in place of the ``answers``."""
    cluster_type, kind = launch.cluster_type, KINDS[launch.cluster_type.kind]
    selections = {name: name in launch.selected for name in cluster_type.optional_components}
    known = {name: value for name, value in answers.items() if name in cluster_type.parameters}
    known |= cluster_type.preset_values
    told: list[str] = []
    missing: list[str] = []
    try:
        plan = kind.plan(cluster_type, _CLUSTER_NAME, known, selections, "")
        with connect(*cloud, Deadline(cloud[1].build_deadline), secrets=plan.secrets) as connected:
            kind.launcher.preview_launch(connected, plan)
    except CloudError as error:
        told += _tell(error, files, launch)
    except RequestError as error:
        for fault in error.faults:
            field = (fault.pointer or "").rpartition("/")[2]
            line = f"{files.display(DEFINITION)}: {f'{field}: ' if field else ''}{fault.detail}"
            if field in cluster_type.parameters and field not in known:
                line = f"{line.removesuffix('.')}; give a value by --parameter {field}=VALUE"
                missing.append(f"The Parameter ({field}) was not provided")
            told.append(line)
    if not told:
        return
    try:
        draft = kind.plan(cluster_type, _CLUSTER_NAME, known, selections, "", complete=False)
        with connect(*cloud, Deadline(cloud[1].build_deadline), secrets=draft.secrets) as connected:
            kind.launcher.validate(connected, draft)
    except CloudError as error:
        # Even so, Heat wants the answers that conditions need. That one is missing has been told.
        told += (line for line in _tell(error, files, launch) if not any(each in line for each in missing))
    yield from dict.fromkeys(told)


def _tell(error: CloudError, files: CheckedFiles, launch: Launch) -> Iterator[str]:
    """What the cloud refuses, at its place. Raises ConfigurationError for what is no verdict."""
    if error.kind not in _VERDICTS:
        raise ConfigurationError(f"check: the cloud cannot be asked: {error}") from error
    for fault in error.faults:
        field = (fault.pointer or "").rpartition("/")[2]
        yield f"{_locate(files, fault.detail, field, launch)}: {clean(fault.detail)}"


def _locate(files: CheckedFiles, told: str, field: str, launch: Launch) -> str:
    """Where the definition or one of its files has what Heat names; the definition's file where none does."""
    sources = [DEFINITION, *(name for name in files.dependencies if name != DEFINITION)]
    if nested := [match for match in _NESTED.finditer(told) if match[1] in sources]:
        sources, told = [nested[-1][1]], told[nested[-1].end() :]
    place, type_ = _PLACE.search(told), _TYPE.search(told)
    way: list[str | int] = ["parameters", field] if field else []
    if place:
        steps = re.findall(r"\.([\w-]+)|\[(\d+)\]", place[3])
        way = [place[1], place[2], *(name or int(number) for name, number in steps)]
    elif launch.number is not None and field in launch.cluster_type.preset_values:
        document = parse_definition(files.read(DEFINITION), files.display(DEFINITION))
        return _show_place(document, ("presets", launch.number, "parameters", field))
    for name in sources if way or type_ else ():
        with suppress(SourceError, DocumentError, TypeError, KeyError, AttributeError, StopIteration):
            parse = parse_definition if name == DEFINITION else parse_template
            document = parse(files.read(name), files.display(name))
            outer = ("heat_template",) if name == DEFINITION else ()
            template = document.value["heat_template"] if outer else document.value
            if not way and type_:
                typed = (key for key, each in template["resources"].items() if each["type"] == type_[1])
                return _show_place(document, (*outer, "resources", next(typed), "type"))
            if way[1] in template[way[0]]:
                return _show_place(document, (*outer, *way))
    return files.display(DEFINITION)


def _show_place(document: Document, tokens: Sequence[str | int]) -> str:
    line, column = document.locate(tokens)
    return f"{document.path}:{line}:{column}"
