"""Scripts that YAML takes for something else: their lines run together, or their first line is a comment.

Servers are made all the same, and nothing runs on them. Only ``check`` looks for this, as for ambiguities.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from builder.diagnostics.problems import Problem
from builder.text.pointers import Tokens
from builder.yaml_documents.documents import Document
from builder.yaml_documents.scalars import PLAIN

_BEGIN: Final = r"#(?:!|cloud-config\b|include\b|cloud-boothook\b)"
"""How what cloud-init reads begins: https://docs.cloud-init.io/en/latest/explanation/format.html"""

_SCRIPT: Final = re.compile(_BEGIN)
_SUSPECT: Final = re.compile(r">[-+0-9]*[ \t]*\n\s*#"), re.compile(rf":[ \t]*(?:\n[ \t]*)?{_BEGIN}")
"""One of them is in a text wherever there is something to tell of, and in few others, which are not walked over.

Two patterns, each beginning with a letter of its own, are found in a third of the time that one with both takes.
"""

_AFTER_KEY: Final = re.compile(rf"[\"']?\s*:[ \t]*{_BEGIN}")
_KEY_ALONE: Final = re.compile(r"[\"']?\s*:[ \t]*")
_SCRIPT_KEYS: Final = ("user_data", "config")
"""The properties that hold scripts: of OS::Nova::Server, and of OS::Heat::SoftwareConfig."""


def find_script_problems(document: Document, text: str) -> Iterator[Problem]:
    """Every script in a document, whose ``text`` this is, that no server can run as it is read."""
    if document.root is None or not any(each.search(text) for each in _SUSPECT):
        return
    lines = text.removeprefix("\ufeff").split("\n")
    pending: list[tuple[Node, Tokens]] = [(document.root, ())]
    seen: set[int] = set()
    while pending:
        node, tokens = pending.pop()
        if id(node) in seen:
            continue  # an alias: told of where it was written
        seen.add(id(node))
        if isinstance(node, SequenceNode):
            pending += [(item, (*tokens, number)) for number, item in enumerate(node.value)]
        elif isinstance(node, MappingNode):
            for key, value in node.value:
                if isinstance(key, ScalarNode):
                    place = (*tokens, key.value)
                    pending.append((value, place))
                    yield from _judge(document, key, value, place, lines)


def _judge(document: Document, key: ScalarNode, value: Node, place: Tokens, lines: Sequence[str]) -> Iterator[Problem]:
    if isinstance(value, ScalarNode) and value.style == ">":
        begins = value.value.lstrip()
        end = value.end_mark.line + (value.end_mark.column > 0)  # where the file ends without a line break
        written = [line for line in lines[value.start_mark.line + 1 : end] if line.strip()]
        is_script = begins.startswith("#") if key.value in _SCRIPT_KEYS else _SCRIPT.match(begins)
        if is_script and len([*filter(str.strip, begins.split("\n"))]) < len(written):
            message = "'>' joins the lines of the script, and all of them are a comment then"
            yield document.problem("folded-script", message, place, hint="write '|' for '>'")
        return
    if isinstance(value, ScalarNode) and value.tag != PLAIN:
        return
    line, column = key.end_mark.line, key.end_mark.column
    after, below = lines[line][column:], lines[line + 1].lstrip() if line + 1 < len(lines) else ""
    is_comment = _AFTER_KEY.match(after) or (_KEY_ALONE.fullmatch(after.rstrip()) and _SCRIPT.match(below))
    if is_comment and (isinstance(value, ScalarNode) or key.value == "user_data"):
        message = "the first line of the script is a comment to YAML, and the others are read as YAML"
        if value.value == "":
            message = "the script is a comment to YAML, and nothing is left of it"
        hint = f"put '|' after '{key.value}:', and the whole script on the lines below"
        yield document.problem("commented-script", message, place, hint=hint)
