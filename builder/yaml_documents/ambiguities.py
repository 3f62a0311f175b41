"""Values that YAML 1.1 and YAML 1.2 read differently, and numbers that lose digits on being read.

A definition is read as YAML 1.2, a Heat template as YAML 1.1, and people who write one have the other in mind. Only
``check`` looks for this: it takes a walk over every scalar, and never makes a definition worse than it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from builder.diagnostics.problems import Problem, name_value
from builder.text.pointers import Tokens, format_pointer
from builder.yaml_documents.documents import Document
from builder.yaml_documents.scalars import PLAIN, Reading, Scalar, construct_scalar, is_merge

_LOSSY: Final = re.compile(r"[0-9]+\.[0-9]+0")
_NUMERIC_KEYS: Final = frozenset({"order", "range", "length", "modulo"})


def find_ambiguities(document: Document, reading: Reading) -> Iterator[Problem]:
    """Every value of a document, and every key, that another YAML than its own reads as something else.

    ``reading`` is the document's; an inline ``heat_template`` in a definition is read as Heat reads it. JSON leaves no
    choice.
    """
    # Told quickly where there is nothing to tell of, as in most documents.
    if document.root is not None and (document.problems or any(map(_is_suspect, document.plain))):
        yield from _walk(document.root, document.path, reading, (), numeric=False, seen=set())


@lru_cache(maxsize=8192)  # scalars repeat, as names and numbers of a template do; some hundred bytes each
def _is_suspect(text: str) -> bool:
    return _explain(text, Reading.HEAT, numeric=False)[0] != ""


def _walk(
    node: Node, path: str, reading: Reading, tokens: Tokens, *, numeric: bool, seen: set[int]
) -> Iterator[Problem]:
    if id(node) in seen:
        return  # an alias: told of where it was written
    seen.add(id(node))
    if isinstance(node, ScalarNode):
        rule, message, hint = _explain(node.value, reading, numeric=numeric) if node.tag == PLAIN else ("", "", "")
        if rule:
            mark = node.start_mark
            about = (
                name_value(str(tokens[-5]), node.value)
                if tokens[-2:-1] == ("allowed_values",) and len(tokens) > 4
                else ()
            )
            pointer = format_pointer(tokens)
            yield Problem(path, mark.line + 1, mark.column + 1, pointer, rule, message, hint, about=about)
    elif isinstance(node, SequenceNode):
        for number, item in enumerate(node.value):
            yield from _walk(item, path, reading, (*tokens, number), numeric=numeric, seen=seen)
    elif isinstance(node, MappingNode):
        declares_number = any(
            key.value == "type" and isinstance(value, ScalarNode) and value.value == "number"
            for key, value in node.value
        )
        for key, value in node.value:
            if is_merge(key) or not isinstance(key, ScalarNode):
                continue
            below = (*tokens, key.value)
            yield from _judge_key(key, path, below)
            inner = Reading.HEAT if below == ("heat_template",) and reading is not Reading.JSON else reading
            is_numeric = numeric or declares_number or key.value in _NUMERIC_KEYS
            yield from _walk(value, path, inner, below, numeric=is_numeric, seen=seen)


def _judge_key(node: ScalarNode, path: str, tokens: Tokens) -> Iterator[Problem]:
    """A key is always text to the service, and so to Heat, which gets its templates from there."""
    if node.tag != PLAIN or not _is_suspect(node.value):
        return
    mark, text = node.start_mark, node.value
    readings = ((_read(text, Reading.HEAT), "1.1"), (_read(text, Reading.YAML_1_2), "1.2"))
    others = " and ".join(f"{_name(value)} to YAML {version}" for value, version in readings if value != text)
    if others:
        message = f"the key {text} is a text to the service, but {others}"
        hint = f"write '{text}' in quotes"
        yield Problem(path, mark.line + 1, mark.column + 1, format_pointer(tokens), "yaml-versions", message, hint)


@lru_cache(maxsize=8192)  # as above
def _explain(text: str, reading: Reading, *, numeric: bool) -> tuple[str, str, str]:
    """Rule, message and hint for an unquoted scalar; three times ``""`` where nothing is to be said of it."""
    old, new = _read(text, Reading.HEAT), _read(text, Reading.YAML_1_2)
    if reading is not Reading.JSON and (type(old) is not type(new) or old != new):
        here, there = (old, new) if reading is Reading.HEAT else (new, old)
        here_by, there_by = "Heat (YAML 1.1)", "YAML 1.2"
        if reading is Reading.YAML_1_2:
            here_by, there_by = "the service (YAML 1.2)", "YAML 1.1"
        message = f"{text} is read as {_name(here)} by {here_by}, but as {_name(there)} by {there_by}"
        return "yaml-versions", message, _advise(text, here, there, numeric=numeric)
    if not numeric and isinstance(old, float) and _LOSSY.fullmatch(text) and str(old) != text:
        return "lossy-number", f"{text} is the number {old}", f"write '{text}' in quotes if the last 0 matters"
    return "", "", ""


def _advise(text: str, here: Scalar, there: Scalar, *, numeric: bool) -> str:
    """What to write instead: what it is read as ``here``, in the first place, and never a text for a number."""
    meant = [_write(value) for value in (here, there) if value is not None and not isinstance(value, str)]
    numbers = [value for value in (here, there) if isinstance(value, int | float) and not isinstance(value, bool)]
    if numeric and numbers:
        return f"write {' or '.join(_write(value) for value in numbers)}"
    return " or ".join([f"write '{text}' in quotes,", *meant[:1]]) if meant else f"write '{text}' in quotes"


def _read(text: str, reading: Reading) -> Scalar:
    try:
        return construct_scalar(ScalarNode(PLAIN, text), reading)
    except ValueError:
        return text


def _name(value: Scalar) -> str:
    if isinstance(value, str):
        return "a text"
    if isinstance(value, bool) or value is None:
        return _write(value)
    return f"the number {value}"


def _write(value: Scalar) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
