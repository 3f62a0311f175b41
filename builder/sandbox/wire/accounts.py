"""Who may use the sandbox: fixed users and projects, with credentials that are no secret.

Apart from Keystone's API, because the contract tests and the startup message name the same people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
    """A user of the one domain; ``projects`` are the ids of those where the user has a role."""

    id: str
    name: str
    password: str = field(repr=False)
    projects: tuple[str, ...] = ()
    is_enabled: bool = True


@dataclass(frozen=True, slots=True)
class ApplicationCredential:
    """A user's leave for a program to act in one project; one that is restricted may make no trusts, as Heat does."""

    id: str
    name: str
    secret: str = field(repr=False)
    user_id: str
    project_id: str
    is_restricted: bool = True


_T = TypeVar("_T", User, Project)

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

APPLICATION_CREDENTIALS: tuple[ApplicationCredential, ...] = (
    ApplicationCredential(
        "0de300000000000000000000000000d1", "unrestricted", "sandbox", USERS[0].id, _DEMO.id, is_restricted=False
    ),
    ApplicationCredential("0de300000000000000000000000000d2", "restricted", "sandbox", USERS[0].id, _DEMO.id),
)
"""Two of ``demo``'s for its project; Keystone makes restricted ones unless it is told otherwise."""


def find_credentials(username: str = "demo") -> Credentials:
    """Return the credentials of a user for the first project with a role.

    Raises KeyError where there is no such user, or the user has no project.
    """
    for user in USERS:
        for project in PROJECTS if user.name == username else ():
            if project.id in user.projects:
                return Credentials(user.id, user.name, user.password, project.id, project.name)
    raise KeyError(username)


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
