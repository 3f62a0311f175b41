"""Reading the catalogue: the listing, one type, and how the service fares."""

from __future__ import annotations

from sanic import Blueprint, HTTPResponse, Request

from builder.api.application import FIRST_LOAD_SECONDS, READ, Services
from builder.api.authentication import authenticate_read
from builder.api.conditional import respond_representation
from builder.api.rendering import respond_json
from builder.catalogue.snapshot import Snapshot
from builder.definitions.model import ClusterTypeId
from builder.errors import Fault, RequestError

blueprint = Blueprint("catalogue")


async def list_cluster_types(request: Request) -> HTTPResponse:
    """All cluster types, sorted by order, then by id."""
    authenticate_read(request, request.app.ctx.services)
    snapshot = await current_snapshot(request.app.ctx.services)
    return respond_representation(request, snapshot.listing)


async def show_cluster_type(request: Request, cluster_type_id: str) -> HTTPResponse:
    """One cluster type."""
    authenticate_read(request, request.app.ctx.services)
    snapshot = await current_snapshot(request.app.ctx.services)
    published = snapshot.types.get(ClusterTypeId(cluster_type_id))
    if published is None:
        raise RequestError(Fault(404, "Not Found", f"There is no cluster type {cluster_type_id[:100]!r}."))
    return respond_representation(request, published.representation, snapshot.listing)


async def show_health(_: Request) -> HTTPResponse:
    """Whether the process answers at all; never anything else's fault."""
    return respond_json({"status": "ok"})


async def current_snapshot(services: Services) -> Snapshot:
    """The catalogue, once it was loaded for the first time: an empty listing would have clients delete their types.

    Raises RequestError (503) where the enabled folder could not be read yet.
    """
    if not services.reconcile_loop.has_loaded and not await services.wait_until_loaded(FIRST_LOAD_SECONDS):
        detail = f"No cluster types were loaded yet: {services.reconcile_loop.readiness()}."
        raise RequestError(Fault(503, "Catalogue not loaded", detail), headers={"Retry-After": "5"})
    return services.catalogue.snapshot


blueprint.add_route(list_cluster_types, "/cluster-types", methods=READ)
blueprint.add_route(show_cluster_type, "/cluster-types/<cluster_type_id:str>", methods=READ, unquote=True)
blueprint.add_route(show_health, "/health", methods=READ)
