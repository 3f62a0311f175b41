"""More secrets than can be looked for: nobody waits, and none is shown."""

from __future__ import annotations

import http.client
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from builder.logs.redaction import LEFT_OUT
from tests.openstack.replay_cloud import ReplayCloud, answer
from tests.security.test_canaries import DEFINITION, HIDDEN, PASSWORD
from tests.service import Answer, Service, wait_until

TIMEOUT_SECONDS = 15.0
"""For what takes milliseconds, and took more than the fifty seconds that a build may take."""

CHARACTERS = [chr(0x4E00 + number) for number in range(20_000)]

MANY: dict[str, list[str]] = {
    "of two characters": [first + second for first in "一丁" for second in CHARACTERS],
    "of one word each": [f"s3cr3t{number}" for number in range(20_000)],
    "that each encoding writes otherwise": [f"\"s3cr3t'{number}é/ " for number in range(8_000)],
    "that begin each other": ["s3cr3t" * number for number in range(1, 250)],
}


@pytest.mark.parametrize("many", MANY)
def test_secrets_without_number_hold_nobody_up_and_are_not_shown(tmp_path: Path, cloud: ReplayCloud, many: str) -> None:
    said = f"no luck with {MANY[many][7]} and {HIDDEN}; " * 4000
    cloud.orchestration = answer(400, {"error": {"message": said, "type": "StackValidationFailed"}})
    body: dict[str, Any] = {
        "cloud_env": cloud.credentials(password=PASSWORD),
        "cluster": {
            "name": "canary",
            "cluster_type_id": "secretive",
            "parameters": {"admin": HIDDEN, "access": {}, "names": MANY[many]},
        },
    }
    sent = json.dumps(body, ensure_ascii=False).encode()
    with Service(tmp_path, {"LOG_LEVEL": "DEBUG"}) as service:
        (service.enabled / "secretive.yaml").write_text(DEFINITION)
        wait_until(lambda: service.ids() == ["secretive"], "the type is listed")
        answers: list[Answer] = []
        build = threading.Thread(target=lambda: answers.append(service.post("/clusters/", sent)), daemon=True)
        build.start()
        while build.is_alive():
            client = http.client.HTTPConnection(service.url.removeprefix("http://"), timeout=TIMEOUT_SECONDS)
            client.request("GET", "/health")
            assert client.getresponse().status == 200
            client.close()
            build.join(0.05)
        (built,) = answers
        assert built.status == 400
        assert (LEFT_OUT in built.json()["errors"][0]["detail"]) == (len(MANY[many]) > 500)
        assert service.stop() == 0
    for secret in (MANY[many][7], HIDDEN, PASSWORD):
        assert secret not in built.body.decode()
        assert secret not in service.settled_log()
