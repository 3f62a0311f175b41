"""Services that are not there, do not answer, or answer with what is no protocol: one clear fault each."""

from __future__ import annotations

import gzip
import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from builder.errors import Fault, RequestError
from builder.kinds.heat.stack_creation import create_stack
from builder.logs.redaction import MAX_CHARACTERS
from builder.openstack.connection import connect
from builder.openstack.credentials import parse_credentials
from builder.openstack.deadline import Deadline
from builder.settings.table import Settings
from tests.openstack.replay_cloud import PASSWORD, TOKEN, Behaviour, ReplayCloud, answer, catalog_entry, reset
from tests.openstack.settings import cloud_settings, stack_request
from tests.samples import share_of
from tests.service import WAIT_SECONDS

PATIENT = cloud_settings()
IMPATIENT = cloud_settings(connect_timeout=1, read_timeout=1)
"""For services that never answer; the others may take their time on a busy machine."""

AFTERMATH = "Stack hpc--x may have been created all the same: look for it before you try again."
TRUNCATED = b'HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"stack": {"id": '
REQUEST = stack_request({"heat_template_version": "2018-08-31"})


def launch(credentials: dict[str, Any], settings: Settings = PATIENT, seconds: float = WAIT_SECONDS) -> Fault:
    with (
        pytest.raises(RequestError) as caught,
        connect(parse_credentials(credentials), settings, Deadline(seconds)) as connected,
    ):
        create_stack(connected, REQUEST)
    (fault,) = caught.value.faults
    assert PASSWORD not in fault.detail
    assert len(fault.detail) < 1300
    assert fault.detail.isprintable()
    return fault


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


# --- a service that cannot be called ----------------------------------------------------------------------------------


def test_refused_connection_to_keystone_is_a_502_that_names_the_address() -> None:
    port = free_port()
    fault = launch({"auth_url": f"http://127.0.0.1:{port}/v3", "user_id": "u", "project_id": "p", "password": PASSWORD})
    assert (fault.status, fault.title) == (502, "Cloud unreachable")
    assert fault.detail == f"The identity service (Keystone) at 127.0.0.1:{port} cannot be reached: connection refused"


def test_unresolvable_keystone_is_a_502(cloud: ReplayCloud) -> None:
    fault = launch(cloud.credentials(auth_url="http://keystone.invalid/v3"))
    assert (fault.status, fault.title) == (502, "Cloud unreachable")
    assert fault.detail.endswith("at keystone.invalid cannot be reached: its name cannot be resolved")


def test_refused_connection_to_heat_created_nothing(cloud: ReplayCloud) -> None:
    cloud.catalog = [catalog_entry("orchestration", f"http://127.0.0.1:{free_port()}/v1")]
    fault = launch(cloud.credentials())
    assert (fault.status, fault.title) == (502, "Cloud unreachable")
    assert "orchestration service (Heat)" in fault.detail
    assert "may have been created" not in fault.detail


def test_silent_keystone_is_a_504(cloud: ReplayCloud) -> None:
    cloud.identity = _wait(cloud)
    fault = launch(cloud.credentials(), IMPATIENT)
    assert (fault.status, fault.title) == (504, "Cloud timed out")
    assert "identity service (Keystone)" in fault.detail


def test_silent_heat_is_a_504_that_names_the_stack_to_look_for(cloud: ReplayCloud) -> None:
    cloud.orchestration = _wait(cloud)
    fault = launch(cloud.credentials(), IMPATIENT)
    assert (fault.status, fault.title) == (504, "Cloud timed out")
    assert fault.detail.endswith(AFTERMATH)
    assert len(cloud.posts_to_heat) == 1


def test_deadline_passed_while_heat_creates_names_the_stack_too(cloud: ReplayCloud) -> None:
    cloud.orchestration = _wait(cloud)
    fault = launch(cloud.credentials(), seconds=1.5)
    assert (fault.status, fault.title) == (504, "Cloud timed out")
    assert fault.detail == f"Not done within 1.5 seconds. {AFTERMATH}"


def test_no_orchestration_service_in_the_catalogue_is_a_502(cloud: ReplayCloud) -> None:
    cloud.catalog = [catalog_entry("compute", cloud.url)]
    fault = launch(cloud.credentials())
    assert (fault.status, fault.title, fault.pointer) == (502, "Service not found", None)
    assert fault.detail == "The cloud's catalogue names no orchestration service (Heat) for this project"


def test_empty_catalogue_is_a_502(cloud: ReplayCloud) -> None:
    cloud.catalog = []
    assert launch(cloud.credentials()).title == "Service not found"


def test_no_orchestration_service_in_the_callers_region_points_at_it(cloud: ReplayCloud) -> None:
    fault = launch(cloud.credentials(region_name="Nowhere"))
    assert (fault.status, fault.title, fault.pointer) == (502, "Service not found", "/cloud_env/region_name")
    assert "in region Nowhere" in fault.detail


def test_no_orchestration_service_in_the_operators_region_or_interface(cloud: ReplayCloud) -> None:
    for settings in (cloud_settings(region_name="Nowhere"), cloud_settings(interface="internal")):
        fault = launch(cloud.credentials(), settings)
        assert (fault.status, fault.title, fault.pointer) == (502, "Service not found", None)


def test_nonsense_address_in_the_catalogue_is_a_502(cloud: ReplayCloud) -> None:
    for url in ("nonsense", "http://", "http://[::1", "ftp://x/", "http://x:99999/", "http://" + "a" * 70 + "/", "//x"):
        cloud.catalog = [catalog_entry("orchestration", url)]
        fault = launch(cloud.credentials())
        assert (fault.status, fault.pointer) == (502, None), url
        assert "auth_url" not in fault.detail, url


# --- TLS --------------------------------------------------------------------------------------------------------------


def test_untrusted_certificate_is_a_502_with_the_reason(cloud: ReplayCloud, tmp_path: Path) -> None:
    cloud.use_tls(tmp_path)
    fault = launch(cloud.credentials())
    assert (fault.status, fault.title) == (502, "TLS failure")
    assert "self-signed certificate" in fault.detail
    assert "CLOUD_CA_BUNDLE" in fault.detail


def test_plain_http_behind_https_is_a_502(cloud: ReplayCloud) -> None:
    fault = launch(cloud.credentials(auth_url=f"https://127.0.0.1:{cloud.port}/v3"))
    assert (fault.status, fault.title) == (502, "TLS failure")


def test_port_that_never_answers_tls_is_a_502() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/v3"
        fault = launch({"auth_url": url, "user_id": "u", "project_id": "p", "password": PASSWORD}, IMPATIENT)
    assert (fault.status, fault.title) == (502, "TLS failure")
    assert fault.detail.endswith("nobody answered the TLS handshake; is this an https address?")


@pytest.mark.parametrize("begun", [b"", TRUNCATED], ids=["instead of an answer", "within the answer"])
def test_tls_that_breaks_after_the_creation_was_sent_names_the_stack_to_look_for(
    cloud: ReplayCloud, tmp_path: Path, begun: bytes
) -> None:
    def break_tls(connection: socket.socket) -> None:
        connection.sendall(begun)
        with socket.socket(fileno=os.dup(connection.fileno())) as beneath:
            beneath.sendall(b"HTTP/1.1 200 OK no record of TLS at all\r\n\r\n")

    certificate = cloud.use_tls(tmp_path)
    cloud.orchestration = break_tls
    fault = launch(cloud.credentials(), cloud_settings(ca_bundle=str(certificate)))
    assert (fault.status, fault.title) == (502, "TLS failure")
    assert fault.detail.endswith(AFTERMATH)
    assert len(cloud.posts_to_heat) == 1


def test_tls_that_heat_cannot_do_created_nothing(cloud: ReplayCloud) -> None:
    cloud.catalog = [catalog_entry("orchestration", f"https://127.0.0.1:{cloud.port}/heat")]
    fault = launch(cloud.credentials())
    assert (fault.status, fault.title) == (502, "TLS failure")
    assert "may have been created" not in fault.detail


def test_missing_ca_bundle_is_a_502(cloud: ReplayCloud, tmp_path: Path) -> None:
    cloud.use_tls(tmp_path)
    fault = launch(cloud.credentials(), cloud_settings(ca_bundle="/nonexistent.pem"))
    assert fault.status == 502


# --- answers that are none --------------------------------------------------------------------------------------------

BAD_GZIP = answer(201, b"no gzip", headers={"Content-Encoding": "gzip"})
TOO_DEEP = answer(201, b"[" * 100_000)
MANY_HEADERS = b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % number for number in range(300)) + b"\r\n"

INVALID = {
    "HTML with 200": answer(200, "<h1>Welcome</h1>", "text/html"),
    "HTML that says JSON": answer(201, "<h1>Welcome</h1>"),
    "truncated JSON": answer(201, '{"stack": {"id": "5f1c'),
    "empty": answer(201),
    "no content": answer(204),
    "JSON null": answer(201, "null"),
    "JSON number": answer(201, "1"),
    "JSON list": answer(201, ["stack"]),
    "JSON string": answer(201, '"stack"'),
    "other keys": answer(201, {"token": [], "stack": []}),
    "wrong types": answer(201, {"token": {"catalog": 1, "project": "x"}, "stack": {"id": 7}}),
    "binary": answer(201, bytes(range(256)), "application/octet-stream"),
    "binary that says JSON": answer(201, bytes(range(256))),
    "broken off": TRUNCATED,
    "damaged gzip": BAD_GZIP,
    "too deep": TOO_DEEP,
    "300": answer(300, {"versions": {"values": []}}),
    "1xx only": b"HTTP/1.1 199 Strange\r\nContent-Length: 0\r\n\r\n",
    "418": answer(418, "teapot", "text/plain"),
    "422 of somebody else": answer(422, {"error": "x"}),
    "500 HTML": answer(500, "<h1>Oops</h1>", "text/html"),
    "500 with JSON of another shape": answer(500, {"error": "text"}),
    "500 with a list": answer(500, [1]),
    "503 truncated": answer(503, '{"error": {"mess'),
    "504 of a proxy": answer(504, "<h1>Gateway Time-out</h1>", "text/html"),
    "599": answer(599),
}

UNREACHABLE = {
    "not HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "not a byte": b"",
    "reset": reset,
    "too many headers": MANY_HEADERS,
    "status without number": b"HTTP/1.1 abc\r\n\r\n",
}


@pytest.mark.parametrize("garbage", [pytest.param(value, id=key) for key, value in (INVALID | UNREACHABLE).items()])
@pytest.mark.parametrize("service", ["identity", "orchestration"])
def test_garbage_is_a_502(cloud: ReplayCloud, service: str, garbage: bytes | Behaviour) -> None:
    setattr(cloud, service, garbage)
    fault = launch(cloud.credentials())
    assert fault.status == 502, fault
    assert (AFTERMATH in fault.detail) == (service == "orchestration")
    assert len(cloud.posts_to_heat) == (service == "orchestration")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 429])
@pytest.mark.parametrize(
    "body", ["", "<h1>x</h1>", '{"error": "x"}', '{"error": {"message": 1, "type": 2}}', "[]", "["]
)
def test_refusal_with_a_strange_body_keeps_its_status(cloud: ReplayCloud, status: int, body: str) -> None:
    expected = {404: 502, 429: 503}
    cloud.orchestration = answer(status, body)
    fault = launch(cloud.credentials())
    assert fault.status == expected.get(status, status)
    assert "<h1>" not in fault.detail


def test_a_token_that_is_in_the_body_only_is_a_502(cloud: ReplayCloud) -> None:
    cloud.identity = cloud.token().replace(b"X-Subject-Token", b"X-Other-Token")
    assert launch(cloud.credentials()).title == "Invalid answer"


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "message", "type", "token", "catalog", "stack", "id", "expires_at", "endpoints"])
            | st.text(max_size=5),
            children,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.generated
@hypothesis_settings(max_examples=share_of(150), deadline=None)
@given(
    service=st.sampled_from(["identity", "orchestration"]),
    status=st.integers(200, 599),
    body=JSON_VALUES.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40),
    content_type=st.sampled_from(["application/json", "text/html", "application/octet-stream", ""]),
)
def test_any_answer_is_a_stack_or_one_fault(service: str, status: int, body: bytes, content_type: str) -> None:
    with ReplayCloud() as cloud:
        setattr(cloud, service, answer(status, body, content_type, {"X-Subject-Token": TOKEN}))
        try:
            with connect(parse_credentials(cloud.credentials()), PATIENT, Deadline(WAIT_SECONDS)) as connected:
                assert create_stack(connected, REQUEST).id
        except RequestError as error:
            (fault,) = error.faults
            assert fault.status in {400, 401, 403, 409, 413, 502, 503}
            assert fault.detail.isprintable()


def test_too_large_an_answer_is_not_read_to_its_end(cloud: ReplayCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builder.openstack.transport.SHORT_ANSWER", 100_000)
    sent = []

    def flood(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n\r\n")
        while not cloud.closing.is_set():
            connection.sendall(b" " * 65536)
            sent.append(65536)

    cloud.orchestration = flood
    fault = launch(cloud.credentials())
    assert (fault.status, fault.title) == (502, "Invalid answer")
    assert "too large" in fault.detail


def test_compressed_answer_is_bounded_by_its_unpacked_size(cloud: ReplayCloud) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    cloud.identity = answer(201, bomb, headers={"Content-Encoding": "gzip"})
    assert "too large" in launch(cloud.credentials()).detail


def test_long_messages_are_cut_and_lose_their_control_characters(cloud: ReplayCloud) -> None:
    message = "\x1b[31mred\x00\r\nSet-Cookie: x\u2028\u202e" + "x" * 100_000
    cloud.orchestration = answer(400, {"error": {"type": "StackValidationFailed", "message": message}})
    fault = launch(cloud.credentials())
    assert fault.detail.isprintable()
    assert "[31mred Set-Cookie: x xxx" in fault.detail
    assert fault.detail.endswith("…")


def test_a_message_that_quotes_the_password_loses_it(cloud: ReplayCloud) -> None:
    cloud.identity = answer(400, {"error": {"message": f"'{PASSWORD}' is not of type 'object'"}})
    assert launch(cloud.credentials()).detail.endswith("'***' is not of type 'object'")


def test_a_message_that_quotes_the_password_where_it_is_cut_loses_it(cloud: ReplayCloud) -> None:
    cloud.identity = answer(400, {"error": {"message": f"{' ' * (4 * MAX_CHARACTERS - 5)}{PASSWORD}"}})
    assert PASSWORD[:5] not in launch(cloud.credentials()).detail


def test_a_message_that_quotes_a_hidden_value_loses_it(cloud: ReplayCloud) -> None:
    message = 'Parameter \'pin/code\' is invalid: "s\\"3cret" does not match pattern "[a-z]+"'
    cloud.orchestration = answer(400, {"error": {"type": "StackValidationFailed", "message": message}})
    request = stack_request({}, form_fields=frozenset({"pin/code"}))
    credentials = parse_credentials(cloud.credentials())
    with (
        pytest.raises(RequestError) as caught,
        connect(credentials, PATIENT, Deadline(WAIT_SECONDS), secrets=('s"3cret',)) as connected,
    ):
        create_stack(connected, request)
    (fault,) = caught.value.faults
    assert fault.pointer == "/cluster/parameters/pin~1code"
    assert fault.detail == '"***" does not match pattern "[a-z]+"'


@pytest.mark.parametrize("stack_id", ["", "../../x", f"a {PASSWORD}", "x" * 65, "a\nb", "é", 7, None, ["x"]])
def test_an_id_that_is_none_is_an_invalid_answer_after_which_a_stack_may_be_there(
    cloud: ReplayCloud, stack_id: object
) -> None:
    cloud.orchestration = answer(201, {"stack": {"id": stack_id}})
    fault = launch(cloud.credentials())
    assert fault.title == "Invalid answer"
    assert fault.detail.endswith(AFTERMATH)


def test_an_error_body_beyond_reason_is_not_parsed(cloud: ReplayCloud) -> None:
    cloud.orchestration = answer(400, json.dumps({"error": {"message": "x" * 300_000}}))
    assert launch(cloud.credentials()).detail == "The orchestration service (Heat) refused the stack"


def test_answers_at_a_byte_per_moment_end_with_the_deadline(cloud: ReplayCloud) -> None:
    def trickle(connection: socket.socket) -> None:
        connection.sendall(
            b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        while not cloud.closing.wait(0.05):
            connection.sendall(b"1\r\n \r\n")

    cloud.orchestration = trickle
    assert launch(cloud.credentials(), seconds=0.5).status == 504


def _wait(cloud: ReplayCloud) -> Behaviour:
    def wait(_: socket.socket) -> None:
        cloud.closing.wait(10)

    return wait
