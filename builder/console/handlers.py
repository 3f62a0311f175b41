"""The routes of the pages, and of what a program gets at the root of the service."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import lru_cache

from sanic import Blueprint, HTTPResponse, Request

from builder import __version__
from builder.api.authentication import authenticate_read
from builder.api.read_handlers import READ, explain_missing
from builder.api.rendering import respond_json
from builder.api.services import Services
from builder.catalogue.snapshot import Snapshot, State
from builder.console.api_reference import show_reference
from builder.console.check_handlers import add_checker, admit, check_definition, show_check
from builder.console.overview import MEANINGS, build_rows, describe_service, judge_service
from builder.console.pages import render_page, respond_page, respond_rendered, show_refusal, wants_page
from builder.console.static_files import accepts_gzip, show_icon, show_static_file
from builder.console.type_page import describe_type
from builder.errors import Fault, RequestError
from builder.schema import published
from builder.settings.table import Settings

_LINKS = {
    "cluster_types": "cluster-types",
    "clusters": "clusters",
    "cloud_assets": "cloud_assets",
    "catalogue": "catalogue",
    "health": "health",
    "ready": "ready",
    "metrics": "metrics",
    "openapi": "openapi.json",
}
"""Relative to the root, so that they hold behind a proxy's prefix, too."""

_NAME = "Concertim Cluster Builder"


async def show_root(request: Request) -> HTTPResponse:
    """The page for a browser, and for whoever else asks what there is, in JSON."""
    services: Services = request.app.ctx.services
    authenticate_read(request)
    if services.settings.console and wants_page(request):
        return await show_overview(request, services)
    counts = services.catalogue.snapshot.states
    schemas = {name: f"schemas/{name}" for name in published.load_schema_texts()}
    root = {
        "name": _NAME,
        "version": __version__,
        "counts": {str(state): counts[state] for state in State},
        "links": {**_LINKS, "schemas": schemas},
    }
    return respond_json(root, headers={"Cache-Control": "no-store", "Vary": "Accept"})


async def show_overview(request: Request, services: Services) -> HTTPResponse:
    """Whether all is well, and every entry of the enabled folder."""
    states = tuple(sorted({each for each in request.args.getlist("state") or () if each in list(State)}))
    text = (request.args.get("q") or "").strip()
    snapshot = services.catalogue.snapshot
    verdict, service = judge_service(services, snapshot), tuple(describe_service(services).items())
    rendering = (snapshot, verdict, service, states, text, request.path, accepts_gzip(request))
    return respond_rendered(request, await asyncio.to_thread(_render_overview, *rendering))


async def show_type(request: Request, name: str) -> HTTPResponse:
    """All that is known of one id, or of an entry that has none."""
    services: Services = request.app.ctx.services
    authenticate_read(request)
    snapshot = services.catalogue.snapshot
    reports = snapshot.find_reports(name)
    if not reports:
        raise RequestError(Fault(404, "Not Found", explain_missing(snapshot, name)))
    selected = tuple(request.args.getlist("select") or ())
    async with request.app.ctx.describing:
        described = await asyncio.to_thread(describe_type, services, snapshot, name, reports, selected)
    sandbox = request.app.ctx.sandbox
    return await respond_page(
        request, "type.html", {**described, "sandbox": sandbox, "secrets": bool(services.jwt_secrets)}
    )


@lru_cache(maxsize=8)  # all who have the page open ask for the same one after a change
def _render_overview(
    snapshot: Snapshot,
    verdict: object,
    service: tuple[tuple[str, object], ...],
    states: tuple[str, ...],
    text: str,
    path: str,
    compress: bool,
) -> bytes:
    context = {
        "verdict": verdict,
        "service": dict(service),
        "revision": snapshot.revision,
        "meanings": MEANINGS,
        "counts": snapshot.states,
        "total": len(snapshot.reports()),
        "rows": build_rows(snapshot, states, text),
        "chosen": states,
        "text": text,
    }
    return render_page(path, "overview.html", context, compress=compress)


def build_blueprint(settings: Settings, sandbox: Mapping[str, str] | None = None) -> Blueprint:
    """The routes; without ``CONSOLE``, only what programs get at the root.

    ``sandbox`` is the ``cloud_env`` of the sandbox cloud beside the service, where there is one: the only cloud that a
    page launches on, and whose password is no secret.
    """
    blueprint = Blueprint("console")
    blueprint.before_server_start(lambda app: setattr(app.ctx, "sandbox", sandbox))
    # One page of a type at a time: some take seconds of a processor, which the other pages and the API need, too.
    blueprint.before_server_start(lambda app: setattr(app.ctx, "describing", asyncio.Lock()))
    blueprint.add_route(show_root, "/", methods=READ)
    if settings.console:
        blueprint.exception(RequestError)(show_refusal)
        blueprint.add_route(show_type, "/types/<name:str>", methods=READ, unquote=True, ctx_is_page=True)
        blueprint.add_route(show_reference, "/docs", methods=READ, ctx_is_page=True)
        blueprint.add_route(show_check, "/check", methods=READ, ctx_is_page=True)
        blueprint.add_route(check_definition, "/check", methods=("POST",), ctx_admit=admit)
        blueprint.before_server_start(add_checker)
        blueprint.add_route(show_icon, "/favicon.ico", methods=READ)
        blueprint.add_route(show_static_file, "/static/<name:str>", methods=READ)
    return blueprint
