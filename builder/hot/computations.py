"""The values of calls of Heat's intrinsic functions that need nothing but their arguments.

``yaql`` and ``resource_facade`` have none here: the one takes an interpreter, the other a parent.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode, urlunsplit

from builder.hot.functions import REPLACING, Call, CallError, Fault, TellingUnexpected, check_values, is_nested_loop
from builder.hot.values import Json

MAX_WORK: Final = 10_000_000
"""The most that a call may take to compute, or all calls that are computed together, in characters that are written:
about a second. Heat has no such bound, and ten lines of a template could keep it busy for hours."""

STEP: Final = 10
"""What an item or a comparison takes, in characters; to look through a character takes the tenth of one."""


@dataclass(slots=True)
class Budget:
    """How much work is left, for one call or for several."""

    left: int = MAX_WORK

    def spend(self, *, steps: int = 0, characters: int = 0) -> None:
        """Raises CallError, TOO_MUCH_WORK, where less is left."""
        self.left -= steps * STEP + characters
        if self.left < 0:
            raise CallError(Fault.TOO_MUCH_WORK)


def compute(call: Call, budget: Budget) -> Json:
    """The value of a call whose arguments, of a sound shape, hold no other call; None of a function that has none here.

    Raises CallError.
    """
    check_values(call)
    with TellingUnexpected():
        return _COMPUTATIONS[call.name](call, budget) if call.name in _COMPUTATIONS else None


def _replace(call: Call, budget: Budget) -> Json:
    template, params = call.args["template"], call.args["params"]
    # Longer placeholders first, so that $abc is not taken for $a; what was put in is never searched again.
    keys = sorted(sorted(params), key=len, reverse=True)
    unused = []
    pieces = [template]  # those at odd places were put in
    for key in keys:
        budget.spend(steps=len(pieces), characters=len(template) // STEP)
        value = params[key]
        text = "" if value is None else _as_json(value) if isinstance(value, list | Mapping) else str(value)
        filled: list[str] = []
        for place, piece in enumerate(pieces):
            if place % 2:
                filled.append(piece)
                continue
            first, *others = piece.split(key)
            budget.spend(steps=len(others), characters=len(others) * len(text))
            filled.append(first)
            for each in others:
                filled += (text, each)
        if len(filled) == len(pieces):
            unused.append(key)
        pieces = filled
    if call.name != "str_replace" and unused:
        raise CallError(Fault.PARAMS_NOT_FOUND, params=unused)
    return "".join(pieces)


def _as_json(value: Json) -> str:
    return json.dumps(value, sort_keys=True)


def _join(call: Call, budget: Budget) -> Json:
    delimiter, *lists = call.args
    items = [item for values in lists for item in values or ()]
    budget.spend(steps=len(items), characters=len(items) * len(delimiter))
    return delimiter.join(_as_json(item) if isinstance(item, list | Mapping) else item or "" for item in items)


def _split(call: Call, budget: Budget) -> Json:
    delimiter, text, *index = call.args
    if text is None:
        return None
    pieces = text.split(delimiter)
    budget.spend(steps=len(pieces))
    if not index:
        return pieces
    try:
        place = int(index[0])
    except ValueError as error:
        raise CallError(Fault.INDEX_NO_NUMBER) from error
    if not -len(pieces) <= place < len(pieces):
        raise CallError(Fault.INDEX_OUT_OF_RANGE, last=len(pieces) - 1)
    return pieces[place]


def _merge(call: Call, budget: Budget) -> Json:
    budget.spend(steps=sum(len(each or ()) for each in call.args))
    return {key: value for each in call.args for key, value in (each or {}).items()}


def _map_replace(call: Call, budget: Budget) -> Json:
    original, changes = (each or {} for each in call.args)
    keys, values = changes.get("keys") or {}, changes.get("values") or {}
    budget.spend(steps=len(original))
    replaced: dict[str, Json] = {}
    for key, value in original.items():
        new = keys.get(key)
        if new is None:
            new = key
        elif (new in original and new != key) or new in replaced:
            side = "input" if new in original and new != key else "output"
            raise CallError(Fault.KEY_COLLIDES, key=new, side=side)
        replaced[new] = value if isinstance(value, list | Mapping) else values.get(value, value)
    return replaced


def _repeat(call: Call, budget: Budget) -> Json:
    over, template = call.args["for_each"], call.args["template"]
    if not over:
        raise CallError(Fault.UNEXPECTED, error="not enough values to unpack (expected 2, got 0)")
    lists = [list(values or ()) for values in over.values()]
    nested = is_nested_loop(call)
    if (
        not nested
        and len({len(values) for values, given in zip(lists, over.values(), strict=True) if given is not None}) > 1
    ):
        raise CallError(Fault.UNEQUAL_LENGTHS)
    budget.spend(steps=math.prod(map(len, lists)) if nested else min(map(len, lists)))
    rows = itertools.product(*lists) if nested else zip(*lists, strict=False)
    return [_fill(dict(zip(over, row, strict=True)), template, budget) for row in rows]


def _fill(values: Mapping[str, Json], template: Json, budget: Budget) -> Json:
    if isinstance(template, str):
        for placeholder, value in values.items():
            growth = len(value) - len(placeholder) if isinstance(value, str) else 0
            budget.spend(steps=1, characters=len(template) + max(0, template.count(placeholder) * growth))
            template = template.replace(placeholder, value)
        return template
    if isinstance(template, list):
        return [_fill(values, item, budget) for item in template]
    if isinstance(template, Mapping):
        return {_fill(values, key, budget): _fill(values, value, budget) for key, value in template.items()}
    budget.spend(steps=1)
    return template


def _digest(call: Call, budget: Budget) -> Json:
    algorithm, text = call.args
    budget.spend(characters=len(text))
    if algorithm.lower() not in hashlib.algorithms_available:
        raise CallError(Fault.ALGORITHM_ELSEWHERE)
    return hashlib.new(algorithm, text.encode("latin-1"), usedforsecurity=False).hexdigest()


def _filter(call: Call, budget: Budget) -> Json:
    values, sequence = call.args
    if not sequence or not values:
        return sequence
    budget.spend(steps=len(sequence) * len(values))
    return [item for item in sequence if item not in values]


def _concat(call: Call, budget: Budget) -> Json:
    items = [item for values in call.args for item in values or ()]
    budget.spend(steps=len(items))
    if call.name == "list_concat":
        return items
    unique: list[Json] = []
    for item in items:
        budget.spend(steps=len(unique))
        if item not in unique:
            unique.append(item)
    return unique


def _contains(call: Call, budget: Budget) -> Json:
    value, sequence = call.args
    budget.spend(steps=len(sequence))
    return value in sequence


def _make_url(call: Call, budget: Budget) -> Json:
    args = call.args
    budget.spend(characters=sum(len(str(each)) for each in args.values()))
    scheme = args.get("scheme", "")
    if ":" in scheme:
        raise CallError(Fault.COLON_IN_SCHEME)
    username, password = (quote(args.get(key, ""), safe="") for key in ("username", "password"))
    user = username + (f":{password}" if password else "")
    host = args.get("host", "")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    host = quote(host, safe=":")
    place = (f"{user}@" if user else "") + (f"[{host}]" if ":" in host else host)
    place += f":{args['port']}" if args.get("port") else ""
    query = urlencode(args.get("query", {})).replace("%2F", "/")
    return urlunsplit((scheme, place, quote(args.get("path", "")), query, quote(args.get("fragment", ""))))


_COMPUTATIONS: Final[Mapping[str, Callable[[Call, Budget], Json]]] = {
    **dict.fromkeys(REPLACING, _replace),
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
}

COMPUTED: Final = _COMPUTATIONS.keys()
"""The functions whose values are computed here."""
