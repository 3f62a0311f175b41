"""Presets: the same cluster type listed again, under a title of its own and with other defaults.

A preset is a cluster type in all that follows, with the id ``<type>.<preset>``. Its values are answers that the caller
need not give, so that no kind has to know of presets.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from builder.definitions.model import ClusterType, ClusterTypeId
from builder.hot_lint.findings import TemplateProblem, judge_default
from builder.parameters.declarations import Parameter
from builder.text.spelling import suggest, suggest_near

PRESET_SEPARATOR: Final = "."
"""Stands between the id of a type and that of a preset, which cannot contain it."""

MAX_PRESETS: Final = 50
"""Per type. Each preset is listed in full: nobody looks through more cards, and the listing must not grow too large."""


def build_presets(base: ClusterType, entries: Sequence[Mapping[str, Any]]) -> tuple[ClusterType, ...]:
    """The presets of a type; ``entries`` are without problems."""
    presets = []
    for entry in entries:
        values: Mapping[str, Any] = entry.get("parameters", {})
        preset = replace(
            base,
            id=name_preset(base.id, entry["id"]),
            title=entry["title"],
            order=entry.get("order", base.order),
            logo_url=entry.get("logo_url", base.logo_url),
            parameters={
                name: replace(parameter, default=values[name]) if name in values else parameter
                for name, parameter in base.parameters.items()
            },
            preset_values=values,
        )
        presets.append(preset)
    return tuple(presets)


def name_preset(base: str, preset: str) -> ClusterTypeId:
    """The id that a preset is listed by."""
    return ClusterTypeId(f"{base}{PRESET_SEPARATOR}{preset}")


def find_preset_problems(
    entries: Sequence[Mapping[str, Any]], parameters: Mapping[str, Parameter], hardcoded: Collection[str]
) -> Iterator[TemplateProblem]:
    """What is wrong with the presets of a type that asks for ``parameters``."""
    if len(entries) > MAX_PRESETS:
        message = f"there are {len(entries):,} presets, and at most {MAX_PRESETS} are listed of a type"
        yield TemplateProblem("too-large", message, ("presets",), "keep those that people choose", key=True)
    seen: set[str] = set()
    open_ = {name: parameter for name, parameter in parameters.items() if name not in hardcoded}
    for number, entry in enumerate(entries):
        if entry["id"] in seen:
            message = f"there is a preset {entry['id']!r} already"
            yield TemplateProblem("duplicate-preset", message, ("presets", number, "id"), "rename one of them")
        seen.add(entry["id"])
        for name, value in entry.get("parameters", {}).items():
            tokens = ("presets", number, "parameters", name)
            if name not in open_:
                fixed = "its value is hardcoded" if name in hardcoded else ""
                kin = [each for each in open_ if each.rpartition("_")[2] == name.rpartition("_")[2]]
                meant = suggest(name, open_) or (suggest_near(kin[0]) if len(kin) == 1 else "")
                hint = meant or fixed or "name a parameter that people are asked for"
                message = f"the type asks for no parameter {name!r}"
                about = (f"parameter {name}",)
                yield TemplateProblem("unknown-preset-parameter", message, tokens, hint, key=True, about=about)
                continue
            given = replace(open_[name], default=value)
            yield from judge_default("invalid-preset-value", given, tokens, f"the value of {name!r}")
            if given.is_careless:
                message = f"parameter {name!r} is hidden, and everybody can read its value in the listing"
                hint = "leave the value out, or hidden: true if it is no secret"
                yield TemplateProblem("hidden-default", message, tokens, hint)
