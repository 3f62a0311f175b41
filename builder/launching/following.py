"""Following a cluster until it is made or has failed: when to ask, and when to stop asking."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from builder.errors import RequestError
from builder.kinds.protocol import ClusterStatus

POLL_SECONDS: Final = 5.0
"""How often a cloud is asked, as often as ``openstack stack create --wait`` does; each time takes a token."""

SANDBOX_POLL_SECONDS: Final = 0.2
"""How often a sandbox is asked, where everything takes a moment: often enough for a person to see it happen."""

MAX_FAILED_POLLS: Final = 12
"""How often in a row a cloud may fail to tell: about a minute, in which a service of it is restarted."""

MADE: Final = "CREATE_COMPLETE"


class NotFollowedError(Exception):
    """What becomes of the cluster is not known; the message says why."""


def follow_cluster(
    fetch: Callable[[], ClusterStatus | None],
    show: Callable[[ClusterStatus], None],
    *,
    pause: Callable[[], None],
    seconds_left: Callable[[], float],
) -> ClusterStatus:
    """Ask until the cluster is complete or failed, showing each answer, and return the last one.

    ``fetch`` gives the status, None where there is no such cluster any more. A cloud that fails to tell is asked again.

    Raises NotFollowedError where the cluster has gone, or there is no time left; RequestError where the cloud refuses
    to tell, or fails MAX_FAILED_POLLS times in a row.
    """
    failed = 0
    while True:
        try:
            status = fetch()
        except RequestError as error:
            failed += 1
            if error.status < HTTPStatus.INTERNAL_SERVER_ERROR or failed >= MAX_FAILED_POLLS:
                raise
        else:
            failed = 0
            if status is None:
                raise NotFollowedError("the cluster has been deleted meanwhile")
            show(status)
            if status.status.endswith(("_COMPLETE", "_FAILED")):
                return status
        if seconds_left() <= 0:
            raise NotFollowedError("it is neither complete nor failed yet, and goes on by itself")
        pause()
