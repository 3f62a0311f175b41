"""What ``cluster-builder check`` does, once its arguments are read."""

from __future__ import annotations

from collections.abc import Sequence

from builder.checking.checked_files import CheckSettings
from builder.checking.running import check_targets
from builder.checking.streams import EXIT_CLEAN, EXIT_PROBLEMS, Streams
from builder.checking.targets import STANDARD_INPUT, find_targets
from builder.diagnostics.rules import Severity
from builder.errors import EXIT_INTERNAL, ConfigurationError
from builder.reporting.formats import REPOSITORY_FORMATS, render_report
from builder.reporting.repository_paths import relate_paths


def run_check(
    paths: Sequence[str],
    settings: CheckSettings,
    streams: Streams,
    *,
    output_format: str = "text",
    strict: bool = False,
    exit_zero: bool = False,
    workspace: str = "",
) -> int:
    """Check the definitions that ``paths`` mean, print what is wrong, and return the exit status.

    With ``exit_zero`` no problem fails. ``workspace`` is the folder that reports for code hosts tell paths from, where
    it is not the repository's.

    Raises ConfigurationError for a path that leads nowhere.
    """
    targets = find_targets(paths, settings.enabled)
    standard_input = read_standard_input(streams) if STANDARD_INPUT in paths else None
    report = check_targets(targets, settings, standard_input)
    excerpts, colours = streams.stdout.isatty(), streams.takes_colours(streams.stdout)
    shown = relate_paths(report, workspace) if output_format in REPOSITORY_FORMATS else report
    streams.stdout.write(render_report(output_format, shown, strict=strict, excerpts=excerpts, colours=colours))
    for definition in report.crashed():
        streams.stderr.write(f"cluster-builder: {definition.path}: {definition.failure}\n")
    if report.crashed():
        return EXIT_INTERNAL
    failing = report.count(Severity.ERROR) + (report.count(Severity.WARNING) if strict else 0)
    return EXIT_PROBLEMS if failing and not exit_zero else EXIT_CLEAN


def read_standard_input(streams: Streams) -> str:
    """The definition on standard input; bytes that are no UTF-8 stay in it, each as a surrogate.

    Raises ConfigurationError where there is nothing to read from.
    """
    if streams.stdin is None:
        raise ConfigurationError("standard input is closed")
    try:
        return streams.stdin.read().removeprefix("\ufeff")
    except OSError as error:
        raise ConfigurationError(f"standard input cannot be read: {error.strerror or error}") from error
