"""Templates by URL: only where they are allowed, within bounds, and from nowhere else."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from builder.disk import remote
from builder.disk.safe_reading import MAX_FILE_BYTES
from builder.hot_lint.sources import SourceError
from tests.openstack.replay_cloud import Behaviour, Received, WireServer, answer
from tests.openstack.tls_certificate import make_certificate
from tests.service import WAIT_SECONDS, Service, minimal_definition, wait_until

TEMPLATE = b"""\
heat_template_version: 2021-04-16
parameters:
  size: {type: number, default: 1}
resources:
  secret: {type: OS::Heat::RandomString, properties: {length: 8}}
"""

DEFINITION = """\
kind: heat
title: Remote
description: Its template is elsewhere.
heat_template_url: {url}
"""


class Host(WireServer):
    """A web server that answers what its test tells it to."""

    answers: bytes | Behaviour = answer(200, TEMPLATE, "text/plain")

    def respond(self, request: Received) -> bytes | Behaviour:
        return self.answers


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as server:
        yield server


def fetch_remote(url: str, seconds: float = 10.0) -> bytes:
    return remote.fetch_remote(url, size=MAX_FILE_BYTES, seconds=seconds)


def refusal(url: str, seconds: float = 10.0) -> str:
    with pytest.raises(SourceError) as caught:
        fetch_remote(url, seconds)
    return f"{caught.value.rule}: {caught.value.message}"


def test_template_is_fetched_without_credentials(host: Host) -> None:
    assert fetch_remote(f"{host.url}/a/b.yaml?ref=main") == TEMPLATE
    (request,) = host.received
    assert request.path == "/a/b.yaml?ref=main"
    assert not {"authorization", "cookie", "x-auth-token"} & set(request.headers)


def test_larger_file_is_refused_whether_or_not_its_length_is_told(host: Host) -> None:
    huge = b"x" * (MAX_FILE_BYTES + 1)
    host.answers = answer(200, huge)
    assert "file-too-large" in refusal(host.url)
    host.answers = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + huge
    assert "file-too-large" in refusal(host.url)


def test_file_of_exactly_the_limit_is_taken(host: Host) -> None:
    host.answers = answer(200, b"x" * MAX_FILE_BYTES)
    assert len(fetch_remote(host.url)) == MAX_FILE_BYTES


def test_fetch_ends_in_time_though_data_trickles(host: Host) -> None:
    def trickle(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while not host.closing.wait(0.05):
            connection.sendall(b"x")

    host.answers = trickle
    assert "took longer than 0.3 seconds" in refusal(host.url, 0.3)


def test_answer_that_breaks_off_is_no_template(host: Host) -> None:
    host.answers = answer(200, TEMPLATE)[:-10]
    assert "unreadable-file" in refusal(host.url)


def serve_tls(host: Host, folder: Path) -> tuple[str, Path]:
    """Have a host speak TLS; gives its URL, and the certificate of its authority."""
    certificate, key = make_certificate(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    host.wrap = lambda connection: context.wrap_socket(connection, server_side=True)
    return f"https://127.0.0.1:{host.port}/", certificate


def test_environment_has_no_say_in_which_authorities_are_trusted(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, certificate = serve_tls(host, tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert "no trusted connection can be made" in refusal(url)
    assert host.received == []


def test_environment_has_no_keys_of_connections_written_down(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, certificate = serve_tls(host, tmp_path)
    keys = tmp_path / "keys"
    system = ssl.get_default_verify_paths()._replace(openssl_cafile=str(certificate), openssl_capath=os.devnull)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: system)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    assert fetch_remote(url) == TEMPLATE
    assert not keys.exists()


@pytest.mark.parametrize("status", [204, 404, 401, 500])
def test_other_answers_are_no_template(host: Host, status: int) -> None:
    host.answers = answer(status, TEMPLATE)
    assert str(status) in refusal(host.url)


def test_redirect_to_another_place_is_not_followed(host: Host) -> None:
    with Host() as other:
        for location in (
            f"{other.url}/x",
            "file:///etc/passwd",
            "//127.0.0.2/x",
            "http://169.254.169.254/",
            "ftp://x/",
        ):
            host.answers = answer(302, headers={"Location": location})
            refusal(host.url)
        assert other.received == []


def test_redirect_on_the_same_host_is_followed_a_few_times(host: Host) -> None:
    host.answers = answer(301, headers={"Location": "/again"})
    assert "redirects more than" in refusal(host.url)
    assert len(host.received) == 1 + remote.MAX_REDIRECTS


@pytest.mark.parametrize(
    "url",
    ["http://169.254.169.254/latest", "http://[::ffff:a9fe:a9fe]/", "http://2852039166/", "http://u:p@127.0.0.1/",
     "http://metadata.google.internal/", "http://127.0.0.1:1/", "http://0.0.0.0/", "http://h\r\nX: y/"],
)  # fmt: skip
def test_refused_and_unreachable_places_make_a_problem(url: str) -> None:
    assert "unreadable-file" in refusal(url)


def test_header_injection_by_url_is_refused(host: Host) -> None:
    refusal(f"{host.url}/a?x=1\r\nX-Injected: yes")
    assert host.received == []


def test_remote_template_needs_permission(tmp_path: Path, host: Host) -> None:
    with Service(tmp_path) as service:
        (service.enabled / "far.yaml").write_text(DEFINITION.format(url=f"{host.url}/t.yaml"))
        wait_until(lambda: "far" in service.get("/catalogue").body.decode(), "it was looked at")
        wait_until(lambda: bool(_problems(service)), "its problem is shown")
        assert _problems(service) == ["remote-file"]
        assert service.ids() == []
    assert host.received == []


def test_remote_template_is_served_where_it_is_allowed(tmp_path: Path, host: Host) -> None:
    with Service(tmp_path, {"ALLOW_REMOTE_TEMPLATES": "true"}) as service:
        (service.enabled / "far.yaml").write_text(DEFINITION.format(url=f"{host.url}/t.yaml"))
        wait_until(lambda: service.ids() == ["far"], "it is listed")
        assert "size" in service.get("/cluster-types/far").json()["parameters"]
        (service.enabled / "near.yaml").write_text(DEFINITION.format(url=f"{host.url}/t.yaml"))
        wait_until(lambda: service.ids() == ["far", "near"], "the other is listed")
        assert len(host.received) == 1  # what was fetched is not fetched again for each look, or each type


def test_dead_host_of_one_type_leaves_the_others_listed(tmp_path: Path) -> None:
    with Service(tmp_path, {"ALLOW_REMOTE_TEMPLATES": "true"}) as service:
        (service.enabled / "dead.yaml").write_text(DEFINITION.format(url="http://127.0.0.1:1/t.yaml"))
        with Host() as host:
            (service.enabled / "good.yaml").write_text(DEFINITION.format(url=f"{host.url}/t.yaml"))
            wait_until(lambda: service.ids() == ["good"], "the good one is listed")
            wait_until(lambda: _problems(service) == ["unreadable-file"], "the other's problem is shown")


def test_silent_host_delays_no_other_type(tmp_path: Path, host: Host) -> None:
    asked = threading.Event()

    def hold(_: socket.socket) -> None:
        asked.set()
        host.closing.wait(30)

    host.answers = hold
    settings = {"ALLOW_REMOTE_TEMPLATES": "true", "REMOTE_TEMPLATE_TIMEOUT": "300", "RESCAN_INTERVAL": "0.1"}
    with Service(tmp_path, settings) as service:
        assert service.ids() == []  # the first load, which would wait for the host, is over
        (service.enabled / "far.yaml").write_text(DEFINITION.format(url=f"{host.url}/t.yaml"))
        assert asked.wait(WAIT_SECONDS)
        for title in ("one", "two"):
            (service.enabled / "near.yaml").write_text(minimal_definition(title))
            wait_until(lambda title=title: title in service.get("/cluster-types/").body.decode(), "it is listed")  # type: ignore[misc]
        assert service.ids() == ["near"]
        assert service.get("/ready").status == 200
        assert _problems(service) == ["unreadable-file"]
        (entry,) = [entry for entry in service.get("/catalogue").json()["entries"] if entry["id"] == "far"]
        (problem,) = entry["problems"]
        assert "it is being fetched" in problem["message"]


def test_remote_type_is_in_the_first_listing_after_a_start(tmp_path: Path, host: Host) -> None:
    enabled = tmp_path / "cluster-types-enabled"
    enabled.mkdir()
    (enabled / "far.yaml").write_text(DEFINITION.format(url=f"{host.url}/t.yaml"))
    (enabled / "dead.yaml").write_text(DEFINITION.format(url="http://127.0.0.1:1/t.yaml"))
    with Service(tmp_path, {"ALLOW_REMOTE_TEMPLATES": "true"}) as service:
        assert service.ids() == ["far"]


def test_limits_are_settings(tmp_path: Path, host: Host) -> None:
    settings = {"ALLOW_REMOTE_TEMPLATES": "true", "REMOTE_TEMPLATE_LIMIT": "1024", "REMOTE_TEMPLATE_TIMEOUT": "0.2"}
    with Host() as silent, Service(tmp_path, settings) as service:

        def hold(_: socket.socket) -> None:
            silent.closing.wait(30)

        silent.answers = hold
        host.answers = answer(200, b"x" * 1025)
        (service.enabled / "large.yaml").write_text(DEFINITION.format(url=f"{host.url}/t.yaml"))
        (service.enabled / "slow.yaml").write_text(DEFINITION.format(url=f"{silent.url}/t.yaml"))
        wait_until(lambda: "larger than 1,024 bytes" in service.get("/catalogue").body.decode(), "its size is told of")
        wait_until(lambda: "longer than 0.2 seconds" in service.get("/catalogue").body.decode(), "its time is told of")


def _problems(service: Service) -> list[str]:
    entries = service.get("/catalogue").json()["entries"]
    problems = [problem for entry in entries for problem in entry["problems"]]
    return [problem["rule"] for problem in problems if problem["severity"] == "error"]


def test_giving_up_ends_a_fetch_in_another_thread(host: Host) -> None:
    fetching = remote._Fetching(MAX_FILE_BYTES, 10.0)
    waiting = threading.Event()

    def hold(_: socket.socket) -> None:
        waiting.set()
        host.closing.wait(10)

    host.answers = hold
    ended: list[str] = []

    def fetch() -> None:
        try:
            fetching.fetch(host.url)
        except Exception as error:  # noqa: BLE001  # whichever it is, it has to come
            ended.append(type(error).__name__)

    thread = threading.Thread(target=fetch)
    thread.start()
    assert waiting.wait(WAIT_SECONDS)
    fetching.give_up()
    thread.join(WAIT_SECONDS)
    fetching.close()
    assert ended
