"""The type of a scalar: the one difference between how a definition and a Heat template are read.

A definition is YAML 1.2, as editors and schema validators read it. A Heat template is what Heat reads: JSON where it is
JSON, and otherwise YAML 1.1 with PyYAML, where ``yes`` is true, ``0755`` is 493 and ``1e3`` a text. So the core schema
of YAML 1.2 decides the scalars of a definition, and PyYAML's rules, the very code that Heat runs, those of a template
that is no JSON. Dates stay the text that was written, as Heat does it (``heat/common/template_format.py``).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache, lru_cache
from typing import Any, Final

from ruamel.yaml import nodes as ruamel_nodes
from ruamel.yaml.resolver import VersionedResolver
from yaml.constructor import SafeConstructor
from yaml.nodes import Node, ScalarNode
from yaml.resolver import Resolver

PLAIN = "?"
"""The tag of an unquoted scalar that has none of its own: its type is decided by the reading."""

_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = frozenset({f"{_TAG}str", f"{_TAG}timestamp", f"{_TAG}value", f"{_TAG}merge", "!"})

_VALUE_TAGS = frozenset({f"{_TAG}bool", f"{_TAG}int", f"{_TAG}float"})
KEY_TAGS = _TEXT_TAGS | _VALUE_TAGS | {f"{_TAG}null", PLAIN}
"""Those that a scalar may have; a key is the text that was written all the same."""

MAX_NUMBER_LENGTH = 1000
"""In characters: what is longer takes quadratic time to convert, and Python writes no integer of over 4,300 digits."""

_CORE_SCHEMA = {
    "null": r"null|Null|NULL|~|",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+",
    "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
}
"""https://yaml.org/spec/1.2.2/#1032-tag-resolution; ruamel.yaml takes ``1_000`` and ``0b11`` for numbers besides."""

_JSON_SCHEMA = {
    "null": "null",
    "bool": "true|false",
    "int": "-?[0-9]+",
    "float": r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?|-?Infinity|NaN",
}
"""What Python's ``json`` reads, by which Heat tries a template first."""

Scalar = str | int | float | bool | None


class NumberTooLargeError(ValueError):
    """A number is larger than any that JSON can carry to every reader: than a double."""


class Reading(Enum):
    """Which rules decide the type of a plain scalar."""

    YAML_1_2 = "1.2"
    HEAT = "1.1"
    JSON = "json"


_SCHEMAS: Final = {
    reading: [(f"{_TAG}{name}", re.compile(pattern)) for name, pattern in schema.items()]
    for reading, schema in ((Reading.YAML_1_2, _CORE_SCHEMA), (Reading.JSON, _JSON_SCHEMA))
}


def construct_scalar(node: ScalarNode, reading: Reading) -> Scalar:
    """The value of a scalar under a reading.

    Raises ValueError for a tag that JSON data has no value for, and NumberTooLargeError.
    """
    text: str = node.value
    tag: str = resolve_tag(text, reading) if node.tag == PLAIN else node.tag
    if tag in _TEXT_TAGS:
        return text
    if tag == f"{_TAG}null":
        return None
    if tag not in _VALUE_TAGS:
        raise ValueError(f"the tag {tag} has no meaning here")
    if len(text) > MAX_NUMBER_LENGTH:
        raise NumberTooLargeError(text[:40])
    try:
        if reading is Reading.HEAT:
            value: Scalar = SafeConstructor().construct_object(ScalarNode(tag, text))
        else:
            value = _PARSERS[tag](text)
    except OverflowError as error:
        raise NumberTooLargeError(text[:40]) from error
    except (ValueError, LookupError) as error:  # a tag that was written does not fit what it stands before
        raise ValueError(f"{text[:40]!r} is not what the tag {tag} says") from error
    if isinstance(value, int) and abs(value) > sys.float_info.max:
        raise NumberTooLargeError(text[:40])
    return value


def is_merge(node: Node) -> bool:
    """Whether a key merges other mappings into its own: ``<<``, unquoted."""
    return isinstance(node, ScalarNode) and (node.tag == f"{_TAG}merge" or (node.tag == PLAIN and node.value == "<<"))


@lru_cache(maxsize=8192)  # scalars repeat, as names and numbers of a template do; some hundred bytes each
def resolve_tag(text: str, reading: Reading) -> str:
    """The tag that an unquoted ``text`` gets under a reading."""
    if reading is Reading.HEAT:
        return str(_HEAT().resolve(ScalarNode, text, (True, False)))
    return next((tag for tag, pattern in _SCHEMAS[reading] if pattern.fullmatch(text)), f"{_TAG}str")


def is_plain_to_ruamel(text: str, tag: str) -> bool:
    """Whether ``tag`` is what ruamel.yaml gives to an unquoted ``text`` that has no tag of its own."""
    return tag == str(_RUAMEL().resolve(ruamel_nodes.ScalarNode, text, (True, False)))


def _parse_integer(text: str) -> int:
    """An integer of the core schema, or what a tag says is one: a leading 0 is nothing but a digit."""
    try:
        return int(text)
    except ValueError:
        return int(text, base=0)  # 0o17, 0x1F


def _parse_float(text: str) -> float:
    """A floating point number of the core schema, which writes a dot before ``inf`` and ``nan``."""
    lowered = text.lower()
    return float(lowered.replace(".", "", 1) if lowered.endswith((".inf", ".nan")) else lowered)


_PARSERS: Final[Mapping[str, Callable[[str], bool | int | float]]] = {
    f"{_TAG}bool": lambda text: {"true": True, "false": False}[text.lower()],
    f"{_TAG}int": _parse_integer,
    f"{_TAG}float": _parse_float,
}
"""How a value that PyYAML does not read is read, by its tag."""


_RUAMEL: Any = cache(VersionedResolver)
_HEAT: Any = cache(Resolver)
"""Made when they are first needed. Neither library annotates their methods."""
