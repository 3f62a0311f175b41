"""Keystone's API, version 3: tokens, the catalogue, and what a user may see of itself.

Apart from Heat's API. What a body must look like is in ``authentication``; this module has the routes and the answers.
https://docs.openstack.org/api-ref/identity/v3/
"""

from __future__ import annotations

import json

from builder.sandbox.faults import IdentityFault, Json, PageFault
from builder.sandbox.wire.accounts import DOMAIN_ID, DOMAIN_NAME, Project, Token, TokenStore
from builder.sandbox.wire.authentication import UNAUTHENTICATED, authenticate, expected
from builder.sandbox.wire.endpoints import IDENTITY_PATH, build_catalog, describe_identity
from builder.sandbox.wire.server import Handler, Request, Response, Router, as_response, json_response

MAX_BODY = 114_688
"""Bytes a body may have: ``max_request_body_size`` of Keystone."""

_FORBIDDEN = "You are not authorized to perform the requested action"
_DOMAIN = {"id": DOMAIN_ID, "name": DOMAIN_NAME}
_ROLES = [
    {"id": "0de300000000000000000000000000c1", "name": "member"},
    {"id": "0de300000000000000000000000000c2", "name": "reader"},
]
_FOR_ADMINISTRATORS = ("domains", "endpoints", "groups", "projects", "roles", "services", "users")
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


class IdentityService:
    """Keystone; lives as long as the sandbox. May be called from any thread."""

    def __init__(self, tokens: TokenStore) -> None:
        self._tokens = tokens
        reading: dict[str, Handler] = {
            "/": self._list_versions,
            IDENTITY_PATH: lambda request: {"version": describe_identity(request.base)},
            "/v3/auth/tokens": self._show_token,
            "/v3/auth/catalog": self._show_catalog,
            "/v3/auth/projects": self._list_projects,
            "/v3/auth/domains": self._list_domains,
            "/v3/users/{user_id}": self._show_user,
            "/v3/users/{user_id}/projects": self._list_projects,
            "/v3/projects/{project_id}": self._show_project,
            **{f"{IDENTITY_PATH}/{collection}": self._refuse_list for collection in _FOR_ADMINISTRATORS},
        }
        routes = {pattern: {"GET": handler, "HEAD": handler} for pattern, handler in reading.items()}
        routes["/v3/auth/tokens"] |= {"DELETE": self._revoke_token, "POST": self._issue_token}
        self._router = Router(routes)

    def handle(self, request: Request) -> Response:
        """Answer a request. Raises CloudFault with Keystone's words."""
        segments = request.segments
        found = self._router.match(segments if len(segments) == 1 or segments[-1] else segments[:-1])
        if found is None:
            raise PageFault
        methods, parameters = found
        allow = ", ".join((*methods, "OPTIONS"))
        if request.method == "OPTIONS":
            return Response(200, content_type="text/html; charset=utf-8", headers={"Allow": allow})
        if request.method not in methods:
            document = {"message": "The method is not allowed for the requested URL."}
            return json_response(405, document, Allow=allow)
        if len(request.body) > MAX_BODY:
            raise PageFault(413, f"Request is too large. Larger than {MAX_BODY} bytes.")
        headers = {"Vary": "X-Auth-Token"}
        try:
            response = as_response(methods[request.method](request, **parameters))
        except IdentityFault as fault:
            if fault.status == 401:
                headers["WWW-Authenticate"] = f'Keystone uri="{request.base}{IDENTITY_PATH}"'
            return Response(fault.status, fault.body(), headers=headers)
        return Response(response.status, response.body, response.content_type, {**headers, **response.headers})

    def _list_versions(self, request: Request) -> Response:
        version = describe_identity(request.base)
        location = version["links"][0]["href"]
        return json_response(300, {"versions": {"values": [version]}}, Location=location)

    def _issue_token(self, request: Request) -> Response:
        token = self._tokens.issue(*authenticate(_read_json(request), self._find_subject))
        return self._render_token(201, token, request)

    def _show_token(self, request: Request) -> Response:
        subject = self._read_subject(request, "identity:validate_token")
        return self._render_token(200, subject, request)

    def _revoke_token(self, request: Request) -> Response:
        self._tokens.revoke(self._read_subject(request, "identity:revoke_token"))
        return Response(204, content_type=None)

    def _show_catalog(self, request: Request) -> Json:
        token = self._require_token(request)
        if token.project is None:
            raise IdentityFault(403, f"{_FORBIDDEN}.")
        document = {"catalog": build_catalog(request.base, token.project.id)}
        return {**document, "links": _links(request)}

    def _list_projects(self, request: Request, user_id: str | None = None) -> Json:
        token = self._require_token(request)
        if user_id is not None and user_id != token.user.id:
            raise IdentityFault(403, f"{_FORBIDDEN}: identity:list_user_projects.")
        shown = [_show_project(project, request) for project in token.user.projects]
        return {"projects": shown, "links": _links(request)}

    def _list_domains(self, request: Request) -> Json:
        self._require_token(request)
        return {"domains": [], "links": _links(request)}

    def _show_user(self, request: Request, user_id: str) -> Json:
        user = self._require_token(request).user
        if user.id != user_id:
            raise IdentityFault(403, f"{_FORBIDDEN}: identity:get_user.")
        shown = {
            "id": user.id,
            "name": user.name,
            "domain_id": DOMAIN_ID,
            "enabled": user.is_enabled,
            "password_expires_at": None,
            "options": {},
            "links": {"self": f"{request.base}{IDENTITY_PATH}/users/{user.id}"},
        }
        return {"user": shown}

    def _show_project(self, request: Request, project_id: str) -> Json:
        token = self._require_token(request)
        if token.project is None or token.project.id != project_id:
            raise IdentityFault(403, f"{_FORBIDDEN}: identity:get_project.")
        return {"project": _show_project(token.project, request)}

    def _refuse_list(self, request: Request) -> Response:
        self._require_token(request)
        raise IdentityFault(403, f"{_FORBIDDEN}: identity:list_{request.segments[1]}.")

    def _require_token(self, request: Request) -> Token:
        token = self._tokens.find_valid(request.headers.get("X-Auth-Token"))
        if token is None:
            raise IdentityFault(401, UNAUTHENTICATED)
        return token

    def _read_subject(self, request: Request, action: str) -> Token:
        """Return the token that ``X-Subject-Token`` names: one's own user's, and no one else's."""
        caller = self._require_token(request)
        subject_id = request.headers.get("X-Subject-Token")
        subject = None if subject_id is None else self._find_subject(subject_id)
        if subject is None or subject.user != caller.user:
            raise IdentityFault(403, f"{_FORBIDDEN}: {action}.")
        return subject

    def _find_subject(self, token_id: str) -> Token:
        token = self._tokens.find(token_id)
        if token is None:
            raise IdentityFault(404, "Could not recognize Fernet token")
        if not self._tokens.is_valid(token):
            raise IdentityFault(404, "Failed to validate token")
        return token

    def _render_token(self, status: int, token: Token, request: Request) -> Response:
        document: dict[str, Json] = {
            "methods": list(token.methods),
            "user": {
                "domain": _DOMAIN,
                "id": token.user.id,
                "name": token.user.name,
                "password_expires_at": None,
            },
            "audit_ids": list(token.audit_ids),
            "expires_at": token.expires.strftime(_TIME),
            "issued_at": token.issued.strftime(_TIME),
        }
        if token.application_credential is not None:
            credential = token.application_credential
            document["application_credential"] = {
                "id": credential.id,
                "name": credential.name,
                "restricted": credential.is_restricted,
            }
        if token.project is not None:
            document["project"] = {"domain": _DOMAIN, "id": token.project.id, "name": token.project.name}
            document["is_domain"] = False
            document["roles"] = _ROLES
            if "nocatalog" not in request.query:
                document["catalog"] = build_catalog(request.base, token.project.id)
        return json_response(status, {"token": document}, **{"X-Subject-Token": token.id})


def _read_json(request: Request) -> dict[str, Json]:
    """Return the body; none at all counts as an empty document. Raises IdentityFault where it is no JSON document."""
    if not request.body:
        return {}
    content_type = (request.headers.get("Content-Type") or "").partition(";")[0].strip()
    if content_type != "application/json":
        raise expected("application/json", "Content-Type header")
    try:
        document = json.loads(request.body)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise expected("valid JSON", "request body")
    return document


def _show_project(project: Project, request: Request) -> dict[str, Json]:
    return {
        "id": project.id,
        "name": project.name,
        "domain_id": DOMAIN_ID,
        "description": "",
        "enabled": project.is_enabled,
        "parent_id": DOMAIN_ID,
        "is_domain": False,
        "tags": [],
        "options": {},
        "links": {"self": f"{request.base}{IDENTITY_PATH}/projects/{project.id}"},
    }


def _links(request: Request) -> dict[str, Json]:
    return {"next": None, "self": f"{request.base}{request.path}", "previous": None}
