"""The arguments of Heat's intrinsic functions: which of them Heat refuses whatever the parameters are.

Heat judges arguments when it parses a template and again when it resolves it (``heat/engine/hot/functions.py``). Only
what is certain is judged here: an argument that is itself a call may turn out as anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from builder.definitions.hot_language import Language

_URL_KEYS = frozenset({"scheme", "username", "password", "host", "port", "path", "query", "fragment"})

_ALGORITHMS: Final = hashlib.algorithms_guaranteed | frozenset(
    ["md4", "md5-sha1", "mdc2", "ripemd160", "rmd160", "sha", "sha512_224", "sha512_256", "sm3", "whirlpool"]
)
"""Those of Python itself, and those that OpenSSL has or had: it is Heat's that counts."""

_USAGE: Final[Mapping[str, str]] = {
    "get_param": "the name of a parameter, or a list that begins with it",
    "get_resource": "the name of a resource",
    "get_attr": "a list: [resource, attribute, key or index, ...]",
    "get_file": "the path of a file",
    "list_join": "a list: [separator, [text, ...], ...]",
    "str_replace": "a mapping of template and params, which is a mapping too",
    "str_replace_strict": "a mapping of template and params, which is a mapping too",
    "str_replace_vstrict": "a mapping of template and params, which is a mapping too",
    "repeat": "a mapping of template and for_each, which is a mapping of names to lists",
    "digest": "a list: [algorithm, text], the algorithm one such as sha256",
    "str_split": "a list: [separator, text] or [separator, text, index]",
    "map_merge": "a list of mappings",
    "map_replace": "a list: [mapping, {keys: mapping, values: mapping}]",
    "yaql": "a mapping of expression and data",
    "if": "a list: [condition, value if true, value if false]",
    "filter": "a list: [values, list]",
    "make_url": f"a mapping of {', '.join(sorted(_URL_KEYS))}",
    "list_concat": "a list of lists",
    "list_concat_unique": "a list of lists",
    "contains": "a list: [value, list]",
    "resource_facade": "one of metadata, deletion_policy, update_policy",
    "equals": "a list of two values",
    "not": "a condition",
    "and": "a list of at least two conditions",
    "or": "a list of at least two conditions",
}


def find_argument_fault(function: str, arguments: Any, language: Language) -> str:
    """What a function wants instead of these arguments; ``""`` where nothing is certainly wrong with them."""
    check = _CHECKS.get(function)
    if check is None or check(arguments, language):
        return ""
    return f"{function} wants {_USAGE[function]}"


def is_call(value: Any, language: Language) -> bool:
    """Whether a value is a call of a function: a mapping whose one key is the function's name."""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in language.functions


def _is_text(value: Any, language: Language) -> bool:
    return (isinstance(value, str) and value != "") or is_call(value, language)


def _is_list(value: Any, language: Language) -> bool:
    return isinstance(value, list) or is_call(value, language)


def _is_named(value: Any, language: Language) -> bool:
    return _is_text(value[0], language) if isinstance(value, list) and value else _is_text(value, language)


def _is_attribute(value: Any, language: Language) -> bool:
    least = 1 if language.has_get_all_attributes else 2
    return isinstance(value, list) and len(value) >= least and _is_text(value[0], language)


def _is_join(value: Any, language: Language) -> bool:
    if not isinstance(value, list) or len(value) < 2 or (len(value) > 2 and not language.has_get_all_attributes):
        return False
    separator, *lists = value
    if not (isinstance(separator, str) or is_call(separator, language)):
        return False
    return all(not each or _is_list(each, language) for each in lists)


def _is_replacement(value: Any, language: Language) -> bool:
    if not isinstance(value, dict) or is_call(value, language) or not {"params", "template"} <= value.keys():
        return False
    template = value["template"]
    return isinstance(value["params"], dict) and (isinstance(template, str) or is_call(template, language))


def _is_repetition(value: Any, language: Language) -> bool:
    if not isinstance(value, dict) or not {"for_each", "template"} <= value.keys():
        return False
    over = value["for_each"]
    if not isinstance(over, dict) or not isinstance(value.get("permutations", True), bool):
        return False
    return is_call(over, language) or all(each is None or isinstance(each, list | dict) for each in over.values())


def _is_pair(value: Any, language: Language) -> bool:
    del language
    return isinstance(value, list) and len(value) == 2


def _is_digest(value: Any, language: Language) -> bool:
    if not _is_pair(value, language):
        return is_call(value, language)
    algorithm, _ = value
    is_known = not isinstance(algorithm, str) or algorithm.lower() in _ALGORITHMS
    return is_known and all(isinstance(each, str) or is_call(each, language) for each in value)


def _is_map_replacement(value: Any, language: Language) -> bool:
    return is_call(value, language) or _is_pair(value, language)


def _is_split(value: Any, language: Language) -> bool:
    return is_call(value, language) or (isinstance(value, list) and 2 <= len(value) <= 3)


def _is_yaql(value: Any, language: Language) -> bool:
    del language
    return isinstance(value, dict) and "expression" in value and value.keys() <= {"expression", "data"}


def _is_choice(value: Any, language: Language) -> bool:
    return isinstance(value, list) and (len(value) == 3 or (len(value) == 2 and language.has_nullable_if))


def _is_url(value: Any, language: Language) -> bool:
    del language
    return isinstance(value, dict) and value.keys() <= _URL_KEYS


def _is_list_of_lists(value: Any, language: Language) -> bool:
    if not isinstance(value, list):
        return is_call(value, language)
    return all(each is None or _is_list(each, language) for each in value)


def _is_list_of_conditions(value: Any, language: Language) -> bool:
    del language
    return isinstance(value, list) and len(value) >= 2


_CHECKS: Final[Mapping[str, Callable[[Any, Language], bool]]] = {
    "get_param": _is_named,
    "get_resource": _is_text,
    "get_attr": _is_attribute,
    "get_file": _is_text,
    "list_join": _is_join,
    "str_replace": _is_replacement,
    "str_replace_strict": _is_replacement,
    "str_replace_vstrict": _is_replacement,
    "repeat": _is_repetition,
    "digest": _is_digest,
    "str_split": _is_split,
    "map_merge": _is_list,
    "map_replace": _is_map_replacement,
    "yaql": _is_yaql,
    "if": _is_choice,
    "filter": _is_pair,
    "make_url": _is_url,
    "list_concat": _is_list_of_lists,
    "list_concat_unique": _is_list_of_lists,
    "contains": _is_pair,
    "resource_facade": lambda value, _: value in ("metadata", "deletion_policy", "update_policy"),
    "equals": _is_pair,
    "not": lambda value, _: value is not None,
    "and": _is_list_of_conditions,
    "or": _is_list_of_conditions,
}
