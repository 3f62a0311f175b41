"""Stacks, resources and events as Heat's API writes them.

Apart from the routes, as functions from a stack to JSON. ``base`` is the URL of the project's root,
``http://host:port/heat-api/v1/<project>``.
"""

from __future__ import annotations

from datetime import datetime

from builder.sandbox.faults import HeatFault, Json
from builder.sandbox.heat.functions import resolve
from builder.sandbox.heat.nesting import StackSource
from builder.sandbox.heat.parameters import HIDDEN
from builder.sandbox.heat.stack_contents import Resource, StackContent, read_attributes, read_output
from builder.sandbox.heat.stacks import Event, Stack


def link(href: str, rel: str = "self") -> dict[str, str]:
    """Return a link as Heat writes it; ``rel`` is what it leads to: the thing itself, or what is around it."""
    return {"href": href, "rel": rel}


def stack_url(base: str, source: StackSource) -> str:
    """Return the URL of a stack that requests by its name alone are redirected to."""
    return f"{base}/stacks/{source.name}/{source.stack_id}"


def show_summary(base: str, stack: Stack) -> dict[str, Json]:
    """Return a stack as a list shows it."""
    return {
        "id": stack.stack_id,
        "links": [link(stack_url(base, stack.content.source))],
        "stack_name": stack.name,
        "description": "",
        "stack_status": stack.status,
        "stack_status_reason": stack.reason,
        "creation_time": format_time(stack.created),
        "updated_time": None,
        "deletion_time": format_time(stack.deleted),
        "stack_owner": stack.owner,
        "parent": None,
        "stack_user_project_id": stack.user_project_id,
        "tags": list(stack.content.source.tags) or None,
    }


def show_stack(base: str, stack: Stack, *, with_outputs: bool = True) -> dict[str, Json]:
    """Return a stack as ``GET stacks/{name}/{id}`` shows it; a deleted one has no outputs."""
    source = stack.content.source
    description = source.template.get("description") or "No description"
    shown: dict[str, Json] = {
        **show_summary(base, stack),
        "notification_topics": [],
        "parameters": {
            **source.pseudo_parameters(),
            **{name: parameter.text() for name, parameter in stack.content.parameters.items()},
        },
        "description": description,
        "template_description": description,
        "capabilities": [],
        "disable_rollback": source.disable_rollback,
        "timeout_mins": source.timeout_mins,
        "tags": list(source.tags),
    }
    if with_outputs and not stack.is_gone:
        shown["outputs"] = [read_output(stack.content, output) for output in stack.content.outputs.values()]
    return shown


def show_preview(base: str, stack: Stack) -> dict[str, Json]:
    """Return a stack there would be, without a state, but with its resources."""
    shown = {**show_stack(base, stack), "resources": _preview_resources(stack.content, None)}
    del shown["stack_status"], shown["stack_status_reason"]
    return shown


def list_resources(base: str, stack: Stack, depth: int, *, with_detail: bool) -> list[dict[str, Json]]:
    """Return the resources of a stack, ``depth`` levels of nested ones included."""
    pending: list[tuple[StackContent, dict[str, Json], int]] = [] if stack.is_gone else [(stack.content, {}, depth)]
    shown: list[dict[str, Json]] = []
    while pending:
        content, parent, left = pending.pop()
        resources = content.resources.values()
        shown += [
            {**show_resource(base, stack, content, each, with_detail=with_detail), **parent} for each in resources
        ]
        if left > 0:
            inner = [(each.nested, {"parent_resource": each.name}, left - 1) for each in resources if each.nested]
            pending += reversed(inner)
    return shown


def show_resource(
    base: str, stack: Stack, content: StackContent, resource: Resource, *, with_detail: bool = True
) -> dict[str, Json]:
    """Return one resource; ``content`` is that of the stack that it is in, ``stack`` the outermost."""
    url = stack_url(base, content.source)
    links = [link(f"{url}/resources/{resource.name}"), link(url, "stack")]
    if resource.nested is not None:
        links.append(link(stack_url(base, resource.nested.source), "nested"))
    status, reason = stack.status, "state changed"  # while all of them are made, or deleted
    if stack.action == "CREATE" and stack.is_settled:
        status = "CREATE_COMPLETE" if resource.is_made else "CREATE_FAILED" if resource.failure else "INIT_COMPLETE"
        reason = reason if resource.is_made else str(resource.failure or "")
    shown: dict[str, Json] = {
        "resource_name": resource.name,
        "logical_resource_id": resource.name,
        "physical_resource_id": resource.physical_id,
        "resource_type": resource.definition.type,
        "resource_status": status,
        "resource_status_reason": reason,
        "creation_time": format_time(stack.created),
        "updated_time": format_time(stack.created),
        "links": links,
        "required_by": list(resource.required_by),
    }
    if with_detail:
        shown["description"] = resource.definition.description
        shown["attributes"] = read_attributes(resource)
    return shown


def show_event(base: str, stack: Stack, event: Event) -> dict[str, Json]:
    """Return an event; the stack itself appears as a resource of its own name."""
    url = stack_url(base, stack.content.source)
    name = event.resource or stack.name
    resource = None if event.resource is None else stack.content.resources[event.resource]
    return {
        "id": event.event_id,
        "links": [
            link(f"{url}/resources/{name}/events/{event.event_id}"),
            link(f"{url}/resources/{name}", "resource"),
            link(url, "stack"),
        ],
        "event_time": format_time(event.time),
        "logical_resource_id": name,
        "resource_name": name,
        "physical_resource_id": stack.stack_id if resource is None else resource.physical_id,
        "resource_status": event.status,
        "resource_status_reason": event.reason,
    }


def show_environment(source: StackSource) -> dict[str, Json]:
    """Return the environment a stack is made with, its parameters those that were given."""
    return {
        "resource_registry": {"resources": {}},
        "parameter_defaults": {},
        "event_sinks": [],
        **source.environment,
        "parameters": dict(source.parameters),
    }


def show_environment_of(stack: Stack) -> dict[str, Json]:
    """Return the environment of a stack, hidden values hidden."""
    shown = {"encrypted_param_names": [], **show_environment(stack.content.source)}
    declared = stack.content.parameters
    for section in ("parameters", "parameter_defaults"):
        hidden = {each for each in shown[section] if each in declared and declared[each].is_hidden}
        shown[section] = {**shown[section], **dict.fromkeys(hidden, HIDDEN)}
    return shown


def list_outputs(stack: Stack) -> dict[str, Json]:
    """Return the names of a stack's outputs, without values."""
    outputs = stack.content.outputs.values()
    return {"outputs": [{"output_key": each.name, "description": each.description} for each in outputs]}


def format_time(moment: datetime | None) -> str | None:
    """Return a time as Heat writes it: UTC, to the second."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _preview_resources(content: StackContent, parent: str | None) -> list[Json]:
    """Return a row per resource; a group or a nested template is the list of the rows in it."""
    rows: list[Json] = []
    source = content.source
    identity = {"tenant": source.project_id, "stack_name": source.name, "stack_id": "None"}
    for name, resource in content.resources.items():
        if resource.nested is not None:
            rows.append(_preview_resources(resource.nested, name))
            continue
        try:
            metadata = resolve(resource.definition.metadata, content)
        except (ValueError, TypeError, HeatFault):  # inside nested templates it may not fit, and is not shown then
            metadata = {}
        shown: dict[str, Json] = {
            "updated_time": None,
            "creation_time": None,
            "resource_name": name,
            "physical_resource_id": "",
            "resource_action": "INIT",
            "resource_status": "COMPLETE",
            "resource_status_reason": "",
            "resource_type": resource.definition.type,
            "resource_identity": {**identity, "path": f"/resources/{name}"},
            "stack_identity": {**identity, "path": ""},
            "stack_name": source.name,
            "required_by": list(resource.required_by),
            "description": resource.definition.description,
            "metadata": metadata,
            "attributes": read_attributes(resource),
            "properties": resource.values or dict.fromkeys(resource.type.properties or ()),
        }
        if parent is not None:
            shown["parent_resource"] = parent
        rows.append(shown)
    return rows
