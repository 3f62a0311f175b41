"""docs/api.md is true: every request in it is sent, every answer and every table in it is compared."""

from __future__ import annotations

import ast
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

import pytest

import builder
from builder.api.rendering import TITLES
from builder.clusters.plan import MAX_CLUSTER_NAME
from builder.openstack.assets import MAX_ASSETS
from builder.openstack.failure_kinds import FailureKind
from builder.sandbox import Sandbox
from builder.schema import published
from builder.settings import Settings
from tests.api.exchanges import Exchange, parse_exchanges, show, steady
from tests.api.orders import order
from tests.openstack.further_services import WholeCloud, previewed
from tests.openstack.remembering_heat import RememberingHeat
from tests.openstack.replay_cloud import Received
from tests.sandbox.clients import Member
from tests.service import WAIT_SECONDS, Answer, Service, fetch, wait_until

PAGE = Path(__file__).parent.parent.parent / "docs" / "api.md"

CLOUD = "https://keystone.example.com:5000"
BIGGER_CLOUD = "https://bigger-cloud.example.com:5000"
SLOW_CLOUD = "https://slow-cloud.example.com:5000"
FARM = """\
kind: heat
title: Farm
description: Servers of one size.
order: 1
heat_template:
  heat_template_version: 2021-04-16
  parameters: {count: {type: number, default: 1}}
  resources:
    nodes:
      type: OS::Heat::AutoScalingGroup
      properties:
        min_size: 1
        max_size: 10
        desired_capacity: {get_param: count}
        resource: {type: "OS::Nova::Server", properties: {flavor: m1.medium, image: rocky}}
"""

OF_THE_SERVER = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.EXPECTATION_FAILED,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    HTTPStatus.SERVICE_UNAVAILABLE,
}
"""What Sanic refuses by itself, under the phrase of the status."""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def clouds(sandbox: Sandbox) -> Iterator[dict[str, str]]:
    """The addresses on the page, and what is there for the tests."""
    with WholeCloud() as bigger, Sandbox(heat_latency=60) as slow:
        bigger.previewed = [previewed("OS::Nova::Server", f"nodes.{number}", flavor="m1.medium") for number in range(5)]
        yield {
            CLOUD: sandbox.auth_url.removesuffix("/v3"),
            BIGGER_CLOUD: bigger.url,
            SLOW_CLOUD: slow.auth_url.removesuffix("/v3"),
        }


@contextmanager
def serving(folder: Path, types: dict[str, bytes], **environment: str) -> Iterator[Service]:
    service = Service(folder, environment)
    service.enabled.mkdir(parents=True)
    for name, content in types.items():
        (service.enabled / f"{name}.yaml").write_bytes(content)
    with service:
        wait_until(lambda: set(service.ids()) == set(types), "listed")
        yield service


@pytest.fixture(scope="module")
def self_contained(examples: Path) -> bytes:
    return (examples / "self-contained.yaml").read_bytes()


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory, self_contained: bytes) -> Iterator[Service]:
    """A service with the one cluster type of the page's listing."""
    with serving(tmp_path_factory.mktemp("documented") / "instance", {"self-contained": self_contained}) as service:
        yield service


@pytest.fixture(scope="module")
def cautious(
    tmp_path_factory: pytest.TempPathFactory, self_contained: bytes, clouds: dict[str, str]
) -> Iterator[Service]:
    """A service that may use the clouds there are, and waits for none of them for long."""
    types = {"self-contained": self_contained, "farm": FARM.encode()}
    settings = {"ALLOWED_AUTH_URLS": ",".join(clouds.values()), "BUILD_DEADLINE": "2"}
    with serving(tmp_path_factory.mktemp("cautious") / "instance", types, **settings) as service:
        wait_until(lambda: is_quick(service, clouds), "the clients are loaded")
        yield service


def is_quick(service: Service, clouds: dict[str, str]) -> bool:
    who = {"user_id": "u", "project_id": "p", "password": "wrong"}
    return service.post("/cloud_assets/", {"auth_url": f"{clouds[CLOUD]}/v3", **who}).status == 401


@pytest.fixture
def busy(tmp_path: Path, self_contained: bytes) -> Iterator[Service]:
    """A service that has one build under way, and may have no more."""
    arrived, gate = threading.Event(), threading.Event()

    def hold(_: Received) -> None:
        arrived.set()
        gate.wait(WAIT_SECONDS)

    limits = {"BUILD_WORKERS": "1", "BUILD_QUEUE": "0"}
    with (
        RememberingHeat() as heat,
        serving(tmp_path / "instance", {"self-contained": self_contained}, **limits) as service,
        ThreadPoolExecutor(1) as somebody,
    ):
        heat.hooks.before_writing = hold
        somebody.submit(service.post, "/clusters/", order(heat.credentials(), "self-contained"))
        assert arrived.wait(WAIT_SECONDS)
        yield service
        gate.set()


@pytest.fixture
def service_of_the_page(request: pytest.FixtureRequest, number: int) -> Service:
    """The service that is as an exchange of the page has it."""
    exchange = EXCHANGES[number]
    ordinary = CLOUD in exchange.body or "example.com" not in exchange.body
    name = "busy" if exchange.status == 503 else "documented" if ordinary else "cautious"
    service: Service = request.getfixturevalue(name)
    return service


def replay(service: Service, exchange: Exchange, clouds: dict[str, str]) -> Answer:
    headers, path, body = dict(exchange.headers), exchange.path, exchange.body
    for shown, real in clouds.items():
        path, body = path.replace(shown, real), body.replace(shown, real)
    if exchange.is_conditional:
        headers["If-None-Match"] = service.get(exchange.path).headers["etag"]
    return fetch(service.url + path, exchange.method, headers, body.encode() if body else None)


@contextmanager
def knowing_the_key(service: Service, number: int, clouds: dict[str, str]) -> Iterator[dict[str, str]]:
    """The clouds, of which one knows of an exchange's key what the page has told before, and nothing else."""
    exchange = EXCHANGES[number]
    key = exchange.headers["Idempotency-Key"]
    with Sandbox() as fresh:
        clouds = clouds | {CLOUD: fresh.auth_url.removesuffix("/v3")}
        for earlier in EXCHANGES[:number]:
            if earlier.headers.get("Idempotency-Key") == key:
                replay(service, earlier, clouds)
        if exchange.status == 409:  # its cluster was there, and was deleted
            made = replay(service, exchange, clouds).json()
            Member(fresh).delete(f"{made['name']}/{made['id']}")
        yield clouds


def launch(service: Service, exchange: Exchange, clouds: dict[str, str]) -> Exchange:
    """Build the cluster of the page's first build, and name it in the path of an exchange."""
    made = replay(service, next(each for each in EXCHANGES if each.status == 201), clouds).json()
    return replace(exchange, path=re.sub(r"(?<=/clusters/)[^/]+", made["id"], exchange.path))


EXCHANGES = parse_exchanges(PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("number", range(len(EXCHANGES)))
def test_every_request_of_the_page_is_answered_as_the_page_says(
    service_of_the_page: Service, clouds: dict[str, str], number: int
) -> None:
    exchange = EXCHANGES[number]
    if exchange.path.endswith("/status") and exchange.status == 200:
        exchange = launch(service_of_the_page, exchange, clouds)
    has_key = "Idempotency-Key" in exchange.headers
    with knowing_the_key(service_of_the_page, number, clouds) if has_key else nullcontext(clouds) as asked:
        assert steady(show(replay(service_of_the_page, exchange, asked), asked)) == steady(exchange.answer)


def test_every_status_that_a_build_may_have_is_on_the_page(documented: Service) -> None:
    described = documented.get("/openapi.json").json()["paths"]["/clusters"]["post"]["responses"]
    shown = {exchange.status for exchange in EXCHANGES if exchange.path.startswith("/clusters")}
    assert {int(status) for status in described} - shown == {413}  # its request would be too long to show


def test_every_path_of_the_service_is_on_the_page(documented: Service) -> None:
    page = PAGE.read_text(encoding="utf-8")
    paths = documented.get("/openapi.json").json()["paths"]
    for path in paths:
        assert re.search(rf"(GET|POST) {re.escape(path)}(/| |\?|`)", page), path


def find_titles() -> set[tuple[int, str]]:
    """Status and title of every error that the source can make."""
    found = {(kind.status, kind.title) for kind in FailureKind}
    found |= {(status.value, status.phrase) for status in OF_THE_SERVER} | set(TITLES.items())
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
    assert set(published.load_schema_texts()) == set(rows)


def test_limits_are_those_of_the_source() -> None:
    page = PAGE.read_text(encoding="utf-8")
    defaults = Settings()
    assert defaults.body_limit == 1024 * 1024
    for sentence in (
        f"| {defaults.json_depth_limit} levels; more is 400 |",
        f"| {defaults.header_limit // 1024} KiB; more is 431, of the line alone 414 |",
        f"| {defaults.request_timeout:g} seconds; more is 408 |",
        f"| {defaults.build_deadline:g} seconds; more is 504 |",
        f"| {defaults.build_workers}, and {defaults.build_queue} waiting, in each worker; more is 503 |",
        f"| {MAX_CLUSTER_NAME} characters |",
        f"at most {MAX_CLUSTER_NAME} characters (",
        f"| {MAX_ASSETS:,} |",
    ):
        assert sentence in page, sentence
