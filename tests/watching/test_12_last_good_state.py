"""The last good version of a cluster type outlives the process: each way of losing it, on real processes and files.

The Visualisation App deletes what vanishes from a listing, so that a type which an edit broke must be in every answer:
of a worker that took another's place, of a replica that started later, and after a restart, for whatever reason.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from itertools import product
from pathlib import Path

import pytest

from tests.samples import some_of
from tests.service import Service, wait_until
from tests.watching.world import definition, write_composed

BROKEN = "kind: ["
ASKED = 40
"""Enough for each of two workers to be asked."""


def break_types(service: Service) -> None:
    """Have a type in one file and a composed one listed, and break both by an edit."""
    (service.enabled / "single.yaml").write_text(definition("Single"))
    write_composed(service.enabled / "composed", "Composed")
    wait_until(lambda: service.ids() == ["composed", "single"], "both are listed")
    wait_for_states(service, "listed")  # by each worker
    (service.enabled / "single.yaml").write_text(BROKEN)
    (service.enabled / "composed" / "components" / "main.yaml").unlink()
    wait_for_states(service, "stale")


def wait_for_states(service: Service, state: str) -> None:
    wait_until(lambda: all(is_in_state(service, state) for _ in range(ASKED)), f"both types are {state}")


def is_in_state(service: Service, state: str) -> bool:
    entries = service.get("/catalogue").json()["entries"]
    return [(each["id"], each["state"]) for each in entries] == [("composed", state), ("single", state)]


def answers(service: Service) -> dict[str, tuple[int, str | None, str | None, bytes]]:
    """What clients and operators are told of the types: bodies, validators, revisions and what is broken."""
    told = {}
    for path in ("/cluster-types", "/cluster-types/single", "/cluster-types/composed"):
        answer = service.get(path)
        told[path] = (answer.status, answer.headers.get("etag"), answer.headers.get("last-modified"), answer.body)
    entries = service.get("/catalogue").json()["entries"]
    revisions = sorted((each["id"], each["revision"], each["changed_files"]) for each in entries)
    told["revisions"] = (200, None, None, repr(revisions).encode())
    return told


def assert_all_agree(service: Service, expected: Mapping[str, object]) -> None:
    for _ in range(ASKED):
        assert answers(service) == expected


def kill_worker(service: Service, victim: int) -> None:
    """Kill one of two workers, and wait until another has taken its place."""
    before = set(service.children)
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: len(set(service.children) - before) == 1, "another takes its place")


@pytest.mark.parametrize(
    ("ending", "is_rotated"),
    some_of(product([signal.SIGTERM, signal.SIGKILL], [False, True]), (signal.SIGTERM, True), (signal.SIGKILL, False)),
)
def test_stale_type_is_listed_after_a_restart(tmp_path: Path, is_rotated: bool, ending: signal.Signals) -> None:
    environment = {"JWT_SECRET": "a-secret-of-thirty-two-bytes-or-more"}
    changed = {"JWT_SECRET": "another-secret-of-thirty-two-bytes-or-more"} if is_rotated else {}
    with Service(tmp_path / "instance", environment) as service:
        break_types(service)
        expected = answers(service)
        service.process.send_signal(ending)
        service.wait()
    with Service(tmp_path / "instance", environment | changed) as restarted:
        assert answers(restarted) == expected
        assert is_in_state(restarted, "stale")


def test_worker_that_takes_the_place_of_a_killed_one_agrees_with_the_others(tmp_path: Path) -> None:
    with Service(tmp_path / "instance", flags=("--workers", "2")) as service:
        wait_until(lambda: len(service.children) == 2, "both workers run")
        break_types(service)
        expected = answers(service)
        for victim in service.children:
            kill_worker(service, victim)
            assert_all_agree(service, expected)


def test_replica_that_starts_after_the_break_agrees_with_the_others_that_share_its_state(tmp_path: Path) -> None:
    environment = {"STATE_DIR": str(tmp_path / "state")}
    with Service(tmp_path / "first", environment) as first:
        break_types(first)
        second = Service(tmp_path / "second", environment)
        second.enabled.mkdir(parents=True)
        (second.enabled / "single.yaml").write_text(BROKEN)
        (second.enabled / "composed").mkdir()
        (second.enabled / "composed" / "cluster-type.yaml").write_text(
            (first.enabled / "composed" / "cluster-type.yaml").read_text()
        )
        with second:
            assert answers(second) == answers(first)
