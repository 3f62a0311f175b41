"""The stacks of every project: names, owners, tags, time, and the state each stack shows.

Apart from what is in a stack. Nothing runs in the background: the first poll after a stack was asked for shows that it
is in progress, and then makes it, or deletes it.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from builder.sandbox.faults import HeatFault, Json
from builder.sandbox.heat.stack_contents import StackContent
from builder.sandbox.heat.stack_plans import make_stack

MAX_DELETED = 200
"""How many deleted stacks stay visible by their id."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a resource, or to the stack as a whole when ``resource`` is None."""

    event_id: str
    time: datetime
    resource: str | None
    status: str
    reason: str


@dataclass(slots=True)
class Stack:
    """One stack of one project; lives in the store, which alone changes it.

    ``number`` counts the stacks there were; one that is only previewed has none, and no project for users of its own.
    """

    content: StackContent
    owner: str
    number: int = 0
    user_project_id: str | None = None
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    deleted: datetime | None = None
    is_settled: bool = False
    action: str = "CREATE"
    events: list[Event] = field(default_factory=list)

    @property
    def stack_id(self) -> str:
        """The UUID by which requests name it, also after it is deleted."""
        return self.content.source.stack_id

    @property
    def name(self) -> str:
        """The name, unique among the stacks of the project that exist."""
        return self.content.source.name

    @property
    def project_id(self) -> str:
        """The id of the project that it belongs to, in whose URLs it is found."""
        return self.content.source.project_id

    @property
    def state(self) -> str:
        """``IN_PROGRESS``, ``COMPLETE`` or ``FAILED``."""
        if not self.is_settled:
            return "IN_PROGRESS"
        return "FAILED" if self.action == "CREATE" and self.content.failure else "COMPLETE"

    @property
    def status(self) -> str:
        """The state together with what was asked for, as clients see it."""
        return f"{self.action}_{self.state}"

    @property
    def reason(self) -> str:
        """Heat's words for the state."""
        if self.state == "IN_PROGRESS":
            return f"Stack {self.action} started"
        if self.state == "FAILED":
            return f"Resource {self.action} failed: {self.content.failure}"
        return f"Stack {self.action} completed successfully"

    @property
    def is_gone(self) -> bool:
        """Whether it is deleted, and shown by its id only."""
        return self.action == "DELETE" and self.is_settled


class StackStore:
    """Every stack of a sandbox, in memory; lives as long as the sandbox.

    ``quota`` is the most stacks a project may have. All methods may be called from any thread.
    """

    def __init__(self, quota: int) -> None:
        self._quota = quota
        self._lock = threading.RLock()
        self._stacks: dict[str, Stack] = {}
        self._count = 0

    def check_room(self, project_id: str, name: Json) -> None:
        """Refuse a stack that could not be added. For those that are being deleted this is a poll.

        Raises HeatFault where the name is taken, or the project has as many stacks as it may.
        """
        with self._lock:
            existing = self._list_existing(project_id)
            for stack in existing:
                if stack.action == "DELETE":
                    self._settle(stack)
            if any(stack.name == name for stack in existing):
                raise HeatFault("StackExists", name)
            if len(existing) >= self._quota:
                raise HeatFault(
                    "RequestLimitExceeded",
                    f"You have reached the maximum stacks per tenant, {self._quota}. Please delete some stacks.",
                )

    def create(self, content: StackContent, owner: str) -> Stack:
        """Add a stack that is planned. Raises HeatFault where there is no room for it."""
        with self._lock:
            self.check_room(content.source.project_id, content.source.name)
            self._count += 1
            stack = Stack(content, owner, self._count, uuid.uuid4().hex)
            self._stacks[stack.stack_id] = stack
            _record(stack, None, "CREATE_IN_PROGRESS", stack.reason)
            return stack

    def delete(self, project_id: str, name: str, stack_id: str) -> None:
        """Start to delete a stack. Raises HeatFault where there is none, or it is gone already."""
        with self._lock:
            stack = self.find(project_id, name, stack_id)
            if stack.is_gone:
                raise HeatFault("EntityNotFound", "Stack", name)
            self._settle(stack)
            if stack.action != "DELETE":
                stack.action, stack.is_settled = "DELETE", False
                _record(stack, None, stack.status, stack.reason)

    def identify(self, project_id: str, name_or_id: str) -> Stack:
        """Return a stack that exists by its name, or any by its id; this is no poll.

        Raises HeatFault where there is none.
        """
        with self._lock:
            for stack in self._list_existing(project_id):
                if stack.name == name_or_id:
                    return stack
            found = self._stacks.get(name_or_id)
            if found is None or found.project_id != project_id:
                raise HeatFault("EntityNotFound", "Stack", name_or_id)
            return found

    def find(self, project_id: str, name: str, stack_id: str) -> Stack:
        """Return a stack, deleted or not, by name and id; this is no poll. Raises HeatFault where there is none."""
        with self._lock:
            stack = self._stacks.get(stack_id)
        if stack is None or stack.project_id != project_id or stack.name != name:
            raise HeatFault("EntityNotFound", "Stack", name)
        return stack

    @contextmanager
    def poll(self, project_id: str, name: str, stack_id: str) -> Iterator[Stack]:
        """Give a stack to a client; afterwards it has settled. Raises HeatFault where there is no such stack."""
        with self._lock:
            stack = self.find(project_id, name, stack_id)
            yield stack
            self._settle(stack)

    @contextmanager
    def poll_all(self, project_id: str) -> Iterator[list[Stack]]:
        """Give the project's stacks, the newest first, deleted ones too; afterwards they have settled."""
        with self._lock:
            stacks = [stack for stack in reversed(self._stacks.values()) if stack.project_id == project_id]
            yield stacks
            for stack in stacks:
                self._settle(stack)

    def _list_existing(self, project_id: str) -> list[Stack]:
        return [stack for stack in self._stacks.values() if stack.project_id == project_id and not stack.is_gone]

    def _settle(self, stack: Stack) -> None:
        """Finish what is in progress: the next poll shows it done."""
        if stack.is_settled:
            return
        stack.is_settled = True
        if stack.action == "DELETE":
            stack.deleted = datetime.now(UTC)
        else:
            make_stack(stack.content)
            for name in stack.content.order:
                resource = stack.content.resources[name]
                if resource.is_made or resource.failure:
                    _record(stack, name, "CREATE_IN_PROGRESS", "state changed")
                    status = "CREATE_FAILED" if resource.failure else "CREATE_COMPLETE"
                    _record(stack, name, status, str(resource.failure or "state changed"))
        _record(stack, None, stack.status, stack.reason)
        gone = [stack_id for stack_id, other in self._stacks.items() if other.is_gone]
        for stack_id in gone[:-MAX_DELETED]:
            del self._stacks[stack_id]


def _record(stack: Stack, resource: str | None, status: str, reason: str) -> None:
    stack.events.append(Event(str(uuid.uuid4()), datetime.now(UTC), resource, status, reason))
