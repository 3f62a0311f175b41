"""What looks like the call of a function and is not: it is misspelt, of another version, or of another tool.

Any mapping may have a single key, and any text a brace, so a problem is reported only if hardly anything else is meant.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any, Final

from builder.hot.functions import CLOUDFORMATION, REPLACING
from builder.hot.language import Language, first_version_with
from builder.text.excerpts import shorten
from builder.text.pointers import CONTAINERS
from builder.text.spelling import find_near, suggest_key

RULE_WORDS: Final = ("and", "or", "not")
"""Functions of conditions that rules and queries are made of, too, such as those of OS::Aodh::CompositeAlarm."""

_SCRIPTS: Final = frozenset({"user_data", "config"})
"""The properties that hold scripts, in which a shell replaces what is written in braces."""

_TEXTS: Final = _SCRIPTS | {"template", "description"}
"""Keys whose texts may be in any language, or explain this one."""

_SCOPE: Final = re.compile(r"\.?(?:vars?|locals?|params?|parameters|inputs?|[vV]alues)\.(?=\w)")
"""What other tools write before the name of a parameter: Terraform's ``var.image``, Helm's ``.Values.image``."""

_JINJA: Final = re.compile(r"\{\{\s*([\w.-]+)\s*\}\}")
_SUBSTITUTION: Final = re.compile(rf"{_JINJA.pattern}|\$\{{([\w.-]+)\}}|\$((?:{_SCOPE.pattern})?\w+)")
"""How other tools write what they replace in a text: Jinja and Ansible, CloudFormation, Terraform and shells."""

_QUOTED_CALL: Final = re.compile(r"\s*\{\s*(\w+)\s*:\s(.*)\}\s*")
_BARE_CALL: Final = re.compile(r"(\w+)(?:\s*([:=(])|\s|(?<!get_file)\.|(?=\[))(.*)")
"""A function and its arguments without what makes them a call: ``get_param:x``, ``get_param x``, ``get_param(x)``."""

_WORD: Final = re.compile(r"[\w-]+")
_NAME: Final = re.compile(r"[\w.:-]+")
_CALL: Final = re.compile(r"(\{get_(?:attr|param|resource):\s+(?:\[[^\[\]{}\n]*\]|[\w.:-]+)\s*\})")
"""A call within a text, which YAML takes for more of the text."""

_MAX_SHOWN: Final = 120
"""In characters: as much of a call as fits in a line with the message about it."""

_MAX_TOLD: Final = 8
"""How many arguments a hint shows; ``get_attr`` hardly takes more."""

_FN: Final = "Fn::"
_GETTER: Final = "get_"
_NOTHING: Final = ((), "", "")
_NEAR: Final = 0.85
_NEAR_GETTER: Final = 0.75
"""How near a key has to be; less so for those that begin as the names of functions do, such as ``get_attribute``."""


def find_successor(function: str) -> str:
    """A hint for a function of CloudFormation's."""
    return f"use {CLOUDFORMATION[function]}" if function in CLOUDFORMATION else ""


def find_substitution(
    text: str, key: object, language: Language, parameters: Collection[str]
) -> tuple[Collection[str], str, str]:
    """The names used in a text as other tools do it, or by what is no call; and the message and the hint.

    ``key`` is what the text stands under. What stands alone is meant so. What is a part of a text is if it is one of
    the ``parameters``, and the text a single line: a longer one may be a script, or a file for a program that replaces
    it. So may one with blanks for what has no braces.
    """
    call = write_bare_call(text, language, is_code=key not in _TEXTS) if key != "description" else ""
    if call:
        return _NAME.findall(call), f"{shorten(text.strip(), _MAX_SHOWN)!r} is plain data here", f"write {call}"
    if "{" not in text and "$" not in text:  # as of most texts
        if "." in text and key not in _TEXTS and (meant := _find_scoped(text, parameters)):
            return (meant,), f"Heat does not replace {text!r} here", f"write {{get_param: {meant}}}"
        return _NOTHING
    if alone := _JINJA.fullmatch(text):
        name = _read_name(alone)
        return (name,), f"{text!r} is Jinja's; here it is plain data", f"write {{get_param: {name}}}"
    quoted = _QUOTED_CALL.fullmatch(text) if key not in _TEXTS or "{get_file" in text else None
    if quoted and _is_call(quoted[1], language, is_code=True):
        hint = "the quotes make it a text: write it without them"
        return _NAME.findall(quoted[2]), f"{shorten(text.strip(), _MAX_SHOWN)!r} is plain data here", hint
    if parameters and "{get_" in text and "\n" not in text and key not in _TEXTS and (called := _CALL.search(text)):
        joined = ", ".join(each if _CALL.fullmatch(each) else repr(each) for each in _CALL.split(text) if each)
        hint = f"write {{list_join: ['', [{joined}]]}}"
        return _NAME.findall(text), f"Heat does not replace {called[0]!r} here", hint
    for found in _SUBSTITUTION.finditer(text) if parameters and "\n" not in text and key not in _SCRIPTS else ():
        name = _read_name(found)
        if found[0] == text and name not in parameters:
            name = _find_scoped(found[2] or found[3] or "", parameters)
        if name in parameters and not (found[3] and " " in text):
            hint = f"write {{get_param: {name}}}" if found[0] == text else _join_parts(text, parameters)
            return (name,), f"Heat does not replace {found[0]!r} here", hint
    return _NOTHING


def write_bare_call(text: str, language: Language, *, is_code: bool = True) -> str:
    """The call that a text would be with a colon and braces; ``""`` where it is none.

    Unless ``is_code``, a text may be of any language, and only one that looks for something is taken for a call.
    """
    if "get_" not in text and "[" not in text and ":" not in text:  # as of most texts
        return ""
    found = _BARE_CALL.fullmatch(text.strip())
    function, sign, arguments = found.groups() if found else ("", "", "")
    arguments = arguments.strip().removesuffix(")").strip()
    is_list = arguments[:1] == "[" and arguments[-1:] == "]"
    is_choice = function == "if" and is_list and arguments.count(",") == 2 and is_code
    if not arguments or not (is_choice or _is_call(function, language, is_code=is_code)):
        return ""
    if function == "get_attr" and not is_list:
        words = _WORD.findall(arguments)
        arguments = f"[{', '.join(words)}]" if 2 <= len(words) <= _MAX_TOLD else ""
    elif sign != ":" and not is_list:
        arguments = arguments.strip("'\"") if function.startswith(_GETTER) and " " not in arguments else ""
    return f"{{{function}: {shorten(arguments, _MAX_SHOWN)}}}" if arguments else ""


def _is_call(function: str, language: Language, *, is_code: bool) -> bool:
    """Whether a word before arguments can be nothing but a function: a short one may be anybody's."""
    return function in language.functions and (function.startswith(_GETTER) or (is_code and "_" in function))


def _read_name(found: re.Match[str]) -> str:
    """The name that stands in what another tool would replace."""
    return _SCOPE.sub("", found[1] or found[2] or found[3], count=1)


def _find_scoped(text: str, parameters: Collection[str]) -> str:
    """The parameter that a text means which begins as other tools' names of parameters do; ``""`` where it does not."""
    scope = _SCOPE.match(text)
    name = text[scope.end() :] if scope else ""
    return name if name in parameters else find_near(name, parameters, cutoff=_NEAR) if name else ""


def _join_parts(text: str, parameters: Collection[str]) -> str:
    """A hint at how a text is written in whose parts other tools put parameters."""
    parts: list[str] = []
    end = 0
    for found in _SUBSTITUTION.finditer(text):
        if (name := _read_name(found)) in parameters:
            parts += [repr(text[end : found.start()])] * (found.start() > end) + [f"{{get_param: {name}}}"]
            end = found.end()
    parts += [repr(text[end:])] * (end < len(text))
    if len(text) > _MAX_SHOWN:
        return f"use str_replace, with {next(each for each in parts if each[0] == '{')} among its params"
    return f"write {{list_join: ['', [{', '.join(parts)}]]}}"


def explain_split_call(mapping: Mapping[Any, Any], language: Language) -> tuple[str, str]:
    """Message and hint for a call whose list lacks its brackets, so that it has further keys; else two times ``""``."""
    function = next((each for each in mapping if each in language.functions), "")
    if not function or len(mapping) == 1:  # as of most mappings
        return "", ""
    others = [each for each in mapping if each != function]
    if function in REPLACING and {"template", "params"}.issuperset(others):
        return f"{others[0]} stands beside {function}, not below it", f"indent {others[0]} further"
    if function == "if" and {"then", "else"} == {*others}:
        parts = map(mapping.get, (function, "then", "else"))
        outline = ", ".join("..." if isinstance(each, CONTAINERS) else str(each) for each in parts)
        return "if is no call beside further keys; here it is plain data", f"write a list: {{if: [{outline}]}}"
    if "_" not in function or function != next(iter(mapping)) or any(mapping[each] is not None for each in others):
        return "", ""
    first, message = mapping[function], f"{function} is no call beside further keys; here it is plain data"
    if not isinstance(first, str) or len(others) > _MAX_TOLD:
        return message, "take the further keys out, or write a list in brackets"
    return message, f"write a list: {{{function}: [{', '.join(map(str, (first, *others)))}]}}"


@lru_cache(maxsize=4096)  # lone keys are few, and the same in most templates
def explain_unknown_function(key: str, language: Language) -> tuple[str, str]:
    """Message and hint for a lone key that is no function of the version but looks like one; else two times ``""``."""
    since = first_version_with(key)
    if since is not None and since > language.version:
        message = f"{key} is a function since version {since} only; here it is plain data"
        return message, f"write heat_template_version: {since} or later"
    if since is not None:
        message = f"{key} is a function of conditions only; here it is plain data"
        return ("", "") if key in RULE_WORDS else (message, "")
    near = find_successor(key) or _suggest_function(key, language)
    if near or key.startswith(_FN):
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
    return suggest_key(key, functions, cutoff=_NEAR_GETTER if key.startswith(_GETTER) else _NEAR)


def _fold(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _swaps_two(key: str, function: str) -> bool:
    """Whether two neighbouring letters of a function are in the wrong order."""
    pairs = range(len(function) - 1)
    return any(key == function[:at] + function[at + 1] + function[at] + function[at + 2 :] for at in pairs)
