"""What a stack would consist of, as Heat sees it, nested stacks and groups included."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from builder.kinds.heat.stack_creation import StackRequest, heat_client, stack_fields
from builder.kinds.protocol import ResourceCount
from builder.openstack.call_context import Service
from builder.openstack.connection import Cloud
from builder.openstack.limits import PreviewedResource

MAX_NESTING = 50


def preview_stack(cloud: Cloud, request: StackRequest) -> tuple[PreviewedResource, ...]:
    """Have Heat check a stack and tell what it would make; nothing is created. Blocks.

    Raises:
        RequestError: as :func:`~builder.kinds.heat.stack_creation.create_stack` would, but for what only a creation
            can meet.
    """
    context = cloud.context(Service.ORCHESTRATION, form_fields=request.form_fields)
    with cloud.calling(context, long_answers=True):
        previewed = heat_client(cloud).stacks.preview(**stack_fields(request)).to_dict()
        return tuple(_flatten(previewed["resources"], request.name))


def validate_template(cloud: Cloud, request: StackRequest) -> None:
    """Have Heat judge a template; parameters may be missing, and of properties it looks at the names. Blocks.

    Not with ``show_nested``: of values that are missing, that makes Heat fail at groups and chains that are right.

    Raises RequestError as :func:`preview_stack` does.
    """
    context = cloud.context(Service.ORCHESTRATION, form_fields=request.form_fields)
    with cloud.calling(context, long_answers=True):
        heat_client(cloud).stacks.validate(
            **{name: value for name, value in stack_fields(request).items() if name not in ("stack_name", "tags")}
        )


def count_resources(
    resources: Sequence[PreviewedResource], clean: Callable[[str], str] = str
) -> tuple[ResourceCount, ...]:
    """Resources by type, both types and names in alphabetical order; ``clean`` makes texts of the cloud fit to show."""
    names: dict[str, list[str]] = {}
    for resource in resources:
        names.setdefault(clean(resource.type), []).append(clean(resource.name))
    return tuple(ResourceCount(kind, len(found), tuple(sorted(found))) for kind, found in sorted(names.items()))


def _flatten(previewed: Sequence[Any], stack_name: str, depth: int = 0) -> Iterator[PreviewedResource]:
    """Heat shows a nested stack as a list in place of the resource that it stands for."""
    if depth > MAX_NESTING:
        raise ValueError("nested too deeply")
    for resource in previewed:
        if isinstance(resource, list):
            yield from _flatten(resource, stack_name, depth + 1)
        else:
            yield _previewed_resource(resource, stack_name)


def _previewed_resource(shown: Mapping[str, Any], stack_name: str) -> PreviewedResource:
    name = str(shown["resource_name"])
    # The preview of a nested stack is named <stack>-<resource>.
    nested_in = str(shown.get("stack_name") or stack_name).removeprefix(stack_name).removeprefix("-")
    properties = shown.get("properties")
    return PreviewedResource(
        str(shown["resource_type"]),
        f"{nested_in}.{name}" if nested_in else name,
        properties if isinstance(properties, dict) else {},
    )
