"""Building clusters: the request is checked against its type, and handed to the cloud adapter of its kind."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Hashable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from sanic import Blueprint, HTTPResponse, Request

from builder.api.build_outcomes import Building
from builder.api.cloud_handlers import admit
from builder.api.parsing import (
    BuildRequest,
    parse_build_request,
    parse_idempotency_key,
    read_flag,
    refuse_unknown,
)
from builder.api.read_handlers import current_snapshot, explain_missing, find_retired
from builder.api.rendering import NO_STORE, respond_json
from builder.api.services import Services
from builder.billing.orders import Orders
from builder.billing.terms import Terms, read_terms
from builder.catalogue.snapshot import PublishedType
from builder.clusters.answers import fill_in
from builder.clusters.plan import ClusterPlan, build_payload
from builder.definitions.model import ClusterTypeId
from builder.errors import Fault, RequestError
from builder.kinds.protocol import Kind, LaunchOutcome
from builder.kinds.registry import KINDS
from builder.logs.lines import protect
from builder.openstack.connection import Cloud, connect
from builder.openstack.credentials import Credentials, list_secrets, parse_credentials
from builder.openstack.deadline import Deadline
from builder.openstack.failure_kinds import RETRY_AFTER, FailureKind
from builder.pattern_matching.matching import MatchingUnavailableError, limited
from builder.settings.table import Settings

logger = logging.getLogger(__name__)

_MATCHING_SECONDS: Final = 0.5
"""Of a processor, for all answers of a build together: a person who waits for a form should not notice."""

_KEY_SCOPE: Final = (
    "auth_url", "region_name", "project_id", "project_name", "project_domain_id", "project_domain_name",
    "application_credential_id", "application_credential_name",
)  # fmt: skip
"""What of ``cloud_env`` says where a key counts: each project, in each region, has its own."""

blueprint = Blueprint("builds")


@dataclass(frozen=True, slots=True)
class _Wish:
    """A build that somebody wishes for, and all that a thread of the pool needs for it.

    ``published`` is its type, or what is told where that is not known; ``orders`` are None where it is not billed, and
    a fault where what it says of billing is wrong. ``subject`` is that of the request's token; ``building`` is told
    what becomes of it.
    """

    build: BuildRequest
    published: PublishedType | RequestError
    keys: Sequence[str]
    orders: Orders | Fault | None
    settings: Settings
    subject: str
    building: Building

    @property
    def payload(self) -> Mapping[str, Any]:
        """What two requests with one key must have in common."""
        build = self.build
        return build_payload(build.cluster_type_id, build.name, build.parameters, build.selections)

    def connect(self, credentials: Credentials, secrets: tuple[str, ...] = ()) -> AbstractContextManager[Cloud]:
        """Open the cloud that it is for."""
        return connect(credentials, self.settings, self.building.deadline, self.building.request_id, secrets)


async def create_cluster(request: Request) -> HTTPResponse:
    """Build a cluster: 201 with the id and the name of its stack; or, as a dry run, tell what that would make."""
    services: Services = request.app.ctx.services
    deadline = Deadline(services.settings.build_deadline)
    refuse_unknown(request, "dry_run")
    is_dry_run = read_flag(request, "dry_run")
    build = parse_build_request(request.body, services.settings.json_depth_limit)
    protect(list_secrets(build.cloud_env))
    keys = request.headers.getall("idempotency-key", [])
    published = await _find_type(services, build)
    if isinstance(published, RequestError) and (is_dry_run or not keys):
        raise published
    cloud_env = build.cloud_env
    project = cloud_env.get("project_id") or cloud_env.get("project_name") or ""
    kind = "" if isinstance(published, RequestError) else published.cluster_type.kind
    orders = _open_orders(request, build, deadline)
    await services.load_clients(deadline.seconds_left())
    building = Building(
        services.metrics, services.recent_builds, kind, build.cluster_type_id, project, deadline, str(request.id)
    )
    wish = _Wish(build, published, keys, orders, services.settings, request.ctx.subject, building)
    if is_dry_run:
        shown = await services.pool.run(_preview, wish, deadline=deadline)
        return respond_json(shown, headers=NO_STORE)
    with building.awaited():
        same = _find_same(wish, request.body)
        built = await services.pool.run(building.follow, partial(_launch, wish), deadline=deadline, same=same)
    headers = {"Location": built.url} if built.url else {}
    if built.replayed:
        headers["Idempotent-Replayed"] = "true"
    return respond_json({"id": built.stack.id, "name": built.stack.name}, 201, headers)


def _open_orders(request: Request, build: BuildRequest, deadline: Deadline) -> Orders | Fault | None:
    """The orders of a build; None where it is not billed; or what is wrong with what it says of billing."""
    services: Services = request.app.ctx.services
    settings, count = services.settings, services.metrics.count
    terms = read_terms(settings.billing, build.billing_account_id, build.middleware_url, settings.middleware_guard)
    if not isinstance(terms, Terms):
        return terms
    protect([terms.url])
    counters = partial(count, "billing_calls_total"), partial(count, "orders_left_total")
    return Orders(terms, settings, *counters, request.ctx.verified_by, deadline)


def _preview(wish: _Wish) -> dict[str, object]:
    kind, credentials, plan = _plan(wish)
    with wish.connect(credentials, plan.secrets) as cloud:
        preview = kind.launcher.preview_launch(cloud, plan)
    shown: dict[str, object] = {
        "resources": [*map(asdict, preview.resources)],
        "limits": [*map(asdict, preview.needs)],
    }
    if isinstance(wish.orders, Orders):
        shown["billing"] = wish.orders.preview_credits()
    return shown


def _launch(wish: _Wish) -> LaunchOutcome:
    """Plan the cluster and launch it, or find the one that the same request made before.

    In a thread of the pool: many answers take long to read and to match against their patterns.

    Raises RequestError with every fault; 5xx where nobody can tell whether there is such a cluster.
    """
    billed = wish.orders if isinstance(wish.orders, Orders) else None
    try:
        kind, credentials, plan = _plan(wish)
        wish.building.revision = plan.revision
        if billed is not None:
            billed.check_credits()
    except RequestError:
        launched = _find_launched(wish, billed)
        if launched is None:
            raise
        return launched
    with wish.connect(credentials, plan.secrets) as cloud:
        return kind.launcher.launch(cloud, plan, billed)


def _plan(wish: _Wish) -> tuple[Kind, Credentials, ClusterPlan]:
    """Check everything about a build that can be known without the cloud and the billing service.

    Raises RequestError with every fault; 503 where nothing can be matched now.
    """
    build, published = wish.build, wish.published
    if isinstance(published, RequestError):
        raise published
    kind = KINDS[published.cluster_type.kind]
    unbillable = [wish.orders] if isinstance(wish.orders, Fault) else []
    try:
        with limited(_MATCHING_SECONDS):
            answers = fill_in(published.cluster_type.preset_values, build.parameters)
            plan = kind.plan(published.cluster_type, build.name, answers, build.selections, published.revision)
    except MatchingUnavailableError as error:
        logger.warning("no process can be had to match answers against patterns: %s", error.__cause__ or "all are busy")
        raise FailureKind.SERVICE_BUSY.error(
            "This service cannot match the answers against their patterns now; nothing was created. Try again shortly.",
            headers=RETRY_AFTER,
        ) from error
    except RequestError as error:
        raise RequestError(*error.faults, *unbillable, headers=error.headers) from error
    if unbillable:
        raise RequestError(*unbillable)
    protect(plan.secrets)
    credentials, key = parse_credentials(build.cloud_env), parse_idempotency_key(wish.keys)
    plan = replace(
        plan, idempotency_key=key, payload=wish.payload, projects=published.cluster_type.projects,
        repeat_window=wish.settings.repeat_window, subject=wish.subject,
    )  # fmt: skip
    return kind, credentials, plan


def _find_launched(wish: _Wish, orders: Orders | None) -> LaunchOutcome | None:
    """The cluster that the same request made before, although its type, as it is now, refuses it.

    Where the type is not known any more, every kind is asked.

    Raises RequestError (5xx) where nobody can tell whether there is one.
    """
    try:
        key = parse_idempotency_key(wish.keys)
        if key is None:
            return None
        credentials = parse_credentials(wish.build.cloud_env)
        kinds = [wish.building.kind] if wish.building.kind else [*KINDS]
        wish.building.kind = kinds[0]  # counts a cloud that cannot be asked for any
        with wish.connect(credentials) as cloud:
            for name in kinds:
                wish.building.kind = name
                launched = KINDS[name].launcher.find_launched(cloud, key, wish.payload, orders)
                if launched is not None:
                    return launched
    except RequestError as error:
        if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise
        logger.info("no cluster found for the key of a refused build: %s", error)
    return None


async def _find_type(services: Services, build: BuildRequest) -> PublishedType | RequestError:
    """The type that is to be built, or what is told where it is not known: the cluster may have been built before."""
    try:
        snapshot = await current_snapshot(services)
    except RequestError as error:
        return error
    published = snapshot.types.get(ClusterTypeId(build.cluster_type_id))
    if published is None:
        detail = explain_missing(snapshot, build.cluster_type_id)
        pointer = f"/cluster/{build.type_key}"
        if find_retired(snapshot, build.cluster_type_id) is not None:
            return RequestError(Fault(400, "Retired cluster type", detail, pointer))
        return RequestError(Fault(400, "Unknown cluster type", detail, pointer))
    return published


def _find_same(wish: _Wish, body: bytes) -> Hashable | None:
    """What tells whether two requests have the same key, or without one are the same, before Keystone is asked.

    Who names one project in two ways, or writes one request in two, is told apart, and left to Heat.
    """
    try:
        key = parse_idempotency_key(wish.keys)
    except RequestError:  # told with what else is wrong
        return None
    if key is not None:
        return (key, *(str(wish.build.cloud_env.get(name)) for name in _KEY_SCOPE))
    return (wish.subject, hashlib.sha256(body).digest()) if wish.settings.repeat_window else None


blueprint.add_route(create_cluster, "/clusters", methods=("POST",), ctx_admit=admit)
