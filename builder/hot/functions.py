"""The arguments of Heat's intrinsic functions: what Heat refuses of them, by kinds of faults.

Heat judges the arguments of a call when it parses a template, and again when it resolves it, which for an output is
when somebody asks for it (``heat/engine/hot/functions.py``). In arguments that are parsed, what is no JSON stands for
another call. What is certain of such arguments, whatever the calls may give, is judged here, too; the values of calls
are computed in :mod:`builder.hot.computations`.
https://docs.openstack.org/heat/latest/template_guide/hot_spec.html#intrinsic-functions
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from enum import Enum
from math import inf
from typing import Final, NamedTuple

from builder.hot.language import Language
from builder.hot.values import Json, Unresolved

URL_KEYS: Final = ("scheme", "username", "password", "host", "port", "path", "query", "fragment")

CLOUDFORMATION: Final[Mapping[str, str]] = {
    "Ref": "get_param or get_resource", "Fn::Join": "list_join", "Fn::Split": "str_split", "Fn::Replace": "str_replace",
    "Fn::ResourceFacade": "resource_facade", "Fn::Select": "get_attr or get_param with a path",
    "Fn::GetAtt": "get_attr", "Fn::Sub": "str_replace", "Fn::If": "if", "Fn::FindInMap": "get_param with a path",
}  # fmt: skip
"""What stands in HOT for the functions of CloudFormation, some of which its first versions had."""

REPLACING: Final = ("str_replace", "str_replace_strict", "str_replace_vstrict")

FACADE_ATTRIBUTES: Final = ("metadata", "deletion_policy", "update_policy")

_NONE: Final = (type(None),)
_JSON: Final = (*_NONE, bool, int, float, str, list, Mapping)
_ALGORITHMS: Final = hashlib.algorithms_guaranteed | frozenset(
    ["md4", "md5-sha1", "mdc2", "ripemd160", "rmd160", "sha", "sha512_224", "sha512_256", "sm3", "whirlpool"]
)
"""Those of Python itself, and those that OpenSSL has or had: it is Heat's that counts."""

Fault = Enum(
    "Fault",
    """NO_ARGUMENTS NOT_A_LIST WRONG_COUNT NOT_A_MAP WRONG_KEYS WRONG_FORM NOT_TEXT NOT_A_NAME NAME_NOT_TEXT
    TEMPLATE_NOT_TEXT PARAMS_NOT_A_MAP PARAMS_RESOLVED_TO_NO_MAP PARAM_NOT_PLAIN PARAM_EMPTY PARAMS_NOT_FOUND
    DELIMITER_NOT_TEXT ITEMS_NOT_A_LIST ITEM_NOT_TEXT ITEM_NOT_A_MAP ITEM_NOT_A_LIST KEY_COLLIDES FOR_EACH_NOT_A_MAP
    FOR_EACH_NOT_LISTS FOR_EACH_NOT_LISTS_OR_MAPS UNEQUAL_LENGTHS PERMUTATIONS_NOT_BOOLEAN ALGORITHM INDEX_NO_NUMBER
    INDEX_OUT_OF_RANGE VALUES_NOT_A_LIST SEQUENCE_NOT_A_LIST UNKNOWN_KEYS QUERY_NOT_A_MAP PORT_NO_NUMBER
    PORT_OUT_OF_RANGE PART_NOT_TEXT COLON_IN_SCHEME ALGORITHM_ELSEWHERE TOO_MUCH_WORK UNEXPECTED""",
)
"""What can be wrong with arguments.

UNEXPECTED is what Heat trips over itself; its ``error`` is what Python says. Two are no fault to Heat: an algorithm
that only OpenSSL on another host has, and a value that takes too much work to compute here.
"""


class CallError(ValueError):
    """Arguments that a function does not take; ``details`` are what the kind of fault speaks of, by name."""

    def __init__(self, fault: Fault, **details: Json) -> None:
        super().__init__(fault.name)
        self.fault = fault
        self.details = details


_TRIPPED_OVER: Final = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError)


class Call(NamedTuple):
    """A call of a function, with arguments that are parsed. A template makes hundreds; a frozen dataclass is slower."""

    name: str
    args: Json
    language: Language


class TellingUnexpected:
    """Within it, what Heat trips over is a CallError, too; a class, as contextlib takes as long as judging a call."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, _TRIPPED_OVER) and not isinstance(error, CallError):
            raise CallError(Fault.UNEXPECTED, error=str(error)) from error


def check_shape(call: Call) -> None:
    """Judge arguments as Heat does when it parses a template: a call where something else is wanted is a fault, too.

    Raises CallError.
    """
    name, args = call.name, call.args
    least, most = _find_counts(name, call.language)
    if most:
        if not isinstance(args, list) or (name == "contains" and not args):
            raise CallError(Fault.NO_ARGUMENTS if name == "get_attr" and not args else Fault.NOT_A_LIST)
        if not least <= len(args) <= most:
            raise CallError(Fault.WRONG_COUNT, count=len(args))
    elif name in _KEYS:
        if not isinstance(args, Mapping):
            raise CallError(Fault.NOT_A_MAP)
        if not args.keys() >= _KEYS[name] or (name == "yaql" and args.keys() - {"expression", "data"}):
            raise CallError(Fault.WRONG_KEYS)
        if name == "make_url":
            check_values(call)
        elif name == "repeat":
            if call.language.has_permutations and not isinstance(args.get("permutations", True), bool):
                raise CallError(Fault.PERMUTATIONS_NOT_BOOLEAN)
            _expect(args["for_each"], (Mapping,), Fault.FOR_EACH_NOT_A_MAP)
        elif name in REPLACING:
            _expect(args["params"], (Mapping,), Fault.PARAMS_NOT_A_MAP)
    if _has_wrong_form(name, args, call.language):
        raise CallError(Fault.WRONG_FORM)


def _has_wrong_form(name: str, args: Json, language: Language) -> bool:
    """Whether Heat can make nothing of the arguments of a function that checks them in a way of its own."""
    match name:
        case "str_split":
            return isinstance(args, str | Mapping)
        case "resource_facade":
            return args not in FACADE_ATTRIBUTES
        case "not":
            return args is None
        case "get_resource":  # no list or mapping is looked up among the names of resources
            return isinstance(args, list | Mapping)
        case "get_attr":  # nor among attributes and, but in the first version, keys
            looked_up = args[:2] if language.version == "2013-05-23" else args
            is_number = len(args) > 1 and isinstance(args[1], int | float)
            return is_number or any(isinstance(each, list | Mapping) for each in looked_up)
    return False


def check_values(call: Call) -> None:
    """Judge arguments of a sound shape by what is known of them, whatever the calls among them may give.

    Raises CallError.
    """
    if call.name in _VALUES:
        with TellingUnexpected():
            _VALUES[call.name](call)


def _find_counts(name: str, language: Language) -> tuple[int, float]:
    """The least and the most arguments of a function that takes a list as it is parsed; none of another."""
    match name:
        case "get_attr":
            return (1 if language.has_get_all_attributes else 2), inf
        case "list_join":
            return 2, (inf if language.joins_lists else 2)
        case "if":
            return (2 if language.has_nullable_if else 3), 3
        case "and" | "or":
            return 2, inf
        case "filter" | "contains" | "equals":
            return 2, 2
    return 0, 0


_KEYS: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(REPLACING, frozenset({"params", "template"})),
    "repeat": frozenset({"for_each", "template"}),
    "yaql": frozenset({"expression"}),
    "make_url": frozenset(),
}
"""The keys that have to be there."""


def _expect(value: Json, kinds: tuple[type, ...], fault: Fault, **details: Json) -> None:
    """Raises CallError for a value that is certainly of none of the kinds; a call may turn out as anything."""
    can_be = value.can_be(kinds) if isinstance(value, Unresolved) else not isinstance(value, _JSON)
    if not can_be and not isinstance(value, kinds):
        raise CallError(fault, **details)


def _is_given(value: Json) -> bool:
    """Whether a value is certainly not empty, as Heat takes anything empty in some places."""
    return not isinstance(value, Unresolved) and bool(value)


def _expect_each(items: Json, kinds: tuple[type, ...], fault: Fault) -> None:
    """Raises CallError for the first item that is of none of the kinds; of a call, no items are known."""
    for item in items if isinstance(items, list | str) else ():
        _expect(item, kinds, fault, item=item)


def _expect_list(value: Json) -> None:
    """Raises CallError for no list. Of a map, Heat pops the key 0, which it does not have."""
    if isinstance(value, Mapping):
        raise CallError(Fault.UNEXPECTED, error="0")
    _expect(value, (list,), Fault.WRONG_FORM)


def _check_param(call: Call) -> None:
    if not call.args:
        raise CallError(Fault.NO_ARGUMENTS)
    _expect(call.args, (str, list), Fault.NOT_A_NAME)
    if isinstance(call.args, list):
        _expect(call.args[0], (str,), Fault.NAME_NOT_TEXT)


def _check_replace(call: Call) -> None:
    args = call.args
    _expect(args["template"], (str,), Fault.TEMPLATE_NOT_TEXT)
    params = args["params"]
    if call.name != "str_replace":
        error = f"{type(params).__name__!r} object is not iterable"
        _expect(params, (Mapping, list, str), Fault.UNEXPECTED, error=error)
    _expect(params, (Mapping,), Fault.PARAMS_RESOLVED_TO_NO_MAP)
    for param, value in params.items() if isinstance(params, Mapping) else ():
        if not call.language.joins_lists:  # the two came together
            _expect(value, (*_NONE, str, int, float), Fault.PARAM_NOT_PLAIN, param=param)
        is_empty = value is None or (isinstance(value, str | list | dict) and not value)
        if is_empty and call.name == "str_replace_vstrict":
            raise CallError(Fault.PARAM_EMPTY, param=param)


def _check_join(call: Call) -> None:
    delimiter, *lists = call.args
    joins_lists = call.language.joins_lists
    for items in lists:
        if _is_given(items) if joins_lists else items is not None:
            _expect(items, (list,), Fault.ITEMS_NOT_A_LIST)
    _expect(delimiter, (str,), Fault.DELIMITER_NOT_TEXT)
    for items in filter(None, lists):
        _expect_each(items, (*_NONE, str, list, Mapping) if joins_lists else (*_NONE, str), Fault.ITEM_NOT_TEXT)


def _check_merge(call: Call) -> None:
    _expect(call.args, (list, str), Fault.WRONG_FORM)
    _expect_each(call.args, (*_NONE, Mapping), Fault.ITEM_NOT_A_MAP)


def _check_map_replace(call: Call) -> None:
    args = call.args
    _expect_list(args)
    if not isinstance(args, list):
        return
    _expect_each(args[:2], (*_NONE, Mapping), Fault.ITEM_NOT_A_MAP)
    if len(args) != 2:
        raise CallError(Fault.WRONG_FORM)
    changes = args[1] if isinstance(args[1], Mapping) else {}
    if changes.keys() - {"keys", "values"}:
        raise CallError(Fault.UNKNOWN_KEYS)
    _expect_each([changes.get("keys"), changes.get("values")], (*_NONE, Mapping), Fault.ITEM_NOT_A_MAP)


def is_nested_loop(call: Call) -> bool:
    """Whether ``repeat`` goes through all combinations of its lists."""
    return not call.language.has_permutations or bool(call.args.get("permutations", True))


def _check_repeat(call: Call) -> None:
    over = call.args["for_each"]
    _expect(over, (Mapping,), Fault.UNEXPECTED, error=f"{type(over).__name__!r} object has no attribute 'items'")
    lists = list(over.values()) if isinstance(over, Mapping) else []
    if call.language.repeats_maps and is_nested_loop(call):
        _expect_each(lists, (*_NONE, list, Mapping), Fault.FOR_EACH_NOT_LISTS_OR_MAPS)
    else:
        _expect_each(lists, (*_NONE, list), Fault.FOR_EACH_NOT_LISTS)


def _check_digest(call: Call) -> None:
    _expect(call.args, (list,), Fault.NOT_A_LIST)
    _expect_each(call.args, (str,), Fault.NOT_A_LIST)
    if isinstance(call.args, list):
        if len(call.args) != 2:
            raise CallError(Fault.WRONG_COUNT)
        if isinstance(call.args[0], str) and call.args[0].lower() not in _ALGORITHMS:
            raise CallError(Fault.ALGORITHM)


def _check_split(call: Call) -> None:
    _expect_list(call.args)
    if isinstance(call.args, list) and len(call.args) < 2:
        raise CallError(Fault.WRONG_FORM)
    args = call.args if isinstance(call.args, list) else ()
    for value, kinds in zip(args, ((str,), (str,), (str, int, float)), strict=False):
        if isinstance(value, Unresolved):  # what is known is split, and told of as Python tells it
            _expect(value, kinds, Fault.UNEXPECTED)


def _check_filter(call: Call) -> None:
    values, sequence = call.args
    if _is_given(sequence):
        _expect(sequence, (list,), Fault.SEQUENCE_NOT_A_LIST)
    if _is_given(values) and isinstance(sequence, list) and sequence:
        _expect(values, (list,), Fault.VALUES_NOT_A_LIST)


def _check_url(call: Call) -> None:
    args = call.args
    if unknown := [key for key in args if key not in URL_KEYS]:
        raise CallError(Fault.UNKNOWN_KEYS, keys=", ".join(unknown))
    for key in filter(args.__contains__, URL_KEYS):
        if key == "query":
            _expect(args[key], (Mapping,), Fault.QUERY_NOT_A_MAP)
            return  # as Heat does, which leaves the fragment
        if key != "port":
            _expect(args[key], (str,), Fault.PART_NOT_TEXT, key=key)
        elif isinstance(args[key], _JSON):
            try:
                port = int(args[key])
            except ValueError as error:
                raise CallError(Fault.PORT_NO_NUMBER, port=args[key]) from error
            if not 0 < port <= 65535:
                raise CallError(Fault.PORT_OUT_OF_RANGE, port=port)


def _check_concat(call: Call) -> None:
    _expect(call.args, (list,), Fault.WRONG_FORM)
    _expect_each(call.args, (*_NONE, list), Fault.ITEM_NOT_A_LIST)


_VALUES: Final[Mapping[str, Callable[[Call], None]]] = {
    "get_param": _check_param,
    "get_file": lambda call: _expect(call.args, (str,), Fault.NOT_TEXT),
    "list_join": _check_join,
    **dict.fromkeys(REPLACING, _check_replace),
    "repeat": _check_repeat,
    "digest": _check_digest,
    "str_split": _check_split,
    "map_merge": _check_merge,
    "map_replace": _check_map_replace,
    "filter": _check_filter,
    "make_url": _check_url,
    **dict.fromkeys(("list_concat", "list_concat_unique"), _check_concat),
    "contains": lambda call: _expect(call.args[1], (list, str), Fault.SEQUENCE_NOT_A_LIST),
}
