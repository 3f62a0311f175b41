"""Who may use the sandbox: fixed users and projects, with credentials that are no secret.

Apart from Keystone's API, because the contract tests and the startup_message text name the same people.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

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
    """A user of the one domain; ``projects`` are the ids of those where the user has a role."""

    id: str
    name: str
    password: str = field(repr=False)
    projects: tuple[str, ...] = ()
    is_enabled: bool = True

    def has_password(self, password: str) -> bool:
        """Tell whether a password is this user's."""
        return hmac.compare_digest(self.password.encode(), password.encode(errors="surrogatepass"))


_DEMO = Project("0de300000000000000000000000000a1", "demo")
_OTHER = Project("0de300000000000000000000000000a2", "alt_demo")
_DISABLED = Project("0de300000000000000000000000000a3", "disabled", is_enabled=False)

PROJECTS: tuple[Project, ...] = (_DEMO, _OTHER, _DISABLED)

USERS: tuple[User, ...] = (
    User("0de300000000000000000000000000b1", "demo", "sandbox", (_DEMO.id, _DISABLED.id)),
    User("0de300000000000000000000000000b2", "alt_demo", "sandbox", (_OTHER.id,)),
    User("0de300000000000000000000000000b3", "disabled", "sandbox", (_DEMO.id,), is_enabled=False),
    User("0de300000000000000000000000000b4", "norole", "sandbox"),
)
"""``demo`` is the one to use; the others are there for what can go wrong."""


def find_credentials(username: str = "demo") -> Credentials:
    """Return the credentials of a user for the first project with a role.

    Raises KeyError where there is no such user, or the user has no project.
    """
    for user in USERS:
        if user.name == username and user.projects:
            project = find_project_by_id(user.projects[0])
            return Credentials(user.id, user.name, user.password, user.projects[0], project.name if project else "")
    raise KeyError(username)


def find_user_by_id(user_id: str) -> User | None:
    """Return a user, or None."""
    return next((user for user in USERS if user.id == user_id), None)


def find_user_by_name(name: str) -> User | None:
    """Return a user, or None; as in Keystone's database, case does not matter."""
    return next((user for user in USERS if user.name.casefold() == name.casefold()), None)


def find_project_by_id(project_id: str) -> Project | None:
    """Return a project, or None."""
    return next((project for project in PROJECTS if project.id == project_id), None)


def find_project_by_name(name: str) -> Project | None:
    """Return a project, or None; case does not matter."""
    return next((project for project in PROJECTS if project.name.casefold() == name.casefold()), None)


def is_the_domain(*, domain_id: str | None = None, name: str | None = None) -> bool:
    """Tell whether an id or a name is that of the one domain there is."""
    return domain_id == DOMAIN_ID or (name or "").casefold() == DOMAIN_NAME.casefold()
