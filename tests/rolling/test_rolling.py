"""Two replicas behind a real nginx, restarted in turn under load: no request is lost, and none is done twice."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from builder.sandbox import Sandbox
from tests.rolling.nginx import Nginx, find_nginx, free_port
from tests.service import Service, fetch, minimal_definition, wait_until

NGINX = find_nginx()
ROUNDS = int(os.environ.get("ROLLING_ROUNDS", "2"))
"""How often both replicas are restarted."""

pytestmark = [
    pytest.mark.rolling,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        NGINX is None, reason="there is no nginx here: install it, or name the program in NGINX_PROGRAM"
    ),
]


@dataclass
class Load:
    """Clients that ask without a pause until they are told to stop, and what they were answered."""

    nginx: Nginx
    cloud: Sandbox
    built: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    reads: int = 0
    sent: int = 0
    repeated: int = 0
    _stopping: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._numbers = itertools.count()

    def start(self) -> None:
        for client in (self._build, self._build, self._build_with_key, self._build_with_key, self._read, self._read):
            self._threads.append(threading.Thread(target=self._go_on, args=(client,)))
            self._threads[-1].start()

    def wait_for_answers(self, number: int) -> None:
        """Wait until so many more builds and listings were answered."""
        sent, reads = self.sent + number, self.reads + number
        wait_until(lambda: self.sent >= sent and self.reads >= reads, "requests are answered", 60)

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(70)
            assert not thread.is_alive()

    def _go_on(self, client: Callable[[http.client.HTTPSConnection], None]) -> None:
        connection = http.client.HTTPSConnection("127.0.0.1", self.nginx.port, timeout=70, context=self.nginx.context)
        while not self._stopping.is_set():
            try:
                client(connection)
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                connection.close()
        connection.close()

    def _read(self, connection: http.client.HTTPSConnection) -> None:
        status, body, _ = self._ask(connection, "GET", "/cluster-types/")
        if status == 200 and [listed["id"] for listed in body] == ["small"]:
            self.reads += 1

    def _build(self, connection: http.client.HTTPSConnection) -> None:
        name = f"plain-{next(self._numbers)}"
        self._post(connection, name, {})

    def _build_with_key(self, connection: http.client.HTTPSConnection) -> None:
        """The same build twice, as by a client that did not hear the first answer."""
        name = f"keyed-{next(self._numbers)}"
        for _ in range(2):
            self._post(connection, name, {"Idempotency-Key": name})

    def _post(self, connection: http.client.HTTPSConnection, name: str, headers: Mapping[str, str]) -> None:
        who = self.cloud.credentials
        body = {
            "cloud_env": {
                "auth_url": self.cloud.auth_url,
                "user_id": who.user_id,
                "project_id": who.project_id,
                "password": who.password,
            },
            "cluster": {"name": name, "cluster_type_id": "small"},
        }
        status, answer, answered = self._ask(connection, "POST", "/clusters/", body, headers)
        if status != 201:
            return
        with self._lock:
            self.sent += 1
            self.repeated += answered.get("Idempotent-Replayed") == "true"
            if self.built.setdefault(name, answer["id"]) != answer["id"]:
                self.failures.append(f"{name}: two stacks")

    def _ask(
        self, connection: http.client.HTTPSConnection, method: str, path: str, body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any, Mapping[str, str]]:  # fmt: skip
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, {"Content-Type": "application/json", **(headers or {})})
        with connection.getresponse() as response:
            content = response.read()
        if response.status // 100 != 2:
            self.failures.append(f"{method} {path}: {response.status} {content[:500]!r}")
            return response.status, None, {}
        return response.status, json.loads(content), dict(response.getheaders())


def stacks(cloud: Sandbox) -> list[str]:
    """The ids of all stacks that the cloud has, asked of it as any client would."""
    who = cloud.credentials
    user = {"id": who.user_id, "password": who.password}
    scope = {"project": {"id": who.project_id}}
    order = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}
    token = fetch(f"{cloud.auth_url}/auth/tokens", "POST", body=order)
    assert token.status == 201
    heat = next(service for service in token.json()["token"]["catalog"] if service["type"] == "orchestration")
    listed = fetch(f"{heat['endpoints'][0]['url']}/stacks", headers={"X-Auth-Token": token.headers["x-subject-token"]})
    return [stack["id"] for stack in listed.json()["stacks"]]


@pytest.fixture(params=["1", "2"], ids=["one worker each", "two workers each"])
def replicas(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Service]]:
    """Two services with the same type, started."""
    services = [Service(tmp_path / name, flags=flags(free_port(), request.param)) for name in ("a", "b")]
    try:
        for service in services:
            service.enabled.mkdir(parents=True)
            (service.enabled / "small.yaml").write_text(minimal_definition())
            service.start()
        yield services
    finally:
        for service in services:
            service.process.kill()
            service.wait()
            assert service.process.stdout is not None
            service.process.stdout.close()


def flags(port: int, workers: str) -> tuple[str, ...]:
    return ("--port", str(port), "--workers", workers)


def restart(services: list[Service], index: int) -> None:
    """Stop a replica as an upgrade does, start it again, and go on when it is ready."""
    old = services[index]
    old.process.send_signal(signal.SIGTERM)
    assert old.process.wait(70) == 0, old.log
    old.wait()
    assert old.process.stdout is not None
    old.process.stdout.close()
    services[index] = Service(old.instance, flags=old.flags).start()
    wait_until(lambda: services[index].get("/ready").status == 200, "it is ready again")


def port_of(service: Service) -> int:
    return int(service.flags[1])


def test_configuration_is_one_that_nginx_takes(tmp_path: Path) -> None:
    assert NGINX is not None
    assert Nginx(NGINX, tmp_path / "nginx", (free_port(), free_port())).check() == ""


def test_request_keeps_its_id_and_its_client_and_its_query_stays_out_of_both_logs(tmp_path: Path) -> None:
    assert NGINX is not None
    port = free_port()
    service = Service(tmp_path / "instance", {"TRUSTED_PROXIES": "127.0.0.0/8"}, ("--port", str(port)))
    with service, Nginx(NGINX, tmp_path / "nginx", (port, free_port())) as nginx:
        connection = http.client.HTTPSConnection("127.0.0.1", nginx.port, timeout=10, context=nginx.context)
        for path in ("/cluster-types?password=canary", "/cloud_assets/?password=canary"):
            connection.request("GET", path, headers={"X-Request-ID": "mine", "X-Forwarded-For": "192.0.2.7"})
            with connection.getresponse() as response:
                response.read()
            assert response.getheader("X-Request-ID") == "mine"
        connection.request("GET", "/cluster-types")
        with connection.getresponse() as response:
            response.read()
        assert re.fullmatch(r"[0-9a-f]{32}", response.getheader("X-Request-ID") or "")
        connection.close()
        wait_until(lambda: nginx.log.count("\n") == 3 and service.log.count(" request ") == 3, "all logged")
    assert service.log.count(" client=192.0.2.7 ") == 2
    assert "canary" not in service.log + nginx.log
    assert nginx.log.count(" mine\n") == 2


@pytest.mark.parametrize("running", [1, 0], ids=["one replica down", "both down"])
def test_password_stays_out_of_nginxs_logs_when_a_replica_is_down(tmp_path: Path, running: int) -> None:
    assert NGINX is not None
    service = Service(tmp_path / "instance", flags=("--port", str(free_port())))
    dead = free_port()
    with contextlib.ExitStack() as stack:
        live = port_of(stack.enter_context(service)) if running else free_port()
        nginx = stack.enter_context(Nginx(NGINX, tmp_path / "nginx", (live, dead)))
        for path in ("/cloud_assets", "/cloud_assets/", "//cloud_assets/", "/%63loud_assets/", "/health") * 2:
            connection = http.client.HTTPSConnection("127.0.0.1", nginx.port, timeout=10, context=nginx.context)
            stack.callback(connection.close)
            connection.request("GET", path + ("" if path == "/health" else "?password=canary"))
            with connection.getresponse() as response:
                response.read()
            assert (response.status == 502) is (running == 0)
        wait_until(lambda: nginx.log.count("\n") == 10, "all logged")
    assert any(" /cloud_assets/" in line and f":{dead}" in line for line in nginx.log.splitlines())
    assert 'request: "GET /health HTTP/1.1"' in nginx.errors
    assert "canary" not in nginx.log + nginx.errors


def test_rolling_restart_under_load_loses_no_request_and_doubles_none(tmp_path: Path, replicas: list[Service]) -> None:
    assert NGINX is not None
    with (
        Sandbox(quota_stacks=1_000_000, heat_latency=0.05) as cloud,
        Nginx(NGINX, tmp_path / "nginx", [port_of(service) for service in replicas]) as nginx,
    ):
        load = Load(nginx, cloud)
        load.start()
        try:
            for index in [0, 1] * ROUNDS:
                load.wait_for_answers(20)
                restart(replicas, index)
        finally:
            load.stop()
        print(
            f"{2 * ROUNDS} restarts: {load.sent} builds answered ({load.repeated} repeats), {load.reads} listings, "
            f"{len(load.failures)} failures"
        )
        assert load.failures == [], nginx.errors[-3000:]
        assert sorted(stacks(cloud)) == sorted(load.built.values())
        assert load.repeated == sum(name.startswith("keyed-") for name in load.built)
