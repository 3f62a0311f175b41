"""The arguments of Heat's intrinsic functions: which of them Heat refuses whatever the parameters are.

:mod:`builder.hot` judges, and where the arguments hold no other call computes the value, as the sandbox does. Only what
is certain is told: an argument that is itself a call may turn out as anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple

from builder.hot.computations import COMPUTED, Budget, compute
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
from builder.hot.results import Types, find_kinds, is_call
from builder.hot.values import Unresolved
from builder.hot.yaql_expressions import is_expression
from builder.hot_lint.findings import MAX_NAMED, TemplateProblem
from builder.hot_lint.sources import explain_path, looks_like_path
from builder.hot_lint.unknown_functions import explain_unknown_function, write_bare_call
from builder.text.excerpts import shorten
from builder.text.pointers import CONTAINERS, Tokens
from builder.text.spelling import suggest

USAGE: Final[Mapping[str, str]] = {
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


_TAKE_TEXT: Final = frozenset({"get_param", "get_resource", "get_file"})
"""The functions whose argument may be any text: the name of something."""

_WORD: Final = re.compile(r"[\w$%@{}-]{3,100}")
"""What a placeholder in a text may look like."""

_ARGUMENT: Final = re.compile(r"[\w.-]+")

_QUOTED_FILE: Final = re.compile(r"\s*(\{\s*get_file\s*:[^{}\n]*\})\s*")

_WRAPPED: Final = re.compile(
    r"\$(?<![\\$]\$)(?:\{(\w+)\}|(\w+))"
    r"|\{\{[ ]?(\w+)[ ]?\}\}"
    r"|<(?:(?<=://<)|(?<=@<))(\w+)>"
    r"|\{(?:(?<=://\{)|(?<=@\{))(\w+)\}(?!\})"
)
"""How other tools write a variable; in angle brackets or single braces, only where the name of a host stands.

Elsewhere these may be HTML, or a pattern: ``<ADDRESS>``, ``[a-z]{LENGTH}``. Each alternative begins with its first
character and looks back from there, so that Python skips the rest of the text.
"""

_MAX_SHOWN: Final = 120
"""In characters: as much of a path as fits in a line with the message about it."""

_MESSAGES: Final[Mapping[Fault, str]] = {
    Fault.INDEX_OUT_OF_RANGE: "the index of str_split must be from 0 to {last}: the text has no more parts",
    Fault.UNEQUAL_LENGTHS: "repeat without permutations wants lists of one length",
    Fault.KEY_COLLIDES: "map_replace would give the key {key!r} twice",
    Fault.PARAM_EMPTY: "str_replace_vstrict wants a value for {param!r} that is not empty",
    **dict.fromkeys((Fault.ALGORITHM_ELSEWHERE, Fault.TOO_MUCH_WORK, Fault.PARAMS_NOT_FOUND), ""),
}
"""What to say of a fault in place of how a function is used; nothing of what is none for certain.

Placeholders that a text lacks are reported one by one elsewhere.
"""


class ArgumentFault(NamedTuple):
    """What is wrong with the arguments of a function, and where within them.

    ``parsed``: Heat notices as soon as it parses the template.
    """

    parsed: bool
    tokens: Tokens
    message: str
    hint: str


def find_argument_fault(
    function: str, arguments: Any, language: Language, types: Types, budget: Budget
) -> ArgumentFault | None:
    """What is certainly wrong with the arguments of a function; None if nothing is."""
    if _names_something(function, arguments):  # as most calls do
        return None
    fault, parsed, masked = "", True, _mask(arguments, language)
    try:
        check_shape(Call(function, masked, language))
    except CallError:
        fault = f"{function} wants {USAGE[function]}"
    if not fault and function == "yaql" and not is_expression(masked["expression"]):
        fault = "yaql wants an expression that can be parsed"
    if not fault:
        parsed, unknown = False, list[Unresolved]()
        call = Call(function, _resolve(arguments, language, types, budget, unknown), language)
        try:
            check_values(call) if unknown else compute(call, budget)
        except CallError as error:
            told = _MESSAGES.get(error.fault)
            fault = f"{function} wants {USAGE[function]}" if told is None else told.format(**error.details)
    return ArgumentFault(parsed, *_explain_fault(function, arguments, fault, language)) if fault else None


def _names_something(function: str, arguments: Any) -> bool:
    """Whether the arguments are nothing but names: one, or for get_attr a resource and an attribute. They are right."""
    if isinstance(arguments, str):
        return arguments != "" and function in _TAKE_TEXT
    return function == "get_attr" and isinstance(arguments, list) and [*map(type, arguments)] == [str, str]


def _explain_fault(function: str, arguments: Any, fault: str, language: Language) -> tuple[Tokens, str, str]:
    """Where within the arguments their fault is, the message and the hint.

    A mapping where a text is wanted may be the call of a function whose name is misspelt.
    """
    members = arguments.items() if isinstance(arguments, dict) else ()
    known = language.functions if function in language.functions else language.condition_functions
    for key, item in enumerate(arguments) if isinstance(arguments, list) else members:
        name = next(iter(item)) if isinstance(item, dict) and len(item) == 1 else ""
        is_word = isinstance(name, str) and name not in known
        message, hint = explain_unknown_function(name, language) if is_word else ("", "")
        if message:
            return (key,), message.partition(";")[0], hint
    if function in REPLACING:
        return _explain_replacement(function, arguments, fault, language)
    match function, arguments:
        case "list_join", [list() | dict() as joined, str(separator)]:
            return (), fault, f"swap the two: [{separator!r}, {_outline(joined)}]"
        case "list_join", ([list() | dict() as joined] | (dict() as joined)):
            return (), fault, f"write the separator first: [',', {_outline(joined)}]"
        case "list_join", [str(separator), _, _, *_]:
            return (), fault, f"write what is joined in brackets of its own: [{separator!r}, [...]]"
        case "get_attr", str(way) if len(steps := way.split(".")) > 1 and all(steps):
            return (), fault, f"write [{', '.join(steps)}]"
        case "get_resource", [str(resource)]:
            return (), fault, f"write {{get_resource: {resource}}}"
        case "get_attr", [str(resource), int(number), *way]:
            hint = f"write [{', '.join(map(str, [resource, *way[:1], number, *way[1:]]))}]" if way else ""
            return (1,), f"{number} is no name of an attribute", hint
        case "if", _:
            return (), fault, _suggest_branches(arguments)
    return (), fault, ""


def _suggest_branches(arguments: Any) -> str:
    """How what an ``if`` was given may be written."""
    match arguments:
        case str() if len(words := _ARGUMENT.findall(arguments)) == 3:
            return f"write [{', '.join(words)}]"
        case [[_, _, *_]]:
            return "leave the outer brackets out"
        case {"then": then, "else": otherwise, **others} if len(others) == 1:
            parts = (*others.values(), then, otherwise)
            return f"write [{', '.join('...' if isinstance(each, CONTAINERS) else str(each) for each in parts)}]"
        case [_, _]:
            return "say what it gives otherwise, too, or write heat_template_version: 2021-04-16"
    return ""


def _explain_replacement(function: str, arguments: Any, fault: str, language: Language) -> tuple[Tokens, str, str]:
    """Of a replacement that has a fault: the place, the message and the hint. Its parts may have other names."""
    if not isinstance(arguments, dict) or "template" not in arguments:
        is_text = isinstance(arguments, str) or is_call(arguments, language)
        hint = "write template: before it" if is_text else "add template: with the text"
        return (), f"{function} has no template", hint
    match arguments["template"]:
        case {"file": str(path)}:
            return ("template",), "'file' is no function", f"write {{get_file: {path}}}"
        case None:
            return ("template",), f"the template of {function} is empty", ""
    if arguments.get("params"):
        return (), fault, ""
    others = [key for key in arguments if key not in ("template", "params")]
    first = arguments[others[0]] if others else None
    if not others:
        hint = "write what is put for each placeholder of the text below params:"
        return (), f"{function} has no params", hint
    if len(others) == 1 and isinstance(first, dict) and not is_call(first, language):
        return (), fault, f"write params: for {others[0]}:"
    hint = f"write params: above {others[0]}, and indent {'them' if others[1:] else 'it'} below that"
    return (others[0],), f"{function} has no params", hint


def _outline(joined: list[Any] | dict[str, Any]) -> str:
    return f"{{{next(iter(joined))}: ...}}" if isinstance(joined, dict) and joined else "[...]"


def find_placeholder_problems(
    call: Call, tokens: Tokens, files: Mapping[str, str], budget: Budget, *, certain: bool
) -> Iterator[TemplateProblem]:
    """Yield a problem for each placeholder that is not in the text, or stands there within signs that would remain.

    Such as ``${NAME}`` for ``NAME``. As far as the text is known before a launch; only the strict functions fail it.
    """
    template, params = call.args["template"], call.args["params"]
    name = template.get("get_file") if isinstance(template, dict) else None
    text = files.get(name) if isinstance(name, str) else template
    if not isinstance(text, str) or is_call(params, call.language):
        return
    file = shorten(name, _MAX_SHOWN) if isinstance(name, str) else ""
    filled = {"template": text, "params": dict.fromkeys(params, "")}
    try:
        compute(Call("str_replace_strict", filled, call.language), budget)
    except CallError as error:
        is_strict = call.name != "str_replace"
        rule = "missing-placeholder" if is_strict else "unknown-placeholder"
        words = sorted({*_WORD.findall(text)} - params.keys())
        hints = {lacking: suggest(lacking, words) for lacking in error.details.get("params", ())}
        message, hint = "", ""
        if not file and looks_like_path(text) and hints.keys() == params.keys() and not any(hints.values()):
            message, hint = explain_path(text)
        elif not file and (quoted := _QUOTED_FILE.fullmatch(text)):
            message, hint = "get_file in quotes is the text itself", f"write it without them: {quoted[1]}"
        elif not file and (bare := write_bare_call(text, call.language, is_code=False)):
            message, hint = f"{text!r} is plain data here", f"write {bare}"
        if message:
            yield TemplateProblem(rule, message, (*tokens, "template"), hint, certain or not is_strict)
            return
        for lacking, hint in hints.items():
            message = f"the text does not contain {lacking!r}"
            if file:
                message = f"{file} does not contain {lacking!r}, which {call.name} replaces there"
            place = (*tokens, "params", lacking)
            yield TemplateProblem(rule, message, place, hint, certain or not is_strict, key=True)
    wrapped = _find_wrapped(text, params)
    if wrapped:
        (first, inner), others = next(iter(wrapped.items())), [*wrapped][1:]
        message = f"{call.name} replaces {inner} alone in {first!r}, and the signs around it stay in the text"
        message += f", as in {', '.join(map(repr, others[:MAX_NAMED]))}" if others else ""
        place = (*tokens, "params", inner) if file else (*tokens, "template")
        hint = f"write {inner} in {file or 'the text'}, or name it {first!r} in params"
        yield TemplateProblem("wrapped-placeholder", message, place, hint, key=bool(file))


def _find_wrapped(text: str, params: Mapping[str, Any]) -> dict[str, str]:
    """What a text has in the form of a variable, such as ``${NAME}``, and the placeholder within each.

    Not if the placeholder is replaced by a variable's name. If two placeholders begin alike, the longer is replaced.
    """
    found: dict[str, str] = {}
    for match in _WRAPPED.finditer(text):
        wrapped, name = match[0], match[match.lastindex or 0]
        value = params.get(name, "")
        if wrapped in found or name not in params or (isinstance(value, str) and value.isidentifier()):
            continue
        begin, end = wrapped.index(name), wrapped.index(name) + len(name)
        longer = {wrapped[first:last] for first in range(begin + 1) for last in range(end, len(wrapped) + 1)} - {name}
        if not any(each in params for each in longer):
            found[wrapped] = name
    return found


def find_unmade_parts(url: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield the parts of make_url that are null until Heat has made a resource: the key, the message and the hint.

    Heat makes the values of properties before it makes anything, and then takes null for no part of a URL.
    """
    for key, part in url.items():
        if isinstance(part, dict) and "get_attr" in part:
            message = f"make_url wants {key!r} before anything is made, and get_attr gives it afterwards"
            yield key, message, "make the text with str_replace"


def _mask(value: Any, language: Language) -> Any:
    """The value with something that is no JSON for each call in it, as Heat has it when it parses a template."""
    if isinstance(value, dict):
        return Unresolved() if is_call(value, language) else {key: _mask(each, language) for key, each in value.items()}
    return [_mask(item, language) for item in value] if isinstance(value, list) else value


def _resolve(value: Any, language: Language, types: Types, budget: Budget, unknown: list[Unresolved]) -> Any:
    """The value as far as it is known before a launch; what stands in it for the rest is added to ``unknown``."""
    if isinstance(value, list):
        return [_resolve(item, language, types, budget, unknown) for item in value]
    if not isinstance(value, dict):
        return value
    if not is_call(value, language):
        return {key: _resolve(item, language, types, budget, unknown) for key, item in value.items()}
    ((function, arguments),) = value.items()
    if function in COMPUTED:
        within: list[Unresolved] = []
        call = Call(function, _resolve(arguments, language, types, budget, within), language)
        with suppress(CallError):  # which is told where the call is judged itself
            if not within:
                check_shape(call)
                return compute(call, budget)
    unknown.append(Unresolved(find_kinds(value, language, types)))
    return unknown[-1]
