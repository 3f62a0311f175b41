"""The command line, run in this process: a process of its own takes most of a second of CPU, to the same effect."""

from __future__ import annotations

import io
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from unittest.mock import patch

import pytest

from builder import cli


def run_here(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``cluster-builder`` with these arguments and with nothing else in its environment."""
    given, out, err = (io.TextIOWrapper(io.BytesIO(content), "utf-8") for content in (stdin.encode(), b"", b""))
    with (
        patch.dict(os.environ, environment, clear=True),
        patch("sys.stdin", given),
        redirect_stdout(out),
        redirect_stderr(err),
        patch("builder.cli.end_process", sys.exit),
        _leaving_no_traces(),
        pytest.raises(SystemExit) as stopped,
    ):
        cli.main(arguments)
    status = stopped.value.code or 0
    assert isinstance(status, int)
    printed = []
    for stream in (out, err):
        stream.seek(0)  # which flushes it
        printed.append(stream.read())
    return subprocess.CompletedProcess(arguments, status, *printed)


def run_up_to_serving(*arguments: str, **environment: str) -> tuple[int, str]:
    """Run ``serve`` until it would listen, where it would end with 0; its exit status, and all that it printed."""
    serving = "builder.process.serving"
    with (
        patch(f"{serving}._serve", side_effect=SystemExit(0)),
        patch(f"{serving}.configure_logging"),
        patch(f"{serving}.forbid_core_dumps"),
        patch(f"{serving}.allow_connections", side_effect=lambda limit: limit),
    ):
        done = run_here("serve", *arguments, **environment)
    return done.returncode, done.stdout + done.stderr


@contextmanager
def _leaving_no_traces() -> Iterator[None]:
    """What a daemon does to its process before it serves: it holds signals, and keeps what is logged."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    dispositions = {number: signal.getsignal(number) for number in (signal.SIGUSR1, signal.SIGUSR2)}
    handlers = logging.getLogger().handlers[:]
    try:
        yield
    finally:
        logging.getLogger().handlers[:] = handlers
        for number, disposition in dispositions.items():
            signal.signal(number, disposition)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
