"""``cluster-builder check --cloud``: what the author's own cloud says of definitions: certain, and slower.

Each selection of optional components is previewed there, as a dry run of a build is: Heat judges it as it would a
creation, with the flavors, images, quotas and plug-ins that the cloud has, and makes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain, combinations
from typing import Final

from builder.checking.checked_files import CheckedFiles, CheckSettings
from builder.checking.command import EXIT_CLEAN, EXIT_PROBLEMS, Streams, read_standard_input
from builder.checking.running import open_files
from builder.checking.targets import STANDARD_INPUT, find_targets
from builder.definitions.building import build_cluster_type
from builder.definitions.model import ClusterType
from builder.disk.links import LinkResolver
from builder.errors import ConfigurationError, RequestError
from builder.hot_lint.sources import DEFINITION, SourceError
from builder.kinds.registry import KINDS
from builder.logs.redaction import clean
from builder.openstack.connection import connect
from builder.openstack.credentials import CloudSettings, Credentials
from builder.openstack.deadline import Deadline
from builder.openstack.failure_kinds import CloudError, FailureKind
from builder.text.spelling import suggest
from builder.yaml_documents.documents import DocumentError, parse_definition, parse_template

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


def check_on_cloud(
    paths: Sequence[str],
    settings: CheckSettings,
    cloud: tuple[Credentials, CloudSettings],
    answers: Mapping[str, str],
    streams: Streams,
    *,
    request_seconds: float,
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
        refusals: dict[str, list[str]] = {}
        count = 0
        for selected in list_selections(cluster_type):
            count += 1
            for line in _ask(cluster_type, files, selected, cloud, answers, request_seconds):
                refusals.setdefault(line, []).append(", ".join(selected) or "none")
        for line, selections in refusals.items():
            where = "" if len(selections) == count else f" [with {'; '.join(selections)}]"
            streams.stdout.write(f"{line}{where}\n")
        found = found or bool(refusals)
        if not refusals:
            told = f"{count} selection{'s' * (count > 1)}"
            streams.stdout.write(f"{files.display(DEFINITION)}: the cloud takes it, in {told}\n")
    for name in sorted(answers.keys() - fields) if all_asked else ():  # what has errors might ask for it
        hint = suggest(name, fields)
        streams.stdout.write(f"-p {name}: no form asks for it{f'; {hint}' if hint else ''}\n")
        found = True
    return EXIT_PROBLEMS if found else EXIT_CLEAN


def list_selections(cluster_type: ClusterType) -> Iterator[tuple[str, ...]]:
    """The selections of optional components to ask about, none and all among them where they may be chosen."""
    optional = cluster_type.optional_components
    sizes = range(len(optional) + 1) if 2 ** len(optional) <= MAX_SELECTIONS else (0, 1, len(optional))
    for selected in chain.from_iterable(combinations(optional, size) for size in sizes):
        if selected or not cluster_type.needs_selection:
            yield selected


def _ask(
    cluster_type: ClusterType,
    files: CheckedFiles,
    selected: tuple[str, ...],
    cloud: tuple[Credentials, CloudSettings],
    answers: Mapping[str, str],
    seconds: float,
) -> Iterator[str]:
    """A line for each refusal of one selection."""
    kind, deadline = KINDS[cluster_type.kind], Deadline(seconds)
    selections = {name: name in selected for name in cluster_type.optional_components}
    known = {name: value for name, value in answers.items() if name in cluster_type.parameters}
    try:
        plan = kind.plan(cluster_type, _CLUSTER_NAME, known, selections, "")
        with connect(*cloud, deadline, secrets=plan.secrets) as connected:
            kind.launcher.preview_launch(connected, plan)
    except CloudError as error:
        if error.kind not in _VERDICTS:
            raise ConfigurationError(f"check: the cloud cannot be asked: {error}") from error
        for fault in error.faults:
            field = (fault.pointer or "").rpartition("/")[2]
            yield f"{_locate(files, fault.detail, field)}: {clean(fault.detail)}"
    except RequestError as error:
        for fault in error.faults:
            field = (fault.pointer or "").rpartition("/")[2]
            told = f"{files.display(DEFINITION)}: {field}: {fault.detail}"
            yield told if field in known else f"{told.removesuffix('.')}; give a value by --parameter {field}=VALUE"


def _locate(files: CheckedFiles, told: str, field: str) -> str:
    """Where the definition or one of its components has what Heat names; the definition's file where none does."""
    match = _PLACE.search(told)
    tokens: list[str | int] = ["parameters", field] if field and not match else []
    if match:
        steps = re.findall(r"\.([\w-]+)|\[(\d+)\]", match[3])
        tokens = [match[1], match[2], *(name or int(number) for name, number in steps)]
    for name in (DEFINITION, *(name for name in files.dependencies if name != DEFINITION)) if tokens else ():
        with suppress(SourceError, DocumentError, TypeError, KeyError):
            is_definition = name == DEFINITION
            document = (parse_definition if is_definition else parse_template)(files.read(name), files.display(name))
            template = document.value["heat_template"] if is_definition else document.value
            if tokens[1] in template[tokens[0]]:
                line, column = document.locate((*(("heat_template",) if is_definition else ()), *tokens))
                return f"{document.path}:{line}:{column}"
    return files.display(DEFINITION)
