"""Whose request it is, where proxies that are trusted pass on those of others.

Sanic can count proxies, but does not look at who sends: whoever reached the service past them could write any address
into the log. Here only what a trusted proxy says is believed.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from builder.settings.value_parsers import Network


def find_client(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """The client's address: the one nearest to us that is no trusted proxy, as far as trusted proxies tell.

    ``forwarded`` are the values of ``X-Forwarded-For``, to whose end each proxy adds the address that it was asked by.

    >>> find_client("10.0.0.1", ["203.0.113.9, 192.0.2.7"], [ipaddress.ip_network("10.0.0.0/8")])
    '192.0.2.7'
    """
    client = peer
    told = [address.strip() for value in forwarded for address in value.split(",")]
    while told and _is_among(client, trusted):
        address = told.pop()
        if not _is_address(address):
            break
        client = address
    return client


def _is_among(text: str, networks: Sequence[Network]) -> bool:
    address = ipaddress.ip_address(text)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return any((mapped or address) in network for network in networks)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
