"""The text a person sees when the sandbox starts: where it is, whose it is, and what to paste.

Apart from the sandbox, as pure text, most of which is in ``startup_message.txt``.
"""

from __future__ import annotations

import json
import shlex
from importlib.resources import files

from builder.sandbox.cloud import Sandbox


def format_startup_message(sandbox: Sandbox, service_url: str | None = None) -> str:
    """Return what to print when a sandbox has started.

    With ``service_url``, the URL of a running Cluster Builder, the text ends with a command that launches a cluster of
    one of the examples. The password is in the text on purpose: it opens nothing but the sandbox.
    """
    text = files(__package__).joinpath("startup_message.txt").read_text(encoding="utf-8")
    told = text.format(auth_url=sandbox.auth_url, own=sandbox.credentials)
    if service_url is None:
        return told
    cluster = {"cluster_type_id": "self-contained", "name": "my-first-cluster", "parameters": {}}
    body = json.dumps({"cloud_env": sandbox.cloud_env, "cluster": cluster})
    return f"""{told}
Launch a cluster:

  curl --request POST {shlex.quote(service_url.rstrip("/") + "/clusters/")} \\
    --header 'Content-Type: application/json' \\
    --data {shlex.quote(body)}
"""
