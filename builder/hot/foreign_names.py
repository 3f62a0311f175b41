"""What other tools, APIs and clouds call Heat's own things, read from ``foreign_names.toml``: words for hints."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def load_foreign_names() -> Mapping[str, Mapping[str, Any]]:
    """The sections of the file; of a place within properties, what stands under it alone and together with others."""
    names = tomllib.loads(files(__package__).joinpath("foreign_names.toml").read_text(encoding="utf-8"))
    properties: dict[str, dict[str, str]] = {}
    for places, owns in names["properties"].items():
        for place in places.split():
            properties.setdefault(place, {}).update(owns)
    return {**names, "properties": properties}


def find_foreign_property(place: str, name: str) -> str:
    """What another tool's name of a property is meant for, at a place in the file; ``""`` where none is known."""
    return list_foreign("properties", place).get(name.casefold().replace("-", "_"), "")


def find_foreign_attribute(type_: str, name: str) -> str:
    """The attribute, or the way into one, that another tool's name of it is meant for; ``""`` where none is known."""
    return list_foreign("attributes", type_).get(name.casefold(), "")


def find_foreign_parameter(section: str, name: str) -> str:
    """What another tool's name of a type or a key of parameters is meant for; ``""`` where none is known."""
    return list_foreign(section).get(name.lower(), "")


def suggest_foreign_value(name: str, value: str) -> str:
    """What to do in place of another tool's value of a property; ``""`` where none is known."""
    return list_foreign("values", name).get(value.casefold(), "")


@cache
def list_foreign(section: str, place: str | None = None) -> Mapping[str, str]:
    """The other way round: Heat's names by those elsewhere, of a section or of one place in it."""
    names = load_foreign_names()[section]
    table: Mapping[str, str] = names if place is None else names.get(place, {})
    return {name: own for own, elsewhere in table.items() for name in elsewhere.split()}
