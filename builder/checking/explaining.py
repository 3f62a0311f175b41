"""``cluster-builder check --explain``: what becomes of a definition, for the person who wrote it."""

# Paths are plain strings here, shown as they were given, which a Path would tidy up.
# ruff: noqa: PTH118

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from email.utils import formatdate

from builder.catalogue.entries import Entry, scan_folder
from builder.checking.checked_files import CheckedFiles, CheckSettings
from builder.checking.command import read_standard_input
from builder.checking.running import STANDARD_INPUT_SHOWN, open_files
from builder.checking.streams import EXIT_CLEAN, EXIT_PROBLEMS, Streams
from builder.checking.targets import STANDARD_INPUT, find_targets, hint_at_path
from builder.clusters.plan import explain_nothing_selected
from builder.definitions.building import build_cluster_type
from builder.definitions.listing import render_cluster_type
from builder.definitions.model import ClusterType
from builder.definitions.presets import PRESET_SEPARATOR
from builder.disk.links import LinkResolver
from builder.errors import ConfigurationError
from builder.kinds.registry import KINDS
from builder.reporting.formats import render_report
from builder.reporting.report import CheckedDefinition, Report, describe_stand_in
from builder.text.spelling import suggest, suggest_or_list


def explain(
    subject: str,
    settings: CheckSettings,
    streams: Streams,
    *,
    template: bool = False,
    selected: Sequence[str] = (),
    preset: str = "",
) -> int:
    """Print what the Visualisation App is sent of a definition, or with ``template`` what Heat is.

    ``subject`` and ``preset`` are as for :func:`load_definition`; ``selected`` are the optional components that are
    chosen. Returns the exit status.

    Raises ConfigurationError as that does, and for an unknown component.
    """
    cluster_type, files = load_definition(subject, settings, streams, preset)
    if cluster_type is None:
        return EXIT_PROBLEMS
    if template:
        optional = cluster_type.optional_components
        for name in selected:
            if name not in optional:
                hint = suggest_or_list(name, optional)
                raise ConfigurationError(f"no optional component is named {name!r}; {hint}")
        if cluster_type.needs_selection and not selected:
            streams.stderr.write(f"cluster-builder: {explain_nothing_selected(cluster_type)}\n")
            return EXIT_PROBLEMS
        streams.stdout.write(KINDS[cluster_type.kind].explain(cluster_type, selected))
        return EXIT_CLEAN
    modified = formatdate(files.last_modified, usegmt=True)
    body = {**render_cluster_type(cluster_type), "last_modified": modified}
    streams.stdout.write(json.dumps(body, indent=2, ensure_ascii=False) + "\n")
    return EXIT_CLEAN


def load_definition(
    subject: str, settings: CheckSettings, streams: Streams, preset: str = ""
) -> tuple[ClusterType | None, CheckedFiles]:
    """The one definition that ``subject`` leads to, None if it has errors, or a preset of it; and its files.

    ``subject`` is a path, or the id of an entry of the enabled folder or of a preset of one; ``preset`` is the id of
    the preset that is meant, without that of its type. What is wrong with the definition goes to standard error.

    Raises ConfigurationError for a subject that leads to no definition, or to several, and for an unknown preset.
    """
    paths = [subject]
    if subject != STANDARD_INPUT and not os.path.lexists(subject):
        enabled = _list_enabled(settings.enabled)
        base, _, last = subject.rpartition(PRESET_SEPARATOR)
        if not preset and subject not in enabled and base in enabled:
            subject, preset = base, last
        if subject not in enabled:
            near = suggest(subject, enabled)
            hint = f"; {near}" if near else hint_at_path(subject)
            message = f"{subject!r} is neither a path nor the id of a definition in {settings.enabled}{hint}"
            raise ConfigurationError(message)
        paths = enabled[subject]
    found = find_targets(paths, settings.enabled)
    if len(found.definitions) != 1:
        shown = ", ".join(repr(target.path) for target in found.definitions[:5]) or "none"
        raise ConfigurationError(f"{subject!r} leads to {len(found.definitions)} definitions, not to one: {shown}")
    for path, taken in found.instead.items():
        streams.stderr.write(f"cluster-builder: {describe_stand_in(path, taken)}\n")
    (target,) = found.definitions
    text = read_standard_input(streams) if target.path == STANDARD_INPUT else None
    files = open_files(target, settings, text, LinkResolver())
    outcome = build_cluster_type(target.id, files, KINDS, deep=True, profile=settings.profile)
    if outcome.problems:
        texts = {} if text is None else {STANDARD_INPUT_SHOWN: text}
        report = Report((CheckedDefinition(files.display(""), target.id, outcome.problems),), (), texts)
        colours = streams.takes_colours(streams.stderr)
        streams.stderr.write(render_report("text", report, excerpts=streams.stderr.isatty(), colours=colours))
    if not preset or outcome.cluster_type is None:
        return outcome.cluster_type, files
    presets = {each.id.rpartition(PRESET_SEPARATOR)[2]: each for each in outcome.cluster_type.presets}
    if preset not in presets:
        raise ConfigurationError(f"no preset has the id {preset!r}; {suggest_or_list(preset, presets)}")
    return presets[preset], files


def _list_enabled(folder: str) -> Mapping[str, list[str]]:
    """The paths of the definitions in an enabled folder, by their ids; none where it cannot be read."""
    paths: dict[str, list[str]] = {}
    with suppress(OSError):
        for _, entry in sorted(scan_folder(folder).items()):
            if isinstance(entry, Entry):
                paths.setdefault(entry.id, []).append(os.path.join(folder, entry.definition))
    return paths
