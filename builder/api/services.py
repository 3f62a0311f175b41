"""What the handlers of one worker process work with, made from the settings."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field
from functools import partial

from builder.api.browsers import AllowedHosts, settle_allowed_hosts
from builder.api.build_outcomes import RecentBuilds
from builder.api.metrics import Metrics
from builder.catalogue.catalogue import Catalogue
from builder.catalogue.loader import LoadSettings
from builder.catalogue.reconcile_loop import ReconcileLoop, WatchMode
from builder.diagnostics.rules import Profile
from builder.disk.fetching import RemoteFiles
from builder.disk.remote import fetch_remote
from builder.disk.state_folder import StateFolder
from builder.errors import ConfigurationError
from builder.openstack.pool import CloudPool
from builder.settings.reading import load_jwt_secrets
from builder.settings.table import Settings

logger = logging.getLogger(__name__)

FIRST_LOAD_SECONDS = 10.0
"""How long is waited for the first load of the catalogue; a request for it is answered 503 then."""


@dataclass(slots=True)
class Services:
    """What the handlers of one worker process work with; made with the application, gone with the process."""

    settings: Settings
    catalogue: Catalogue
    reconcile_loop: ReconcileLoop
    pool: CloudPool
    metrics: Metrics
    jwt_secrets: tuple[str, ...] = field(default=(), repr=False)
    allowed_hosts: AllowedHosts | None = None
    """By which names the service is known; None for any."""
    preloading: asyncio.Task[None] | None = None
    """The import of the OpenStack clients, while nobody waits for them."""
    stopping: bool = False
    """Set as soon as the service was told to stop: it is not ready for anything new."""
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it was told so twice: builds under way are not waited for."""

    recent_builds: RecentBuilds = field(default_factory=RecentBuilds)
    event_streams: int = 0
    """How many clients follow the catalogue at the moment."""
    event_turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while it is worked out what one of them is told next."""
    catalogue_changed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the catalogue has changed or the service stops; there is another one for the next change by then."""

    load_is_over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set after the first load of the catalogue, or when nobody need wait for it any more."""

    async def wait_until_loaded(self) -> bool:
        """Wait for the first load of the catalogue, for FIRST_LOAD_SECONDS; False where it has not come by then."""
        if not self.reconcile_loop.has_loaded:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.load_is_over.wait(), FIRST_LOAD_SECONDS)
        return self.reconcile_loop.has_loaded

    async def load_clients(self, seconds: float | None = None) -> None:
        """Wait for the OpenStack clients, imported once: two threads that import them at once get halves of modules."""
        if self.preloading is None:
            self.preloading = asyncio.create_task(self.pool.preload())
        await asyncio.wait([self.preloading], timeout=seconds)

    def readiness(self) -> str:
        """Why nothing new should be sent here, as the end of a sentence; ``""`` where all is well."""
        return "the service is stopping" if self.stopping else self.reconcile_loop.readiness()

    def reload_secrets(self) -> None:
        """Read ``JWT_SECRET_FILE`` again, where there is one; what cannot be read changes nothing."""
        if self.settings.jwt_secret_file is None:
            return
        try:
            secrets = load_jwt_secrets(self.settings)
        except ConfigurationError as error:
            logger.error("%s; the secrets that were read before are used on", error)  # noqa: TRY400  # it says all
            return
        if secrets != self.jwt_secrets:
            self.jwt_secrets = secrets
            logger.info("JWT_SECRET_FILE was read again; tokens may be signed with any of %d secrets", len(secrets))

    def begin_stopping(self) -> None:
        """Note that the service was told to stop."""
        self.stopping = True
        self.load_is_over.set()
        self.announce_change()

    def announce_change(self) -> None:
        """Wake those who follow the catalogue."""
        changed, self.catalogue_changed = self.catalogue_changed, asyncio.Event()
        changed.set()


def build_services(settings: Settings) -> Services:
    """Make the rooms of one worker process, on its event loop; starts nothing."""
    size, seconds = settings.remote_template_limit, settings.remote_template_timeout
    fetch = partial(fetch_remote, size=size, seconds=seconds)
    remote = RemoteFiles(fetch) if settings.allow_remote_templates else None
    roots = tuple(str(root.absolute()) for root in settings.template_roots)
    state = StateFolder(settings.state_folder.absolute()) if settings.state_folder is not None else None
    catalogue = Catalogue(
        settings.enabled_dir.absolute(), LoadSettings(roots, remote, profile=Profile(settings.profile), state=state)
    )
    metrics = Metrics()
    watch_mode = WatchMode(settings.watch)
    reconcile_loop = ReconcileLoop(catalogue, rescan_seconds=settings.rescan_interval, watch_mode=watch_mode)
    reconcile_loop.on_reload, reconcile_loop.on_rescan = metrics.observe_reload, metrics.observe_rescan
    if remote is not None:
        remote.on_change = reconcile_loop.rescan
    pool = CloudPool(settings.build_workers, settings.build_queue)
    secrets = load_jwt_secrets(settings)
    allowed_hosts = settle_allowed_hosts(settings, bool(secrets))
    return Services(settings, catalogue, reconcile_loop, pool, metrics, secrets, allowed_hosts)
