"""HTTP as no client library would send it, and what comes back."""

from __future__ import annotations

import contextlib
import json
import socket
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft7Validator

from builder.schema import published
from tests.service import WAIT_SECONDS, Answer, Service


def connect(service: Service, timeout: float = WAIT_SECONDS) -> socket.socket:
    """A connection to the service."""
    place = urlsplit(service.url)
    assert place.hostname is not None
    return socket.create_connection((place.hostname, place.port or 80), timeout=timeout)


def head(method: str, path: str, *lines: str) -> bytes:
    """The head of a request."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", *lines, "", ""]).encode("latin-1")


def exchange(service: Service, *parts: bytes, timeout: float = 10.0) -> bytes:
    """Send bytes, and read all that comes until the service closes the connection, or is silent for so long."""
    with connect(service, timeout) as connection:
        with contextlib.suppress(OSError):  # it may have had enough before all was sent
            for part in parts:
                connection.sendall(part)
        return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    """All that comes."""
    received = bytearray()
    with contextlib.suppress(OSError):
        while chunk := connection.recv(65536):
            received += chunk
    return bytes(received)


def parse_answer(received: bytes) -> Answer:
    """The first answer in what came."""
    start, _, rest = received.partition(b"\r\n\r\n")
    lines = start.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    return Answer(int(lines[0].split()[1]), headers, rest[: int(headers.get("content-length", "0"))])


def assert_is_error(answer: Answer, *statuses: int) -> None:
    """Hold an answer against the published shape of errors."""
    assert answer.status in statuses, (answer.status, answer.body[:300])
    body: Any = json.loads(answer.body)
    Draft7Validator(published.load_schema("errors")).validate(body)
    assert body["errors"][0]["status"] == str(answer.status)


def assert_serves(service: Service) -> None:
    """The service answers others."""
    assert service.get("/health").status == 200
    assert service.get("/cluster-types/").status == 200
    assert "Traceback" not in service.settled_log()
