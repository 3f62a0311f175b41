"""What the operations of the OpenAPI description have in common: schemas, headers, parameters, error responses.

The published schemas are draft-07, for the sake of editors; OpenAPI 3.1 takes 2020-12. They use only keywords that
mean the same in both, so that they are embedded as they are, without ``$schema`` and ``$id``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from builder import schemas
from builder.api.openapi_examples import ERRORS
from builder.api.rendering import JSON

Part = dict[str, Any]

EMBEDDED: Mapping[str, str] = {
    "BuildRequest": schemas.BUILD_REQUEST,
    "BuiltCluster": "built-cluster",
    "BuildPreview": "build-preview",
    "ListedClusterType": "listed-cluster-type",
    "CloudAssets": "cloud-assets",
    "Catalogue": "catalogue",
    "Status": "status",
    "Errors": "errors",
}
"""The published schema of each component."""

_REFUSALS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "400": ("The request cannot be served as it is; `errors` tells everything that is wrong with it.", ()),
    "401": (
        "The request carries no acceptable token, or the identity service refused the credentials.",
        ("WWW-Authenticate",),
    ),
    "403": (
        "The user may not do this in this project, the service may not use this cloud, or a web page of another site "
        "sends the request.",
        (),
    ),
    "404": ("There is no such thing.", ()),
    "409": ("The cluster of this Idempotency-Key was deleted, or the stack's name is taken.", ()),
    "413": ("The request is larger than the service, or the cloud, accepts.", ()),
    "422": ("The Idempotency-Key came before with another request.", ()),
    "502": ("The cloud failed, cannot be reached, or gave an answer that makes no sense.", ("Retry-After",)),
    "503": ("The service, or the cloud, has too much to do, or the service is not ready.", ("Retry-After",)),
    "504": ("The cloud did not answer in time. `detail` says whether a stack may exist.", ()),
}


_ALWAYS = ("X-Request-ID", "X-Content-Type-Options")
"""The headers of every response."""


def build_schemas() -> Part:
    """The published schemas under their names here."""
    embedded = {name: embed_schema(schemas.load_schema(source)) for name, source in EMBEDDED.items()}
    embedded["CloudEnv"] = {
        **embedded["BuildRequest"]["properties"]["cloud_env"],
        "description": "The cloud and who asks: the same as in a build.",
    }
    wrapped: Part = {
        "title": "In an object, as in a build",
        "type": "object",
        "required": ["cloud_env"],
        "properties": {"cloud_env": refer("schemas", "CloudEnv")},
    }
    bare: Part = {"title": "By themselves", "allOf": [refer("schemas", "CloudEnv")], "not": {"required": ["cloud_env"]}}
    embedded["AssetsRequest"] = {"description": "Credentials, in either of two forms.", "oneOf": [bare, wrapped]}
    return embedded


def embed_schema(schema: Mapping[str, Any]) -> Part:
    """A schema of its own as a part of this document."""
    return {key: value for key, value in schema.items() if key not in ("$schema", "$id")}


def refer(kind: str, name: str) -> Part:
    """A reference to one of the components."""
    return {"$ref": f"#/components/{kind}/{name}"}


def build_headers() -> Part:
    """The headers of responses."""
    return {
        "X-Request-ID": _header("The request's id: the caller's, or one that was made here. It is in every log line."),
        "X-Content-Type-Options": {
            "description": "The response is of the type that it says, and no other.",
            "schema": {"type": "string", "const": "nosniff"},
        },
        "ETag": _header("Changes when, and only when, the content does; the same on every replica."),
        "Last-Modified": _header("When the content changed last, as an HTTP date; never in the future."),
        "Location": _header("The URL of the stack at Heat, unless a secret of the request is in it.", "uri"),
        "Idempotent-Replayed": {
            "description": "Present where an earlier request with this Idempotency-Key made the cluster.",
            "schema": {"type": "string", "const": "true"},
        },
        "Retry-After": _header("After how many seconds to try again; of a 502, only where the cloud said so."),
        "WWW-Authenticate": _header("What token the service wants; absent where the cloud refused the credentials."),
        "Cache-Control": _header("`no-store`: of this moment only. `no-cache`: may be kept, if asked about each time."),
    }


def _header(description: str, kind: str | None = None) -> Part:
    schema = {"type": "string"} if kind is None else {"type": "string", "format": kind}
    return {"description": description, "schema": schema}


def build_parameters() -> Part:
    """The parameters that several operations have."""
    return {
        "X-Request-ID": {
            "name": "X-Request-ID",
            "in": "header",
            "description": "An id to find the request by: 1 to 128 letters, digits and `._:-`. Anything else is "
            "replaced. A UUID, with or without `req-` before it, goes along to OpenStack.",
            "schema": {"type": "string"},
        },
        "If-None-Match": {
            "name": "If-None-Match",
            "in": "header",
            "description": "The ETag of what the client has. Where it is given, If-Modified-Since does not count.",
            "schema": {"type": "string"},
        },
        "If-Modified-Since": {
            "name": "If-Modified-Since",
            "in": "header",
            "description": "The Last-Modified of what the client has, or the newest `last_modified` in it. No other "
            "date counts, be it later or not.",
            "schema": {"type": "string"},
        },
    }


def build_responses() -> Part:
    """The error responses, by status."""
    return {f"E{status}": _refusal(status) for status in _REFUSALS}


def _refusal(status: str) -> Part:
    description, headers = _REFUSALS[status]
    content: Part = {"schema": refer("schemas", "Errors")}
    if status in ERRORS:
        content["example"] = ERRORS[status]
    return respond(description, content, *headers)


def respond(description: str, content: Part | None = None, *headers: str, media_type: str = JSON) -> Part:
    """A response with its body, and with its headers besides those that every response has."""
    response: Part = {
        "description": description,
        "headers": {name: refer("headers", name) for name in (*_ALWAYS, *headers)},
    }
    if content is not None:
        response["content"] = {media_type: content}
    return response


def errors(*statuses: int) -> Part:
    """References to error responses."""
    return {str(status): refer("responses", f"E{status}") for status in sorted(statuses)}
