"""``cluster-builder check --watch``: again upon each change, until Ctrl-C."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from builder.checking.checked_files import CheckSettings
from builder.checking.streams import Streams
from builder.checking.watching import MAX_UNSETTLED, watch
from builder.errors import ConfigurationError
from tests.checking.test_command import BAD, GOOD, Run

Step = Callable[[], object]


@pytest.fixture(autouse=True)
def _in_a_folder_with_a_definition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "types").mkdir()
    monkeypatch.chdir(tmp_path)
    for variable in ("TEMPLATE_ROOTS", "ALLOW_REMOTE_TEMPLATES", "INSTANCE_DIR", "PROFILE"):
        monkeypatch.delenv(variable, raising=False)
    Path("types/good.yaml").write_text(GOOD)


def count_checks(*steps: Step, failing: int = 0) -> list[int]:
    """Watch ``types``, taking a step at each wait for a change, then Ctrl-C; how many checks there were before each.

    The check of the number ``failing`` raises ConfigurationError.
    """
    left, counts = list(steps), []
    checks = 0

    def check() -> int:
        nonlocal checks
        checks += 1
        if checks == failing:
            raise ConfigurationError("'types' does not exist")
        return 0

    def wait(_: float) -> None:
        counts.append(checks)
        if not left:
            raise KeyboardInterrupt
        left.pop(0)()

    with pytest.raises(KeyboardInterrupt):
        watch(["types"], CheckSettings(), Streams(None, io.StringIO(), io.StringIO()), check, wait)
    return counts


def rest() -> None:
    """Nothing changes."""


@pytest.mark.parametrize(
    "change",
    [
        lambda: Path("types/good.yaml").write_text(f"{BAD}# longer\n"),
        lambda: Path("types/good.yaml").unlink(),
        lambda: Path("types/good.yaml").rename("types/better.yaml"),
        lambda: Path("types/templates").mkdir(),
        lambda: os.replace("other.yaml", "types/good.yaml"),  # noqa: PTH105  # as editors save
        lambda: os.symlink("../other.yaml", "types/link.yaml"),  # noqa: PTH211  # one step, as an expression
    ],
)
def test_change_is_followed_by_one_check_once_nothing_changes_further(change: Step) -> None:
    Path("other.yaml").write_text(GOOD + "# other\n")
    assert count_checks(rest, change, rest, rest) == [1, 1, 1, 2, 2]


def test_files_behind_a_link_are_watched_where_they_are() -> None:
    Path("away").mkdir()
    Path("away/lab.yaml").write_text(GOOD)
    Path("types/lab.yaml").symlink_to(Path("away/lab.yaml").absolute())
    assert count_checks(lambda: Path("away/notes.txt").write_text("1"), rest) == [1, 1, 2]


def test_hidden_files_are_not_watched() -> None:
    Path("types/.git").mkdir()
    assert count_checks(
        lambda: Path("types/.git/index").write_text("1"), lambda: Path("types/.good.yaml.swp").write_text("1"), rest
    ) == [1, 1, 1, 1]


def test_file_that_is_written_all_the_time_puts_the_check_off_for_some_looks_only() -> None:
    log = Path("types/log.txt")
    steps = [lambda number=number: log.write_text("x" * number) for number in range(MAX_UNSETTLED + 2)]
    assert count_checks(*steps)[-1] == 2


def test_path_that_leads_nowhere_for_a_while_ends_no_watching() -> None:
    change = lambda: Path("types/good.yaml").write_text(f"{BAD}# longer\n")  # noqa: E731
    assert count_checks(change, rest, lambda: Path("types/good.yaml").unlink(), rest, failing=2) == [1, 1, 2, 2, 3]


@pytest.mark.parametrize(
    "arguments",
    [("-",), ("missing.yaml",), ("--explain", "types"), ("--list-rules",), ("--format", "json", "types"), ()],
)
def test_what_cannot_be_watched_is_wrong_usage(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    run = Run(capsys, "check", "--watch", *arguments)
    assert (run.status, run.out, run.err.count("\n")) == (2, "", 1)


def test_watching_ends_on_ctrl_c_with_status_130_and_without_a_word() -> None:
    command = [sys.executable, "-m", "builder", "check", "--watch", "types"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        try:
            assert running.stdout.readline() == "1 definition: no problems\n"
            Path("types/bad.yaml").write_text(BAD)
            while not (line := running.stdout.readline()).startswith("2 definitions: "):
                assert line
            running.send_signal(signal.SIGINT)
            assert (running.stdout.read(), running.stderr.read()) == ("", "")
        finally:
            running.kill()
    assert running.returncode == 130
