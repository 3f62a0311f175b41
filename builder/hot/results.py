"""What the values of calls can be before a launch, by the function and by what it is given; what properties take.

Kinds are the types that values have as Python decodes JSON. ``()`` stands for anything: what ``yaql`` makes, or what a
parameter of type ``json`` holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from builder.hot.functions import REPLACING
from builder.hot.language import PSEUDO_PARAMETERS, Language
from builder.hot.values import KINDS, Json

Types = Mapping[str, tuple[type, ...]]
"""What the values of parameters can be, by their names; those that are not here can be anything."""

_NONE: Final = type(None)

_RESULTS: Final[Mapping[str, tuple[type, ...]]] = {
    **dict.fromkeys((*REPLACING, "list_join", "digest", "make_url", "get_file"), (str,)),
    **dict.fromkeys(("list_concat", "list_concat_unique", "repeat"), (list,)),
    **dict.fromkeys(("map_merge", "map_replace"), (dict,)),
    "contains": (bool,),
    "get_resource": (str, _NONE),
}
"""What functions give, whatever their arguments are, where that is of one kind. A resource's id is null until Heat has
made the resource."""

_TAKEN: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str, int),
    "integer": (str, int, float),
    "number": (str, int, float),
    "boolean": (str, bool),
    "list": (list,),
    "map": (dict,),
    "comma_delimited_list": (list, str),
    "json": (dict, list, str),
    "text": (str, dict),
}
"""What properties of a type take, besides null, as :func:`builder.hot.values.read_property` knows the types."""


def find_types(parameters: Mapping[str, Any]) -> Types:
    """What the values of declared parameters can be, and of those that every template has."""
    declared = {name: each.get("type") for name, each in parameters.items() if isinstance(each.get("type"), str)}
    kinds = {name: KINDS[type_] for name, type_ in declared.items() if type_ in KINDS}
    return {**dict.fromkeys(PSEUDO_PARAMETERS, (str,)), **kinds}


def is_call(value: Any, language: Language) -> bool:
    """Whether a value is a call of a function: a mapping whose one key is the function's name."""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in language.functions


def find_kinds(value: Json, language: Language, types: Types) -> tuple[type, ...]:
    """What a value can be, a call or not, where that is known; else ``()``."""
    if not is_call(value, language):
        return (type(value),)
    ((function, arguments),) = value.items()
    match function, arguments:
        case "get_param", str():
            return types.get(arguments, ())
        case "get_param", [str(name), *path]:
            kinds = types.get(name, ())
            return kinds if not path else (str,) if kinds and dict not in kinds else ()  # "" of what has no parts
        case "if", [_, *branches]:
            found = [find_kinds(branch, language, types) for branch in branches]
            omitted = (_NONE,) if len(branches) == 1 else ()
            return (*dict.fromkeys(kind for kinds in found for kind in kinds), *omitted) if all(found) else ()
        case "str_split", [_, text, *index]:
            kinds = find_kinds(text, language, types)
            return (str if index else list,) if kinds and _NONE not in kinds else (str if index else list, _NONE)
        case "filter", [_, sequence]:
            return find_kinds(sequence, language, types)
    return _RESULTS.get(function, ())


def is_taken(property_type: str, kind: type) -> bool:
    """Whether a property of a type, or a parameter of a nested template, takes some values of a kind."""
    return kind is _NONE or issubclass(kind, _TAKEN[property_type])
