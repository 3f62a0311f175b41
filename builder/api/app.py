"""Wiring: which rooms one worker process consists of, and when they start and stop."""

from __future__ import annotations

import asyncio
import sys
from functools import partial

from builder.api import build_handlers, read_handlers
from builder.api.access import NumberedRequest, name_routes
from builder.api.application import FIRST_LOAD_SECONDS, Application, Services
from builder.api.browsers import settle_allowed_hosts
from builder.api.metrics import Metrics
from builder.api.rendering import install_error_handlers
from builder.catalogue.catalogue import Catalogue
from builder.catalogue.health import Noticing
from builder.catalogue.loader import LoadSettings
from builder.catalogue.reconcile_loop import ReconcileLoop
from builder.disk.fetching import RemoteFiles
from builder.disk.remote import FetchLimits, fetch_remote
from builder.openstack.credentials import CloudSettings
from builder.openstack.guard import CloudGuard
from builder.openstack.pool import CloudPool
from builder.settings import Settings, load_jwt_secrets

APP_NAME = "cluster-builder"

SWITCH_SECONDS = 0.001
"""How long a thread that reads definitions may hold up the event loop; Python's own default is five times that."""


def create_app(settings: Settings, name: str = APP_NAME) -> Application:
    """The application of one worker process; nothing runs before its server starts."""
    app = Application(name, request_class=NumberedRequest, configure_logging=False)
    app.config.update(
        FALLBACK_ERROR_FORMAT="json",
        REQUEST_MAX_SIZE=settings.body_limit,
        REQUEST_MAX_HEADER_SIZE=settings.header_limit,
        REQUEST_TIMEOUT=settings.request_timeout,
        KEEP_ALIVE_TIMEOUT=settings.keep_alive_timeout,
        MAX_CONNECTIONS=settings.max_connections,
        RESPONSE_TIMEOUT=settings.build_deadline + 10,
        MOTD=False,
        ACCESS_LOG=False,
    )
    for handlers in (read_handlers, build_handlers):
        app.blueprint(handlers.blueprint.copy(handlers.blueprint.name))
    install_error_handlers(app)
    app.before_server_start(lambda app: start_services(app, settings))
    app.after_server_start(preload)
    app.before_server_stop(stop_services)
    return app


def build_services(settings: Settings) -> Services:
    """Make the rooms of one worker process, on its event loop; starts nothing."""
    load_settings = build_load_settings(settings)
    catalogue = Catalogue(settings.enabled_dir.absolute(), load_settings)
    metrics = Metrics()
    reconcile_loop = ReconcileLoop(
        catalogue, rescan_seconds=settings.rescan_interval, noticing=Noticing(settings.watch), observer=metrics
    )
    if load_settings.remote is not None:
        load_settings.remote.on_change = reconcile_loop.rescan
    cloud_settings = CloudSettings(
        region_name=settings.cloud_region,
        interface=settings.cloud_interface,
        ca_bundle=settings.cloud_ca_bundle,
        insecure=settings.cloud_insecure,
        connect_timeout=settings.cloud_connect_timeout,
        read_timeout=settings.cloud_read_timeout,
        guard=CloudGuard(settings.allowed_auth_urls, settings.allowed_endpoints),
    )
    pool = CloudPool(settings.build_workers, settings.build_queue)
    secrets = load_jwt_secrets(settings)
    allowed_hosts = settle_allowed_hosts(settings, bool(secrets))
    return Services(settings, cloud_settings, catalogue, reconcile_loop, pool, metrics, secrets, allowed_hosts)


def build_load_settings(settings: Settings) -> LoadSettings:
    """From where definitions may take files: their own folder, those that are named, URLs."""
    limits = FetchLimits(settings.remote_template_limit, settings.remote_template_timeout)
    remote = RemoteFiles(partial(fetch_remote, limits=limits)) if settings.allow_remote_templates else None
    return LoadSettings(tuple(str(root.absolute()) for root in settings.template_roots), remote)


async def start_services(app: Application, settings: Settings) -> None:
    """Start keeping the catalogue; the first load goes on beside the server."""
    services = build_services(settings)
    app.ctx.services = services
    name_routes(app.router.routes)
    sys.setswitchinterval(SWITCH_SECONDS)
    services.reconcile_loop.start()


async def preload(app: Application) -> None:
    """Import the OpenStack clients while nobody waits for them: when the first load, for which people wait, is done."""
    services: Services = app.ctx.services
    app.add_task(_preload_when_loaded(services))


async def _preload_when_loaded(services: Services) -> None:
    await services.wait_until_loaded(FIRST_LOAD_SECONDS)
    if services.preloading is None and not services.stopping:  # no request has asked for them yet
        services.preloading = asyncio.create_task(services.pool.preload())


async def stop_services(app: Application) -> None:
    """Stop what is still under way: the server has waited for builds as long as it may."""
    services: Services = app.ctx.services
    await services.pool.drain(0)
    await asyncio.to_thread(services.reconcile_loop.stop)  # answers still leave meanwhile
