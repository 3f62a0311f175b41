"""The type of the application and what its handlers share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from sanic import Sanic
from sanic.config import Config

from builder.api.metrics import Metrics
from builder.catalogue.catalogue import Catalogue
from builder.catalogue.keeper import Keeper
from builder.openstack.connection import CloudSettings
from builder.openstack.pool import CloudPool
from builder.settings import Settings

Application = Sanic[Config, Any]

READ = ("GET", "HEAD")
"""The methods of a resource that is only read."""


@dataclass(slots=True)
class Services:
    """What the handlers of one worker process work with; made with the application, gone with the process."""

    settings: Settings
    cloud_settings: CloudSettings
    catalogue: Catalogue
    keeper: Keeper
    pool: CloudPool
    metrics: Metrics
    jwt_secrets: tuple[str, ...] = field(default=(), repr=False)
    preloading: asyncio.Task[None] | None = None
    """The import of the OpenStack clients, while nobody waits for them."""
    stopping: bool = False
    """Set as soon as the service was told to stop: it is not ready for anything new."""
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it was told so twice: builds under way are not waited for."""
