"""What stands among the entries of a section and is none: a value by itself, or a key of the entry above it.

Both are set right for whoever looks at the template next, so that nothing but the mistake itself is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from builder.hot.language import NESTED_SUFFIXES
from builder.hot_lint.findings import TemplateProblem

_ENTRIES: Final[Mapping[str, tuple[Mapping[str, Any], str]]] = {
    "parameters": ({"type": "string", "default": ""}, "write {type: string}, or another type"),
    "resources": ({"type": "OS::Heat::None"}, "give it a type, and properties"),
    "outputs": ({"value": None}, "give it a value"),
}
"""The sections whose entries are mappings: what stands for one that is none, and a hint."""

_KEYS: Final[Mapping[str, Mapping[str, bool]]] = {
    "parameters": {
        "type": False, "label": False, "description": False, "default": True, "hidden": False, "immutable": False,
        "tags": False, "constraints": True,
    },
    "resources": {
        "type": False, "properties": True, "metadata": True, "depends_on": False, "condition": True,
        "deletion_policy": False, "update_policy": True, "description": False, "external_id": False,
    },
    "outputs": {"value": True, "description": False, "condition": True},
}  # fmt: skip
"""By sections, the keys of their entries, and whether what stands below one may be a mapping."""


def set_broken_entries_aside(template: Mapping[str, Any]) -> tuple[dict[str, Any], list[TemplateProblem]]:
    """A template of sound sections, in which something of no consequence stands for each entry that is no mapping.

    So the names stay known, and the other entries can be judged. A key that is not indented far enough is in the entry
    above it.
    """
    problems: list[TemplateProblem] = []
    usable = dict(template)
    for section, (stand_in, hint) in _ENTRIES.items():
        entries = template.get(section) or {}
        entries, found = _indent(section, entries) if not _KEYS[section].keys().isdisjoint(entries) else (entries, [])
        broken = [name for name, entry in entries.items() if not isinstance(entry, dict)]
        problems += found
        for name in broken:
            message = f"{section}: {name} must be a mapping"
            problems.append(TemplateProblem("template-shape", message, (section, name), hint))
        if broken or found:
            usable[section] = {**entries, **dict.fromkeys(broken, stand_in)}
    return usable, problems


def _indent(section: str, entries: Mapping[str, Any]) -> tuple[dict[str, Any], list[TemplateProblem]]:
    """The entries of a section, each with the keys below it that stand beside it; and what tells of these."""
    indented: dict[str, Any] = {}
    strays: dict[str, list[str]] = {}
    above = ""
    for name, entry in entries.items():
        owner = indented.get(above)
        if (
            above
            and _is_stray(section, name, entry)
            and (owner is None or (isinstance(owner, dict) and name not in owner))
        ):
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
    """Whether an entry of a section is a key that belongs to another one."""
    if name not in _KEYS[section] or not isinstance(entry, dict):
        return name in _KEYS[section]
    type_ = entry.get("type")
    is_entry = {
        "parameters": type_ is not None,
        "resources": isinstance(type_, str) and ("::" in type_ or type_.endswith(NESTED_SUFFIXES)),
        "outputs": "value" in entry,
    }
    return _KEYS[section][name] and not is_entry[section]
