"""How the tests call clouds, where they want it no other way."""

from __future__ import annotations

from typing import Any

from builder.net.guard import CloudGuard
from builder.openstack.credentials import CloudSettings


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
