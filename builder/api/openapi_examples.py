"""The examples of the OpenAPI description. A test holds each against its schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CLOUD_ENV: dict[str, Any] = {
    "auth_url": "https://keystone.example.com:5000/v3",
    "user_id": "0de300000000000000000000000000b1",
    "password": "sandbox",
    "project_id": "0de300000000000000000000000000a1",
}

BUILD_BY_IDS: dict[str, Any] = {
    "cloud_env": CLOUD_ENV,
    "cluster": {
        "name": "mycluster",
        "cluster_type_id": "self-contained",
        "parameters": {"node_count": "3", "greeting": "Hello"},
        "selections": {},
    },
}

BUILD_BY_NAMES: dict[str, Any] = {
    "cloud_env": {
        "auth_url": "https://keystone.example.com:5000",
        "username": "demo",
        "user_domain_name": "Default",
        "password": "sandbox",
        "project_name": "demo",
        "project_domain_name": "Default",
    },
    "cluster": {"name": "mycluster", "cluster_type_id": "self-contained"},
}

BUILT_CLUSTER: dict[str, Any] = {
    "id": "2d1b6d4c-8e62-4bd4-a1c2-5f31c3a2e7f0",
    "name": "mycluster--k3vq7x2mzr5a",
}

BUILD_PREVIEW: dict[str, Any] = {
    "resources": [
        {"type": "OS::Nova::Server", "count": 3, "names": ["nodes.0", "nodes.1", "nodes.2"]},
        {"type": "OS::Neutron::Net", "count": 1, "names": ["network"]},
    ],
    "limits": [
        {"resource": "instances", "unit": "", "required": 3, "available": 7},
        {"resource": "ram", "unit": "MiB", "required": 6144, "available": None},
    ],
}

CLOUD_ASSETS: dict[str, Any] = {
    "flavors": [{"id": "m1.small", "name": "m1.small"}],
    "images": [{"id": "Rocky 9", "name": "Rocky 9"}],
    "networks": [{"id": "public", "name": "public", "external": True}],
    "keypairs": [{"id": "laptop", "name": "laptop"}],
    "sahara.plugins": [],
    "sahara.images": [],
    "sahara.cluster_templates": [],
}

CLUSTER_TYPE: dict[str, Any] = {
    "id": "self-contained",
    "title": "Self-contained demonstration",
    "description": "Makes a number of **imaginary nodes**.",
    "parameters": {
        "node_count": {
            "type": "number",
            "label": "Number of nodes",
            "description": "How many imaginary nodes to start.",
            "default": 2,
            "hidden": False,
            "immutable": False,
            "constraints": [{"range": {"min": 1, "max": 20}, "description": "Between 1 and 20 nodes."}],
        }
    },
    "parameter_groups": [],
    "last_modified": "Sun, 06 Nov 1994 08:49:37 GMT",
    "order": 10,
    "logo_url": None,
    "instructions": [],
}

ERRORS: Mapping[str, Any] = {
    "400": {
        "errors": [
            {
                "status": "400",
                "title": "Invalid parameter",
                "detail": "Between 1 and 20 nodes.",
                "source": {"pointer": "/cluster/parameters/node_count"},
            }
        ]
    },
    "504": {
        "errors": [
            {
                "status": "504",
                "title": "Cloud timed out",
                "detail": "Not done within 50 seconds. Stack mycluster--k3vq7x2mzr5a may have been created all the "
                "same: look for it before you try again.",
            }
        ]
    },
}
