"""Standard output as the log has it: nobody waits for a reader that stalls, and what was lost is told."""

from __future__ import annotations

import logging
import os
import re
import select
import socket
from collections.abc import Callable, Iterator

import pytest

from builder import log_output
from builder.log_output import LogOutput

logger = logging.getLogger("tests.log_output")

WAIT_SECONDS = 20.0

LOST = re.compile(r"(\d+) lines of the log were lost: nobody took them")


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_output, "PATIENCE_SECONDS", 0.01)


@pytest.fixture(params=["pipe", "terminal", "socket", "pipe of another user"])
def ends(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, int]]:
    """Where to read what is written, and where to write it."""
    if request.param == "terminal":
        reader, writer = os.openpty()
    elif request.param == "socket":
        reader, writer = (each.detach() for each in socket.socketpair())
    else:
        reader, writer = os.pipe()
    if request.param == "pipe of another user":
        monkeypatch.setattr(os, "open", refuse)
    os.set_blocking(reader, False)
    yield reader, writer
    os.close(reader)
    os.close(writer)


def refuse(*_: object) -> int:
    raise PermissionError


@pytest.fixture
def log(ends: tuple[int, int]) -> Iterator[Callable[[str], None]]:
    handler = LogOutput(ends[1])
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    yield logger.info
    logger.removeHandler(handler)
    handler.close()


def read_all(reader: int) -> list[str]:
    """The lines that wait to be read; the last is empty where none is torn."""
    text = b""
    while True:
        try:
            text += os.read(reader, 1 << 20)
        except BlockingIOError:
            return text.decode().replace("\r\n", "\n").split("\n")


@pytest.mark.parametrize("length", [100, 3000, 10_000])
def test_lines_that_nobody_takes_are_left_out_whole_and_told_of_by_number(
    ends: tuple[int, int], log: Callable[[str], None], length: int
) -> None:
    lines = [f"{number} ".ljust(length, "x") for number in range(3000)]
    for line in lines:
        log(line)
    told = read_all(ends[0])
    log("after")
    while told[-2:] != ["after", ""]:  # a terminal takes less than a long line at once, and hands it on in its own time
        assert select.select([ends[0]], [], [], WAIT_SECONDS)[0]
        more = read_all(ends[0])
        told[-1:] = [told[-1] + more[0], *more[1:]]
        logger.handlers[0].flush()
    *whole, lost, _, _ = told
    assert whole == lines[: len(whole)]
    found = LOST.fullmatch(lost)
    assert found is not None
    assert len(whole) + int(found[1]) == len(lines)


def test_others_who_write_there_go_on_to_wait_for_the_reader(ends: tuple[int, int], log: Callable[[str], None]) -> None:
    log("line")
    assert os.get_blocking(ends[1])
