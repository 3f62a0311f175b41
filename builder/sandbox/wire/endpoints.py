"""Where the services are: the catalogue that comes with a token, and version discovery.

Apart from the services, each of which would otherwise know the other's paths. All URLs start with what the client
reached the server by, so that the catalogue is right behind a published port, too.
"""

from __future__ import annotations

import uuid

from builder.sandbox.faults import Json
from builder.sandbox.wire.accounts import EMPTY_REGION, REGION

IDENTITY_PATH = "/v3"
ORCHESTRATION_PREFIX = "heat-api"
_NAMESPACE = uuid.UUID("0de30000-0000-4000-8000-000000000000")
_MEDIA_TYPE = {"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}


def orchestration_url(base: str, project_id: str) -> str:
    """Return the root of the orchestration service for a project."""
    return f"{base}/{ORCHESTRATION_PREFIX}/v1/{project_id}"


def build_catalog(base: str, project_id: str) -> list[dict[str, Json]]:
    """Return the catalogue for a project: every service, region and interface."""
    identity = f"{base}{IDENTITY_PATH}"
    services: dict[tuple[str, str], dict[str, str]] = {
        ("identity", "keystone"): {REGION: identity, EMPTY_REGION: identity},
        ("orchestration", "heat"): {REGION: orchestration_url(base, project_id)},
    }
    return [
        {
            "id": _stable_id(kind),
            "type": kind,
            "name": name,
            "endpoints": [
                {
                    "id": _stable_id(kind, region, interface),
                    "interface": interface,
                    "region_id": region,
                    "region": region,
                    "url": url,
                }
                for region, url in urls.items()
                for interface in ("public", "internal", "admin")
            ],
        }
        for (kind, name), urls in services.items()
    ]


def describe_identity(base: str) -> dict[str, Json]:
    """Return the one version of the identity service."""
    return {
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": f"{base}{IDENTITY_PATH}/"}],
        "media-types": [_MEDIA_TYPE],
    }


def describe_orchestration(base: str) -> dict[str, Json]:
    """Return the one version of the orchestration service."""
    href = f"{base}/{ORCHESTRATION_PREFIX}/v1/"
    return {"versions": [{"id": "v1.0", "status": "CURRENT", "links": [{"rel": "self", "href": href}]}]}


def _stable_id(*parts: str) -> str:
    return uuid.uuid5(_NAMESPACE, "/".join(parts)).hex
