"""What changes in the catalogue, told as it happens: server-sent events (https://html.spec.whatwg.org/#server-sent-events).

No stream has a queue: each remembers the snapshot that its client was told of, and tells what differs from the current
one when the client has taken what came before. So a client that reads slowly gets fewer events that say the same.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

from sanic import Blueprint, HTTPResponse, Request

from builder.api.authentication import MAX_LIFETIME_SECONDS, authenticate_read
from builder.api.browsers import refuse_cross_site
from builder.api.connections import count_untaken
from builder.api.read_handlers import READ, current_snapshot
from builder.api.services import Services
from builder.catalogue.snapshot import Snapshot, State
from builder.errors import Fault, RequestError
from builder.openstack.failure_kinds import RETRY_AFTER

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

    A client whose ``Last-Event-ID`` is that of the current state has that snapshot already.

    Raises RequestError (401, 403, and 503 where there are too many streams, or the service stops).
    """
    services: Services = request.app.ctx.services
    refuse_cross_site(request)  # whose page could not read it, but take the place of those who can
    authenticate_read(request)
    await current_snapshot(services)
    refused = "the service is stopping" if services.stopping else ""
    if services.event_streams >= MAX_STREAMS:
        refused = f"{MAX_STREAMS} clients follow the catalogue already; GET /catalogue tells the same"
    if refused:
        raise RequestError(Fault(503, "Service busy", f"No more events: {refused}."), headers=RETRY_AFTER)
    snapshot, problem = services.catalogue.snapshot, services.reconcile_loop.readiness()
    last_id = request.headers.getone("last-event-id", "")
    is_known = bool(last_id) and last_id == await asyncio.to_thread(identify, snapshot, problem)
    known = (snapshot, problem) if is_known else (None, None)
    return EventStream(services, *known, is_head=request.method == "HEAD")


class EventStream(HTTPResponse):
    """The response that goes on until its client goes, the service stops, or a token would have expired for certain."""

    __slots__ = ("_is_head", "_known", "_problem", "_services")

    def __init__(self, services: Services, known: Snapshot | None, problem: str | None, *, is_head: bool) -> None:
        super().__init__(headers=dict(_HEADERS), content_type="text/event-stream")
        self._services = services
        self._is_head = is_head
        self._known = known
        self._problem = problem

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
            # In a thread: of ten thousand types it takes a quarter of a second. One at a time: others want the same.
            async with services.event_turn:
                event = await asyncio.to_thread(self._next_event)
            if event:
                await super().send(event, end_stream=False)
                await asyncio.sleep(LEAST_PAUSE_SECONDS)
                continue
            try:
                await asyncio.wait_for(changed.wait(), beat)
            except TimeoutError:
                transport = self.stream.protocol.transport  # type: ignore[union-attr]
                late = late + 1 if transport is not None and count_untaken(transport) else 0
                if late >= MAX_LATE_BEATS:
                    self.stream.protocol.abort()  # type: ignore[union-attr]
                    return
                await super().send(b": beat\n\n", end_stream=False)

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


@lru_cache(maxsize=2)  # nearly all who follow ask for the same change; what is kept here keeps two snapshots alive
def describe_change(before: Snapshot, after: Snapshot) -> Mapping[str, Any]:
    """Which types were added, changed and removed in the listing, and which are stale that were not.

    ``entries`` are the paths of those whose state or problems differ.
    """
    old, new = before.types, after.types
    was_stale, is_stale = (
        {id_ for id_, slot in side.slots.items() if slot.state is State.STALE} for side in (before, after)
    )
    # As they are shown: some have a problem only while another type is not listed.
    was, now = ({report.path: report for report in side.reports()} for side in (before, after))
    return {
        "added": sorted(new.keys() - old.keys()),
        "changed": sorted(id_ for id_ in new.keys() & old.keys() if new[id_].revision != old[id_].revision),
        "removed": sorted(old.keys() - new.keys()),
        "stale": sorted(is_stale - was_stale),
        "entries": sorted(path for path in {*was, *now} if was.get(path) != now.get(path)),
    }


@lru_cache(maxsize=2)
def identify(snapshot: Snapshot, problem: str) -> str:
    """The id of an event: the revision of the listing, and a digest of all that is told besides.

    The same in every worker and replica: the times of a report, which each has of its own, are left out.
    """
    told = [
        (each.path, each.state, each.id, each.revision, each.reason, each.problems, each.changed_files)
        for each in snapshot.reports()
    ]
    digest = blake2b(repr((problem, told)).encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    return f"{snapshot.revision}-{digest}"


def _encode(event: str, snapshot: Snapshot, problem: str, data: Mapping[str, Any]) -> bytes:
    told = {"revision": snapshot.revision, "problem": problem or None, **data}
    # ASCII: of the characters that end a line for some readers, none is in it.
    lines = (
        f"id: {identify(snapshot, problem)}",
        f"event: {event}",
        f"data: {json.dumps(told, separators=(',', ':'))}",
    )
    return ("\n".join(lines) + "\n\n").encode()


blueprint.add_route(stream_events, "/catalogue/events", methods=READ)
