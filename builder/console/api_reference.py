"""The page that shows ``/openapi.json`` to people: every operation, what it takes and gives, and every schema.

A small renderer, for what this service's own description has in it: the ones that there are want scripts and styles of
their own, which the pages' policy forbids, and are ten times as large as all the rest of the pages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, reduce
from http import HTTPStatus
from operator import getitem
from typing import Any, Final, NamedTuple

from markupsafe import Markup
from sanic import HTTPResponse, Request

from builder.api.authentication import authenticate_read
from builder.console.pages import respond_page
from builder.schema import published

_MARKS: Final = re.compile(
    r"`(?P<code>[^`]+)`|\*\*(?P<bold>[^*]+)\*\*|\[(?P<label>[^\]]+)\]\((?P<url>https?://[^)\s]+)\)"
)
_TAGS: Final = {"p": Markup("<p>%s</p>"), "li": Markup("<li>%s</li>")}
_LIST: Final = re.compile(r"^- ", re.M)

_LIMITS: Final = {
    "minLength": "length at least {}", "maxLength": "length at most {}", "minimum": "at least {}",
    "maximum": "at most {}", "minItems": "at least {} items", "maxItems": "at most {} items",
    "minProperties": "at least {} members", "maxProperties": "at most {} members", "pattern": "matches {}",
    "format": "{}", "const": "always {}", "default": "default {}",
}  # fmt: skip
"""What a schema says of a value in a few words, by its keyword."""

_BRANCHES: Final = {"oneOf": "one of", "anyOf": "any of", "allOf": "all of"}
_DEEPEST: Final = 8
"""Levels of a schema that are shown: those of ours have six."""


class Member(NamedTuple):
    """One line of a schema: a member of an object, or a branch; ``depth`` is how far it is set in."""

    depth: int
    name: str
    schema: Mapping[str, Any]
    is_required: bool = False


async def show_reference(request: Request) -> HTTPResponse:
    """The API, for people."""
    authenticate_read(request)
    return await respond_page(request, "reference.html", describe_api())


@cache
def describe_api() -> dict[str, Any]:
    """What the page shows: the description, its operations by their tags, and what words there are for its parts."""
    document = published.build_openapi()
    operations: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in document["tags"]}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            responses = {status: _follow(document, each) for status, each in sorted(operation["responses"].items())}
            parameters = [_follow(document, each) for each in operation.get("parameters", ())]
            own = {**operation, "path": path, "method": method, "parameters": parameters, "responses": responses}
            operations[operation["tags"][0]].append(own)
    return {
        "info": document["info"],
        "tags": [{**tag, "operations": operations[tag["name"]]} for tag in document["tags"]],
        "schemas": document["components"]["schemas"],
        "prose": render_prose,
        "members_of": list_members,
        "kind_of": name_kind,
        "limits_of": list_limits,
        "schema_of": find_schema,
        "examples_of": _list_examples,
        "phrase_of": lambda status: HTTPStatus(int(status)).phrase,
    }


def _list_examples(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The examples of a body in one form, by their names, as they are sent."""
    examples = {name: each.get("value") for name, each in content.get("examples", {}).items()}
    for name, value in (*examples.items(), *([("", content["example"])] if "example" in content else ())):
        yield name, value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def _follow(document: Mapping[str, Any], value: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference of the document means; a value that is none means itself."""
    while "$ref" in value:
        value = reduce(getitem, value["$ref"].removeprefix("#/").split("/"), document)
    return value


def list_members(schema: Mapping[str, Any], depth: int = 0) -> Iterator[Member]:
    """The members of a schema and of all within it, each below the one that it belongs to."""
    if depth >= _DEEPEST:
        return
    required = schema.get("required", ())
    for name, member in schema.get("properties", {}).items():
        yield Member(depth, name, member, name in required)
        yield from list_members(member, depth + 1)
    others = schema.get("additionalProperties")
    if isinstance(others, Mapping) and others:
        yield Member(depth, "any other", others)
        yield from list_members(others, depth + 1)
    items = schema.get("items")
    if isinstance(items, Mapping):
        if depth == 0:
            yield Member(depth, "each item", items)
            depth += 1
        yield from list_members(items, depth)
    for keyword, words in _BRANCHES.items():
        for branch in schema.get(keyword, ()):
            shown = branch.get("title") or branch.get("description") or ""
            if find_schema(branch) or shown or branch.get("properties") or branch.get("type"):
                yield Member(depth, words, branch)
                yield from list_members(branch, depth + 1)


def find_schema(schema: Mapping[str, Any]) -> str:
    """The name of the schema that one refers to, also for each of its items; ``""`` for none."""
    items = schema.get("items")
    reference = schema.get("$ref") or (items.get("$ref") if isinstance(items, Mapping) else None) or ""
    return str(reference).rpartition("/")[2]


def name_kind(schema: Mapping[str, Any]) -> str:
    """What a value is, in a word or two: ``array of string``, ``integer or null``."""
    given = schema.get("type", "")
    kinds = [given] if isinstance(given, str) else list(given)
    if "array" in kinds and isinstance(schema.get("items"), Mapping):
        of = name_kind(schema["items"])
        kinds[kinds.index("array")] = f"array of {of}" if of else "array"
    if not any(kinds) and "enum" not in schema and "const" not in schema:
        return find_schema(schema)
    return " or ".join(kinds)


def list_limits(schema: Mapping[str, Any]) -> list[str]:
    """What a schema demands of a value, in a few words each."""
    limits = [words.format(json.dumps(schema[key], ensure_ascii=False) if key in ("const", "default") else schema[key])
              for key, words in _LIMITS.items() if key in schema]  # fmt: skip
    values: Sequence[object] = schema.get("enum", ())
    if values:
        limits.insert(0, "one of " + ", ".join(json.dumps(value, ensure_ascii=False) for value in values))
    return limits


def render_prose(text: str) -> Markup:
    """A description as HTML: of Markdown, what descriptions of ours have, and every other character as it is."""
    blocks = (each for each in text.strip().split("\n\n") if each)
    return Markup("\n").join(_render_list(each) if _LIST.match(each) else _render_inline(each, "p") for each in blocks)


def _render_list(block: str) -> Markup:
    items = (_render_inline(each, "li") for each in _LIST.split(block) if each.strip())
    return Markup("<ul>%s</ul>") % Markup("").join(items)


def _render_inline(text: str, tag: str) -> Markup:
    parts: list[str] = []
    at = 0
    for mark in _MARKS.finditer(text):
        parts.append(text[at : mark.start()])
        if mark["code"]:
            parts.append(Markup("<code>%s</code>") % mark["code"])
        elif mark["bold"]:
            parts.append(Markup("<strong>%s</strong>") % mark["bold"])
        else:
            parts.append(Markup('<a href="%s" rel="noreferrer">%s</a>') % (mark["url"], mark["label"]))
        at = mark.end()
    parts.append(text[at:])
    return _TAGS[tag] % Markup("").join(parts)  # which escapes whatever is not markup already
