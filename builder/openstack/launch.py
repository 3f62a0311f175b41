"""From a caller's wish to one stack.

Light to import; :func:`launch` blocks, and belongs in a thread of the pool.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from builder.openstack.connection import Cloud, CloudSettings, Credentials, connect
from builder.openstack.deadline import Deadline
from builder.openstack.failure_kinds import CloudError, FailureKind
from builder.openstack.heat import CreatedStack, StackRequest, create_stack, stack_url
from builder.openstack.idempotency import create_stack_once, find_stack
from builder.openstack.limits import Need, check_needs, fetch_needs, has_limits
from builder.openstack.names import build_stack_name, build_tags, random_suffix
from builder.openstack.preview import ResourceCount, count_resources, preview_stack

logger = logging.getLogger(__name__)

KIND = "heat"
"""The kind of cluster types that are launched here."""

_PREVIEW_MAY_FAIL = frozenset({FailureKind.FORBIDDEN, FailureKind.SERVICE_NOT_FOUND, FailureKind.INVALID_ANSWER})
"""A Heat that allows or knows no previews may yet create."""


@dataclass(frozen=True, slots=True)
class LaunchWish:
    """A cluster to launch.

    ``template``, ``files``, ``parameters``, ``secrets``, ``form_fields``: see :class:`StackRequest`.

    ``asked`` is what the caller asked for (the request's ``cluster``, as JSON): two requests with the same
    ``idempotency_key`` must ask for the same. It is compared by digest, and not stored.
    """

    cluster_name: str
    type_id: str
    revision: str
    template: Mapping[str, Any]
    files: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    form_fields: frozenset[str] = frozenset()
    idempotency_key: str | None = field(default=None, repr=False)
    asked: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def stack_request(self, suffix: str, further_tags: tuple[str, ...] = ()) -> StackRequest:
        """What Heat is asked for, under a name that ends in ``suffix``."""
        return StackRequest(
            build_stack_name(self.cluster_name, suffix),
            self.template,
            self.files,
            self.parameters,
            (*build_tags(self.type_id, self.revision), *further_tags),
            self.secrets,
            self.form_fields,
            repeatable=self.idempotency_key is not None,
        )


@dataclass(frozen=True, slots=True)
class LaunchOutcome:
    """The stack that answers the wish, with its URL at Heat; ``replayed``: an earlier request of the key made it."""

    stack: CreatedStack
    replayed: bool = False
    url: str = ""


@dataclass(frozen=True, slots=True)
class LaunchPreview:
    """What a wish would make, and what it needs of limited things, as far as the cloud tells."""

    resources: tuple[ResourceCount, ...]
    needs: tuple[Need, ...]


def launch(
    credentials: Credentials,
    settings: CloudSettings,
    wish: LaunchWish,
    deadline: Deadline,
    request_id: str | None = None,
) -> LaunchOutcome:
    """Launch a cluster: one stack per wish, and one wish per idempotency key.

    Raises:
        RequestError: (400) the project's limits forbid it; and as :func:`~builder.openstack.connection.connect`,
            :func:`~builder.openstack.heat.create_stack` and
            :func:`~builder.openstack.idempotency.create_stack_once` do.
    """
    with connect(credentials, settings, deadline, request_id) as cloud:
        if wish.idempotency_key is not None:
            prepare = partial(_check_limits, cloud)
            stack, replayed = create_stack_once(cloud, wish.idempotency_key, wish.asked, wish.stack_request, prepare)
        else:
            request = wish.stack_request(random_suffix())
            _check_limits(cloud, request)
            stack, replayed = create_stack(cloud, request), False
        return LaunchOutcome(stack, replayed, stack_url(cloud, stack))


def find_launched(
    credentials: Credentials,
    settings: CloudSettings,
    key: str,
    asked: Mapping[str, Any],
    deadline: Deadline,
    request_id: str | None = None,
) -> LaunchOutcome | None:
    """The outcome of an earlier wish with this idempotency key; None where there is none.

    Raises:
        RequestError: as :func:`launch` does.
    """
    with connect(credentials, settings, deadline, request_id) as cloud:
        stack = find_stack(cloud, key, asked)
        return None if stack is None else LaunchOutcome(stack, True, stack_url(cloud, stack))


def preview_launch(
    credentials: Credentials,
    settings: CloudSettings,
    wish: LaunchWish,
    deadline: Deadline,
    request_id: str | None = None,
) -> LaunchPreview:
    """Everything of a launch but the creation. Needs beyond the project's limits are told, not refused.

    Raises:
        RequestError: as :func:`launch` does.
    """
    with connect(credentials, settings, deadline, request_id) as cloud:
        resources = preview_stack(cloud, wish.stack_request(random_suffix()))
        needs = fetch_needs(cloud, resources) if has_limits(cloud) else ()
    return LaunchPreview(count_resources(resources), needs)


def _check_limits(cloud: Cloud, request: StackRequest) -> None:
    """Refuse what the project's limits forbid; let pass what cannot be found out."""
    if not has_limits(cloud):
        return
    try:
        resources = preview_stack(cloud, request)
    except CloudError as error:
        if error.kind not in _PREVIEW_MAY_FAIL:
            raise
        logger.info("no preview of %s, so its needs are not checked: %s", request.name, error)
        return
    check_needs(fetch_needs(cloud, resources))
