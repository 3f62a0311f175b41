"""Who may ask: the token that the Visualisation App sends with every request.

``Authorization: Bearer`` with a JSON Web Token (RFC 7519, RFC 6750), signed by HMAC-SHA-256 with a secret that both
sides know. It says nothing but until when it is good, and perhaps since when (``nbf``, ``iat``). Any other algorithm is
refused, ``none`` above all.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sanic import Request

from builder.api.services import Services
from builder.errors import Fault, RequestError

ALGORITHM = "HS256"

LEEWAY_SECONDS = 10
"""How far the clocks of the two sides may differ."""

MAX_LIFETIME_SECONDS = 3600
"""A token that is good for longer than this is refused: the App's are good for a minute, and what leaks must end."""

LEAST_SECRET_BYTES = 32
"""The least length of a secret for HS256 (RFC 7518, section 3.2)."""

MAX_TOKEN_LENGTH = 4096

MAX_TIME = 10**11
"""In seconds since the epoch: some thousand years, beyond which it does not matter by how much a clock is wrong."""

NO_EXPIRY = "The token does not say when it expires."
NOT_ACCEPTED = "The token is not one that this service accepts."
"""What is told of a token whose maker may not know the secret: nothing."""

_OPTIONS: Any = {
    "require": ["exp"],
    **{f"verify_{claim}": False for claim in ("aud", "iss", "sub", "jti")},  # which are nothing to this service
}


@dataclass(frozen=True, slots=True)
class Verified:
    """A token that was accepted: the secret that it was signed with, and whose it is, if it says so."""

    secret: str = field(repr=False)
    subject: str


class Refusal(StrEnum):
    """Why a token is refused, for the log and for metrics: the client is told no more than it may know."""

    MISSING = "missing"
    MALFORMED = "malformed"
    BAD_SIGNATURE = "bad signature"
    EXPIRED = "expired"
    NOT_YET_VALID = "not yet valid"
    LIVES_TOO_LONG = "lives too long"


class UnauthorizedError(RequestError):
    """A request without a token that this service accepts; ``reason`` begins with what ``refusal`` says."""

    def __init__(self, refusal: Refusal, detail: str, explanation: str = "") -> None:
        error = "" if refusal is Refusal.MISSING else ', error="invalid_token"'
        challenge = f'Bearer realm="cluster-builder"{error}'
        super().__init__(Fault(401, "Unauthorized", detail), headers={"WWW-Authenticate": challenge})
        self.refusal = refusal
        self.reason = f"{refusal}: {explanation}" if explanation else str(refusal)


def authenticate(request: Request, secrets: Sequence[str]) -> Verified | None:
    """Let a request pass that carries a token signed with one of ``secrets``; without any, let everything pass.

    Returns None where no token is needed. Raises RequestError (401).
    """
    if not secrets:
        return None
    headers = request.headers.getall("authorization", [])
    if len(headers) != 1:
        explanation = f"{len(headers)} Authorization headers" if headers else ""
        detail = "The request needs exactly one Authorization header, with a bearer token."
        raise UnauthorizedError(Refusal.MISSING, detail, explanation)
    scheme, _, token = headers[0].partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        detail = "The Authorization header must hold a bearer token."
        raise UnauthorizedError(Refusal.MISSING, detail, "the Authorization header holds no bearer token")
    return check_token(token.strip(), secrets)


def authenticate_read(request: Request) -> None:
    """Let a request pass that reads the catalogue: every one, unless ``PROTECT_READS`` demands a token.

    Raises RequestError (401).
    """
    services: Services = request.app.ctx.services
    if services.settings.protect_reads:
        authenticate(request, services.jwt_secrets)


def check_token(token: str, secrets: Sequence[str], now: float | None = None) -> Verified:
    """Check signature and times of a token.

    Raises RequestError (401), in words that tell nothing to who should not know.
    """
    import jwt  # with it comes a library of cryptography, which a service without secrets need not wait for

    if len(token) > MAX_TOKEN_LENGTH:
        raise UnauthorizedError(Refusal.MALFORMED, "The token is too long.", f"{len(token)} characters")
    for secret in secrets:
        try:
            claims = jwt.decode(token, secret, algorithms=[ALGORITHM], leeway=LEEWAY_SECONDS, options=_OPTIONS)
        except jwt.InvalidSignatureError:
            continue
        except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError) as error:  # the signature was good
            claims = jwt.decode(token, options={"verify_signature": False})
            raise _explain_times(claims, is_early=isinstance(error, jwt.ImmatureSignatureError)) from None
        except jwt.MissingRequiredClaimError:
            raise UnauthorizedError(Refusal.MALFORMED, NO_EXPIRY, "no exp") from None
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as error:
            is_other = isinstance(error, jwt.InvalidAlgorithmError)
            explanation = f"it is not signed with {ALGORITHM}" if is_other else "it is no JSON Web Token"
            raise UnauthorizedError(Refusal.MALFORMED, NOT_ACCEPTED, explanation) from None
        expires = claims["exp"]
        if not isinstance(expires, int | float):  # PyJWT takes numbers that are written as text, too
            raise UnauthorizedError(Refusal.MALFORMED, NO_EXPIRY, "exp is no number")
        if expires > (time.time() if now is None else now) + MAX_LIFETIME_SECONDS:
            detail = f"The token is good for longer than {MAX_LIFETIME_SECONDS} seconds."
            raise UnauthorizedError(Refusal.LIVES_TOO_LONG, detail)
        return Verified(secret, str(claims.get("sub", "")))
    raise UnauthorizedError(Refusal.BAD_SIGNATURE, NOT_ACCEPTED)


def _explain_times(claims: Mapping[str, Any], *, is_early: bool) -> UnauthorizedError:
    """What is wrong with the times of a token, whose maker knows the secret and may be told."""
    now = time.time()
    if is_early:
        early = f"the clocks differ by {max(_read_time(claims, each) for each in ('nbf', 'iat')) - now:.0f} seconds"
        return UnauthorizedError(Refusal.NOT_YET_VALID, f"The token is not valid yet: {early}, or more.", early)
    ago = f"{now - _read_time(claims, 'exp'):.0f} seconds ago"
    return UnauthorizedError(Refusal.EXPIRED, f"The token expired {ago}.", ago)


def _read_time(claims: Mapping[str, Any], name: str) -> float:
    """A time of a token in seconds since the epoch, cut to where it can still be shown; 0 for what is none."""
    try:
        return float(max(-MAX_TIME, min(MAX_TIME, int(claims[name]))))
    except (KeyError, TypeError, ValueError, OverflowError):
        return 0.0
