"""A Keystone and a Magnum on loopback; the Magnum remembers its clusters, or answers what a test tells it to.

As the real one does, it takes any number of clusters of one name, lists what is not deleted alone, and lists a new one
only after a while: here, after so many further lists as a test says.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.openstack.replay_cloud import PROJECT_ID, Behaviour, Received, ReplayCloud, answer, catalog_entry


@dataclass(slots=True)
class RememberedCluster:
    id: str
    body: dict[str, Any]
    seen_after: int
    stack_id: str | None = None
    """What its driver makes, known from the second time on that the cluster is asked for."""
    asked_for_stack: int = 0
    created_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat())
    status: str = "CREATE_COMPLETE"
    told: dict[str, Any] = field(default_factory=dict)
    """What Magnum tells beside."""

    def listed(self) -> dict[str, Any]:
        return {
            "uuid": self.id, "name": self.body["name"], "status": self.status, "labels": self.body["labels"],
            "created_at": self.created_at,
            "stack_id": self.stack_id if self.asked_for_stack > 1 else None,
            **self.told,
        }  # fmt: skip


def refusal(status: int, detail: str) -> bytes:
    """Magnum's own answer to what it refuses."""
    error = {"request_id": "", "code": "client", "status": status, "title": detail[:40], "detail": detail, "links": []}
    return answer(status, {"errors": [error]})


class RememberingMagnum(ReplayCloud):
    """See the module."""

    def __init__(self) -> None:
        super().__init__()
        self.catalog = [catalog_entry("container-infra", f"{self.url}/magnum/v1")]
        self.clusters: list[RememberedCluster] = []
        self.magnum: bytes | Behaviour | None = None
        """The answer to every request, if it is not to remember."""
        self.seen_after: Callable[[], int] = lambda: 0
        """After how many lists, from its creation, each new cluster is listed."""
        self.new_id: Callable[[], str] = lambda: str(uuid.uuid4())
        self.new_stack_id: Callable[[], str | None] = lambda: None
        self.before_creating: Callable[[], None] = lambda: None
        """Called in the server's thread; may block, to hold a creation at that point."""
        self.status = "CREATE_COMPLETE"
        self.limit = 20
        self.behind = timedelta()
        """How much the clock of this cloud is behind that of its clusters' creations."""
        self._lock = threading.Lock()

    @property
    def now(self) -> datetime:
        """What the clock of this cloud says."""
        return datetime.now(UTC) - self.behind

    @property
    def live(self) -> list[RememberedCluster]:
        return [cluster for cluster in self.clusters if not cluster.status.startswith("DELETE")]

    @property
    def posted(self) -> list[Received]:
        return [request for request in self.received if request.method == "POST" and request.path.startswith("/magnum")]

    def respond(self, request: Received) -> bytes | Behaviour:
        path = urlsplit(request.path)
        if not path.path.startswith("/magnum/v1"):
            return super().respond(request)
        if self.magnum is not None:
            return self.magnum
        match request.method, path.path.removeprefix("/magnum/v1").split("/")[1:]:
            case "POST", ["clusters"]:
                self.before_creating()
                with self._lock:
                    made = RememberedCluster(self.new_id(), request.json, self.seen_after(), self.new_stack_id())
                    made.status = self.status
                    self.clusters.append(made)
                return answer(202, {"uuid": made.id})
            case "GET", ["clusters"] | ["clusters", "detail"]:
                return self._list(**{name: values[0] for name, values in parse_qs(path.query).items()})
            case "GET", ["clusters", id_]:
                found = next(cluster for cluster in self.clusters if cluster.id == id_)
                found.asked_for_stack += 1
                return answer(200, found.listed())
            case "DELETE", ["clusters", id_]:
                with self._lock:
                    next(cluster for cluster in self.clusters if cluster.id == id_).status = "DELETE_IN_PROGRESS"
                return answer(204)
            case "GET", ["clustertemplates", "k8s"]:
                return answer(200, {"uuid": "t", "name": "k8s"})
            case "GET", ["quotas", project, "Cluster"] if project == PROJECT_ID:
                return answer(200, {"hard_limit": self.limit, "project_id": project, "resource": "Cluster"})
            case "GET", ["stats"]:
                return answer(200, {"clusters": len(self.live), "nodes": 0})
        return refusal(404, f"ClusterTemplate {path.path.rpartition('/')[2]} could not be found.")

    def _list(self, limit: str = "1000", marker: str = "") -> bytes:
        with self._lock:
            shown = []
            for cluster in self.clusters:
                if cluster.seen_after <= 0:
                    shown.append(cluster.listed())
                cluster.seen_after -= 1
        start = next((number + 1 for number, each in enumerate(shown) if each["uuid"] == marker), 0)
        return answer(200, {"clusters": shown[start : start + int(limit)]}, headers={"Date": format_datetime(self.now)})
