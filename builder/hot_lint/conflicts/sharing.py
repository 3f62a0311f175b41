"""Things that one resource has for itself, and that two are given: the service that is asked for the second refuses.

Told of what is made in the same templates, by resources that are there in every launch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from builder.hot_lint.conflicts.floating import FLOATING
from builder.hot_lint.conflicts.judged import REFUSED, Judged, find_mappings, find_referred, read_properties
from builder.hot_lint.conflicts.servers import PORT, SERVER
from builder.hot_lint.findings import TemplateProblem
from builder.text.pointers import Tokens

Owners = dict[tuple[str, str], str]
"""The name of the resource that has a thing for itself, by the use that it makes of it and the thing's name."""


class _Use(NamedTuple):
    type: str
    message: str


_VOLUME: Final = "OS::Cinder::Volume"
_USES: Final[Mapping[str, _Use]] = {
    "port": _Use(PORT, "server {!r} has this port already, and Nova gives a port to one server only"),
    "volume": _Use(_VOLUME, "{!r} has this volume already, and Cinder gives a volume to one server only"),
    "address": _Use(PORT, "{!r} is a floating IP of this port already, and Neutron gives a port one only"),
    "subnet": _Use("OS::Neutron::Subnet", "{!r} connects this subnet already, and has the address of its gateway"),
}
"""By the name of a use, the type of what is used, and what is told where it is used twice."""

_MOST_SEARCHED: Final = 500
"""Resources that are searched for one that is meant, for each problem: far beyond any cluster."""


def judge_sharing(judged: Judged, owners: Owners) -> Iterator[TemplateProblem]:
    """Yield a problem for each thing that a resource is given for itself and that another one has already.

    ``owners`` are those of the resources judged before; this one is added.
    """
    if not judged.certain:
        return
    name = str(judged.tokens[1])
    for use, value, place in _find_uses(judged.type, judged.properties):
        thing = find_referred(value)
        if not judged.types.get(thing):  # it is not there, or there are two of its name, either of which is told
            continue
        owner = owners.get((use, thing), name)
        if owner != name:
            spare = _find_spare(use, judged.resources)
            if use == "volume" and _may_be_shared(judged.resources.get(thing), bool(spare)):
                continue
            kind = _USES[use].type.rpartition(":")[2].lower()
            hint = f"did you mean {spare[0]!r}?" if len(spare) == 1 else f"make a {kind} for each"
            yield judged.problem(REFUSED, _USES[use].message.format(owner), *place, hint=hint)
        elif len(judged.tokens) == 2:  # of a group there may be no member
            owners[use, thing] = name


def _find_uses(type_: str, properties: Mapping[str, Any]) -> Iterator[tuple[str, Any, Tokens]]:
    """What a resource of a type uses alone: the use, what it is given, and the place of that."""
    if type_ == SERVER:
        for number, network in find_mappings(properties.get("networks")):
            yield "port", network.get("port"), ("networks", number, "port")
        for number, device in find_mappings(properties.get("block_device_mapping_v2")):
            yield "volume", device.get("volume_id"), ("block_device_mapping_v2", number, "volume_id")
    elif type_ == "OS::Cinder::VolumeAttachment":
        yield "volume", properties.get("volume_id"), ("volume_id",)
    elif type_ in FLOATING and properties.get("fixed_ip_address") is None:
        yield "address", properties.get("port_id"), ("port_id",)
    elif type_ == "OS::Neutron::RouterInterface":
        key = "subnet" if "subnet" in properties else "subnet_id"
        yield "subnet", properties.get(key), (key,)


def _find_spare(use: str, resources: Mapping[str, Any]) -> list[str]:
    """The resources of a template, unless it has very many, that could be used so, and that none in it uses."""
    if len(resources) > _MOST_SEARCHED:
        return []
    used: set[str] = set()
    for each in resources.values():
        uses = _find_uses(str(each.get("type")), read_properties(each))
        used.update(find_referred(value) for found, value, _ in uses if found == use)
    return [name for name, each in resources.items() if each.get("type") == _USES[use].type and name not in used]


def _may_be_shared(volume: Mapping[str, Any] | None, has_spare: bool) -> bool:
    """Whether several servers may have a volume: it says so, or its type may, and no other one seems to be meant."""
    properties = (volume or {}).get("properties")
    if not isinstance(properties, dict) or properties.get("multi_attach"):
        return True
    return "volume_type" in properties and not has_spare
