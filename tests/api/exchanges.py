"""Exchanges as docs/api.md writes them: read from the page, and written for comparison."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from tests.service import Answer

SHOWN_HEADERS = ("location", "idempotent-replayed", "etag", "last-modified", "retry-after", "allow", "cache-control")

PHRASES = {422: "Unprocessable Content"}
"""Where Python's own varies with its version."""

VARYING = (
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<uuid>"),
    (r"--[a-z2-7]{12}\b", "--<suffix>"),
    (r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", "<date>"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", "<time>"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "<time>"),
    (r"\b[A-Za-z0-9]{16}\b", "<serial number>"),
    (r'W/"[0-9a-f]{32}"', "<etag>"),
    (r'"revision": "[0-9a-f]{12}"', '"revision": "<revision>"'),
    (r'"(listing_changes|rescans)": \d+', r'"\1": <count>'),
    (r'"rescan_age_seconds": [\d.]+', '"rescan_age_seconds": <seconds>'),
    (r"DELETE_(IN_PROGRESS|COMPLETE)", "<deleted>"),
    (r"Not done within \d+ seconds", "Not done within <deadline> seconds"),
    (r'"noticing": "\w+"', '"noticing": "<how>"'),
    (r'"version": "[^"]+"', '"version": "<version>"'),
    (r"\b[0-9a-f]{12}-[0-9a-f]{12}\b", "<id of an event>"),
    (r':"[0-9a-f]{12}"', ':"<revision>"'),
)
"""What is different each time, and what stands for it in a comparison."""


WIDTH = 124
"""How long a line of JSON on the page may be."""

_SHORTENED = re.compile(r"\{([^{}]*)…\}")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request of the page and the answer that the page gives."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    answer: str = ""

    @property
    def status(self) -> int:
        return int(self.answer.split()[1])

    @property
    def is_conditional(self) -> bool:
        return "If-None-Match" in self.headers


def parse_exchanges(page: str) -> list[Exchange]:
    """The blocks that have a request and the answer to it."""
    cloud_env = json.loads(parse_blocks(page, "json")[0])
    return [parse_exchange(block, cloud_env) for block in parse_blocks(page, "http")]


def parse_blocks(page: str, language: str) -> list[str]:
    """The blocks of the page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


def parse_exchange(block: str, cloud_env: dict[str, str]) -> Exchange:
    request, first, rest = block.partition("\nHTTP/1.1 ")
    head, _, body = request.partition("\n\n")
    line, *lines = head.strip().split("\n")
    method, path, _ = line.split(" ")
    headers = dict(each.split(": ", 1) for each in lines)
    return Exchange(method, path, headers, complete(body, cloud_env), first.lstrip("\n") + rest)


def complete(text: str, cloud_env: dict[str, str]) -> str:
    """A text of the page in which ``{…}`` stands for ``cloud_env``, and ``{"key": value, …}`` for one that differs."""
    return _SHORTENED.sub(lambda found: json.dumps(cloud_env | json.loads(f"{{{found[1].rstrip(', ')}}}")), text)


def show(answer: Answer, clouds: dict[str, str]) -> str:
    """An answer as the page writes it."""
    phrase = PHRASES.get(answer.status, HTTPStatus(answer.status).phrase)
    lines = [f"HTTP/1.1 {answer.status} {phrase}"]
    assert not answer.body or answer.headers["content-type"] == "application/json"
    lines += [f"{name.title()}: {answer.headers[name]}" for name in SHOWN_HEADERS if name in answer.headers]
    lines = [line.replace("Etag:", "ETag:") for line in lines]
    if answer.body:
        lines += ["", write(answer.json())]
    text = "\n".join(lines) + "\n"
    for shown, real in clouds.items():
        text = text.replace(real, shown)
    return text


def write(value: Any, indent: str = "") -> str:
    """JSON on one line where it fits in a page; else its items indented, as many on a line as fit."""
    line = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(line) < WIDTH or not isinstance(value, dict | list) or not value:
        return line
    deeper = indent + "  "
    keyed = value.items() if isinstance(value, dict) else (("", item) for item in value)
    lines: list[str] = []
    for key, item in keyed:
        text = deeper + (f"{json.dumps(key)}: " if key else "") + write(item, deeper)
        if lines and key and "\n" not in lines[-1] + text and len(lines[-1]) + len(text) < WIDTH:
            lines[-1] += f", {text.lstrip()}"
        else:
            lines.append(text)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n" + ",\n".join(lines) + f"\n{indent}{closing}"


def steady(text: str) -> str:
    for pattern, placeholder in VARYING:
        text = re.sub(pattern, placeholder, text)
    return text
