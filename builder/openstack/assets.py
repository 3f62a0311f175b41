"""What a project can choose from when it fills a form in: flavors, images, networks and keypairs, by name."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from builder.openstack.call_context import Service
from builder.openstack.cloud_services import MAX_NAME, has_service, open_sdk
from builder.openstack.connection import Cloud, connect
from builder.openstack.credentials import Credentials
from builder.openstack.deadline import Deadline
from builder.openstack.failure_kinds import CloudError, FailureKind
from builder.settings.table import Settings

logger = logging.getLogger(__name__)

MAX_ASSETS = 5000
"""Of one kind: beyond that, nobody chooses from a list, and the cloud may never end."""

FIELDS = ("id", "name", "router:external")
"""Of networks: Neutron sends all of them in one answer, and that may hold only so much (``answer_limits.py``)."""

KINDS = ("flavors", "images", "networks", "keypairs")
"""In the order in which they are told."""

_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, those that turn the order of the others, and halves of surrogate pairs."""

_ABSENT = frozenset({FailureKind.FORBIDDEN, FailureKind.SERVICE_NOT_FOUND})


def fetch_assets(
    credentials: Credentials, settings: Settings, deadline: Deadline, request_id: str | None = None
) -> dict[str, list[dict[str, Any]]]:
    """List what the project can choose from, as the Concertim Visualisation App reads it: each ``id`` is the name.

    In alphabetical order; an asset without a name that can be shown goes by its id. The App shows an empty list as a
    select that must be filled in and cannot, and a missing one as a field for text. So what a service does not tell,
    for whatever reason, is left out; none has more than its share of the time. Sahara, which is retired, is not asked.
    Blocks.

    Raises:
        RequestError: Keystone refuses; nothing is known because services fail or cannot be reached (502) or are late
            (504).
    """
    with connect(credentials, settings, deadline, request_id) as cloud:
        deadline.under_way = "The cloud's services were being asked for what there is to choose from."
        found = _ask_all(cloud)
    assets: dict[str, list[dict[str, Any]]] = {}
    for kind in (kind for kind in KINDS if kind in found):
        assets[kind] = [{"id": name, "name": name} for name in sorted({name for name, _ in found[kind]})]
    external = {name for name, is_external in found.get("networks", ()) if is_external}
    for network in assets.get("networks", ()):
        network["external"] = network["name"] in external
    return assets


_Named = list[tuple[str, bool]]
"""The name of each asset, and whether it is an external network."""


def _ask_all(cloud: Cloud) -> dict[str, _Named]:
    """What each service tells that tells anything.

    Raises RequestError (5xx) where none does, and one of them fails.
    """
    sdk = open_sdk(cloud)
    questions: list[tuple[str, Service, Callable[[], Iterable[Any]]]] = [
        # Public flavors and those the project has access to: openstacksdk by itself has an admin shown everybody's.
        ("flavors", Service.COMPUTE, lambda: sdk.compute.flavors(details=False, is_public=True)),
        ("keypairs", Service.COMPUTE, lambda: sdk.compute.keypairs()),
        ("images", Service.IMAGE, lambda: sdk.image.images(status="active")),
        ("networks", Service.NETWORK, lambda: sdk.network.networks(fields=FIELDS)),
    ]
    asked = [question for question in questions if has_service(cloud, question[1])]
    found: dict[str, _Named] = {}
    failures: list[CloudError] = []
    for done, (kind, service, fetch) in enumerate(asked):
        # With as much left in the end, so that what is known by then is still told in time.
        share = cloud.deadline.remaining() / (len(asked) - done + 1)
        try:
            with cloud.deadline.at_most(share):
                found[kind] = _fetch(cloud, service, fetch)
        except CloudError as error:
            logger.warning("no %s to choose from are known: %s", kind, error)
            if error.kind not in _ABSENT:  # without its traceback, which would keep this frame, and what was answered
                failures.append(CloudError(error.kind, error.faults[0], error.headers))
    if failures and not found:
        raise failures[0]
    return found


def _fetch(cloud: Cloud, service: Service, fetch: Callable[[], Iterable[Any]]) -> _Named:
    """The name of each asset of a service that has one to choose it by, and whether it is an external network.

    Nothing else is kept of an asset: there may be thousands, each as large as an answer.
    """
    with cloud.calling(service, long_answers=True):
        named = [
            (_name(cloud, asset), bool(getattr(asset, "is_router_external", False)))
            for asset in islice(fetch(), MAX_ASSETS)
        ]
    return [(name, is_external) for name, is_external in named if name is not None]


def _name(cloud: Cloud, asset: Any) -> str | None:
    """The name of an asset, or its id where there is no name that can be shown; None where neither can be."""
    for text in (asset.name, asset.id):
        if (
            isinstance(text, str)
            and 0 < len(text) <= MAX_NAME
            and not (_UNFIT.search(text) or cloud.tells_secret(text))
        ):
            return text
    return None
