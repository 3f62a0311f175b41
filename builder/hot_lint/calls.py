"""The arguments of Heat's intrinsic functions: which of them Heat refuses whatever the parameters are.

:mod:`builder.hot` judges, and where the arguments hold no other call computes the value, as the sandbox does. Only what
is certain is told: an argument that is itself a call may turn out as anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from builder.hot.computations import Budget, compute
from builder.hot.functions import (
    FACADE_ATTRIBUTES,
    REPLACING,
    URL_KEYS,
    Call,
    CallError,
    Fault,
    check_shape,
    check_values,
)
from builder.hot.language import Language

_USAGE: Final[Mapping[str, str]] = {
    "get_param": "the name of a parameter, or a list that begins with it",
    "get_resource": "the name of a resource",
    "get_attr": "a list: [resource, attribute, key or index, ...]",
    "get_file": "the path of a file",
    "list_join": "a list: [separator, [text, ...], ...]",
    **dict.fromkeys(REPLACING, "a mapping of template and params, which is a mapping too"),
    "repeat": "a mapping of template and for_each, which is a mapping of names to lists",
    "digest": "a list: [algorithm, text], the algorithm one such as sha256",
    "str_split": "a list: [separator, text] or [separator, text, index]",
    "map_merge": "a list of mappings",
    "map_replace": "a list: [mapping, {keys: mapping, values: mapping}]",
    "yaql": "a mapping of expression and data",
    "if": "a list: [condition, value if true, value if false]",
    "filter": "a list: [list of values, list]",
    "make_url": f"a mapping of {', '.join(sorted(URL_KEYS))}, each of them fit for a URL",
    "list_concat": "a list of lists",
    "list_concat_unique": "a list of lists",
    "contains": "a list: [value, list or text]",
    "resource_facade": f"one of {', '.join(FACADE_ATTRIBUTES)}",
    "equals": "a list of two values",
    "not": "a condition",
    "and": "a list of at least two conditions",
    "or": "a list of at least two conditions",
}


_NOT_CERTAIN: Final = (Fault.ALGORITHM_ELSEWHERE, Fault.TOO_MUCH_WORK, Fault.PARAMS_NOT_FOUND)
"""What is no fault, and placeholders that a text lacks, each of which is told in its place."""


_CALL: Final = object()
"""Stands for a call among arguments: it is nothing that JSON has."""


def find_argument_fault(function: str, arguments: Any, language: Language, budget: Budget) -> tuple[str, bool]:
    """What a function wants instead of these arguments, and whether Heat sees it as soon as it parses the template.

    The text is ``""`` where nothing is certainly wrong with them.
    """
    masked, is_whole = _mask(arguments, language)
    call = Call(function, masked, language)
    try:
        check_shape(call)
    except CallError:
        return f"{function} wants {_USAGE[function]}", True
    try:
        check_values(call)
        if is_whole:
            compute(call, budget)
    except CallError as error:
        return _explain(call, error), False
    return "", False


def is_call(value: Any, language: Language) -> bool:
    """Whether a value is a call of a function: a mapping whose one key is the function's name."""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in language.functions


def _mask(value: Any, language: Language) -> tuple[Any, bool]:
    """The value with something that is no JSON for each call in it, and whether there is none."""
    if is_call(value, language):
        return _CALL, False
    if isinstance(value, dict):
        masked = {key: _mask(item, language) for key, item in value.items()}
        return {key: item for key, (item, _) in masked.items()}, all(whole for _, whole in masked.values())
    if isinstance(value, list):
        items = [_mask(item, language) for item in value]
        return [item for item, _ in items], all(whole for _, whole in items)
    return value, True


def _explain(call: Call, error: CallError) -> str:
    if error.fault in _NOT_CERTAIN:
        return ""
    match error.fault:
        case Fault.INDEX_OUT_OF_RANGE:
            return f"the index of str_split must be from 0 to {error.details['last']}, of which there are parts"
        case Fault.UNEQUAL_LENGTHS:
            return "repeat without permutations wants lists of one length"
        case Fault.KEY_COLLIDES:
            return f"map_replace would give the key {error.details['key']!r} twice"
        case Fault.PARAM_EMPTY:
            return f"str_replace_vstrict wants a value for {error.details['param']!r} that is not empty"
    return f"{call.name} wants {_USAGE[call.name]}"
