"""What a request says of billing: whether it is billed, to which account, and where; or what is wrong with that."""

from __future__ import annotations

from dataclasses import dataclass, field

from builder.errors import Fault
from builder.net.addresses import parse_url
from builder.net.guard import CloudGuard

ACCOUNT_POINTER = "/billing_account_id"
URL_POINTER = "/middleware_url"

REQUIRED = "required"
OFF = "off"


@dataclass(frozen=True, slots=True)
class Terms:
    """To which account a build is billed, and the URL of the billing service."""

    account: str
    url: str = field(repr=False)


def read_terms(mode: str, account: str | None, url: str | None, guard: CloudGuard) -> Terms | Fault | None:
    """The terms of a request; None where it is not billed; or what is wrong. ``mode`` is the setting ``BILLING``.

    Empty texts mean what ``null`` does, as everywhere in a form.
    """
    account, url = (account or "").strip(), url or ""
    if mode == OFF or (mode != REQUIRED and not account and not url):
        return None
    if not account:
        detail = (
            "This team has no billing account yet."
            if url
            else "This service builds for a billing account only, and the request names none."
        )
        return Fault(400, "Billing account missing", detail, ACCOUNT_POINTER)
    if not url:
        return Fault(400, "Billing service missing", "The request names no billing service.", URL_POINTER)
    try:
        parse_url(url)
    except ValueError as error:
        return Fault(400, "Invalid middleware_url", f"middleware_url {error}.", URL_POINTER)
    if why := guard.refuse_endpoint(url):
        return Fault(403, "Billing service not allowed", f"middleware_url {why}; nothing was sent there.", URL_POINTER)
    return Terms(account, url)
