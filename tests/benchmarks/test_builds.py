"""What a build costs, and how many go on at once: ratios of one run, printed. Nothing asserts a time."""

from __future__ import annotations

import http.client
import json
import math
import os
import secrets
import selectors
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlsplit

import pytest

from builder.kinds.heat.stack_creation import heat_client
from builder.openstack.connection import DEFAULT_REGION
from builder.openstack.limits import has_limits
from tests.benchmarks.load import cpu_seconds
from tests.benchmarks.running import read_for
from tests.openstack.real_cloud import cloud_env, connected
from tests.openstack.replay_cloud import PASSWORD, PROJECT_ID
from tests.service import Service, fetch, wait_until

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(300)]

IN_FLIGHT = 100
HEAT_SECONDS = 2.0
PAIRS = 150
"""How many builds are compared, after so many that only warm up:"""
WARMING = 20


class Helper:
    """A process of ours that is told something by a line, and answers by a line."""

    def __init__(self, module: str, *arguments: str) -> None:
        command = [sys.executable, "-m", f"tests.benchmarks.{module}", *arguments]
        self.process = subprocess.Popen(
            command, cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, line: str) -> str:
        """Send a line and wait for the answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return self.read()

    def read(self) -> str:
        """The next line."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        assert line, "the helper has ended"
        return line

    def close(self) -> None:
        """End it by the end of its input."""
        self.process.communicate()


@contextmanager
def helping(module: str, *arguments: str) -> Iterator[Helper]:
    helper = Helper(module, *arguments)
    try:
        yield helper
    finally:
        helper.close()


def credentials(url: str) -> dict[str, str]:
    return {"auth_url": f"{url}/v3", "user_id": "u1", "project_id": PROJECT_ID, "password": PASSWORD}


def order(env: dict[str, str], name: str) -> bytes:
    answers = {"node_count": "1", "start_seconds": "0", "greeting": "Hello"}
    cluster = {"name": name, "cluster_type_id": "type-0", "parameters": answers, "selections": {}}
    return json.dumps({"cloud_env": env, "cluster": cluster}).encode()


# --- many at once -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [32, 100])
def test_many_builds_in_flight_end_by_the_arithmetic_of_the_pool(serve: Callable[..., Service], workers: int) -> None:
    with helping("slow_cloud", str(HEAT_SECONDS)) as slow:
        env = credentials(slow.read())
        service = serve(100, LOG_LEVEL="INFO", BUILD_WORKERS=str(workers))
        wait_until(lambda: service.post("/clusters", json.loads(order(env, "warm"))).status == 201, "warm", 30)
        idle = read_for(service, 5)
        busy: list[float] = []
        arithmetic = math.ceil(IN_FLIGHT / workers) * HEAT_SECONDS
        reader = threading.Thread(target=lambda: busy.extend(read_for(service, arithmetic)))
        reader.start()
        taken = send_at_once(service, [order(env, f"many{number}") for number in range(IN_FLIGHT)])
        reader.join()
    p99_idle, p99_busy = quantiles(idle, n=100)[98], quantiles(busy, n=100)[98]
    print(
        f"\n{IN_FLIGHT} builds in flight, Heat takes {HEAT_SECONDS:g} s each, {workers} at once: the last is answered "
        f"after {max(taken):.2f} s, {max(taken) - arithmetic:+.2f} s to the pool's arithmetic of {arithmetic:g} s; "
        f"median {median(taken):.2f} s"
    )
    print(
        f"listings of 100 types meanwhile: p99 {p99_busy * 1000:.1f} ms, {p99_busy / p99_idle:.1f} times the "
        f"{p99_idle * 1000:.1f} ms when idle; slowest {max(busy) * 1000:.0f} ms"
    )


def send_at_once(service: Service, bodies: list[bytes]) -> list[float]:
    """Send builds, each on a connection of its own, and tell how long each took; all must succeed."""
    address = urlsplit(service.url)
    head = f"POST /clusters HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: application/json\r\n"
    connections = [socket.create_connection((address.hostname or "", address.port or 0)) for _ in bodies]
    answers = dict.fromkeys(connections, b"")
    taken = []
    began = time.perf_counter()
    with selectors.DefaultSelector() as waiting:
        for connection, body in zip(connections, bodies, strict=True):
            connection.sendall(f"{head}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
            waiting.register(connection, selectors.EVENT_READ)
        while waiting.get_map():
            for key, _ in waiting.select():
                connection = next(each for each in connections if each is key.fileobj)
                received = connection.recv(1 << 16)
                answers[connection] += received
                if not received:
                    taken.append(time.perf_counter() - began)
                    waiting.unregister(connection)
                    connection.close()
    assert {answer.split(b"\r\n")[0] for answer in answers.values()} == {b"HTTP/1.1 201 Created"}
    return taken


# --- one after the other, beside a bare script ------------------------------------------------------------------------


class Builder:
    """Builds by the service, over one connection that is kept open."""

    def __init__(self, service: Service, cloud_env: dict[str, str]) -> None:
        self.process = service.process.pid
        self._connection = http.client.HTTPConnection(service.url.removeprefix("http://"))
        self._cloud_env = cloud_env
        self.made: list[str] = []

    def __call__(self, name: str) -> None:
        body = order(self._cloud_env, name)
        self._connection.request("POST", "/clusters", body, {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        content = response.read()
        assert response.status == 201, content
        self.made.append(json.loads(content)["name"])

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


class Script:
    """Stacks by the bare script, which gets the body that the service sent for the same order."""

    def __init__(self, helper: Helper, cloud_env: dict[str, str], stack: dict[str, Any], before: list[str]) -> None:
        self.process = helper.process.pid
        self._helper = helper
        credentials = {name: value for name, value in cloud_env.items() if name != "region_name"}
        region = cloud_env.get("region_name", DEFAULT_REGION)
        self._order = {"credentials": credentials, "region": region, "before": before}
        self._stack = stack
        self.made: list[str] = []

    def __call__(self, name: str) -> None:
        made = f"{name}--{secrets.token_hex(6)}"
        self._helper.ask(json.dumps({**self._order, "stack": {**self._stack, "stack_name": made}}))
        self.made.append(made)


@dataclass(frozen=True, slots=True)
class Cost:
    """What builds cost: seconds by the clock, each, and CPU seconds of their process, on average."""

    taken: list[float]
    cpu: float


def compare(one: Builder, other: Script, pairs: int, warming: int = WARMING) -> tuple[Cost, Cost]:
    """Build by the one and by the other in turn."""
    makers: tuple[Builder | Script, ...] = (one, other)
    for number in range(warming):
        for maker in makers:
            maker(f"warm{number}")
    before = [cpu_seconds(maker.process) for maker in makers]
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(pairs):
        for maker, durations in zip(makers, taken, strict=True):
            began = time.perf_counter()
            maker(f"pair{number}")
            durations.append(time.perf_counter() - began)
    spent = [(cpu_seconds(maker.process) - start) / pairs for maker, start in zip(makers, before, strict=True)]
    return Cost(taken[0], spent[0]), Cost(taken[1], spent[1])


def tell(our: Cost, their: Cost) -> str:
    ours, theirs = median(our.taken), median(their.taken)
    return (
        f"{ours / theirs:.2f} times the bare script's by the clock ({ours * 1000:.1f}/{theirs * 1000:.1f} ms, medians "
        f"of {len(our.taken)}), {our.cpu / their.cpu:.2f} times by CPU time ({our.cpu * 1000:.1f}/"
        f"{their.cpu * 1000:.1f} ms)"
    )


def take_requests(url: str) -> list[dict[str, str]]:
    """What a slow cloud was asked since this was asked last."""
    taken: list[dict[str, str]] = fetch(f"{url}/requests").json()["requests"]
    return taken


def start_script(helper: Helper, cloud_env: dict[str, str], ours: list[dict[str, str]]) -> Script:
    """The bare script, told to make the requests that the service made."""
    paths = [each["path"] for each in ours]
    before = [
        what for what, end in (("preview", "/preview"), ("limits", "/limits")) if any(end in path for path in paths)
    ]
    return Script(helper, cloud_env, json.loads(ours[-1]["body"]), before)


@pytest.mark.parametrize("services", ["alone", "whole"])
@pytest.mark.parametrize("seconds", [0.0, 0.2])
def test_build_beside_the_same_calls_of_a_bare_script(
    serve: Callable[..., Service], services: str, seconds: float
) -> None:
    with (
        helping("slow_cloud", str(seconds), services) as slow,
        helping("bare_script") as helper,
        closing(Builder(serve(10, LOG_LEVEL="INFO"), credentials(url := slow.read()))) as build,
    ):
        build("warm")
        take_requests(url)
        build("first")
        ours = take_requests(url)
        script = start_script(helper, credentials(url), ours)
        script("first")
        theirs = take_requests(url)
        assert [(each["method"], each["path"]) for each in ours] == [(each["method"], each["path"]) for each in theirs]
        our, their = compare(build, script, PAIRS if not seconds else PAIRS // 5)
    told = ", ".join(f"{each['method']} {each['path'].partition('?')[0]}" for each in ours)
    print(f"\na build of {len(ours)} requests ({told}), Heat answers after {seconds:g} s: {tell(our, their)}")


@pytest.mark.skipif("OS_AUTH_URL" not in os.environ, reason="no real cloud is named")
def test_build_beside_a_bare_script_on_a_real_cloud(serve: Callable[..., Service]) -> None:
    service = serve(10, LOG_LEVEL="INFO")
    with helping("slow_cloud", "0", "whole") as slow:
        url = slow.read()
        with closing(Builder(service, credentials(url))) as build:
            build("first")
        ours = [each for each in take_requests(url) if "/compute" not in each["path"]]
    with connected() as cloud:
        before_creating = has_limits(cloud)
    ours = ours if before_creating else ours[-1:]
    with helping("bare_script") as helper, closing(Builder(service, cloud_env())) as build:
        script = start_script(helper, cloud_env(), ours)
        try:
            our, their = compare(build, script, 20, 3)
        finally:
            delete([*build.made, *script.made])
    calls = "token, preview, creation" if before_creating else "token, creation"
    print(f"\na build on the cloud at OS_AUTH_URL ({calls}): {tell(our, their)}")


def delete(names: list[str]) -> None:
    with connected() as cloud:
        for stack in heat_client(cloud).stacks.list():
            if stack.stack_name in names:
                heat_client(cloud).stacks.delete(f"{stack.stack_name}/{stack.id}")
