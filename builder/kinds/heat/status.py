"""How a stack fares, as Heat tells it: the stack, its resources at every depth, its last events. Nothing is changed.

Parameters are not told at all. An output that shows what is secret is told without its value: Heat stars hidden
parameters out where it lists them, and not in outputs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from builder.clusters.names import read_origin
from builder.hot_lint.outputs import find_secrets
from builder.kinds.heat.stack_creation import heat_client, list_stacks
from builder.kinds.listed import read_status
from builder.kinds.protocol import (
    MAX_FAILURES,
    ClusterEvent,
    ClusterOutput,
    ClusterStatus,
    FailedResource,
    Progress,
)
from builder.openstack.call_context import Service
from builder.openstack.connection import Cloud
from builder.openstack.failure_kinds import CloudError, FailureKind
from builder.text.json_encoding import encode_json

MAX_DEPTH: Final = 10
"""Twice as deep as stacks may nest where an operator leaves Heat's ``max_nested_stack_depth`` as it is."""

MAX_EVENTS: Final = 20
"""What fits on a page; Heat keeps up to 1,000 of a stack."""

MAX_OUTPUTS: Final = 100
"""Well above what anybody reads; together with the next, it bounds the answer to 2 MiB."""

MAX_VALUE_BYTES: Final = 16 * 1024
"""Of one output, as JSON: a kubeconfig, with the certificates in it, takes 6 KiB."""


def fetch_stack_status(cloud: Cloud, cluster_id: str) -> ClusterStatus | None:
    """How a stack of this service fares; None where the project has none of that id. Blocks.

    A stack that was deleted is known for as long as Heat remembers it.

    Raises RequestError where Heat refuses, or cannot tell.
    """
    stacks = list_stacks(cloud, {"id": cluster_id, "show_deleted": True})
    found = next((stack for stack in stacks if stack.id == cluster_id), None)
    origin = read_origin(found.tags) if found is not None else None
    if found is None or origin is None:
        return None
    client, address = heat_client(cloud), f"{found.name}/{cluster_id}"
    try:
        with cloud.calling(Service.ORCHESTRATION, long_answers=True):
            stack = client.stacks.get(address).to_dict()
            resources = [each.to_dict() for each in client.resources.list(address, nested_depth=MAX_DEPTH)]
            events = [each.to_dict() for each in client.events.list(address, limit=MAX_EVENTS, sort_dir="desc")]
            outputs = (stack.get("outputs") or [])[:MAX_OUTPUTS]
            template = client.stacks.template(address) if outputs else {}
            return ClusterStatus(
                id=cluster_id,
                name=found.name,
                status=read_status(stack["stack_status"]),
                reason=cloud.clean(stack["stack_status_reason"]),
                cluster_type_id=cloud.clean(origin.type_id),
                revision=cloud.clean(origin.revision),
                created_at=cloud.clean(stack["creation_time"]),
                progress=_count(resources),
                failures=tuple(_read_failures(cloud, resources)),
                outputs=tuple(_read_output(cloud, output, template) for output in outputs),
                events=tuple(_read_event(cloud, event) for event in events[:MAX_EVENTS]),
            )
    except CloudError as error:
        if error.kind is FailureKind.SERVICE_NOT_FOUND:  # Heat is there, and has forgotten the stack meanwhile
            return None
        raise


def _count(resources: Sequence[Mapping[str, Any]]) -> Progress:
    """Count all resources, including nested stacks. INIT_COMPLETE is the status of what was not begun yet."""
    states = [read_status(each["resource_status"]) for each in resources]
    complete = sum(state.endswith("_COMPLETE") and state != "INIT_COMPLETE" for state in states)
    return Progress(complete, sum(state.endswith("_FAILED") for state in states), len(states))


def _read_failures(cloud: Cloud, resources: Sequence[Mapping[str, Any]]) -> Iterator[FailedResource]:
    """The resources that failed by themselves; a nested stack that failed with one of them has no more to tell."""
    stacks = {each["physical_resource_id"]: each for each in resources if each["physical_resource_id"]}
    failed = [each for each in resources if each["resource_status"].endswith("_FAILED")]
    with_cause = {_stack_id(each) for each in failed}
    told = [each for each in failed if each["physical_resource_id"] not in with_cause]
    for each in told[:MAX_FAILURES]:
        yield FailedResource(
            cloud.clean(".".join(_path(each, stacks))),
            cloud.clean(each["resource_type"]),
            read_status(each["resource_status"]),
            cloud.clean(each["resource_status_reason"]),
        )


def _path(resource: Mapping[str, Any], stacks: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The names on the way to a resource: the id of a stack is that of the resource it is, in the stack around it."""
    path = [str(resource["resource_name"])]
    around = stacks.get(_stack_id(resource))
    while around is not None and len(path) <= MAX_DEPTH:
        path.insert(0, str(around["resource_name"]))
        around = stacks.get(_stack_id(around))
    return path


def _stack_id(resource: Mapping[str, Any]) -> str:
    """The id of the stack that a resource is in."""
    links = {link["rel"]: str(link["href"]) for link in resource["links"]}
    return links["stack"].rpartition("/")[2]


def _read_output(cloud: Cloud, output: Mapping[str, Any], template: Mapping[str, Any]) -> ClusterOutput:
    name, value, error = output["output_key"], output.get("output_value"), output.get("output_error")
    told = encode_json(value)
    defined = (template.get("outputs") or {}).get(name) or {}
    if any(find_secrets(name, defined.get("value"), template)) or cloud.tells_secret(told.decode()):
        value, error = None, "It shows what is secret, so that its value is left out here."
    elif len(told) > MAX_VALUE_BYTES:
        value, error = None, f"It is too long to be shown here: {len(told):,} bytes of JSON."
    description = cloud.clean(output.get("description"))
    return ClusterOutput(cloud.clean(name), description, value, cloud.clean(error) if error else None)


def _read_event(cloud: Cloud, event: Mapping[str, Any]) -> ClusterEvent:
    return ClusterEvent(
        cloud.clean(event["event_time"]),
        cloud.clean(event["resource_name"]),
        read_status(event["resource_status"]),
        cloud.clean(event["resource_status_reason"]),
    )
