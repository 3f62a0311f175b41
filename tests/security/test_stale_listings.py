"""No client is told for ever that nothing changed when something did: not after a restart, nor by another replica.

The client is the Visualisation App, which has nothing but the newest ``last_modified`` of the bodies that it stored.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.service import Service, minimal_definition, wait_until
from tests.visualisation_app import Get, VisualisationApp

EPOCH = 1_000_000_000
"""The date of every file of a reproducible image (SOURCE_DATE_EPOCH)."""

DAY = 86_400
POLLS = 20
"""Enough for each of several workers to be asked."""


def put(folder: Path, cluster_type: str, title: str, date: int) -> None:
    """Put a definition in place in one step, with a date of its own; the folder keeps that date, too."""
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{cluster_type}"
    temporary.write_text(minimal_definition(title))
    os.utime(temporary, (date, date))
    temporary.rename(folder / f"{cluster_type}.yaml")
    os.utime(folder, (date, date))


def asks(service: Service) -> Get:
    def get(path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        answer = service.get(path, headers)
        return answer.status, answer.body

    return get


def titles(service: Service) -> dict[str, str]:
    return {each["id"]: each["title"] for each in service.get("/cluster-types/").json()}


def wait_for(service: Service, expected: dict[str, str]) -> None:
    wait_until(lambda: titles(service) == expected, f"{expected} listed")


def test_version_of_the_same_date_put_in_place_while_no_service_ran_is_seen(tmp_path: Path) -> None:
    app = VisualisationApp()
    service = Service(tmp_path / "instance")
    put(service.enabled, "a", "old", EPOCH)
    with service:
        app.open_cluster_types(asks(service))
    put(service.enabled, "a", "new", EPOCH)
    with Service(tmp_path / "instance") as restarted:
        form = VisualisationApp(dict(app.stored))
        assert app.open_cluster_types(asks(restarted)) == 200
        assert form.open_launch_form(asks(restarted), "a") == 200
    assert app.titles() == form.titles() == {"a": "new"}


def test_client_of_a_replica_that_goes_away_sees_what_changes_on_the_other(tmp_path: Path) -> None:
    app = VisualisationApp()
    first, second = Service(tmp_path / "first"), Service(tmp_path / "second")
    put(first.enabled, "a", "old", EPOCH)
    put(second.enabled, "a", "old", EPOCH + 500)
    with first:
        with second:
            app.open_cluster_types(asks(second))
        put(first.enabled, "a", "new", EPOCH + 300)
        wait_for(first, {"a": "new"})
        app.open_cluster_types(asks(first))
    assert app.titles() == {"a": "new"}


def test_client_that_read_one_changed_type_still_sees_the_others(tmp_path: Path) -> None:
    app = VisualisationApp()
    service = Service(tmp_path / "instance")
    put(service.enabled, "a", "old", EPOCH)
    with service:
        app.open_cluster_types(asks(service))
        put(service.enabled, "b", "added", EPOCH)
        wait_for(service, {"a": "old", "b": "added"})
        put(service.enabled, "a", "new", int(time.time()) + 3600)
        wait_for(service, {"a": "new", "b": "added"})
        assert app.open_launch_form(asks(service), "a") == 200
        assert app.open_cluster_types(asks(service)) == 200
    assert app.titles() == {"a": "new", "b": "added"}


@pytest.mark.parametrize("workers", ["1", "3"])
def test_client_is_told_that_nothing_changed_whatever_the_last_change_was(tmp_path: Path, workers: str) -> None:
    app = VisualisationApp()
    service = Service(tmp_path / "instance", flags=("--workers", workers))
    for name in ("a", "b"):
        put(service.enabled, name, "old", EPOCH)
    with service:

        def settles(expected: dict[str, str]) -> None:
            def all_agree() -> bool:  # whichever worker answers, and the last of them has noticed the change
                polls = {app.open_cluster_types(asks(service)) for _ in range(POLLS)}
                forms = {app.open_launch_form(asks(service), name) for name in app.stored}
                return polls == forms == {304} and app.titles() == expected

            wait_until(all_agree, f"every worker says that {expected} is what there is")

        settles({"a": "old", "b": "old"})
        put(service.enabled, "c", "added", EPOCH - DAY)
        settles({"a": "old", "b": "old", "c": "added"})
        (service.enabled / "a.yaml").unlink()
        settles({"b": "old", "c": "added"})
        put(service.enabled, "b", "new", EPOCH)
        settles({"b": "new", "c": "added"})


def test_replicas_of_the_same_files_agree_whatever_the_dates_of_the_files(tmp_path: Path) -> None:
    app = VisualisationApp()
    first, second = Service(tmp_path / "first"), Service(tmp_path / "second")
    for name, date in (("a", EPOCH), ("b", EPOCH + 5 * DAY)):
        put(first.enabled, name, "same", date)
        put(second.enabled, name, "same", 2 * EPOCH - date)
    with first, second:
        assert app.open_cluster_types(asks(first)) == 200
        for service in (second, first, second):
            assert app.open_cluster_types(asks(service)) == 304
            assert app.open_launch_form(asks(service), "a") == 304


@pytest.mark.parametrize("date", [0, 2**31, 2**33, 2**38])
def test_no_date_of_a_file_is_sent_as_one_in_the_future_or_stops_others(tmp_path: Path, date: int) -> None:
    """A file system may hold dates up to the year 2446, or any: 2 to the power of 38 is in the year 10680."""
    app = VisualisationApp()
    service = Service(tmp_path / "instance")
    put(service.enabled, "a", "odd", date)
    put(service.enabled, "b", "even", EPOCH)
    with service:
        assert app.open_cluster_types(asks(service)) == 200
        assert app.titles() == {"a": "odd", "b": "even"}
        assert app.open_cluster_types(asks(service)) == 304
