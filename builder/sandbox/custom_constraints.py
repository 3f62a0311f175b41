"""The custom constraints that can be checked without a cloud.

Apart from the other constraints, because each is a small language of its own. Those that name something in a cloud
(``nova.flavor``, ``glance.image``, ``neutron.network`` ...) accept every value: the sandbox has no such services.
"""

from __future__ import annotations

import ipaddress
import json
import re
import zoneinfo
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from builder.sandbox.faults import Json

_FQDN_MAX = 255
_LABEL = re.compile(r"[a-z0-9-]{1,63}$")
_MAC = re.compile(r"^([0-9a-f]{1,2}[:-]){5}[0-9a-f]{1,2}$|^([0-9a-f]{1,4}\.){2}[0-9a-f]{1,4}$|^[0-9a-f]{12}$", re.I)
_OF_A_SERVICE = (
    "barbican.",
    "blazar.",
    "cinder.",
    "designate.",
    "glance.",
    "heat.",
    "ironic.",
    "keystone.",
    "magnum.",
    "manila.",
    "mistral.",
    "monasca.",
    "neutron.",
    "nova.",
    "octavia.",
    "senlin.",
    "swift.",
    "trove.",
    "zaqar.",
    "zun.",
)


class _RuleError(ValueError):
    """A value that breaks the rule; the message is the reason, and may be empty."""


def explain_custom_fault(name: str, value: Json) -> str | None:
    """Return what is wrong with a value under a custom constraint, or None."""
    if str(name).startswith(_OF_A_SERVICE):
        return None
    check = _CHECKS.get(name)
    if check is None:
        return f'"{value}" does not validate {name} (constraint not found)'
    try:
        check(value)
    except _RuleError as fault:
        reason = f": {fault}" if str(fault) else ""
        return f"Error validating value '{value}'{reason}"
    return None


def _check_ip_address(value: Json, reason: str = "Invalid IP address") -> None:
    try:
        ipaddress.ip_address(value if isinstance(value, str) else "")
    except ValueError as error:
        raise _RuleError(reason) from error


def _check_cidr(value: Json) -> None:
    text = str(value)
    try:
        network = ipaddress.ip_interface(text)
    except ValueError as error:
        if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3}){0,2}/[0-9]{1,2}", text):  # an abbreviation: 10/8
            raise _RuleError(f"'{text}' is not a valid IP subnet") from error
        raise _RuleError(f"Invalid net cidr invalid IPNetwork {text} ") from error
    if "/" not in text or (network.version == 4 and str(network) != text):
        raise _RuleError(f"'{text}' is not a valid IP subnet")


def _check_ip_or_cidr(value: Json) -> None:
    if "/" not in str(value):
        _check_ip_address(value, f"'{value}' is not a valid IP address")
        return
    try:
        ipaddress.ip_interface(str(value))
    except ValueError as error:
        raise _RuleError(f"'{value}' is not a valid IP subnet") from error


def _check_mac(value: Json) -> None:
    if not _MAC.match(str(value)):
        raise _RuleError("Invalid MAC address.")


def _check_dns_name(value: Json) -> None:
    try:
        _check_dns_labels(str(value))
    except _RuleError as fault:
        raise _RuleError(f"'{value}' not in valid format. Reason: {fault}") from fault


def _check_dns_labels(name: str) -> None:
    if not name:
        return
    trimmed = name.removesuffix(".")
    if len(trimmed) > _FQDN_MAX:
        raise _RuleError(f"'{trimmed}' exceeds the {_FQDN_MAX} character FQDN limit")
    labels = trimmed.split(".")
    for label in labels:
        if not label:
            raise _RuleError("Encountered an empty component.")
        if label.endswith("-") or label.startswith("-"):
            raise _RuleError(f"Name '{label}' must not start or end with a hyphen.")
        if not _LABEL.match(label):
            raise _RuleError(
                f"Name '{label}' must be 1-63 characters long, each of which can only be alphanumeric or a hyphen."
            )
    if name.endswith(".") and len(labels) > 1 and labels[-1].isdigit():
        raise _RuleError(f"TLD '{labels[-1]}' must not be all numeric.")


def _check_relative_dns_name(value: Json) -> None:
    name = str(value)
    if name.endswith("."):
        raise _RuleError(f"'{name}' is a FQDN. It should be a relative domain name.")
    if len(name) > _FQDN_MAX - 3:
        raise _RuleError(
            f"'{name}' contains '{len(name)}' characters. Adding a domain name will cause it to exceed the maximum "
            f"length of a FQDN of '{_FQDN_MAX}'."
        )
    _check_dns_name(value)


def _check_dns_domain(value: Json) -> None:
    if not value:
        return
    _check_dns_name(value)
    if not str(value).endswith("."):
        raise _RuleError(f"'{value}' must end with '.'.")


def _check_timezone(value: Json) -> None:
    if not value:
        return
    try:
        zoneinfo.ZoneInfo(str(value))
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError) as error:
        raise _RuleError(f"Invalid timezone: {error}") from error


def _check_cron(value: Json) -> None:
    # Only the shape: what a column may say is the business of the service that runs the job.
    if value and len(str(value).split()) not in (5, 6, 7):
        reason = "Exactly 5, 6 or 7 columns has to be specified for iterator expression."
        raise _RuleError(f"Invalid CRON expression: {reason}")


def _parse_time(value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise _RuleError(f"Unable to parse date string '{value}'") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _check_iso_8601(value: Json) -> None:
    try:
        _parse_time(str(value))
    except _RuleError as fault:
        raise _RuleError from fault


def _check_expiration(value: Json) -> None:
    if not value:
        return
    try:
        moment = _parse_time(str(value).strip())
    except _RuleError as fault:
        raise _RuleError(f"Expiration {value} is invalid: {fault}") from fault
    if moment <= datetime.now(UTC):
        raise _RuleError(f"Expiration {value} is invalid: Expiration time is out of date.")


def _check_json_string(value: Json) -> None:
    if not value:
        return
    try:
        json.loads(value)
    except ValueError as error:
        raise _RuleError(f"JSON string {value} is invalid: {error}") from error


_CHECKS: Mapping[str, Callable[[Json], None]] = {
    "ip_addr": _check_ip_address,
    "net_cidr": _check_cidr,
    "ip_or_cidr": _check_ip_or_cidr,
    "mac_addr": _check_mac,
    "dns_name": _check_dns_name,
    "rel_dns_name": _check_relative_dns_name,
    "dns_domain": _check_dns_domain,
    "timezone": _check_timezone,
    "cron_expression": _check_cron,
    "iso_8601": _check_iso_8601,
    "expiration": _check_expiration,
    "json_string": _check_json_string,
}
