"""Heat's custom constraints that need no cloud to judge.

Each check takes the value as Heat is given it and says whether Heat's own constraint of that name would be content
(``heat/engine/constraint/common_constraints.py``). Addresses and dates are read by the very libraries that Heat reads
them with. The other custom constraints (``nova.flavor`` and the like) name things in a cloud and are left to it.
"""

from __future__ import annotations

import json
import re
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Final

import iso8601
import netaddr  # type: ignore[import-untyped]  # netaddr ships no annotations

from builder.definitions.custom_constraint_cron import is_cron_expression

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""What has expired for less than this is left to the cloud, whose clock may differ from ours."""

_DNS_LABEL: Final = re.compile(r"[a-z0-9-]{1,63}$")  # with Heat's "$", which a newline at the end may follow
_ALL_DIGITS: Final = re.compile(r"[0-9]+$")
_LONGEST_FQDN: Final = 255
_LEGACY_ZONE: Final = "US/Pacific"  # Debian packs such names apart, and a Heat elsewhere may have them

_NO_ADDRESS: Final = (netaddr.AddrFormatError, ValueError, TypeError, IndexError, AttributeError)


@dataclass(frozen=True, slots=True)
class CustomCheck:
    """A custom constraint that can be judged here; ``phrase`` follows the parameter's label in a sentence."""

    is_met_by: Callable[[object], bool]
    phrase: str


def is_ip_address(value: object) -> bool:
    """An IPv4 address in its one usual form, or an IPv6 address (``neutron_lib``'s ``validate_ip_address``)."""
    if not isinstance(value, str) or re.search(r"\s", value):
        return False
    try:
        address = netaddr.IPAddress(value)
    except _NO_ADDRESS:
        return False
    if ":" not in value and value.count(".") != 3:
        return False
    return address.version == 6 or str(address) == value


def is_subnet(value: object) -> bool:
    """An address with a prefix: ``192.168.0.0/24``, ``fe80::/64`` (``neutron_lib``'s ``validate_subnet``)."""
    if not isinstance(value, str) or "/" not in value or re.search(r"\s", value):
        return False
    try:
        network = netaddr.IPNetwork(value)
    except _NO_ADDRESS:
        return False
    return network.version == 6 or str(network) == value


def is_net_cidr(value: object) -> bool:
    """A subnet, whose address netaddr also takes after it has been written out in full."""
    try:
        netaddr.IPNetwork(netaddr.cidr_abbrev_to_verbose(value))
    except _NO_ADDRESS:
        return False
    return is_subnet(value)


def is_ip_or_cidr(value: object) -> bool:
    """An address, or a subnet where there is a slash."""
    return is_subnet(value) if isinstance(value, str) and "/" in value else is_ip_address(value)


def is_mac_address(value: object) -> bool:
    """A MAC address in any of the notations that netaddr knows."""
    return isinstance(value, str) and bool(netaddr.valid_mac(value))


def is_dns_name(value: object) -> bool:
    """A name of lower-case labels, with or without the final dot; nothing at all will do, too."""
    if not isinstance(value, str):
        return not value
    name = value.removesuffix(".")
    labels = name.split(".")
    if not value:
        return True
    if len(name) > _LONGEST_FQDN or (value != name and len(labels) > 1 and _ALL_DIGITS.match(labels[-1])):
        return False
    return all(_DNS_LABEL.match(label) and not label.startswith("-") and not label.endswith("-") for label in labels)


def is_relative_dns_name(value: object) -> bool:
    """A DNS name without the final dot that leaves room for a domain of two letters."""
    if not isinstance(value, str) or not value:
        return not value
    return not value.endswith(".") and len(value) <= _LONGEST_FQDN - 3 and is_dns_name(value)


def is_dns_domain(value: object) -> bool:
    """A DNS name with the final dot."""
    return not value or (isinstance(value, str) and value.endswith(".") and is_dns_name(value))


def is_iso_8601(value: object) -> bool:
    """A date, with a time or without."""
    return isinstance(value, str) and _parse_time(value) is not None


def is_unexpired(value: object) -> bool:
    """A date that lies ahead, by our clock and with :data:`CLOCK_TOLERANCE`; nothing at all will do, too."""
    if not isinstance(value, str) or not value:
        return not value
    moment = _parse_time(value.strip())
    return moment is not None and moment > datetime.now(UTC) - CLOCK_TOLERANCE


def is_timezone(value: object) -> bool:
    """The name of a time zone, as far as the database of this host can tell; nothing at all will do, too.

    Without a database, or with one that lacks the older names, a name that is not found is left to the cloud.
    """
    if not isinstance(value, str) or not value:
        return not value
    return _has_zone(value) or not (_has_zone("UTC") and _has_zone(_LEGACY_ZONE))


def is_json_string(value: object) -> bool:
    """JSON text; nothing at all will do, too."""
    if not isinstance(value, str) or not value:
        return not value
    try:
        json.loads(value)
    except (ValueError, RecursionError):
        return False
    return True


def is_cron(value: object) -> bool:
    """What croniter takes for a cron expression; nothing at all will do, too."""
    return not value or (isinstance(value, str) and is_cron_expression(value))


def _parse_time(text: str) -> datetime | None:
    try:
        return iso8601.parse_date(text).astimezone(UTC)
    except (iso8601.ParseError, OverflowError):
        return None


def _has_zone(name: str) -> bool:
    return _find_zone(name) if len(name) <= 255 else False


@lru_cache(maxsize=256)  # bounded: the names come from callers
def _find_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError, ImportError):
        return False
    return True


CUSTOM_CHECKS: Final[Mapping[str, CustomCheck]] = MappingProxyType(
    {
        "ip_addr": CustomCheck(is_ip_address, "must be an IP address, such as 192.0.2.10 or 2001:db8::10"),
        "net_cidr": CustomCheck(is_net_cidr, "must be a network in CIDR notation, such as 192.168.0.0/24"),
        "ip_or_cidr": CustomCheck(is_ip_or_cidr, "must be an IP address or a network in CIDR notation"),
        "mac_addr": CustomCheck(is_mac_address, "must be a MAC address, such as 52:54:00:12:34:56"),
        "dns_name": CustomCheck(
            is_dns_name, "must be a DNS name: letters a to z, digits and hyphens, in parts joined by dots"
        ),
        "rel_dns_name": CustomCheck(
            is_relative_dns_name,
            "must be a relative DNS name: letters a to z, digits and hyphens, in parts joined by dots, none at the end",
        ),
        "dns_domain": CustomCheck(is_dns_domain, "must be a DNS domain with a dot at the end, such as example.org."),
        "cron_expression": CustomCheck(is_cron, "must be a cron expression, such as 30 2 * * *"),
        "timezone": CustomCheck(is_timezone, "must be a time zone, such as Europe/London"),
        "expiration": CustomCheck(
            is_unexpired, "must be a date and time that lies ahead, such as 2035-01-31T12:00:00Z"
        ),
        "iso_8601": CustomCheck(is_iso_8601, "must be a date and time, such as 2035-01-31T12:00:00Z"),
        "json_string": CustomCheck(is_json_string, "must be valid JSON"),
    }
)
"""The custom constraints judged here, by Heat's name."""
