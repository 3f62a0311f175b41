"""A destination of lines: nobody waits for one that stalls, and what was lost is told."""

from __future__ import annotations

import logging
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from builder.logs import lines as logs
from builder.logs import output
from builder.logs.output import Descriptor, LogOutput
from tests.service import wait_until

logger = logging.getLogger("tests.log_output")

WAIT_SECONDS = 20.0
ROOT = Path(__file__).parent.parent.parent
OpenLog = Callable[[Callable[[Sequence[str]], None]], LogOutput]
LOST = re.compile(r"(\d+) lines of the log were lost: nobody took them")


@pytest.fixture(autouse=True)
def few_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "MAX_LINES", 100)


@pytest.fixture
def open_log() -> Iterator[OpenLog]:
    """Has this process log to what takes lines; gives the handler."""
    opened: list[LogOutput] = []
    before = set(threading.enumerate())

    def open_one(write: Callable[[Sequence[str]], None]) -> LogOutput:
        opened.append(LogOutput(write))
        logger.addHandler(opened[-1])
        return opened[-1]

    logger.setLevel(logging.INFO)
    logger.propagate = False
    yield open_one
    for handler in opened:
        logger.removeHandler(handler)
        handler.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(WAIT_SECONDS)
        assert not thread.is_alive()


class StallingReader:
    """Takes lines when it is told to; notes them, by the call that brought them."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.threads: set[int] = set()
        self.is_reading = threading.Event()
        self.is_asked = threading.Event()

    def write(self, lines: Sequence[str]) -> None:
        self.threads.add(threading.get_ident())
        self.is_asked.set()
        assert self.is_reading.wait(WAIT_SECONDS)
        self.calls.append([line.rstrip("\n") for line in lines])


@pytest.fixture
def reader() -> Iterator[StallingReader]:
    stalling = StallingReader()
    yield stalling
    stalling.is_reading.set()


@pytest.fixture(params=["pipe", "terminal", "socket", "pipe that does not block"])
def ends(request: pytest.FixtureRequest) -> Iterator[tuple[int, int]]:
    """Where to read what is written, and where to write it."""
    if request.param == "terminal":
        reader, writer = os.openpty()
    elif request.param == "socket":
        reader, writer = (each.detach() for each in socket.socketpair())
    else:
        reader, writer = os.pipe()
    os.set_blocking(writer, request.param != "pipe that does not block")
    yield reader, writer
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize("length", [100, 3000, 10_000])
def test_lines_that_nobody_takes_are_left_out_whole_and_told_of_by_number(
    ends: tuple[int, int], open_log: OpenLog, length: int
) -> None:
    open_log(Descriptor(ends[1]).write)
    lines = [f"{number} ".ljust(length, "x") for number in range(3000)]
    for line in lines:
        logger.info(line)
    told = read_until(ends[0], lambda told: len(told) - len(lost_of(told)) + sum(lost_of(told)) == len(lines))
    logger.info("after")
    assert read_until(ends[0], bool) == ["after"]
    whole = [line for line in told if not LOST.fullmatch(line)]
    assert set(whole) <= set(lines)
    assert whole == sorted(whole, key=lines.index)
    assert sum(lost_of(told)) > 0


def read_until(reader: int, is_enough: Callable[[list[str]], bool]) -> list[str]:
    """The lines that arrive until there are enough, all of them with their ends."""
    text = b""
    while not text.endswith(b"\n") or not is_enough(text.decode().splitlines()):
        text += os.read(reader, 1 << 20)
    return text.decode().splitlines()


def lost_of(told: Sequence[str]) -> list[int]:
    """How many lines were lost, as the lines tell that do so."""
    return [int(found[1]) for line in told if (found := LOST.fullmatch(line))]


def test_others_who_write_there_go_on_to_wait_for_the_reader() -> None:
    reader, writer = os.pipe()
    Descriptor(writer).write(["line\n"])
    assert os.get_blocking(writer)
    os.close(reader)
    os.close(writer)


def test_who_logs_never_writes(open_log: OpenLog, reader: StallingReader) -> None:
    open_log(reader.write)
    for number in range(300):
        logger.info("line %d", number)
    assert reader.is_asked.wait(WAIT_SECONDS)
    assert threading.get_ident() not in reader.threads
    assert reader.calls == []


def test_lines_that_gathered_leave_together(open_log: OpenLog, reader: StallingReader) -> None:
    handler = open_log(reader.write)
    logger.info("first")
    assert reader.is_asked.wait(WAIT_SECONDS)
    for number in range(50):
        logger.info("line %d", number)
        handler.handle(logs.RequestRecord("GET", f"/{number}", 200, 1.0, "::1"))
    reader.is_reading.set()
    handler.flush()
    first, rest, *_ = reader.calls
    assert first == ["first"]
    assert len(rest) == 100


def test_lines_of_requests_that_find_no_room_are_counted_too(open_log: OpenLog, reader: StallingReader) -> None:
    handler = open_log(reader.write)
    logger.info("first")
    assert reader.is_asked.wait(WAIT_SECONDS)
    for _ in range(160):
        handler.handle(logs.RequestRecord("GET", "/", 200, 1.0, "::1"))
    reader.is_reading.set()
    handler.flush()
    assert len(reader.calls[1]) == 101
    assert LOST.fullmatch(reader.calls[1][-1]) is not None
    assert reader.calls[1][-1].startswith("60 ")


def test_pieces_that_processes_share_a_pipe_by_hold_whole_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces: list[bytes] = []

    def write(_: int, data: bytes) -> int:
        pieces.append(data)
        return len(data)

    monkeypatch.setattr(os, "write", write)
    reader, writer = os.pipe()
    lines = [f"{number} ".ljust(number * 6, "é") + "\n" for number in range(300)]
    Descriptor(writer).write(lines)
    monkeypatch.undo()
    os.close(reader)
    os.close(writer)
    assert b"".join(pieces) == "".join(lines).encode()
    assert all(piece.endswith(b"\n") and len(piece) <= 4096 for piece in pieces)
    assert len(pieces) < 200


def test_slow_making_of_a_line_holds_no_other_up(open_log: OpenLog, reader: StallingReader) -> None:
    reader.is_reading.set()
    handler = open_log(reader.write)
    is_making, may_end = threading.Event(), threading.Event()

    class Slow(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            if record.getMessage() == "slow":
                is_making.set()
                assert may_end.wait(WAIT_SECONDS)
            return record.getMessage()

    handler.setFormatter(Slow())
    thread = threading.Thread(target=logger.info, args=("slow",))
    thread.start()
    assert is_making.wait(WAIT_SECONDS)
    logger.info("quick")
    wait_until(lambda: ["quick"] in reader.calls, "the other line is written")
    may_end.set()
    thread.join(WAIT_SECONDS)
    wait_until(lambda: ["slow"] in reader.calls, "the slow line is written")


def test_line_is_made_once_for_all_destinations(open_log: OpenLog) -> None:
    made = []

    class Counting(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            made.append(record)
            return super().format(record)

    taken: list[str] = []
    for _ in range(2):
        open_log(taken.extend).setFormatter(Counting())
    logger.info("line")
    for handler in logger.handlers:
        handler.flush()
    assert taken == ["line\n", "line\n"]
    assert len(made) == 1


def test_destination_that_fails_takes_later_lines(open_log: OpenLog) -> None:
    taken: list[str] = []

    def write(lines: Sequence[str]) -> None:
        if "bad\n" in lines:
            raise OSError("no")
        taken.extend(lines)

    handler = open_log(write)
    for text in ("bad", "good"):
        logger.info(text)
        handler.flush()
    assert taken == ["good\n"]


def test_end_of_a_process_waits_for_a_stalled_reader_within_a_limit(
    open_log: OpenLog, reader: StallingReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "FLUSH_SECONDS", 0.01)
    handler = open_log(reader.write)
    logger.info("line")
    handler.flush()
    assert reader.calls == []


PROCESS = """
import logging, os, sys
from builder.logs import configure_logging
from builder.process.supervision import _fork, end_process
configure_logging("INFO", "text", sys.argv[1] or None)
def work():
    for number in range(200):
        logging.info("child %d", number)
    raise ValueError("the last of it")
for number in range(200):
    logging.info("parent %d", number)
children = [_fork(work) for _ in range(3)]
for number in range(200, 400):
    logging.info("parent %d", number)
statuses = [os.waitpid(child, 0)[1] for child in children]
logging.error("the very last: %s", statuses)
end_process(3)
"""


@pytest.mark.parametrize("has_file", [False, True])
def test_every_line_of_every_process_is_written_once_before_it_ends(tmp_path: Path, has_file: bool) -> None:
    file = tmp_path / "log" if has_file else ""
    ran = subprocess.run(
        [sys.executable, "-c", PROCESS, str(file)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 3
    for written in [ran.stdout, *([Path(file).read_text()] if has_file else [])]:
        told = [line.partition("root: ")[2] for line in written.splitlines()]
        assert [line for line in told if line.startswith("parent")] == [f"parent {number}" for number in range(400)]
        assert sorted(line for line in told if line.startswith("child")) == sorted(
            f"child {number}" for number in range(200) for _ in range(3)
        )
        assert written.count("ValueError: the last of it") == 3
        assert told[-1] == "the very last: [256, 256, 256]"
