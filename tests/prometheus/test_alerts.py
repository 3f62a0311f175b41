"""The alerts and the dashboard: they look for what the service measures, and fire for the first failure."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from builder.api.authentication import Refusal
from builder.api.metrics import (
    WATCHED_CALL_OUTCOMES,
    WATCHED_CALLS,
    WATCHED_OUTCOMES,
    WATCHED_REASONS,
    WATCHED_RESULTS,
)
from builder.billing.middleware import Middleware
from builder.catalogue.snapshot import State
from tests.service import Service, minimal_definition, wait_until

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "docs" / "deploy" / "prometheus"
PROMTOOL = os.environ.get("PROMTOOL") or shutil.which("promtool")


def list_rules() -> list[Any]:
    (group,) = yaml.safe_load((DEPLOY / "alerts.yaml").read_text())["groups"]
    return list(group["rules"])


@pytest.mark.skipif(PROMTOOL is None, reason="there is no promtool here; PROMTOOL names one")
def test_each_alert_fires_for_the_first_failure_and_not_without_one(tmp_path: Path) -> None:
    assert PROMTOOL is not None
    shutil.copy(DEPLOY / "alerts.yaml", tmp_path)
    shutil.copy(Path(__file__).parent / "alerts.test.yaml", tmp_path)
    for command in (["check", "rules", "alerts.yaml"], ["test", "rules", "alerts.test.yaml"]):
        done = subprocess.run([PROMTOOL, *command], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(PROMTOOL is None, reason="there is no promtool here; PROMTOOL names one")
def test_each_query_of_the_dashboard_is_one_to_prometheus(tmp_path: Path) -> None:
    assert PROMTOOL is not None
    dashboard = json.loads((DEPLOY / "dashboard.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert queries
    # Grafana puts a duration in the place of its variable.
    rules = [{"record": "a", "expr": each.replace("$__rate_interval", "5m")} for each in queries]
    (tmp_path / "rules.yaml").write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    command = [PROMTOOL, "check", "rules", "--lint=none", "rules.yaml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_is_tested_both_ways_and_told_of() -> None:
    names = {rule["alert"] for rule in list_rules()}
    calm, alarmed, _ = yaml.safe_load((Path(__file__).parent / "alerts.test.yaml").read_text())["tests"]
    for each in (calm, alarmed):
        assert {test["alertname"] for test in each["alert_rule_test"]} == names
    table = (ROOT / "docs" / "operate.md").read_text().partition("| alert | meaning |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == names


@pytest.mark.parametrize("workers", ["1", "2"])
def test_what_alerts_and_dashboard_look_for_is_there_with_0_from_the_start(tmp_path: Path, workers: str) -> None:
    service = Service(tmp_path / "instance", {"WORKERS": workers})
    service.enabled.mkdir(parents=True)
    (service.enabled / "small.yaml").write_text(minimal_definition())
    with service:
        assert service.ids() == ["small"]
        age = b"\ncluster_builder_rescan_age_seconds "  # it has a value once every worker has read the folder
        told = [b""]

        def is_told() -> bool:  # not for good: a worker that begins late has not
            told.append(service.get("/metrics").body)
            return age in told[-1]

        wait_until(is_told, "the first rescans")
        text = told[-1].decode()
    samples = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    for outcome in WATCHED_OUTCOMES:
        assert samples["cluster_builder_build_duration_seconds_count", ("kind", "heat"), ("outcome", outcome)] == 0
    for result in WATCHED_RESULTS:
        assert samples["cluster_builder_builds_total", ("outcome", result), ("type", "small")] == 0
    for route, method, status in (
        ("/clusters", "POST", "401"),
        ("/clusters", "POST", "500"),
        ("/cluster-types", "GET", "500"),
    ):
        labels = (("method", method), ("route", route), ("status", status))
        assert samples["cluster_builder_http_requests_total", *labels] == 0
    for refusal in Refusal:
        assert samples["cluster_builder_tokens_refused_total", ("reason", refusal.value)] == 0
    for call in WATCHED_CALLS:
        for outcome in WATCHED_CALL_OUTCOMES:
            assert samples["cluster_builder_billing_calls_total", ("call", call), ("outcome", outcome)] == 0
    for reason in WATCHED_REASONS:
        assert samples["cluster_builder_orders_left_total", ("reason", reason)] == 0
    names = {key[0] for key in samples}
    dashboard = (DEPLOY / "dashboard.json").read_text()
    expressions = "\n".join(rule["expr"] for rule in list_rules()) + dashboard
    assert set(re.findall(r"cluster_builder_\w+", expressions)) <= names
    assert set(re.findall(r'state=~?"([\w|]+)"', expressions)) == {"stale|rejected"}
    assert {"stale", "rejected"} <= {str(state) for state in State}


def test_calls_and_reasons_of_billing_are_those_that_there_are() -> None:
    assert {name for name in vars(Middleware) if name[0] != "_" and callable(getattr(Middleware, name))} == set(
        WATCHED_CALLS
    )
    table = (ROOT / "docs" / "billing.md").read_text().partition("| reason |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(WATCHED_REASONS)


def test_dashboard_has_what_grafana_asks_of_one() -> None:
    """https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/"""
    dashboard = json.loads((DEPLOY / "dashboard.json").read_text())
    assert {"title", "uid", "schemaVersion", "panels", "templating", "time"} <= dashboard.keys()
    panels = dashboard["panels"]
    assert [panel["id"] for panel in panels] == list(range(1, len(panels) + 1))
    (variable,) = dashboard["templating"]["list"]
    assert (variable["type"], variable["query"]) == ("datasource", "prometheus")
    cells: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        covered = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not covered & cells
        assert place["x"] + place["w"] <= 24
        cells |= covered
        assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])


def test_service_monitor_finds_the_service_of_the_manifests() -> None:
    monitor = yaml.safe_load((DEPLOY / "servicemonitor.yaml").read_text())
    manifests = yaml.safe_load_all((DEPLOY.parent / "kubernetes" / "cluster-builder.yaml").read_text())
    (service,) = (each for each in manifests if each["kind"] == "Service")
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert monitor["spec"]["endpoints"][0]["port"] in {port["name"] for port in service["spec"]["ports"]}
    assert service["metadata"]["name"] in list_rules()[0]["expr"]
