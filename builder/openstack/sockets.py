"""The connections to a cloud: made to judged addresses only, and known, so that they can be ended.

Separate from ``transport.py``, which says what is sent through them. Slow to import (urllib3), like that.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from builder.net.addresses import connect_checked
from builder.net.guard import CloudGuard


class TlsHandshakeError(urllib3.exceptions.SSLError):
    """A connection was made, but no TLS on it: nothing was sent."""


class TlsHandshakeTimeoutError(TlsHandshakeError):
    """The other end took the connection but not part in TLS: plain HTTP servers wait so for a request."""


class TunnelError(urllib3.exceptions.NewConnectionError):
    """A proxy makes no connection to the cloud: nothing was sent."""


class Sockets:
    """The open connections of one session, so that another thread can end them.

    ``is_over`` says whether a connection that is made now comes too late.
    """

    def __init__(self, is_over: Callable[[], bool]) -> None:
        self._is_over = is_over
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []

    def add(self, connected: socket.socket) -> None:
        """Remember a connection; end it at once when the time for it was over meanwhile."""
        with self._lock:
            self._open.append(connected)
        if self._is_over():
            self.shut_down()

    def shut_down(self) -> None:
        """End every connection: a read or write that waits in another thread returns."""
        with self._lock:
            sockets, self._open = self._open, []
        for connected in sockets:
            with contextlib.suppress(OSError):
                # socket.socket's method even for TLS: SSLSocket.shutdown would take the TLS state from under a reader.
                socket.socket.shutdown(connected, socket.SHUT_RDWR)


class _Connection(HTTPConnection):
    """Made to a judged address, and added to ``sockets`` once it is up."""

    def __init__(self, *args: Any, sockets: Sockets, guard: CloudGuard, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sockets = sockets
        self._guard = guard

    def _new_conn(self) -> socket.socket:
        """What ``HTTPConnection`` does, with every address judged, and those connected that were judged."""
        host = self._dns_host
        try:
            return connect_checked(
                host,
                self.port,
                self.timeout if isinstance(self.timeout, int | float) else None,
                allowed=self._guard.allows_address(host),
                options=self.socket_options or (),
            )
        except socket.gaierror as error:
            raise urllib3.exceptions.NameResolutionError(self.host, self, error) from error
        except UnicodeError as error:  # a label that is empty or too long
            raise urllib3.exceptions.LocationParseError(host) from error
        except TimeoutError as error:
            raise urllib3.exceptions.ConnectTimeoutError(self, "connecting timed out") from error
        except OSError as error:
            raise urllib3.exceptions.NewConnectionError(self, f"no connection: {error}") from error

    def _tunnel(self) -> None:
        """Ask a proxy for a connection, by CONNECT."""
        try:
            super()._tunnel()
        except TimeoutError as error:
            raise urllib3.exceptions.ConnectTimeoutError(self, "the proxy gave no answer in time") from error
        except OSError as error:
            raise TunnelError(self, str(error)) from error

    def connect(self) -> None:
        try:
            super().connect()
        except TimeoutError as error:  # Python's: urllib3 raises its own for the connection itself
            raise TlsHandshakeTimeoutError("handshake timed out") from error
        except ssl.SSLError as error:
            raise TlsHandshakeError("handshake failed") from error
        self._sockets.add(self.sock)


class _SecureConnection(_Connection, HTTPSConnection):
    """The same, by TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class JudgingAdapter(HTTPAdapter):
    """Has requests connect so, to servers and to proxies, and close all connections together; tries nothing again."""

    def __init__(self, sockets: Sockets, guard: CloudGuard) -> None:
        # What the pools do not know, they hand on to their connections.
        self._pools = {
            "http": partial(_Pool, sockets=sockets, guard=guard),
            "https": partial(_SecurePool, sockets=sockets, guard=guard),
        }
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the connections to servers."""
        super().init_poolmanager(*args, **kwargs)
        self._take_over(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Make those to a proxy like them."""
        return self._take_over(super().proxy_manager_for(proxy, **kwargs))

    def _take_over(self, manager: Any) -> Any:
        manager.pool_classes_by_scheme = self._pools
        manager.pools.dispose_func = HTTPConnectionPool.close  # urllib3 leaves that to the garbage collector
        return manager
