"""Magnum's API, by plain calls on the session of a request.

python-magnumclient would be one more dependency for seven calls, and takes the reason out of refusals; openstacksdk's
proxy first asks the service for its versions. See
https://docs.openstack.org/api-ref/container-infrastructure-management/.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote

from builder.clusters.names import MARK, CreatedStack
from builder.kinds.creation import CreationRequest, creating
from builder.kinds.listed import Listed, read_id, read_name, read_status, read_time
from builder.kinds.magnum.refusals import explain_refusal
from builder.openstack.call_context import CallContext, Service
from builder.openstack.cloud_services import SERVICE_TYPES
from builder.openstack.connection import Cloud
from builder.openstack.failure_kinds import CloudError
from builder.openstack.limits import MAX_COUNT

if TYPE_CHECKING:
    import requests

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

WITHOUT_NODES: Final = "1.10"
"""The version of the API that takes a ``node_count`` of 0; all else, the default of every Magnum takes."""

PAGE: Final = 500
"""How many clusters are asked for at once: half of what Magnum gives at most, and well within an answer's limits."""

MAX_PAGES: Final = 20
"""A project with more clusters than that many pages hold is no project, but a service whose pages have no end."""

STACK_SECONDS: Final = 10.0
STACK_POLL: Final = 0.25
"""In seconds, for how long and how often a new cluster is asked for its stack: Magnum was seen to know it after 0.8,
and to know nothing of the cluster for the first 0.1; some drivers make no stack."""

LIST_TRIES: Final = 10
LIST_PAUSE: Final = 0.3
"""In seconds: three together, where Magnum was seen to need less than half a second, on a busy machine."""


def create_cluster(cloud: Cloud, request: CreationRequest) -> CreatedStack:
    """Have Magnum create a cluster: exactly one POST, never repeated. Blocks.

    Raises:
        RequestError: Magnum refuses (400, 401, 403), fails or cannot be reached (502), or is late (504). Where it may
            have created the cluster all the same, the detail says so and names it.
    """
    body = build_body(request)
    version = WITHOUT_NODES if body.get("node_count") == 0 else None
    with creating(cloud, Service.CONTAINER_INFRA, request) as context:
        id_ = _ask(cloud, "/clusters", lambda answer: read_id(answer.json()["uuid"]), "POST", context, body, version)
    return CreatedStack(id_, request.name)


def build_body(request: CreationRequest) -> dict[str, Any]:
    """What Magnum is sent. Tags become labels; others that begin as those do are left out."""
    planned = request.plan.template
    others = {name: label for name, label in planned["labels"].items() if name.partition("_")[0] != MARK}
    return {"name": request.name, **planned, "labels": {**others, **labels_of(request.tags)}}


def list_clusters(cloud: Cloud, *, detailed: bool = False) -> list[Listed]:
    """All clusters of the project, in the order of their ids; of deleted ones Magnum lists none.

    Blocks; raises RequestError.

    If ``detailed``, with their ages, which takes Magnum longer.
    """
    path = "/clusters/detail" if detailed else "/clusters"
    found: dict[str, Listed] = {}
    marker = ""
    for _ in range(MAX_PAGES):
        with cloud.session.long_answers():
            page = _ask_for_page(cloud, f"{path}?limit={PAGE}{marker}")
        found |= {cluster.id: cluster for cluster in page}
        if len(page) < PAGE:
            break
        marker = f"&marker={page[-1].id}"
    return [found[id_] for id_ in sorted(found)]


def list_tagged(cloud: Cloud, tag: str) -> list[Listed]:
    """The clusters of the project that carry a tag. Blocks; raises RequestError."""
    return [cluster for cluster in list_clusters(cloud) if tag in cluster.tags]


def find_stack_id(cloud: Cloud, created: CreatedStack) -> str:
    """The id of the Heat stack that a cluster's driver makes, for that is what Concertim meters. Blocks.

    The cluster's own, if Magnum does not tell of a stack in time.
    """
    until = time.monotonic() + min(STACK_SECONDS, cloud.deadline.seconds_left())
    stack_id = None
    while not stack_id and time.monotonic() < until:
        try:
            stack_id = _ask(
                cloud, f"/clusters/{created.id}", lambda answer: (told := answer.json()["stack_id"]) and read_id(told)
            )
        except CloudError as error:
            logger.debug("the stack of cluster %s is not known: %s", created.name, error)
        if not stack_id:
            time.sleep(max(0.0, min(STACK_POLL, until - time.monotonic())))
    return stack_id or created.id


def show_cluster(cloud: Cloud, cluster_id: str) -> Mapping[str, Any]:
    """A cluster with all that Magnum has of it. Blocks; raises RequestError."""
    return _ask(cloud, f"/clusters/{cluster_id}", lambda answer: dict(answer.json()))


def delete_cluster(cloud: Cloud, cluster: CreatedStack) -> None:
    """Have Magnum delete a cluster, which goes on after this. Blocks; raises RequestError."""
    _ask(cloud, f"/clusters/{cluster.id}", lambda _: None, "DELETE")


def check_template(cloud: Cloud, cluster_template: str) -> None:
    """Look for a cluster template by its name or UUID. Blocks.

    Raises RequestError: (400) it is not there, or not for this project; and as :func:`create_cluster` does.
    """
    _ask(cloud, f"/clustertemplates/{quote(cluster_template, safe='')}", lambda _: None)


def count_clusters(cloud: Cloud) -> tuple[int, int]:
    """How many clusters the project may have, and how many it has. Blocks; raises RequestError."""
    project = quote(cloud.project_id, safe="")
    limit = _ask(cloud, f"/quotas/{project}/Cluster", lambda answer: _read_count(answer.json()["hard_limit"]))
    return limit, _ask(cloud, f"/stats?project_id={project}", lambda answer: _read_count(answer.json()["clusters"]))


def _read_count(told: object) -> int:
    if not isinstance(told, int) or abs(told) > MAX_COUNT:
        raise TypeError("no number")
    return told


def _ask_for_page(cloud: Cloud, path: str) -> list[Listed]:
    """A page of a list, asked for again where Magnum cannot write it down.

    When it deletes a cluster, its node groups go first (``magnum/service/periodic.py``), and for as long as the cluster
    has none, every list of the project is refused, for it has no masters.
    """

    def read(answer: requests.Response) -> list[Listed]:
        now = read_time(parsedate_to_datetime, answer.headers.get("Date"))
        return [_read_cluster(cluster, now) for cluster in answer.json()["clusters"]]

    for _ in range(LIST_TRIES - 1):
        try:
            return _ask(cloud, path, read)
        except CloudError as error:
            if error.status != HTTPStatus.BAD_REQUEST:
                raise
        time.sleep(min(LIST_PAUSE, cloud.deadline.remaining()))
    return _ask(cloud, path, read)


def _ask(
    cloud: Cloud,
    path: str,
    read: Callable[[requests.Response], Answer],
    method: str = "GET",
    context: CallContext | None = None,
    body: Mapping[str, Any] | None = None,
    version: str | None = None,
) -> Answer:
    """What ``read`` finds in Magnum's answer, if it is a success; ``version`` is that of the API, else the default."""
    headers = {"OpenStack-API-Version": f"container-infra {version}"} if version else {}
    endpoint = {
        "service_type": SERVICE_TYPES[Service.CONTAINER_INFRA],
        "interface": cloud.settings.cloud_interface,
        "region_name": cloud.region_name,
    }
    context = context or cloud.context(Service.CONTAINER_INFRA)
    with cloud.calling(context):
        response = cloud.session.request(
            path, method, json=body, headers=headers, endpoint_filter=endpoint, raise_exc=False
        )
        if not response.ok:
            raise explain_refusal(response, context, body or {})
        return read(response)


def _read_cluster(listed: Mapping[str, Any], now: datetime | None) -> Listed:
    labels = listed.get("labels")
    created = read_time(datetime.fromisoformat, listed.get("created_at"))
    return Listed(
        read_id(listed["uuid"]),
        read_name(listed["name"]),
        read_status(listed["status"]),
        (now - created).total_seconds() if now and created else None,
        tuple(tags_of(labels)) if isinstance(labels, dict) else (),
    )


def labels_of(tags: Iterable[str]) -> dict[str, str]:
    """Tags as labels: ``concertim-type:hpc`` is the label ``concertim_type``, and ``concertim`` is ``true``."""
    parts = (tag.partition(":") for tag in tags)
    return {name.replace("-", "_"): value or "true" for name, _, value in parts}


def tags_of(labels: Mapping[str, Any]) -> list[str]:
    """The tags that labels stand for: not those that only look like a tag, as a form may give them."""
    return [f"{name.replace('_', '-')}:{value}" for name, value in labels.items() if name.isidentifier()]
