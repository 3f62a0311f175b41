"""From the body of ``POST /v3/auth/tokens`` to a user and a project, or to Keystone's words for what is wrong with it.

Apart from the routes of the identity service: this is the part with rules. Keystone tells a malformed request from a
refused one, and never says what it refused.
https://docs.openstack.org/api-ref/identity/v3/#password-authentication-with-scoped-authorization
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jsonschema

from builder.sandbox.faults import IdentityFault, Json
from builder.sandbox.wire.accounts import (
    Project,
    User,
    find_project_by_id,
    find_project_by_name,
    find_user_by_id,
    find_user_by_name,
    is_the_domain,
)
from builder.sandbox.wire.tokens import Token

_MALFORMED = (
    "The server could not comply with the request since it is either malformed or otherwise incorrect. "
    "The client is assumed to be in error."
)
_METHODS = ("external", "password", "token", "oauth1", "mapped", "application_credential", "ec2credential")
_TEXT = {"type": "string"}
_DOMAIN = {"type": "object", "properties": {"id": _TEXT, "name": _TEXT}}
_USER = {"type": "object", "properties": {"id": _TEXT, "name": _TEXT, "password": _TEXT, "domain": _DOMAIN}}
_IDENTITY = {
    "type": "object",
    "properties": {
        "methods": {"type": "array", "items": _TEXT},
        "password": {"type": "object", "properties": {"user": _USER}},
        "token": {"type": "object", "properties": {"id": _TEXT}, "required": ["id"]},
    },
    "required": ["methods"],
}
_SCOPE = {
    "type": ["object", "string"],
    "properties": {
        "project": {"type": "object", "properties": {"name": _TEXT, "id": _TEXT, "domain": _DOMAIN}},
        "domain": _DOMAIN,
        "OS-TRUST:trust": {"type": "object", "properties": {"id": _TEXT}},
        "system": {"type": "object", "properties": {"all": {"type": "boolean"}}},
    },
}
_VALIDATOR = jsonschema.Draft202012Validator(
    {"type": "object", "properties": {"identity": _IDENTITY, "scope": _SCOPE}, "required": ["identity"]}
)

Subject = tuple[User, Project | None, Token | None]
"""Who is to get a token, for which project, and the token that was shown for it, if one was."""


def authenticate(body: Mapping[str, Json], find_token: Callable[[str], Token]) -> Subject | None:
    """Return who asks, for which project; None when Keystone would refuse without a reason.

    ``find_token`` returns a token that was given out, and raises for any other.

    Raises IdentityFault where the body is malformed.
    """
    auth = body.get("auth")
    if auth is None:
        raise _expected("auth", "request body")
    _check_shape(auth)
    scope = _read_scope(auth.get("scope"))
    identity = auth["identity"]
    unsupported = [method for method in identity["methods"] if method not in _METHODS]
    if unsupported:
        raise IdentityFault(
            401,
            "Attempted to authenticate with an unsupported method.",
            extra={"identity": {"methods": list(_METHODS)}},
        )
    for method in identity["methods"]:
        if method not in identity:
            raise _expected(method, "identity")
    user, parent = _identify(identity, find_token)
    if user is None or not user.is_enabled:
        return None
    project = _find_project(scope) if scope is not None else None
    if scope is not None and (project is None or not project.is_enabled or project.id not in user.projects):
        return None
    return user, project, parent


def _identify(identity: Mapping[str, Json], find_token: Callable[[str], Token]) -> tuple[User | None, Token | None]:
    """Return the user that every method agrees on, or None."""
    users: list[User | None] = []
    parent: Token | None = None
    if "token" in identity["methods"]:
        parent = find_token(identity["token"]["id"])
        users.append(parent.user)
    if "password" in identity["methods"]:
        users.append(_find_user(identity["password"].get("user")))
    agreed = bool(users) and all(user == users[0] for user in users)
    return (users[0] if agreed else None), parent


def _check_shape(auth: Json) -> None:
    error = next(_VALIDATOR.iter_errors(auth), None)
    if error is not None:
        where = "/".join(map(str, error.absolute_path))
        raise IdentityFault(400, f"Invalid input for field '{where}': {error}" if where else str(error))
    user = auth["identity"].get("password", {}).get("user")
    _check_named(user, "identity/password/user")
    scope = auth.get("scope")
    if isinstance(scope, Mapping):
        _check_named(scope.get("project"), "scope/project")
        _check_named(scope.get("domain"), "scope/domain")


def _check_named(thing: Json, field: str) -> None:
    """Refuse what has neither an id nor a name, or whose domain has neither."""
    for value, where in ((thing, field), ((thing or {}).get("domain"), f"{field}/domain")):
        if value is not None and "id" not in value and "name" not in value:
            raise IdentityFault(400, f"Invalid input for field {where}: id or name must be present.")


def _read_scope(scope: Json) -> Mapping[str, Json] | None:
    """Return the scope that is asked for: a kind and what it names; None for unscoped."""
    if scope is None or scope == "unscoped":
        return None
    kinds = ("system", "project", "domain", "OS-TRUST:trust", "unscoped")
    named = [kind for kind in kinds if isinstance(scope, Mapping) and kind in scope]
    if len(named) != 1:
        raise _expected("system, project, domain, OS-TRUST:trust or unscoped", "scope")
    if named == ["project"]:
        _require_domain(scope["project"], "project")
    return None if named == ["unscoped"] else dict(scope)


def _find_project(scope: Mapping[str, Json]) -> Project | None:
    project = scope.get("project")
    if project is None:
        return None  # a domain or the system: nobody has a role there
    if "id" in project:
        return find_project_by_id(project["id"])
    return find_project_by_name(project["name"]) if _is_in_the_domain(project) else None


def _find_user(user: Json) -> User | None:
    """Return the user whose password this is, or None."""
    if user is None:
        raise _expected("user", "None")
    if "id" in user:
        found = find_user_by_id(user["id"])
    else:
        _require_domain(user, "user")
        found = find_user_by_name(user["name"]) if _is_in_the_domain(user) else None
    return found if found is not None and found.has_password(user.get("password", "")) else None


def _require_domain(thing: Mapping[str, Json], kind: str) -> None:
    if "id" not in thing and "domain" not in thing:
        raise _expected("domain", kind)


def _is_in_the_domain(thing: Mapping[str, Json]) -> bool:
    domain = thing["domain"]
    return is_the_domain(domain_id=domain.get("id"), name=domain.get("name"))


def _expected(attribute: str, target: str) -> IdentityFault:
    return IdentityFault(400, f"Expecting to find {attribute} in {target}. {_MALFORMED}")
