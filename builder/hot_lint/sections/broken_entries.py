"""Entries of a template's sections that cannot be entries: values that are no mappings, and keys of the entry above.

Both are replaced before anything else reads the template, so that only the mistake itself is reported, and not what
follows from it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from builder.hot.language import NESTED_SUFFIXES, NEWEST
from builder.hot_lint.findings import TemplateProblem

_ENTRIES: Final[Mapping[str, tuple[Mapping[str, Any], str]]] = {
    "parameters": ({"type": "string", "default": ""}, "write {type: string}, or another type"),
    "resources": ({"type": "OS::Heat::None"}, "give it a type, and properties"),
    "outputs": ({"value": None}, "give it a value"),
}
"""The sections whose entries are mappings; for each, what replaces an entry that is none, and the hint for it."""

_KEYS: Final[Mapping[str, Collection[str]]] = {
    "parameters": NEWEST.parameter_keys,
    "resources": NEWEST.resource_keys,
    "outputs": NEWEST.output_keys,
}
"""The keys that entries have, by section."""

_MAPPINGS: Final = frozenset({
    "default", "constraints", "properties", "metadata", "condition", "update_policy", "value",
})  # fmt: skip
"""The keys of entries whose values may be mappings."""


def set_broken_entries_aside(template: Mapping[str, Any]) -> tuple[dict[str, Any], list[TemplateProblem]]:
    """Replace each entry that is no mapping by a harmless one, and move keys that stand beside their entry into it.

    So all names stay known, and the other entries can be judged. The sections themselves are sound.
    """
    problems: list[TemplateProblem] = []
    usable = dict(template)
    for section, (stand_in, hint) in _ENTRIES.items():
        entries = template.get(section) or {}
        entries, found = _indent(section, entries) if not entries.keys().isdisjoint(_KEYS[section]) else (entries, [])
        broken = [name for name, entry in entries.items() if not isinstance(entry, dict)]
        problems += found
        for name in broken:
            message = f"{section}: {name} must be a mapping"
            problems.append(TemplateProblem("template-shape", message, (section, name), hint))
        if broken or found:
            usable[section] = {**entries, **dict.fromkeys(broken, stand_in)}
    return usable, problems


def _indent(section: str, entries: Mapping[str, Any]) -> tuple[dict[str, Any], list[TemplateProblem]]:
    """The entries of a section, with the keys that stand beside their entry moved into it; and a problem for those."""
    indented: dict[str, Any] = {}
    strays: dict[str, list[str]] = {}
    above = ""
    for name, entry in entries.items():
        owner = indented.get(above, "")
        if _is_stray(section, name, entry) and (owner is None or (isinstance(owner, dict) and name not in owner)):
            indented[above] = {**(owner or {}), name: entry}
            strays.setdefault(above, []).append(name)
        else:
            indented[name] = entry
            above = name
    problems = []
    for above, keys in strays.items():
        are, them = ("is a key", "it") if len(keys) == 1 else ("are keys", "them")
        stand = "stands" if len(keys) == 1 else "stand"
        message = f"{', '.join(map(repr, keys))} {are} of {section[:-1]} {above!r} above, and {stand} beside it"
        place = (section, keys[0])
        problems.append(TemplateProblem("template-shape", message, place, f"indent {them} further", key=True))
    return indented, problems


def _is_stray(section: str, name: str, entry: Any) -> bool:
    """Whether what looks like an entry of a section is really a key of another entry."""
    if not isinstance(entry, dict) or name not in _MAPPINGS:
        return name in _KEYS[section] and not isinstance(entry, dict)
    type_ = entry.get("type")
    is_entry = {
        "parameters": type_ is not None,
        "resources": isinstance(type_, str) and ("::" in type_ or type_.endswith(NESTED_SUFFIXES)),
        "outputs": "value" in entry,
    }
    return name in _KEYS[section] and not is_entry[section]
