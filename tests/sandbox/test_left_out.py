"""What the sandbox does not do, or does otherwise than a cloud, on purpose."""

from __future__ import annotations

import pytest

from builder.sandbox.heat.resource_types import describe_resource_type, find_resource_type, list_resource_types
from tests.sandbox.clients import EMPTY, Member, address_of


@pytest.mark.parametrize("key", ["AWSTemplateFormatVersion", "HeatTemplateFormatVersion"])
def test_other_template_languages_are_refused_by_name(member: Member, key: str) -> None:
    error = member.create("one", {key: "2012-12-12", "Resources": {}}).json()["error"]
    assert error["type"] == "InvalidTemplateVersion"
    assert key in error["message"]


@pytest.mark.parametrize(
    ("method", "path", "feature"),
    [
        ("PUT", "", "Stack Update"),
        ("PATCH", "", "Stack Update"),
        ("POST", "/snapshots", "snapshots"),
        ("POST", "/actions", "actions"),
        ("GET", "/export", "Stack Abandon"),
    ],
)
def test_changes_to_a_stack_are_not_supported(member: Member, method: str, path: str, feature: str) -> None:
    stack = address_of(member.create("one"))
    answer = member.ask(method, f"/stacks/{stack}{path}", None if method == "GET" else {"template": EMPTY})
    assert answer.status == 400
    assert answer.json()["error"] == {
        "type": "NotSupported",
        "traceback": None,
        "message": f"{feature} is not supported.",
    }


def test_nothing_is_fetched(member: Member) -> None:
    answer = member.ask("POST", "/stacks", {"stack_name": "one", "template_url": "http://127.0.0.1:9/x"})
    assert answer.status == 400
    resources = {"r": {"type": "http://127.0.0.1:9/x.yaml"}}
    error = member.create("one", {**EMPTY, "resources": resources}).json()["error"]
    assert error["message"] == (
        'Could not fetch remote template "http://127.0.0.1:9/x.yaml": '
        "Failed to retrieve template from http://127.0.0.1:9/x.yaml"
    )


@pytest.mark.parametrize("constraint", ["nova.flavor", "glance.image", "neutron.network", "cinder.volume"])
def test_what_only_a_cloud_knows_is_taken(member: Member, constraint: str) -> None:
    schema = {"type": "string", "constraints": [{"custom_constraint": constraint}]}
    assert member.create("one", {**EMPTY, "parameters": {"p": schema}}, parameters={"p": "anything"}).status == 201


def test_types_of_services_that_are_not_there_are_taken(member: Member) -> None:
    resources = {"volume": {"type": "OS::Cinder::Volume", "properties": {"size": 1}}}
    assert member.create("one", {**EMPTY, "resources": resources}).status == 201


def test_yaql_gives_null(member: Member) -> None:
    outputs = {"o": {"value": {"yaql": {"expression": "$.data", "data": 1}}}}
    stack = address_of(member.create("one", {**EMPTY, "outputs": outputs}))
    shown = member.ask("GET", f"/stacks/{stack}/outputs/o").json()["output"]
    assert shown["output_value"] is None


def test_every_type_in_the_table_can_be_read() -> None:
    names = list_resource_types()
    assert {"OS::Nova::Server", "OS::Neutron::Net", "OS::Cinder::Volume", "OS::Glance::WebImage"} <= set(names)
    for name in names:
        found = find_resource_type(name)
        assert found is not None
        assert found.name == name
        assert describe_resource_type(name)["resource_type"] == name


def test_older_names_of_properties_are_taken(member: Member) -> None:
    resources = {
        "net": {"type": "OS::Neutron::Net"},
        "subnet": {
            "type": "OS::Neutron::Subnet",
            "properties": {"network_id": {"get_resource": "net"}, "cidr": "10.0.0.0/24"},
        },
        "lost": {"type": "OS::Neutron::Port"},
    }
    error = member.create("one", {**EMPTY, "resources": resources}).json()["error"]
    assert error["message"] == "Property error: resources.lost.properties: Property network not assigned"
    del resources["lost"]
    assert member.create("one", {**EMPTY, "resources": resources}).status == 201
