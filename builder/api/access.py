"""One line of the log for each request, and the id by which it can be found again.

The id comes from the caller's ``X-Request-ID`` or is made here; it is in every line that the request causes, in the
response, and goes along to OpenStack. The line names the route, not the URL: a query string may hold a password. Where
nothing is found it names the path, too, and where a token is refused, why. It names the client behind trusted proxies.
Sanic can count proxies, but does not look at who sends: whoever reached the service past them could write any address
into the log. Here only what a trusted proxy says is believed.
"""

from __future__ import annotations

import ipaddress
import logging
import random
import re
import time
from collections.abc import Sequence
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from sanic import Request
from sanic.exceptions import BadURL
from sanic.response import BaseHTTPResponse

from builder.api.conditional import PreparedResponse
from builder.logs.lines import RequestRecord, begin_request
from builder.settings.value_parsers import Network

logger = logging.getLogger("builder.access")

REQUEST_ID_HEADER = "x-request-id"

CLIENT_HAS_GONE = 499
"""The status under which a request is noted whose client waits for no answer any more, as nginx has it."""

PROBED = frozenset({"/health", "/ready", "/metrics"})
"""What is asked several times a minute, for ever: while all is well, it is not told of."""

CACHED = frozenset({"GET", "HEAD"})
"""The methods whose answers a cache may keep without being told that it may."""

MAX_PATH = 200
"""How much of a path is logged that there is not: far more than any that there is has."""

_WITH_PORT = re.compile(r"\[([^\[\]]*)\](?::[0-9]+)?|([0-9.]+):[0-9]+")
_FIT = re.compile(r"[A-Za-z0-9._:-]{1,128}")


class NumberedRequest(Request):
    """A request with an id, its :attr:`id`, and a line in the log when it is answered.

    A class instead of middleware, for Sanic's machinery around that costs more than all that is done here.
    """

    __slots__ = ("_arrived", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().__init__(*args, **kwargs)
        except BadURL:  # whose text repeats it, and a query string may hold a password
            raise BadURL("The request asks for something that is neither a path nor a URL.") from None
        given = self.headers.getone(REQUEST_ID_HEADER, "")
        self._id = identifier = given if _FIT.fullmatch(given) else make_request_id()
        self._arrived = time.perf_counter()
        self.reason = ""
        """Why it was refused, for the log: more than its client is told."""
        begin_request(identifier)

    async def respond(self, response: BaseHTTPResponse | None = None, **options: Any) -> Any:
        """Begin the response, with the headers that each one has, and note the status that the log and metrics tell."""
        answer = await super().respond(response, **options)
        identify_response(self, answer)
        note_end(self, answer.status)
        return answer

    @property
    def client(self) -> str:
        """The address of whoever asks, behind the proxies that are trusted."""
        peer, trusted = self.ip, self.app.ctx.services.settings.trusted_proxies
        if not trusted and ":" not in peer:
            return peer
        return find_client(peer, self.headers.getall("x-forwarded-for", ()), trusted)


def make_request_id() -> str:
    """An id as OpenStack makes them: a random UUID (RFC 9562). It guards nothing: chance need not be secret."""
    digits = f"{random.getrandbits(128):032x}"
    return f"req-{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"


def identify_response(request: NumberedRequest, response: BaseHTTPResponse) -> None:
    """Tell the date, the request's id, and that the response is of no other type than it says to any browser.

    A cache between may keep none that does not say whether it may: it would keep a 404, too, as long as it likes (RFC
    9111, section 4.2.2), and a type that was enabled meanwhile would be missing. No cache keeps answers to POST.
    """
    response.headers["Date"] = _format_date(int(time.time()))
    response.headers["X-Request-ID"] = request._id
    response.headers["X-Content-Type-Options"] = "nosniff"
    if request.method in CACHED and not isinstance(response, PreparedResponse):
        response.headers.setdefault("Cache-Control", "no-store")


@lru_cache(maxsize=2)
def _format_date(seconds: int) -> str:
    """A time as HTTP writes it (RFC 9110, section 5.6.7), which is that of many answers."""
    return formatdate(seconds, usegmt=True)


def note_end(request: NumberedRequest, status: int) -> None:
    """Count what became of a request, and log it."""
    route = request.route.ctx.shown if request.route is not None else "-"
    request.app.ctx.services.metrics.count_request(route, request.method, status)
    level = logging.DEBUG if route in PROBED and status < HTTPStatus.BAD_REQUEST else logging.INFO
    if logger.isEnabledFor(level):
        details = {"reason": request.reason} if request.reason else {}
        if status == HTTPStatus.NOT_FOUND:
            details["path"] = request.path[:MAX_PATH]
        milliseconds = (time.perf_counter() - request._arrived) * 1000
        logger.handle(RequestRecord(request.method, route, status, milliseconds, request.client, level, details))


def find_client(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """The client's address: the one nearest to us that is no trusted proxy, as far as trusted proxies tell.

    ``forwarded`` are the values of ``X-Forwarded-For``, to whose end each proxy adds the address that it was asked by,
    some with its port. An empty member of a list is none (RFC 9110, section 5.6.1.2).

    >>> find_client("10.0.0.1", ["203.0.113.9, 192.0.2.7:4711"], [ipaddress.ip_network("10.0.0.0/8")])
    '192.0.2.7'
    """
    client = _parse_client(peer)
    told = [member.strip() for value in forwarded for member in value.split(",") if member.strip()]
    while told and any(client in network for network in trusted):
        try:
            client = _parse_client(told.pop())
        except ValueError:
            break
    return str(client)


def _parse_client(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address, with brackets and a port or without; IPv4's own where a socket of both families tells it as IPv6's.

    Raises ValueError.
    """
    found = _WITH_PORT.fullmatch(text)
    address = ipaddress.ip_address(found[1] or found[2] if found else text)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
