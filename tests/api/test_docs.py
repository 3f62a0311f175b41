"""docs/api.md is true: every request in it is sent, every answer and every table in it is compared."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

import builder
from builder import schemas
from builder.api.rendering import TOO_LARGE
from builder.definitions.planning import MAX_CLUSTER_NAME
from builder.openstack.assets import MAX_ASSETS
from builder.openstack.failure_kinds import FailureKind
from builder.sandbox import Sandbox
from builder.settings import Settings
from tests.openstack.further_services import WholeCloud
from tests.service import Answer, Service, fetch, wait_until

PAGE = Path(__file__).parent.parent.parent / "docs" / "api.md"

CLOUD, BIGGER_CLOUD = "https://keystone.example.com:5000", "https://bigger-cloud.example.com:5000"

SHOWN_HEADERS = ("location", "idempotent-replayed", "etag", "last-modified", "retry-after", "allow", "cache-control")

OF_THE_SERVER = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.EXPECTATION_FAILED,
    HTTPStatus.SERVICE_UNAVAILABLE,
}
"""What Sanic refuses by itself, under the phrase of the status."""

PHRASES = {422: "Unprocessable Content"}
"""Where Python's own varies with its version."""

VARYING = (
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<uuid>"),
    (r"--[a-z2-7]{12}\b", "--<suffix>"),
    (r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", "<date>"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", "<time>"),
    (r'W/"[0-9a-f]{32}"', "<etag>"),
    (r'"revision": "[0-9a-f]{12}"', '"revision": "<revision>"'),
    (r'"(listings|rescans)": \d+', r'"\1": <count>'),
    (r'"rescan_age_seconds": [\d.]+', '"rescan_age_seconds": <seconds>'),
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


@pytest.fixture(scope="module")
def clouds() -> Iterator[dict[str, str]]:
    """The addresses on the page, and what is there for the tests."""
    with Sandbox() as sandbox, WholeCloud() as bigger:
        yield {CLOUD: sandbox.auth_url.removesuffix("/v3"), BIGGER_CLOUD: bigger.url}


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory, examples: Path) -> Iterator[Service]:
    """A service with the one cluster type of the page."""
    service = Service(tmp_path_factory.mktemp("documented") / "instance")
    service.enabled.mkdir(parents=True)
    (service.enabled / "self-contained.yaml").write_bytes((examples / "self-contained.yaml").read_bytes())
    with service:
        wait_until(lambda: service.ids() == ["self-contained"], "listed")
        yield service


def replay(service: Service, exchange: Exchange, clouds: dict[str, str]) -> Answer:
    headers, body = dict(exchange.headers), exchange.body
    for shown, real in clouds.items():
        body = body.replace(shown, real)
    if exchange.is_conditional:
        headers["If-None-Match"] = service.get(exchange.path).headers["etag"]
    return fetch(service.url + exchange.path, exchange.method, headers, body.encode() if body else None)


EXCHANGES = parse_exchanges(PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("number", range(len(EXCHANGES)))
def test_every_request_of_the_page_is_answered_as_the_page_says(
    documented: Service, clouds: dict[str, str], number: int
) -> None:
    exchange = EXCHANGES[number]
    assert steady(show(replay(documented, exchange, clouds), clouds)) == steady(exchange.answer)


def test_every_path_of_the_service_is_on_the_page(documented: Service) -> None:
    page = PAGE.read_text(encoding="utf-8")
    paths = documented.get("/openapi.json").json()["paths"]
    for path in paths:
        assert re.search(rf"(GET|POST) {re.escape(path)}(/| |\?|`)", page), path


def find_titles() -> set[tuple[int, str]]:
    """Status and title of every error that the source can make."""
    found = {(kind.status, kind.title) for kind in FailureKind}
    found |= {(status.value, status.phrase) for status in OF_THE_SERVER} | {(413, TOO_LARGE)}
    for path in Path(builder.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Fault":
                status, title = node.args[:2]
                if isinstance(status, ast.Constant) and isinstance(title, ast.Constant):
                    found.add((int(str(status.value)), str(title.value)))
    return found


def test_every_title_of_an_error_is_in_the_table() -> None:
    rows = re.findall(r"^\| (\d{3}) \| `([^`]+)` \| .+ \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    listed = [(int(status), title) for status, title in rows]
    assert set(listed) == find_titles()
    assert listed == sorted(listed, key=lambda row: row[0])
    assert len(listed) == len(set(listed))


def test_every_schema_is_in_the_table() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("| schema | |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `([a-z-]+)` \| ", table, re.MULTILINE)
    assert set(schemas.load_schema_texts()) == set(rows)


def test_limits_are_those_of_the_source() -> None:
    page = PAGE.read_text(encoding="utf-8")
    defaults = Settings()
    assert defaults.body_limit == 1024 * 1024
    for sentence in (
        f"| {defaults.json_depth_limit} levels; more is 400 |",
        f"| {defaults.header_limit // 1024} KiB; more is 413 |",
        f"| {defaults.request_timeout:g} seconds; more is 408 |",
        f"| {defaults.build_deadline:g} seconds; more is 504 |",
        f"| {defaults.build_workers}, and {defaults.build_queue} waiting, in each worker; more is 503 |",
        f"| {MAX_CLUSTER_NAME} characters |",
        f"at most {MAX_CLUSTER_NAME} characters |",
        f"| {MAX_ASSETS:,} |",
    ):
        assert sentence in page, sentence
