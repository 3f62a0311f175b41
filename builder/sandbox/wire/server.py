"""The HTTP edge: sockets, threads and limits, and nothing of what the services mean.

Apart from the services, which are functions from a request to a response. Built on the standard library's server: one
thread per connection, keep-alive, nothing to install.
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
import socket
import socketserver
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from builder.sandbox.faults import CloudFault, HeatFault, Json, PageFault

MAX_BODY = 8 * 1024 * 1024
"""Bytes of a request's body that are read at all; the services refuse less, each in its own words."""

MAX_CONNECTIONS = 256
"""Connections served at a time; one more is closed at once."""

SOCKET_TIMEOUT = 30.0
"""Seconds a connection may stay silent."""

_HOST = re.compile(r"[A-Za-z0-9._:\[\]-]{1,255}")
"""A ``Host`` that may be repeated in URLs: the longest domain name has 253 characters."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the services see it; ``base`` is the URL the client reached the server by, without a path."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Message
    body: bytes
    base: str

    @property
    def segments(self) -> tuple[str, ...]:
        """The parts of the path, decoded; a trailing slash makes an empty last one."""
        return tuple(unquote(part) for part in self.path.removeprefix("/").split("/"))

    def parameter(self, name: str) -> str | None:
        """Return the first value of a query parameter, or None when it is absent or empty."""
        values = self.query.get(name)
        return (values[0] or None) if values else None


@dataclass(frozen=True, slots=True)
class Response:
    """A response; ``Content-Length`` and the like are added when it is sent."""

    status: int
    body: bytes = b""
    content_type: str | None = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[..., "Response | Json"]
"""Answers a request, or what a service makes of one; it is given what the path says by name, too."""


class Router:
    """A table of routes; the first pattern that fits a path decides. ``{name}`` stands for any one segment."""

    def __init__(self, routes: Mapping[str, Mapping[str, Handler]]) -> None:
        self._routes = [(pattern.removeprefix("/").split("/"), methods) for pattern, methods in routes.items()]

    def match(self, segments: Sequence[str]) -> tuple[Mapping[str, Handler], Mapping[str, str]] | None:
        """Return the handlers of a path, by method, and what the path says by name; None when no pattern fits."""
        for pattern, methods in self._routes:
            pairs = list(zip(pattern, segments, strict=False))
            if len(pattern) == len(segments) and all(
                segment if part.startswith("{") else part == segment for part, segment in pairs
            ):
                return methods, {part.strip("{}"): segment for part, segment in pairs if part.startswith("{")}
        return None


Service = Callable[[Request], Response]
"""What answers requests; raises CloudFault for anything but the answer asked for."""


def show_host(host: str) -> str:
    """A host as URLs have it: an IPv6 address in brackets (RFC 3986, section 3.2.2)."""
    return f"[{host}]" if ":" in host else host


def json_response(status: int, document: Json, **headers: str) -> Response:
    """Return a response with a JSON body."""
    return Response(status, json.dumps(document).encode(), headers=headers)


def as_response(answer: Response | Json) -> Response:
    """Return what a handler answers: a document alone has the status 200."""
    return answer if isinstance(answer, Response) else json_response(200, answer)


class Server(ThreadingHTTPServer):
    """A listening socket and the threads that serve it; lives from its making to :meth:`close`."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128  # with socketserver's 5, many clients at once have to try again after a second

    def __init__(self, address: tuple[str, int], service: Service) -> None:
        host, port = address
        found: list[tuple[Any, ...]] = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        self.address_family, *_, place = min(found, key=lambda each: each[0])  # IPv4 where there are both
        self.service = service
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(place, _Handler)

    def server_bind(self) -> None:
        """Bind without asking the resolver for the host's full name, which can take seconds."""
        if self.address_family == socket.AF_INET6:  # whatever the system's default is: only :: is both families
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, self.server_address[0] != "::")
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[0], self.server_address[1]  # type: ignore[assignment]  # an IPv4 address is (str, int)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own, unless there are too many."""
        with self._lock:
            is_full = len(self._connections) >= MAX_CONNECTIONS
            if not is_full:
                self._connections.add(request)
        if is_full:
            _log.warning("more than %d connections: closing one from %s", MAX_CONNECTIONS, client_address[0])
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget and close a connection."""
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  # the base class's signature
        """Log a connection that broke; nothing of what it carried."""
        _log.debug("connection from %s broke", client_address[0], exc_info=True)

    def close(self) -> None:
        """Stop listening, and end the connections that clients keep open."""
        self.server_close()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError):  # the other side was quicker
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    """One connection: reads requests, asks the service, writes responses."""

    protocol_version = "HTTP/1.1"
    server_version = "sandbox-cloud"
    sys_version = ""
    timeout = SOCKET_TIMEOUT
    disable_nagle_algorithm = True
    wbufsize = -1  # a response leaves in one piece
    server: Server

    def _serve(self) -> None:
        try:
            request = self._read_request()
            try:
                response = self.server.service(request)
            except CloudFault:
                raise
            except Exception as error:
                _log.exception("%s %s failed", request.method, request.path)
                failure = HeatFault(type(error).__name__)
                failure.status = 500  # whatever Heat makes of such an error: this one is the sandbox's own
                raise failure from error
        except CloudFault as fault:
            response = Response(fault.status, fault.body(), fault.content_type)
        self._send(response)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815  # the names http.server calls

    def _read_request(self) -> Request:
        target = urlsplit(self.path)
        host = self.headers.get("Host") or ""
        if not _HOST.fullmatch(host):
            host = f"{show_host(self.server.server_name)}:{self.server.server_port}"
        return Request(
            method=self.command,
            path=target.path or "/",
            query=parse_qs(target.query, keep_blank_values=True),
            headers=self.headers,
            body=self._read_body(),
            base=f"http://{host}",
        )

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            raise PageFault(411, "A Content-Length is required.")
        try:
            length = int(self.headers.get("Content-Length") or 0)
        except ValueError as error:
            self.close_connection = True
            raise PageFault(400, "The Content-Length is no number.") from error
        if not 0 <= length <= MAX_BODY:
            self.close_connection = True
            raise PageFault(413, f"Request is too large. Larger than {MAX_BODY} bytes.")
        return self.rfile.read(length)

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        self.send_header("X-Openstack-Request-Id", f"req-{uuid.uuid4()}")
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.status != 204:
            if response.content_type is not None:
                self.send_header("Content-Type", response.content_type)
            self.send_header("Content-Length", str(len(response.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and response.status != 204:
            self.wfile.write(response.body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's signature
        """Log a request line and its status: no header, no body, so no secret."""
        _log.debug("%s " + format, self.client_address[0], *args)
