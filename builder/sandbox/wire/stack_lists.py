"""Lists of stacks and of events: filters, tags, order and pages.

Apart from the routes and the store, as functions over what there is.
https://docs.openstack.org/api-ref/orchestration/v1/#list-stacks
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from builder.sandbox.faults import HeatFault, Json
from builder.sandbox.heat.stacks import Stack
from builder.sandbox.wire import views
from builder.sandbox.wire.bodies import read_count, read_flag, read_tags
from builder.sandbox.wire.server import Request

_T = TypeVar("_T")

_SORT_KEYS: Mapping[str, str] = {
    "name": "name",
    "stack_name": "name",
    "status": "state",
    "stack_status": "state",
    "created_at": "number",
    "creation_time": "number",
}
_FILTERS: Mapping[str, Sequence[str]] = {
    "name": ("name", "stack_name"),
    "stack_id": ("id",),
    "status": ("status", "stack_status"),
    "action": ("action", "stack_action"),
    "owner": ("username", "stack_owner"),
}
"""The attributes of a stack that a list can be filtered by, and what the query calls them."""


_TAG_QUERIES = ("tags", "tags_any", "not_tags", "not_tags_any")
"""By all of some tags, or any of them; and by what a stack must not have."""


def list_stacks(base: str, stacks: Sequence[Stack], request: Request) -> dict[str, Json]:
    """Return the page of stacks that a query asks for, and where the next one is, if there can be one.

    Raises HeatFault for a wrong value, and for other people's stacks.
    """
    if read_flag(request, "global_tenant"):
        raise HeatFault("Forbidden", "stacks:global_index")
    read_flag(request, "show_nested")  # nested stacks are never listed on their own here
    read_flag(request, "show_hidden")
    asked_keys = request.query.get("sort_keys", [])
    keys = (*(_SORT_KEYS[key] for key in asked_keys if key in _SORT_KEYS), "number")
    every, some, not_every, not_some = (set(read_tags(request.parameter(name))) for name in _TAG_QUERIES)
    found = [
        stack
        for stack in stacks
        if _has_attributes(stack, request)
        and every <= (tags := set(stack.content.source.tags))
        and (not some or tags & some)
        and not (not_every and not_every <= tags)
        and not tags & not_some
    ]
    is_descending = not _is_ascending(request, default=bool(asked_keys))
    found.sort(key=lambda stack: tuple(getattr(stack, key) for key in keys), reverse=is_descending)
    limit = read_count("limit", request.parameter("limit"))
    if not read_flag(request, "show_deleted"):
        found = [stack for stack in found if not stack.is_gone]
    page = _select(found, [stack.stack_id for stack in found], request.parameter("marker"), limit)
    document: dict[str, Json] = {"stacks": [views.show_summary(base, stack) for stack in page]}
    if page and len(page) == limit:
        query = urlencode({**request.query, "marker": [page[-1].stack_id]}, doseq=True)
        document["links"] = [views.link(f"{base}/stacks?{query}", "next")]
    if read_flag(request, "with_count"):
        document["count"] = len(found)
    return document


def list_events(base: str, stack: Stack, resource: str | None, request: Request) -> dict[str, Json]:
    """Return the events that a query asks for, of one resource or of all, by default the newest first.

    Raises HeatFault for a wrong value.
    """
    events = [event for event in stack.events if resource in (None, event.resource or stack.name)]
    if not _is_ascending(request, default=False):
        events.reverse()
    limit = read_count("limit", request.parameter("limit"))
    page = _select(events, [event.event_id for event in events], request.parameter("marker"), limit)
    return {"events": [views.show_event(base, stack, event) for event in page]}


def _select(items: Sequence[_T], ids: Sequence[str], marker: str | None, limit: int | None) -> Sequence[_T]:
    start = ids.index(marker) + 1 if marker in ids else 0
    return items[start:] if limit is None else items[start : start + limit]


def _is_ascending(request: Request, *, default: bool) -> bool:
    direction = request.parameter("sort_dir")
    if direction not in (None, "asc", "desc"):
        raise HeatFault("ValueError")
    return default if direction is None else direction == "asc"


def _has_attributes(stack: Stack, request: Request) -> bool:
    for attribute, names in _FILTERS.items():
        values = [value for name in names for value in request.query.get(name, ()) if value]
        # "COMPLETE" is a state, "CREATE_COMPLETE" one of an action.
        own = {stack.state, stack.status} if attribute == "status" else {getattr(stack, attribute)}
        if values and own.isdisjoint(values):
            return False
    return True
