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
)
"""What is different each time, and what stands for it in a comparison."""


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
    """The pairs of blocks: a request, and the answer to it."""
    blocks = re.findall(r"^```http\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert len(blocks) % 2 == 0
    return [parse_request(request, answer) for request, answer in zip(blocks[::2], blocks[1::2], strict=True)]


def parse_request(block: str, answer: str) -> Exchange:
    head, _, body = block.partition("\n\n")
    first, *rest = head.strip().split("\n")
    method, path, _ = first.split(" ")
    return Exchange(method, path, dict(line.split(": ", 1) for line in rest), body, answer)


def show(answer: Answer, clouds: dict[str, str]) -> str:
    """An answer as the page writes it."""
    phrase = PHRASES.get(answer.status, HTTPStatus(answer.status).phrase)
    lines = [f"HTTP/1.1 {answer.status} {phrase}"]
    if answer.body:
        lines.append(f"Content-Type: {answer.headers['content-type']}")
    lines += [f"{name.title()}: {answer.headers[name]}" for name in SHOWN_HEADERS if name in answer.headers]
    lines = [line.replace("Etag:", "ETag:") for line in lines]
    if answer.body:
        lines += ["", write(answer.json())]
    text = "\n".join(lines) + "\n"
    for shown, real in clouds.items():
        text = text.replace(real, shown)
    return text


def write(value: Any, indent: str = "") -> str:
    """JSON on one line where it fits in a page, else one item a line."""
    line = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(line) <= 110 or not isinstance(value, dict | list) or not value:
        return line
    deeper = indent + "  "
    if isinstance(value, dict):
        items = [f"{json.dumps(key)}: {write(item, deeper)}" for key, item in value.items()]
        return "{\n" + ",\n".join(deeper + item for item in items) + f"\n{indent}}}"
    return "[\n" + ",\n".join(deeper + write(item, deeper) for item in value) + f"\n{indent}]"


def steady(text: str) -> str:
    for pattern, placeholder in VARYING:
        text = re.sub(pattern, placeholder, text)
    return text
