"""Compute, block storage, image and network on loopback: the few answers of theirs that are read."""

from __future__ import annotations

from typing import Any

from tests.openstack.remembering_heat import RememberingHeat
from tests.openstack.replay_cloud import PROJECT_ID, Behaviour, Received, answer, catalog_entry

COMPUTE, VOLUME, IMAGE, NETWORK = "/compute/v2.1", f"/volume/v3/{PROJECT_ID}", "/image", "/network"
UNLIMITED = -1


def version_document(url: str, version: str) -> dict[str, Any]:
    links = [{"rel": "self", "href": url}]
    return {"id": version, "status": "CURRENT", "version": "", "min_version": "", "links": links}


class WholeCloud(RememberingHeat):
    """A cloud with every service that is asked; ``answers`` maps paths, without query, to what is answered there."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.catalog += [
            catalog_entry("compute", f"{self.url}{COMPUTE}"),
            catalog_entry("volumev3", f"{self.url}{VOLUME}"),
            catalog_entry("image", f"{self.url}{IMAGE}"),
            catalog_entry("network", f"{self.url}{NETWORK}"),
        ]
        self.previewed: list[Any] = []
        self.answers: dict[str, bytes | Behaviour] = {
            COMPUTE: answer(200, {"version": version_document(f"{self.url}{COMPUTE}/", "v2.1")}),
            IMAGE: answer(300, {"versions": [version_document(f"{self.url}{IMAGE}/v2/", "v2.9")]}),
            "/volume/v3": answer(200, {"versions": [version_document(f"{self.url}/volume/v3/", "v3.0")]}),
        }
        flavors = [("1", "m1.small", 1, 2048), ("2", "m1.medium", 2, 4096)]
        self.set(f"{COMPUTE}/flavors", {"flavors": [{"id": id_, "name": name} for id_, name, _, _ in flavors]})
        self.set(
            f"{COMPUTE}/flavors/detail",
            {"flavors": [{"id": id_, "name": name, "vcpus": cpus, "ram": ram} for id_, name, cpus, ram in flavors]},
        )
        self.set(f"{COMPUTE}/os-keypairs", {"keypairs": [{"keypair": {"name": "laptop"}}]})
        self.set(f"{IMAGE}/v2/images", {"images": [{"id": "i1", "name": "rocky"}, {"id": "i2", "name": None}]})
        self.set(
            f"{NETWORK}/v2.0/networks",
            {
                "networks": [
                    {"id": "n1", "name": "public", "router:external": True},
                    {"id": "n2", "name": "inside", "router:external": False},
                    {"id": "n3", "name": ""},
                ]
            },
        )
        self.set_limits(COMPUTE, maxTotalInstances=10, totalInstancesUsed=1, maxTotalCores=20, totalCoresUsed=11)
        self.set_limits(VOLUME, maxTotalVolumes=10, totalVolumesUsed=0)

    def set(self, path: str, body: Any, status: int = 200) -> None:
        """Answer ``body`` there."""
        self.answers[path] = answer(status, body)

    def set_limits(self, service: str, **absolute: Any) -> None:
        """Let a service have these absolute limits."""
        self.set(f"{service}/limits", {"limits": {"rate": [], "absolute": absolute}})

    def without(self, *service_types: str) -> None:
        """Take services out of the catalogue."""
        self.catalog = [entry for entry in self.catalog if entry["type"] not in service_types]

    def respond(self, request: Received) -> bytes | Behaviour:
        path = request.path.partition("?")[0].rstrip("/")
        if path in self.answers:
            return self.answers[path]
        if path.endswith("/stacks/preview"):
            return answer(200, {"stack": {"stack_name": request.json["stack_name"], "resources": self.previewed}})
        return super().respond(request)


def previewed(kind: str, name: str, stack_name: str = "", **properties: Any) -> dict[str, Any]:
    """A resource as Heat's preview shows it."""
    return {"resource_type": kind, "resource_name": name, "stack_name": stack_name, "properties": properties}
