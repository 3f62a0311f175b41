"""The versions of the template language HOT, as the sandbox tells of them and refuses others."""

from __future__ import annotations

from collections.abc import Mapping

from builder.hot import language
from builder.hot.language import ALIASES, DATES, KNOWN_VERSIONS, VERSION_KEY, Language
from builder.sandbox.faults import Json, invalid_template_version


def find_language(template: Mapping[str, Json]) -> Language:
    """Return the language a template says it is written in.

    Raises HeatFault: ``InvalidTemplateVersion``. The CloudFormation languages, which Heat reads too, are refused here.
    """
    found = sorted(
        key for key in template if key in (VERSION_KEY, "HeatTemplateFormatVersion", "AWSTemplateFormatVersion")
    )
    if len(found) > 1:
        raise invalid_template_version(f"Ambiguous versions ({', '.join(found)})")
    if found and found[0] != VERSION_KEY:
        raise invalid_template_version(f"the sandbox cloud reads {VERSION_KEY} only, not {found[0]}")
    version = template.get(VERSION_KEY)
    if not isinstance(version, str) or not version:
        raise invalid_template_version("Template version was not provided")
    found_language = language.find_language(version)
    if found_language is None or found_language.newer:
        known = ", ".join(KNOWN_VERSIONS)
        raise invalid_template_version(f'"{VERSION_KEY}: {version}". "{VERSION_KEY}" should be one of: {known}')
    return found_language


def list_template_versions() -> list[dict[str, Json]]:
    """Return the versions as ``GET template_versions`` lists them."""
    return [
        {
            "version": f"{VERSION_KEY}.{date}",
            "type": "hot",
            "aliases": [f"{VERSION_KEY}.{alias}" for alias, target in ALIASES.items() if target == date],
        }
        for date in DATES
    ]
