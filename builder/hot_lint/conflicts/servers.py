"""Conflicts between the properties of servers, of the volumes they boot from, and of deployments on them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from builder.hot.foreign_names import find_foreign_property
from builder.hot.resource_types import MADE_BY, is_other_thing
from builder.hot_lint.conflicts.judged import CONFLICT, REFUSED, Judged, find_mappings, find_referred, is_given
from builder.hot_lint.findings import TemplateProblem
from builder.text.spelling import find_near

SERVER: Final = "OS::Nova::Server"
PORT: Final = "OS::Neutron::Port"

_FLOATING: Final = MADE_BY["neutron.floating_ip"]
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
_NAME: Final = re.compile(r"(?!get_)(?:[\w.:-]+|\$\{[\w.-]+\})")
_ADDRESS: Final = re.compile(r"[0-9a-fA-F]*(?:[.:]+[0-9a-fA-F]+)+")

_DISK_SOURCES: Final = ("volume_id", "snapshot_id", "image", "image_id")
_DEVICE_SOURCES: Final = (*_DISK_SOURCES, "swap_size", "ephemeral_size", "ephemeral_format")


def judge_server(server: Judged) -> Iterator[TemplateProblem]:
    """Yield problems of devices without a source, of a server that cannot boot, of its networks and security groups.

    Refused, but for a server without networks, by ``heat.engine.resources.openstack.nova.server``.
    """
    properties = server.properties
    devices = find_mappings(properties.get("block_device_mapping_v2"))
    empty = [number for number, each in devices if not {*each} & {*_DEVICE_SOURCES}]
    for number in empty:
        message, hint = "nothing says what the device is made of", f"give it one of {', '.join(_DISK_SOURCES[:3])}"
        yield server.problem(CONFLICT, message, "block_device_mapping_v2", number, hint=hint)
    is_bare = properties.get("image") is None and properties.get("block_device_mapping") is None
    if is_bare and server.is_complete and not empty:
        if properties.get("block_device_mapping_v2") in (None, []):
            hint = "give it an image, or a volume by block_device_mapping_v2"
            found = server.problem(CONFLICT, f"{SERVER} has nothing to boot from", hint=hint)
            yield replace(found, about=("property image",))
        elif devices and not any(_may_boot(each) for _, each in devices):
            message, hint = "the server can boot from none of its devices", "give one a volume, with boot_index 0"
            yield server.problem(CONFLICT, message, "block_device_mapping_v2", hint=hint)
    for number, network in find_mappings(properties.get("networks")):
        yield from _judge_floating(server, network.get("floating_ip"), "networks", number, "floating_ip")
    has_port = any(is_given(each.get("port")) for _, each in find_mappings(properties.get("networks")))
    if has_port and properties.get("security_groups") and isinstance(properties["security_groups"], list):
        message = "a server with a port has no security groups of its own"
        yield server.problem(CONFLICT, message, "security_groups", hint="give them to the port")
    is_server = "flavor" in properties  # what has no flavor either is told of as that
    if is_server and "networks" not in properties and not any(map(_means_networks, properties)):
        message, hint = f"server {server.tokens[1]!r} names no network", "give it networks: [{network: ...}], or a port"
        yield TemplateProblem("server-without-network", message, (*server.tokens, "type"), hint)


def _means_networks(name: str) -> bool:
    """Whether a key of a server is reported as a misspelling of ``networks``."""
    return find_foreign_property(SERVER, name).startswith("networks") or bool(find_near(name, ["networks"]))


def judge_association(association: Judged) -> Iterator[TemplateProblem]:
    """Yield a problem if what a resource of its own gives a port or a server is no id of a floating IP."""
    for name in ("floatingip_id", "floating_ip"):
        yield from _judge_floating(association, association.properties.get(name), name)


def _judge_floating(resource: Judged, value: Any, *place: str | int) -> Iterator[TemplateProblem]:
    """Yield a problem if a value cannot be the id of a floating IP: Heat hands it on, and Neutron finds none."""
    if value is None or find_referred(value) or may_be_floating_ip(value, resource.types):
        return  # another resource is told as that
    made = [name for name, type_ in resource.types.items() if type_ in _FLOATING]
    given = [name for name in made if name in str(value)]
    if isinstance(value, str) and not (_NAME.fullmatch(value) and (given or "$" not in value)):
        return  # nor is it a name: what is no call is told as that
    meant = (given or made)[0] if len(given or made) == 1 else ""
    hint = f"write {{get_resource: {meant}}}" if meant else "write what 'openstack floating ip list' shows as ID"
    what = "and this is none" if isinstance(value, str) and not _ADDRESS.fullmatch(value) else "not by its address"
    yield resource.problem(REFUSED, f"Neutron finds a floating IP by its id, {what}", *place, hint=hint)


def may_be_floating_ip(value: Any, types: Mapping[str, str]) -> bool:
    """Whether a value can be the id of a floating IP; ``types`` are those of resources, by their names."""
    if isinstance(value, str):
        return _UUID.fullmatch(value) is not None
    if name := find_referred(value):
        return not is_other_thing(types.get(name, ""), "neutron.floating_ip")
    match value:
        case {"get_attr": [str(name), "floating_ip_address"]}:
            return types.get(name, "") not in _FLOATING
    return True


def judge_deployment(deployment: Judged) -> Iterator[TemplateProblem]:
    """Yield a problem if its server is not one for deployments, which Heat's ``software_deployment`` refuses."""
    server = deployment.find_named(deployment.properties.get("server"), SERVER)
    if server is None:
        return
    format_ = server.get("user_data_format", "HEAT_CFNTOOLS")
    if isinstance(format_, str) and format_ != "SOFTWARE_CONFIG":
        message = f"a deployment needs a server whose user_data_format is SOFTWARE_CONFIG, not {format_}"
        yield deployment.problem(CONFLICT, message, "server", hint="give the server user_data_format: SOFTWARE_CONFIG")


def judge_volume(volume: Judged) -> Iterator[TemplateProblem]:
    """Yield a problem if nothing gives the size of a volume, which Heat's ``cinder.volume`` refuses."""
    given = map(volume.properties.get, ("size", "backup_id", "source_volid", "snapshot_id"))
    if volume.is_complete and all(each is None for each in given):
        message = "nothing says how large the volume is"
        yield replace(volume.problem(CONFLICT, message, hint="give it a size, in GB"), about=("property size",))


def _may_boot(device: Mapping[str, Any]) -> bool:
    """Whether a server may boot from the device: it has a disk, and its ``boot_index`` is 0, unknown or not given."""
    index = device.get("boot_index")
    has_disk = any(device.get(each) is not None for each in _DISK_SOURCES)
    return has_disk and (index in (None, 0, "0") or isinstance(index, dict))
