"""The log on a terminal: in colour, and broken between words where it does not fit."""

from __future__ import annotations

import contextvars
import fcntl
import logging
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

from builder.logs import lines as logs
from builder.logs.terminal import TerminalFormatter, wants_colours
from tests.service import STOP_SECONDS, fetch

COLOUR = re.compile(r"\x1b\[\d+m")
LONG = "callers may have this service connect to any host: set ALLOWED_AUTH_URLS to the clouds to use, and " * 3


def within_request(make: Callable[[], str]) -> str:
    def run() -> str:
        logs.begin_request("req-1")
        logs.protect(["s3cr3t"])
        return make()

    return contextvars.copy_context().run(run)


def make_record(level: int, message: str) -> logging.LogRecord:
    return logging.LogRecord("builder.x", level, "path", 1, message, None, None)


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("colours", [True, False])
def test_no_line_is_wider_than_the_terminal_and_no_word_is_lost(width: int, colours: bool) -> None:
    formatter = TerminalFormatter(lambda: width, colours=colours)
    shown = within_request(lambda: formatter.format(make_record(logging.WARNING, LONG)))
    lines = COLOUR.sub("", shown).splitlines()
    assert max(map(len, lines)) <= width
    assert {line[:17].strip() for line in lines[1:]} == {""}
    assert " ".join(line[17:] for line in lines).split() == [*LONG.split(), "request_id=req-1"]
    assert bool(COLOUR.search(shown)) is colours


@pytest.mark.parametrize("width", [0, 39])
def test_line_is_left_as_it_is_where_the_width_is_unknown_or_small(width: int) -> None:
    assert "\n" not in TerminalFormatter(lambda: width, colours=True).format(make_record(logging.INFO, LONG))


def test_request_is_told_in_a_line_of_80_columns_and_with_its_id_where_it_failed() -> None:
    formatter = TerminalFormatter(lambda: 80, colours=False)
    good = within_request(lambda: formatter.format(logs.RequestRecord("GET", "/cluster-types", 200, 1.25, "127.0.0.1")))
    assert re.fullmatch(r"\d\d:\d\d:\d\d INFO    GET /cluster-types 200 1\.2 ms client=127\.0\.0\.1", good)
    details = {"reason": "bad signature"}
    bad = logs.RequestRecord("POST", "/clusters", 401, 1.25, "::1", logging.INFO, details)
    shown = within_request(lambda: formatter.format(bad))
    assert " WARNING POST /clusters 401 " in shown
    assert 'reason="bad signature"' in shown


def test_secrets_and_control_characters_stay_out_of_a_terminal() -> None:
    formatter = TerminalFormatter(lambda: 80, colours=False)
    shown = within_request(lambda: formatter.format(make_record(logging.INFO, "it is s3cr3t \33[2J")))
    assert "s3cr3t" not in shown
    assert "\33" not in shown


def test_colours_are_not_wanted_where_the_environment_says_so() -> None:
    assert wants_colours({"TERM": "xterm"})
    assert not wants_colours({"TERM": "dumb"})
    assert not wants_colours({"NO_COLOR": "1"})


@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}])
def test_service_on_a_terminal_is_laid_out_for_it_and_its_file_is_not(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    command = [sys.executable, "-m", "builder", "serve", "--instance", str(tmp_path), "--port", "0"]
    file = tmp_path / "log"
    given = {"PATH": os.environ["PATH"], "TERM": "xterm", "LOG_FILE": str(file), **environment}
    root = Path(__file__).parent.parent.parent
    with subprocess.Popen(command, cwd=root, stdout=theirs, stderr=theirs, env=given) as process:
        os.close(theirs)
        shown = b""
        with os.fdopen(ours, "rb", buffering=0) as terminal:
            while (found := re.search(rb"serving on (\S+),", shown)) is None:
                shown += terminal.read(4096)
            assert fetch(f"{found[1].decode()}/nowhere").status == 404
            process.send_signal(signal.SIGTERM)
            try:
                while more := terminal.read(4096):
                    shown += more
            except OSError:  # as Linux says that the other side is closed
                pass
        assert process.wait(STOP_SECONDS) == 0
    text = shown.decode()
    lines = COLOUR.sub("", text).splitlines()
    assert any(" WARNING GET " in line and " 404 " in line for line in lines)
    assert max(len(line) for line in lines if str(tmp_path) not in line) <= 80
    assert bool(COLOUR.search(text)) is not bool(environment)
    assert "\33" not in file.read_text()
    assert "PRODUCTION" not in file.read_text()
    assert re.search(r"^\d{4}-\d\d-\d\dT\S+ INFO +builder\.access: request method=GET ", file.read_text(), re.MULTILINE)
