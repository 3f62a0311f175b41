"""The further services of a cloud (all but Keystone), by openstacksdk on our session.

Nothing of openstacksdk's own configuration is read: no ``clouds.yaml``, no environment.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import unquote

from builder.openstack.call_context import Service
from builder.openstack.connection import Cloud
from builder.openstack.failure_kinds import CloudError, FailureKind

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

MAX_URL = 2000
"""The longest URL of a service that is used, in characters: proxies take the head of an answer, which the URL of what
was created goes into, up to 4 KiB (nginx, ``proxy_buffer_size``)."""

MAX_NAME = 255
"""The longest name that any of the services takes, in characters; no more is kept of one, for a list has many."""

SERVICE_TYPES = {
    Service.COMPUTE: "compute",
    Service.BLOCK_STORAGE: "block-storage",
    Service.IMAGE: "image",
    Service.NETWORK: "network",
    Service.ORCHESTRATION: "orchestration",
    Service.CONTAINER_INFRA: "container-infra",
}
"""Official service types (https://service-types.openstack.org); aliases such as ``volumev3`` are found by them too."""


def has_service(cloud: Cloud, service: Service) -> bool:
    """Whether the catalogue names the service, in the region and for the interface that are used. Sends nothing."""
    return ask_if_possible(cloud, service, lambda: cloud.find_endpoint(SERVICE_TYPES[service])) is not None


def find_url(cloud: Cloud, service: Service, path: str) -> str | None:
    """The URL of ``path`` at a service, encoded as it is when it is asked; nothing is asked of anybody.

    None where it holds a secret of the request: then it cannot be told.

    Raises RequestError (502) where the catalogue names no such service, or not by a URL that can be used.
    """
    from requests import Request

    with cloud.calling(service):
        endpoint = cloud.find_endpoint(SERVICE_TYPES[service])
        url = Request("GET", f"{str(endpoint).rstrip('/')}{path}").prepare().url or ""
    if len(url) > MAX_URL:
        raise FailureKind.SERVICE_NOT_FOUND.error(
            f"The {service.value} has too long an address in the cloud's catalogue"
        )
    return None if cloud.tells_secret(unquote(url)) else url


def open_sdk(cloud: Cloud) -> Any:
    """openstacksdk's connection on the session of ``cloud``; sends nothing by itself, and ends with the session."""
    from openstack.config import cloud_region
    from openstack.connection import Connection

    region = cloud_region.from_session(
        cloud.session, name="cloud", region_name=cloud.region_name, interface=cloud.settings.cloud_interface
    )
    return Connection(config=region)


def ask_if_possible(cloud: Cloud, service: Service, ask: Callable[[], Answer]) -> Answer | None:
    """What ``ask`` finds out from a service; None where it cannot be had, for whatever reason."""
    try:
        with cloud.calling(service):
            return ask()
    except CloudError as error:
        log = logger.debug if error.kind is FailureKind.SERVICE_NOT_FOUND else logger.info
        log("not known from the %s: %s", service.value, error)
        return None
