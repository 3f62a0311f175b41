"""Heat's own sentences for what :mod:`builder.hot` finds out; most are in ``wording.toml``, by its kinds of faults."""

from __future__ import annotations

import hashlib
import json
import tomllib
from enum import Enum
from importlib.resources import files

from builder.hot import custom_constraints
from builder.hot.constraints import ConstraintError
from builder.hot.custom_constraints import JUDGED, LONGEST_NAME
from builder.hot.functions import FACADE_ATTRIBUTES, Call, CallError, Fault
from builder.hot.values import UnreadableValueError
from builder.sandbox.faults import Json

_SENTENCES = tomllib.loads(files(__package__).joinpath("wording.toml").read_text(encoding="utf-8"))


def explain_custom_fault(name: str, value: Json) -> str | None:
    """What Heat says of a value under a custom constraint, or None; those that ask a cloud take everything here."""
    if name not in JUDGED:
        if name in custom_constraints.KNOWN:
            return None
        return f'"{value}" does not validate {name} (constraint not found)'
    broken = custom_constraints.find_value_fault(name, value)
    if broken is None:
        return None
    sentence = _find_sentence("values", broken.fault, name)
    lengths = {"length": len(str(value)), "longest": LONGEST_NAME}
    reason = sentence.format(value=value, part=broken.part, error=broken.error, **lengths)
    return f"Error validating value '{value}'" + (f": {reason}" if reason else "")


def explain_call_fault(call: Call, error: CallError) -> str:
    """What Heat says of a call's arguments."""
    details = {"name": call.name, "args": call.args, "attributes": ", ".join(FACADE_ATTRIBUTES), **error.details}
    details |= {"algorithms": sorted(hashlib.algorithms_guaranteed)}
    sentence = _find_sentence("calls", error.fault, call.name)
    if error.fault is Fault.WRONG_KEYS:  # Heat raises a KeyError, whose text is its argument as Python writes it
        return repr(f'"{call.name}" syntax should be {sentence.format(**details)}')
    item, joins_lists = details.get("item"), call.language.joins_lists
    details |= {"shown": repr(item)[:200], "type": type(item), "params": ",".join(details.get("params", ()))}
    if error.fault is Fault.ITEM_NOT_A_LIST:
        details |= {"json": json.dumps(item), "all": json.dumps(call.args)}
    details |= {"kinds": "string, map or list", "more": " ..."} if joins_lists else {"kinds": "strings", "more": ""}
    return sentence.format(**details)


def explain_limit_fault(kind: str, error: ConstraintError) -> str:
    """What Heat says of a constraint of numbers that is none."""
    return _find_sentence("limits", error.fault, kind).format(kind=kind, key=error.key)


def _find_sentence(section: str, fault: Enum, name: str = "") -> str:
    """What Heat says of a kind of fault: of one function or constraint, or in general."""
    sentences = _SENTENCES[section]
    own = (each for names, each in sentences.items() if isinstance(each, dict) and name in names.split())
    return str({**sentences, **next(own, {})}[fault.name])


def explain_unreadable(value: Json, error: UnreadableValueError, subject: str = "Value") -> str:
    """What Heat says of a value that is none of a parameter's type; ``subject`` is how it calls the value."""
    sentence = _SENTENCES["parameters"].get(error.type, "{error}")
    return str(sentence.format(value=value, subject=subject, type=type(value).__name__, error=error.error))


def explain_property_fault(type_: str, value: Json, error: Exception) -> str:
    """What Heat says of a value that is none of a property's type; at times that is what Python says."""
    sentence = _SENTENCES["properties"].get(type_, "{error}")
    if type_ == "integer" and isinstance(error, TypeError):
        sentence = "{error}"
    word = value.lower() if isinstance(value, str) else value
    return str(sentence.format(value=value, word=word, error=error))
