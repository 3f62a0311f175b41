"""Who may use the sandbox: fixed users and projects, with credentials that are no secret, and the tokens they get.

Apart from Keystone's API, because Heat asks for the tokens, and the contract tests and the startup message name the
same people.
"""

from __future__ import annotations

import base64
import secrets
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from builder.sandbox.faults import Json

REGION = "RegionOne"
"""The region that has an orchestration service."""

EMPTY_REGION = "RegionEmpty"
"""A region that has none."""

DOMAIN_ID = "default"
DOMAIN_NAME = "Default"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What it takes to use a cloud, in both of Keystone's ways: by ids, and by names with their domains."""

    user_id: str
    username: str
    password: str = field(repr=False)
    project_id: str
    project_name: str
    user_domain_id: str = DOMAIN_ID
    user_domain_name: str = DOMAIN_NAME
    project_domain_id: str = DOMAIN_ID
    project_domain_name: str = DOMAIN_NAME
    region_name: str = REGION


@dataclass(frozen=True, slots=True)
class Project:
    """A project of the one domain; one that is not enabled gets no tokens."""

    id: str
    name: str
    is_enabled: bool = True


@dataclass(frozen=True, slots=True)
class User:
    """A user of the one domain; ``projects`` are those where the user has a role."""

    id: str
    name: str
    password: str = field(repr=False)
    projects: tuple[Project, ...] = ()
    is_enabled: bool = True


@dataclass(frozen=True, slots=True)
class ApplicationCredential:
    """A user's leave for a program to act in one project; one that is restricted may make no trusts, as Heat does."""

    id: str
    name: str
    secret: str = field(repr=False)
    user: User
    project: Project
    is_restricted: bool = True


_T = TypeVar("_T", User, Project)

_DEMO = Project("0de300000000000000000000000000a1", "demo")
_OTHER = Project("0de300000000000000000000000000a2", "alt_demo")
_DISABLED = Project("0de300000000000000000000000000a3", "disabled", is_enabled=False)

PROJECTS: tuple[Project, ...] = (_DEMO, _OTHER, _DISABLED)

USERS: tuple[User, ...] = (
    User("0de300000000000000000000000000b1", "demo", "sandbox", (_DEMO, _DISABLED)),
    User("0de300000000000000000000000000b2", "alt_demo", "sandbox", (_OTHER,)),
    User("0de300000000000000000000000000b3", "disabled", "sandbox", (_DEMO,), is_enabled=False),
    User("0de300000000000000000000000000b4", "norole", "sandbox"),
)
"""``demo`` is the one to use; the others are there for what can go wrong."""

APPLICATION_CREDENTIALS: tuple[ApplicationCredential, ...] = (
    ApplicationCredential(
        "0de300000000000000000000000000d1", "unrestricted", "sandbox", USERS[0], _DEMO, is_restricted=False
    ),
    ApplicationCredential("0de300000000000000000000000000d2", "restricted", "sandbox", USERS[0], _DEMO),
)
"""Two of ``demo``'s for its project; Keystone makes restricted ones unless it is told otherwise."""


def find_credentials(username: str = "demo") -> Credentials:
    """Return the credentials of a user for the first project with a role.

    Raises KeyError where there is no such user, or the user has no project.
    """
    user = next((each for each in USERS if each.name == username and each.projects), None)
    if user is None:
        raise KeyError(username)
    return Credentials(user.id, user.name, user.password, user.projects[0].id, user.projects[0].name)


def find_named(things: Sequence[_T], reference: Mapping[str, Json]) -> _T | None:
    """Return the user or the project that an id names, or a name in the one domain, if there is one.

    As in Keystone's database, the case of a name does not matter.
    """
    if "id" in reference:
        return next((each for each in things if each.id == reference["id"]), None)
    if not is_domain(reference["domain"]):
        return None
    name = reference["name"].casefold()
    return next((each for each in things if each.name.casefold() == name), None)


def is_domain(reference: Mapping[str, Json]) -> bool:
    """Return whether an id or a name is that of the one domain."""
    return bool(reference.get("id") == DOMAIN_ID or reference.get("name", "").casefold() == DOMAIN_NAME.casefold())


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
        """Tell whether a token has not expired yet."""
        return self._now() < token.expires

    def revoke(self, token: Token) -> None:
        """Make a token good for nothing: it expired when it was issued."""
        with self._lock:
            if token.id in self._tokens:
                self._tokens[token.id] = replace(token, expires=token.issued)
