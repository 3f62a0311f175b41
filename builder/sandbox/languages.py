"""The versions of the template language HOT, and what each of them knows.

Apart from the templates, as a table: a new version of HOT is a new row.
https://docs.openstack.org/heat/latest/template_guide/hot_spec.html#heat-template-version
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from builder.sandbox.faults import Json, invalid_template_version

VERSION_KEY = "heat_template_version"
_SECTIONS = (VERSION_KEY, "description", "parameter_groups", "parameters", "resources", "outputs")
_RESOURCE_KEYS = (
    "type",
    "properties",
    "metadata",
    "depends_on",
    "deletion_policy",
    "update_policy",
    "description",
)
_FUNCTIONS_SINCE = (
    ("2013-05-23", "get_param get_resource get_attr list_join str_replace resource_facade get_file"),
    ("2015-04-30", "repeat digest"),
    ("2015-10-15", "str_split"),
    ("2016-04-08", "map_merge"),
    ("2016-10-14", "yaql map_replace if"),
    ("2017-02-24", "filter str_replace_strict"),
    ("2017-09-01", "make_url list_concat str_replace_vstrict list_concat_unique contains"),
)
_CONDITION_FUNCTIONS_SINCE = (
    ("2016-10-14", "get_param equals not and or"),
    ("2017-09-01", "yaql contains"),
)
_DATES = (
    "2013-05-23",
    "2014-10-16",
    "2015-04-30",
    "2015-10-15",
    "2016-04-08",
    "2016-10-14",
    "2017-02-24",
    "2017-09-01",
    "2018-03-02",
    "2018-08-31",
    "2021-04-16",
)
_ALIASES: Mapping[str, str] = {
    "newton": "2016-10-14",
    "ocata": "2017-02-24",
    "pike": "2017-09-01",
    "queens": "2018-03-02",
    "rocky": "2018-08-31",
    "wallaby": "2021-04-16",
}


@dataclass(frozen=True, slots=True)
class Language:
    """What one version of HOT allows; ``version`` is its date, which sorts."""

    version: str

    @property
    def has_conditions(self) -> bool:
        """Whether templates may have conditions."""
        return self.version >= "2016-10-14"

    @property
    def has_modulo(self) -> bool:
        """Whether parameters may have the modulo constraint."""
        return self.version >= "2017-02-24"

    @property
    def has_parameter_tags(self) -> bool:
        """Whether parameters may have tags."""
        return self.version >= "2018-03-02"

    @property
    def has_nullable_if(self) -> bool:
        """Whether ``if`` may leave out its third argument, and with it the whole item."""
        return self.version >= "2021-04-16"

    @property
    def sections(self) -> tuple[str, ...]:
        """The names of the top-level sections."""
        return (*_SECTIONS, "conditions") if self.has_conditions else _SECTIONS

    @property
    def resource_keys(self) -> tuple[str, ...]:
        """The keys of a resource's definition."""
        return (*_RESOURCE_KEYS, "external_id", "condition") if self.has_conditions else _RESOURCE_KEYS

    @property
    def functions(self) -> frozenset[str]:
        """The names of the intrinsic functions."""
        return _names_until(_FUNCTIONS_SINCE, self.version)

    @property
    def condition_functions(self) -> frozenset[str]:
        """The names of the functions that conditions may use."""
        return _names_until(_CONDITION_FUNCTIONS_SINCE, self.version)


def find_language(template: Mapping[str, Json]) -> Language:
    """Return the language a template says it is written in.

    Raises:
        HeatFault: ``InvalidTemplateVersion``. The CloudFormation languages, which Heat reads too, are refused here.
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
    date = _ALIASES.get(version, version)
    if date not in _DATES:
        known = ", ".join((*_DATES, *_ALIASES))
        raise invalid_template_version(f'"{VERSION_KEY}: {version}". "{VERSION_KEY}" should be one of: {known}')
    return Language(date)


def list_template_versions() -> list[dict[str, Json]]:
    """Return the versions as ``GET template_versions`` lists them."""
    return [
        {
            "version": f"{VERSION_KEY}.{date}",
            "type": "hot",
            "aliases": [f"{VERSION_KEY}.{alias}" for alias, target in _ALIASES.items() if target == date],
        }
        for date in _DATES
    ]


def _names_until(table: tuple[tuple[str, str], ...], version: str) -> frozenset[str]:
    return frozenset(name for since, names in table if since <= version for name in names.split())
