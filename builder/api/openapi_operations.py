"""What each path of the service does, as OpenAPI path items."""

from __future__ import annotations

from typing import Any

from builder import schemas
from builder.api import openapi_examples as examples
from builder.api.openapi_parts import Part, errors, refer, respond
from builder.api.rendering import JSON

SCHEMA_JSON = "application/schema+json"

OPEN_OR_BEARER: list[Part] = [{}, {"bearer": []}]
"""A token is needed where the operator set a secret."""

_CONDITIONS = [refer("parameters", name) for name in ("If-None-Match", "If-Modified-Since")]


def build_paths() -> Part:
    """Every path, without the slash at its end."""
    return {
        "/cluster-types": {"get": _list_cluster_types()},
        "/cluster-types/{id}": {"get": _show_cluster_type()},
        "/clusters": {"post": _create_cluster()},
        "/cloud_assets": {"get": _show_cloud_assets(), "post": _ask_cloud_assets()},
        "/health": {"get": _show_health()},
        "/ready": {"get": _show_readiness()},
        "/catalogue": {"get": _show_catalogue()},
        "/metrics": {"get": _show_metrics()},
        "/schemas/{name}": {"get": _show_schema()},
        "/openapi.json": {"get": _show_openapi()},
    }


def _operation(tag: str, identifier: str, summary: str, responses: Part, **further: Any) -> Part:
    parameters = [*further.pop("parameters", ()), refer("parameters", "X-Request-ID")]
    return {
        "tags": [tag],
        "operationId": identifier,
        "summary": summary,
        **further,
        "parameters": parameters,
        "responses": {**responses, **errors(400)},
    }


def _list_cluster_types() -> Part:
    listing: Part = {
        "schema": {"type": "array", "items": refer("schemas", "ListedClusterType")},
        "example": [examples.CLUSTER_TYPE],
    }
    return _operation(
        "cluster types",
        "listClusterTypes",
        "All cluster types, sorted by order, then by id",
        {
            "200": respond("The cluster types.", listing, "ETag", "Last-Modified", "Cache-Control"),
            "304": respond("The client has them already.", None, "ETag", "Last-Modified", "Cache-Control"),
            **errors(401, 503),
        },
        parameters=_CONDITIONS,
        security=OPEN_OR_BEARER,
    )


def _show_cluster_type() -> Part:
    content: Part = {"schema": refer("schemas", "ListedClusterType"), "example": examples.CLUSTER_TYPE}
    return _operation(
        "cluster types",
        "showClusterType",
        "One cluster type",
        {
            "200": respond("The cluster type.", content, "ETag", "Last-Modified", "Cache-Control"),
            "304": respond("The client has it already.", None, "ETag", "Last-Modified", "Cache-Control"),
            **errors(401, 404, 503),
        },
        parameters=[_path_parameter("id", "The id of the cluster type.", "self-contained"), *_CONDITIONS],
        security=OPEN_OR_BEARER,
    )


def _create_cluster() -> Part:
    built: Part = {"schema": refer("schemas", "BuiltCluster"), "example": examples.BUILT_CLUSTER}
    preview: Part = {"schema": refer("schemas", "BuildPreview"), "example": examples.BUILD_PREVIEW}
    return _operation(
        "clusters",
        "createCluster",
        "Build a cluster, or tell what that would make",
        {
            "200": respond("A dry run: what would be made, and what that needs.", preview, "Cache-Control"),
            "201": respond("The stack was created.", built, "Location", "Idempotent-Replayed"),
            **errors(400, 401, 403, 409, 413, 422, 502, 503, 504),
        },
        parameters=[
            {
                "name": "dry_run",
                "in": "query",
                "description": "Whether to do everything but the creation: `true` or `false`. Any other query "
                "parameter is refused (400).",
                "schema": {"type": "boolean", "default": False},
            },
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "A text of the caller's choice, of 1 to 255 printable ASCII characters, in quotes or "
                "without. However often a request with the same key is sent, it makes one cluster.",
                "schema": {"type": "string"},
            },
        ],
        requestBody=_body("BuildRequest", {"ids": examples.BUILD_BY_IDS, "names": examples.BUILD_BY_NAMES}),
        security=OPEN_OR_BEARER,
    )


def _assets_responses() -> Part:
    content: Part = {"schema": refer("schemas", "CloudAssets"), "example": examples.CLOUD_ASSETS}
    return {
        "200": respond("What there is; services that the cloud has not give empty lists.", content, "Cache-Control"),
        **errors(400, 401, 403, 413, 502, 503, 504),
    }


def _ask_cloud_assets() -> Part:
    return _operation(
        "clusters",
        "askCloudAssets",
        "What a form can offer for parameters that name something of the cloud",
        _assets_responses(),
        requestBody=_body("AssetsRequest", {"bare": examples.CLOUD_ENV, "wrapped": {"cloud_env": examples.CLOUD_ENV}}),
        security=OPEN_OR_BEARER,
    )


def _show_cloud_assets() -> Part:
    described: Part = schemas.load_schema(schemas.BUILD_REQUEST)["properties"]["cloud_env"]
    parameters = [
        {
            "name": name,
            "in": "query",
            "description": schema["description"],
            "required": name in described["required"],
            "schema": {"type": "string"},
        }
        for name, schema in described["properties"].items()
    ]
    return _operation(
        "clusters",
        "showCloudAssets",
        "The same, with the credentials in the query string",
        _assets_responses(),
        description="For today's Visualisation App. A URL with a password in it may end up in a log: prefer POST.",
        parameters=parameters,
        security=OPEN_OR_BEARER,
    )


def _show_health() -> Part:
    content: Part = {"schema": refer("schemas", "Status"), "example": {"status": "ok"}}
    return _operation(
        "operation", "showHealth", "Whether the process answers at all", {"200": respond("It does.", content)}
    )


def _show_readiness() -> Part:
    content: Part = {"schema": refer("schemas", "Status"), "example": {"status": "ready"}}
    return _operation(
        "operation",
        "showReadiness",
        "Whether the catalogue can be relied upon",
        {"200": respond("It can.", content, "Cache-Control"), **errors(503)},
    )


def _show_catalogue() -> Part:
    content: Part = {"schema": refer("schemas", "Catalogue")}
    return _operation(
        "operation",
        "showCatalogue",
        "Every entry of the enabled folder with its state and problems",
        {"200": respond("The entries.", content, "Cache-Control"), **errors(401)},
        security=OPEN_OR_BEARER,
    )


def _show_metrics() -> Part:
    content: Part = {"schema": {"type": "string"}}
    return _operation(
        "operation",
        "showMetrics",
        "What the service measures of itself, for Prometheus",
        {"200": respond("The metrics.", content, media_type="text/plain")},
    )


def _show_schema() -> Part:
    return _operation(
        "contract",
        "showSchema",
        "A published JSON schema (draft-07)",
        {
            "200": respond("The schema.", {"schema": {"type": "object"}}, media_type=SCHEMA_JSON),
            **errors(404),
        },
        parameters=[
            _path_parameter("name", "The schema's name, with or without `.schema.json`.", schemas.BUILD_REQUEST)
        ],
    )


def _show_openapi() -> Part:
    content: Part = {"schema": {"type": "object", "required": ["openapi", "info", "paths"]}}
    return _operation("contract", "showOpenAPI", "This document", {"200": respond("The document.", content)})


def _path_parameter(name: str, description: str, example: str) -> Part:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {"type": "string", "minLength": 1},
        "example": example,
    }


def _body(schema: str, given: Part) -> Part:
    content = {
        "schema": refer("schemas", schema),
        "examples": {name: {"value": value} for name, value in given.items()},
    }
    return {"required": True, "content": {JSON: content}}
