"""Whatever is only read: the catalogue, how the service fares, and the published contract.

For clients: the listing, one type, the JSON schemas and the description of this API. For operators: each entry of the
enabled folder, whether the service lives and is ready, its metrics.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import raw

from builder.api.authentication import authenticate_read
from builder.api.conditional import respond_representation
from builder.api.metrics import CONTENT_TYPE
from builder.api.rendering import JSON, NO_STORE, respond_json
from builder.api.services import Services
from builder.catalogue.publishing import publish_without
from builder.catalogue.snapshot import EntryReport, Snapshot, State
from builder.definitions.model import ClusterType, ClusterTypeId
from builder.diagnostics.rules import Severity
from builder.errors import Fault, RequestError, bad_request
from builder.openstack.failure_kinds import RETRY_AFTER
from builder.schema import published
from builder.text.json_encoding import encode_json
from builder.text.spelling import find_near

READ = ("GET", "HEAD")
"""The methods of a resource that is only read."""

SCHEMA_JSON = "application/schema+json"

MAX_SHOWN_ID = 100
"""How much of an id is repeated: more than any that there is has."""

MAX_COMPARED = 500
"""Of more cluster types, no near one is looked for: comparing takes some 10 microseconds each, on the event loop."""

blueprint = Blueprint("reading")


# --- the catalogue ----------------------------------------------------------------------------------------------------


async def list_cluster_types(request: Request) -> HTTPResponse:
    """All cluster types, deprecated ones last, sorted by order, then by id; or those that a project is offered."""
    authenticate_read(request)
    snapshot = await current_snapshot(request.app.ctx.services)
    listing = snapshot.listing
    given = request.get_args(keep_blank_values=True).getlist("project_id") if request.query_string else []
    if given:
        if len(given) > 1 or not given[0]:
            raise bad_request("The query parameter project_id must be the id of one project.")
        excluded = snapshot.find_excluded(given[0])
        if excluded:
            listing = await asyncio.to_thread(publish_without, snapshot, excluded)
    return respond_representation(request, listing)


async def show_cluster_type(request: Request, cluster_type_id: str) -> HTTPResponse:
    """One cluster type, as the listing has it; 404 where none has the id."""
    authenticate_read(request)
    snapshot = await current_snapshot(request.app.ctx.services)
    found = snapshot.types.get(ClusterTypeId(cluster_type_id))
    if found is None:
        raise RequestError(Fault(404, "Not Found", explain_missing(snapshot, cluster_type_id)))
    return respond_representation(request, found.representation, snapshot.listing)


def explain_missing(snapshot: Snapshot, cluster_type_id: str) -> str:
    """Why a cluster type is not listed, and where to look, or which one may have been meant."""
    shown = repr(cluster_type_id[:MAX_SHOWN_ID])
    retired = find_retired(snapshot, cluster_type_id)
    if retired is not None:
        successor = snapshot.types.get(retired.replaced_by) if retired.replaced_by is not None else None
        advice = (
            f"; launch {successor.cluster_type.id!r} ({successor.cluster_type.title}) in its place" if successor else ""
        )
        return f"The cluster type {shown} is retired{advice}."
    for report in snapshot.find_reports(cluster_type_id):
        where = f"see GET /catalogue/{quote(cluster_type_id, safe='')}"
        errors = sum(problem.severity is Severity.ERROR for problem in report.problems)
        why = f"has {errors} {'error' if errors == 1 else 'errors'}" if errors else report.reason
        return f"There is no cluster type {shown}: its entry {report.path!r} is {report.state} ({why}); {where}."
    spelt = {each.lower(): each for each in snapshot.types} if len(snapshot.types) <= MAX_COMPARED else {}
    near = find_near(cluster_type_id.lower().removesuffix(".yaml"), spelt)
    return f"There is no cluster type {shown}; " + (
        f"did you mean {spelt[near]!r}?" if near else "it may have been withdrawn."
    )


def find_retired(snapshot: Snapshot, cluster_type_id: str) -> ClusterType | None:
    """The cluster type of an id that was withdrawn by its definition; None where there is none."""
    slot = snapshot.find_slot(cluster_type_id)
    if slot is None or slot.state is not State.RETIRED or slot.published is None:
        return None
    return slot.published.cluster_type


async def current_snapshot(services: Services) -> Snapshot:
    """The catalogue, once it was loaded for the first time: an empty listing would have clients delete their types.

    Raises RequestError (503) where the enabled folder could not be read yet.
    """
    if not await services.wait_until_loaded():
        detail = f"No cluster types were loaded yet: {services.reconcile_loop.readiness()}."
        raise RequestError(Fault(503, "Catalogue not loaded", detail), headers=RETRY_AFTER)
    return services.catalogue.snapshot


# --- how the service fares --------------------------------------------------------------------------------------------


async def show_catalogue(request: Request, entry_id: str | None = None) -> HTTPResponse:
    """Every entry of the enabled folder with its state and problems, and how changes are noticed.

    Or those entries only that are of one cluster type, by its id, or by the name of its entry.
    """
    services: Services = request.app.ctx.services
    authenticate_read(request)
    await services.wait_until_loaded()  # no entries would look like an empty folder
    snapshot = services.catalogue.snapshot
    if entry_id is None:
        return await asyncio.to_thread(lambda: _respond_entries(services, snapshot, snapshot.reports()))
    reports = snapshot.find_reports(entry_id)
    if not reports:
        raise RequestError(Fault(404, "Not Found", f"The enabled folder has no entry {entry_id[:MAX_SHOWN_ID]!r}."))
    return _respond_entries(services, snapshot, reports)


async def show_health(_: Request) -> HTTPResponse:
    """Whether the process answers at all; never anything else's fault."""
    return respond_json({"status": "ok"})


async def show_readiness(request: Request) -> HTTPResponse:
    """200 where the catalogue can be relied upon; 503 with the reason where it cannot."""
    services: Services = request.app.ctx.services
    if reason := services.readiness():
        fault = Fault(503, "Not ready", f"{reason[0].upper()}{reason[1:]}.")
        raise RequestError(fault, headers={**RETRY_AFTER, **NO_STORE})
    return respond_json({"status": "ready"}, headers=NO_STORE)


async def show_metrics(request: Request) -> HTTPResponse:
    """What the service measures of itself, for Prometheus."""
    services: Services = request.app.ctx.services
    return raw(await asyncio.to_thread(services.metrics.render), content_type=CONTENT_TYPE)


def _respond_entries(services: Services, snapshot: Snapshot, reports: Iterable[EntryReport]) -> HTTPResponse:
    """The catalogue, with some of its entries, as operators are shown it; nothing of what its files hold."""
    loop = services.reconcile_loop
    age, health = loop.rescan_age, loop.health
    catalogue = {
        "snapshot": {
            "revision": snapshot.revision,
            "listing_changes": snapshot.listings,
            "changed_at": format_time(snapshot.changed_at),
        },
        "noticing": health.watch_mode,
        "noticing_problem": health.watch_problem or None,
        "state_problem": services.catalogue.persistence.problem or None,
        "problem": loop.readiness() or None,
        "rescans": health.rescans,
        "rescan_age_seconds": None if age is None else round(age, 3),
        "entries": [_describe(report) for report in reports],
    }
    return respond_json(catalogue, headers=NO_STORE)


def _describe(report: EntryReport) -> dict[str, Any]:
    return {
        "id": report.id,
        "path": report.path,
        "state": report.state,
        "reason": report.reason or None,
        "revision": report.revision,
        "changed_at": format_time(report.changed_at),
        "stale_since": format_time(report.stale_since),
        "changed_files": report.changed_files,
        "problems": [  # with null for what is not known of one
            {**each.as_json(), "line": each.line or None, "column": each.column or None, "hint": each.hint or None}
            for each in report.problems
        ],
    }


def format_time(seconds: float | None) -> str | None:
    """A time in seconds since the epoch, as RFC 3339 writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds") if seconds else None


# --- the published contract -------------------------------------------------------------------------------------------


async def show_schema(_: Request, name: str) -> HTTPResponse:
    """A published schema, with or without ``.schema.json`` behind its name."""
    text = published.load_schema_texts().get(name.removesuffix(published.SUFFIX))
    if text is None:
        names = ", ".join(published.load_schema_texts())
        raise RequestError(Fault(404, "Not Found", f"There is no schema of that name; there are: {names}."))
    return raw(text, content_type=SCHEMA_JSON)


async def show_openapi(_: Request) -> HTTPResponse:
    """The OpenAPI description of this service."""
    return raw(_encode_openapi(), content_type=JSON)


@cache
def _encode_openapi() -> bytes:
    return encode_json(published.build_openapi())


blueprint.add_route(list_cluster_types, "/cluster-types", methods=READ)
blueprint.add_route(show_cluster_type, "/cluster-types/<cluster_type_id:str>", methods=READ, unquote=True)
blueprint.add_route(show_health, "/health", methods=READ)
blueprint.add_route(show_catalogue, "/catalogue", methods=READ)
blueprint.add_route(show_catalogue, "/catalogue/<entry_id:str>", methods=READ, unquote=True, name="show_entry")
blueprint.add_route(show_readiness, "/ready", methods=READ)
blueprint.add_route(show_metrics, "/metrics", methods=READ)
blueprint.add_route(show_schema, "/schemas/<name:str>", methods=READ)
blueprint.add_route(show_openapi, "/openapi.json", methods=READ)
