"""A process that has imported the program, and is forked for each service that a test starts.

Importing is most of what a start takes of a processor, and hundreds of services are started. A service that is forked
runs the same ``main`` as ``python -m builder``, with arguments, an environment and an output of its own, and is a child
of the tests like any other process. What Python does before ``main`` is left to the services that are started by
themselves: see :data:`tests.service.FORKS`.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, Final, NoReturn

IMPORTED: Final = (
    "builder.cli", "builder.process.serving", "builder.sandbox", "jinja2",
    "heatclient.v1.client", "openstack.connection", "builder.openstack.failures",
)  # fmt: skip
"""Not prometheus-client, which looks into the environment when it is imported."""

_MESSAGE_BYTES: Final = 1 << 17
_SET_CHILD_SUBREAPER: Final = 36
"""PR_SET_CHILD_SUBREAPER of prctl(2)."""

_DESCRIPTORS: Final = 64
"""More than a process has open that has done nothing but import."""

_forking = threading.Lock()


class Forked:
    """A process that was forked, with what the tests use of :class:`subprocess.Popen`."""

    def __init__(self, pid: int, stdout: IO[str]) -> None:
        self.pid = pid
        self.stdout = stdout
        self.returncode: int | None = None
        self._end = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """The exit status, once it has ended."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit status. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            ended = select.poll()
            ended.register(self._end, select.POLLIN)
            if not ended.poll(None if timeout is None else timeout * 1000):
                raise subprocess.TimeoutExpired("a forked service", timeout or 0)
            _, status = os.waitpid(self.pid, 0)
            os.close(self._end)
            self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def fork(arguments: Sequence[str], environment: Mapping[str, str]) -> Forked:
    """Start the program with arguments; output and errors come in one stream."""
    readable, writable = os.pipe()
    with _forking:
        channel = _start_server()
        _adopt_orphans(True)  # whoever forks it ends, and leaves it to this process
        try:
            message = json.dumps({"arguments": arguments, "environment": dict(environment)}).encode()
            socket.send_fds(channel, [message], [writable])
            pid = int(channel.recv(_MESSAGE_BYTES))
        finally:
            _adopt_orphans(False)
            os.close(writable)
    return Forked(pid, os.fdopen(readable, buffering=1, encoding="utf-8"))


def _adopt_orphans(adopts: bool) -> None:
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, int(adopts), 0, 0, 0)


@cache
def _start_server() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        server = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=theirs.fileno(),
            cwd=Path(__file__).parent.parent,
            env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"},
        )

    def end() -> None:
        ours.close()
        server.wait()

    atexit.register(end)
    return ours


def _serve(channel: socket.socket) -> None:
    """Fork for each message, until nobody can send any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is meant for the tests, which close the channel when they end
    gc.disable()
    sys.modules["prometheus_client"] = None  # type: ignore[assignment]  # openstacksdk would import it, and can do without
    for name in IMPORTED:
        importlib.import_module(name)
    del sys.modules["prometheus_client"]
    gc.freeze()
    gc.enable()
    assert threading.active_count() == 1, "a process with threads must not be forked"
    while True:
        message, (*outputs,), _, _ = socket.recv_fds(channel, _MESSAGE_BYTES, 1)
        if not message:
            return
        told, tells = os.pipe()
        middle = os.fork()
        if middle == 0:
            pid = os.fork()
            if pid == 0:
                for each in (told, tells):
                    os.close(each)
                _run(outputs[0], **json.loads(message))
            os.write(tells, b"%d" % pid)
            os._exit(0)
        os.close(tells)
        os.close(outputs[0])
        os.waitpid(middle, 0)
        channel.send(os.read(told, 32))
        os.close(told)


def _run(output: int, arguments: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """Be the program, in a process that was forked."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.closerange(3, _DESCRIPTORS)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    from builder.cli import main

    main(arguments)


if __name__ == "__main__":
    _serve(socket.socket(fileno=0))
