"""Concertim's OpenStack Service, as far as it reads stacks: what it asks Heat and Nova for, and what it fails on.

It reads all stacks in one loop, and nothing in that loop is guarded: the first stack that cannot be read ends the
reading of all of them. So does it here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from heatclient.exc import HTTPNotFound


class UnreadableStackError(Exception):
    """The service fails on this stack, now and in every later round."""


class MemberNotMadeError(UnreadableStackError):
    """The service fails in this round: a group has a member that Heat has not begun to make."""


@dataclass(slots=True)
class Rack:
    """A stack as it is handed to the Visualisation App; what is counted is the name of each resource by its id."""

    name: str
    description: str
    project_id: str
    owner: str
    status: str
    reason: str
    servers: dict[str, str | None] = field(default_factory=dict)
    volumes: dict[str, str] = field(default_factory=dict)
    networks: dict[str, str] = field(default_factory=dict)
    other: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)

    @property
    def creation_output(self) -> str:
        """The outputs as the one text that the App is sent."""
        return ", ".join(f"{key}={value}" for key, value in self.outputs.items())


@dataclass(frozen=True, slots=True)
class ConcertimReader:
    """``heat`` is a client of Heat; ``find_group_members`` asks Nova who is in a server group."""

    heat: Any
    find_group_members: Callable[[str], list[str]]

    def read_all(self, is_wanted: Callable[[Any], bool] = lambda stack: True) -> list[Rack]:
        """Read all stacks, of which a test may want its own only.

        Raises:
            UnreadableStackError: at the first that cannot be read.
        """
        return [self._read(stack.id) for stack in self.heat.stacks.list() if is_wanted(stack)]

    def _read(self, stack_id: str) -> Rack:
        stack = self.heat.stacks.get(stack_id)
        rack = Rack(
            name=stack.stack_name,
            description=stack.description,
            project_id=stack.parameters["OS::project_id"],
            owner=stack.stack_owner,
            status=stack.stack_status,
            reason=stack.stack_status_reason,
        )
        for resource in self.heat.resources.list(stack_id):
            if resource.physical_resource_id:
                self._count(rack, resource)
        for listed in self.heat.stacks.output_list(stack_id)["outputs"]:
            shown = self.heat.stacks.output_show(stack_id, listed["output_key"])["output"]
            rack.outputs[listed["output_key"]] = shown["output_value"]
        return rack

    def _count(self, rack: Rack, resource: Any) -> None:
        parts = resource.resource_type.split("::")
        if len(parts) < 2:
            raise UnreadableStackError(f"{resource.resource_name}: {resource.resource_type!r} has no '::'")
        physical_id, name = resource.physical_resource_id, resource.resource_name
        match parts[1:]:
            case ["Nova", "ServerGroup"]:
                rack.servers |= dict.fromkeys(self.find_group_members(physical_id))
            case ["Nova", *_]:
                rack.servers[physical_id] = name
            case ["Cinder", *_]:
                rack.volumes[physical_id] = name
            case ["Neutron", *_]:
                rack.networks[physical_id] = name
            case ["Heat", "ResourceGroup"]:
                self._count_members(rack, resource)
            case _:
                rack.other[physical_id] = name

    def _count_members(self, rack: Rack, group: Any) -> None:
        for member in self.heat.resources.list(group.physical_resource_id):
            for resource in self._list_as_stack(group, member):
                if resource.resource_type == "OS::Nova::Server":
                    rack.servers[resource.physical_resource_id] = resource.resource_name
                elif resource.resource_type == "OS::Cinder::Volume":
                    rack.volumes[resource.physical_resource_id] = resource.resource_name

    def _list_as_stack(self, group: Any, member: Any) -> list[Any]:
        """List the resources of a group's member, which is taken for a stack, whatever it is."""
        try:
            return list(self.heat.resources.list(member.physical_resource_id))
        except HTTPNotFound as error:
            told = f"{group.resource_name}.{member.resource_name}: {member.resource_type} is no stack"
            kind = UnreadableStackError if member.physical_resource_id else MemberNotMadeError
            raise kind(f"{told} ({member.resource_status}, {member.physical_resource_id!r})") from error
