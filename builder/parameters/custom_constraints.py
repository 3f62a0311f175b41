"""Heat's custom constraints that need no cloud to judge: where we are more lenient, and what to tell a person.

What expires about now is left to the cloud, whose clock decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final

from builder.hot.custom_constraints import JUDGED, ValueFault, find_value_fault

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""What has expired for less than this is left to the cloud, whose clock may differ from ours."""

PHRASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ip_addr": "must be an IP address, such as 192.0.2.10 or 2001:db8::10",
        "net_cidr": "must be a network in CIDR notation, such as 192.168.0.0/24",
        "ip_or_cidr": "must be an IP address or a network in CIDR notation",
        "mac_addr": "must be a MAC address, such as 52:54:00:12:34:56",
        "dns_name": "must be a DNS name: letters a to z, digits and hyphens, in parts joined by dots",
        "rel_dns_name": (
            "must be a relative DNS name: letters a to z, digits and hyphens, in parts joined by dots, none at the end"
        ),
        "dns_domain": "must be a DNS domain with a dot at the end, such as example.org.",
        "cron_expression": "must be a cron expression, such as 30 2 * * *",
        "timezone": "must be a time zone, such as Europe/London",
        "expiration": "must be a date and time that lies ahead, such as 2035-01-31T12:00:00Z",
        "iso_8601": "must be a date and time, such as 2035-01-31T12:00:00Z",
        "json_string": "must be valid JSON",
    }
)
"""What follows the parameter's label in a sentence, by Heat's name of the constraint."""


def may_be_met_by(name: str, value: object) -> bool:
    """Whether a custom constraint takes a value, or only a cloud can tell."""
    broken = find_value_fault(name, value) if name in JUDGED else None
    if broken is None:
        return True
    if broken.fault is ValueFault.EXPIRED and isinstance(broken.part, datetime):
        return broken.part > datetime.now(UTC) - CLOCK_TOLERANCE
    return False
