"""The intrinsic functions that need nothing but their arguments: text, lists and maps.

Apart from the parser, as pure functions in a table. ``yaql`` is the exception among them: the sandbox has no
interpreter for it, so it gives null.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote, urlencode, urlunsplit

from builder.sandbox.faults import Json

MAX_REPETITIONS = 10_000
"""The most items ``repeat`` gives: a bound of the sandbox's own."""

Computation = Callable[[str, Json], Json]

_REPLACE_EXAMPLE = """{name}:
              template: This is var1 template var2
              params:
                var1: a
                var2: string"""
_REPEAT_EXAMPLE = """repeat:
              template: This is %var%
              for_each:
                %var%: ['a', 'b', 'c']"""


def check_arguments(name: str, args: Json) -> None:
    """Check the shape of a call's arguments, which may still hold unresolved calls.

    Raises:
        ValueError, TypeError, KeyError: with Heat's words.
    """
    check = _SHAPES.get(name)
    if check is not None:
        check(name, args)


def _check_replace(name: str, args: Json) -> None:
    if not isinstance(args, Mapping):
        raise TypeError(f'Arguments to "{name}" must be a map')
    if "params" not in args or "template" not in args:
        raise KeyError(f'"{name}" syntax should be {_REPLACE_EXAMPLE.format(name=name)}')
    if isinstance(args["params"], (str, int, float, list, type(None))):
        raise TypeError(f'"{name}" parameters must be a mapping')


def _check_join(name: str, args: Json) -> None:
    message = f'Incorrect arguments to "{name}" should be: "{name}" : [ " ", [ "str1", "str2"] ...]'
    if not isinstance(args, list):
        raise TypeError(message)
    if len(args) < 2:
        raise ValueError(message)


def _check_repeat(name: str, args: Json) -> None:
    if not isinstance(args, Mapping):
        raise TypeError(f'Arguments to "{name}" must be a map')
    if "for_each" not in args or "template" not in args:
        raise KeyError(f'"repeat" syntax should be {_REPEAT_EXAMPLE}')
    if not isinstance(args.get("permutations", True), bool):
        raise TypeError(f'"permutations" should be boolean type for {name} function.')


def _check_split(name: str, args: Json) -> None:
    if isinstance(args, (str, Mapping)):
        raise TypeError(f'Incorrect arguments to "{name}" should be: "{name}" : [ ",", "apples,pears", <index>]')


def _check_filter(name: str, args: Json) -> None:
    if not isinstance(args, list):
        raise TypeError(f'Argument to "{name}" must be a list')
    if len(args) != 2:
        raise ValueError(
            f'"{name}" expected 2 arguments of the form [values, sequence] but got {len(args)} arguments instead'
        )


_SHAPES: Mapping[str, Callable[[str, Json], None]] = {
    "str_replace": _check_replace,
    "str_replace_strict": _check_replace,
    "str_replace_vstrict": _check_replace,
    "list_join": _check_join,
    "repeat": _check_repeat,
    "str_split": _check_split,
    "filter": _check_filter,
}


def _replace(name: str, args: Json) -> Json:
    template, params = args["template"], args["params"]
    if not isinstance(template, str):
        raise TypeError(f'"{name}" template must be a string')
    if not isinstance(params, Mapping):
        raise TypeError(f'"{name}" params must be a map')
    # Longer placeholders first, so that $abc is not taken for $a; what was put in is never searched again.
    keys = sorted(sorted(params), key=len, reverse=True)
    unused = set(keys)

    def fill(text: str, remaining: list[str]) -> str:
        if not remaining:
            return text
        pieces = text.split(remaining[0])
        if len(pieces) > 1:
            unused.discard(remaining[0])
        value = _as_text(name, remaining[0], params[remaining[0]])
        return value.join(fill(piece, remaining[1:]) for piece in pieces)

    filled = fill(template, keys)
    if name != "str_replace" and unused:
        missing = ",".join(sorted(sorted(unused), key=len, reverse=True))
        raise ValueError(f"The following params were not found in the template: {missing}")
    return filled


def _as_text(name: str, param: str, value: Json) -> str:
    if name == "str_replace_vstrict" and (value is None or value in ("", [], {})):
        raise ValueError(f"{name} has an undefined or empty value for param {param}, must be a defined non-empty value")
    if value is None:
        return ""
    return json.dumps(value, sort_keys=True) if isinstance(value, (Mapping, list)) else str(value)


def _join(name: str, args: Json) -> Json:
    delimiter, *lists = args
    items: list[Json] = []
    for values in lists:
        if values and not isinstance(values, list):
            raise TypeError(f'"{name}" must operate on a list')
        items.extend(values or ())
    if not isinstance(delimiter, str):
        raise TypeError(f'"{name}" delimiter must be a string')
    return delimiter.join(_join_item(item) for item in items)


def _join_item(item: Json) -> str:
    if item is None:
        return ""
    if isinstance(item, (Mapping, list)):
        return json.dumps(item, sort_keys=True)
    if not isinstance(item, str):
        raise TypeError(f"Items to join must be string, map or list not {repr(item)[:200]}")
    return item


def _split(name: str, args: Json) -> Json:
    if not isinstance(args, list) or len(args) < 2:
        raise ValueError(f'Incorrect arguments to "{name}" should be: "{name}" : [ ",", "apples,pears", <index>]')
    delimiter, text, *index = args
    if text is None:
        return None
    pieces = text.split(delimiter)
    if not index:
        return pieces
    try:
        return pieces[int(index[0])]
    except IndexError as error:
        raise ValueError(f'Incorrect index to "{name}" should be between 0 and {len(pieces) - 1}') from error


def _merge(name: str, args: Json) -> Json:
    if not isinstance(args, (list, str)):
        raise TypeError(f'Incorrect arguments to "{name}" should be: "{name}" : [ {{ "key1": "val1" }} ]')
    merged: dict[str, Json] = {}
    for item in args:
        if item is not None and not isinstance(item, Mapping):
            raise TypeError(
                "Incorrect arguments: Items to merge must be maps. "
                f"{repr(item)[:200]} is type {type(item)} instead of a dict"
            )
        merged.update(item or {})
    return merged


def _map_replace(name: str, args: Json) -> Json:
    if not isinstance(args, list) or len(args) != 2 or not all(isinstance(item, Mapping) for item in args):
        raise TypeError(f'Incorrect arguments: to "{name}", arguments must be a list of maps.')
    original, changes = args
    keys, values = changes.get("keys") or {}, changes.get("values") or {}

    def substitute(value: Json) -> Json:
        return values[value] if isinstance(value, (str, int, float)) and value in values else value

    return {keys.get(key, key): substitute(value) for key, value in original.items()}


def _repeat(name: str, args: Json) -> Json:
    for_each, template = args["for_each"], args["template"]
    if not isinstance(for_each, Mapping):
        raise TypeError(f'The "for_each" argument to "{name}" must contain a map')
    for values in for_each.values():
        if values is not None and not isinstance(values, (list, Mapping)):
            raise TypeError(f'The values of the "for_each" argument to "{name}" must be lists or maps')
    lists = [list(values or ()) for values in for_each.values()]
    if args.get("permutations", True):
        if math.prod(map(len, lists)) > MAX_REPETITIONS:
            raise ValueError(f"{name} gives more than {MAX_REPETITIONS} items")
        return [_substitute(dict(zip(for_each, row, strict=True)), template) for row in itertools.product(*lists)]
    if len({len(values) for values in lists}) > 1:
        raise ValueError(f"For {name}, the length of for_each values should be equal if no nested loop.")
    return [_substitute(dict(zip(for_each, row, strict=True)), template) for row in zip(*lists, strict=True)]


def _substitute(values: Mapping[str, Json], template: Json) -> Json:
    if isinstance(template, str):
        for placeholder, value in values.items():
            template = template.replace(placeholder, str(value))
        return template
    if isinstance(template, list):
        return [_substitute(values, item) for item in template]
    if isinstance(template, Mapping):
        return {_substitute(values, key): _substitute(values, value) for key, value in template.items()}
    return template


def _digest(name: str, args: Json) -> Json:
    if not isinstance(args, list) or not all(isinstance(item, str) for item in args):
        raise TypeError(f'Argument to function "{name}" must be a list of strings')
    if len(args) != 2:
        raise ValueError(f'Function "{name}" usage: ["<algorithm>", "<value>"]')
    algorithm, value = args
    if algorithm.lower() not in hashlib.algorithms_guaranteed or algorithm.startswith("shake_"):
        raise ValueError(f"Algorithm must be one of {sorted(hashlib.algorithms_guaranteed)}")
    return hashlib.new(algorithm, value.encode("latin-1"), usedforsecurity=False).hexdigest()


def _filter(name: str, args: Json) -> Json:
    values, sequence = args
    if not sequence or not values:
        return sequence
    if not isinstance(sequence, list):
        raise TypeError(f'"{name}" only works with lists')
    if not isinstance(values, list):
        raise TypeError(f'"{name}" filters a list of values')
    return [item for item in sequence if item not in values]


def _concat(name: str, args: Json) -> Json:
    if not isinstance(args, list) or not all(item is None or isinstance(item, list) for item in args):
        raise TypeError(f'Incorrect arguments to "{name}" should be: "{name}" : [ [ 1, 2 ], [ 3, 4 ] ]')
    joined: list[Json] = []
    for item in itertools.chain.from_iterable(values or () for values in args):
        if name == "list_concat" or item not in joined:
            joined.append(item)
    return joined


def _contains(name: str, args: Json) -> Json:
    if not isinstance(args, list) or len(args) != 2:
        raise ValueError(f'Arguments to "{name}" must be of the form: [value1, [value1, value2]]')
    value, sequence = args
    if not isinstance(sequence, Sequence):
        raise TypeError('Second argument to "contains" should be a sequence')
    return value in sequence


def _make_url(name: str, args: Json) -> Json:
    known = ("scheme", "username", "password", "host", "port", "path", "query", "fragment")
    if not isinstance(args, Mapping):
        raise TypeError(f'The arguments to "{name}" must be a map')
    unknown = [key for key in args if key not in known]
    if unknown:
        raise ValueError(f'Invalid arguments to "{name}": {", ".join(unknown)}')
    user = ":".join(quote(str(args[key]), safe="") for key in ("username", "password") if args.get(key))
    host = quote(str(args.get("host", "")).strip("[]"), safe=":")
    place = (f"{user}@" if user else "") + (f"[{host}]" if ":" in host else host)
    place += f":{args['port']}" if args.get("port") else ""
    query = urlencode(args.get("query") or {}).replace("%2F", "/")
    fragment = quote(str(args.get("fragment", "")))
    return urlunsplit((str(args.get("scheme", "")), place, quote(str(args.get("path", ""))), query, fragment))


def _nothing(name: str, args: Json) -> Json:  # noqa: ARG001  # the signature of every computation
    return None


COMPUTATIONS: Mapping[str, Computation] = {
    "str_replace": _replace,
    "str_replace_strict": _replace,
    "str_replace_vstrict": _replace,
    "list_join": _join,
    "str_split": _split,
    "map_merge": _merge,
    "map_replace": _map_replace,
    "repeat": _repeat,
    "digest": _digest,
    "filter": _filter,
    "list_concat": _concat,
    "list_concat_unique": _concat,
    "contains": _contains,
    "make_url": _make_url,
    "yaql": _nothing,
    "resource_facade": _nothing,
}
"""What computes each function from its resolved arguments; ValueError and TypeError carry Heat's words."""
