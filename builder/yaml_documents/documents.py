"""Reading YAML text into plain data, with the place of every value.

``composing`` parses, and ``scalars`` decides the type of each scalar, which differs between a definition, a Heat
template, and a file that is JSON.

The result is JSON data (no dates, sets, binaries or non-string keys), so that what is validated, shown and sent to
Heat is one and the same. Dates stay the text that was written: ``heat_template_version: 2021-04-16`` is a string.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from builder.diagnostics.problems import Problem, name_lost
from builder.diagnostics.rules import Severity
from builder.hot.functions import CLOUDFORMATION
from builder.text.excerpts import shorten
from builder.text.pointers import Token, Tokens, format_pointer
from builder.yaml_documents.composing import DocumentError, compose
from builder.yaml_documents.scalars import (
    KEY_TAGS,
    PLAIN,
    NumberTooLargeError,
    Reading,
    construct_scalar,
    is_merge,
)

__all__ = ["STAND_IN_RULES", "Document", "DocumentError", "parse_definition", "parse_template"]

STAND_IN_RULES = frozenset({"yaml-tag", "yaml-key", "yaml-merge", "yaml-number", "lone-surrogate", "nul-character"})
"""The rules of values that have no meaning, for which something else stands, or of which something is left out."""

_MAP_TAG = "tag:yaml.org,2002:map"
_LIST_TAG = "tag:yaml.org,2002:seq"
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_MAX_SHOWN = 40
"""In characters: enough to find a text by; its line and column are told as well."""

_Index = dict[Token, tuple[Node, Node]]
"""The key and the value node of each key of a mapping."""


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed document: ``value`` is JSON data, and :meth:`locate` tells where each part of it was written.

    ``root`` is the tree of nodes that it was made from, and ``is_json`` whether its text is JSON. ``problems`` tell of
    values that have no meaning, for which something harmless stands in ``value``, so that the rest can be judged, and
    of keys that are given twice. ``plain`` are the texts of all scalars, keys included, whose type the reading decides,
    but for what is within such values.
    """

    path: str
    value: Any
    root: Node | None
    problems: tuple[Problem, ...] = ()
    is_json: bool = False
    plain: Collection[str] = field(default=(), repr=False)
    _indexes: dict[int, _Index] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_sound(self) -> bool:
        """Whether ``value`` is what was written, as Heat would read it."""
        return all(problem.severity is Severity.WARNING for problem in self.problems)

    def locate(self, tokens: Sequence[Token], *, key: bool = False) -> tuple[int, int]:
        """Line and column, from 1, of the value at the pointer ``tokens``; with ``key`` of the key that names it.

        Where the value itself was not written (it is missing), the place is that of the nearest value around it.
        """
        if self.root is None:
            return 1, 1
        node: Node = self.root
        mark = node.start_mark
        for number, token in enumerate(tokens, start=1):
            if isinstance(node, MappingNode):
                if id(node) not in self._indexes:
                    self._indexes[id(node)] = _index(node)
                found = self._indexes[id(node)].get(token)
                if found is None:
                    break
                name, node = found
                mark = name.start_mark if key and number == len(tokens) else node.start_mark
            elif isinstance(node, SequenceNode) and isinstance(token, int) and 0 <= token < len(node.value):
                node = node.value[token]
                mark = node.start_mark
            else:
                break
        return mark.line + 1, mark.column + 1

    def problem(
        self,
        rule: str,
        message: str,
        tokens: Sequence[Token] = (),
        *,
        key: bool = False,
        hint: str = "",
        about: tuple[str, ...] = (),
    ) -> Problem:
        """A problem at the pointer ``tokens`` of this document."""
        line, column = self.locate(tokens, key=key)
        return Problem(self.path, line, column, format_pointer(tokens), rule, message, hint, about=about)


def parse_definition(text: str, path: str) -> Document:
    """Parse a cluster type definition; its inline ``heat_template`` is read as Heat would read it.

    Raises DocumentError for what is no single document.
    """
    return _parse(text, path, heat_keys=frozenset({"heat_template"}))


def parse_template(text: str, path: str) -> Document:
    """Parse a Heat template as Heat would read it: as JSON where it is JSON, and otherwise as YAML 1.1.

    Raises DocumentError for what is no single document.
    """
    return _parse(text, path)


def _parse(text: str, path: str, heat_keys: frozenset[str] | None = None) -> Document:
    """Parse a template, or with ``heat_keys`` a definition, in which those are templates."""
    root = compose(text, path)
    if root is None:
        hint = "write a definition or a template into it"
        raise DocumentError(Problem(path, 1, 1, "", "empty-file", "the file is empty", hint))
    is_json = False  # Heat tries that first (``heat/common/template_format.py``, ``simple_parse``)
    if text.lstrip().startswith("{"):
        with suppress(ValueError, RecursionError):
            json.loads(text)
            is_json = True
    heat = Reading.JSON if is_json else Reading.HEAT
    may_be_broken = "\\u" in text or "\\U" in text
    construction = _Construction(path, heat, heat_keys or frozenset(), may_be_broken)
    value = construction.build(root, heat if heat_keys is None else Reading.YAML_1_2, ())
    # What is no mapping may be no definition at all, but a key or a list of passwords: nothing of it is told.
    problems = construction.problems if isinstance(root, MappingNode) else ()
    return Document(path, value, root, tuple(problems), is_json, construction.plain)


def _index(node: MappingNode) -> _Index:
    own: _Index = {}
    merged: _Index = {}
    for key, value in node.value:
        if is_merge(key):
            for source in value.value if isinstance(value, SequenceNode) else [value]:
                for name, found in _index(source).items() if isinstance(source, MappingNode) else ():
                    merged.setdefault(name, found)
        elif isinstance(key, ScalarNode):
            own.setdefault(key.value, (key, value))
    return {**merged, **own}


def _join(values: Sequence[Node]) -> Node:
    """What stands for the values of one key: all that is in any of them, if they are mappings or lists."""
    first = next((value for value in values if not isinstance(value, ScalarNode)), values[0])
    alike = [value for value in values if type(value) is type(first)]
    if isinstance(first, SequenceNode) and len(alike) > 1:
        return SequenceNode(first.tag, [item for value in alike for item in value.value], first.start_mark)
    if isinstance(first, MappingNode) and len(alike) > 1:
        return MappingNode(first.tag, _join_pairs(alike), first.start_mark)
    return first


def _join_pairs(mappings: Sequence[Node]) -> list[tuple[Node, Node]]:
    """The keys and values of all mappings; what one of them gives twice stays, to be told."""
    pairs: list[tuple[Node, Node]] = []
    numbers: dict[str, int] = {}
    joined: dict[int, list[Node]] = {}
    for mapping in mappings:
        met = len(pairs)
        for key, value in mapping.value:
            number = numbers.get(key.value) if isinstance(key, ScalarNode) else None
            if number is None:
                pairs.append((key, value))
            else:
                joined.setdefault(number, [pairs[number][1]]).append(value)
        numbers |= {key.value: met + n for n, (key, _) in enumerate(pairs[met:]) if isinstance(key, ScalarNode)}
    for number, values in joined.items():
        pairs[number] = pairs[number][0], _join(values)
    return pairs


@dataclass(slots=True)
class _Construction:
    """One pass over a node tree that makes JSON data of it and collects every problem.

    ``heat_keys`` are the keys of a definition whose values are templates, which are read by ``heat``. ``may_be_broken``
    tells of escapes, by which alone half of a surrogate pair comes into a text.
    """

    path: str
    heat: Reading
    heat_keys: frozenset[str]
    may_be_broken: bool
    problems: list[Problem] = field(default_factory=list)
    plain: set[str] = field(default_factory=set)

    def build(self, node: Node, reading: Reading, tokens: Tokens) -> Any:
        if isinstance(node, ScalarNode):
            return self._scalar(node, reading, tokens)
        if isinstance(node, MappingNode):
            return self._mapping(node, reading, tokens)
        self._check_tag(node, _LIST_TAG, tokens)
        return [self.build(item, reading, (*tokens, number)) for number, item in enumerate(node.value)]

    def _mapping(self, node: MappingNode, reading: Reading, tokens: Tokens) -> dict[str, Any]:
        self._check_tag(node, _MAP_TAG, tokens)
        self._settle_duplicates(node, reading, tokens)
        merged: list[dict[str, Any]] = []
        own: dict[str, Any] = {}
        for key, value in node.value:
            if is_merge(key):
                merged += self._merge(value, reading, tokens)
                continue
            if not isinstance(key, ScalarNode):
                message, hint = "a key must be a plain text, not a list or a mapping", ""
                about: tuple[str, ...] = ()
                if isinstance(key, MappingNode) and key.flow_style and node.flow_style and len(key.value) == 1:
                    name = str(key.value[0][0].value)[:_MAX_SHOWN]
                    message = f"'{{{{ {name} }}}}' is Jinja's, which is not understood here"
                    hint, about = f"write {{get_param: {name}}}", (f"use of {name}",)
                self._refuse(key, tokens, "yaml-key", message, hint, about)
                continue
            if self._is_broken(key):
                self._refuse_surrogate(key, tokens)
                continue
            if key.tag == PLAIN:
                self.plain.add(key.value)
            elif key.tag not in KEY_TAGS:
                self._refuse_tag(key, (*tokens, key.value))
            child_reading = self.heat if not tokens and key.value in self.heat_keys else reading
            own[key.value] = self.build(value, child_reading, (*tokens, key.value))
        inherited: dict[str, Any] = {}
        for mapping in reversed(merged):  # earlier mappings win: https://yaml.org/type/merge.html
            inherited.update(mapping)
        return {key: value for key, value in inherited.items() if key not in own} | own if inherited else own

    def _settle_duplicates(self, node: MappingNode, reading: Reading, tokens: Tokens) -> None:
        """Tell of keys that are given twice, and leave one of each in the tree.

        That of a template has the last value, as Heat takes it; that of a definition has what is below all of them.
        """
        given: dict[str, list[tuple[Node, Node]]] = {}
        others: list[tuple[Node, Node]] = []
        for key, value in node.value:
            if is_merge(key) or not isinstance(key, ScalarNode):
                others.append((key, value))
                continue
            pairs = given.setdefault(key.value, [])
            if pairs:
                rule, message, place = "duplicate-key", f"the key {key.value!r} is given twice", (*tokens, key.value)
                hint, lost = "keep one of them", None
                if isinstance(value, MappingNode | SequenceNode):
                    hint = f"put all of it under the first, in line {pairs[0][0].start_mark.line + 1}"
                if reading is not Reading.YAML_1_2:
                    rule, message = "template-duplicate-key", f"{message}, and Heat takes the last one"
                    lost = self.build(pairs.pop()[1], reading, place)  # Heat reads it, too, before it drops it
                    hint = "put all of it under one of them" if isinstance(lost, dict | list) else "keep one of them"
                self._refuse(key, place, rule, message, hint, name_lost(key.value, lost))
            pairs.append((key, value))
        if len(given) + len(others) < len(node.value):
            settled = ((pairs[0][0], _join([value for _, value in pairs])) for pairs in given.values())
            node.value = [*others, *settled]

    def _merge(self, value: Node, reading: Reading, tokens: Tokens) -> Iterator[dict[str, Any]]:
        """The mappings that a merge (``<<``) names."""
        if isinstance(value, SequenceNode):
            self._check_tag(value, _LIST_TAG, tokens)
        for source in value.value if isinstance(value, SequenceNode) else [value]:
            if isinstance(source, MappingNode):
                yield self._mapping(source, reading, tokens)
            else:
                self._refuse(source, tokens, "yaml-merge", "'<<' merges mappings only")

    def _check_tag(self, node: Node, plain: str, tokens: Tokens) -> None:
        """Refuse a list or a mapping with a tag of its own; ``!`` says that it is no more than that."""
        if node.tag not in (plain, "!"):
            self._refuse_tag(node, tokens)

    def _refuse_tag(self, node: Node, tokens: Tokens, message: str = "", hint: str = "remove the tag") -> None:
        name = node.tag.removeprefix("!")
        successor = CLOUDFORMATION.get(name) or CLOUDFORMATION.get(f"Fn::{name}")
        if successor is not None:
            hint = f"it is a function of CloudFormation's: use {successor}"
        elif name.lower() in ("include", "file") and isinstance(node, ScalarNode):
            hint = f"write {{get_file: {shorten(node.value, _MAX_SHOWN)}}}"
        names = re.findall(r"[\w-]+", node.value) if successor is not None and isinstance(node, ScalarNode) else ()
        about = tuple(f"use of {name}" for name in names)
        self._refuse(node, tokens, "yaml-tag", message or f"the tag {node.tag} has no meaning here", hint, about)

    def _scalar(self, node: ScalarNode, reading: Reading, tokens: Tokens) -> Any:
        if node.tag == PLAIN:
            self.plain.add(node.value)
        try:
            value = construct_scalar(node, reading)
        except NumberTooLargeError:
            shown = shorten(node.value, _MAX_SHOWN)
            self._refuse(node, tokens, "yaml-number", f"{shown} is larger than any number that JSON can carry")
            return 0
        except ValueError as error:
            self._refuse_tag(node, tokens, str(error), "write it as a string, a number, true, false or null")
            return node.value
        if isinstance(value, float) and not math.isfinite(value):
            self._refuse(node, tokens, "yaml-number", f"{node.value} is not a number that JSON can carry")
            return 0
        if isinstance(value, str) and "\0" in value:
            self._refuse(node, tokens, "nul-character", "the text holds a NUL character, which cannot be stored")
            value = value.replace("\0", "\ufffd")
        if self._is_broken(node):
            self._refuse_surrogate(node, tokens)
            value = str(value).encode("utf-8", "replace").decode("utf-8")
        return value

    def _is_broken(self, node: ScalarNode) -> bool:
        """Whether the text holds half of a surrogate pair."""
        return self.may_be_broken and _LONE_SURROGATE.search(node.value) is not None

    def _refuse_surrogate(self, node: Node, tokens: Tokens) -> None:
        message = "the text holds half of a surrogate pair, which is no character"
        self._refuse(node, tokens, "lone-surrogate", message, "write both halves, or the character itself")

    def _refuse(
        self,
        node: Node,
        tokens: Sequence[Token],
        rule: str,
        message: str,
        hint: str = "",
        about: tuple[str, ...] = (),
    ) -> None:
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        self.problems.append(Problem(self.path, line, column, format_pointer(tokens), rule, message, hint, about=about))
