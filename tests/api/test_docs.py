"""docs/api.md is true: every request in it is sent, and what is answered is compared with the page and its schema."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from builder.sandbox import Sandbox
from builder.schema import published
from tests.api.exchanges import Exchange, complete, parse_blocks, parse_exchanges, show, steady
from tests.api.orders import order
from tests.api.test_events import Stream
from tests.openstack.further_services import WholeCloud, previewed
from tests.openstack.remembering_heat import RememberingHeat
from tests.openstack.replay_cloud import Received
from tests.sandbox.clients import Member
from tests.service import WAIT_SECONDS, Answer, Service, fetch, wait_until

PAGE = (Path(__file__).parent.parent.parent / "docs" / "api.md").read_text(encoding="utf-8")
EXCHANGES = parse_exchanges(PAGE)
CLOUD_ENVS = [json.loads(block) for block in parse_blocks(PAGE, "json") if "auth_url" in block]
OPENAPI = published.build_openapi()

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
def broken(tmp_path: Path, self_contained: bytes) -> Iterator[Service]:
    """A service with a type that an edit broke, beside one that was wrong from the beginning."""
    types = {"self-contained": self_contained, "mine": self_contained}
    with serving(tmp_path / "instance", types) as service:
        write(service, "typo.yaml", self_contained.replace(b"type: number", b"type: nubmer", 1))
        write(service, "mine.yaml", break_title(self_contained))
        states = {"listed", "stale", "rejected"}
        wait_until(lambda: {each["state"] for each in service.get("/catalogue").json()["entries"]} == states, "broken")
        yield service


def write(service: Service, name: str, content: bytes) -> None:
    """Enable a file, or replace one, at once."""
    (service.instance / "new").write_bytes(content)
    (service.instance / "new").rename(service.enabled / name)


def break_title(content: bytes) -> bytes:
    return content.replace(b"title:", b"titel:", 1)


@pytest.fixture
def service_of_the_page(request: pytest.FixtureRequest, number: int) -> Service:
    """The service that is as an exchange of the page has it."""
    exchange = EXCHANGES[number]
    ordinary = CLOUD in exchange.body or "example.com" not in exchange.body
    name = "broken" if exchange.path == "/catalogue" else "documented" if ordinary else "cautious"
    service: Service = request.getfixturevalue(name)
    return service


def replay(service: Service, exchange: Exchange, clouds: dict[str, str]) -> Answer:
    headers, path, body = dict(exchange.headers), exchange.path, exchange.body
    for shown, real in clouds.items():
        path, body = path.replace(shown, real), body.replace(shown, real)
    if exchange.is_conditional:
        headers["If-None-Match"] = service.get(exchange.path).headers["etag"]
    return fetch(service.url + path, exchange.method, headers, body.encode() if body else None)


def launch(service: Service, exchange: Exchange, clouds: dict[str, str]) -> Exchange:
    """Build the cluster of the page's first build, and name it in the path of an exchange."""
    made = replay(service, next(each for each in EXCHANGES if each.status == 201), clouds).json()
    return replace(exchange, path=re.sub(r"(?<=/clusters/)[^/]+", made["id"], exchange.path))


@pytest.mark.parametrize("number", range(len(EXCHANGES)))
def test_every_request_of_the_page_is_answered_as_the_page_says(
    service_of_the_page: Service, clouds: dict[str, str], number: int
) -> None:
    exchange = EXCHANGES[number]
    if exchange.path.endswith("/status"):
        exchange = launch(service_of_the_page, exchange, clouds)
        wait_until(
            lambda: replay(service_of_the_page, exchange, clouds).json()["status"] == "CREATE_COMPLETE", "complete"
        )
    assert steady(show(replay(service_of_the_page, exchange, clouds), clouds)) == steady(exchange.answer)


def find_operation(exchange: Exchange) -> dict[str, Any]:
    """What the OpenAPI description says of the path and the method of a request."""
    path = exchange.path.partition("?")[0].rstrip("/") or "/"
    template = next(
        each for each in sorted(OPENAPI["paths"]) if re.fullmatch(re.sub(r"{\w+}", "[^/]+", each), path)
    )  # fmt: skip
    operation: dict[str, Any] = OPENAPI["paths"][template][exchange.method.lower()]
    return operation


def find_faults(content: dict[str, Any], text: str) -> list[str]:
    """What is wrong with a JSON text, by the schema of its media type."""
    schema = {"components": OPENAPI["components"], **content["application/json"]["schema"]}
    return [error.message for error in Draft202012Validator(schema).iter_errors(json.loads(text))]


@pytest.mark.parametrize("number", range(len(EXCHANGES)))
def test_every_body_of_the_page_is_as_its_schema_says(number: int) -> None:
    exchange = EXCHANGES[number]
    operation = find_operation(exchange)
    if exchange.body and exchange.path.startswith("/check"):
        assert "application/yaml" in operation["requestBody"]["content"]
    elif exchange.body:
        assert find_faults(operation["requestBody"]["content"], exchange.body) == []
    answer = operation["responses"][str(exchange.status)]
    if "$ref" in answer:
        answer = OPENAPI["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    _, _, body = exchange.answer.partition("\n\n")
    assert bool(body) is ("content" in answer)
    if body:
        assert find_faults(answer["content"], body) == []


def test_every_other_json_of_the_page_is_as_its_schema_says() -> None:
    schemas = OPENAPI["components"]["schemas"]
    cloud_env, failure = (
        Draft202012Validator(each)
        for each in (
            schemas["BuildRequest"]["properties"]["cloud_env"],
            schemas["ClusterStatus"]["properties"]["failures"]["items"],
        )
    )
    for block in parse_blocks(PAGE, "json"):
        (cloud_env if "auth_url" in block else failure).validate(json.loads(block))


def test_every_way_to_name_user_and_project_is_accepted(
    documented: Service, sandbox: Sandbox, clouds: dict[str, str]
) -> None:
    assert len(CLOUD_ENVS) == 5
    for given in CLOUD_ENVS:
        env = {**given, "auth_url": given["auth_url"].replace(CLOUD, clouds[CLOUD])}
        if "token" in given:
            env["token"] = Member(sandbox).token
        assert documented.post("/clusters/?dry_run=true", order(env, "self-contained")).status == 200, given


def test_same_key_again_gets_the_same_answer_with_one_header_more(documented: Service, clouds: dict[str, str]) -> None:
    (exchange,) = [each for each in EXCHANGES if "Idempotency-Key" in each.headers]
    first, again = (show(replay(documented, exchange, clouds), clouds) for _ in range(2))
    assert again.replace("Idempotent-Replayed: true\n", "") == first.replace("Idempotent-Replayed: true\n", "")
    assert "Idempotent-Replayed: true\n" in again


def test_key_of_a_build_that_was_refused_is_free_for_another(documented: Service, clouds: dict[str, str]) -> None:
    (exchange,) = [each for each in EXCHANGES if "Idempotency-Key" in each.headers]
    refused = replace(
        exchange, headers={"Idempotency-Key": "of-a-mistake"}, body=exchange.body.replace("only-one", "1")
    )
    assert replay(documented, refused, clouds).status == 400
    assert replay(documented, replace(refused, body=exchange.body), clouds).status == 201


# --- the table of builds that fail ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Failure:
    """A row of the table: what is sent, and what is answered."""

    sent: str
    answer: str

    @property
    def differing(self) -> str:
        """What is not as in the simplest build: keys of the body, a header or a query; "" where it is none of these."""
        found = re.match(r"`(.*?)`(?:$|,? )", self.sent)
        return found[1] if found else ""


BASE = next(re.finditer(r'^`(\{"cloud_env": \{…\}, .*)`', PAGE, re.MULTILINE))[1]
FAILURES = [
    Failure(sent, f"{status} `{title}` | {rest}")
    for sent, status, title, rest in re.findall(
        r"^\| (.+?) \| (\d{3}) `([^`]+)` \| (.+) \|$", PAGE.partition("### Builds that fail")[2], re.MULTILINE
    )
]


def build_failing(failure: Failure) -> Exchange:
    differing = failure.differing
    body = complete(BASE, CLOUD_ENVS[0])
    headers: dict[str, str] = {}
    if differing.startswith('"'):
        body = json.dumps(json.loads(body) | json.loads(complete(f"{{{differing}}}", CLOUD_ENVS[0])))
    elif ": " in differing:
        headers = dict([differing.split(": ", 1)])
    return Exchange("POST", f"/clusters/{differing if differing.startswith('?') else ''}", headers, body)


@pytest.mark.parametrize("number", range(len(FAILURES)))
def test_every_build_of_the_table_fails_as_the_table_says(
    request: pytest.FixtureRequest, clouds: dict[str, str], number: int
) -> None:
    failure = FAILURES[number]
    exchange = build_failing(failure)
    is_ordinary = CLOUD in exchange.body or "example.com" not in exchange.body
    name = "busy" if failure.answer.startswith("503") else "documented" if is_ordinary else "cautious"
    service: Service = request.getfixturevalue(name)
    if "Idempotency-Key" in exchange.headers:
        was_deleted = "deleted" in failure.sent
        earlier = exchange if was_deleted else replace(exchange, body=exchange.body.replace("mycluster", "another"))
        made = replay(service, earlier, clouds).json()
        if was_deleted:
            Member(request.getfixturevalue("sandbox")).delete(f"{made['name']}/{made['id']}")
    (error,) = replay(service, exchange, clouds).json()["errors"]
    pointer = f"`{error['source']['pointer']}`" if "source" in error else ""
    told = f"{error['status']} `{error['title']}` | {error['detail']} | {pointer}"
    assert steady(told).rstrip() == steady(failure.answer).rstrip()
    content = find_operation(exchange)["requestBody"]["content"]
    assert bool(find_faults(content, exchange.body)) is (error["title"] == "JSON schema error")


def test_every_status_that_a_build_may_have_is_on_the_page() -> None:
    described = {int(status) for status in OPENAPI["paths"]["/clusters"]["post"]["responses"]}
    shown = {exchange.status for exchange in EXCHANGES if exchange.path.startswith("/clusters")}
    shown |= {int(failure.answer[:3]) for failure in FAILURES}
    assert described - shown == {413}  # its request would be too long to show


# --- events -----------------------------------------------------------------------------------------------------------


def test_events_are_as_the_page_shows_them(tmp_path: Path, self_contained: bytes) -> None:
    (page,) = parse_blocks(PAGE, "text")
    with serving(tmp_path / "instance", {"self-contained": self_contained}) as service, Stream(service) as stream:
        blocks = (block for block in stream.blocks() if block != ": beat")
        told = [next(blocks), next(blocks)]
        for content in (self_contained, break_title(self_contained)):
            write(service, "mine.yaml", content)
            told.append(next(blocks))
    assert steady("\n\n".join(told)) == steady(page.rstrip("\n"))
