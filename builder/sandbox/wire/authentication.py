"""From the body of ``POST /v3/auth/tokens`` to a user and a project, or to Keystone's words for what is wrong with it.

Apart from the routes of the identity service: this is the part with rules. Keystone tells a malformed request from a
refused one, and never says what it refused. The types are those of ``keystone/auth/schema.py``.
https://docs.openstack.org/api-ref/identity/v3/#password-authentication-with-scoped-authorization
https://docs.openstack.org/api-ref/identity/v3/#authenticating-with-an-application-credential
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jsonschema

from builder.sandbox.faults import MALFORMED, IdentityFault, Json
from builder.sandbox.wire.accounts import (
    APPLICATION_CREDENTIALS,
    PROJECTS,
    USERS,
    ApplicationCredential,
    Project,
    Token,
    User,
    find_named,
    is_domain,
)

_METHODS = ("external", "password", "token", "oauth1", "mapped", "application_credential", "ec2credential")
# Keystone quotes them, without references, and looks at properties before it misses any.
_TEXT = {"type": "string"}
_DOMAIN = {"type": "object", "properties": {"id": _TEXT, "name": _TEXT}}
_USER = {"type": "object", "properties": {"id": _TEXT, "name": _TEXT, "password": _TEXT, "domain": _DOMAIN}}
_IDENTITY = {
    "type": "object",
    "properties": {
        "methods": {"type": "array", "items": _TEXT},
        "password": {"type": "object", "properties": {"user": _USER}},
        "token": {"type": "object", "properties": {"id": _TEXT}, "required": ["id"]},
        "application_credential": {
            "type": "object",
            "properties": {"id": _TEXT, "name": _TEXT, "secret": _TEXT, "user": _USER},
        },
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

UNAUTHENTICATED = "The request you have made requires authentication."
_DELEGATED = (
    "You are not authorized to perform the requested action: "
    "Using a delegated token to create another token is not allowed.."
)


def authenticate(
    body: Mapping[str, Json], find_token: Callable[[str], Token]
) -> tuple[User, Project | None, Token | None, ApplicationCredential | None]:
    """Return who is to get a token, for which project, and the token or application credential that was shown for it.

    ``find_token`` returns a token that was given out, and raises for any other.

    Raises IdentityFault where the body is malformed; and without a reason, as Keystone, where it is refused.
    """
    auth = body.get("auth")
    if auth is None:
        raise expected("auth", "request body")
    _check_shape(auth)
    scope = _read_scope(auth.get("scope"))
    identity = auth["identity"]
    unsupported = [method for method in identity["methods"] if method not in _METHODS]
    if unsupported:
        message = "Attempted to authenticate with an unsupported method."
        raise IdentityFault(401, message, identity={"methods": list(_METHODS)})
    for method in identity["methods"]:
        if method not in identity:
            raise expected(method, "identity")
    if "application_credential" in identity["methods"]:
        return _authenticate_application(identity["application_credential"], scope)
    users: list[User | None] = []
    parent: Token | None = None
    if "token" in identity["methods"]:
        parent = find_token(identity["token"]["id"])
        if parent.application_credential is not None:
            raise IdentityFault(403, _DELEGATED)
        users.append(parent.user)
    if "password" in identity["methods"]:
        claimed = identity["password"].get("user")
        if claimed is None:
            raise expected("user", "None")
        _require_domain(claimed, "user")
        found = find_named(USERS, claimed)
        users.append(found if found is not None and claimed.get("password") == found.password else None)
    user = users[0] if users and all(each == users[0] for each in users) else None
    # For a domain, or the system: nobody has a role there.
    project = find_named(PROJECTS, scope["project"]) if scope and "project" in scope else None
    has_role = user is not None and project is not None and project.is_enabled and project in user.projects
    if user is None or not user.is_enabled or (scope is not None and not has_role):
        raise IdentityFault(401, UNAUTHENTICATED)
    return user, project, parent, None


def _authenticate_application(
    given: Mapping[str, Json], scope: Mapping[str, Json] | None
) -> tuple[User, Project, None, ApplicationCredential]:
    """Return whose an application credential is, which brings its own project along, and itself.

    It is found by its id, or else by its name, of which the case does not matter, among those of a user.
    """
    if "id" not in given and "name" not in given:
        raise expected("name or ID", "application credential")
    if "id" not in given and not given.get("user"):
        raise expected("user", "application credential")
    if scope is not None:
        message = "Error authenticating with application credential: Application credentials cannot request a scope."
        raise IdentityFault(401, message, identity={})
    if "id" in given:
        found = next((each for each in APPLICATION_CREDENTIALS if each.id == given["id"]), None)
        if found is None:
            raise IdentityFault(404, f"Could not find Application Credential: {given['id']}.")
    else:
        owner = given["user"]
        _require_domain(owner, "user")
        user = find_named(USERS, owner)
        if user is None and "id" not in owner and is_domain(owner["domain"]):
            raise IdentityFault(404, f"Could not find user: {owner['name']}.")
        mine = (each for each in APPLICATION_CREDENTIALS if each.user == user)
        found = next((each for each in mine if each.name.casefold() == given["name"].casefold()), None)
    if found is None or given.get("secret") != found.secret:
        raise IdentityFault(401, UNAUTHENTICATED)
    return found.user, found.project, None, found


def _check_shape(auth: Json) -> None:
    """Check types, and that whatever is named has an id or a name. Raises IdentityFault."""
    error = next(_VALIDATOR.iter_errors(auth), None)
    if error is not None:
        where = "/".join(map(str, error.absolute_path))
        raise IdentityFault(400, f"Invalid input for field '{where}': {error}" if where else str(error))
    identity, scope = auth["identity"], auth.get("scope")
    scope = scope if isinstance(scope, Mapping) else {}
    for thing, field in (
        (identity.get("password", {}).get("user"), "identity/password/user"),
        (identity.get("application_credential", {}).get("user") or None, "identity/application_credential/user"),
        (scope.get("project"), "scope/project"),
        (scope.get("domain"), "scope/domain"),
    ):
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
        raise expected("system, project, domain, OS-TRUST:trust or unscoped", "scope")
    if named == ["project"]:
        _require_domain(scope["project"], "project")
    return None if named == ["unscoped"] else dict(scope)


def _require_domain(thing: Mapping[str, Json], kind: str) -> None:
    if "id" not in thing and "domain" not in thing:
        raise expected("domain", kind)


def expected(attribute: str, target: str) -> IdentityFault:
    """Return Keystone's refusal of a request that lacks something."""
    message = f"Expecting to find {attribute} in {target}. {MALFORMED} The client is assumed to be in error."
    return IdentityFault(400, message)
