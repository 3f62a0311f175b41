"""A cluster type's way from experimental to retired, as clients see it: over HTTP, on files that are edited."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from builder.sandbox import Sandbox
from builder.schema import published
from tests.api.orders import assert_refused, by_ids, order
from tests.samples import some_of
from tests.service import Service, minimal_definition, wait_until
from tests.visualisation_app import VisualisationApp

BROKEN = "kind: ["


@pytest.fixture
def service(emptied: Service) -> Service:
    """A service that lists ``old`` and ``new``, and has forgotten those of earlier tests."""
    enable_both(emptied)
    return emptied


@pytest.fixture
def ending(tmp_path: Path) -> Iterator[Service]:
    """The same, but of the test's own, which ends it."""
    with Service(tmp_path / "instance") as service:
        enable_both(service)
        yield service


def enable_both(service: Service) -> None:
    write(service, "old", order=1)
    write(service, "new", title="The new one", order=200)
    wait_until(lambda: service.ids() == ["old", "new"], "both are listed")


def write(service: Service, name: str, title: str = "The old one", **keys: object) -> None:
    """Put a definition in place, whole."""
    lines = "".join(f"{key}: {value}\n" for key, value in keys.items())
    path = service.enabled / f".{name}.new"
    path.write_text(minimal_definition(title) + lines)
    path.rename(service.enabled / f"{name}.yaml")


def listed(service: Service, name: str) -> dict[str, Any]:
    return next((each for each in service.get("/cluster-types/").json() if each["id"] == name), {})


def wait_for_lifecycle(service: Service, lifecycle: str) -> dict[str, Any]:
    wait_until(lambda: listed(service, "old").get("lifecycle") == lifecycle, f"old is {lifecycle}")
    return listed(service, "old")


def entry(service: Service, name: str = "old") -> dict[str, Any]:
    found: dict[str, Any] = service.get(f"/catalogue/{name}").json()["entries"][0]
    return found


def retire(service: Service) -> None:
    write(service, "old", lifecycle="retired", replaced_by="new")
    wait_until(lambda: service.ids() == ["new"], "the retired type is listed no more")


def test_experimental_type_says_so_in_its_title(service: Service) -> None:
    write(service, "old", lifecycle="experimental")
    assert wait_for_lifecycle(service, "experimental")["title"] == "The old one (experimental)"


def test_deprecated_type_is_last_and_names_its_successor(service: Service) -> None:
    write(service, "old", lifecycle="deprecated", replaced_by="new", order=1)
    old = wait_for_lifecycle(service, "deprecated")
    assert service.ids() == ["new", "old"]
    assert old["title"] == "The old one (deprecated)"
    assert old["description"].startswith("**Deprecated**: launch `new` in its place.\n\n")
    assert old["replaced_by"] == "new"
    assert old["order"] > listed(service, "new")["order"], "the App sorts by the order alone"
    Draft7Validator(published.load_schema("listed-cluster-type")).validate(old)


def test_texts_of_a_deprecated_type_are_not_too_long_for_the_app(service: Service) -> None:
    text = minimal_definition("x" * 255)
    longest = re.sub("^description: .*$", f"description: {'y' * 1024}", text, flags=re.MULTILINE)
    (service.enabled / "old.yaml").write_text(longest + "lifecycle: deprecated\n")
    old = wait_for_lifecycle(service, "deprecated")
    assert len(old["title"]) == 255
    assert old["title"].endswith("… (deprecated)")
    assert len(old["description"]) == 1024


def test_deprecated_type_can_be_built(service: Service, cloud: Sandbox) -> None:
    write(service, "old", lifecycle="deprecated")
    wait_for_lifecycle(service, "deprecated")
    assert service.post("/clusters/", order(by_ids(cloud), "old")).status == 201


def test_retired_type_goes_from_the_app_and_builds_are_told_of_the_successor(service: Service, cloud: Sandbox) -> None:
    app = VisualisationApp()

    def get(path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        answer = service.get(path, headers)
        return answer.status, answer.body

    app.open_cluster_types(get)
    retire(service)
    app.open_cluster_types(get)
    assert app.titles() == {"new": "The new one"}
    for query in ("", "?dry_run=true"):
        answer = service.post(f"/clusters/{query}", order(by_ids(cloud), "old"))
        assert_refused(answer, 400, ("Retired cluster type", "/cluster/cluster_type_id"))
        assert "launch 'new' (The new one) in its place" in answer.json()["errors"][0]["detail"]
    assert service.get("/cluster-types/old").status == 404
    assert (entry(service)["state"], entry(service)["reason"]) == ("retired", "retired, and replaced by 'new'")


def test_retry_by_key_finds_the_cluster_of_a_type_retired_since(service: Service, cloud: Sandbox) -> None:
    headers = {"Idempotency-Key": "before-it-was-retired"}
    built = service.post("/clusters/", order(by_ids(cloud), "old"), headers)
    retire(service)
    again = service.post("/clusters/", order(by_ids(cloud), "old"), headers)
    assert (again.status, again.json()) == (201, built.json())


def test_edit_that_breaks_a_retired_type_does_not_list_it(service: Service) -> None:
    retire(service)
    (service.enabled / "old.yaml").write_text(BROKEN)
    wait_until(lambda: bool(entry(service)["problems"]), "the edit is seen")
    assert entry(service)["state"] == "retired"
    assert service.ids() == ["new"]


@pytest.mark.parametrize("number", some_of([signal.SIGTERM, signal.SIGKILL], signal.SIGKILL))
def test_type_that_was_listed_and_then_retired_is_not_restored_from_the_state(
    ending: Service, number: signal.Signals
) -> None:
    retire(ending)
    ending.process.send_signal(number)
    ending.wait()
    (ending.enabled / "old.yaml").write_text(BROKEN)
    with Service(ending.instance) as restarted:
        wait_until(lambda: restarted.ids() == ["new"], "loaded")
        assert entry(restarted)["state"] == "retired"
        assert entry(restarted)["reason"] == "retired, and replaced by 'new'"


def test_type_retired_while_no_process_ran_is_not_restored_from_the_state(ending: Service) -> None:
    wait_until(lambda: any(ending.instance.rglob("old*.json")), "its version is kept")
    ending.stop()
    write(ending, "old", lifecycle="retired")
    with Service(ending.instance) as restarted:
        wait_until(lambda: restarted.ids() == ["new"], "loaded")
        (restarted.enabled / "old.yaml").write_text(BROKEN)
        wait_until(lambda: bool(entry(restarted)["problems"]), "the edit is seen")
        assert restarted.ids() == ["new"]
    with Service(ending.instance) as again:
        wait_until(lambda: again.ids() == ["new"], "loaded")
        assert entry(again)["state"] == "retired"


def test_retired_type_that_is_active_again_is_listed_again(service: Service) -> None:
    before = service.settled_log().count("cluster type enabled")
    retire(service)
    write(service, "old", order=1)
    wait_until(lambda: service.ids() == ["old", "new"], "listed again")
    assert entry(service)["state"] == "listed"
    assert service.settled_log().count("cluster type enabled") == before + 1


def test_successor_that_is_not_listed_is_a_warning_for_as_long(service: Service) -> None:
    before = len(service.settled_log())
    write(service, "old", lifecycle="deprecated", replaced_by="newest")
    wait_for_lifecycle(service, "deprecated")
    assert entry(service)["problems"][-1]["rule"] == "unknown-successor"
    assert entry(service)["problems"][-1]["severity"] == "warning"
    write(service, "newest", title="The newest")
    wait_until(lambda: "newest" in service.ids(), "listed")
    assert "unknown-successor" not in str(entry(service)["problems"])
    assert "unknown-successor" in service.settled_log()[before:]
