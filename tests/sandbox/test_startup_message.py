"""What a newcomer reads first."""

from __future__ import annotations

import json
import shlex

from builder.sandbox import Sandbox, format_startup_message
from tests.sandbox.clients import sign_in


def curl_of(text: str) -> list[str]:
    """The words of the command that the text ends with."""
    return shlex.split(text[text.index("curl ") :])


def test_startup_message_says_where_and_who(sandbox: Sandbox) -> None:
    text = format_startup_message(sandbox, "http://127.0.0.1:42378")
    credentials = sandbox.credentials
    for fact in (
        sandbox.auth_url,
        credentials.user_id,
        credentials.username,
        credentials.password,
        credentials.project_id,
        credentials.region_name,
    ):
        assert fact in text


def test_command_launches_a_cluster_by_ids(sandbox: Sandbox) -> None:
    words = curl_of(format_startup_message(sandbox, "http://127.0.0.1:42378/"))
    assert words[:4] == ["curl", "--request", "POST", "http://127.0.0.1:42378/clusters/"]
    body = json.loads(words[words.index("--data") + 1])
    assert body == {
        "cloud_env": {
            "auth_url": sandbox.auth_url,
            "user_id": sandbox.credentials.user_id,
            "password": "sandbox",
            "project_id": sandbox.credentials.project_id,
        },
        "cluster": {"cluster_type_id": "self-contained", "name": "my-first-cluster", "parameters": {}},
    }
    user = {"id": body["cloud_env"]["user_id"], "password": body["cloud_env"]["password"]}
    assert sign_in(sandbox, user, {"id": body["cloud_env"]["project_id"]}).status == 201


def test_without_a_service_there_is_no_command(sandbox: Sandbox) -> None:
    assert "curl" not in format_startup_message(sandbox)
