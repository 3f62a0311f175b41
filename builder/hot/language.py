"""The versions of the template language HOT, and what each of them knows: a table, and nothing else.

Taken from Heat's own ``heat/engine/hot/template.py``; a new version is a new row.
https://docs.openstack.org/heat/latest/template_guide/hot_spec.html#heat-template-version
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

VERSION_KEY: Final = "heat_template_version"

CLOUDFORMATION_KEYS: Final = frozenset({"HeatTemplateFormatVersion", "AWSTemplateFormatVersion"})
"""The keys of the version of a template that is CloudFormation's, which is another language."""

VERSION_KEYS: Final = (VERSION_KEY, *sorted(CLOUDFORMATION_KEYS))

PSEUDO_PARAMETERS: Final = frozenset({"OS::stack_id", "OS::stack_name", "OS::project_id"})
"""Parameters that every template has: heat.engine.hot.parameters. ``OS::region`` is named there but never given."""

MEMBERS_VERSION: Final = "2015-04-30"
"""The version of the template that Heat makes of a group's members, whatever that of the group's own is, so that the
functions of it are functions there: ``heat.engine.resources.openstack.heat.resource_group``."""

DELETION_POLICIES: Final = ("Delete", "Retain", "Snapshot")

NESTED_SUFFIXES: Final = (".yaml", ".template")
"""A resource whose type ends so is a nested template: heat.engine.environment.ResourceRegistry."""

_SECTIONS = "heat_template_version description parameter_groups parameters resources outputs"
_RESOURCE_KEYS = "type properties metadata depends_on deletion_policy update_policy description"
_PARAMETER_KEYS = "type description default schema constraints hidden label immutable"
_FUNCTIONS_SINCE: Final = (
    ("2013-05-23", "get_param get_resource get_attr list_join str_replace resource_facade get_file"),
    ("2015-04-30", "repeat digest"),
    ("2015-10-15", "str_split"),
    ("2016-04-08", "map_merge"),
    ("2016-10-14", "yaql map_replace if"),
    ("2017-02-24", "filter str_replace_strict"),
    ("2017-09-01", "make_url list_concat str_replace_vstrict list_concat_unique contains"),
)
_CONDITION_FUNCTIONS_SINCE: Final = (
    ("2016-10-14", "get_param equals not and or"),
    ("2017-09-01", "yaql contains"),
)
_FIRST_VERSIONS: Final[Mapping[str, str]] = {
    name: since for since, names in reversed((*_FUNCTIONS_SINCE, *_CONDITION_FUNCTIONS_SINCE)) for name in names.split()
}
_CLOUDFORMATION_UNTIL: Final = (
    ("2014-10-16", "Ref Fn::GetAZs Fn::Join Fn::Split Fn::Replace Fn::Base64 Fn::MemberListToMap Fn::ResourceFacade"),
    ("2015-10-15", "Fn::Select"),
)
DATES: Final = (
    "2013-05-23", "2014-10-16", "2015-04-30", "2015-10-15", "2016-04-08", "2016-10-14", "2017-02-24", "2017-09-01",
    "2018-03-02", "2018-08-31", "2021-04-16",
)  # fmt: skip
ALIASES: Final[Mapping[str, str]] = {
    "newton": "2016-10-14", "ocata": "2017-02-24", "pike": "2017-09-01", "queens": "2018-03-02",
    "rocky": "2018-08-31", "wallaby": "2021-04-16",
}  # fmt: skip
_RELEASES_WITHOUT_ALIAS: Final = frozenset(
    {
        "austin", "bexar", "cactus", "diablo", "essex", "folsom", "grizzly", "havana", "icehouse", "juno", "kilo",
        "liberty", "mitaka", "stein", "train", "ussuri", "victoria",
    }
)  # fmt: skip
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")

KNOWN_VERSIONS: Final = (*DATES, *ALIASES)
NEWEST_VERSION: Final = DATES[-1]


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """What one version of HOT allows; ``version`` is its date, which sorts. There is one object of each.

    With ``newer`` it is a version that is not known here: the newest known one stands in, and what that does not know
    is no fault.
    """

    version: str
    sections: tuple[str, ...]
    resource_keys: tuple[str, ...]
    parameter_keys: tuple[str, ...]
    functions: frozenset[str]
    condition_functions: frozenset[str]
    removed_functions: frozenset[str]
    cloudformation_functions: frozenset[str]
    """Those of ``functions`` that the first versions took over from CloudFormation."""
    newer: bool = False

    @property
    def has_conditions(self) -> bool:
        """Whether templates may have conditions."""
        return "conditions" in self.sections

    @property
    def output_keys(self) -> tuple[str, ...]:
        """The keys of an output; Heat ignores others."""
        return ("description", "value", "condition") if self.has_conditions else ("description", "value")

    @property
    def has_modulo(self) -> bool:
        """Whether parameters may have the modulo constraint."""
        return self.version >= "2017-02-24"

    @property
    def has_nullable_if(self) -> bool:
        """Whether ``if`` may leave out its third argument."""
        return self.version >= "2021-04-16"

    @property
    def has_get_all_attributes(self) -> bool:
        """Whether ``get_attr`` may name a resource alone."""
        return self.version >= "2015-10-15"

    @property
    def joins_lists(self) -> bool:
        """Whether ``list_join`` takes several lists, and lists and maps in them, as ``str_replace`` does in params."""
        return self.version >= "2015-10-15"

    @property
    def repeats_maps(self) -> bool:
        """Whether ``repeat`` goes through the keys of maps, too."""
        return self.version >= "2016-10-14"

    @property
    def has_permutations(self) -> bool:
        """Whether ``repeat`` knows ``permutations``."""
        return self.version >= "2017-09-01"


def find_language(version: object) -> Language | None:
    """The language of a template's version; None for a version that Heat certainly refuses.

    A later date, or a name that is no release up to the last known version, is a version of a newer Heat's.
    """
    if not isinstance(version, str):
        return None
    date = ALIASES.get(version, version)
    if date in DATES:
        return _describe(date, newer=False)
    if _DATE.fullmatch(date):
        return _describe(NEWEST_VERSION, newer=True) if date > NEWEST_VERSION else None
    is_name = version.isascii() and version.isalpha() and version.islower()
    return _describe(NEWEST_VERSION, newer=True) if is_name and version not in _RELEASES_WITHOUT_ALIAS else None


@cache
def _describe(date: str, *, newer: bool) -> Language:
    has_conditions = date >= "2016-10-14"
    return Language(
        date,
        sections=tuple((_SECTIONS + " conditions" * has_conditions).split()),
        resource_keys=tuple((_RESOURCE_KEYS + " external_id condition" * has_conditions).split()),
        parameter_keys=tuple((_PARAMETER_KEYS + " tags" * (date >= "2018-03-02")).split()),
        functions=_until(_FUNCTIONS_SINCE, date) | _from(_CLOUDFORMATION_UNTIL, date),
        condition_functions=_until(_CONDITION_FUNCTIONS_SINCE, date),
        removed_functions=_until(_CLOUDFORMATION_UNTIL, date),
        cloudformation_functions=_from(_CLOUDFORMATION_UNTIL, date),
        newer=newer,
    )


def first_version_with(function: str) -> str | None:
    """The first version that knows a function, in conditions or elsewhere; None where none does."""
    return _FIRST_VERSIONS.get(function)


def _until(table: tuple[tuple[str, str], ...], version: str) -> frozenset[str]:
    return frozenset(name for since, names in table if since <= version for name in names.split())


def _from(table: tuple[tuple[str, str], ...], version: str) -> frozenset[str]:
    return frozenset(name for until, names in table if version < until for name in names.split())


NEWEST: Final = _describe(NEWEST_VERSION, newer=False)
