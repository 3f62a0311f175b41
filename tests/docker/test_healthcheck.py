"""The image's health check, by itself. Needs no Docker."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.docker.engine import find_free_port

SCRIPT = Path(__file__).parent.parent.parent / "docker" / "healthcheck.py"
LIMIT = 10.0


def check(*arguments: str, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-IS", str(SCRIPT), *arguments],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        env={"PATH": os.environ["PATH"], **environment},
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


@contextmanager
def answering(answer: bytes, address: str = "127.0.0.1") -> Iterator[int]:
    """A server of one connection, which gets the answer whatever it asks; yields its port."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=family) as listener:
        listener.settimeout(LIMIT)

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(LIMIT)
                connection.recv(4096)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            thread.join(LIMIT)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "127.0.0.1", "localhost"])
def test_service_that_answers_is_healthy(host: str) -> None:
    with answering(b"HTTP/1.1 200 OK\r\n\r\n") as port:
        assert check(HOST=host, PORT=str(port)) == (0, "HTTP/1.1 200 OK\n")


@pytest.mark.parametrize("answer", [b"HTTP/1.1 503 Service Unavailable\r\n\r\n", b"200 200\r\n", b"SSH-2.0-x\r\n", b""])
def test_any_other_answer_is_unhealthy(answer: bytes) -> None:
    with answering(answer) as port:
        assert check(PORT=str(port))[0] == 1


def test_closed_port_is_unhealthy() -> None:
    status, output = check(PORT=str(find_free_port()))
    assert status == 1
    assert "refused" in output


@pytest.mark.parametrize(("arguments", "asked"), [((), b"/health"), (("/ready",), b"/ready")])
def test_path_that_is_asked_for_is_the_argument(arguments: tuple[str, ...], asked: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(LIMIT)
        received: list[bytes] = []

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                received.append(connection.recv(4096))
                connection.sendall(b"HTTP/1.0 503 Service Unavailable\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        status, _ = check(*arguments, PORT=str(listener.getsockname()[1]))
        thread.join(LIMIT)
    assert (status, received[0].split()[1]) == (1, asked)
