"""Heat's custom constraints that need no cloud to judge.

Each check takes the value as Heat is given it (``heat/engine/constraint/common_constraints.py``). Addresses, dates and
cron expressions are read by the very libraries that Heat reads them with. The other custom constraints (``nova.flavor``
and the like) name things in a cloud and are left to it.
"""

from __future__ import annotations

import json
import re
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from importlib.resources import files
from types import MappingProxyType
from typing import Final

import iso8601
import netaddr  # type: ignore[import-untyped]  # netaddr ships no annotations

LONGEST_NAME: Final = 255
"""In characters, of a domain name that is fully qualified: ``FQDN_MAX_LEN`` of ``heat/common/netutils.py``."""

ROOM_FOR_A_DOMAIN: Final = 3
"""What a relative name leaves of those, for a dot and a domain of two letters."""

_DNS_LABEL: Final = re.compile(r"[a-z0-9-]{1,63}$")  # with Heat's "$", which a newline at the end may follow
_ALL_DIGITS: Final = re.compile(r"[0-9]+$")
_WHITE_SPACE: Final = re.compile(r"\s")

_NO_ADDRESS: Final = (netaddr.AddrFormatError, ValueError, TypeError, IndexError, AttributeError)


ValueFault = Enum(
    "ValueFault",
    """NOT_TEXT IP_ADDRESS PADDED_IP_ADDRESS NETWORK SUBNET MAC_ADDRESS NAME_TOO_LONG EMPTY_LABEL HYPHEN_AT_THE_END
    INVALID_LABEL NUMERIC_TOP_LEVEL NOT_RELATIVE NO_ROOM_FOR_A_DOMAIN NO_DOT_AT_THE_END CRON_EXPRESSION TIMEZONE DATE
    EXPIRED JSON""",
)
"""How a value breaks a custom constraint.

PADDED_IP_ADDRESS is an IPv4 address with zeros before a number; its ``part`` is the address without them. That of
EXPIRED is the date, and that of what is wrong with a label is the label.
"""


@dataclass(frozen=True, slots=True)
class BrokenConstraint:
    """What is wrong with a value: the kind, the ``part`` of it that is, and ``error``, the words of who read it."""

    fault: ValueFault
    part: object = None
    error: str = ""


_Check = Callable[[str], BrokenConstraint | None]


def find_value_fault(name: str, value: object) -> BrokenConstraint | None:
    """How a value breaks a custom constraint of :data:`JUDGED`; None where Heat is content.

    The clock and the database of time zones are those of this host.
    """
    check, takes_nothing = _CHECKS[name]
    if not value and takes_nothing:
        return None
    return check(value) if isinstance(value, str) else BrokenConstraint(ValueFault.NOT_TEXT)


def _check_ip_address(text: str) -> BrokenConstraint | None:
    """An IPv4 address in its one usual form, or an IPv6 address (``neutron_lib``'s ``validate_ip_address``)."""
    for flags in (netaddr.ZEROFILL, 0):  # the flag is for IPv4 alone
        try:
            address = netaddr.IPAddress(text, flags=flags)
        except _NO_ADDRESS:
            continue
        if _WHITE_SPACE.search(text) or (":" not in text and text.count(".") != 3):
            break
        padded = address.version == 4 and str(address) != text
        return BrokenConstraint(ValueFault.PADDED_IP_ADDRESS, part=str(address)) if padded else None
    return BrokenConstraint(ValueFault.IP_ADDRESS)


def _check_subnet(text: str) -> BrokenConstraint | None:
    """An address with a prefix: ``192.168.0.0/24``, ``fe80::/64`` (``neutron_lib``'s ``validate_subnet``)."""
    try:
        network = netaddr.IPNetwork(text)
    except _NO_ADDRESS:
        return BrokenConstraint(ValueFault.SUBNET)
    usual = "/" in text and not _WHITE_SPACE.search(text) and (network.version == 6 or str(network) == text)
    return None if usual else BrokenConstraint(ValueFault.SUBNET)


def _check_net_cidr(text: str) -> BrokenConstraint | None:
    """A subnet, whose address netaddr also takes after it has been written out in full."""
    try:
        netaddr.IPNetwork(netaddr.cidr_abbrev_to_verbose(text))
    except _NO_ADDRESS as error:
        return BrokenConstraint(ValueFault.NETWORK, error=str(error))
    return _check_subnet(text)


def _check_ip_or_cidr(text: str) -> BrokenConstraint | None:
    """An address, or a subnet where there is a slash."""
    return _check_subnet(text) if "/" in text else _check_ip_address(text)


def _check_mac_address(text: str) -> BrokenConstraint | None:
    """A MAC address in any of the notations that netaddr knows."""
    return None if netaddr.valid_mac(text) else BrokenConstraint(ValueFault.MAC_ADDRESS)


def _check_dns_name(text: str) -> BrokenConstraint | None:
    """A name of lower-case labels, with or without the final dot."""
    name = text.removesuffix(".")
    if len(name) > LONGEST_NAME:
        return BrokenConstraint(ValueFault.NAME_TOO_LONG, part=name)
    labels = name.split(".")
    for label in labels:
        if not label:
            return BrokenConstraint(ValueFault.EMPTY_LABEL)
        if label.endswith("-") or label.startswith("-"):
            return BrokenConstraint(ValueFault.HYPHEN_AT_THE_END, part=label)
        if not _DNS_LABEL.match(label):
            return BrokenConstraint(ValueFault.INVALID_LABEL, part=label)
    if text != name and len(labels) > 1 and _ALL_DIGITS.match(labels[-1]):
        return BrokenConstraint(ValueFault.NUMERIC_TOP_LEVEL, part=labels[-1])
    return None


def _check_relative_dns_name(text: str) -> BrokenConstraint | None:
    """A DNS name without the final dot that leaves room for a domain of two letters."""
    if text.endswith("."):
        return BrokenConstraint(ValueFault.NOT_RELATIVE)
    if len(text) > LONGEST_NAME - ROOM_FOR_A_DOMAIN:
        return BrokenConstraint(ValueFault.NO_ROOM_FOR_A_DOMAIN)
    return _check_dns_name(text)


def _check_dns_domain(text: str) -> BrokenConstraint | None:
    """A DNS name with the final dot."""
    return _check_dns_name(text) or (None if text.endswith(".") else BrokenConstraint(ValueFault.NO_DOT_AT_THE_END))


def _read_by(read: Callable[[str], object], fault: ValueFault, *refused: type[Exception]) -> _Check:
    """What judges a text by what reads it: its error tells what is wrong."""

    def check(text: str) -> BrokenConstraint | None:
        try:
            read(text)
        except refused as error:
            return BrokenConstraint(fault, error=str(error))
        return None

    return check


def _read_cron_expression(text: str) -> object:
    import croniter  # type: ignore[import-untyped]  # no stubs; here, for it takes long to load and is seldom asked

    return croniter.croniter(text)


def _read_date(text: str) -> datetime:
    return iso8601.parse_date(text).astimezone(UTC)


_check_iso_8601: Final = _read_by(_read_date, ValueFault.DATE, iso8601.ParseError, OverflowError)
"""A date, with a time or without."""


def _check_expiration(text: str) -> BrokenConstraint | None:
    """A date that lies ahead."""
    broken = _check_iso_8601(text.strip())
    if broken is not None:
        return broken
    date = _read_date(text.strip())
    return None if date > datetime.now(UTC) else BrokenConstraint(ValueFault.EXPIRED, part=date)


_check_timezone: Final = _read_by(
    zoneinfo.ZoneInfo, ValueFault.TIMEZONE, zoneinfo.ZoneInfoNotFoundError, ValueError, OSError, ImportError
)
_check_json_string: Final = _read_by(json.loads, ValueFault.JSON, ValueError, RecursionError)
_check_cron_expression: Final = _read_by(_read_cron_expression, ValueFault.CRON_EXPRESSION, Exception)
"""Whatever croniter raises, as Heat has it."""

_CHECKS: Final[Mapping[str, tuple[_Check, bool]]] = MappingProxyType(
    {
        "ip_addr": (_check_ip_address, False),
        "net_cidr": (_check_net_cidr, False),
        "ip_or_cidr": (_check_ip_or_cidr, False),
        "mac_addr": (_check_mac_address, False),
        "dns_name": (_check_dns_name, True),
        "rel_dns_name": (_check_relative_dns_name, True),
        "dns_domain": (_check_dns_domain, True),
        "cron_expression": (_check_cron_expression, True),
        "timezone": (_check_timezone, True),
        "expiration": (_check_expiration, True),
        "iso_8601": (_check_iso_8601, False),
        "json_string": (_check_json_string, True),
    }
)
"""What judges each constraint, and whether nothing at all will do, too: an empty text, zero, false."""

JUDGED: Final = _CHECKS.keys()
"""The custom constraints judged here, by Heat's name."""

PICKERS: Final = ("glance.image", "neutron.network", "nova.flavor", "nova.keypair")
"""Those of which the Visualisation App makes a list to pick one thing from."""

KNOWN: Final = tuple(files(__package__).joinpath("custom_constraints.txt").read_text(encoding="utf-8").split())
"""The custom constraints of Heat, and of the plug-ins that earlier releases of it came with."""
