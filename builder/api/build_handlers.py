"""Building clusters: the request is checked against its type, and handed to the cloud adapter of its kind."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, Final, TypeVar

from sanic import Blueprint, HTTPResponse, Request

from builder import logs
from builder.api.authentication import authenticate_build
from builder.api.browsers import refuse_cross_site
from builder.api.build_outcomes import Building
from builder.api.parsing import (
    CLOUD_ENV,
    BuildRequest,
    credentials_at,
    parse_build_request,
    parse_cloud_env,
    parse_json,
    read_flag,
    refuse_unknown,
)
from builder.api.read_handlers import READ, current_snapshot
from builder.api.rendering import NO_STORE, respond_json
from builder.api.services import Services
from builder.catalogue.snapshot import PublishedType
from builder.clusters.plan import ClusterPlan, plan_cluster
from builder.definitions.model import ClusterTypeId
from builder.errors import Fault, RequestError
from builder.hot.matching import MatchingDeferredError, MatchingUnavailableError, limited
from builder.kinds.heat.launch import KIND, LaunchOutcome, LaunchRequest, preview_launch
from builder.openstack.assets import fetch_assets
from builder.openstack.credentials import CloudSettings, Credentials, parse_credentials
from builder.openstack.deadline import Deadline
from builder.openstack.failure_kinds import RETRY_AFTER, FailureKind

logger = logging.getLogger(__name__)

_KEY = re.compile(r'"(?P<quoted>[\x20-\x21\x23-\x5b\x5d-\x7e]{1,255})"|(?P<bare>[\x21\x23-\x7e][\x20-\x7e]{0,254})')

_MATCHING_AT_ONCE: Final = 0.01
"""In seconds: what the event loop may spend on patterns; a build whose answers take longer is planned in a thread."""

_MATCHING_AT_MOST: Final = 0.5
"""In seconds of a processor, for all answers of a build together: a person who waits for a form should not notice."""

blueprint = Blueprint("builds")

Result = TypeVar("Result")
CloudCall = Callable[[Credentials, CloudSettings, LaunchRequest, Deadline, str], Result]


@dataclass(frozen=True, slots=True)
class _Order:
    """A build that was found good: what its type is, what Heat will be asked for, and on whose behalf."""

    build: BuildRequest
    published: PublishedType
    credentials: Credentials
    launch: LaunchRequest


def admit(request: Request) -> None:
    """Let a request pass that uses a cloud, by its head: one with a token where there is a secret, from no other site.

    Raises RequestError (401, 403).
    """
    refuse_cross_site(request)
    authenticate_build(request)


async def create_cluster(request: Request) -> HTTPResponse:
    """Build a cluster: 201 with the id and the name of its stack; or, as a dry run, tell what that would make."""
    services: Services = request.app.ctx.services
    deadline = Deadline(services.settings.build_deadline)
    refuse_unknown(request, "dry_run")
    is_dry_run = read_flag(request, "dry_run")
    build = parse_build_request(request.body, services.settings.json_depth_limit)
    logs.protect([str(build.cloud_env["password"])])
    try:
        order = await _read_order(request, services, build, deadline)
    except RequestError:
        launched = None if is_dry_run else await _find_launched(request, services, build, deadline)
        if launched is None:
            raise
        return _respond_built(launched)
    if is_dry_run:
        return await _preview(services, order, deadline, str(request.id))
    return _respond_built(await _build(services, order, deadline, str(request.id)))


def _respond_built(outcome: LaunchOutcome) -> HTTPResponse:
    headers = {"Location": outcome.url} if outcome.url else {}
    if outcome.replayed:
        headers["Idempotent-Replayed"] = "true"
    return respond_json({"id": outcome.stack.id, "name": outcome.stack.name}, 201, headers)


async def list_cloud_assets(request: Request) -> HTTPResponse:
    """What a form can offer for parameters that name flavors, images, networks and key pairs."""
    services: Services = request.app.ctx.services
    deadline = Deadline(services.settings.build_deadline)
    given, place = _read_credentials(request, services)
    with credentials_at(place):
        cloud_env = parse_cloud_env(given)
        logs.protect([cloud_env["password"]])
        credentials = parse_credentials(cloud_env)
        await _wait_for_clients(services, deadline)
        assets = await services.pool.run(
            fetch_assets, credentials, services.cloud_settings, deadline, str(request.id), deadline=deadline
        )
    return respond_json(assets.document(), headers=NO_STORE)


def _read_credentials(request: Request, services: Services) -> tuple[Any, str]:
    """Credentials and the pointer of their place: in a body under ``cloud_env`` or bare, or in the query string."""
    if request.method != "POST":
        logs.protect(request.args.getlist("password") or ())
        return {key: values[0] for key, values in request.args.items()}, ""
    body = parse_json(request.body, services.settings.json_depth_limit)
    if isinstance(body, dict) and "cloud_env" in body:
        return body["cloud_env"], CLOUD_ENV
    return body, ""


async def _read_order(request: Request, services: Services, build: BuildRequest, deadline: Deadline) -> _Order:
    """Check everything about a build that can be known without the cloud.

    Raises RequestError with every fault.
    """
    published = await _find_type(services, build)
    plan = await _plan(services, published, build, deadline)
    logs.protect(plan.secrets)
    credentials = parse_credentials(build.cloud_env)
    return _Order(build, published, credentials, _launch_request(plan, published, build, _read_key(request)))


async def _plan(services: Services, published: PublishedType, build: BuildRequest, deadline: Deadline) -> ClusterPlan:
    """Plan the cluster: at once, unless its answers take long to match against their patterns.

    Raises RequestError with every fault; 503 where nothing can be matched now.
    """
    plan = partial(plan_cluster, published.cluster_type, build.name, build.parameters, build.selections)
    try:
        with limited(_MATCHING_AT_ONCE, may_wait=False):
            return plan()
    except MatchingDeferredError:
        await _wait_for_clients(services, deadline)
    try:
        return await services.pool.run(_plan_at_leisure, plan, deadline=deadline)
    except MatchingUnavailableError as error:
        logger.warning("no process can be had to match answers against patterns: %s", error.__cause__ or "all are busy")
        raise FailureKind.SERVICE_BUSY.error(
            "This service cannot match the answers against their patterns now; nothing was created. Try again shortly.",
            headers=RETRY_AFTER,
        ) from error


def _plan_at_leisure(plan: Callable[[], ClusterPlan]) -> ClusterPlan:
    with limited(_MATCHING_AT_MOST):
        return plan()


async def _find_launched(
    request: Request, services: Services, build: BuildRequest, deadline: Deadline
) -> LaunchOutcome | None:
    """The cluster that the same request made before, although its type, as it is now, refuses it.

    Raises RequestError (5xx) where nobody can tell whether there is one.
    """
    try:
        key = _read_key(request)
        if key is None:
            return None
        credentials = parse_credentials(build.cloud_env)
        asking = (credentials, services.cloud_settings, key, _payload(build), deadline, str(request.id))
        building = Building(services.metrics, KIND, build.cluster_type_id, credentials, deadline, str(request.id))
        with building.awaited():
            await _wait_for_clients(services, deadline)
            return await services.pool.run(building.find, *asking, deadline=deadline)
    except RequestError as error:
        if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise
        logger.info("no cluster found for the key of a refused build: %s", error)
        return None


async def _find_type(services: Services, build: BuildRequest) -> PublishedType:
    snapshot = await current_snapshot(services)
    published = snapshot.types.get(ClusterTypeId(build.cluster_type_id))
    if published is None:
        detail = f"There is no cluster type {build.cluster_type_id[:100]!r}; it may have been withdrawn."
        raise RequestError(Fault(400, "Unknown cluster type", detail, f"/cluster/{build.type_key}"))
    return published


def _launch_request(plan: ClusterPlan, published: PublishedType, build: BuildRequest, key: str | None) -> LaunchRequest:
    return LaunchRequest(
        cluster_name=plan.name,
        type_id=build.cluster_type_id,
        revision=published.revision,
        template=plan.composed.template,
        files=plan.composed.files,
        parameters=plan.parameters,
        secrets=plan.secrets,
        form_fields=plan.form_fields,
        idempotency_key=key,
        payload=_payload(build),
    )


def _payload(build: BuildRequest) -> dict[str, Any]:
    """What two requests with one key must have in common."""
    return {
        "cluster_type_id": build.cluster_type_id,
        "name": build.name,
        "parameters": dict(build.parameters),
        "selections": dict(build.selections),
    }


async def _preview(services: Services, order: _Order, deadline: Deadline, request_id: str) -> HTTPResponse:
    preview = await _ask_cloud(services, preview_launch, order, deadline, request_id)
    resources = [asdict(resource) for resource in preview.resources]
    return respond_json({"resources": resources, "limits": [asdict(need) for need in preview.needs]}, headers=NO_STORE)


async def _build(services: Services, order: _Order, deadline: Deadline, request_id: str) -> LaunchOutcome:
    published = order.published
    building = Building(
        services.metrics, published.cluster_type.kind, order.build.cluster_type_id, order.credentials, deadline,
        request_id, published.revision,
    )  # fmt: skip
    with building.awaited():
        return await _ask_cloud(services, building.launch, order, deadline, request_id)


async def _ask_cloud(
    services: Services, call: CloudCall[Result], order: _Order, deadline: Deadline, request_id: str
) -> Result:
    """Have a thread of the pool make a call to the cloud."""
    await _wait_for_clients(services, deadline)
    return await services.pool.run(
        call, order.credentials, services.cloud_settings, order.launch, deadline, request_id, deadline=deadline
    )


async def _wait_for_clients(services: Services, deadline: Deadline) -> None:
    """Wait until the OpenStack clients are imported: two threads that import them at once get halves of modules."""
    if services.preloading is None:  # a request that came with the first connection
        services.preloading = asyncio.create_task(services.pool.preload())
    await asyncio.wait([services.preloading], timeout=deadline.seconds_left())


def _read_key(request: Request) -> str | None:
    """The ``Idempotency-Key``: a string as structured fields write it, or, as most clients send it, without quotes.

    See https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/.

    Raises RequestError (400).
    """
    given = request.headers.getall("idempotency-key", [])
    if not given:
        return None
    match = _KEY.fullmatch(given[0])
    if len(given) > 1 or match is None:
        detail = "The Idempotency-Key must be one text of 1 to 255 printable ASCII characters."
        raise RequestError(Fault(400, "Bad Request", detail))
    return match["quoted"] or match["bare"]


blueprint.add_route(create_cluster, "/clusters", methods=("POST",), ctx_admit=admit)
blueprint.add_route(list_cloud_assets, "/cloud_assets", methods=(*READ, "POST"), ctx_admit=admit)
