"""Who may ask: the token that the Visualisation App sends with every request.

``Authorization: Bearer`` with a JSON Web Token (RFC 7519, RFC 6750), signed by HMAC-SHA-256 with a secret that both
sides know. It says nothing but until when it is good, and perhaps since when (``nbf``, ``iat``). Any other algorithm is
refused, ``none`` above all.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
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

_OPTIONS: Any = {
    "require": ["exp"],
    **{f"verify_{claim}": False for claim in ("aud", "iss", "sub", "jti")},  # which are nothing to this service
}


@dataclass(frozen=True, slots=True)
class Verified:
    """A token that was accepted: the secret that it was signed with, and whose it is, if it says so."""

    secret: str = field(repr=False)
    subject: str


def authenticate(request: Request, secrets: Sequence[str]) -> Verified | None:
    """Let a request pass that carries a token signed with one of ``secrets``; without any, let everything pass.

    Returns None where no token is needed. Raises RequestError (401).
    """
    if not secrets:
        return None
    headers = request.headers.getall("authorization", [])
    if len(headers) != 1:
        raise _unauthorized("The request needs exactly one Authorization header, with a bearer token.")
    scheme, _, token = headers[0].partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise _unauthorized("The Authorization header must hold a bearer token.")
    return check_token(token.strip(), secrets)


def authenticate_build(request: Request) -> None:
    """Let a request pass that uses a cloud: one with a token, where there is a secret.

    Notes in its ``ctx`` which secret that was signed with, and the token's subject.

    Raises RequestError (401).
    """
    services: Services = request.app.ctx.services
    verified = authenticate(request, services.jwt_secrets)
    request.ctx.verified_by = verified and verified.secret
    request.ctx.subject = verified.subject if verified else ""


def authenticate_read(request: Request, services: Services) -> None:
    """Let a request pass that reads the catalogue: every one, unless ``PROTECT_READS`` demands a token.

    Raises RequestError (401).
    """
    if services.settings.protect_reads:
        authenticate(request, services.jwt_secrets)


def check_token(token: str, secrets: Sequence[str], now: float | None = None) -> Verified:
    """Check signature and times of a token.

    Raises RequestError (401), in words that tell nothing to who should not know.
    """
    import jwt  # with it comes a library of cryptography, which a service without secrets need not wait for

    if len(token) > MAX_TOKEN_LENGTH:
        raise _unauthorized("The token is too long.", "invalid_token")
    for secret in secrets:
        try:
            claims = jwt.decode(token, secret, algorithms=[ALGORITHM], leeway=LEEWAY_SECONDS, options=_OPTIONS)
        except jwt.InvalidSignatureError:
            continue
        except jwt.ExpiredSignatureError:
            raise _unauthorized("The token has expired.", "invalid_token") from None
        except jwt.MissingRequiredClaimError:
            raise _unauthorized("The token does not say when it expires.", "invalid_token") from None
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError):
            break
        expires = claims["exp"]
        if not isinstance(expires, int | float):  # PyJWT takes numbers that are written as text, too
            raise _unauthorized("The token does not say when it expires.", "invalid_token")
        if expires > (time.time() if now is None else now) + MAX_LIFETIME_SECONDS:
            raise _unauthorized(f"The token is good for longer than {MAX_LIFETIME_SECONDS} seconds.", "invalid_token")
        return Verified(secret, str(claims.get("sub", "")))
    raise _unauthorized("The token is not one that this service accepts.", "invalid_token")


def _unauthorized(detail: str, error: str | None = None) -> RequestError:
    challenge = 'Bearer realm="cluster-builder"' + (f', error="{error}"' if error else "")
    return RequestError(Fault(401, "Unauthorized", detail), headers={"WWW-Authenticate": challenge})
