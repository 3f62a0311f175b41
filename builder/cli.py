"""The command line: the only place that reads the environment, exits, and turns exceptions into exit text.

But for ``PROMETHEUS_MULTIPROC_DIR``, which prometheus-client reads by itself, and for the last step of a daemon, which
:mod:`builder.process.supervision` has in common with workers.
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from builder import __version__
from builder.checking.check_arguments import add_check_arguments, refuse_useless_flags
from builder.checking.streams import Streams
from builder.errors import EXIT_INTERNAL, EXIT_INTERRUPTED, ConfigurationError, RequestError, describe_crash
from builder.launching.arguments import SETTINGS, add_arguments, read_request
from builder.logs import hold_early_records
from builder.process.interpreter import importing_for_good, open_missing_streams
from builder.process.signals import STOP, hold_signals, release_signals
from builder.process.supervision import end_process
from builder.settings.reading import build_settings
from builder.settings.table import format_default, list_settings

if TYPE_CHECKING:
    from builder.checking.checked_files import CheckSettings

EXIT_USAGE = 2
EXIT_BROKEN_PIPE = 141


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_USAGE, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command that the arguments name, and exit."""
    open_missing_streams()
    options = _build_parser().parse_args(arguments)
    # A daemon waits for its signals; the image starts every command with them held back, so that none is lost before.
    (hold_signals if options.is_daemon else release_signals)()
    try:
        status = options.run(options)
        if options.is_daemon:
            end_process(status)
        sys.stdout.flush()
        sys.exit(status)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        # Whoever read the output has gone, as head does; nothing more can be said, not even at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_BROKEN_PIPE)
    except ConfigurationError as error:
        sys.stderr.write(f"cluster-builder: {error}\n")
        sys.exit(EXIT_USAGE)
    except Exception as error:  # noqa: BLE001  # the edge: nothing is called from here on
        if options.is_daemon:
            sys.excepthook(type(error), error, error.__traceback__)
            end_process(1)
        sys.stderr.write(f"cluster-builder: internal error: {describe_crash(error)}; please report it\n")
        sys.exit(EXIT_INTERNAL)


def _build_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="cluster-builder", description="Launches clusters on OpenStack from cluster type definitions."
    )
    parser.add_argument("--version", action="version", version=__version__)
    parser.set_defaults(is_daemon=False)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", parser_class=_Parser)
    _add_serve(commands)
    sandbox = commands.add_parser("sandbox", help="serve a stand-in for Keystone and Heat, to try things out with")
    sandbox.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    sandbox.add_argument("--port", default="42379", help="port to listen on; 0 takes any (default: %(default)s)")
    sandbox.set_defaults(run=_sandbox, is_daemon=True)
    check = commands.add_parser(
        "check",
        help="check definitions",
        description="Finds everything that is wrong with definitions of cluster types. Needs no service, and without "
        "--cloud no cloud.",
        epilog="exit status: 0 nothing found, 1 problems, 2 wrong usage, 3 internal error",
    )
    add_check_arguments(check)
    check.set_defaults(run=_check)
    new = commands.add_parser("new", help="write a definition to start from into the current folder")
    new.add_argument("id", metavar="ID", help="the id of the cluster type, which names its file or folder")
    new.add_argument("--kind", default="heat", metavar="KIND", help="heat or magnum (default: %(default)s)")
    new.add_argument("--composed", action="store_true", help="a folder with components, one of them optional")
    new.set_defaults(run=_new)
    schema = commands.add_parser("schema", help="print a published JSON schema")
    schema.add_argument("name", nargs="?", default="cluster-type", metavar="NAME", help="(default: %(default)s)")
    schema.set_defaults(run=_schema)
    _add_status(commands)
    _add_launch(commands)
    return parser


def _add_serve(commands: argparse._SubParsersAction[_Parser]) -> None:
    variables = "\n".join(
        f"  {setting.variable:<24} {setting.meaning} (default: {format_default(setting)})"
        for setting in list_settings()
    )
    serve = commands.add_parser(
        "serve",
        help="serve the API",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"environment variables (a flag wins over its variable):\n{variables}",
    )
    for setting in list_settings():
        if setting.flag is None:
            continue
        if setting.metavar == "BOOLEAN":
            serve.add_argument(
                setting.flag, dest=setting.name, action="store_const", const="true", help=setting.meaning
            )
        else:
            serve.add_argument(setting.flag, dest=setting.name, metavar=setting.metavar, help=setting.meaning)
    serve.set_defaults(run=_serve, is_daemon=True)


def _check(options: argparse.Namespace) -> int:
    streams = _open_streams(options.color)
    refuse_useless_flags(options)
    given = {"instance_dir": options.instance, "profile": options.profile}
    if options.list_rules or options.rule is not None:
        from builder.checking.published_documents import explain_rule, list_rules
        from builder.diagnostics.rules import Profile

        profile = Profile(build_settings(given, os.environ, only=("profile",)).profile)
        if options.rule is not None:
            return explain_rule(options.rule, streams, profile)
        return list_rules(streams, profile, output_format=options.format)
    if not options.paths:
        raise ConfigurationError("check: name at least one PATH, or - for standard input")
    with importing_for_good():
        from builder.checking.command import run_check
        from builder.checking.explaining import explain

    settings = _read_check_settings(given)
    if options.cloud:
        return _check_on_cloud(options, settings, streams)
    if not options.explain:
        check = partial(
            run_check, options.paths, settings, streams, output_format=options.format, strict=options.strict,
            exit_zero=options.exit_zero, workspace=os.environ.get("GITHUB_WORKSPACE", ""),
        )  # fmt: skip
        if options.watch:
            from builder.checking.watching import watch

            watch(options.paths, settings, streams, check)
        return check()
    if len(options.paths) != 1:
        raise ConfigurationError("check: --explain takes one definition")
    (subject,) = options.paths
    return explain(
        subject, settings, streams, template=options.template, selected=options.select, preset=options.preset
    )


def _check_on_cloud(options: argparse.Namespace, settings: CheckSettings, streams: Streams) -> int:
    from builder.checking.cloud_check import check_on_cloud
    from builder.checking.command import read_standard_input, run_check
    from builder.checking.targets import STANDARD_INPUT
    from builder.openstack.cloud_environment import load_cloud_environment
    from builder.openstack.credentials import parse_credentials

    cloud_env, service = load_cloud_environment(os.environ, build_settings({}, os.environ, only=SETTINGS))
    try:
        cloud = (parse_credentials(cloud_env), service)
    except RequestError as error:
        raise ConfigurationError(f"OS_AUTH_URL: {error}") from None
    stdin = io.StringIO(read_standard_input(streams) if STANDARD_INPUT in options.paths else "")  # for both of them
    streams = replace(streams, stdin=stdin)
    status = run_check(options.paths, settings, streams, strict=options.strict, exit_zero=options.exit_zero)
    stdin.seek(0)
    answers = dict(each.split("=", 1) for each in options.parameter)
    of_cloud = check_on_cloud(options.paths, settings, cloud, answers, streams)
    return status if options.exit_zero else max(status, of_cloud)


def _read_check_settings(given: Mapping[str, str | None]) -> CheckSettings:
    """What a check shares with the service, of the flags and the environment."""
    from builder.checking.checked_files import CheckSettings
    from builder.diagnostics.rules import Profile

    shared = ("instance_dir", "template_roots", "allow_remote_templates", "profile")
    service = build_settings(given, os.environ, only=shared)
    roots = tuple(os.path.realpath(root) for root in service.template_roots)
    enabled = str(service.enabled_dir)
    return CheckSettings(roots, service.allow_remote_templates, enabled=enabled, profile=Profile(service.profile))


def _new(options: argparse.Namespace) -> int:
    from builder.checking.scaffolding import create_definition

    return create_definition(options.id, _open_streams(), kind=options.kind, composed=options.composed)


def _schema(options: argparse.Namespace) -> int:
    from builder.checking.published_documents import print_schema

    return print_schema(options.name, _open_streams())


def _add_status(commands: argparse._SubParsersAction[_Parser]) -> None:
    status = commands.add_parser(
        "status",
        help="show the catalogue of a running service",
        description="Shows each entry of the enabled folder as a running service has it, and what is wrong with it.",
        epilog="exit status: 0 all is well, 1 an entry is stale or rejected, or the service is not ready, 2 it cannot "
        "be asked. Where it wants a token, one is made of JWT_SECRET or JWT_SECRET_FILE, which are what it has itself.",
        allow_abbrev=False,  # --token is none: whoever lists processes would read it
    )
    status.add_argument("url", nargs="?", metavar="URL", help="URL of the service (default: at HOST and PORT)")
    status.add_argument("--token-file", metavar="PATH", help="file that holds a token to show, or - for standard input")
    status.set_defaults(run=_status)


def _status(options: argparse.Namespace) -> int:
    from builder.client.status_command import load_token, show_status
    from builder.net.addresses import EVERYWHERE, show_host
    from builder.settings.reading import load_jwt_secrets

    settings = build_settings({}, os.environ, only=("host", "port", "jwt_secret", "jwt_secret_file"))
    token = load_token(options.token_file, load_jwt_secrets(settings))
    host = show_host("127.0.0.1" if settings.host in EVERYWHERE else settings.host)
    return show_status(options.url or f"http://{host}:{settings.port}", token, _open_streams().stdout)


def _add_launch(commands: argparse._SubParsersAction[_Parser]) -> None:
    launch = commands.add_parser(
        "launch",
        help="try a definition on a cloud",
        description="Launches a cluster from a definition, without a service: checks it, shows what it would make, "
        "makes it, waits until it is complete, and prints its outputs.",
        epilog="exit status: 0 the cluster is complete, 1 the definition, the answers or the cloud are in the way, or "
        "the cluster failed or could not be deleted, 2 wrong usage, 3 internal error, 130 Ctrl-C. The cloud is the one "
        "that OS_* variables name, or OS_CLOUD in clouds.yaml.",
    )
    add_arguments(launch)
    launch.set_defaults(run=_launch)


def _launch(options: argparse.Namespace) -> int:
    request = read_request(options)  # what is wrong is told before the imports that take long

    from builder.disk.remote import fetch_remote
    from builder.launching.launch_command import run_launch

    given = {"instance_dir": options.instance, "profile": options.profile}
    service = build_settings({}, os.environ, only=SETTINGS)
    fetch = partial(fetch_remote, size=service.remote_template_limit, seconds=service.remote_template_timeout)
    settings = replace(_read_check_settings(given), read_remote=fetch)
    environment = None if options.sandbox else os.environ
    return run_launch(request, settings, service, _open_streams(), environment=environment)


def _open_streams(color: str = "auto") -> Streams:
    """The standard streams, which take every character, and whether colours are wished for."""
    from builder.logs.terminal import wants_colours

    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                encoding="utf-8", errors="surrogateescape" if stream is sys.stdin else "backslashreplace"
            )
    if sys.stdout is None or sys.stderr is None:
        raise ConfigurationError("standard output or standard error is closed")
    colours = color == "auto" and wants_colours(os.environ)
    return Streams(sys.stdin, sys.stdout, sys.stderr, colours=colours, always_coloured=color == "always")


def _sandbox(options: argparse.Namespace) -> int:
    settings = build_settings({"host": options.host, "port": options.port}, {}, only=("host", "port"))

    from builder.process.serving import bind_sandbox  # takes long; what is wrong is told before

    with bind_sandbox(settings.host, settings.port):
        signal.sigwait(STOP)
    return 0


def _serve(options: argparse.Namespace) -> int:
    hold_early_records()
    flags = {setting.name: getattr(options, setting.name) for setting in list_settings() if setting.flag is not None}
    settings = build_settings(flags, os.environ)

    with importing_for_good():
        from builder.process.serving import serve  # takes long; what is wrong is told before

    return serve(settings)
