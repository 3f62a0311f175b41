"""Which stacks and events a list holds: filters, tags, order and pages.

Apart from the routes and the store, as functions over what there is.
https://docs.openstack.org/api-ref/orchestration/v1/#list-stacks
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from builder.sandbox.faults import HeatFault
from builder.sandbox.heat.stacks import Event, Stack
from builder.sandbox.wire.bodies import read_count, read_flag, read_tags
from builder.sandbox.wire.server import Request

_SORT_KEYS: Mapping[str, str] = {
    "name": "name",
    "stack_name": "name",
    "status": "state",
    "stack_status": "state",
    "created_at": "number",
    "creation_time": "number",
}
_STATES = ("COMPLETE", "FAILED", "IN_PROGRESS")


@dataclass(frozen=True, slots=True)
class StackQuery:
    """What a list of stacks is asked to hold; ``sort_keys`` are attributes of a stack."""

    filters: Mapping[str, Sequence[str]]
    tags: tuple[str, ...]
    tags_any: tuple[str, ...]
    not_tags: tuple[str, ...]
    not_tags_any: tuple[str, ...]
    sort_keys: tuple[str, ...]
    is_descending: bool
    limit: int | None
    marker: str | None
    with_deleted: bool
    with_count: bool


@dataclass(frozen=True, slots=True)
class Page:
    """One page of stacks; ``next_marker`` is None on the last, ``total`` counts all pages."""

    stacks: Sequence[Stack]
    next_marker: str | None
    total: int


@dataclass(frozen=True, slots=True)
class EventQuery:
    """What a list of events is asked to hold."""

    is_ascending: bool
    limit: int | None
    marker: str | None


def read_query(request: Request) -> StackQuery:
    """Read the query string of a list of stacks.

    Raises HeatFault where a value is wrong, or asks for other people's stacks.
    """
    if read_flag(request, "global_tenant"):
        raise HeatFault(403, "Forbidden", "You are not authorized to use stacks:global_index.")
    read_flag(request, "show_nested")  # nested stacks are never listed on their own here
    read_flag(request, "show_hidden")
    filters = {
        field: [value for name in names for value in request.query.get(name, ()) if value]
        for field, names in (
            ("name", ("name", "stack_name")),
            ("stack_id", ("id",)),
            ("status", ("status", "stack_status")),
            ("action", ("action", "stack_action")),
            ("owner", ("username", "stack_owner")),
        )
    }
    asked_keys = request.query.get("sort_keys", [])
    return StackQuery(
        filters={field: values for field, values in filters.items() if values},
        tags=read_tags(request.parameter("tags")),
        tags_any=read_tags(request.parameter("tags_any")),
        not_tags=read_tags(request.parameter("not_tags")),
        not_tags_any=read_tags(request.parameter("not_tags_any")),
        sort_keys=tuple(_SORT_KEYS[key] for key in asked_keys if key in _SORT_KEYS),
        is_descending=not _is_ascending(request, default=bool(asked_keys)),
        limit=read_count("limit", request.parameter("limit")),
        marker=request.parameter("marker"),
        with_deleted=read_flag(request, "show_deleted"),
        with_count=read_flag(request, "with_count"),
    )


def select_page(stacks: Sequence[Stack], query: StackQuery) -> Page:
    """Return the stacks a query asks for."""
    found = [stack for stack in stacks if _fits(stack, query)]
    keys = (*query.sort_keys, "number")
    found.sort(key=lambda stack: tuple(getattr(stack, key) for key in keys), reverse=query.is_descending)
    ids = [stack.stack_id for stack in found]
    start = ids.index(query.marker) + 1 if query.marker in ids else 0
    page = found[start:] if query.limit is None else found[start : start + query.limit]
    is_full = query.limit is not None and len(page) == query.limit and bool(page)
    return Page(page, page[-1].stack_id if is_full else None, len(found))


def read_event_query(request: Request) -> EventQuery:
    """Read the query string of a list of events. Raises HeatFault where a value is wrong."""
    return EventQuery(
        is_ascending=_is_ascending(request, default=False),
        limit=read_count("limit", request.parameter("limit")),
        marker=request.parameter("marker"),
    )


def select_events(events: Sequence[Event], query: EventQuery) -> Sequence[Event]:
    """Return the events a query asks for, the newest first unless it says otherwise."""
    ordered = list(events) if query.is_ascending else list(reversed(events))
    ids = [event.event_id for event in ordered]
    if query.marker in ids:
        ordered = ordered[ids.index(query.marker) + 1 :]
    return ordered if query.limit is None else ordered[: query.limit]


def _is_ascending(request: Request, *, default: bool) -> bool:
    direction = request.parameter("sort_dir")
    if direction not in (None, "asc", "desc"):
        raise HeatFault(400, "ValueError")
    return default if direction is None else direction == "asc"


def _fits(stack: Stack, query: StackQuery) -> bool:
    tags = set(stack.options.tags)
    return (
        all(_has(stack, field, values) for field, values in query.filters.items())
        and (not query.tags or tags >= set(query.tags))
        and (not query.tags_any or bool(tags & set(query.tags_any)))
        and (not query.not_tags or not tags >= set(query.not_tags))
        and (not query.not_tags_any or not tags & set(query.not_tags_any))
    )


def _has(stack: Stack, field: str, values: Sequence[str]) -> bool:
    if field != "status":
        return getattr(stack, field) in values
    # "COMPLETE" is a state, "CREATE_COMPLETE" one of an action.
    return any(stack.state == value if value in _STATES else stack.status == value for value in values)
