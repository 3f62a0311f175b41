"""Templates by URL, where the operator allows them: fetched within bounds, from nowhere but where they say.

Apart from ``files.py``, which decides whether a definition may refer to another host at all. No credentials are sent,
and no proxy, cookie or variable of the environment has a say (but for what OpenSSL itself reads, when it is loaded).
"""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import ssl
import threading
from urllib.parse import quote, urljoin, urlsplit

from builder import USER_AGENT
from builder.disk.safe_reading import UNREADABLE
from builder.hot_lint.sources import SourceError
from builder.net.addresses import RefusedAddressError, Url, connect_checked, parse_url

CONNECT_SECONDS = 5.0
"""How long connecting to the host may take, in no case longer than the whole fetch."""

MAX_REDIRECTS = 3

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


def fetch_remote(url: str, *, size: int, seconds: float) -> bytes:
    """What is at an http or https URL: ``size`` bytes at most, within ``seconds``, redirects included. Blocks.

    Redirects are followed on the same scheme, host and port only. Raises SourceError.
    """
    fetching = _Fetching(size, seconds)
    timer = threading.Timer(seconds, fetching.give_up)
    timer.daemon = True
    timer.start()
    try:
        return fetching.fetch(url)
    except (OSError, http.client.HTTPException, RefusedAddressError, ValueError) as error:
        is_late = fetching.late or isinstance(error, TimeoutError)
        why = f"it took longer than {seconds:g} seconds" if is_late else _explain(error)
        raise SourceError(UNREADABLE, f"{url!r} cannot be fetched: {why}", named=url) from error
    finally:
        timer.cancel()
        fetching.close()


class _Fetching:
    """One fetch; :meth:`give_up` ends it from another thread."""

    def __init__(self, size: int, seconds: float) -> None:
        self._size, self._seconds = size, seconds
        self.late = False
        self._socket: socket.socket | None = None
        self._response: http.client.HTTPResponse | None = None

    def fetch(self, url: str) -> bytes:
        wanted = _parse(url)
        for _ in range(MAX_REDIRECTS + 1):
            response = self._get(url)
            if response.status not in _REDIRECTS:
                content = _read(url, response, self._size)
                if self.late:
                    raise TimeoutError
                return content
            url = urljoin(url, response.getheader("Location", ""))
            self.close()
            place = _parse(url)
            if (place.scheme, place.host, place.port) != (wanted.scheme, wanted.host, wanted.port):
                raise SourceError(UNREADABLE, "it redirects to another host", "use the URL that it redirects to")
        raise SourceError(UNREADABLE, f"it redirects more than {MAX_REDIRECTS} times")

    def give_up(self) -> None:
        """End the fetch, from another thread: whoever waits for data gets none."""
        self.late = True
        connection = self._socket
        if connection is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection, if there is one."""
        for each in (self._response, self._socket):
            if each is not None:
                each.close()
        self._response = self._socket = None

    def _get(self, url: str) -> http.client.HTTPResponse:
        place, parts = _parse(url), urlsplit(url)
        self._socket = connect_checked(place.host, place.port, min(CONNECT_SECONDS, self._seconds))
        self._socket.settimeout(self._seconds)
        if place.scheme == "https":
            self._socket = _trust_system().wrap_socket(
                self._socket, server_hostname=place.host, do_handshake_on_connect=False
            )
        if self.late:
            raise TimeoutError
        if isinstance(self._socket, ssl.SSLSocket):
            self._socket.do_handshake()
        connection = http.client.HTTPConnection(place.host, place.port, timeout=self._seconds)
        connection.sock = self._socket
        target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~") + (f"?{parts.query}" if parts.query else "")
        headers = {"Accept-Encoding": "identity", "User-Agent": USER_AGENT}
        connection.request("GET", target, headers=headers)
        self._response = connection.getresponse()
        return self._response


def _trust_system() -> ssl.SSLContext:
    """What checks certificates and names with the authorities of the system.

    Not :func:`ssl.create_default_context`, in which SSL_CERT_FILE, SSL_CERT_DIR and SSLKEYLOGFILE have a say.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    paths = ssl.get_default_verify_paths()
    if os.path.isfile(paths.openssl_cafile):
        context.load_verify_locations(cafile=paths.openssl_cafile)
    if os.path.isdir(paths.openssl_capath):
        context.load_verify_locations(capath=paths.openssl_capath)
    return context


def _parse(url: str) -> Url:
    return parse_url(url.partition("?")[0])


def _read(url: str, response: http.client.HTTPResponse, size: int) -> bytes:
    if response.status != http.client.OK:
        message = f"{url!r} is answered with status {response.status}"
        raise SourceError(UNREADABLE, message, "correct the URL", named=url)
    content = bytearray()
    while chunk := response.read(min(64 * 1024, size + 1 - len(content))):
        content += chunk
        if len(content) > size:
            raise SourceError("file-too-large", f"{url!r} is larger than {size:,} bytes", named=url)
    if response.length:  # what http.client, asked for so many bytes, does not complain about
        raise http.client.IncompleteRead(bytes(content), response.length)
    return bytes(content)


def _explain(error: Exception) -> str:
    explanations: dict[type[Exception], str] = {
        RefusedAddressError: str(error),
        socket.gaierror: "its name cannot be resolved",
        ssl.SSLError: "no trusted connection can be made",
        OSError: "no connection can be made",  # after those that are some
        http.client.HTTPException: "the answer is not HTTP, or breaks off",
    }
    return next((text for kind, text in explanations.items() if isinstance(error, kind)), "it is no usable URL")
