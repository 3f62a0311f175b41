"""Every launch tells its cluster type in an output, by which the Visualisation App finds the instructions."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from builder.clusters.names import fingerprint_tag
from builder.definitions.building import build_cluster_type
from builder.definitions.model import ClusterType, ClusterTypeId
from builder.hot_lint.outputs import TYPE_OUTPUT
from builder.kinds.heat.planning import plan_cluster
from builder.kinds.heat.reading.components import HeatContent
from builder.kinds.registry import KINDS
from tests.definitions.files import build_composed
from tests.definitions.test_many_problems import HEAD, OneFile

VERSION = "heat_template_version: 2021-04-16\n"
TELLING = {"description": "The cluster type, by which Concertim finds the instructions.", "value": "some-type"}


def single(template: str, type_id: str = "some-type") -> ClusterType:
    indented = "".join(f"  {line}\n" for line in (VERSION + template).splitlines())
    files = OneFile(f"{HEAD}heat_template:\n{indented}")
    found = build_cluster_type(ClusterTypeId(type_id), files, KINDS).cluster_type
    assert found is not None
    return found


def sent_outputs(cluster_type: ClusterType, **selections: bool) -> Any:
    return plan_cluster(cluster_type, "mycluster", {}, selections).template["outputs"]


@pytest.mark.parametrize("template", ["", "outputs: {}\n", "resources: {a: {type: OS::Heat::None}}\n"])
def test_a_launch_has_the_output_though_the_definition_has_none(template: str) -> None:
    assert TYPE_OUTPUT == "concertim_cluster_type"
    assert sent_outputs(single(template)) == {"concertim_cluster_type": TELLING}


def test_the_outputs_of_the_definition_are_kept() -> None:
    outputs = sent_outputs(single("outputs: {web_access: {value: http://192.0.2.1/}}\n"))
    assert outputs == {"concertim_cluster_type": TELLING, "web_access": {"value": "http://192.0.2.1/"}}


def test_the_output_that_a_definition_declares_stays_as_it_is() -> None:
    declared = {"value": "mine", "description": "My own"}
    assert sent_outputs(single(f"outputs: {{concertim_cluster_type: {declared}}}\n")) == {
        "concertim_cluster_type": declared
    }


@pytest.mark.parametrize("type_id", ["123", "1.0", "on", "null", "2021-04-16"])
def test_an_id_that_looks_like_something_else_is_told_as_text(type_id: str) -> None:
    cluster_type = single("", type_id)
    assert sent_outputs(cluster_type)["concertim_cluster_type"]["value"] == type_id
    explained = yaml.safe_load(KINDS["heat"].explain(cluster_type, ()))
    assert explained["outputs"]["concertim_cluster_type"]["value"] == type_id


def test_the_output_that_only_a_deselected_component_declares_is_added() -> None:
    declared = "outputs: {concertim_cluster_type: {value: composed, description: Declared}}\n"
    cluster_type = build_composed(
        f"{HEAD}components: [{{name: a}}, {{name: b, optional: true}}]\n"
        "parameter_groups: [{label: B, parameters: [], optional: {name: b}}]\n",
        a=f"{VERSION}outputs: {{address: {{value: x}}}}\n",
        b=VERSION + declared,
    ).cluster_type
    assert cluster_type is not None
    assert sent_outputs(cluster_type) == {
        "concertim_cluster_type": {**TELLING, "value": "composed"}, "address": {"value": "x"}
    }  # fmt: skip
    assert sent_outputs(cluster_type, b=True)["concertim_cluster_type"]["description"] == "Declared"


def test_the_template_of_a_definition_is_not_changed_by_a_launch() -> None:
    cluster_type = single("outputs: {a: {value: b}}\n")
    plan_cluster(cluster_type, "mycluster", {}, {})
    assert cluster_type.content_as(HeatContent).components[0].template["outputs"] == {"a": {"value": "b"}}


def test_the_output_is_no_part_of_what_a_retry_is_known_by() -> None:
    with_output = plan_cluster(single(""), "mycluster", {}, {})
    declaring = plan_cluster(single("outputs: {concertim_cluster_type: {value: x}}\n"), "mycluster", {}, {})
    assert fingerprint_tag("key", with_output.payload) == fingerprint_tag("key", declaring.payload)
