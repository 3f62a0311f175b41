"""What changes in the catalogue, told as it happens: server-sent events (https://html.spec.whatwg.org/#server-sent-events).

No stream has a queue: each remembers the snapshot that its client was told of, and tells what differs from the current
one when the client has taken what came before. So a client that reads slowly gets fewer events that say the same.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any, Final

from sanic import Blueprint, HTTPResponse, Request

from builder.api.authentication import MAX_LIFETIME_SECONDS, authenticate_read
from builder.api.browsers import refuse_cross_site
from builder.api.connections import count_untaken
from builder.api.read_handlers import READ, current_snapshot
from builder.api.services import Services
from builder.catalogue.snapshot import Snapshot, State
from builder.errors import Fault, RequestError

MAX_STREAMS: Final = 100
"""In each worker: a tenth of the connections that it takes unless told otherwise."""

HEARTBEAT_SECONDS: Final = 15.0
"""Proxies end what is silent, after 60 seconds unless told otherwise, and a client that is gone is noticed by this."""

LEAST_PAUSE_SECONDS: Final = 0.25
"""Between two events of a stream: while a thousand files are copied, a client is told four times a second."""

MAX_LATE_BEATS: Final = 2
"""A client that has not taken everything at so many beats in a row is cut off: it can come again for a snapshot."""

_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""The latter has nginx pass on each event at once."""

blueprint = Blueprint("events")


async def stream_events(request: Request) -> HTTPResponse:
    """A ``snapshot`` of what is listed, and each change of it from then on.

    A client whose ``Last-Event-ID`` is the current revision has that snapshot already.

    Raises RequestError (401, 403, and 503 where there are too many streams, or the service stops).
    """
    services: Services = request.app.ctx.services
    refuse_cross_site(request)  # whose page could not read it, but take the place of those who can
    authenticate_read(request, services)
    await current_snapshot(services)
    refused = "the service is stopping" if services.stopping else ""
    if services.event_streams >= MAX_STREAMS:
        refused = f"{MAX_STREAMS} clients follow the catalogue already; GET /catalogue tells the same"
    if refused:
        raise RequestError(Fault(503, "Service busy", f"No more events: {refused}."), headers={"Retry-After": "5"})
    return EventStream(services, request.headers.getone("last-event-id", ""), is_head=request.method == "HEAD")


class EventStream(HTTPResponse):
    """The response that goes on until its client goes, the service stops, or a token would have expired for certain."""

    __slots__ = ("_is_head", "_known", "_problem", "_services")

    def __init__(self, services: Services, last_event_id: str, *, is_head: bool) -> None:
        super().__init__(headers=dict(_HEADERS), content_type="text/event-stream")
        self._services = services
        self._is_head = is_head
        snapshot = services.catalogue.snapshot
        self._known: Snapshot | None = snapshot if last_event_id == snapshot.revision else None
        self._problem = services.reconcile_loop.readiness() if self._known else None

    async def send(self, data: Any = None, end_stream: bool | None = None) -> None:  # noqa: ARG002  # all in one
        """Send all of the stream: see :meth:`sanic.response.BaseHTTPResponse.send`."""
        self._services.event_streams += 1
        try:
            await super().send(b": events of the catalogue\n\n", end_stream=False)
            if not self._is_head:
                await self._follow()
            await super().send(b"", end_stream=True)
        finally:
            self._services.event_streams -= 1

    async def _follow(self) -> None:
        services = self._services
        # Often enough that no timer of this service takes the client for one that is silent.
        beat = min(HEARTBEAT_SECONDS, services.settings.keep_alive_timeout / 3)
        end = time.monotonic() + MAX_LIFETIME_SECONDS
        late = 0
        while not services.stopping and time.monotonic() < end:
            changed = services.catalogue_changed  # before looking, so that no change is missed in between
            event = self._next_event()
            if event:
                await super().send(event, end_stream=False)
                await asyncio.sleep(LEAST_PAUSE_SECONDS)
                continue
            try:
                await asyncio.wait_for(changed.wait(), beat)
            except TimeoutError:
                late = late + 1 if self._count_untaken() else 0
                if late >= MAX_LATE_BEATS:
                    self.stream.protocol.abort()  # type: ignore[union-attr]
                    return
                await super().send(b": beat\n\n", end_stream=False)

    def _count_untaken(self) -> int:
        transport = self.stream.protocol.transport  # type: ignore[union-attr]
        return count_untaken(transport) if transport is not None else 0

    def _next_event(self) -> bytes:
        """What the client does not know yet, as one event; nothing where it knows all."""
        before, problem = self._known, self._services.reconcile_loop.readiness()
        snapshot = self._services.catalogue.snapshot
        if before is snapshot and problem == self._problem:
            return b""
        self._known, self._problem = snapshot, problem
        if before is None:
            return _encode("snapshot", snapshot, problem, describe_snapshot(snapshot))
        return _encode("changed", snapshot, problem, describe_change(before, snapshot))


def describe_snapshot(snapshot: Snapshot) -> dict[str, Any]:
    """The revision of every type that is listed, and which of them are stale."""
    stale = [id_ for id_, slot in snapshot.slots.items() if slot.state is State.STALE]
    return {"types": {id_: each.revision for id_, each in snapshot.types.items()}, "stale": sorted(stale)}


def describe_change(before: Snapshot, after: Snapshot) -> dict[str, Any]:
    """Which types were added, changed and removed in the listing, and which are stale that were not.

    ``entries`` are the paths of those whose state or problems differ.
    """
    old, new = before.types, after.types
    slots = [
        (id_, before.slots.get(id_), after.slots.get(id_))
        for id_ in {*before.slots, *after.slots}
        if before.slots.get(id_) is not after.slots.get(id_)
    ]
    stale = [
        id_
        for id_, was, now in slots
        if now and now.state is State.STALE and (was is None or was.state is not now.state)
    ]
    reports = [
        {report.path: report for slot in side if slot for report in slot.reports} | dict(others)
        for side, others in (
            ([was for _, was, _ in slots], before.others),
            ([now for _, _, now in slots], after.others),
        )
    ]
    entries = {path for path in {*reports[0], *reports[1]} if reports[0].get(path) != reports[1].get(path)}
    return {
        "added": sorted(new.keys() - old.keys()),
        "changed": sorted(id_ for id_ in new.keys() & old.keys() if new[id_].revision != old[id_].revision),
        "removed": sorted(old.keys() - new.keys()),
        "stale": sorted(stale),
        "entries": sorted(entries),
    }


def _encode(event: str, snapshot: Snapshot, problem: str, data: dict[str, Any]) -> bytes:
    told = {"revision": snapshot.revision, "problem": problem or None, **data}
    # ASCII: of the characters that end a line for some readers, none is in it.
    return f"id: {snapshot.revision}\nevent: {event}\ndata: {json.dumps(told, separators=(',', ':'))}\n\n".encode()


blueprint.add_route(stream_events, "/catalogue/events", methods=READ)
