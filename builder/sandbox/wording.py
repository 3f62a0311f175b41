"""Heat's own sentences for what :mod:`builder.hot` finds out, by its kinds of faults."""

from __future__ import annotations

from collections.abc import Mapping

from builder.hot import custom_constraints
from builder.hot.custom_constraints import JUDGED, LONGEST_NAME, Breach
from builder.sandbox.faults import Json

_FORMAT = "'{value}' not in valid format. Reason: "
_BREACHES: Mapping[Breach, str] = {
    Breach.IP_ADDRESS: "'{value}' is not a valid IP address",
    Breach.PADDED_IP_ADDRESS: "'{value}' is not an accepted IP address, '{part}' is recommended",
    Breach.NETWORK: "Invalid net cidr {error} ",
    Breach.SUBNET: "'{value}' is not a valid IP subnet",
    Breach.MAC_ADDRESS: "Invalid MAC address.",
    Breach.NAME_TOO_LONG: _FORMAT + f"'{{part}}' exceeds the {LONGEST_NAME} character FQDN limit",
    Breach.EMPTY_LABEL: _FORMAT + "Encountered an empty component.",
    Breach.HYPHEN_AT_THE_END: _FORMAT + "Name '{part}' must not start or end with a hyphen.",
    Breach.INVALID_LABEL: (
        _FORMAT + "Name '{part}' must be 1-63 characters long, each of which can only be alphanumeric or a hyphen."
    ),
    Breach.NUMERIC_TOP_LEVEL: _FORMAT + "TLD '{part}' must not be all numeric.",
    Breach.NOT_RELATIVE: "'{value}' is a FQDN. It should be a relative domain name.",
    Breach.NO_ROOM_FOR_A_DOMAIN: (
        "'{value}' contains '{length}' characters. Adding a domain name will cause it to exceed the maximum length of "
        f"a FQDN of '{LONGEST_NAME}'."
    ),
    Breach.NO_DOT_AT_THE_END: "'{value}' must end with '.'.",
    Breach.CRON_EXPRESSION: "Invalid CRON expression: {error}",
    Breach.TIMEZONE: "Invalid timezone: {error}",
    Breach.DATE: "Expiration {value} is invalid: {error}",
    Breach.EXPIRED: "Expiration {value} is invalid: Expiration time is out of date.",
    Breach.JSON: "JSON string {value} is invalid: {error}",
}
_BREACHES_OF: Mapping[str, Mapping[Breach, str]] = {
    "ip_addr": dict.fromkeys((Breach.IP_ADDRESS, Breach.PADDED_IP_ADDRESS), "Invalid IP address"),
    "iso_8601": {Breach.DATE: ""},
}
"""What single constraints say otherwise."""


def explain_custom_fault(name: str, value: Json) -> str | None:
    """What Heat says of a value under a custom constraint, or None; those that ask a cloud take everything here."""
    if name not in JUDGED:
        if name in custom_constraints.KNOWN:
            return None
        return f'"{value}" does not validate {name} (constraint not found)'
    broken = custom_constraints.find_breach(name, value)
    if broken is None:
        return None
    sentence = {**_BREACHES, **_BREACHES_OF.get(name, {})}.get(broken.breach, "")
    reason = sentence.format(value=value, length=len(str(value)), part=broken.part, error=broken.error)
    return f"Error validating value '{value}'" + (f": {reason}" if reason else "")
