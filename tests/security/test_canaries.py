"""Secrets that are looked for in everything the service says: on success and on each failure, at every level."""

from __future__ import annotations

import contextvars
import json
import logging
import socket
import sys
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from builder.api.parsing import parse_build_request
from builder.logs import lines as logs
from builder.openstack.credentials import parse_credentials
from builder.sandbox import Sandbox
from builder.settings.table import Settings
from tests.openstack.replay_cloud import TOKEN, Behaviour, Received, ReplayCloud, answer, catalog_entry, reset
from tests.security.raw import assert_is_error, exchange, head, parse_answer
from tests.security.tokens import SECRET, bearer, make_token
from tests.service import Answer, Service, wait_until

PASSWORD = 'canary-"pass\\word"-é-1'
HIDDEN = "canary-hidden-parameter-2"
QUERY = "canary-query-string-3"
JWT_CLAIM = "canary-claim-4"
IN_JSON = "canary-in-json-5"
IN_LIST = "canary-in-list-6"
HARDCODED = "canary-hardcoded-7"

DEFINITION = """\
kind: heat
title: With a secret
description: It has a hidden parameter.
heat_template:
  heat_template_version: 2021-04-16
  parameters:
    admin: {type: string, hidden: true, constraints: [{length: {min: 8, max: 100}}]}
    access: {type: json, hidden: true}
    names: {type: comma_delimited_list, hidden: true}
    fixed: {type: string, hidden: true}
    size: {type: number, default: 1, constraints: [{range: {min: 1, max: 9}}]}
  resources:
    secret: {type: OS::Heat::Value, properties: {value: {get_param: admin}}}
    others:
      type: OS::Heat::Value
      properties: {value: [{get_param: access}, {get_param: names}, {get_param: fixed}]}
hardcoded_parameters: {fixed: canary-hardcoded-7}
"""

HIDDEN_ANSWERS = {"admin": HIDDEN, "access": {"keys": [IN_JSON]}, "names": ["x", IN_LIST]}


@pytest.fixture(scope="module", params=["text", "json"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("canaries")
    environment = {
        "LOG_LEVEL": "DEBUG",
        "LOG_FORMAT": request.param,
        "LOG_FILE": str(folder / "log"),
        "JWT_SECRET": SECRET,
        "CLOUD_CONNECT_TIMEOUT": "1",
        "CLOUD_READ_TIMEOUT": "0.5",
    }
    with Service(folder / "instance", environment) as running:
        (running.enabled / "secretive.yaml").write_text(DEFINITION)
        wait_until(lambda: running.ids() == ["secretive"], "the type is listed")
        yield running
        running.stop()
        _assert_silent(running.settled_log())
        _assert_silent((folder / "log").read_text())


def spellings(secret: str) -> set[str]:
    return {
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        quote(secret),
        quote(secret, safe=""),
    }


def _assert_silent(text: str) -> None:
    for secret in (PASSWORD, HIDDEN, QUERY, JWT_CLAIM, SECRET, IN_JSON, IN_LIST, HARDCODED):
        assert not [spelled for spelled in spellings(secret) if spelled in text]


def assert_silent(service: Service, answers: list[Answer]) -> None:
    """No secret in answers, nor in what the service shows and logs."""
    shown = [service.get("/metrics"), service.get("/catalogue"), service.get("/cluster-types/secretive")]
    for each in (*answers, *shown):
        _assert_silent(each.body.decode("utf-8", "replace"))
        _assert_silent(json.dumps(dict(each.headers)))
    _assert_silent(service.settled_log())


def token() -> dict[str, str]:
    return bearer(make_token(sub=JWT_CLAIM))


def body(cloud_env: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    return {
        "cloud_env": cloud_env,
        "cluster": {"name": "canary", "cluster_type_id": "secretive", "parameters": {**HIDDEN_ANSWERS, **parameters}},
    }


def ask_everything(service: Service, cloud_env: dict[str, Any], **parameters: Any) -> list[Answer]:
    """The same secrets by every way in."""
    query = urlencode({**cloud_env, "password": cloud_env["password"] + QUERY})
    request = body(cloud_env, **parameters)
    return [
        service.post("/clusters/", request, token()),
        service.post("/clusters/", request, {**token(), "Idempotency-Key": "k-1"}),
        service.post("/clusters/?dry_run=true", request, token()),
        service.post("/cloud_assets/", {"cloud_env": cloud_env}, token()),
        service.post(f"/clusters/{uuid.UUID(int=1)}/status", {"cloud_env": cloud_env}, token()),
        service.get(f"/cloud_assets/?{query}", token()),
        service.get(f"/cloud_assets?{query}&password={QUERY}", token()),
    ]


@pytest.mark.parametrize("target", [f"/cloud_assets/?password={QUERY}\0", f"cloud_assets/?password={QUERY}"])
def test_query_string_of_what_is_no_url_is_not_repeated(tmp_path: Path, target: str) -> None:
    with Service(tmp_path) as service:
        received = exchange(service, head("GET", target))
        assert_is_error(parse_answer(received), 400)
    assert QUERY.encode() not in received
    assert QUERY not in service.settled_log()


def test_success_tells_no_secret(service: Service, cloud: ReplayCloud) -> None:
    answers = ask_everything(service, cloud.credentials(password=PASSWORD))
    assert answers[0].status == 201
    assert_silent(service, answers)


def test_sandbox_tells_no_secret(service: Service) -> None:
    with Sandbox() as sandbox:
        who = sandbox.credentials
        env = {"auth_url": sandbox.auth_url, "user_id": who.user_id, "project_id": who.project_id}
        answers = [service.post("/clusters/", body({**env, "password": who.password}), token())]
        assert answers[0].status == 201
        answers += ask_everything(service, {**env, "password": PASSWORD})
        assert [each.status for each in answers[1:]] == [401] * (len(answers) - 1)
    assert_silent(service, answers)


class EchoingCloud(ReplayCloud):
    """Repeats whatever it was sent in its refusals, as a careless service may."""

    def __init__(self) -> None:
        super().__init__()
        self.failing = ""
        self.status = 400

    def respond(self, request: Received) -> bytes | Behaviour:
        if not request.path.startswith(self.failing):
            return super().respond(request)
        said = f"you sent {request.body.decode()} with {dict(request.headers)}"
        error = {"message": said, "code": self.status, "type": "Refused"}
        return answer(self.status, {"error": error}, headers={"X-Said": PASSWORD.encode("ascii", "ignore").decode()})


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 418, 429, 500, 503])
@pytest.mark.parametrize("failing", ["/v3", "/heat"])
def test_cloud_that_repeats_what_it_was_sent_spreads_no_secret(service: Service, failing: str, status: int) -> None:
    with EchoingCloud() as cloud:
        cloud.failing, cloud.status = failing, status
        answers = ask_everything(service, cloud.credentials(password=PASSWORD))
    assert answers[0].status >= 400
    assert TOKEN not in answers[0].body.decode()
    assert_silent(service, answers)


WAYS: dict[str, dict[str, str]] = {
    "application credential": {"application_credential_id": "a1", "application_credential_secret": PASSWORD},
    "token": {"token": HIDDEN, "project_id": "p"},  # of the characters that a header may have
    "token that is none": {"token": PASSWORD, "project_id": "p"},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("failing", ["/v3", "/heat", "/nothing"])
def test_no_way_to_authenticate_spreads_its_secret(service: Service, failing: str, way: str) -> None:
    with EchoingCloud() as cloud:
        cloud.failing, cloud.status = failing, 403
        env = {"auth_url": f"{cloud.url}/v3", **WAYS[way]}
        answers = [
            service.post("/clusters/", body(env), token()),
            service.post("/clusters/?dry_run=true", body(env), token()),
            service.post("/cloud_assets/", env, token()),
            service.get(f"/cloud_assets/?{urlencode(env)}", token()),
            service.post(f"/clusters/{uuid.UUID(int=1)}/status", {"cloud_env": env}, token()),
            service.post("/clusters/", body({**env, "project_id": 5}), token()),
            service.post("/clusters/", body({key: [value] for key, value in env.items()}), token()),
        ]
    assert (answers[0].status == 201) is (failing == "/nothing" and way != "token that is none")
    assert [each.status for each in answers[-2:]] == [400, 400]
    assert_silent(service, answers)


FAILURES: dict[str, bytes | Behaviour] = {
    "garbage": answer(200, f"<html>{PASSWORD}{HIDDEN}"),
    "redirect": answer(302, headers={"Location": f"http://127.0.0.1:1/?{urlencode({'p': PASSWORD})}"}),
    "reset": reset,
    "not HTTP": f"{PASSWORD} {HIDDEN}\r\n\r\n".encode(),
    "breaks off": answer(200, f"{PASSWORD} {HIDDEN}")[:-20],
}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("of", ["identity", "orchestration"])
def test_failure_of_the_cloud_tells_no_secret(service: Service, cloud: ReplayCloud, of: str, failure: str) -> None:
    setattr(cloud, of, FAILURES[failure])
    answers = ask_everything(service, cloud.credentials(password=PASSWORD))
    assert answers[0].status >= 400
    assert_silent(service, answers)


def test_silent_cloud_tells_no_secret(service: Service, cloud: ReplayCloud) -> None:
    def say_nothing(_: socket.socket) -> None:
        cloud.closing.wait(5)

    cloud.orchestration = say_nothing
    answers = [service.post("/clusters/", body(cloud.credentials(password=PASSWORD)), token())]
    assert answers[0].status == 504
    assert_silent(service, answers)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/v3", "http://name.invalid/v3", "http://169.254.169.254/v3"])
def test_cloud_that_is_not_there_tells_no_secret(service: Service, url: str) -> None:
    env = {"auth_url": url, "user_id": "u", "project_id": "p", "password": PASSWORD}
    assert_silent(service, ask_everything(service, env))


def test_steering_tells_no_secret(service: Service, cloud: ReplayCloud) -> None:
    cloud.catalog = [catalog_entry("orchestration", f"http://{QUERY}:{QUERY}@169.254.169.254/v1")]
    assert_silent(service, ask_everything(service, cloud.credentials(password=PASSWORD)))


def test_wrong_requests_tell_no_secret(service: Service, cloud: ReplayCloud) -> None:
    env = cloud.credentials(password=PASSWORD)
    answers = [
        *ask_everything(service, {**env, "auth_url": f"http://u:{quote(PASSWORD)}@127.0.0.1/v3"}),
        *ask_everything(service, {**env, "auth_url": "ftp://127.0.0.1"}),
        *ask_everything(service, env, size=100),
        *ask_everything(service, env, unheard_of=HIDDEN),
        service.post("/clusters/", body(env, admin=HIDDEN * 20), token()),
        service.post("/clusters/", body(env, admin=[HIDDEN]), token()),
        service.post("/clusters/", {**body(env), "cloud_env": {"password": [PASSWORD]}}, token()),
        service.post("/clusters/", {**body(env), "cloud_env": PASSWORD}, token()),
        service.post("/clusters/", {**body(env), PASSWORD: 1}, token()),
        service.post("/clusters/", json.dumps(body(env)).encode()[:-5], token()),
        service.post("/clusters/", body(env), {"Authorization": f"Bearer {JWT_CLAIM}"}),
        service.post("/clusters/", body(env), {"Authorization": f"Basic {SECRET}"}),
        service.get(f"/unheard-of?password={QUERY}", token()),
        service.get(f"/cloud_assets/?password={QUERY}", token()),
        service.get(f"/cluster-types/?password={QUERY}", token()),
    ]
    for each in answers:
        shown = each.body.decode()
        assert JWT_CLAIM not in shown
        assert QUERY not in shown
    assert_silent(service, [each for each in answers if PASSWORD not in json.dumps(each.json())])


def test_values_that_hold_secrets_do_not_print_them() -> None:
    env = {"auth_url": "http://k.example/v3", "user_id": "u", "project_id": "p", "password": PASSWORD}
    build = parse_build_request(json.dumps(body(env)).encode(), 64)
    settings = replace(Settings(), jwt_secret=(SECRET,))
    ways = [parse_credentials({"auth_url": env["auth_url"], **way}) for way in WAYS.values()]
    _assert_silent(repr([build, parse_credentials(env), *ways, settings]))


def test_traceback_of_a_failure_holds_no_secret(tmp_path: Path, cloud: ReplayCloud) -> None:
    """An unexpected failure is logged with its traceback, and that is masked, too."""
    cloud.catalog = [{"type": "orchestration", "endpoints": [{"url": 5, "interface": [PASSWORD], "region": {}}]}]
    with Service(tmp_path, {"LOG_LEVEL": "DEBUG"}) as service:
        (service.enabled / "secretive.yaml").write_text(DEFINITION)
        wait_until(lambda: service.ids() == ["secretive"], "the type is listed")
        answers = [service.post("/clusters/", body(cloud.credentials(password=PASSWORD)))]
        assert answers[0].status == 502
        assert_silent(service, answers)


@pytest.mark.parametrize("formatter", [logs.TextFormatter(), logs.JsonFormatter()])
def test_secret_of_the_request_is_masked_in_whatever_is_logged(formatter: logging.Formatter) -> None:
    """The second line of defence: a library that prints the request all the same, or a traceback with it."""

    def log() -> str:
        logs.begin_request("req-1")
        logs.protect([PASSWORD, HIDDEN])
        try:
            int(PASSWORD)
        except ValueError:
            told = (logging.DEBUG, "path", 1, f"body: {json.dumps(PASSWORD)} %s", (HIDDEN,), sys.exc_info())
            record = logging.LogRecord("urllib3", *told)
        record.fields = {"name": PASSWORD}
        return formatter.format(record)

    line = contextvars.copy_context().run(log)
    assert "***" in line
    _assert_silent(line)


class GarblingCloud(ReplayCloud):
    """Has a line among its headers that is none, with secrets of the request: urllib3 warns of it, and quotes it."""

    def __init__(self) -> None:
        super().__init__()
        self.garbled = ""

    def respond(self, request: Received) -> bytes | Behaviour:
        answered = super().respond(request)
        if callable(answered):
            return answered
        status, _, rest = answered.partition(b"\r\n")
        return b"\r\n".join((status, f"this is no header: {self.garbled}".replace(": ", " ").encode(), rest))


@pytest.mark.parametrize("style", ["text", "json"])
@pytest.mark.parametrize(
    ("way_in", "secret"),
    [("/clusters", PASSWORD), ("/clusters", HIDDEN), ("POST /cloud_assets", PASSWORD), ("GET /cloud_assets", PASSWORD)],
)
def test_library_that_quotes_what_a_cloud_sent_logs_no_secret(
    tmp_path: Path, style: str, way_in: str, secret: str
) -> None:
    """What is masked there, nothing but the log's own knowledge of the request's secrets masks."""
    with GarblingCloud() as cloud, Service(tmp_path, {"LOG_FORMAT": style}) as service:
        (service.enabled / "secretive.yaml").write_text(DEFINITION)
        wait_until(lambda: service.ids() == ["secretive"], "the type is listed")
        cloud.garbled = secret
        env = cloud.credentials(password=PASSWORD)
        if way_in == "/clusters":
            service.post("/clusters", body(env))
        elif way_in == "POST /cloud_assets":
            service.post("/cloud_assets", {"cloud_env": env})
        else:
            service.get(f"/cloud_assets?{urlencode(env)}")
        service.stop()
    assert "Failed to parse headers" in service.settled_log()
    assert "this is no header ***" in service.settled_log()
    _assert_silent(service.settled_log())


def test_each_password_of_a_query_string_is_kept_out_of_the_log(tmp_path: Path, cloud: ReplayCloud) -> None:
    env = cloud.credentials(password=PASSWORD, region_name=QUERY)
    with Service(tmp_path, {"LOG_LEVEL": "DEBUG"}) as service:
        service.get(f"/cloud_assets?{urlencode(env)}&password={QUERY}")
        service.stop()
    assert "in region ***" in service.settled_log()
    _assert_silent(service.settled_log())
