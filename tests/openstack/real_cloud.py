"""A real cloud, as the ``OS_*`` variables of ``openstack`` name it, and a proxy before it that loses answers."""

from __future__ import annotations

import http.client
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from builder.kinds.heat.stack_creation import heat_client
from builder.openstack.connection import Cloud, connect
from builder.openstack.credentials import parse_credentials
from builder.openstack.deadline import Deadline
from tests.openstack.replay_cloud import Behaviour, Received, WireServer, answer
from tests.openstack.settings import cloud_settings

VARIABLES = {
    "auth_url": "OS_AUTH_URL",
    "password": "OS_PASSWORD",
    "username": "OS_USERNAME",
    "user_domain_id": "OS_USER_DOMAIN_ID",
    "user_domain_name": "OS_USER_DOMAIN_NAME",
    "project_id": "OS_PROJECT_ID",
    "project_name": "OS_PROJECT_NAME",
    "project_domain_id": "OS_PROJECT_DOMAIN_ID",
    "project_domain_name": "OS_PROJECT_DOMAIN_NAME",
    "region_name": "OS_REGION_NAME",
}
SETTINGS = cloud_settings()


def cloud_env() -> dict[str, str]:
    """``cloud_env`` of a build request, from the environment."""
    return {key: os.environ[name] for key, name in VARIABLES.items() if os.environ.get(name)}


@contextmanager
def connected(seconds: float = 60) -> Iterator[Cloud]:
    with connect(parse_credentials(cloud_env()), SETTINGS, Deadline(seconds)) as cloud:
        yield cloud


@contextmanager
def scratch_type() -> Iterator[str]:
    """The id of a cluster type, whose stacks are deleted afterwards."""
    type_id = f"builder-test-{secrets.token_hex(4)}"
    try:
        yield type_id
    finally:
        with connected() as cloud:
            stacks = heat_client(cloud).stacks
            for stack in stacks.list(filters={"tags": f"concertim-type:{type_id}"}):
                stacks.delete(f"{stack.stack_name}/{stack.id}")


class LosingProxy(WireServer):
    """Stands before Keystone and Heat; while ``losing``, a creation reaches Heat and its answer is thrown away."""

    def __init__(self) -> None:
        super().__init__()
        self.losing = False
        self._keystone = urlsplit(cloud_env()["auth_url"])
        self._heat = self._keystone

    def cloud_env(self) -> dict[str, str]:
        return {**cloud_env(), "auth_url": f"{self.url}{self._keystone.path}"}

    def respond(self, request: Received) -> bytes | Behaviour:
        if request.path.startswith(f"{self._keystone.path}/auth"):
            status, headers, body = _forward(self._keystone.netloc, request)
            return answer(status, self._through_us(json.loads(body)), headers=headers)
        status, headers, body = _forward(self._heat.netloc, request)
        if self.losing and request.method == "POST" and status == 201:
            return b""
        return answer(status, body, headers=headers)

    def _through_us(self, token: dict[str, Any]) -> dict[str, Any]:
        for service in token.get("token", {}).get("catalog", []):
            for endpoint in service["endpoints"]:
                if service["type"] == "orchestration" and endpoint["region"] == os.environ.get("OS_REGION_NAME"):
                    self._heat = urlsplit(endpoint["url"])
                    endpoint["url"] = f"{self.url}{self._heat.path}"
        return token


def _forward(netloc: str, request: Received) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(netloc, timeout=30)
    try:
        headers = {name: value for name, value in request.headers.items() if name != "host"}
        connection.request(request.method, request.path, request.body or None, headers)
        response = connection.getresponse()
        token = response.headers.get("X-Subject-Token")
        return response.status, {"X-Subject-Token": token} if token else {}, response.read()
    finally:
        connection.close()
