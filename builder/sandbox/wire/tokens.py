"""The tokens Keystone gave out, which Heat asks for.

Apart from Keystone's API, because both services read them.
"""

from __future__ import annotations

import base64
import secrets
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from builder.sandbox.wire.accounts import ApplicationCredential, Project, User

LIFETIME = timedelta(hours=4)
"""How long a token is good for."""

MAX_TOKENS = 10_000
"""How many tokens are remembered; the oldest is forgotten first."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token; ``project`` is None when it is unscoped."""

    id: str = field(repr=False)
    user: User
    project: Project | None
    methods: tuple[str, ...]
    audit_ids: tuple[str, ...]
    issued: datetime
    expires: datetime
    is_revoked: bool = False
    application_credential: ApplicationCredential | None = None


class TokenStore:
    """Every token of a sandbox, in memory; lives as long as the sandbox. May be called from any thread."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._tokens: dict[str, Token] = {}

    def issue(
        self,
        user: User,
        project: Project | None,
        parent: Token | None = None,
        application_credential: ApplicationCredential | None = None,
    ) -> Token:
        """Give out a token; the last two are what it was asked for with, if not with a password."""
        now = self._now().replace(microsecond=0)
        audit_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        methods = ("password",) if application_credential is None else ("application_credential",)
        token = Token(
            id=f"sandbox-{secrets.token_urlsafe(48)}",
            user=user,
            project=project,
            methods=methods if parent is None else ("token", *(set(parent.methods) - {"token"})),
            audit_ids=(audit_id,) if parent is None else (audit_id, parent.audit_ids[-1]),
            issued=now,
            expires=now + LIFETIME if parent is None else parent.expires,
            application_credential=application_credential,
        )
        with self._lock:
            self._tokens[token.id] = token
            while len(self._tokens) > MAX_TOKENS:
                del self._tokens[next(iter(self._tokens))]
        return token

    def find(self, token_id: str | None) -> Token | None:
        """Return a token that was given out, good or not; None for any other text."""
        with self._lock:
            return self._tokens.get(token_id or "")

    def find_valid(self, token_id: str | None) -> Token | None:
        """Return a token that is good now, or None."""
        token = self.find(token_id)
        return token if token is not None and self.is_valid(token) else None

    def is_valid(self, token: Token) -> bool:
        """Tell whether a token is neither revoked nor expired."""
        return not token.is_revoked and self._now() < token.expires

    def revoke(self, token: Token) -> None:
        """Make a token good for nothing."""
        with self._lock:
            if token.id in self._tokens:
                self._tokens[token.id] = replace(token, is_revoked=True)
