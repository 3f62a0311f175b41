"""How a cluster fares, asked of its cloud with the caller's credentials: nothing of clusters is stored here."""

from __future__ import annotations

import re
from dataclasses import asdict
from functools import partial
from typing import Final

from sanic import Blueprint, HTTPResponse, Request

from builder.api.build_handlers import admit, ask_cloud
from builder.api.parsing import parse_cloud_request, refuse_unknown
from builder.api.rendering import NO_STORE, respond_json
from builder.api.services import Services
from builder.errors import Fault, RequestError
from builder.kinds.protocol import ClusterStatus
from builder.kinds.registry import KINDS
from builder.openstack.connection import connect
from builder.openstack.credentials import Credentials
from builder.openstack.deadline import Deadline
from builder.openstack.failure_kinds import CloudError, FailureKind
from builder.settings.table import Settings

_ID: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
"""The clouds' ids are UUIDs; anything else is in no URL of theirs."""

blueprint = Blueprint("status")


async def show_cluster_status(request: Request, cluster_id: str) -> HTTPResponse:
    """How a cluster fares that this service launched: 200, and 404 where the project has none of that id.

    By POST, for it takes a password, which belongs in no URL.
    """
    services: Services = request.app.ctx.services
    refuse_unknown(request)
    cloud_env = parse_cloud_request(request.body, services.settings.json_depth_limit)
    status = await ask_cloud(request, cloud_env, partial(_fetch_status, cluster_id))
    if status is None:
        detail = f"The project has no cluster {cluster_id[:100]!r} that this service launched, or has it no longer."
        raise RequestError(Fault(404, "Not Found", detail))
    return respond_json(asdict(status), headers=NO_STORE)


def _fetch_status(
    cluster_id: str, credentials: Credentials, settings: Settings, deadline: Deadline, request_id: str
) -> ClusterStatus | None:
    """Ask each kind in turn: nothing but the cloud knows of which one a cluster is; none of an id that is none.

    A cloud that lacks the service of one kind may have those of others.

    Raises RequestError where the cloud refuses, cannot tell, or has none of the services.
    """
    if not _ID.fullmatch(cluster_id):
        return None
    missing: list[CloudError] = []
    with connect(credentials, settings, deadline, request_id) as cloud:
        for kind in KINDS.values():
            try:
                status = kind.launcher.fetch_status(cloud, cluster_id)
            except CloudError as error:
                if error.kind is not FailureKind.SERVICE_NOT_FOUND:
                    raise
                missing.append(error)
            else:
                if status is not None:
                    return status
    if len(missing) == len(KINDS):
        raise missing[0]
    return None


blueprint.add_route(show_cluster_status, "/clusters/<cluster_id:str>/status", methods=("POST",), ctx_admit=admit)
