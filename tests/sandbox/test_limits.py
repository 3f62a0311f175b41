"""What a hostile or a broken client meets."""

from __future__ import annotations

import logging
import socket
import tracemalloc
from contextlib import ExitStack
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

import pytest

from builder.sandbox import Sandbox
from builder.sandbox.heat.resource_types import find_resource_type
from builder.sandbox.wire import server
from tests.contract.clouds import wait_for
from tests.contract.wire import ask
from tests.sandbox.clients import EMPTY, Member, sign_in

LIMIT = 60.0


def talk(sandbox: Sandbox, text: bytes) -> bytes:
    """Send bytes, and return all that comes back until the server closes."""
    parts = urlsplit(sandbox.auth_url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=LIMIT) as connection:
        connection.sendall(text)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
        return received


def can_connect(sandbox: Sandbox) -> bool:
    try:
        return ask("GET", sandbox.auth_url).status == 200
    except (OSError, HTTPException):
        return False


def test_body_beyond_all_measure_is_not_read(sandbox: Sandbox) -> None:
    answer = talk(sandbox, b"POST /v3/auth/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"Connection: close" in answer


@pytest.mark.parametrize(("length", "status"), [(b"x", 400), (b"-1", 413)])
def test_length_that_is_none_ends_the_connection(sandbox: Sandbox, length: bytes, status: int) -> None:
    answer = talk(sandbox, b"POST /v3/auth/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 %d " % status)


def test_body_in_chunks_is_refused(sandbox: Sandbox) -> None:
    answer = talk(sandbox, b"POST /v3/auth/tokens HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 411 ")


def test_what_is_no_http_is_refused(sandbox: Sandbox) -> None:
    assert b"400" in talk(sandbox, b"SSH-2.0-x\r\n\r\n")


def test_unknown_method_is_refused(sandbox: Sandbox) -> None:
    assert ask("TRACE", sandbox.auth_url).status == 501


def test_silent_connection_is_closed(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server._Handler, "timeout", 0.05)
    assert talk(sandbox, b"") == b""


def test_connections_are_counted(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 3)
    parts = urlsplit(sandbox.auth_url)
    with ExitStack() as held:
        connections = [
            held.enter_context(socket.create_connection((parts.hostname or "", parts.port or 0), timeout=LIMIT))
            for _ in range(4)
        ]
        assert connections[3].recv(1) == b""
    assert wait_for(lambda: can_connect(sandbox), bool, seconds=LIMIT), "places are given back"


def test_aliases_do_not_explode(member: Member) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    bomb = "heat_template_version: 2018-08-31\ndescription:\n  " + "\n  ".join(lines)
    answer = member.create("bomb", bomb)
    assert answer.status == 400
    assert "holds more than" in answer.json()["error"]["message"]


TEXT = "a" * 50_000

BOMBS: dict[str, Any] = {
    "repeat": {"repeat": {"template": "x", "for_each": {f"%{each}%": list("0123456789") for each in "abcdefg"}}},
    "str_replace": {"str_replace": {"template": TEXT, "params": {"a": TEXT}}},
    "list_join": {"list_join": [TEXT, ["a"] * 5_000]},
    "list_concat_unique": {"list_concat_unique": [[str(number) for number in range(9_000)]]},
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_calls_of_functions_do_not_explode(member: Member, bomb: Any) -> None:
    template = {**EMPTY, "resources": {"r": {"type": "OS::Heat::Value", "properties": {"value": bomb}}}}
    answer = member.create("bomb", template)
    assert answer.status == 400
    assert "gives more than" in answer.json()["error"]["message"]


def test_groups_of_groups_do_not_explode(member: Member) -> None:
    inner = {
        "type": "OS::Heat::ResourceGroup",
        "properties": {"count": 900, "resource_def": {"type": "OS::Heat::None"}},
    }
    outer = {"type": "OS::Heat::ResourceGroup", "properties": {"count": 900, "resource_def": inner}}
    answer = member.ask(
        "POST", "/stacks/preview", {"stack_name": "bomb", "template": {**EMPTY, "resources": {"r": outer}}}
    )
    assert answer.json()["error"]["type"] == "RequestLimitExceeded"
    created = member.create("bomb", {**EMPTY, "resources": {"r": outer}})
    assert created.status == 201
    member.names()
    shown = member.ask("GET", created.headers["location"].partition("/v1/")[2].partition("/")[2].join(("/", "")))
    assert shown.json()["stack"]["stack_status"] == "CREATE_FAILED"


@pytest.mark.parametrize(
    "template",
    [
        "[" * 100_000,
        '{"heat_template_version": "rocky", "a": ' + "[" * 5000 + "]" * 5000 + "}",
        "heat_template_version: rocky\n1: 2\na: b",
        "heat_template_version: rocky\nresources: {1: {type: OS::Heat::None}, a: {type: OS::Heat::None}}",
        "heat_template_version: rocky\ndescription: !!binary aGVsbG8=",
        "heat_template_version: rocky\ndescription: \x00",
    ],
    ids=["deep", "deep JSON", "numbers for names", "numbers for resources", "bytes", "NUL"],
)
def test_odd_texts_break_nothing(member: Member, template: str) -> None:
    answer = member.ask("POST", "/validate", {"template": template})
    assert answer.status in (200, 400, 500)
    assert answer.content_type == "application/json"
    assert member.names() == []


@pytest.mark.parametrize("body", [{"parameters": 5}, {"environment": [1]}, {"files": "x"}, {"tags": 5}], ids=str)
def test_odd_bodies_are_requests_of_the_clients(member: Member, body: dict[str, Any]) -> None:
    assert member.create("odd", **body).status == 400


def test_odd_passwords_are_wrong_passwords(sandbox: Sandbox) -> None:
    for password in ("\ud800", "\x00", "é" * 100):
        user = {"id": sandbox.credentials.user_id, "password": password}
        assert sign_in(sandbox, user).status == 401


def test_secrets_are_in_no_log(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        member = Member(sandbox)
        hidden = {**EMPTY, "parameters": {"p": {"type": "string", "hidden": True}}}
        member.create("one", hidden, parameters={"p": "very-secret"})
        member.create("two", hidden, parameters={"p": {"very-secret": 1}})
    assert caplog.records
    for secret in (member.token, sandbox.credentials.password + '"', "very-secret"):
        assert secret not in caplog.text


def test_names_of_types_that_there_are_not_are_not_kept() -> None:
    tracemalloc.start()
    try:
        found = [find_resource_type(f"{number}" * 100_000) for number in range(20)]
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert not any(found)
    assert kept < 100_000


@pytest.mark.parametrize("name", [{}, ["ip_addr"]], ids=str)
def test_constraint_whose_name_is_no_text_is_malformed(member: Member, name: Any) -> None:
    schema = {"type": "string", "constraints": [{"custom_constraint": name}]}
    template = {**EMPTY, "parameters": {"p": schema}}
    assert member.create("one", template, parameters={"p": "x"}).json()["error"]["type"] == "HTTPBadRequest"
    described = member.ask("POST", "/validate", {"template": template}).json()["Parameters"]["p"]
    assert described["CustomConstraint"] == name
