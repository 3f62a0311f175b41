"""JSON Web Tokens, good and bad, made by hand: a library would refuse to make most of the bad ones."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

SECRET = "a-secret-of-more-than-thirty-two-bytes"
OTHER = "quite-another-secret-of-the-same-length"


def encode(value: object) -> str:
    """A part of a token."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def sign(header: object, claims: object, secret: str | bytes = SECRET, digest: str = "sha256") -> str:
    """A token with a signature of HMAC."""
    key = secret if isinstance(secret, bytes) else secret.encode()
    signed = f"{encode(header)}.{encode(claims)}"
    return f"{signed}.{encode(hmac.new(key, signed.encode(), getattr(hashlib, digest)).digest())}"


def make_token(secret: str | bytes = SECRET, *, seconds: float = 60, **claims: Any) -> str:
    """What the Visualisation App sends."""
    return sign({"alg": "HS256", "typ": "JWT"}, {"exp": int(time.time() + seconds), **claims}, secret)


def bearer(token: str) -> dict[str, str]:
    """The header of a request with a token."""
    return {"Authorization": f"Bearer {token}"}
