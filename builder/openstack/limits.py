"""What a cluster needs beside what its project has left: Heat accepts a stack whose servers the quota forbids.

Only what can be read is compared. Needs are a lower bound: what Heat cannot resolve before the creation is not counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any

from builder.openstack.call_context import Service
from builder.openstack.cloud_services import MAX_NAME, ask_if_possible, has_service, open_sdk
from builder.openstack.connection import Cloud
from builder.openstack.failure_kinds import FailureKind

LIMITS_SHARE = 0.25
"""Of the time that a build has left, so much may be spent on its limits, all calls together: 12.5 of the default 50
seconds. A build does not fail because a service is slow to tell them, and its creation, which takes Heat as long as the
preview does, has the rest."""
UNLIMITED = -1
MAX_COUNT = 2**63 - 1
"""The largest number of a service that counts, for no database of theirs holds more."""
MAX_FLAVORS = 5000
"""No cloud has as many; its pages may have no end."""

# Name, unit, service, and the keys of the service's absolute limits: the limit, and what of it is used.
_LIMITS = (
    ("instances", "", Service.COMPUTE, "maxTotalInstances", "totalInstancesUsed"),
    ("vcpus", "", Service.COMPUTE, "maxTotalCores", "totalCoresUsed"),
    ("ram", "MiB", Service.COMPUTE, "maxTotalRAMSize", "totalRAMUsed"),
    ("volumes", "", Service.BLOCK_STORAGE, "maxTotalVolumes", "totalVolumesUsed"),
    ("gigabytes", "GiB", Service.BLOCK_STORAGE, "maxTotalVolumeGigabytes", "totalGigabytesUsed"),
)
_FLAVOR_PROPERTY = {"OS::Nova::Server": "flavor", "AWS::EC2::Instance": "InstanceType"}
_VOLUME_SIZE_PROPERTY = {"OS::Cinder::Volume": "size", "AWS::EC2::Volume": "Size"}
_BLOCK_DEVICES = ("block_device_mapping", "block_device_mapping_v2")


@dataclass(frozen=True, slots=True)
class PreviewedResource:
    """One resource that would be made. ``name`` is ``nodes.0`` for resource ``0`` of the group ``nodes``.

    ``properties`` are resolved, and may hold the values of hidden parameters: never show them.
    """

    type: str
    name: str
    properties: Mapping[str, Any] = field(default_factory=dict, repr=False)


Flavors = Mapping[str, tuple[int, int]]
"""The vCPUs and the MiB of RAM of servers of each size, by its name and by its id, which goes before a name."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a cluster needs of one limited thing. ``available`` is None where there is no limit."""

    resource: str
    unit: str
    required: int
    available: int | None

    @property
    def is_exceeded(self) -> bool:
        """Whether the project has less left than is required."""
        return self.available is not None and self.required > self.available

    def __str__(self) -> str:
        """The sentence for what is exceeded."""
        unit = f" {self.unit}" if self.unit else ""
        return (
            f"would exceed project's {self.resource} limit: requires {self.required}{unit}, "
            f"{self.available}{unit} available"
        )


def has_limits(cloud: Cloud) -> bool:
    """Whether the catalogue names a service that has limits to ask for."""
    return has_service(cloud, Service.COMPUTE) or has_service(cloud, Service.BLOCK_STORAGE)


def limited_time(cloud: Cloud) -> AbstractContextManager[None]:
    """A block in which a build's limits are looked at: whatever it asks for is late after :data:`LIMITS_SHARE`.

    Raises:
        RequestError: (504) the build's own deadline has passed.
    """
    return cloud.deadline.at_most(cloud.deadline.remaining() * LIMITS_SHARE)


def fetch_needs(cloud: Cloud, resources: Sequence[PreviewedResource]) -> tuple[Need, ...]:
    """What ``resources`` need and the project has left, as far as the services tell. Blocks until the deadline."""
    sdk = open_sdk(cloud)
    wanted = any(_flavors_of(resources))
    flavors = ask_if_possible(cloud, Service.COMPUTE, partial(_fetch_flavors, cloud, sdk)) if wanted else {}
    required = count_needs(resources, flavors)
    limits: dict[Service, Mapping[str, Any] | None] = {}
    for service in (Service.COMPUTE, Service.BLOCK_STORAGE):
        if any(required.get(name) for name, _, of, _, _ in _LIMITS if of is service):
            limits[service] = ask_if_possible(cloud, service, partial(_fetch_limits, sdk, service))
    return tuple(_compare(required, limits))


def check_needs(needs: Sequence[Need]) -> None:
    """Refuse what the project's limits forbid. Raises RequestError (400) that names each one exceeded."""
    exceeded = [need for need in needs if need.is_exceeded]
    if exceeded:
        raise FailureKind.PROJECT_LIMIT_EXCEEDED.error("; ".join(map(str, exceeded)))


def count_needs(resources: Sequence[PreviewedResource], flavors: Flavors | None) -> dict[str, int]:
    """How much of each limited thing the resources need; without ``flavors``, vCPUs and RAM are not counted."""
    sizes = list(_volume_sizes(resources))
    instances = sum(resource.type in _FLAVOR_PROPERTY for resource in resources)
    needs = {"instances": instances, "volumes": len(sizes), "gigabytes": sum(sizes)}
    if flavors is not None:
        found = [flavors[name] for name in _flavors_of(resources) if name in flavors]
        needs["vcpus"], needs["ram"] = (sum(flavor[each] for flavor in found) for each in (0, 1))
    return needs


def _flavors_of(resources: Sequence[PreviewedResource]) -> Iterator[str]:
    for resource in resources:
        flavor = resource.properties.get(_FLAVOR_PROPERTY.get(resource.type, ""))
        if isinstance(flavor, str) and flavor:
            yield flavor


def _volume_sizes(resources: Sequence[PreviewedResource]) -> Iterator[int]:
    """The size in GiB of every volume that would be made; 0 where it is not known before."""
    for resource in resources:
        if resource.type in _VOLUME_SIZE_PROPERTY:
            yield _whole(resource.properties.get(_VOLUME_SIZE_PROPERTY[resource.type]))
        for key in _BLOCK_DEVICES if resource.type == "OS::Nova::Server" else ():
            devices = resource.properties.get(key)
            for device in devices if isinstance(devices, list) else ():
                # A server boots from, or gets, a volume that Nova makes of an image or snapshot.
                if (
                    isinstance(device, dict)
                    and not device.get("volume_id")
                    and any(device.get(source) for source in ("image", "image_id", "snapshot_id"))
                ):
                    yield _whole(device.get("volume_size"))


def _whole(value: object) -> int:
    """A non-negative whole number, also from Heat's text for one; 0 for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_COUNT else 0


def _fetch_limits(sdk: Any, service: Service) -> Mapping[str, Any]:
    # Not openstacksdk's get_limits(): it warns of each field that Nova no longer uses, whether or not it is read.
    from openstack.exceptions import raise_from_response

    response = (sdk.compute if service is Service.COMPUTE else sdk.block_storage).get("/limits")
    raise_from_response(response)
    absolute = response.json()["limits"]["absolute"]
    if not isinstance(absolute, dict):
        raise TypeError("limits.absolute")
    return absolute


def _fetch_flavors(cloud: Cloud, sdk: Any) -> Flavors:
    by_name, by_id = {}, {}
    with cloud.session.long_answers():
        for flavor in islice(sdk.compute.flavors(), MAX_FLAVORS):
            size = _whole(flavor.vcpus), _whole(flavor.ram)
            by_name[str(flavor.name)[:MAX_NAME]] = by_id[str(flavor.id)[:MAX_NAME]] = size
    return by_name | by_id


def _compare(required: Mapping[str, int], limits: Mapping[Service, Mapping[str, Any] | None]) -> Iterator[Need]:
    for name, unit, service, limit_key, used_key in _LIMITS:
        absolute = limits.get(service)
        if absolute is None or not required.get(name):
            continue
        limit, used = absolute.get(limit_key), absolute.get(used_key)
        if not isinstance(limit, int) or not isinstance(used, int) or max(abs(limit), abs(used)) > MAX_COUNT:
            continue
        yield Need(name, unit, required[name], None if limit == UNLIMITED else max(0, limit - used))
