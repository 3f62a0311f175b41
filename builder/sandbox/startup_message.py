"""The text a person sees when the sandbox starts: where it is, whose it is, and what to paste.

Apart from the sandbox, as pure text.
"""

from __future__ import annotations

import json
import shlex

from builder.sandbox.cloud import Sandbox


def format_startup_message(sandbox: Sandbox, service_url: str | None = None) -> str:
    """Return what to print when a sandbox has started.

    With ``service_url``, the URL of a running Cluster Builder, the text ends with a command that launches a cluster of
    one of the examples. The password is in the text on purpose: it opens nothing but the sandbox.
    """
    credentials = sandbox.credentials
    lines = [
        "Sandbox cloud (nothing in it is real, and nothing outlives it)",
        "",
        f"  auth URL   {sandbox.auth_url}",
        f"  user       {credentials.username}   (id {credentials.user_id})",
        f"  password   {credentials.password}",
        f"  project    {credentials.project_name}   (id {credentials.project_id})",
        f"  domain     {credentials.user_domain_name}   (id {credentials.user_domain_id})",
        f"  region     {credentials.region_name}",
        "",
        "It has Keystone and Heat: it launches types of the kind heat; those of the kind magnum take a real cloud.",
        "",
        "Use it with the openstack command:",
        "",
        f"  export OS_IDENTITY_API_VERSION=3 OS_AUTH_URL={sandbox.auth_url}",
        f"  export OS_USERNAME={credentials.username} OS_PASSWORD={credentials.password}",
        f"  export OS_PROJECT_NAME={credentials.project_name} OS_REGION_NAME={credentials.region_name}",
        f"  export OS_USER_DOMAIN_ID={credentials.user_domain_id}",
        f"  export OS_PROJECT_DOMAIN_ID={credentials.project_domain_id}",
        "  openstack stack list",
    ]
    if service_url is not None:
        cluster = {"cluster_type_id": "self-contained", "name": "my-first-cluster", "parameters": {}}
        lines += [
            "",
            "Launch a cluster:",
            "",
            f"  curl --request POST {shlex.quote(service_url.rstrip('/') + '/clusters/')} \\",
            "    --header 'Content-Type: application/json' \\",
            f"    --data {shlex.quote(json.dumps({'cloud_env': sandbox.cloud_env, 'cluster': cluster}))}",
        ]
    return "\n".join(lines) + "\n"
