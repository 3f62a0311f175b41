"""Checking many definitions: each by itself, in several processes where that pays."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from builder.catalogue.entries import Entry, scan_folder
from builder.catalogue.states import report_duplicates
from builder.checking.checked_files import CheckedFiles, CheckSettings
from builder.checking.recognition import find_definition_folders, find_instance
from builder.checking.targets import STANDARD_INPUT, Target, Targets, list_duplicates
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
    instance = find_instance(target.entry, settings.enabled)
    if target.path == STANDARD_INPUT:
        return CheckedFiles(STANDARD_INPUT_SHOWN, resolver, settings, standard_input or "", instance=instance)
    folders = find_definition_folders(target.entry, settings.enabled)
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
    problems = outcome.problems
    if target.path == STANDARD_INPUT:  # which says nothing of its id
        problems = tuple(problem for problem in problems if problem.rule != "cluster-type-output")
    seconds, path = time.perf_counter() - start, files.display("")
    return CheckedDefinition(path, target.id, problems, "", outcome.unless_known, find_presets(outcome), seconds)


def find_presets(outcome: Outcome) -> frozenset[ClusterTypeId] | None:
    """The ids of a type's presets; None where there is no type."""
    return frozenset(each.id for each in outcome.cluster_type.presets) if outcome.cluster_type is not None else None


def judge_together(
    targets: Sequence[Target], checked: Sequence[CheckedDefinition], enabled: str | None
) -> list[CheckedDefinition]:
    """The results, with the problems that definitions have beside each other: of one id, or naming one that is missing.

    ``enabled`` is a folder in which there may be more of them; None: there is nothing but what is checked.
    """
    return _add_unknown(targets, _add_duplicates(targets, checked), enabled)


def _add_duplicates(targets: Sequence[Target], checked: Sequence[CheckedDefinition]) -> list[CheckedDefinition]:
    """The results, with the problem that the service has with two entries of one id, in its own words."""
    problems: dict[Target, tuple[Problem, ...]] = {}
    for group in list_duplicates(targets):
        found = report_duplicates([Entry(target.id, target.entry, target.path) for target in group])
        problems |= {target: (problem,) for target, problem in zip(group, found, strict=True)}
    return [
        replace(result, problems=(*problems.get(target, ()), *result.problems))
        for target, result in zip(targets, checked, strict=True)
    ]


def _add_unknown(
    targets: Sequence[Target], checked: Sequence[CheckedDefinition], enabled: str | None
) -> list[CheckedDefinition]:
    """The results, with the problems that they have where a type is missing that they name.

    Known are those that are checked as well, those beside them, and those that are enabled.
    """
    if not any(result.unless_known for result in checked):
        return list(checked)
    known = {target.id for target in targets}
    beside = {str(Path(target.entry).absolute().parent) for target in targets}
    for folder in set() if enabled is None else {enabled, *beside}:
        with suppress(OSError):  # it need not be there
            known |= {entry.id for entry in scan_folder(folder).values() if isinstance(entry, Entry)}
    presets = {result.id: result.presets for result in checked}

    def is_known(id_: ClusterTypeId) -> bool:
        """Whether there is a type of that id, or may be a preset: which ones a type has is known of what is checked."""
        base = ClusterTypeId(id_.rpartition(PRESET_SEPARATOR)[0])
        of_base = presets.get(base)
        return id_ in known or (base in known and (of_base is None or id_ in of_base))

    return [
        replace(result, problems=(*result.problems, *missing))
        if (missing := [problem for each, problem in result.unless_known.items() if not is_known(each)])
        else result
        for result in checked
    ]


def _count_processors() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
