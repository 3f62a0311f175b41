"""The OpenAPI 3.1 description of the service, made from the published schemas.

Put together here; ``openapi_operations.py`` says what each path does, ``openapi_parts.py`` what they have in common,
``openapi_examples.py`` what it looks like.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from builder import __version__
from builder.api.openapi_operations import build_paths
from builder.api.openapi_parts import build_headers, build_parameters, build_responses, build_schemas
from builder.encoding import encode_json

DESCRIPTION = """\
Lists the cluster types that are enabled on this service, and builds clusters of them on an OpenStack cloud.

- Every path works with and without a slash at its end, and every path that takes GET takes HEAD.
- Every response carries `X-Request-ID`, and every error is an object with an array `errors` (JSON:API). Its `title`
  names the kind of failure and never varies for that kind.
- What is no proper HTTP request, or comes too slowly, is refused by 400, 408, 413 or 417, at any path; other paths are
  404, other methods 405 with `Allow`. All of these have the same body.
- Whether a bearer token is needed is the operator's choice. Without a secret on the service, none is.
"""


@cache
def encode_openapi() -> bytes:
    """The description as JSON."""
    return encode_json(build_openapi())


def build_openapi() -> dict[str, Any]:
    """The description (https://spec.openapis.org/oas/v3.1.0)."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Concertim Cluster Builder",
            "version": __version__,
            "summary": "Cluster types, and clusters built of them",
            "description": DESCRIPTION,
        },
        "servers": [{"url": "/"}],
        "tags": [
            {"name": "cluster types", "description": "What can be built"},
            {"name": "clusters", "description": "Building"},
            {"name": "operation", "description": "How the service fares"},
            {"name": "contract", "description": "What all this looks like"},
        ],
        "paths": build_paths(),
        "components": {
            "schemas": build_schemas(),
            "parameters": build_parameters(),
            "headers": build_headers(),
            "responses": build_responses(),
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "HS256, signed with a secret that both sides know; `exp` is required and at most "
                    "an hour away; `nbf` and `iat`, where they are given, have passed.",
                }
            },
        },
    }
