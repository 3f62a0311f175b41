"""Magnum's API, by plain calls on the session of a request.

python-magnumclient would be one more dependency for five calls, and takes the reason out of refusals; openstacksdk's
proxy first asks the service for its versions. See
https://docs.openstack.org/api-ref/container-infrastructure-management/.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from builder.kinds.magnum.refusals import explain_refusal
from builder.kinds.protocol import CreatedStack
from builder.openstack.call_context import CallContext, Service, may_have_created
from builder.openstack.connection import Cloud
from builder.openstack.deadline import DeadlineError
from builder.openstack.failure_kinds import CloudError
from builder.openstack.limits import MAX_COUNT
from builder.openstack.services import SERVICE_TYPES

if TYPE_CHECKING:
    import requests

WITHOUT_NODES: Final = "1.10"
"""The version of the API that takes a ``node_count`` of 0; all else, the default of every Magnum takes."""

PAGE: Final = 500
"""How many clusters are asked for at once: half of what Magnum gives at most, and well within an answer's limits."""

MAX_PAGES: Final = 20
"""A project with more clusters than that many pages hold is no project, but a service whose pages have no end."""

LIST_TRIES: Final = 10
LIST_PAUSE: Final = 0.3
"""In seconds: three together, where Magnum was seen to need less than half a second, on a busy machine."""

_UUID: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,254}")
_STATUS: Final = re.compile(r"[A-Z_]{1,64}")


@dataclass(frozen=True, slots=True)
class ClusterRequest:
    """What Magnum is asked to create.

    ``form_fields`` are the parameters that the caller was asked for. It is ``repeatable`` where the caller may send the
    same request again and be given this cluster.
    """

    body: Mapping[str, Any] = field(repr=False)
    form_fields: frozenset[str] = frozenset()
    repeatable: bool = False

    @property
    def name(self) -> str:
        """The cluster's name at Magnum."""
        return str(self.body["name"])


@dataclass(frozen=True, slots=True)
class ListedCluster:
    """A cluster as Magnum lists it."""

    id: str
    name: str
    status: str
    labels: Mapping[str, Any]
    age: float | None = None
    """How many seconds it has lived, by Magnum's own clock; None where it is not told."""

    @property
    def is_live(self) -> bool:
        """Whether it is not being deleted; one that was deleted is not listed at all."""
        return not self.status.startswith("DELETE")


def create_cluster(cloud: Cloud, request: ClusterRequest) -> CreatedStack:
    """Have Magnum create a cluster: exactly one POST, never repeated. Blocks.

    Raises:
        RequestError: Magnum refuses (400, 401, 403), fails or cannot be reached (502), or is late (504). Where it may
            have created the cluster all the same, the detail says so and names it.
    """
    cloud.deadline.remaining()
    context = cloud.context(Service.CONTAINER_INFRA, request.name, request.repeatable, request.form_fields)
    cloud.deadline.under_way = may_have_created(request.name, request.repeatable, "Cluster")
    version = WITHOUT_NODES if request.body.get("node_count") == 0 else None
    try:
        response = _ask(cloud, "POST", "/clusters", context, request.body, version)
        with cloud.calling(context):
            return CreatedStack(_read(response.json()["uuid"], _UUID), request.name)
    except DeadlineError as error:
        error.may_have_effect = True
        raise


def list_clusters(cloud: Cloud, *, detailed: bool = False) -> list[ListedCluster]:
    """All clusters of the project, in the order of their ids. Blocks; raises RequestError.

    If ``detailed``, with their ages, which takes Magnum longer.
    """
    context = cloud.context(Service.CONTAINER_INFRA)
    path = "/clusters/detail" if detailed else "/clusters"
    found: dict[str, ListedCluster] = {}
    marker = ""
    for _ in range(MAX_PAGES):
        with cloud.session.long_answers():
            response = _ask_for_list(cloud, f"{path}?limit={PAGE}{marker}", context)
        with cloud.calling(context):
            now = _read_time(parsedate_to_datetime, response.headers.get("Date"))
            page = [_read_cluster(cluster, now) for cluster in response.json()["clusters"]]
        found |= {cluster.id: cluster for cluster in page}
        if len(page) < PAGE:
            break
        marker = f"&marker={page[-1].id}"
    return [found[id_] for id_ in sorted(found)]


def fetch_stack_id(cloud: Cloud, cluster: CreatedStack) -> str | None:
    """The id of the Heat stack that a cluster's driver made; None while there is none. Blocks; raises RequestError."""
    shown = show_cluster(cloud, cluster.id)
    with cloud.calling(Service.CONTAINER_INFRA):
        stack_id = shown["stack_id"]
        return None if stack_id is None else _read(stack_id, _UUID)


def show_cluster(cloud: Cloud, cluster_id: str) -> Mapping[str, Any]:
    """A cluster with all that Magnum has of it. Blocks; raises RequestError."""
    context = cloud.context(Service.CONTAINER_INFRA)
    response = _ask(cloud, "GET", f"/clusters/{cluster_id}", context)
    with cloud.calling(context):
        return dict(response.json())


def delete_cluster(cloud: Cloud, cluster: CreatedStack) -> None:
    """Have Magnum delete a cluster, which goes on after this. Blocks; raises RequestError."""
    _ask(cloud, "DELETE", f"/clusters/{cluster.id}", cloud.context(Service.CONTAINER_INFRA))


def check_template(cloud: Cloud, cluster_template: str) -> None:
    """Look for a cluster template by its name or UUID. Blocks.

    Raises RequestError: (400) it is not there, or not for this project; and as :func:`create_cluster` does.
    """
    name = quote(cluster_template, safe="")
    _ask(cloud, "GET", f"/clustertemplates/{name}", cloud.context(Service.CONTAINER_INFRA))


def count_clusters(cloud: Cloud) -> tuple[int, int]:
    """How many clusters the project may have, and how many it has. Blocks; raises RequestError."""
    context = cloud.context(Service.CONTAINER_INFRA)
    project = quote(cloud.project_id, safe="")
    quota = _ask(cloud, "GET", f"/quotas/{project}/Cluster", context)
    stats = _ask(cloud, "GET", f"/stats?project_id={project}", context)
    with cloud.calling(context):
        limit, used = quota.json()["hard_limit"], stats.json()["clusters"]
        if not isinstance(limit, int) or not isinstance(used, int) or max(abs(limit), abs(used)) > MAX_COUNT:
            raise TypeError("no numbers")
        return limit, used


def _ask_for_list(cloud: Cloud, path: str, context: CallContext) -> requests.Response:
    """A list, asked for again where Magnum cannot write it down.

    When it deletes a cluster, its node groups go first (``magnum/service/periodic.py``), and for as long as the cluster
    has none, every list of the project is refused, for it has no masters.
    """
    for _ in range(LIST_TRIES - 1):
        try:
            return _ask(cloud, "GET", path, context)
        except CloudError as error:
            if error.status != HTTPStatus.BAD_REQUEST:
                raise
        time.sleep(min(LIST_PAUSE, cloud.deadline.remaining()))
    return _ask(cloud, "GET", path, context)


def _ask(
    cloud: Cloud,
    method: str,
    path: str,
    context: CallContext,
    body: Mapping[str, Any] | None = None,
    version: str | None = None,
) -> requests.Response:
    """Magnum's answer, if it is a success; ``version`` is that of the API, else Magnum's default."""
    headers = {"OpenStack-API-Version": f"container-infra {version}"} if version else {}
    endpoint = {
        "service_type": SERVICE_TYPES[Service.CONTAINER_INFRA],
        "interface": cloud.settings.interface,
        "region_name": cloud.region_name,
    }
    with cloud.calling(context):
        response = cloud.session.request(
            path, method, json=body, headers=headers, endpoint_filter=endpoint, raise_exc=False
        )
    if not response.ok:
        raise explain_refusal(response, context, body or {})
    return response


def _read_cluster(listed: Mapping[str, Any], now: datetime | None) -> ListedCluster:
    labels = listed.get("labels")
    created = _read_time(datetime.fromisoformat, listed.get("created_at"))
    return ListedCluster(
        _read(listed["uuid"], _UUID),
        _read(listed["name"], _NAME),
        _read(listed["status"], _STATUS),
        labels if isinstance(labels, dict) else {},
        (now - created).total_seconds() if now and created else None,
    )


def _read_time(parse: Callable[[str], datetime], told: object) -> datetime | None:
    """A time that Magnum told; None for what is none, or is none in UTC: Python's years are 1 to 9999."""
    try:
        moment = parse(told) if isinstance(told, str) else None
        return moment and (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):  # email's parser raises all of them
        return None


def _read(given: object, form: re.Pattern[str]) -> str:
    """A text of Magnum's that goes into answers and URLs; raises TypeError where it is more than it should be."""
    if not isinstance(given, str) or form.fullmatch(given) is None:
        raise TypeError("no id, name or status")
    return given
