"""A loopback Keystone and Heat that answer, byte for byte, what a test tells them to.

Raw sockets, because the answers of interest are those that no HTTP server would give: broken off, trickled, reset.
The real OpenStack clients talk to it and raise their real exceptions.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.openstack.tls_certificate import make_certificate

TOKEN = "gAAAA-the-token"
PROJECT_ID = "a1" * 16
PASSWORD = "correct horse battery"

Behaviour = Callable[[socket.socket], None]


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def answer(
    status: int,
    body: bytes | str | dict[str, Any] | list[Any] = b"",
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """A whole, correct HTTP answer."""
    raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {content_type}", f"Content-Length: {len(raw)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + raw


def reset(connection: socket.socket) -> None:
    """Close with a TCP reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class WireServer:
    """Accepts, reads one request, and does with the connection what ``respond`` says."""

    def __init__(self, port: int = 0) -> None:
        self.received: list[Received] = []
        self.closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.wrap: Callable[[socket.socket], socket.socket] = lambda connection: connection
        self._connections: set[socket.socket] = set()
        self.keeps_connections = False
        """Whether a client may send another request on a connection; answers that are bytes say so then."""
        self.accepted = 0

    @property
    def open_connections(self) -> int:
        """The connections that their clients have not closed."""
        return len(self._connections)

    def respond(self, request: Received) -> bytes | Behaviour:
        """What to answer: bytes to send, or a function that gets the connection."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.closing.set()
        self._listener.close()
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, accepted: socket.socket) -> None:
        self._connections.add(accepted)
        self.accepted += 1
        with accepted, contextlib.suppress(OSError), self.wrap(accepted) as connection:
            while (request := _read_request(connection)) is not None:
                self.received.append(request)
                response = self.respond(request)
                if callable(response):
                    response(connection)
                elif self.keeps_connections:
                    connection.sendall(response.replace(b"Connection: close\r\n", b"", 1))
                    continue
                else:
                    connection.sendall(response)
                break
        self._connections.discard(accepted)


class ReplayCloud(WireServer):
    """Keystone under ``/v3`` and Heat under ``/heat``; each answers well until told otherwise."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.identity: bytes | Behaviour | None = None
        self.orchestration: bytes | Behaviour | None = None
        self.expires_at = "2099-01-01T00:00:00.000000Z"
        self.catalog: list[dict[str, Any]] = [catalog_entry("orchestration", f"{self.url}/heat/v1/{PROJECT_ID}")]

    def use_tls(self, folder: Path) -> Path:
        """Speak TLS from now on; gives the file of the certificate to trust."""
        certificate, key = make_certificate(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.wrap = lambda connection: context.wrap_socket(connection, server_side=True)
        self.url = f"https://127.0.0.1:{self.port}"
        self.catalog = [catalog_entry("orchestration", f"{self.url}/heat/v1/{PROJECT_ID}")]
        return certificate

    @property
    def token_requests(self) -> list[Received]:
        """The requests that brought credentials."""
        return [request for request in self.received if request.path.startswith("/v3/auth/tokens")]

    @property
    def posts_to_heat(self) -> list[Received]:
        """The requests to create something."""
        return [request for request in self.received if request.method == "POST" and request.path.startswith("/heat")]

    def respond(self, request: Received) -> bytes | Behaviour:
        if request.path.startswith("/v3/auth/tokens"):
            return self.token(_find_user(request.body)) if self.identity is None else self.identity
        if request.path.startswith("/heat"):
            return created() if self.orchestration is None else self.orchestration
        return answer(404, "<h1>Not Found</h1>", "text/html")

    def token(self, user_id: str = "u1") -> bytes:
        """Keystone's answer to good credentials."""
        body = {
            "token": {
                "methods": ["password"],
                "user": {"id": user_id, "name": "somebody", "domain": {"id": "default", "name": "Default"}},
                "project": {"id": PROJECT_ID, "name": "p", "domain": {"id": "default", "name": "Default"}},
                "roles": [{"id": "r1", "name": "member"}],
                "catalog": self.catalog,
                "expires_at": self.expires_at,
                "issued_at": "2025-01-01T00:00:00.000000Z",
            }
        }
        return answer(201, body, headers={"X-Subject-Token": TOKEN})

    def credentials(self, **changes: Any) -> dict[str, Any]:
        """A good ``cloud_env``."""
        env = {"auth_url": f"{self.url}/v3", "user_id": "u1", "project_id": PROJECT_ID, "password": PASSWORD}
        return {**env, **changes}


def _find_user(body: bytes) -> str:
    """The id of the user that asks for a token, by a password and an id."""
    found = re.search(rb'"user": ?{[^}]*"id": ?"([^"]*)"', body)
    return found[1].decode() if found else "u1"


def catalog_entry(service_type: str, url: str, region: str = "RegionOne", interface: str = "public") -> dict[str, Any]:
    """One service of a token's catalogue."""
    endpoint = {"id": f"e-{service_type}", "interface": interface, "region": region, "region_id": region, "url": url}
    return {"type": service_type, "name": service_type, "id": f"s-{service_type}", "endpoints": [endpoint]}


def created(stack_id: str = "5f1c0f4e-0000-4000-8000-000000000000") -> bytes:
    """Heat's answer to a creation."""
    return answer(201, {"stack": {"id": stack_id, "links": [{"href": "http://x/", "rel": "self"}]}})


def _read_request(connection: socket.socket) -> Received | None:
    stream = connection.makefile("rb")
    first = stream.readline().decode("latin-1").split()
    if len(first) != 3:
        return None
    headers = dict(_read_headers(stream))
    body = stream.read(int(headers.get("content-length", "0")))
    return Received(first[0], first[1], headers, body)


def _read_headers(stream: Any) -> Iterator[tuple[str, str]]:
    while line := stream.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        yield name.lower(), value.strip()


class Trap(WireServer):
    """A host that must never hear of anything, such as one that a redirect points to."""

    def respond(self, request: Received) -> bytes:
        return answer(201, {})
