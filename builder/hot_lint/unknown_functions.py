"""Keys that look like calls of functions and are none: misspelt, of another version, or CloudFormation's.

Any mapping may have a single key, so a key is told of only where nothing but a function can well be meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from builder.hot.language import Language, first_version_with
from builder.text.spelling import suggest_key

_SUCCESSORS: Final[Mapping[str, str]] = {
    "Ref": "get_param or get_resource", "Fn::Join": "list_join", "Fn::Split": "str_split", "Fn::Replace": "str_replace",
    "Fn::ResourceFacade": "resource_facade", "Fn::Select": "get_attr or get_param with a path",
    "Fn::GetAtt": "get_attr", "Fn::Sub": "str_replace", "Fn::If": "if", "Fn::FindInMap": "get_param with a path",
}  # fmt: skip
"""What stands in HOT for the functions of CloudFormation, some of which its first versions had."""

_RULE_WORDS: Final = ("and", "or", "not")
"""Functions of conditions that rules and queries are made of, too, such as those of OS::Aodh::CompositeAlarm."""

_CLOUDFORMATION: Final = "Fn::"
_NEAR: Final = 0.85
_NEAR_GETTER: Final = 0.75
"""How near a key has to be; less so for those that begin as the names of functions do, such as ``get_attribute``."""


def find_successor(function: str) -> str:
    """A hint for a function of CloudFormation's."""
    return f"use {_SUCCESSORS[function]}" if function in _SUCCESSORS else ""


@lru_cache(maxsize=4096)  # lone keys are few, and the same in most templates
def explain_unknown_function(key: str, language: Language) -> tuple[str, str]:
    """Message and hint for a lone key that is no function of the version but looks like one; else two times ``""``."""
    since = first_version_with(key)
    if since is not None and since > language.version:
        message = f"{key} is a function since version {since} only; here it is plain data"
        return message, f"write heat_template_version: {since} or later"
    if since is not None:
        message = f"{key} is a function of conditions only; here it is plain data"
        return ("", "") if key in _RULE_WORDS else (message, "")
    near = find_successor(key) or _suggest_function(key, language)
    if near or key.startswith(_CLOUDFORMATION):
        return f"{key!r} is no function; here it is plain data", near
    return "", ""


def _suggest_function(key: str, language: Language) -> str:
    functions = sorted(language.functions)
    for function in functions:
        compound = "_" in function  # a short word with a capital, or in the plural, may be anybody's
        if (compound and _fold(key) == _fold(function)) or (len(key) > 4 and _swaps_two(key, function)):
            return f"did you mean {function!r}?"
        if not compound and key.lower() in (function, f"{function}s"):
            return ""
    return suggest_key(key, functions, cutoff=_NEAR_GETTER if key.startswith("get_") else _NEAR)


def _fold(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _swaps_two(key: str, function: str) -> bool:
    """Whether two neighbouring letters of a function are in the wrong order."""
    differing = [number for number, pair in enumerate(zip(key, function, strict=False)) if pair[0] != pair[1]]
    if len(key) != len(function) or len(differing) != 2 or differing[1] - differing[0] != 1:
        return False
    first, second = differing
    return (key[first], key[second]) == (function[second], function[first])
