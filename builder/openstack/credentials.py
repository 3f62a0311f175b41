"""What a caller gives of itself and its cloud: values, and how they are read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from builder.net.addresses import parse_origin
from builder.openstack.failure_kinds import FailureKind

AUTH_URL_POINTER = "/cloud_env/auth_url"
TOKEN_POINTER = "/cloud_env/token"  # noqa: S105  # a place, and no token

SECRET_KEYS = ("password", "application_credential_secret", "token")
"""The keys of ``cloud_env`` whose values are never shown, one for each way to authenticate."""

APPLICATION_CREDENTIAL_KEYS = (
    "application_credential_id", "application_credential_name", "application_credential_secret",
)  # fmt: skip
USER_KEYS = ("user_id", "username", "user_domain_id", "user_domain_name")
PROJECT_KEYS = ("project_id", "project_name", "project_domain_id", "project_domain_name")
"""The keys that name an application credential, a user and a project, as Keystone's plugins have them, too."""

_NOT_IN_A_URL = re.compile(r"[^\x21-\x7e]|[\\<>\"^`{|}]")


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks, of which project, on which cloud: as the caller gave it, for one request only.

    By an application credential, which has a user and a project of its own, and where it is named by its name, its user
    beside it; or by a token, which has a user; or else by a password. What the way in use does not need is None.
    """

    auth_url: str
    password: str = field(default="", repr=False)
    user_id: str | None = None
    username: str | None = None
    user_domain_id: str | None = None
    user_domain_name: str | None = None
    project_id: str | None = None
    project_name: str | None = None
    project_domain_id: str | None = None
    project_domain_name: str | None = None
    region_name: str | None = None
    application_credential_id: str | None = None
    application_credential_name: str | None = None
    application_credential_secret: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What of it must not be shown."""
        return list_secrets({key: getattr(self, key) for key in SECRET_KEYS})

    @property
    def application_credential_pointer(self) -> str | None:
        """Where the request names the application credential that is used, if one is."""
        keys = (key for key in APPLICATION_CREDENTIAL_KEYS[:2] if getattr(self, key))
        return next((f"/cloud_env/{key}" for key in keys), None)


def parse_credentials(cloud_env: Mapping[str, Any]) -> Credentials:
    """Read the request's ``cloud_env``, which its schema has already accepted.

    An empty string means not given, as it does in a form. Where both an id and a name are given, the id counts; where
    several ways to authenticate are, the password does, then the application credential: who sends a password may send
    anything beside it, as before there were other ways.

    Raises:
        RequestError: (400) ``auth_url`` cannot be the address of a Keystone.
    """
    given: dict[str, Any] = {key: cloud_env.get(key) or None for key in Credentials.__dataclass_fields__}
    names_user = given["user_id"] or (given["username"] and (given["user_domain_id"] or given["user_domain_name"]))
    if given["password"]:
        unused: tuple[str, ...] = (*APPLICATION_CREDENTIAL_KEYS, "token")
    elif given["application_credential_id"] and given["application_credential_secret"]:
        unused = ("application_credential_name", "token", *USER_KEYS, *PROJECT_KEYS)
    elif given["application_credential_name"] and given["application_credential_secret"] and names_user:
        unused = ("application_credential_id", "token", *PROJECT_KEYS)
    else:
        unused = (*APPLICATION_CREDENTIAL_KEYS, *(USER_KEYS if given["token"] else ()))
    given.update(dict.fromkeys(unused))
    if given["user_id"]:
        given.update(username=None, user_domain_id=None, user_domain_name=None)
    if given["project_id"]:
        given.update(project_name=None, project_domain_id=None, project_domain_name=None)
    given["auth_url"] = parse_auth_url(str(cloud_env.get("auth_url", "")))
    given["password"] = str(cloud_env.get("password", ""))
    return Credentials(**given)


def list_secrets(cloud_env: Mapping[str, Any]) -> tuple[str, ...]:
    """What of a ``cloud_env`` must not be shown, whichever way to authenticate it is for."""
    return tuple(str(cloud_env[key]) for key in SECRET_KEYS if cloud_env.get(key))


def parse_auth_url(auth_url: str) -> str:
    """Refuse what cannot be the address of a Keystone before anything is sent to it.

    Raises:
        RequestError: (400) with the pointer of ``auth_url`` and what is wrong with it.
    """
    wrong = "contains a character that no URL contains" if _NOT_IN_A_URL.search(auth_url) else ""
    try:
        parse_origin(auth_url)
    except ValueError as error:
        wrong = wrong or str(error)
    if wrong:
        raise FailureKind.INVALID_AUTH_URL.error(
            f"auth_url {wrong}; it should look like https://keystone.example.org:5000/v3", AUTH_URL_POINTER
        )
    return auth_url
