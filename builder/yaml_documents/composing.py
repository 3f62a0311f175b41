"""From YAML text to a tree of nodes: quickly where that can be, and never with another meaning.

A document that is one text as a whole has no meaning here: it is refused, however it is read.

libyaml, by PyYAML, parses what it understands twenty times as fast as ruamel.yaml. What it does not understand is
given to ruamel.yaml, the reference here, which either understands it (it knows YAML 1.2) or says best what is wrong.
tests/definitions/test_composing.py compares the two. Neither decides the type of a plain scalar: that is
:mod:`builder.yaml_documents.scalars`'.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml as pyyaml
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from yaml.error import Mark
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.reader import Reader

from builder.diagnostics.problems import Problem
from builder.yaml_documents.scalars import PLAIN, is_plain_to_ruamel
from builder.yaml_documents.syntax_problems import describe_syntax_error

MAX_DEPTH = 100
"""How deep values may nest: far beyond any template, well within the recursion of every reader of the data."""

MAX_VALUES = 50_000
"""How many values, keys included, a document may hold, also once its aliases are expanded: stops anchors that explode.

A text of a template has 12 characters or more for each value, and Heat takes 512 KiB.
"""

TEXT_VALUE = 100
"""In characters: a text counts as one more value for each such length, so that aliases do not repeat it for ever."""

MAX_SECOND_READING = 64 * 1024
"""In characters: what libyaml refuses is read again by ruamel.yaml, in pure Python, only up to this size."""

_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_TABS_WITHIN = re.compile(r"(?<=[^\s])[ \t]*\t[ \t]*")
_BREAKS = "\x85\u2028\u2029"
"""Characters that end a line to both parsers, though neither to YAML 1.2 nor to an editor."""
_STAND_INS = "\uf8f0\uf8f1\uf8f2"

_NODE_TYPES: dict[str, Any] = {"scalar": ScalarNode, "sequence": SequenceNode, "mapping": MappingNode}
_START = Mark("", 0, 0, 0, "", 0)
_CParser: Any = getattr(pyyaml, "CBaseLoader", pyyaml.BaseLoader)


class DocumentError(Exception):
    """Text that is not one usable YAML document; carries every problem found."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


class _TooManyError(Exception):
    """The text holds too many values."""


class _TooDeepError(Exception):
    """The text holds a value that is too deep, within the node that is the argument."""


class _Composer(_CParser):  # type: ignore[misc]  # PyYAML's C parser has no annotations
    """libyaml's parser, which leaves plain scalars unresolved, and stops at what is too deep or too large.

    It composes by recursion in C, so that what is too deep would crash the process.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._count = self._depth = 0

    def descend_resolver(self, parent: Node | None, _index: Any) -> None:
        """Called before each value that is no alias, with the value that holds it."""
        self._count += 1
        self._depth += 1
        # One level more than is allowed, whose place _check_size tells: here it is the parent that has one.
        if self._depth > MAX_DEPTH + 2:
            raise _TooDeepError(parent)
        if self._count > MAX_VALUES:
            raise _TooManyError

    def ascend_resolver(self) -> None:
        """Called after each value that is no alias."""
        self._depth -= 1

    def resolve(self, kind: type[Node], _value: str, implicit: Any) -> str:
        if kind is ScalarNode:
            return PLAIN if implicit[0] else "tag:yaml.org,2002:str"
        return "tag:yaml.org,2002:seq" if kind is SequenceNode else "tag:yaml.org,2002:map"


def compose(text: str, path: str) -> Node | None:
    """The root node of the one document in ``text``; None where there is none.

    The tag of a plain scalar without one of its own is :data:`~builder.yaml_documents.scalars.PLAIN`.

    Raises DocumentError.
    """
    text = text.removeprefix("\ufeff")
    hidden = hide_breaks(text)
    root = _compose(hidden, path)
    if root is not None:
        _check_size(root, path)
    if root is None or hidden is text:
        return root
    shown = str.maketrans(_STAND_INS, _BREAKS)
    pending = [root]  # what is met again by an alias is, too: there are few enough of these
    while pending:
        node = pending.pop()
        if isinstance(node, ScalarNode):
            node.value = node.value.translate(shown)
        pending += (child for child, _ in _children(node))
    return root


def hide_breaks(text: str) -> str:
    """The text with something else for each character that would end a line to the parsers, and to nobody else."""
    if not any(character in text for character in _BREAKS) or any(stand_in in text for stand_in in _STAND_INS):
        return text
    return text.translate(str.maketrans(_BREAKS, _STAND_INS))


def _compose(text: str, path: str) -> Node | None:
    try:
        root: Node | None = pyyaml.compose(text, _Composer)
    except _TooManyError as error:
        raise _too_large(path) from error
    except _TooDeepError as error:
        raise _too_deep(path, error.args[0].start_mark) from error
    except (pyyaml.YAMLError, ValueError) as error:
        if len(text) <= MAX_SECOND_READING:
            return _compose_again(text, path)
        raise DocumentError(_describe(error, text, path)) from error
    return root


def _compose_again(text: str, path: str) -> Node | None:
    """Compose by ruamel.yaml, for what libyaml does not understand."""
    yaml = YAML(typ="safe", pure=True)
    yaml.composer.warn_double_anchors = False  # an anchor may be used again: YAML 1.2.2, section 7.1
    try:
        root = yaml.compose(text)
    except RecursionError as error:
        raise _too_deep(path) from error
    except (YAMLError, ValueError) as error:
        spaced = _TABS_WITHIN.sub(lambda tabs: " " * len(tabs[0]), text)
        # A tab is right within a line. That ruamel.yaml minds one, it tells in its text alone.
        if isinstance(error, MarkedYAMLError) and "'\\t'" in str(error.problem) and spaced != text:
            _compose_again(spaced, path)
        raise DocumentError(_describe(error, text, path)) from error
    return _convert(root, {}) if root is not None else None


def _convert(node: Any, known: dict[int, Node]) -> Node:
    """A node of ruamel.yaml as one of PyYAML; a node that is met again, by an alias, stays one node."""
    if id(node) in known:
        return known[id(node)]
    tag = str(node.tag)
    if node.id == "scalar" and not node.style and is_plain_to_ruamel(node.value, tag):
        tag = PLAIN
    value = node.value
    if node.id == "scalar":  # JSON escapes a character beyond U+FFFF as a pair of surrogates
        value = _SURROGATES.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), value)
    converted: Node = _NODE_TYPES[node.id](tag, value, node.start_mark, node.end_mark)
    known[id(node)] = converted
    if isinstance(converted, ScalarNode):
        converted.style = node.style
    if node.id == "sequence":
        converted.value = [_convert(item, known) for item in node.value]
    elif node.id == "mapping":
        converted.value = [(_convert(key, known), _convert(value, known)) for key, value in node.value]
    return converted


def _describe(error: Exception, text: str, path: str) -> Problem:
    """What either parser minds; not in the error's own words where these may repeat what is in the file."""
    if isinstance(error, MarkedYAMLError | pyyaml.MarkedYAMLError):
        return describe_syntax_error(error, text, path)
    forbidden = Reader.NON_PRINTABLE.search(text)  # both parsers refuse the same characters
    if forbidden is None:
        return Problem(path, 0, 0, "", "yaml-syntax", f"not valid YAML: {type(error).__name__}")
    before = text[: forbidden.start()]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    message = f"not valid YAML: the character U+{ord(forbidden[0]):04X} may not stand in YAML"
    return Problem(path, line, column, "", "yaml-syntax", message)


def _check_size(root: Node, path: str) -> None:
    """Refuse what would be too deep or too large once aliases are expanded, before anything expands them."""
    sizes: dict[int, int] = {}

    def size(node: Node, depth: int) -> int:
        mark = node.start_mark
        if depth > MAX_DEPTH:
            raise _too_deep(path, mark)
        known = sizes.get(id(node))
        if known is None:
            sizes[id(node)] = 0  # a node within itself is met again before it is sized, and goes too deep
            total = 1
            for child, times in _children(node):
                # A scalar, as most nodes are, is looked at only where it would be too deep.
                is_small = isinstance(child, ScalarNode) and depth < MAX_DEPTH
                total += times * (_scalar_size(child) if is_small else size(child, depth + 1))
            if total > MAX_VALUES:
                raise _too_large(path, mark)
            sizes[id(node)] = known = total
        elif known == 0:
            message = "the value contains itself"
            raise DocumentError(Problem(path, mark.line + 1, mark.column + 1, "", "yaml-recursion", message))
        return known

    size(root, 0)


def _scalar_size(node: Node) -> int:
    return 1 + len(node.value) // TEXT_VALUE


def _children(node: Node) -> Iterator[tuple[Node, int]]:
    """The nodes within one, and how often each counts: a long key is in the pointer of every value below it."""
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield key, 1
            yield value, _scalar_size(key) if isinstance(key, ScalarNode) else 1
    elif isinstance(node, SequenceNode):
        for item in node.value:
            yield item, 1


def _too_deep(path: str, mark: Any = _START) -> DocumentError:
    message = f"values are nested more than {MAX_DEPTH} levels deep"
    return DocumentError(Problem(path, mark.line + 1, mark.column + 1, "", "too-deep", message, "flatten it"))


def _too_large(path: str, mark: Any = _START) -> DocumentError:
    message = f"the document holds more than {MAX_VALUES:,} values once its aliases are expanded"
    return DocumentError(Problem(path, mark.line + 1, mark.column + 1, "", "too-large", message))
