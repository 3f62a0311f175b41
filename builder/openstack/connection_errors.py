"""Why there is no answer: redirects, time-outs, TLS, names, refusals, answers that break off.

The reasons are looked up in the chain of causes, because keystoneauth keeps only their text. Separate from
``failures.py``, which reads answers.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

import requests
import urllib3

from builder.logs.redaction import clean
from builder.net.addresses import show_host
from builder.openstack.call_context import CallContext, Service
from builder.openstack.credentials import AUTH_URL_POINTER
from builder.openstack.failure_kinds import CloudError, FailureKind
from builder.openstack.sockets import TlsHandshakeError, TlsHandshakeTimeoutError, TunnelError
from builder.openstack.transport import ResponseTooLargeError, UnexpectedRedirectError, never_connected

_NO_AUTHORITY = frozenset({18, 19, 20, 21})
"""OpenSSL's codes for a certificate whose authority is not known here: self-signed, one in the chain that is, and those
whose issuer is not at hand (``X509_V_ERR_*`` in ``openssl/x509_vfy.h``). Others, a setting of ours does not mend."""

_UNTRUSTED = "whoever runs this service names the authorities that it trusts by CLOUD_CA_BUNDLE"


def connection_failure(error: BaseException, context: CallContext) -> CloudError:
    """The failure of a call that has no answer, or none that could be read to its end."""
    chain = list(_chain(error))
    who = f"The {context.service.value}{_address(chain, context)}"
    aftermath = "" if any(map(_was_never_sent, chain)) else context.aftermath
    for cause in chain:
        if isinstance(cause, UnexpectedRedirectError):
            return _redirected(cause, who, context)
        if isinstance(cause, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
            if context.service is Service.IDENTITY:
                return FailureKind.INVALID_AUTH_URL.error("auth_url is not a usable URL", AUTH_URL_POINTER)
            return FailureKind.SERVICE_NOT_FOUND.error(f"{who} has an unusable address in the cloud's catalogue")
    kind, what = _judge(chain)
    return kind.error(f"{who} {what}{aftermath}", may_have_effect=bool(aftermath))


def explain_no_answer(error: BaseException) -> tuple[str, bool]:
    """Why a service that is none of the cloud's gave no answer, to follow its name; and whether it may have been asked.

    Without the host, which the text of a certificate's fault may hold.
    """
    chain = list(_chain(error))
    kind, what = _judge(chain)
    if kind is FailureKind.TLS_FAILURE:
        what = "cannot be called safely: TLS failed, or its certificate is not accepted (see CLOUD_CA_BUNDLE)"
    return what, not any(map(_was_never_sent, chain))


def _judge(chain: Sequence[BaseException]) -> tuple[FailureKind, str]:
    """The kind of failure, and its sentence without who was asked."""
    for cause in chain:
        if isinstance(cause, ResponseTooLargeError):
            return FailureKind.INVALID_ANSWER, f"gave an answer that is too large: {cause}"
        # NewConnectionError (refused, not resolved) is a ConnectTimeoutError by inheritance only.
        is_late = isinstance(cause, requests.exceptions.Timeout | urllib3.exceptions.TimeoutError)
        if is_late and not isinstance(cause, urllib3.exceptions.NewConnectionError):
            return FailureKind.TIMED_OUT, "did not answer in time"
        if isinstance(cause, requests.exceptions.SSLError | ssl.SSLError):
            return FailureKind.TLS_FAILURE, f"cannot be called safely: {_tls_reason(chain)}"
        if isinstance(cause, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError):
            return FailureKind.INVALID_ANSWER, "gave an answer that breaks off or is damaged"
    return FailureKind.CLOUD_UNREACHABLE, f"cannot be reached: {_network_reason(chain)}"


def _was_never_sent(cause: BaseException) -> bool:
    if isinstance(cause, requests.exceptions.RequestException):
        return never_connected(cause)
    return isinstance(cause, TlsHandshakeError)


def _redirected(cause: UnexpectedRedirectError, who: str, context: CallContext) -> CloudError:
    to = f" to {context.clean_host(cause.location)}" if cause.location else ""
    if context.service is Service.IDENTITY:
        return FailureKind.INVALID_AUTH_URL.error(
            f"{who} redirects{to}. Credentials are never sent after a redirect: give the final address as auth_url",
            AUTH_URL_POINTER,
        )
    return FailureKind.INVALID_ANSWER.error(f"{who} redirects{to}; redirects are not followed")


def _tls_reason(chain: Sequence[BaseException]) -> str:
    for cause in chain:
        if isinstance(cause, TlsHandshakeTimeoutError):
            return "nobody answered the TLS handshake; is this an https address?"
        if isinstance(cause, ssl.SSLCertVerificationError):
            hint = f"; {_UNTRUSTED}" if cause.verify_code in _NO_AUTHORITY else ""
            return clean(cause.verify_message) + hint
        if isinstance(cause, ssl.SSLError) and cause.reason:
            return clean(cause.reason.replace("_", " ").lower())
    return "no TLS connection could be made"


def _network_reason(chain: Sequence[BaseException]) -> str:
    for cause in chain:
        if isinstance(cause, TunnelError):
            return f"the proxy of this service (CLOUD_PROXY) makes no connection to it: {clean(str(cause.__cause__))}"
        if isinstance(cause, urllib3.exceptions.ProxyError):
            rest = [each for each in chain if not isinstance(each, urllib3.exceptions.ProxyError)]
            return f"the proxy of this service (CLOUD_PROXY) gives no connection: {_network_reason(rest)}"
    for cause in chain:
        if isinstance(cause, urllib3.exceptions.NameResolutionError | socket.gaierror):
            return "its name cannot be resolved"
        if isinstance(cause, ConnectionRefusedError):
            return "connection refused"
        if isinstance(cause, ConnectionResetError | BrokenPipeError | ConnectionAbortedError):
            return "it closed the connection without an answer"  # RemoteDisconnected among them
        if isinstance(cause, urllib3.exceptions.ProtocolError) and not isinstance(cause.args[-1], OSError):
            return "its answer is not HTTP"
        if type(cause) is OSError and cause.strerror:
            return clean(cause.strerror).lower()
    return "the connection failed"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An exception and all that led to it: causes, contexts, and exceptions kept in attributes or arguments."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        current = waiting.pop(0)
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        kept = (getattr(current, "original", None), getattr(current, "reason", None))
        waiting += [current.__cause__, current.__context__, *kept, *current.args]


def _address(chain: Sequence[BaseException], context: CallContext) -> str:
    """`` at host:port`` of the request that failed; never its path, which may name ids."""
    for cause in chain:
        request = cause.request if isinstance(cause, requests.exceptions.RequestException) else None
        try:
            parts = urlsplit(str(request.url)) if request is not None else None
            host = show_host(parts.hostname) if parts and parts.hostname else None
            place = f"{host}:{parts.port}" if parts and parts.port else host
        except ValueError:
            continue
        if place:
            return f" at {context.clean_host(place)}"
    return ""
