"""docs/configuration.md is true: each row is the table's of the code, and each line that it shows is printed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from builder.settings.table import Setting, format_default, list_settings
from tests.command import run_here, run_up_to_serving
from tests.service import Service

PAGE = (Path(__file__).parent.parent.parent / "docs" / "configuration.md").read_text(encoding="utf-8")
SETTINGS = {setting.variable: setting for setting in list_settings()}
ROWS = re.findall(r"^\| `([A-Z_]+)`(?:, `(--[a-z-]+)`|) \| (.+?) \| (.+?) \| `(.+?)` \| (.+) \|$", PAGE, re.MULTILINE)
ANY_TEXT = {"PATH": "a path", "DIR": "a path", "NAME": "a name"}
"""What settings take that refuse nothing, by what stands for their values in the help."""

CLOUD = {
    "OS_AUTH_URL": "http://127.0.0.1:1/v3",
    "OS_USERNAME": "demo",
    "OS_PASSWORD": "p",
    "OS_USER_DOMAIN_ID": "default",
    "OS_PROJECT_ID": "p",
}
"""What ends every command that asks a cloud, when it has read its settings."""

COMMANDS = {
    "check": ("check", "TYPE"),
    "check --cloud": ("check", "--cloud", "TYPE"),
    "launch": ("launch", "--dry-run", "TYPE"),
    "status": ("status", "http://127.0.0.1:1"),
}


def find_wrong(setting: Setting) -> tuple[str, str]:
    """A value that a setting does not take, and what it says that it does; "" for one that takes any text."""
    for text in ("?", " ", ","):
        try:
            setting.parse(text)
        except ValueError as error:
            return text, str(error)
    return "", ""


def test_each_setting_has_one_row() -> None:
    assert sorted(variable for variable, *_ in ROWS) == sorted(SETTINGS)


@pytest.mark.parametrize(("variable", "flag", "value", "default", "example", "meaning"), ROWS)
def test_row_says_what_the_table_of_the_code_says(
    variable: str, flag: str, value: str, default: str, example: str, meaning: str
) -> None:
    setting = SETTINGS[variable]
    takes = find_wrong(setting)[1].partition("; ")[0] or ANY_TEXT[setting.metavar]
    assert (flag, value, default, meaning) == (setting.flag or "", takes, format_default(setting), setting.meaning)
    assert setting.parse(example) != setting.default


@pytest.mark.parametrize(
    ("given", "printed"),
    re.findall(r"^\| `(.+?)` \| `(cluster-builder: .+)` \|$", PAGE.partition("## The env")[0], re.M),
)
def test_wrong_value_ends_the_service_with_the_line_of_the_page(given: str, printed: str, tmp_path: Path) -> None:
    name, is_variable, value = given.partition("=")
    flags = [] if is_variable else given.split(" ")
    environment = {"PORT": "0", "INSTANCE_DIR": str(tmp_path), **({name: value} if is_variable else {})}
    assert run_up_to_serving(*flags, **environment) == (2, f"{printed}\n")


def test_what_stops_no_service_is_logged_as_the_page_says(tmp_path: Path) -> None:
    rows = re.findall(r"^\| `([A-Z_]+)=(.+?)` \| `((?!cluster-builder).+)` \|$", PAGE, re.MULTILINE)
    assert len(rows) == 4
    with Service(tmp_path / "instance", {variable: value for variable, value, _ in rows}) as service:
        log = service.settled_log()
    for _, _, logged in rows:
        assert logged in log


@pytest.mark.parametrize(
    ("given", "printed"), re.findall(r"^\| (.+) \| `(cluster-builder: .+)` \|$", PAGE.partition("## The env")[2], re.M)
)
def test_environment_that_names_no_cloud_ends_the_command_with_the_line_of_the_page(
    given: str, printed: str, examples: Path
) -> None:
    environment = dict(each.split("=", 1) for each in shlex.split(given.strip("`"))) if "=" in given else {}
    ended = run_here("launch", str(examples / "self-contained.yaml"), **environment)
    assert (ended.returncode, ended.stderr) == (2, f"{printed}\n")


def read_shared(command: str) -> set[str]:
    """The settings that a command reads, by the table of the page."""
    row = next(
        row for row in PAGE.splitlines() if re.match(rf"\| [^|]*`{re.escape(command)}`[^|]*\| .*(`[A-Z]|those)", row)
    )
    shared = set(re.findall(r"`([A-Z_]+)`", row))
    return shared | (read_shared("check") if "those of `check`" in row else set())


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_read_the_settings_of_the_page_and_no_others(command: str, examples: Path) -> None:
    arguments = [str(examples / "self-contained.yaml") if each == "TYPE" else each for each in COMMANDS[command]]
    wrong = {variable: find_wrong(setting)[0] for variable, setting in SETTINGS.items() if find_wrong(setting)[0]}
    shared = read_shared(command)
    others = {variable: text for variable, text in wrong.items() if variable not in shared}
    told = run_here(*arguments, **CLOUD, **others).stderr
    assert not [variable for variable in SETTINGS if f"{variable}: " in told]
    for variable in shared & wrong.keys():
        environment = {**CLOUD, "ALLOW_REMOTE_TEMPLATES": "true", variable: wrong[variable]}
        assert run_here(*arguments, **environment).stderr.startswith(f"cluster-builder: {variable}: "), variable
