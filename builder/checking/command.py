"""What ``cluster-builder check`` and ``schema`` do, once their arguments are read."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from builder.checking.checked_files import CheckSettings
from builder.checking.running import check_targets
from builder.checking.streams import EXIT_CLEAN, EXIT_PROBLEMS, Streams
from builder.checking.targets import STANDARD_INPUT, find_targets
from builder.diagnostics.rules import DOCUMENT_URL, RULES, Profile, Severity
from builder.errors import EXIT_INTERNAL, ConfigurationError
from builder.reporting.formats import RENDERERS, REPOSITORY_FORMATS, RenderOptions
from builder.reporting.report import describe_failure
from builder.reporting.repository_paths import relate_paths
from builder.schema import published
from builder.text.spelling import suggest


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
    options = RenderOptions(strict=strict, excerpts=excerpts, colours=colours)
    shown = relate_paths(report, workspace) if output_format in REPOSITORY_FORMATS else report
    streams.stdout.write(RENDERERS[output_format](shown, options))
    for definition in report.crashed():
        streams.stderr.write(f"cluster-builder: {definition.path}: {describe_failure(definition)}\n")
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


def list_rules(streams: Streams, profile: Profile = Profile.CONCERTIM, *, output_format: str = "text") -> int:
    """Print every rule that a profile has: its id, its severity there and what it means."""
    rules = [(rule, severity) for rule in RULES.values() if (severity := rule.severity_in(profile)) is not None]
    if output_format == "json":
        entries = [{"id": rule.id, "severity": str(severity), "meaning": rule.meaning} for rule, severity in rules]
        streams.stdout.write(json.dumps(entries, indent=2) + "\n")
        return EXIT_CLEAN
    width = max(len(rule.id) for rule, _ in rules)
    for rule, severity in rules:
        streams.stdout.write(f"{rule.id:<{width}}  {severity:<7}  {rule.meaning}\n")
    return EXIT_CLEAN


def explain_rule(rule_id: str, streams: Streams, profile: Profile = Profile.CONCERTIM) -> int:
    """Print what a rule means, and how to mend what it finds. Raises ConfigurationError for an unknown id."""
    rule = RULES.get(rule_id)
    if rule is None:
        raise ConfigurationError(f"no rule is named {rule_id!r}; {suggest(rule_id, RULES) or 'see --list-rules'}")
    severity = rule.severity_in(profile)
    told = f"{severity}: {rule.meaning}" if severity else f"not given in the profile {profile}: {rule.meaning}"
    streams.stdout.write(f"{rule.id}: {told}\n{rule.url}\n")
    # Another rule is explained by its name.
    explained = re.sub(rf"\[([^]]+)\]\({re.escape(DOCUMENT_URL)}#[^)]+\)", r"\1", rule.linked_help)
    streams.stdout.write(f"\n{explained}\n" if explained else "")
    streams.stdout.write(f"\n- is wrong, + mends it:\n\n{rule.example}" if rule.example else "")
    return EXIT_CLEAN


def print_schema(name: str, streams: Streams) -> int:
    """Print a published schema as it was written. Raises ConfigurationError for a name that is not published."""
    texts = published.load_schema_texts()
    known = name.removesuffix(published.SUFFIX)
    if known not in texts:
        hint = suggest(name, list(texts)) or f"there are: {', '.join(texts)}"
        raise ConfigurationError(f"no schema is named {name!r}; {hint}")
    streams.stdout.write(texts[known].decode())
    return EXIT_CLEAN
