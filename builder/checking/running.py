"""Checking many definitions: each by itself, in several processes where that pays."""

# Paths are plain strings here, as in the rest of the room.
# ruff: noqa: PTH100, PTH120

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from builder.catalogue.entries import Entry, scan_folder
from builder.catalogue.states import report_duplicates
from builder.checking.checked_files import CheckedFiles, CheckSettings
from builder.checking.recognition import find_surroundings
from builder.checking.targets import STANDARD_INPUT, Target, Targets
from builder.definitions.building import Outcome, build_cluster_type
from builder.definitions.model import ClusterTypeId
from builder.definitions.presets import PRESET_SEPARATOR
from builder.diagnostics.problems import Problem
from builder.disk.links import LinkResolver
from builder.errors import describe_crash
from builder.kinds.registry import KINDS
from builder.reporting.report import CheckedDefinition, Report

PARALLEL_FROM: Final = 100
"""Below so many definitions, another process takes longer to start than it saves."""

_CHUNK: Final = 25
"""Definitions that a process gets at a time: enough to outweigh handing them over, few enough to end together."""

STANDARD_INPUT_SHOWN: Final = "<stdin>"


def check_targets(targets: Targets, settings: CheckSettings, standard_input: str | None = None) -> Report:
    """Check every definition; ``standard_input`` is the text of the one that is not in a file."""
    definitions = targets.definitions
    workers = min(_count_processors(), len(definitions) // PARALLEL_FROM + 1)
    chunks = [definitions[start : start + _CHUNK] for start in range(0, len(definitions), _CHUNK)]
    tasks = [(chunk, settings, standard_input) for chunk in chunks]
    if workers > 1:
        import multiprocessing  # here: most checks are of few definitions, and start the faster for it
        from concurrent.futures import ProcessPoolExecutor

        method = "fork" if sys.platform == "linux" else "spawn"  # this process has one thread: forking is safe
        # What a process has from this one is there to stay: the collector's look at it would copy it, page by page.
        with ProcessPoolExecutor(workers, multiprocessing.get_context(method), gc.freeze) as pool:
            checked = [each for chunk in pool.map(_check_chunk, tasks) for each in chunk]
    else:
        checked = [each for task in tasks for each in _check_chunk(task)]
    texts = {} if standard_input is None else {STANDARD_INPUT_SHOWN: standard_input}
    checked = judge_together(definitions, checked, settings.enabled)
    return Report(tuple(checked), tuple(targets.problems), texts, targets.instead, tuple(targets.foreign))


def _check_chunk(task: tuple[Sequence[Target], CheckSettings, str | None]) -> list[CheckedDefinition]:
    targets, settings, standard_input = task
    resolver = LinkResolver()
    return [_check(target, settings, standard_input, resolver) for target in targets]


def open_files(
    target: Target, settings: CheckSettings, standard_input: str | None, resolver: LinkResolver
) -> CheckedFiles:
    """The files of a target; those of standard input are beside it in the current folder."""
    folders, instance = find_surroundings(target.entry, settings.enabled)
    if target.path == STANDARD_INPUT:
        return CheckedFiles(STANDARD_INPUT_SHOWN, resolver, settings, standard_input or "", instance=instance)
    return CheckedFiles(target.path, resolver, settings, folders=folders, instance=instance)


def _check(
    target: Target, settings: CheckSettings, standard_input: str | None, resolver: LinkResolver
) -> CheckedDefinition:
    files = open_files(target, settings, standard_input, resolver)
    start = time.perf_counter()
    gc.disable()  # going over the documents that are in use, again and again, takes an eighth of a check
    try:
        outcome = build_cluster_type(target.id, files, KINDS, deep=True, profile=settings.profile)
    except Exception as error:  # noqa: BLE001  # an edge: one definition never stops the check of the others
        return CheckedDefinition(files.display(""), target.id, (), describe_crash(error))
    finally:
        gc.enable()
    checked = describe_outcome(target.id, files.display(""), outcome, is_named=target.path != STANDARD_INPUT)
    return replace(checked, seconds=time.perf_counter() - start)


def describe_outcome(id_: ClusterTypeId, path: str, outcome: Outcome, *, is_named: bool) -> CheckedDefinition:
    """What became of a definition; one that is not named was sent without its id, of which nothing is said then."""
    problems = tuple(each for each in outcome.problems if is_named or each.rule != "cluster-type-output")
    presets = frozenset(each.id for each in outcome.cluster_type.presets) if outcome.cluster_type is not None else None
    return CheckedDefinition(path, id_, problems, "", outcome.unless_known, presets)


def judge_together(
    targets: Sequence[Target], checked: Sequence[CheckedDefinition], enabled: str | None
) -> list[CheckedDefinition]:
    """The results, with the problems that definitions have beside each other: of one id, or naming one that is missing.

    Two entries with one id are told of in the service's own words. Known are the types that are checked, those beside
    them and those in the folder ``enabled``; None: there is nothing but what is checked.
    """
    groups: dict[tuple[str, str], list[Target]] = {}
    for target in targets:
        groups.setdefault((os.path.dirname(os.path.abspath(target.entry)), target.id), []).append(target)
    doubled: dict[Target, Problem] = {}
    for group in groups.values():
        if len(group) > 1:
            found = report_duplicates([Entry(target.id, target.entry, target.path) for target in group])
            doubled |= zip(group, found, strict=True)
    known = {target.id for target in targets}
    if enabled is not None and any(result.unless_known for result in checked):
        for folder in {enabled, *(folder for folder, _ in groups)}:
            with suppress(OSError):  # it need not be there
                known |= {entry.id for entry in scan_folder(folder).values() if isinstance(entry, Entry)}
    presets = {result.id: result.presets for result in checked}

    def is_known(id_: ClusterTypeId) -> bool:
        """Whether there is a type of that id, or may be a preset: which ones a type has is known of what is checked."""
        base = ClusterTypeId(id_.rpartition(PRESET_SEPARATOR)[0])
        of_base = presets.get(base)
        return id_ in known or (base in known and (of_base is None or id_ in of_base))

    judged = []
    for target, result in zip(targets, checked, strict=True):
        doubles = (doubled[target],) if target in doubled else ()
        missing = (problem for id_, problem in result.unless_known.items() if not is_known(id_))
        judged.append(replace(result, problems=(*doubles, *result.problems, *missing)))
    return judged


def _count_processors() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
