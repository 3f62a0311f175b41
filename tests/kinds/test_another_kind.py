"""A kind that only these tests have, added to the registry: all else knows kinds by that alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from builder.kinds.registry import KINDS
from tests.api.orders import assert_refused
from tests.openstack.replay_cloud import ReplayCloud, catalog_entry
from tests.service import Service, wait_until

HERE = Path(__file__).parent
WITH_PAPER = {"PYTHONPATH": f"{HERE / 'paper'}{os.pathsep}{HERE.parent.parent}"}
"""The kind is added before anything else is imported, which is of these sources then, wherever others are installed."""

DRAWN = """\
kind: paper
title: Drawing
description: A drawing in the ink of your choice.
inks: [blue, red]
sketch: sketch.txt
parameter_groups: [{label: Frame, parameters: [ink], optional: {name: frame}}]
"""

Order = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def drawing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with a type of that kind."""
    service = Service(tmp_path_factory.mktemp("drawing") / "instance", WITH_PAPER)
    service.enabled.mkdir(parents=True)
    (service.enabled / "drawn.yaml").write_text(DRAWN)
    (service.enabled / "sketch.txt").write_text("a house")
    with service:
        wait_until(lambda: service.ids() == ["drawn"], "listed")
        yield service


@pytest.fixture(scope="module")
def cloud() -> Iterator[ReplayCloud]:
    """A cloud that has the service of no other kind."""
    with ReplayCloud() as running:
        running.catalog = [catalog_entry("compute", f"{running.url}/compute")]
        yield running


@pytest.fixture
def order(cloud: ReplayCloud) -> Callable[..., dict[str, Any]]:
    """Makes the body of a build."""

    def make(**cluster: Any) -> dict[str, Any]:
        wanted = {"name": "mycluster", "cluster_type_id": "drawn", **cluster}
        return {"cloud_env": cloud.credentials(), "cluster": wanted}

    return make


def test_kinds_that_are_there_are_heat_and_magnum() -> None:
    assert list(KINDS) == ["heat", "magnum"]


def test_cluster_is_launched_by_the_kind_of_its_type(drawing: Service, order: Order) -> None:
    built = drawing.post("/clusters/", order(parameters={"ink": "blue"}))
    assert (built.status, built.json()) == (201, {"id": "sheet-1", "name": "mycluster"})
    assert built.headers["location"] == "https://paper.test/sheet-1"
    assert b'duration_seconds_count{kind="paper",outcome="created"}' in drawing.get("/metrics").body


def test_dry_run_shows_what_the_kind_would_make(drawing: Service, order: Order) -> None:
    shown = drawing.post("/clusters/?dry_run=true", order(parameters={"ink": "blue"}))
    assert shown.json() == {"resources": [{"type": "sheet", "count": 1, "names": ["mycluster"]}], "limits": []}


def test_faults_are_those_of_the_kind(drawing: Service, order: Order) -> None:
    assert_refused(drawing.post("/clusters/", order()), 400, ("Invalid parameter", "/cluster/parameters/ink"))


@pytest.mark.parametrize("changes", [{}, {"cluster_type_id": "withdrawn"}])
def test_refused_request_finds_the_cluster_of_its_key(drawing: Service, order: Order, changes: dict[str, Any]) -> None:
    """Where nobody knows the kind of the type, all are asked."""
    key = {"Idempotency-Key": f"key-{len(changes)}"}
    assert drawing.post("/clusters/", order(parameters={"ink": "blue"}), key).status == 201
    again = drawing.post("/clusters/", order(**changes), key)
    assert (again.status, again.headers["idempotent-replayed"]) == (201, "true")


def check(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "builder", "check", *arguments]
    return subprocess.run(command, env=WITH_PAPER, capture_output=True, text=True, timeout=60, check=False)


def test_parameters_are_those_that_the_kind_reads_of_the_definition(drawing: Service) -> None:
    listed = drawing.get("/cluster-types/drawn").json()
    assert list(listed["parameters"]) == ["ink"]
    assert listed["parameters"]["ink"]["constraints"] == [{"allowed_values": ["blue", "red"]}]
    assert listed["parameter_groups"][0]["optional"]["name"] == "frame"


def test_file_that_the_kind_reads_is_part_of_the_definition(drawing: Service) -> None:
    before = drawing.get("/cluster-types/drawn").headers["etag"]
    (drawing.enabled / "other.yaml").write_text(DRAWN.replace("sketch.txt", "other.txt"))
    wait_until(lambda: b"missing-file" in drawing.get("/catalogue").body, "told of")
    (drawing.enabled / "other.txt").write_text("a tree")
    wait_until(lambda: drawing.ids() == ["drawn", "other"], "listed once the file is there")
    (drawing.enabled / "other.yaml").unlink()
    wait_until(lambda: drawing.ids() == ["drawn"], "withdrawn")
    assert drawing.get("/cluster-types/drawn").headers["etag"] == before


def test_check_tells_what_the_kind_and_its_keys_in_the_schema_refuse(tmp_path: Path) -> None:
    (tmp_path / "sketch.txt").write_text("a house")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(DRAWN.replace("[blue, red]", "[7, invisible]") + "heat_template: {}\n")
    told = json.loads(check("--format", "json", str(wrong)).stdout)
    assert [(each["line"], each["column"], each["rule"], each["message"]) for each in told["problems"]] == [
        (4, 8, "wrong-type", "item 1 of 'inks' must be a text, not 7"),
        (4, 11, "unknown-value", "nobody sells invisible"),
        (7, 1, "unknown-key", "the key 'heat_template' is of the kind heat, and this definition of the kind paper"),
    ]


def test_check_loads_nothing_that_talks_to_a_cloud() -> None:
    command = "import sys, builder.checking.explaining, builder.kinds.registry; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, timeout=60, check=True)
    assert "builder.kinds.heat.kind" in loaded.stdout.split()
    assert [name for name in loaded.stdout.split() if name.startswith(("builder.openstack", "heatclient"))] == []


def test_check_explains_as_the_kind_does(drawing: Service) -> None:
    told = check("--explain", str(drawing.enabled / "drawn.yaml"), "--template", "--select", "frame")
    assert (told.stdout, told.returncode) == ("a drawing of Drawing, framed: a house\n", 0), told.stderr


def test_status_is_told_by_the_kind_that_knows_the_cluster(drawing: Service, cloud: ReplayCloud) -> None:
    """All are asked by one session: Keystone gives one token."""
    body = {"cloud_env": cloud.credentials()}
    before = len(cloud.token_requests)
    told = drawing.post("/clusters/sheet-1/status", body)
    assert len(cloud.token_requests) == before + 1
    assert (told.status, told.json()["status"], told.json()["cluster_type_id"]) == (200, "DRAWN", "drawn")
    assert_refused(drawing.post("/clusters/another/status", body), 404, ("Not Found", None))
