"""What a project can choose from when it fills a form in: flavors, images, networks and keypairs, by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from builder.openstack.call_context import Service
from builder.openstack.connection import Cloud, connect
from builder.openstack.credentials import CloudSettings, Credentials
from builder.openstack.deadline import Deadline
from builder.openstack.failure_kinds import CloudError, FailureKind
from builder.openstack.services import MAX_NAME, has_service, open_sdk

MAX_ASSETS = 5000
"""Of one kind: beyond that, nobody chooses from a list, and the cloud may never end."""

FIELDS = ("id", "name", "router:external")
"""Of networks: Neutron sends all of them in one answer, and that may hold only so much (``answers.py``)."""

_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, those that turn the order of the others, and halves of surrogate pairs."""

_ABSENT = frozenset({FailureKind.FORBIDDEN, FailureKind.SERVICE_NOT_FOUND})


@dataclass(frozen=True, slots=True)
class Network:
    """A network; ``external`` ones lead out of the cloud."""

    name: str
    external: bool


@dataclass(frozen=True, slots=True)
class CloudAssets:
    """What there is to choose from, in alphabetical order; an asset without a name that can be shown goes by its id."""

    flavors: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()
    keypairs: tuple[str, ...] = ()

    def document(self) -> dict[str, list[dict[str, Any]]]:
        """The answer as the Concertim Visualisation App reads it: each ``id`` is the name, sahara's lists are empty."""
        return {
            "flavors": _choices(self.flavors),
            "images": _choices(self.images),
            "networks": [{"id": net.name, "name": net.name, "external": net.external} for net in self.networks],
            "keypairs": _choices(self.keypairs),
            "sahara.plugins": [],
            "sahara.images": [],
            "sahara.cluster_templates": [],
        }


def fetch_assets(
    credentials: Credentials, settings: CloudSettings, deadline: Deadline, request_id: str | None = None
) -> CloudAssets:
    """List what the project can choose from. Blocks.

    A service that the cloud has not, or that the user may not ask, gives an empty list.

    Raises:
        RequestError: Keystone refuses; a service fails or cannot be reached (502), or is late (504).
    """
    with connect(credentials, settings, deadline, request_id) as cloud:
        deadline.under_way = "The cloud's services were being asked for what there is to choose from."
        sdk = open_sdk(cloud)
        # Public flavors and those the project has access to: openstacksdk by itself has an admin shown everybody's.
        flavors = _fetch(cloud, Service.COMPUTE, lambda: sdk.compute.flavors(details=False, is_public=True))
        keypairs = _fetch(cloud, Service.COMPUTE, lambda: sdk.compute.keypairs())
        images = _fetch(cloud, Service.IMAGE, lambda: sdk.image.images(status="active"))
        networks = _fetch(cloud, Service.NETWORK, lambda: sdk.network.networks(fields=FIELDS))
    external = {name for name, is_external in networks if is_external}
    return CloudAssets(
        _names(flavors),
        _names(images),
        tuple(Network(name, name in external) for name in _names(networks)),
        _names(keypairs),
    )


def _fetch(cloud: Cloud, service: Service, fetch: Callable[[], Iterable[Any]]) -> list[tuple[str, bool]]:
    """The name of each asset of a service that has one to choose it by, and whether it is an external network.

    Nothing else is kept of an asset: there may be thousands, each as large as an answer.
    """
    from builder.openstack.failures import translated

    if not has_service(cloud, service):
        return []
    try:
        with translated(cloud.context(service)), cloud.session.long_answers():
            named = [
                (_name(cloud, asset), bool(getattr(asset, "is_router_external", False)))
                for asset in islice(fetch(), MAX_ASSETS)
            ]
    except CloudError as error:
        if error.kind in _ABSENT:
            return []
        raise
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


def _names(found: Iterable[tuple[str, bool]]) -> tuple[str, ...]:
    return tuple(sorted({name for name, _ in found}))


def _choices(names: Iterable[str]) -> list[dict[str, Any]]:
    return [{"id": name, "name": name} for name in names]
