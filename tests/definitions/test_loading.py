"""The components of a composed cluster type, as the definition lists them."""

from __future__ import annotations

from builder.definitions.building import build_cluster_type
from builder.definitions.model import ClusterTypeId
from builder.kinds.heat.reading.components import HeatContent
from builder.kinds.registry import KINDS
from tests.definitions.files import FilesInMemory

HEAD = "kind: heat\ntitle: Composed\ndescription: Of two.\n"


def template(resource: str) -> str:
    return (
        "heat_template_version: 2021-04-16\nparameters: {size: {type: number, default: 1}}\n"
        f"resources: {{{resource}: {{type: OS::Heat::Value, properties: {{value: {{get_param: size}}}}}}}}\n"
    )


def test_components_at_absolute_paths_without_an_ending_are_all_composed() -> None:
    texts = {"/abs/plain": template("one"), "/abs/other": template("two")}
    definition = f"{HEAD}components: [{{name: /abs/plain}}, {{name: /abs/other}}]\n"
    cluster_type = build_cluster_type(ClusterTypeId("a"), FilesInMemory({"": definition, **texts}), KINDS).cluster_type
    assert cluster_type is not None
    names = [(each.name, list(each.template["resources"])) for each in cluster_type.content_as(HeatContent).components]
    assert names == [("plain", ["one"]), ("other", ["two"])]


def test_components_of_one_name_at_absolute_paths_are_told_of() -> None:
    texts = {"/a/same": template("one"), "/b/same.yaml": template("two")}
    definition = f"{HEAD}components: [{{name: /a/same}}, {{name: /b/same.yaml}}]\n"
    problems = build_cluster_type(ClusterTypeId("a"), FilesInMemory({"": definition, **texts}), KINDS).problems
    assert [each.pointer for each in problems if each.rule == "duplicate-component"] == ["/components/1/name"]


def test_component_that_is_faulty_leaves_the_others_judged() -> None:
    texts = {"/abs/plain": template("one").replace("type: OS::Heat::Value", "typ: OS::Heat::Value")}
    definition = f"{HEAD}components: [{{name: 1}}, {{name: /abs/plain}}, {{name: 2}}]\n"
    problems = build_cluster_type(ClusterTypeId("a"), FilesInMemory({"": definition, **texts}), KINDS).problems
    assert {(each.path, each.rule) for each in problems} == {
        ("cluster-type.yaml", "wrong-type"),
        ("/abs/plain", "unknown-resource-key"),
    }
