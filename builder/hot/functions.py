"""The arguments of Heat's intrinsic functions: what Heat refuses of them, by kinds of faults.

Heat judges the arguments of a call when it parses a template, and again when it resolves it, which for an output is
when somebody asks for it (``heat/engine/hot/functions.py``). In arguments that are parsed, what is no JSON stands for
another call. What is certain of such arguments, whatever the calls may give, is judged here, too; the values of calls
are computed in :mod:`builder.hot.computations`.
https://docs.openstack.org/heat/latest/template_guide/hot_spec.html#intrinsic-functions
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from math import inf
from typing import Any, Final

from builder.hot.language import Language

Json = Any
"""A value as JSON decodes it, or in arguments that are parsed an object of another class where there is a call."""

URL_KEYS: Final = ("scheme", "username", "password", "host", "port", "path", "query", "fragment")

FACADE_ATTRIBUTES: Final = ("metadata", "deletion_policy", "update_policy")

_JSON: Final = (type(None), bool, int, float, str, list, Mapping)
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


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function, with arguments that are parsed."""

    name: str
    args: Json
    language: Language


@contextmanager
def telling_unexpected() -> Iterator[None]:
    """Within it, what Heat trips over is a CallError, too."""
    try:
        yield
    except CallError:
        raise
    except (TypeError, ValueError, AttributeError, LookupError, ArithmeticError) as error:
        raise CallError(Fault.UNEXPECTED, error=str(error)) from error


def check_shape(call: Call) -> None:
    """Judge arguments as Heat does when it parses a template: a call where something else is wanted is a fault, too.

    Raises CallError.
    """
    name, args = call.name, call.args
    least, most = _find_counts(call)
    if most:
        if not isinstance(args, list) or (name == "contains" and not args):
            raise CallError(Fault.NO_ARGUMENTS if name == "get_attr" and not args else Fault.NOT_A_LIST)
        if not least <= len(args) <= most:
            raise CallError(Fault.WRONG_COUNT, count=len(args))
    elif name in _KEYS or name == "make_url":
        if not isinstance(args, Mapping):
            raise CallError(Fault.NOT_A_MAP)
        with telling_unexpected():
            _check_keys(call)
    elif (
        (name == "str_split" and isinstance(args, str | Mapping))
        or (name == "resource_facade" and args not in FACADE_ATTRIBUTES)
        or (name == "not" and args is None)
    ):
        raise CallError(Fault.WRONG_FORM)


def check_values(call: Call) -> None:
    """Judge arguments of a sound shape by what is known of them, whatever the calls among them may give.

    Raises CallError.
    """
    if call.name in _VALUES:
        with telling_unexpected():
            _VALUES[call.name](call)


def _find_counts(call: Call) -> tuple[int, float]:
    """The least and the most arguments of a function that takes a list as it is parsed; none of another."""
    match call.name:
        case "get_attr":
            return (1 if call.language.has_get_all_attributes else 2), inf
        case "list_join":
            return 2, (inf if call.language.joins_lists else 2)
        case "if":
            return (2 if call.language.has_nullable_if else 3), 3
        case "and" | "or":
            return 2, inf
        case "filter" | "contains" | "equals":
            return 2, 2
    return 0, 0


def _check_keys(call: Call) -> None:
    args = call.args
    if call.name == "make_url":
        unknown = [key for key in args if key not in URL_KEYS]
        if unknown:
            raise CallError(Fault.UNKNOWN_KEYS, keys=", ".join(unknown))
        _check_url(call)
    elif not args.keys() >= _KEYS[call.name] or (call.name == "yaql" and args.keys() - {"expression", "data"}):
        raise CallError(Fault.WRONG_KEYS)
    elif call.name == "repeat":
        if call.language.has_permutations and not isinstance(args.get("permutations", True), bool):
            raise CallError(Fault.PERMUTATIONS_NOT_BOOLEAN)
        _expect(args["for_each"], (Mapping,), Fault.FOR_EACH_NOT_A_MAP)
    elif call.name != "yaql":
        _expect(args["params"], (Mapping,), Fault.PARAMS_NOT_A_MAP)


_KEYS: Final[Mapping[str, frozenset[str]]] = {
    "str_replace": (_REPLACE := frozenset({"params", "template"})),
    "str_replace_strict": _REPLACE,
    "str_replace_vstrict": _REPLACE,
    "repeat": frozenset({"for_each", "template"}),
    "yaql": frozenset({"expression"}),
}
"""The keys that have to be there."""


def _expect(value: Json, kinds: tuple[type, ...], fault: Fault, **details: Json) -> None:
    """Raises CallError for a value that is certainly of none of the kinds; a call may turn out as anything."""
    if not isinstance(value, kinds) and not _is_call(value):
        raise CallError(fault, **details)


def _is_call(value: Json) -> bool:
    return not isinstance(value, _JSON)


def _check_param(call: Call) -> None:
    args = call.args
    if not args:
        raise CallError(Fault.NO_ARGUMENTS)
    _expect(args, (str, list), Fault.NOT_A_NAME)
    if isinstance(args, list):
        _expect(args[0], (str,), Fault.NAME_NOT_TEXT)


def _check_file(call: Call) -> None:
    _expect(call.args, (str,), Fault.NOT_TEXT)


def _check_replace(call: Call) -> None:
    args = call.args
    _expect(args["template"], (str,), Fault.TEMPLATE_NOT_TEXT)
    params = args["params"]
    _expect(params, (Mapping,), Fault.PARAMS_RESOLVED_TO_NO_MAP)
    for param, value in params.items() if isinstance(params, Mapping) else ():
        if not call.language.joins_lists:  # the two came together
            _expect(value, (type(None), str, int, float), Fault.PARAM_NOT_PLAIN, param=param)
        if call.name == "str_replace_vstrict" and (
            value is None or (isinstance(value, str | list | dict) and not value)
        ):
            raise CallError(Fault.PARAM_EMPTY, param=param)


def _check_join(call: Call) -> None:
    delimiter, *lists = call.args
    allowed: tuple[type, ...] = (type(None), str, list, Mapping) if call.language.joins_lists else (type(None), str)
    for items in lists:
        if items if call.language.joins_lists else items is not None:
            _expect(items, (list,), Fault.ITEMS_NOT_A_LIST)
    _expect(delimiter, (str,), Fault.DELIMITER_NOT_TEXT)
    for item in itertools.chain.from_iterable(items for items in lists if isinstance(items, list)):
        _expect(item, allowed, Fault.ITEM_NOT_TEXT, item=item)


def _check_merge(call: Call) -> None:
    args = call.args
    _expect(args, (list, str), Fault.WRONG_FORM)
    for item in args if isinstance(args, list | str) else ():
        _expect(item, (type(None), Mapping), Fault.ITEM_NOT_A_MAP, item=item)


def _expect_list(value: Json) -> None:
    """Of a map, Heat pops the key 0, which it does not have."""
    if isinstance(value, Mapping):
        raise CallError(Fault.UNEXPECTED, error="0")
    _expect(value, (list,), Fault.WRONG_FORM)


def _check_map_replace(call: Call) -> None:
    args = call.args
    _expect_list(args)
    if not isinstance(args, list):
        return
    for item in args[:2]:
        _expect(item, (type(None), Mapping), Fault.ITEM_NOT_A_MAP)
    if len(args) != 2:
        raise CallError(Fault.WRONG_FORM)
    changes = args[1] if isinstance(args[1], Mapping) else {}
    if changes.keys() - {"keys", "values"}:
        raise CallError(Fault.UNKNOWN_KEYS)
    for key in ("keys", "values"):
        _expect(changes.get(key), (type(None), Mapping), Fault.ITEM_NOT_A_MAP)


def is_nested_loop(call: Call) -> bool:
    """Whether ``repeat`` goes through all combinations of its lists."""
    return not call.language.has_permutations or bool(call.args.get("permutations", True))


def _check_repeat(call: Call) -> None:
    args = call.args
    over = args["for_each"]
    _expect(over, (Mapping,), Fault.FOR_EACH_NOT_A_MAP)
    takes_maps = call.language.repeats_maps and is_nested_loop(call)
    for values in over.values() if isinstance(over, Mapping) else ():
        if takes_maps:
            _expect(values, (type(None), list, Mapping), Fault.FOR_EACH_NOT_LISTS_OR_MAPS)
        else:
            _expect(values, (type(None), list), Fault.FOR_EACH_NOT_LISTS)


def _check_digest(call: Call) -> None:
    args = call.args
    _expect(args, (list,), Fault.NOT_A_LIST)
    if not isinstance(args, list):
        return
    for item in args:
        _expect(item, (str,), Fault.NOT_A_LIST)
    if len(args) != 2:
        raise CallError(Fault.WRONG_COUNT)
    if isinstance(args[0], str) and args[0].lower() not in _ALGORITHMS:
        raise CallError(Fault.ALGORITHM)


def _check_split(call: Call) -> None:
    args = call.args
    _expect_list(args)
    if isinstance(args, list) and len(args) < 2:
        raise CallError(Fault.WRONG_FORM)


def _check_filter(call: Call) -> None:
    values, sequence = call.args
    if sequence:
        _expect(sequence, (list,), Fault.SEQUENCE_NOT_A_LIST)
    if values and isinstance(sequence, list) and sequence:
        _expect(values, (list,), Fault.VALUES_NOT_A_LIST)


def _check_url(call: Call) -> None:
    args = call.args
    _expect(args, (Mapping,), Fault.NOT_A_MAP)
    for key in URL_KEYS if isinstance(args, Mapping) else ():
        if key not in args:
            continue
        if key == "query":
            _expect(args[key], (Mapping,), Fault.QUERY_NOT_A_MAP)
            return  # as Heat does, which leaves the fragment
        if key == "port":
            _check_port(args[key])
        else:
            _expect(args[key], (str,), Fault.PART_NOT_TEXT, key=key)


def _check_port(port: Json) -> None:
    if _is_call(port):
        return
    try:
        number = int(port)
    except ValueError as error:
        raise CallError(Fault.PORT_NO_NUMBER, port=port) from error
    if not 0 < (port if isinstance(port, int) else number) <= 65535:
        raise CallError(Fault.PORT_OUT_OF_RANGE, port=number)


def _check_concat(call: Call) -> None:
    args = call.args
    _expect(args, (list,), Fault.WRONG_FORM)
    for item in args if isinstance(args, list) else ():
        _expect(item, (type(None), list), Fault.ITEM_NOT_A_LIST, item=item)


def _check_contains(call: Call) -> None:
    _expect(call.args[1], (list, str), Fault.SEQUENCE_NOT_A_LIST)


_VALUES: Final[Mapping[str, Callable[[Call], None]]] = {
    "get_param": _check_param,
    "get_file": _check_file,
    "list_join": _check_join,
    "str_replace": _check_replace,
    "str_replace_strict": _check_replace,
    "str_replace_vstrict": _check_replace,
    "repeat": _check_repeat,
    "digest": _check_digest,
    "str_split": _check_split,
    "map_merge": _check_merge,
    "map_replace": _check_map_replace,
    "filter": _check_filter,
    "make_url": _check_url,
    "list_concat": _check_concat,
    "list_concat_unique": _check_concat,
    "contains": _check_contains,
}
