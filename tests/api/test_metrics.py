"""What is told of the metrics is all of them."""

from __future__ import annotations

import re
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from builder.api.metrics import Metrics
from builder.catalogue.snapshot import EMPTY, State

OPERATE = (Path(__file__).parent.parent.parent / "docs" / "operate.md").read_text()


def find_metrics() -> dict[str, tuple[str, set[str]]]:
    """Type and labels of each metric that there is once everything has happened."""
    metrics = Metrics({})
    metrics.count_request("/health", "GET", 200)
    metrics.observe_build("heat", "created", 1.0, "hpc")
    metrics.count("billing_calls_total", "get_credits", "done")
    metrics.count("orders_left_total", "deletion_failed")
    metrics.count("tokens_refused_total", "expired")
    metrics.observe_reload(EMPTY, 0.1)
    metrics.observe_rescan()
    found = {}
    for family in text_string_to_metric_families(metrics.render().decode()):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        found[name] = family.type, {label for sample in family.samples for label in sample.labels} - {"le"}
    return found


def test_table_of_the_metrics_has_each_with_its_type_and_labels_and_no_other() -> None:
    rows = re.findall(r"^\| `(cluster_builder_\w+)` \| (\w+) \|(.*?)\|", OPERATE, re.MULTILINE)
    assert {name: (kind, set(re.findall(r"\w+", labels))) for name, kind, labels in rows} == find_metrics()


def test_table_of_the_metrics_names_each_state() -> None:
    (row,) = re.findall(r"^\| `cluster_builder_cluster_types` \|.*by state: (.*) \|$", OPERATE, re.MULTILINE)
    assert set(re.findall(r"\w+", row)) == {str(state) for state in State}
