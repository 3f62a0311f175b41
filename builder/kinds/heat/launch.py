"""From a request for a cluster to one stack.

Light to import; what it does blocks, and belongs in a thread of the pool.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

from builder.clusters.names import random_suffix
from builder.clusters.plan import ClusterPlan
from builder.kinds.creation import CreationRequest, Launches, build_request
from builder.kinds.heat.idempotency import create_stack_once, find_stack
from builder.kinds.heat.stack_creation import create_stack, heat_client, list_tagged, stack_fields
from builder.kinds.heat.stack_creation import delete_stack as delete
from builder.kinds.heat.status import fetch_stack_status as fetch_status
from builder.kinds.protocol import LaunchPreview, ResourceCount
from builder.openstack.call_context import Service
from builder.openstack.connection import Cloud
from builder.openstack.failure_kinds import CloudError, FailureKind
from builder.openstack.limits import PreviewedResource, check_needs, fetch_needs, has_limits, limited_time

__all__ = ["delete", "fetch_status", "find_launched", "launch", "preview_launch", "validate"]
"""What a :class:`~builder.kinds.protocol.Launcher` is made of: this module is one, and raises what it says."""

logger = logging.getLogger(__name__)

MAX_NESTING = 50
"""Of stacks in a preview: ten times as deep as stacks may nest where an operator leaves that to Heat."""

_PREVIEW_MAY_FAIL = frozenset(
    {FailureKind.FORBIDDEN, FailureKind.SERVICE_NOT_FOUND, FailureKind.INVALID_ANSWER, FailureKind.TIMED_OUT}
)
"""A Heat that allows or knows no previews, or takes long for them, may yet create."""


def preview_launch(cloud: Cloud, plan: ClusterPlan) -> LaunchPreview:
    """Everything of a launch but the creation. Needs beyond the project's limits are told, not refused."""
    resources = _preview(cloud, build_request(cloud, plan, random_suffix()))
    with limited_time(cloud):
        needs = fetch_needs(cloud, resources) if has_limits(cloud) else ()
    names: dict[str, list[str]] = {}
    for resource in resources:
        names.setdefault(cloud.clean(resource.type), []).append(cloud.clean(resource.name))
    counts = [ResourceCount(type_, len(found), tuple(sorted(found))) for type_, found in sorted(names.items())]
    return LaunchPreview(tuple(counts), needs)


def validate(cloud: Cloud, plan: ClusterPlan) -> None:
    """Have Heat judge a template; parameters may be missing, and of properties it looks at the names.

    Not with ``show_nested``: of values that are missing, that makes Heat fail at groups and chains that are right.
    """
    fields = stack_fields(build_request(cloud, plan, random_suffix()))
    with cloud.calling(cloud.context(Service.ORCHESTRATION, form_fields=plan.form_fields), long_answers=True):
        validated = {name: value for name, value in fields.items() if name not in ("stack_name", "tags")}
        heat_client(cloud).stacks.validate(**validated)


def _check_limits(cloud: Cloud, request: CreationRequest) -> None:
    """Refuse what the project's limits forbid; let pass what cannot be found out."""
    if not has_limits(cloud):
        return
    try:
        with limited_time(cloud):
            needs = fetch_needs(cloud, _preview(cloud, request))
    except CloudError as error:
        if error.kind not in _PREVIEW_MAY_FAIL:
            raise
        logger.info("what %s needs is not known, and not checked: %s", request.name, error)
        return
    check_needs(needs)


def _preview(cloud: Cloud, request: CreationRequest) -> tuple[PreviewedResource, ...]:
    """Have Heat check a stack and tell what it would make, nested stacks and groups included; nothing is created.

    Raises RequestError as a creation would, but for what only that can meet.
    """
    context = cloud.context(Service.ORCHESTRATION, form_fields=request.plan.form_fields)
    with cloud.calling(context, long_answers=True):
        previewed = heat_client(cloud).stacks.preview(**stack_fields(request)).to_dict()
        return tuple(_flatten(previewed["resources"], request.name))


def _flatten(previewed: Sequence[Any], stack_name: str, depth: int = 0) -> Iterator[PreviewedResource]:
    """Heat shows a nested stack as a list in place of the resource that it stands for."""
    if depth > MAX_NESTING:
        raise ValueError("nested too deeply")
    for shown in previewed:
        if isinstance(shown, list):
            yield from _flatten(shown, stack_name, depth + 1)
            continue
        name, properties = str(shown["resource_name"]), shown.get("properties")
        # The preview of a nested stack is named <stack>-<resource>.
        nested_in = str(shown.get("stack_name") or stack_name).removeprefix(stack_name).removeprefix("-")
        yield PreviewedResource(
            str(shown["resource_type"]),
            f"{nested_in}.{name}" if nested_in else name,
            properties if isinstance(properties, dict) else {},
        )


_HEAT = Launches(
    service=Service.ORCHESTRATION,
    collection="/stacks",
    path=lambda stack: f"{stack.name}/{stack.id}",
    create=create_stack,
    list_tagged=list_tagged,
    delete=delete,
    create_once=create_stack_once,
    find=find_stack,
    prepare=_check_limits,
)
launch, find_launched = _HEAT.launch, _HEAT.find_launched
