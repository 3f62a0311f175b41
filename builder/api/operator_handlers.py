"""What operators look at: how each entry of the enabled folder fares, whether the service is ready, its metrics."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import raw

from builder.api.application import READ, Services
from builder.api.authentication import authenticate_read
from builder.api.metrics import CONTENT_TYPE
from builder.api.rendering import NO_STORE, respond_json
from builder.catalogue.reconcile_loop import ReconcileLoop
from builder.catalogue.snapshot import EntryReport, Snapshot
from builder.errors import Fault, RequestError

blueprint = Blueprint("operators")


async def show_catalogue(request: Request) -> HTTPResponse:
    """Every entry of the enabled folder with its state and problems, and how changes are noticed."""
    services: Services = request.app.ctx.services
    authenticate_read(request, services)
    return await asyncio.to_thread(_respond_catalogue, services.catalogue.snapshot, services.reconcile_loop)


async def show_readiness(request: Request) -> HTTPResponse:
    """200 where the catalogue can be relied upon; 503 with the reason where it cannot."""
    services: Services = request.app.ctx.services
    reason = "the service is stopping" if services.stopping else services.reconcile_loop.readiness()
    if reason:
        fault = Fault(503, "Not ready", f"{reason[0].upper()}{reason[1:]}.")
        raise RequestError(fault, headers={"Retry-After": "5", **NO_STORE})
    return respond_json({"status": "ready"}, headers=NO_STORE)


async def show_metrics(request: Request) -> HTTPResponse:
    """What the service measures of itself, for Prometheus."""
    services: Services = request.app.ctx.services
    return raw(await asyncio.to_thread(services.metrics.render), content_type=CONTENT_TYPE)


def _respond_catalogue(snapshot: Snapshot, reconcile_loop: ReconcileLoop) -> HTTPResponse:
    return respond_json(describe_catalogue(snapshot, reconcile_loop), headers=NO_STORE)


def describe_catalogue(snapshot: Snapshot, reconcile_loop: ReconcileLoop) -> dict[str, Any]:
    """The catalogue as operators are shown it; nothing of what its files hold."""
    age = reconcile_loop.rescan_age
    return {
        "snapshot": {
            "revision": snapshot.revision,
            "listings": snapshot.listings,
            "changed_at": _format_time(snapshot.changed_at),
        },
        "noticing": reconcile_loop.health.noticing,
        "noticing_problem": reconcile_loop.health.noticing_problem or None,
        "problem": reconcile_loop.readiness() or None,
        "rescans": reconcile_loop.health.rescans,
        "rescan_age_seconds": None if age is None else round(age, 3),
        "entries": [_describe(report) for report in snapshot.reports()],
    }


def _describe(report: EntryReport) -> dict[str, Any]:
    return {
        "id": report.id,
        "path": report.path,
        "state": report.state,
        "reason": report.reason or None,
        "revision": report.revision,
        "changed_at": _format_time(report.changed_at),
        "problems": [problem.as_json() for problem in report.problems],
    }


def _format_time(seconds: float | None) -> str | None:
    """A time in seconds since the epoch, as RFC 3339 writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds") if seconds else None


blueprint.add_route(show_catalogue, "/catalogue", methods=READ)
blueprint.add_route(show_readiness, "/ready", methods=READ)
blueprint.add_route(show_metrics, "/metrics", methods=READ)
