"""When a cluster that is being made is asked for, and when no more."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from builder.errors import Fault, RequestError
from builder.kinds.protocol import ClusterStatus
from builder.launching.following import MAX_FAILED_POLLS, NotFollowedError, follow_cluster


def status(told: str) -> ClusterStatus:
    return ClusterStatus("1", "lab--1", told, "", "lab", "r", "2026-11-30T07:00:00Z")


def failure(number: int) -> RequestError:
    return RequestError(Fault(number, "Failure", "It says no."))


def follow(
    *answers: ClusterStatus | RequestError | None, seconds_left: Callable[[], float] = lambda: 1.0
) -> tuple[ClusterStatus, list[str], int]:
    """What comes of these answers: the last of them, those that were shown, and how often there was a pause."""
    left, shown, pauses = list(answers), [], []

    def fetch() -> ClusterStatus | None:
        answer = left.pop(0)
        if isinstance(answer, RequestError):
            raise answer
        return answer

    last = follow_cluster(
        fetch, lambda each: shown.append(each.status), pause=lambda: pauses.append(1), seconds_left=seconds_left
    )
    assert not left
    return last, shown, len(pauses)


@pytest.mark.parametrize("end", ["CREATE_COMPLETE", "CREATE_FAILED", "ROLLBACK_COMPLETE", "DELETE_FAILED"])
def test_cluster_is_asked_for_until_it_is_complete_or_failed(end: str) -> None:
    last, shown, pauses = follow(status("CREATE_IN_PROGRESS"), status("CREATE_IN_PROGRESS"), status(end))
    assert (last.status, shown, pauses) == (end, ["CREATE_IN_PROGRESS"] * 2 + [end], 2)


def test_cloud_that_fails_to_tell_is_asked_again() -> None:
    last, _, pauses = follow(*[failure(503)] * (MAX_FAILED_POLLS - 1), status("CREATE_COMPLETE"))
    assert (last.status, pauses) == ("CREATE_COMPLETE", MAX_FAILED_POLLS - 1)


def test_failures_count_only_in_a_row() -> None:
    row = [failure(504)] * (MAX_FAILED_POLLS - 1)
    assert follow(*row, status("CREATE_IN_PROGRESS"), *row, status("CREATE_COMPLETE"))[0].status == "CREATE_COMPLETE"


def test_cloud_that_goes_on_failing_is_given_up() -> None:
    with pytest.raises(RequestError, match="It says no"):
        follow(*[failure(502)] * MAX_FAILED_POLLS)


def test_refusal_is_told_at_once() -> None:
    with pytest.raises(RequestError, match="It says no"):
        follow(failure(401))


def test_cluster_that_has_gone_is_told() -> None:
    with pytest.raises(NotFollowedError, match="deleted"):
        follow(status("CREATE_IN_PROGRESS"), None)


def test_following_ends_with_the_time_for_it() -> None:
    times = iter([1.0, 0.0])
    with pytest.raises(NotFollowedError, match="goes on by itself"):
        follow(*[status("CREATE_IN_PROGRESS")] * 2, seconds_left=lambda: next(times))
