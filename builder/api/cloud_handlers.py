"""What is asked of a cloud with the caller's credentials: what a form can offer, and how a cluster fares.

Nothing of clusters is stored here, so a cluster's cloud is asked each time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any, Final, TypeVar

from sanic import Blueprint, HTTPResponse, Request

from builder.api.authentication import authenticate
from builder.api.browsers import refuse_cross_site
from builder.api.parsing import (
    CLOUD_ENV,
    credentials_at,
    parse_json,
    read_cloud_env,
    refuse_unknown,
)
from builder.api.read_handlers import READ
from builder.api.rendering import NO_STORE, respond_json
from builder.api.services import Services
from builder.errors import Fault, RequestError
from builder.kinds.protocol import ClusterStatus
from builder.kinds.registry import KINDS
from builder.logs.lines import protect
from builder.openstack.assets import fetch_assets
from builder.openstack.connection import connect
from builder.openstack.credentials import SECRET_KEYS, Credentials, list_secrets, parse_credentials
from builder.openstack.deadline import Deadline
from builder.openstack.failure_kinds import CloudError, FailureKind
from builder.settings.table import Settings

_ID: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
"""The clouds' ids are UUIDs; anything else is in no URL of theirs."""

blueprint = Blueprint("clouds")

Answer = TypeVar("Answer")


def admit(request: Request) -> None:
    """Let a request pass that uses a cloud, by its head: one with a token where there is a secret, from no other site.

    Notes in its ``ctx`` which secret that was signed with, and the token's subject.

    Raises RequestError (401, 403).
    """
    refuse_cross_site(request)
    verified = authenticate(request, request.app.ctx.services.jwt_secrets)
    request.ctx.verified_by = verified and verified.secret
    request.ctx.subject = verified.subject if verified else ""


async def list_cloud_assets(request: Request) -> HTTPResponse:
    """What a form can offer for parameters that name flavors, images, networks and key pairs."""
    services: Services = request.app.ctx.services
    if request.method == "POST":  # with credentials under a key, as a build has them, or bare
        given = parse_json(request.body, services.settings.json_depth_limit)
        place = CLOUD_ENV if isinstance(given, dict) and "cloud_env" in given else ""
        given = given["cloud_env"] if place else given
    else:
        protect(value for key in SECRET_KEYS for value in request.args.getlist(key) or ())
        given, place = {key: values[0] for key, values in request.args.items()}, ""
    with credentials_at(place):
        assets = await ask_cloud(request, read_cloud_env({"cloud_env": given}), fetch_assets)
    return respond_json(assets, headers=NO_STORE)


async def ask_cloud(
    request: Request,
    cloud_env: Mapping[str, Any],
    ask: Callable[[Credentials, Settings, Deadline, str], Answer],
) -> Answer:
    """What ``ask`` finds out of a cloud, in a thread of the pool and within the deadline of a build.

    Raises RequestError where the credentials are wrong, or the cloud cannot be asked.
    """
    services: Services = request.app.ctx.services
    deadline = Deadline(services.settings.build_deadline)
    protect(list_secrets(cloud_env))
    credentials = parse_credentials(cloud_env)
    await services.load_clients(deadline.seconds_left())
    return await services.pool.run(ask, credentials, services.settings, deadline, str(request.id), deadline=deadline)


async def show_cluster_status(request: Request, cluster_id: str) -> HTTPResponse:
    """How a cluster fares that this service launched: 200, and 404 where the project has none of that id.

    By POST, for it takes a password, which belongs in no URL.
    """
    services: Services = request.app.ctx.services
    refuse_unknown(request)
    cloud_env = read_cloud_env(parse_json(request.body, services.settings.json_depth_limit))
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


blueprint.add_route(list_cloud_assets, "/cloud_assets", methods=(*READ, "POST"), ctx_admit=admit)
blueprint.add_route(show_cluster_status, "/clusters/<cluster_id:str>/status", methods=("POST",), ctx_admit=admit)
