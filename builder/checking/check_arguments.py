"""The arguments of ``cluster-builder check``. Light: every command imports it."""

from __future__ import annotations

import argparse

from builder.errors import ConfigurationError
from builder.reporting.formats import FORMATS


def add_check_arguments(parser: argparse.ArgumentParser) -> None:
    """Those that say what is checked, and how it is shown."""
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="a definition, its folder, a folder or tree of definitions, or - for standard input",
    )
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="text",
        help="how to show what was found (default: %(default)s)",
    )
    parser.add_argument(
        "--profile",
        metavar="PROFILE",
        help="concertim, all that its services need, or generic, for sites without it (default: PROFILE)",
    )
    parser.add_argument("--strict", action="store_true", help="fail for warnings too")
    parser.add_argument("--list-rules", action="store_true", help="list the rules, and check nothing")
    parser.add_argument("--rule", metavar="ID", help="explain a rule, and check nothing")
    parser.add_argument("--watch", action="store_true", help="check again upon each change, until Ctrl-C")
    parser.add_argument("--exit-zero", action="store_true", help="exit with 0 whatever problems are found")
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="whether text has colours; auto: on a terminal, unless NO_COLOR is set (default: %(default)s)",
    )
    parser.add_argument(
        "--explain",
        action="store_true",
        help="print what the Visualisation App is sent of one definition, given by its path or by its id",
    )
    parser.add_argument("--template", action="store_true", help="with --explain: print what Heat, or Magnum, is sent")
    parser.add_argument(
        "--select",
        action="append",
        default=[],
        metavar="NAME",
        help="with --template: choose an optional component; may be repeated",
    )
    parser.add_argument("--preset", default="", metavar="ID", help="with --explain: take this preset of the definition")
    parser.add_argument(
        "--cloud",
        action="store_true",
        help="have the cloud that OS_* variables, or OS_CLOUD in clouds.yaml, name judge what each selection of "
        "components makes, too; it makes nothing",
    )
    parser.add_argument(
        "-p", "--parameter", action="append", default=[], metavar="NAME=VALUE",
        help="with --cloud: answer a field that has no default; may be repeated",
    )  # fmt: skip
    parser.add_argument("--instance", metavar="DIR", help="folder of the service that ids are looked up in")


def refuse_useless_flags(options: argparse.Namespace) -> None:
    """Raises ConfigurationError for flags that say nothing with the others."""
    of_rules = options.list_rules or options.rule is not None
    is_text = options.format == "text"
    wrong = {
        "--preset is of use with --explain only": options.preset and not options.explain,
        "--template is of use with --explain only": options.template and not options.explain,
        "--cloud is of no use with --explain and --list-rules, and tells text only": options.cloud
        and (options.explain or options.list_rules or not is_text),
        "--watch is of no use with --cloud, --explain, --list-rules and --rule, and tells text only": options.watch
        and (options.cloud or options.explain or of_rules or not is_text),
        "--watch takes files and folders, not standard input": options.watch and "-" in options.paths,
        "--rule and --list-rules check nothing: leave PATH out": options.paths and of_rules,
        "--parameter is of use with --cloud only": options.parameter and not options.cloud,
        "--parameter takes NAME=VALUE, such as --parameter size=3": not all("=" in each for each in options.parameter),
        "--select is of use with --explain --template only": options.select and not options.template,
        "of --strict and --exit-zero, one can be had": options.strict and options.exit_zero,
    }
    for told, is_wrong in wrong.items():
        if is_wrong:
            raise ConfigurationError(f"check: {told}")
