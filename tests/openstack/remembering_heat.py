"""A Heat on loopback that remembers its stacks, as far as launching needs: create, list by tag, delete.

Like the real one it looks for the name before it writes, so that simultaneous creations can both succeed; a test
decides when they do.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.openstack.replay_cloud import Behaviour, Received, ReplayCloud, answer


@dataclass(slots=True)
class RememberedStack:
    id: str
    name: str
    tags: list[str]
    created: str
    status: str = "CREATE_IN_PROGRESS"
    deleted: str | None = None

    def listed(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "stack_name": self.name,
            "stack_status": self.status,
            "creation_time": self.created,
            "deletion_time": self.deleted,
            "tags": self.tags,
        }


@dataclass(slots=True)
class Hooks:
    """Called in the server's threads; each may block, to hold a request at that point."""

    before_writing: Callable[[Received], None] = lambda _: None
    after_writing: Callable[[Received], bytes | Behaviour | None] = lambda _: None
    before_deleting: Callable[[Received], bytes | None] = lambda _: None


@dataclass
class _State:
    stacks: list[RememberedStack] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    hooks: Hooks = field(default_factory=Hooks)


class RememberingHeat(ReplayCloud):
    """See the module."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self._state = _State()
        self.hooks = self._state.hooks
        self.created_at = "2020-01-01T00:00:00Z"
        self.behind = timedelta()
        """How much the clock of this cloud is behind this host's."""

    @property
    def stacks(self) -> list[RememberedStack]:
        return self._state.stacks

    @property
    def live(self) -> list[RememberedStack]:
        return [stack for stack in self.stacks if not stack.status.startswith("DELETE")]

    @property
    def now(self) -> datetime:
        """What the clock of this cloud says."""
        return datetime.now(UTC) - self.behind

    @property
    def looks(self) -> list[Received]:
        """The requests for a list of stacks."""
        return [request for request in self.received if request.method == "GET" and "/stacks?" in request.path]

    def respond(self, request: Received) -> bytes | Behaviour:
        if not request.path.startswith("/heat") or self.orchestration is not None:
            return super().respond(request)
        if request.method == "POST":
            return self._create(request)
        if request.method == "DELETE":
            return self._delete(request)
        return self._list(request)

    def _create(self, request: Received) -> bytes | Behaviour:
        name = request.json["stack_name"]
        if any(stack.name == name and stack.status != "DELETE_COMPLETE" for stack in self.stacks):
            message = f"The Stack ({name}) already exists."
            return answer(409, {"code": 409, "error": {"type": "StackExists", "message": message}})
        self.hooks.before_writing(request)
        with self._state.lock:
            stack_id = f"{len(self.stacks):08}-0000-4000-8000-000000000000"
            tags = request.json.get("tags", "").split(",")
            self.stacks.append(RememberedStack(stack_id, name, tags, self.created_at))
        instead = self.hooks.after_writing(request)
        return answer(201, {"stack": {"id": stack_id, "links": []}}) if instead is None else instead

    def _delete(self, request: Received) -> bytes:
        refusal = self.hooks.before_deleting(request)
        if refusal is not None:
            return refusal
        (stack,) = [stack for stack in self.stacks if request.path.endswith(f"/stacks/{stack.name}/{stack.id}")]
        stack.status = "DELETE_IN_PROGRESS"
        stack.deleted = stack.created  # it was created in the same second, whichever that is
        return answer(204)

    def _list(self, request: Received) -> bytes:
        query = parse_qs(urlsplit(request.path).query)
        tags = query.get("tags", [""])[0].split(",")
        deleted = query.get("show_deleted", ["false"])[0].lower() == "true"
        with self._state.lock:
            found = [
                stack.listed()
                for stack in self.stacks
                if set(tags) <= set(stack.tags) and (deleted or stack.status != "DELETE_COMPLETE")
            ]
        return answer(200, {"stacks": found}, headers={"Date": format_datetime(self.now, usegmt=True)})
