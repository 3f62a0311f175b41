"""What composition tells components of each other arrives: in conditions and in text, on Heat itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.clouds import Cloud, Stacks
from tests.endtoend.launches import CLUSTER, TEST_SECONDS, finish, post
from tests.service import Service, wait_until

pytestmark = pytest.mark.timeout(TEST_SECONDS)

DEFINITION = """\
kind: heat
title: Told
description: One component is told of the other.
components:
  - {name: main}
  - {name: extra, optional: true}
presets:
  - {id: long, title: Long, parameters: {length: 20}}
"""
MAIN = """\
heat_template_version: 2021-04-16
parameters:
  length: {type: number, default: 8}
  selected_extra: {type: boolean}
conditions:
  has_extra: {get_param: selected_extra}
resources:
  always: {type: OS::Heat::RandomString, properties: {length: {get_param: length}}}
  told: {type: OS::Heat::RandomString, condition: has_extra, properties: {salt: {get_attr: [extra, value]}}}
outputs:
  extra: {value: {if: [has_extra, 'yes', 'no']}}
  name: {value: {if: [has_extra, {get_resource: extra}, 'none']}}
  length: {value: {get_param: length}}
"""
EXTRA = """\
heat_template_version: 2021-04-16
resources:
  extra: {type: OS::Heat::RandomString, properties: {length: 8}}
"""


@pytest.mark.parametrize(
    ("type_id", "is_selected", "resources", "length"),
    [("told", True, {"always", "told", "extra"}, "8"), ("told.long", False, {"always"}, "20")],
)
def test_component_goes_by_whether_another_is_selected(
    tmp_path: Path, cloud: Cloud, stacks: Stacks, type_id: str, is_selected: bool, resources: set[str], length: str
) -> None:
    service = Service(tmp_path / "instance")
    components = service.enabled / "told" / "components"
    components.mkdir(parents=True)
    (components / "main.yaml").write_text(MAIN)
    (components / "extra.yaml").write_text(EXTRA)
    (service.enabled / "told" / "cluster-type.yaml").write_text(DEFINITION)
    with service:
        wait_until(lambda: service.ids() == ["told", "told.long"], "listed")
        cluster = {"cluster_type_id": type_id, "name": CLUSTER, "selections": {"extra": is_selected}}
        stack = finish(stacks, post(service, cloud, cluster))
    assert stack.stack_status == "CREATE_COMPLETE", stack.stack_status_reason
    outputs = {each["output_key"]: str(each["output_value"]) for each in stack.outputs}
    assert outputs["extra"] == ("yes" if is_selected else "no")
    assert outputs["length"] == length
    assert outputs["concertim_cluster_type"] == type_id
    assert {each.resource_name for each in stacks.client.resources.list(stack.id)} == resources
