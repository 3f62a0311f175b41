"""A kind that only these tests have, added to the registry: all else knows kinds by that alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builder.kinds.registry import KINDS
from tests.api.orders import FORM, assert_refused
from tests.service import Service, wait_until

WITH_PAPER = {"PYTHONPATH": str(Path(__file__).parent / "paper")}
CLOUD = {"auth_url": "http://127.0.0.1:9/v3", "user_id": "u", "password": "pa55word", "project_id": "p"}


@pytest.fixture(scope="module")
def drawing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with a type of that kind."""
    service = Service(tmp_path_factory.mktemp("drawing") / "instance", WITH_PAPER)
    service.enabled.mkdir(parents=True)
    (service.enabled / "drawn.yaml").write_text(FORM.replace("kind: heat", "kind: paper"))
    with service:
        wait_until(lambda: service.ids() == ["drawn"], "listed")
        yield service


def order(**cluster: Any) -> dict[str, Any]:
    return {"cloud_env": CLOUD, "cluster": {"name": "mycluster", "cluster_type_id": "drawn", **cluster}}


def test_kind_that_is_there_is_heat() -> None:
    assert list(KINDS) == ["heat"]


def test_cluster_is_launched_by_the_kind_of_its_type(drawing: Service) -> None:
    built = drawing.post("/clusters/", order(parameters={"ink": "blue"}))
    assert (built.status, built.json()) == (201, {"id": "sheet-1", "name": "mycluster"})
    assert built.headers["location"] == "https://paper.test/sheet-1"
    assert b'duration_seconds_count{kind="paper",outcome="created"}' in drawing.get("/metrics").body


def test_dry_run_shows_what_the_kind_would_make(drawing: Service) -> None:
    shown = drawing.post("/clusters/?dry_run=true", order(parameters={"ink": "blue"}))
    assert shown.json() == {"resources": [{"type": "sheet", "count": 1, "names": ["mycluster"]}], "limits": []}


def test_faults_are_those_of_the_kind(drawing: Service) -> None:
    assert_refused(drawing.post("/clusters/", order()), 400, ("Invalid parameter", "/cluster/parameters/ink"))


@pytest.mark.parametrize("changes", [{}, {"cluster_type_id": "withdrawn"}])
def test_refused_request_finds_the_cluster_of_its_key(drawing: Service, changes: dict[str, Any]) -> None:
    key = {"Idempotency-Key": f"key-{len(changes)}"}
    assert drawing.post("/clusters/", order(parameters={"ink": "blue"}), key).status == 201
    if changes:  # nobody knows its kind, so that all are asked; that of Heat has no cloud here
        assert drawing.post("/clusters/", order(**changes), key).status == 502
    else:
        again = drawing.post("/clusters/", order(**changes), key)
        assert (again.status, again.headers["idempotent-replayed"]) == (201, "true")


def test_check_explains_as_the_kind_does(drawing: Service) -> None:
    command = [sys.executable, "-m", "builder", "check", "--explain", str(drawing.enabled / "drawn.yaml"), "--template"]
    told = subprocess.run(command, env=WITH_PAPER, capture_output=True, text=True, timeout=60, check=False)
    assert (told.stdout, told.returncode) == ("a drawing of Form\n", 0), told.stderr
