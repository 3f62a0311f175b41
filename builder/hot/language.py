"""The versions of the template language HOT, and what each of them knows: the table in ``versions.json``.

Taken from Heat's own ``heat/engine/hot/template.py``; a new version is a new row. A row has what came with a version,
under ``features`` the fields of :class:`Language` that are true from then on, and under ``removed`` which functions of
CloudFormation's, known to all versions before it, went.
https://docs.openstack.org/heat/latest/template_guide/hot_spec.html#heat-template-version
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
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

_TABLE: Final = json.loads(files(__package__).joinpath("versions.json").read_text(encoding="utf-8"))
_ROWS: Final[Sequence[Mapping[str, str]]] = _TABLE["versions"]
_FIRST_VERSIONS: Final[Mapping[str, str]] = {
    name: row["date"]
    for row in reversed(_ROWS)
    for key in ("functions", "condition_functions")
    for name in row.get(key, "").split()
}
DATES: Final = tuple(row["date"] for row in _ROWS)
ALIASES: Final[Mapping[str, str]] = {row["alias"]: row["date"] for row in _ROWS if "alias" in row}
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
    has_get_all_attributes: bool
    """Whether ``get_attr`` may name a resource alone."""
    joins_lists: bool
    """Whether ``list_join`` takes several lists, and lists and maps in them, as ``str_replace`` does in params."""
    repeats_maps: bool
    """Whether ``repeat`` goes through the keys of maps, too."""
    has_modulo: bool
    """Whether parameters may have the modulo constraint."""
    has_permutations: bool
    """Whether ``repeat`` knows ``permutations``."""
    has_nullable_if: bool
    """Whether ``if`` may leave out its third argument."""
    newer: bool = False

    @property
    def has_conditions(self) -> bool:
        """Whether templates may have conditions."""
        return "conditions" in self.sections

    @property
    def output_keys(self) -> tuple[str, ...]:
        """The keys of an output; Heat ignores others."""
        return ("description", "value", "condition") if self.has_conditions else ("description", "value")


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
    return (
        _describe(NEWEST_VERSION, newer=True) if is_name and version not in _TABLE["releases_without_alias"] else None
    )


@cache
def _describe(date: str, *, newer: bool) -> Language:
    rows = [row for row in _ROWS if row["date"] <= date]
    removed, remaining = _list(rows, "removed"), _list(_ROWS[len(rows) :], "removed")
    return Language(
        date,
        sections=_list(rows, "sections"),
        resource_keys=_list(rows, "resource_keys"),
        parameter_keys=_list(rows, "parameter_keys"),
        functions=frozenset(_list(rows, "functions") + remaining),
        condition_functions=frozenset(_list(rows, "condition_functions")),
        removed_functions=frozenset(removed),
        cloudformation_functions=frozenset(remaining),
        **{feature: feature in _list(rows, "features") for feature in _list(_ROWS, "features")},
        newer=newer,
    )


def _list(rows: Sequence[Mapping[str, str]], key: str) -> tuple[str, ...]:
    return tuple(name for row in rows for name in row.get(key, "").split())


def first_version_with(function: str) -> str | None:
    """The first version that knows a function, in conditions or elsewhere; None where none does."""
    return _FIRST_VERSIONS.get(function)


NEWEST: Final = _describe(NEWEST_VERSION, newer=False)
