"""The file that lines also go to: it may be rotated, and it may fail without harm to anybody who is served."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from builder.logs.output import LogFile, LogOutput
from tests.service import Service, minimal_definition, wait_until

logger = logging.getLogger("tests.log_file")


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """The path of a file that this process logs to."""
    (tmp_path / "log").touch()
    handler = LogOutput(LogFile(str(tmp_path / "log")).write)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield tmp_path / "log"
    root.removeHandler(handler)
    root.setLevel(level)
    handler.flush()
    handler.close()


def log(text: str) -> None:
    """Log a line, and wait until it is written or lost."""
    logger.info(text)
    for handler in logging.getLogger().handlers:
        handler.flush()


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [message for message in caplog.messages if message.startswith("LOG_FILE")]


def test_rotated_file_is_left_for_the_new_one(file: Path) -> None:
    log("one")
    file.rename(file.with_name("log.1"))
    log("two")
    assert (file.with_name("log.1").read_text(), file.read_text()) == ("one\n", "two\n")


def test_file_that_cannot_be_opened_again_is_said_once_and_tried_with_every_line(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.rename(file.with_name("log.1"))
    file.mkdir()
    log("one")
    log("two")
    assert complaints(caplog) == [f"LOG_FILE: {str(file)!r} cannot be written: Is a directory"]
    file.rmdir()
    log("three")
    log("four")
    assert file.read_text() == "three\nfour\n"


def test_full_disk_is_said_once_and_left_when_another_file_is_there(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.unlink()
    file.symlink_to("/dev/full")
    log("one")
    log("two")
    assert complaints(caplog) == [f"LOG_FILE: {str(file)!r} cannot be written: No space left on device"]
    file.unlink()
    log("three")
    assert file.read_text() == "three\n"


def test_service_goes_on_when_its_log_file_is_taken_away(tmp_path: Path) -> None:
    file = tmp_path / "log"
    with Service(tmp_path / "instance", {"LOG_FILE": str(file)}) as service:
        wait_until(file.is_file, "what was printed by now is in the file, too")
        file.rename(tmp_path / "log.1")
        file.mkdir()
        (service.enabled / "small.yaml").write_text(minimal_definition())
        wait_until(lambda: service.ids() == ["small"], "the type is listed")
        assert service.get("/schemas/status").status == 200
        wait_until(lambda: "LOG_FILE" in service.log, "standard output says so")
        file.rmdir()
        assert service.get("/schemas/status").status == 200
        wait_until(
            lambda: file.is_file() and "route=/schemas/<name:str>" in file.read_text(), "the file is written again"
        )
