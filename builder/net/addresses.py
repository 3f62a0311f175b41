"""Where the service may connect to: URLs compared by their parts, and addresses that are nobody's cloud.

At the bottom of the tree, because the cloud adapter and the fetching of templates both need it, and know nothing of
each other. URLs are compared as what they mean, never as text; addresses are judged after names were resolved, and
the connection goes to the very address that was judged, so that a second answer of the name server changes nothing.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote, urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

DEFAULT_PORTS = {"http": 80, "https": 443}

EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104  # compared, not bound
"""Which a server may be told to listen on: every address of its host. With ``::`` it takes IPv4 as well."""

LEAST_SHARE_SECONDS = 1.0
"""Of the time for connecting to a host of many addresses, one gets no less than this: packets may be lost."""

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
"""A name that a resolver may be asked for: labels of at most 63 octets, 253 in all (RFC 1035, section 2.3.4)."""
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*")

_METADATA_NAMES = frozenset(
    {"metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal"}
)

_REFUSED = tuple(
    (ipaddress.ip_network(network), why)
    for network, why in (
        ("169.254.0.0/16", "link-local, where clouds keep their metadata"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("fd00:ec2::/32", "a metadata address"),
        ("fd20:ce::254/128", "a metadata address"),
        ("100.100.100.200/32", "a metadata address"),
        ("192.0.0.192/32", "a metadata address"),
        ("168.63.129.16/32", "a metadata address"),
        ("0.0.0.0/8", "unspecified"),
        ("::/128", "unspecified"),
        ("224.0.0.0/4", "multicast"),
        ("ff00::/8", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
"""Link-local (RFC 3927, RFC 4291), and where Amazon, Google, Alibaba, Oracle and Azure keep metadata otherwise."""

_ENDING_IN_IPV4 = tuple(map(ipaddress.IPv6Network, ("::/96", "::ffff:0:0:0/96", "64:ff9b::/96")))
"""IPv4-compatible (RFC 4291, section 2.5.5.1), IPv4-translated (RFC 2765, section 2.1), and NAT64 (RFC 6052)."""

_LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")  # for translators' own prefixes, of whichever length: RFC 8215
_NO_DESTINATION = frozenset({"unspecified", "multicast", "reserved"})  # what nobody translates to
_ISATAP = frozenset({0x0000_5EFE, 0x0200_5EFE})  # before an IPv4 address: RFC 5214, section 6.1


class RefusedAddressError(Exception):
    """A host is, or its name leads to, an address that nothing is sent to. No OSError, so that nobody tries again."""

    def __init__(self, host: str, why: str) -> None:
        super().__init__(f"{host} is {why}")
        self.host = host
        self.why = why


@dataclass(frozen=True, slots=True)
class Url:
    """An http or https URL in its normal form: what it means, without how it is spelled."""

    scheme: str
    host: str
    port: int
    segments: tuple[str, ...]

    def covers(self, other: Url) -> bool:
        """Whether ``other`` is this URL or below it, by whole segments of the path."""
        return (self.scheme, self.host, self.port) == (other.scheme, other.host, other.port) and (
            other.segments[: len(self.segments)] == self.segments
        )

    def is_same_host(self, other: Url) -> bool:
        """Whether ``other`` is on this host, at any port, and not less safe: https does not cover http."""
        return self.host == other.host and (self.scheme == other.scheme or other.scheme == "https")


def parse_url(text: str) -> Url:
    """Take a URL apart.

    Raises ValueError for anything that is no http(s) URL, that two readers might understand differently, or that has a
    user, a query or a fragment.
    """
    origin, path = parse_origin(text), urlsplit(text).path
    # Slashes at the end mean nothing. Dots and encoded slashes, servers understand differently.
    segments = tuple(map(unquote, path.removeprefix("/").rstrip("/").split("/"))) if path.strip("/") else ()
    for segment in segments:
        if segment in ("", ".", "..") or re.search(r"[/\\%\x00-\x20]", segment):
            raise ValueError("a path without dots, empty and encoded parts")
    return replace(origin, segments=segments)


def parse_origin(text: str) -> Url:
    """Take a URL apart, and leave its path out, whatever that is.

    Raises ValueError with what is wrong with it, to follow the name of what it was given for in a sentence.
    """
    if not text.isprintable() or re.search(r"[\s\\]", text):
        raise ValueError("contains a character that no URL contains")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("is not a URL") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise ValueError("must start with http:// or https://")
    if not parts.hostname:
        raise ValueError("names no host")
    if port == 0:
        raise ValueError("names no usable port")
    if "@" in parts.netloc:
        raise ValueError("must not contain a user name or password")
    try:
        host = normalize_host(parts.hostname)
    except ValueError:
        raise ValueError("names no usable host") from None
    if parts.query or parts.fragment:
        raise ValueError("must not contain a query or fragment")
    return Url(parts.scheme, host, port or DEFAULT_PORTS[parts.scheme], ())


def parse_url_prefixes(text: str) -> tuple[Url, ...]:
    """URLs, separated by commas."""
    wanted = "http or https URLs, separated by commas; a host with letters such as ß, in its form with xn--"
    try:
        urls = tuple(parse_url(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise ValueError(wanted) from None
    if not urls:  # an empty list would allow everything
        raise ValueError(wanted)
    return urls


def normalize_host(host: str) -> str:
    """A host in its normal form: an address as the resolver would understand it, or a name in lower case and ASCII.

    >>> normalize_host("0xA9.254.43518")
    '169.254.169.254'
    >>> normalize_host("Keystone.Example.ORG.")
    'keystone.example.org'

    Raises ValueError for what is neither.
    """
    address = parse_address(host)
    if address is not None:
        return str(address)
    name = host.lower()
    if not name.isascii():
        # In ASCII, as urllib3 connects to it (IDNA 2008), provided that IDNA 2003 means the same.
        from urllib3.util import parse_url as parse_as_urllib3  # here, for few names need it

        encoded = parse_as_urllib3(f"//{name}/").host
        if encoded is None or encoded != name.encode("idna").decode("ascii").lower():  # a UnicodeError is a ValueError
            raise ValueError("a name that two standards encode differently")
        name = encoded
    name = name.removesuffix(".")
    if not _NAME.fullmatch(name) or _NUMERIC_LABEL.fullmatch(name.rpartition(".")[2]):
        raise ValueError("a host")
    return name


def parse_address(host: str) -> Address | None:
    """The address that a host is, in any spelling that a resolver takes (decimal, octal, hexadecimal); None for a name.

    IPv4 inside IPv6 (RFC 4291, section 2.5.5.2) is IPv4. A zone (``fe80::1%eth0``) is left out.
    """
    bare = host.removeprefix("[").removesuffix("]").partition("%")[0]
    try:
        if ":" in bare:
            address = ipaddress.IPv6Address(bare)
            return address.ipv4_mapped or address
        return ipaddress.IPv4Address(socket.inet_aton(bare.removesuffix("."))) if bare.isascii() else None
    except (ValueError, OSError):
        return None


def show_host(host: str) -> str:
    """A host as URLs have it, and whatever a port may follow: an IPv6 address in brackets (RFC 3986, section 3.2.2)."""
    return f"[{host}]" if ":" in host else host


def refuse_host(host: str) -> str | None:
    """Why nothing is sent to a host, as far as its name or address alone tells; None where it tells nothing."""
    address = parse_address(host)
    if address is not None:
        return refuse_address(address)
    return "a metadata service" if host.lower().removesuffix(".") in _METADATA_NAMES else None


def refuse_address(address: Address) -> str | None:
    """Why nothing is sent to an address, or None."""
    return next(filter(None, map(_refuse, (address, *_embedded(address)))), None)


def _refuse(address: Address) -> str | None:
    return next((why for network, why in _REFUSED if address.version == network.version and address in network), None)


def connect_checked(
    host: str,
    port: int,
    timeout: float | None,
    *,
    allowed: bool = False,
    options: Sequence[tuple[int, int, Any]] = (),
) -> socket.socket:
    """A connection to a host, none of whose addresses is refused, to one of the addresses that were judged.

    ``timeout`` is for all addresses together: each has its share of what is left of it. ``allowed`` is for an address
    that the operator wrote down: it is not judged.

    Raises RefusedAddressError before anything is sent, and OSError.
    """
    why = None if allowed else refuse_host(host)
    if why:
        raise RefusedAddressError(host, why)
    found = socket.getaddrinfo(host.strip("[]"), port, socket.AF_UNSPEC, socket.SOCK_STREAM)
    if not allowed:
        _judge(host, found)
    end = None if timeout is None else time.monotonic() + timeout
    error: OSError = OSError("the name has no address")
    for number, (family, kind, protocol, _, place) in enumerate(found):
        left = None if end is None else end - time.monotonic()
        if left is not None and left <= 0:
            break
        share = None if left is None else min(left, max(left / (len(found) - number), LEAST_SHARE_SECONDS))
        try:
            with contextlib.ExitStack() as closing:
                connection = closing.enter_context(socket.socket(family, kind, protocol))
                for option in options:
                    connection.setsockopt(*option)
                connection.settimeout(share)
                connection.connect(place)
                closing.pop_all()
                return connection
        except OSError as failure:
            error = failure
    raise error


def _judge(host: str, found: Sequence[tuple[Any, ...]]) -> None:
    """Raises RefusedAddressError where any of the addresses that a host was found at is refused."""
    for *_, place in found:
        address = parse_address(str(place[0]))
        why = None if address is None else refuse_address(address)
        if why:
            raise RefusedAddressError(host, f"at an address that is {why}")


def _embedded(address: Address) -> Iterator[ipaddress.IPv4Address]:
    """The IPv4 addresses that an IPv6 address leads to: by translation, tunnel, or an older way of writing."""
    if not isinstance(address, ipaddress.IPv6Address) or int(address) <= 1:  # :: and ::1
        return
    yield from filter(None, (address.ipv4_mapped, address.sixtofour, *(address.teredo or ())))
    if any(address in network for network in _ENDING_IN_IPV4) or int(address) >> 32 & 0xFFFF_FFFF in _ISATAP:
        yield ipaddress.IPv4Address(address.packed[12:])
    if address in _LOCAL_NAT64:
        octets = address.packed[:8] + address.packed[9:]  # octet 8 is no part of any: RFC 6052, section 2.2
        read = [ipaddress.IPv4Address(octets[start : start + 4]) for start in (6, 7, 8, 11)]  # by 48, 56, 64, 96 bits
        yield from (each for each in read if _refuse(each) not in _NO_DESTINATION)  # only one of them is meant
