"""What is launched here, and how: as the Visualisation App does it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml
from keystoneauth1.exceptions import EndpointNotFound

from tests.conftest import EXAMPLES
from tests.contract.clouds import Cloud, Stacks
from tests.service import Answer, Service

CLUSTER = "endtoend"
"""The name of every cluster here."""

SETTLE_SECONDS = 150.0
"""A control plane on two cores has moments in which it does nothing for half a minute."""

TEST_SECONDS = 3 * SETTLE_SECONDS + 180
"""What is left of an earlier cluster is waited for, this one, and its deletion."""


@dataclass(frozen=True, slots=True)
class Launch:
    """One cluster to launch; it takes Nova, Neutron and Glance unless it needs ``heat_only``."""

    cluster_type: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    selections: Mapping[str, bool] = field(default_factory=dict)
    heat_only: bool = False

    def __str__(self) -> str:
        selected = [name for name, is_wanted in self.selections.items() if is_wanted]
        return "+".join([self.cluster_type, *selected])

    def post(self, service: Service, cloud: Cloud) -> Answer:
        """Launch it; skip the test where the cloud lacks what it takes."""
        if not self.heat_only:
            _require_compute(cloud)
        return post(
            service,
            cloud,
            {
                "cluster_type_id": self.cluster_type,
                "name": CLUSTER,
                "parameters": self.parameters,
                "selections": self.selections,
            },
        )


IMAGE_AND_KEY = {"image": "fedora-coreos", "key_name": "test-key"}

ANSWERS: Mapping[str, Mapping[str, str]] = {
    "self-contained": {"node_count": "2", "start_seconds": "1"},
    "hpc-cluster": {**IMAGE_AND_KEY, "clustername": "hpc-test"},
    "database-cluster": {**IMAGE_AND_KEY, "owner_password": "long-enough-12345"},
    "dask-cluster": {**IMAGE_AND_KEY, "notebook_token": "0123456789abcdef"},
    "k3s-cluster": {**IMAGE_AND_KEY, "join_token": "0123456789abcdef0123"},
}
"""What is answered for each of the shipped examples that make stacks."""


def shipped_launches() -> Iterator[Launch]:
    """Every shipped example that makes stacks, with every combination of its optional components."""
    for path in sorted(EXAMPLES.iterdir()):
        definition = yaml.safe_load((path / "cluster-type.yaml" if path.is_dir() else path).read_text())
        if definition["kind"] != "heat":
            continue
        components = definition.get("components", [])
        optional = [component["name"] for component in components if component.get("optional")]
        for chosen in itertools.product([False, True], repeat=len(optional)):
            selections = dict(zip(optional, chosen, strict=True))
            yield Launch(path.stem, ANSWERS[path.stem], selections, heat_only=path.stem == "self-contained")


def post(service: Service, cloud: Cloud, cluster: Mapping[str, Any], **cloud_env: Any) -> Answer:
    """Post a build as the Visualisation App does; where the cloud is late, once more, as docs/api.md advises."""
    by_ids = {"user_id": cloud.user_id, "project_id": cloud.project_id}
    credentials = {"auth_url": cloud.auth_url, "password": cloud.password, **(cloud_env or by_ids)}
    body = {"cloud_env": credentials, "cluster": cluster, "billing_account_id": None, "middleware_url": None}
    key = {"Idempotency-Key": f'"{os.urandom(8).hex()}"'}
    answer = service.post("/clusters/", body, key)
    return service.post("/clusters/", body, key) if answer.status == 504 else answer


def finish(stacks: Stacks, answer: Answer) -> Any:
    """Wait for the stack that an answer names, and give what became of it."""
    assert answer.status == 201, answer.body
    return stacks.settle(answer.json()["id"], SETTLE_SECONDS)


def _require_compute(cloud: Cloud) -> None:
    """Skip where the cloud has Heat alone."""
    try:
        url = cloud.session().get_endpoint(service_type="compute", region_name=cloud.region_name)
    except EndpointNotFound:
        url = None
    if url is None:
        pytest.skip("this cloud has no compute service")
