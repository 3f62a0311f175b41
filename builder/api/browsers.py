"""What pages in a browser may have this service do: nothing, unless they are its own.

A page has the browser of whoever looks at it send requests to wherever that browser reaches, as to a service on the
same machine. It may not read the answers of another origin, but its requests count; and where its own name is made to
lead to this service meanwhile (DNS rebinding), it is no other origin. Programs are asked for nothing here: what
they send tells no origin, and any name leads to a service that is open to more than its own machine.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from sanic import Request

from builder.errors import Fault, RequestError
from builder.net.addresses import normalize_host, parse_address
from builder.settings.table import Settings

_LONGEST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """The hosts that requests may name: these, subdomains of those that begin with a dot, and what nobody can rebind.

    That are addresses and ``localhost``, and with ``local_names`` all names without a dot: none of them is in the
    public name system, but in the files of hosts and the networks of containers.
    """

    names: tuple[str, ...]
    local_names: bool = False


def settle_allowed_hosts(settings: Settings, has_secret: bool) -> AllowedHosts | None:
    """The hosts of ``ALLOWED_HOSTS``, or those that are safe where it is not set; None for any.

    Without the setting, any name is served where others than this machine may call, as an administrator configured it,
    and where a secret keeps pages from building. What is left is a service that people try out on their own machine.
    """
    address = parse_address(settings.host)
    if settings.allowed_hosts:
        own = () if address else (settings.host.lower(),)  # by which the health check calls
        return None if "*" in settings.allowed_hosts else AllowedHosts((*settings.allowed_hosts, *own))
    is_loopback = settings.host.lower() == "localhost" if address is None else address.is_loopback
    if has_secret or not is_loopback:
        return None
    return AllowedHosts((socket.gethostname().lower(),), local_names=True)


def refuse_other_hosts(host: str, allowed: AllowedHosts | None) -> None:
    """Refuse a request whose ``Host`` is none that is allowed; one without comes from no browser.

    Raises RequestError (400).
    """
    if host and allowed is not None and not is_allowed(host, allowed):
        detail = f"This service is not known as {host[:_LONGEST_SHOWN]!r}: ALLOWED_HOSTS must name that host."
        raise RequestError(Fault(400, "Unknown host", detail))


def refuse_cross_site(request: Request) -> None:
    """Refuse what a page of another site has a browser send, as current and as older browsers tell it.

    See https://www.w3.org/TR/fetch-metadata/, and RFC 6454, section 7, for ``Origin``.

    Raises RequestError (403).
    """
    sites = request.headers.getall("sec-fetch-site", ())
    if sites:
        is_own = all(site in ("same-origin", "none") for site in sites)
    else:
        host = request.headers.getone("host", "").lower()
        is_own = all(_find_host(origin) == host for origin in request.headers.getall("origin", ()))
    if not is_own:
        detail = "A web page of another site may not have this service do anything."
        raise RequestError(Fault(403, "Cross-site request", detail))


@lru_cache(maxsize=1024)
def is_allowed(host: str, allowed: AllowedHosts) -> bool:
    """Whether the value of a ``Host`` header is one of the hosts; its port is left out."""
    try:
        name = normalize_host(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False
    if parse_address(name) is not None or f".{name}".endswith(".localhost"):
        return True
    if allowed.local_names and "." not in name:
        return True
    return any(name == each or (each.startswith(".") and f".{name}".endswith(each)) for each in allowed.names)


def _find_host(origin: str) -> str | None:
    """The host of an origin, with its port, as ``Host`` has it; None for an opaque one (``null``)."""
    try:
        return urlsplit(origin.lower()).netloc or None
    except ValueError:
        return None
