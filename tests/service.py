"""The service as its users run it: a process of its own, on real files, talked to over real HTTP."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from builder.settings.table import list_settings
from tests import forking

FORKS = "REAL_STARTS" not in os.environ
"""Whether services are forked from a process that has imported the program (see :mod:`tests.forking`), where that makes
no difference: not where it is started by another command, or with variables that Python or a library may read first."""

START_SECONDS = 60.0
STOP_SECONDS = 60.0
WAIT_SECONDS = 60.0
"""How long is waited for what has to come: for as long as a machine may take that is busy otherwise."""

_PYTHON = sys.executable
_VARIABLES = frozenset(setting.variable for setting in list_settings())

_ESTABLISHED = "01"
"""In /proc/net/tcp, see proc(5)."""

MINIMAL = """\
kind: heat
title: {title}
description: A cluster for the tests.
heat_template:
  heat_template_version: 2021-04-16
  parameters:
    size: {{type: number, default: 1}}
  resources:
    secret: {{type: OS::Heat::RandomString, properties: {{length: 8}}}}
"""


def minimal_definition(title: str = "A cluster") -> str:
    """The shortest definition that makes sense; needs nothing but Heat."""
    return MINIMAL.format(title=title)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def faults(self) -> list[tuple[str, str | None]]:
        """Title and pointer of every error."""
        return [(error["title"], error.get("source", {}).get("pointer")) for error in self.json()["errors"]]


def fetch(
    url: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: object = None, timeout: float = 60.0
) -> Answer:
    """One HTTP request; any status is an answer. A body that is no bytes is sent as JSON."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **(headers or {})}, method=method)
    try:
        with _OPENER.open(request, timeout=timeout) as response:
            return Answer(response.status, _lowered(response.headers), response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, _lowered(error.headers), error.read())


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _lowered(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def wait_until(condition: Callable[[], bool], what: str, seconds: float = WAIT_SECONDS) -> None:
    """Wait for a condition that nothing announces, at most so long."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:g} seconds: {what}")
        pause.wait(0.01)


def is_asked(url: str) -> bool:
    """Whether somebody has a connection to the server of this machine at the port of ``url``."""
    port = urllib.parse.urlsplit(url).port
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(int(line[2].partition(":")[2], 16) == port and line[3] == _ESTABLISHED for line in lines)


@dataclass
class Service:
    """A running ``python -m builder serve``; use it as a context manager."""

    instance: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    wrapper: tuple[str, ...] = ()
    """A command that runs the one which follows it."""
    url: str = ""
    sandbox_url: str = ""
    output: list[str] = field(default_factory=list)
    _process: subprocess.Popen[str] | forking.Forked | None = None
    _reader: threading.Thread | None = None
    _listening: threading.Event = field(default_factory=threading.Event)

    @property
    def enabled(self) -> Path:
        """The enabled folder."""
        return self.instance / "cluster-types-enabled"

    @property
    def process(self) -> subprocess.Popen[str] | forking.Forked:
        """The process, once it was started."""
        assert self._process is not None
        return self._process

    @property
    def log(self) -> str:
        """All that was printed so far."""
        return "".join(self.output)

    def settled_log(self) -> str:
        """The log with all that was logged before: lines are written a moment later, and in order."""
        identifier = f"log-{time.monotonic_ns()}"
        try:
            self.get("/schemas/status", {"X-Request-ID": identifier})
        except OSError:  # it has ended, and has written all of them
            return self.log
        wait_until(lambda: identifier in self.log, "the line of a request is in the log")
        return self.log

    def link(self, *definitions: Path) -> None:
        """Enable definitions by links, before the start; wherever they are, they are allowed to be there."""
        self.enabled.mkdir(parents=True, exist_ok=True)
        for path in definitions:
            (self.enabled / path.name).symlink_to(path)
        roots = sorted({str(path.parent) for path in definitions})
        self.environment = {**self.environment, "TEMPLATE_ROOTS": os.pathsep.join(roots)}

    def start(self) -> Self:
        """Start it and wait until it listens."""
        self.enabled.mkdir(parents=True, exist_ok=True)
        arguments = ("serve", "--instance", str(self.instance), "--port", "0", *self.flags)
        if FORKS and not self.wrapper and sys.executable == _PYTHON and _VARIABLES.issuperset(self.environment):
            self._process = forking.fork(arguments, {**_inherited(), **self.environment})
        else:
            self._process = _run([*self.wrapper, *_builder(), *arguments], self.environment)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if not self._listening.wait(START_SECONDS) or not self.url:
            self.process.kill()
            self.wait()
            raise AssertionError(f"the service did not start:\n{self.log}")
        return self

    def stop(self) -> int:
        """Ask it to stop; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        """Wait for its end; returns the exit status."""
        try:
            status = self.process.wait(STOP_SECONDS)
        finally:
            self.process.kill()
            self.process.wait(STOP_SECONDS)
            if self._reader is not None:
                self._reader.join(STOP_SECONDS)
        return status

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """GET."""
        return fetch(self.url + path, headers=headers)

    def post(self, path: str, body: object, headers: Mapping[str, str] | None = None) -> Answer:
        """POST."""
        return fetch(self.url + path, "POST", headers, body)

    def ids(self) -> list[str]:
        """The ids in the listing, in its order."""
        return [listed["id"] for listed in self.get("/cluster-types/").json()]

    @property
    def children(self) -> list[int]:
        """The processes that the first one has started: workers, if there are several, and a sandbox beside them."""
        first = self.process.pid
        return [int(child) for child in Path(f"/proc/{first}/task/{first}/children").read_text().split()]

    def _read(self) -> None:
        stdout = self.process.stdout
        assert stdout is not None
        for line in stdout:
            self.output.append(line)
            if not self.url and (found := re.search(r"serving on (http://\S+?),? ", line)):
                self.url = found[1]
                self._listening.set()
        self._listening.set()  # it has ended

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.process.stdout is not None
        with self.process.stdout:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGTERM)
            self.wait()


def launch(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Start ``python -m builder`` with an environment of its own; output and errors come in one stream."""
    return _run([*_builder(), *arguments], environment)


def _builder() -> tuple[str, ...]:
    """The command of the program; what Python is may be patched by a test that wraps it."""
    return (sys.executable, "-m", "builder")


def _run(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        bufsize=1,
        cwd=Path(__file__).parent.parent,
        env={**_inherited(), **environment},
    )


def _inherited() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"}
