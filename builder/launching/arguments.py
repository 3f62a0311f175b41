"""The arguments of ``cluster-builder launch``, and what they ask for. Light: every command imports it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from builder.errors import ConfigurationError, read_text

SETTINGS: Final = (
    "build_deadline", "cloud_region", "cloud_interface", "cloud_ca_bundle", "cloud_insecure", "cloud_proxy",
    "cloud_connect_timeout", "cloud_read_timeout", "allowed_auth_urls", "allowed_endpoints",
    "allow_remote_templates", "remote_template_limit", "remote_template_timeout",
)  # fmt: skip
"""The settings of the service that a launch has in common with it, beside those of a check."""

_DEFAULT_MINUTES: Final = 60
"""Heat's own limit for a stack, ``stack_action_timeout``, where an operator leaves it as it is."""


MAX_MINUTES: Final = 1440
"""A day: nobody sits at a prompt for longer."""


@dataclass(frozen=True, slots=True)
class LaunchRequest:
    """What is to be launched, as the person at the prompt says it.

    ``subject`` is the path of a definition, or the id of an entry of the enabled folder or of a preset of one;
    ``preset`` is the id of the preset that is meant, without that of its type, "" where none is. ``name`` is that of
    the cluster; None takes one from the id. With ``dry_run`` nothing is made; with ``delete`` the cluster is
    deleted again at the end. The cluster is followed for ``timeout`` seconds.
    """

    subject: str
    answers: Mapping[str, str] = field(repr=False)
    selected: Sequence[str]
    name: str | None
    dry_run: bool
    delete: bool
    output_format: str
    timeout: float
    preset: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Those that say what is launched, how it is followed and what becomes of it."""
    parser.add_argument("subject", metavar="TYPE", help="a definition, by its path or by its id in the enabled folder")
    parser.add_argument("--sandbox", action="store_true", help="launch on a sandbox of its own, which ends with it")
    parser.add_argument(
        "-p", "--parameter", action="append", default=[], metavar="NAME=VALUE",
        help="answer a field of the form; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--parameter-file", action="append", default=[], metavar="NAME=PATH",
        help="answer a field with what is in a file, or with standard input for -: for secrets, which lists of "
        "processes show otherwise; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--select", action="append", default=[], metavar="NAME", help="choose an optional component; may be repeated"
    )
    parser.add_argument(
        "--preset", default="", metavar="ID", help="take this preset of the definition, with its values for answers"
    )
    parser.add_argument("--name", metavar="NAME", help="name of the cluster (default: made of the type's id)")
    parser.add_argument("--dry-run", action="store_true", help="show what would be made, and make nothing")
    parser.add_argument(
        "--delete", action="store_true", help="delete the cluster at the end, however that comes; else it is kept"
    )
    parser.add_argument(
        "--timeout", type=float, default=_DEFAULT_MINUTES, metavar="MINUTES",
        help="how long to wait until the cluster is complete (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="how to print the outputs (default: %(default)s)"
    )
    parser.add_argument("--profile", metavar="PROFILE", help="what the definition is held to (default: PROFILE)")
    parser.add_argument("--instance", metavar="DIR", help="folder of the service that ids are looked up in")


def read_request(options: argparse.Namespace) -> LaunchRequest:
    """Raises ConfigurationError for an answer that cannot be read, or is given twice."""
    answers: dict[str, str] = {}
    given = [("-p", item) for item in options.parameter] + [
        ("--parameter-file", item) for item in options.parameter_file
    ]
    for name, value in _read_answers(given):
        if name in answers:
            raise ConfigurationError(f"launch: {name!r} is answered twice")
        answers[name] = value
    if not 0 < options.timeout <= MAX_MINUTES:
        raise ConfigurationError(f"launch: --timeout takes minutes, more than 0 and at most {MAX_MINUTES:,}")
    if options.dry_run and options.delete:
        raise ConfigurationError("launch: --delete is of no use with --dry-run, which makes nothing")
    return LaunchRequest(
        options.subject, answers, options.select, options.name, options.dry_run, options.delete, options.format,
        options.timeout * 60, options.preset,
    )  # fmt: skip


def _read_answers(given: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for option, item in given:
        name, separator, value = item.partition("=")
        if not separator or not name:
            form = "NAME=PATH" if option == "--parameter-file" else "NAME=VALUE"
            raise ConfigurationError(
                f"launch: {option} takes {form}, such as {option} {name or 'size'}={form[5:].lower()}"
            )
        if option == "--parameter-file":
            # What an editor puts at the end of a line is no part of a password.
            value = read_text(value, f"launch: --parameter-file {name}: {value!r}").removesuffix("\n")
        yield name, value
