"""How much a document holds once its aliases are expanded, found out before anything expands them."""

from __future__ import annotations

from collections.abc import Iterator

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from builder.diagnostics.problems import Problem
from builder.yaml_documents.composing import MAX_DEPTH, MAX_VALUES, DocumentError, too_deep, too_large

TEXT_VALUE = 100
"""In characters: a text counts as one more value for each such length, so that aliases do not repeat it for ever."""


def check_size(root: Node, path: str) -> None:
    """Refuse what would be too deep or too large once aliases are expanded.

    Raises DocumentError.
    """
    sizes: dict[int, int] = {}

    def size(node: Node, depth: int) -> int:
        if depth > MAX_DEPTH:
            raise DocumentError(too_deep(path, node.start_mark.line + 1, node.start_mark.column + 1))
        known = sizes.get(id(node))
        if known is None:
            sizes[id(node)] = 0  # a node within itself is met again before it is sized, and goes too deep
            total = 1
            for child, times in _children(node):
                # A scalar, as most nodes are, is looked at only where it would be too deep.
                is_small = isinstance(child, ScalarNode) and depth < MAX_DEPTH
                total += times * (_scalar_size(child) if is_small else size(child, depth + 1))
            if total > MAX_VALUES:
                raise DocumentError(too_large(path, node.start_mark.line + 1, node.start_mark.column + 1))
            sizes[id(node)] = known = total
        elif known == 0:
            place = node.start_mark
            raise DocumentError(
                Problem(path, place.line + 1, place.column + 1, "", "yaml-recursion", "the value contains itself")
            )
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
