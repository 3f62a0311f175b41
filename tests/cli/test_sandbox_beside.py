"""The sandbox that ``serve --sandbox`` starts: beside the service, and gone when the service is."""

from __future__ import annotations

import os
import re
import signal
import urllib.error
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builder.sandbox.wire.accounts import find_credentials
from tests.samples import some_of
from tests.service import STOP_SECONDS, Service, fetch, minimal_definition, wait_until

PATIENT = minimal_definition().replace(
    "size: {type: number, default: 1}",
    "size: {type: string, default: a, constraints: [{allowed_pattern: '([a-z0-9]+-?)+$'}]}",
)
"""Its pattern takes time that doubles with each letter of a text that it does not take."""


@pytest.fixture(params=["1", "2"])
def service(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Service]:
    """A service with a sandbox, and one worker or several."""
    flags = ("--sandbox", "--workers", request.param)
    with Service(tmp_path / "instance", {"SANDBOX_PORT": "0", "BUILD_DEADLINE": "20"}, flags) as running:
        (running.enabled / "patient.yaml").write_text(PATIENT)
        wait_until(lambda: all(running.ids() == ["patient"] for _ in range(10)), "listed")
        yield running


def find_sandbox(service: Service) -> str:
    """The auth URL of the sandbox, as it is printed."""
    found = re.search(r"auth URL +(\S+)", service.log)
    assert found is not None
    return found[1]


def order(service: Service, size: str) -> dict[str, Any]:
    who = find_credentials()
    cloud = {"auth_url": find_sandbox(service), "user_id": who.user_id, "password": who.password}
    cluster = {"name": "mine", "cluster_type_id": "patient", "parameters": {"size": size}}
    return {"cloud_env": {**cloud, "project_id": who.project_id}, "cluster": cluster}


def is_there(url: str) -> bool:
    try:
        return fetch(url).status == 200
    except (urllib.error.URLError, ConnectionError):
        return False


def test_text_that_a_pattern_takes_for_ever_over_is_refused_and_holds_up_nobody(service: Service) -> None:
    assert service.post("/clusters/", order(service, "short")).status == 201
    refused = service.post("/clusters/", order(service, "a" * 60 + "--"))
    assert (refused.status, refused.faults()) == (400, [("Invalid parameter", "/cluster/parameters/size")])
    assert service.post("/clusters/", order(service, "short")).status == 201
    assert service.get("/health").status == 200
    assert service.stop() == 0


ENDINGS = [(workers, number) for workers in "12" for number in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL)]


@pytest.mark.parametrize(
    ("service", "number"),
    some_of(ENDINGS, ("1", signal.SIGTERM), ("1", signal.SIGKILL), ("2", signal.SIGINT), ("2", signal.SIGKILL)),
    indirect=["service"],
)
def test_sandbox_ends_with_the_service_whatever_ends_that(service: Service, number: signal.Signals) -> None:
    url = find_sandbox(service)
    assert is_there(url)
    service.process.send_signal(number)
    assert service.wait() == (-number if number == signal.SIGKILL else 0)
    wait_until(lambda: not is_there(url), "the sandbox gone", STOP_SECONDS)


def is_held(url: str) -> bool:
    """Whether any process holds the socket that listens at a URL's port (proc(5): local address, then state)."""
    port, listens = urllib.parse.urlsplit(url).port, "0A"
    sockets = [line.split()[1:4:2] for line in Path("/proc/net/tcp").read_text().splitlines()]
    return [f"0100007F:{port:04X}", listens] in sockets


@pytest.mark.parametrize("service", ["2"], indirect=True)
def test_nobody_holds_the_socket_of_a_sandbox_that_has_ended_while_builds_in_progress_are_waited_for(
    service: Service,
) -> None:
    url = find_sandbox(service)
    assert is_held(url)
    worker, *_ = service.children
    os.kill(worker, signal.SIGSTOP)  # as one that is busy with a build
    try:
        service.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not is_held(url), "the sandbox's socket closed")
        assert service.process.poll() is None
    finally:
        os.kill(worker, signal.SIGCONT)
    assert service.wait() == 0


@pytest.mark.parametrize("service", ["1"], indirect=True)
def test_sandbox_stays_for_builds_in_progress_where_ctrl_c_reaches_all_processes(service: Service) -> None:
    first = service.process.pid
    (sandbox,) = Path(f"/proc/{first}/task/{first}/children").read_text().split()
    os.kill(int(sandbox), signal.SIGINT)
    assert service.post("/clusters/", order(service, "short")).status == 201


@pytest.mark.parametrize("host", some_of(["0.0.0.0", "127.0.0.1"], "0.0.0.0"))
def test_command_that_is_printed_calls_the_service_by_an_address_that_can_be_connected_to(
    tmp_path: Path, host: str
) -> None:
    with Service(tmp_path / "instance", {"SANDBOX_PORT": "0", "HOST": host}, ("--sandbox",)) as service:
        assert re.search(r"--request POST http://127\.0\.0\.1:\d+/clusters/", service.log)
