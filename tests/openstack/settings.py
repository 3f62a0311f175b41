"""How the tests call clouds, where they want it no other way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from builder.clusters.plan import ClusterPlan
from builder.kinds.creation import CreationRequest
from builder.net.guard import CloudGuard
from builder.openstack.connection import connect
from builder.openstack.credentials import parse_credentials
from builder.openstack.deadline import Deadline
from builder.settings.table import Settings

Given = TypeVar("Given")


def stack_request(template: Mapping[str, Any], tags: tuple[str, ...] = (), **planned: Any) -> CreationRequest:
    """A request for the stack ``hpc--x``; ``planned`` are further fields of its plan."""
    return CreationRequest(ClusterPlan("hpc", "hpc", "r1", template, **planned), "hpc--x", tags)


def ask_connected(
    call: Callable[..., Given],
    credentials: Mapping[str, Any],
    *arguments: Any,
    deadline: Deadline,
    settings: Settings | None = None,
) -> Given:
    """What a call gives that takes a connected cloud and these arguments."""
    secrets = next((each.secrets for each in arguments if isinstance(each, ClusterPlan)), ())
    with connect(parse_credentials(credentials), settings or cloud_settings(), deadline, secrets=secrets) as cloud:
        return call(cloud, *arguments)


def cloud_settings(*, guard: CloudGuard | None = None, **changes: Any) -> Settings:
    """Settings without a region, a list of clouds, or certificates of their own; ``changes`` are those of clouds."""
    named = {"cloud_region" if name == "region_name" else f"cloud_{name}": value for name, value in changes.items()}
    listed = guard or CloudGuard()
    return Settings(
        allowed_auth_urls=listed.auth_urls,
        allowed_endpoints=listed.endpoints,
        **{"cloud_read_timeout": 30.0, **named},
    )
