"""How the tests call clouds, where they want it no other way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from builder.clusters.plan import ClusterPlan
from builder.net.guard import CloudGuard
from builder.openstack.connection import connect
from builder.openstack.credentials import CloudSettings, parse_credentials
from builder.openstack.deadline import Deadline

Given = TypeVar("Given")


def ask_connected(
    call: Callable[..., Given],
    credentials: Mapping[str, Any],
    *arguments: Any,
    deadline: Deadline,
    settings: CloudSettings | None = None,
) -> Given:
    """What a call gives that takes a connected cloud and these arguments."""
    secrets = next((each.secrets for each in arguments if isinstance(each, ClusterPlan)), ())
    with connect(parse_credentials(credentials), settings or cloud_settings(), deadline, secrets=secrets) as cloud:
        return call(cloud, *arguments)


def cloud_settings(**changes: Any) -> CloudSettings:
    """Settings without a region, a list of clouds, or certificates of their own."""
    usual: dict[str, Any] = {
        "region_name": None,
        "interface": "public",
        "ca_bundle": None,
        "insecure": False,
        "connect_timeout": 5.0,
        "read_timeout": 30.0,
        "guard": CloudGuard(),
    }
    return CloudSettings(**{**usual, **changes})
