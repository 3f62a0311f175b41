"""Which clouds the service may talk to: the operator's lists, and what is refused where there are none.

Decides, and does nothing: ``connection`` refuses an auth URL before a session is opened, ``transport`` refuses each
request before it is connected. Light to import.
"""

from __future__ import annotations

from dataclasses import dataclass

from builder.net.addresses import Url, parse_address, parse_origin, parse_url, refuse_host

_NOT_LISTED = "is not on the list of those that this service may use"
_UNCLEAR = "cannot be understood in one way only"


@dataclass(frozen=True, slots=True)
class CloudGuard:
    """The operator's lists: ``ALLOWED_AUTH_URLS`` and ``ALLOWED_ENDPOINTS``, each a tuple of prefixes; empty: no list.

    Without any list, only addresses that can be nobody's cloud are refused. Without a list of endpoints, those may be
    used that are on the hosts of the listed auth URLs.
    """

    auth_urls: tuple[Url, ...] = ()
    endpoints: tuple[Url, ...] = ()

    def refuse_auth_url(self, auth_url: str) -> str | None:
        """Why credentials are not sent to a Keystone, to follow its name in a sentence; None where they are."""
        try:
            url = token_url(auth_url) if self.auth_urls else parse_origin(auth_url)
        except ValueError:
            return _UNCLEAR
        if self.auth_urls and not any(prefix.covers(url) for prefix in self.auth_urls):
            return _NOT_LISTED
        return self._refuse_host(url.host)

    def refuse_endpoint(self, endpoint: str) -> str | None:
        """Why a token is not sent to an endpoint of a cloud's catalogue; None where it is."""
        try:
            bare = endpoint.partition("?")[0]
            url = parse_url(bare) if self.endpoints else parse_origin(bare)
        except ValueError:
            return _UNCLEAR
        if self.endpoints:
            is_listed = any(prefix.covers(url) for prefix in self.endpoints)
        else:
            is_listed = not self.auth_urls or any(prefix.is_same_host(url) for prefix in self.auth_urls)
        return self._refuse_host(url.host) if is_listed else _NOT_LISTED

    def allows_address(self, host: str) -> bool:
        """Whether the operator wrote down this very address; a name that leads there is not enough."""
        address = parse_address(host)
        return address is not None and any(str(address) == url.host for url in (*self.auth_urls, *self.endpoints))

    def _refuse_host(self, host: str) -> str | None:
        why = None if self.allows_address(host) else refuse_host(host)
        return f"is {why}" if why else None


def token_url(auth_url: str) -> Url:
    """Where keystoneauth sends credentials for an auth URL: ``/v3`` is added where it is missing. Raises ValueError."""
    url = parse_url(auth_url)
    version = () if url.segments[-1:] and url.segments[-1].endswith("v3") else ("v3",)
    return Url(url.scheme, url.host, url.port, (*url.segments, *version, "auth", "tokens"))


def is_token_request(url: str, auth_url: str) -> bool:
    """Whether a request is the one that brings the credentials to Keystone."""
    try:
        return parse_url(url.partition("?")[0]) == token_url(auth_url)
    except ValueError:
        return False
