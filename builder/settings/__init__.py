"""The settings of the service: a table of them, how each kind of value is read, and where values come from."""

from __future__ import annotations

from builder.settings.reading import build_settings, load_jwt_secrets
from builder.settings.table import ENABLED_NAME, Setting, Settings, format_default, list_settings
from builder.settings.value_parsers import parse_host, parse_integer

__all__ = [
    "ENABLED_NAME",
    "Setting",
    "Settings",
    "build_settings",
    "format_default",
    "list_settings",
    "load_jwt_secrets",
    "parse_host",
    "parse_integer",
]
