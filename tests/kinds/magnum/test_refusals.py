"""What Magnum answers to a creation, recorded of the real one (Magnum 23), and what the person is told of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from builder.clusters.plan import ClusterPlan
from builder.errors import Fault, RequestError
from builder.kinds.magnum.launch import launch, preview_launch, validate
from builder.openstack.deadline import Deadline
from tests.kinds.magnum.remembering_magnum import RememberingMagnum, refusal
from tests.openstack.replay_cloud import PROJECT_ID, answer, catalog_entry
from tests.openstack.settings import ask_connected

SECRET = "s3cret-label"
FORM = frozenset(
    {"node_count", "master_count", "keypair", "flavor_id", "master_flavor_id", "fixed_network", "fixed_subnet",
     "labels", "docker_volume_size", "create_timeout", "floating_ip_enabled"}
)  # fmt: skip
SENT = {
    "cluster_template_id": "k8s", "keypair": "nope", "flavor_id": "m1.nope", "master_flavor_id": "m1.other",
    "fixed_network": "nope", "fixed_subnet": "nope", "labels": {"token": SECRET},
}  # fmt: skip
WISH = ClusterPlan("kube", "k8s", "r1", SENT, secrets=(SECRET,), form_fields=FORM)

INVALID = "Invalid input for field/attribute "
ECHO = f"{INVALID}cluster. Value: '{{'name': 'wire', 'labels': {{'token': '{SECRET}'}}}}'. "
MAGNUM = "The container infrastructure service (Magnum) "
PARAMETERS = "/cluster/parameters/"


@pytest.fixture
def cloud() -> Iterator[RememberingMagnum]:
    with RememberingMagnum() as server:
        yield server


def ask(cloud: RememberingMagnum, call: Any = launch, plan: ClusterPlan = WISH) -> Any:
    return ask_connected(call, cloud.credentials(), plan, deadline=Deadline(20))


def fault_of(cloud: RememberingMagnum, call: Any = launch, plan: ClusterPlan = WISH) -> Fault:
    with pytest.raises(RequestError) as caught:
        ask(cloud, call, plan)
    (fault,) = caught.value.faults
    assert SECRET not in fault.detail
    assert "Value:" not in fault.detail
    return fault


@pytest.mark.parametrize(
    ("status", "detail", "expected", "title", "pointer", "told"),
    [
        # the cluster template
        (400, "ClusterTemplate nope could not be found.", 400, "Cluster refused", None, "ClusterTemplate nope could"),
        (400, "ClusterTemplate 0-0 could not be found.", 400, "Cluster refused", None, "ClusterTemplate 0-0 could"),
        (400, "ClusterTemplate k8s-hidden could not be found.", 400, "Cluster refused", None, "k8s-hidden could not"),
        (400, f"{INVALID}cluster_template_id. Value: 'None'. Mandatory field missing.",
         400, "Parameter refused", None, f"{MAGNUM}refused the cluster: cluster_template_id: Mandatory field missing."),
        # what is not found in the cloud
        (404, "Unable to find keypair nope.",
         400, "Parameter refused", f"{PARAMETERS}keypair", "Unable to find keypair"),
        (400, "Unable to find flavor m1.nope.", 400, "Parameter refused", f"{PARAMETERS}flavor_id", "flavor m1.nope."),
        (400, "Unable to find flavor m1.other.",
         400, "Parameter refused", f"{PARAMETERS}master_flavor_id", "m1.other."),
        (400, "Unable to find flavor m1.unsent.", 400, "Cluster refused", None, "Unable to find flavor m1.unsent."),
        (400, "Unable to find fixed network nope.",
         400, "Parameter refused", f"{PARAMETERS}fixed_network", "network nope"),
        (400, "Unable to find fixed subnet nope.",
         400, "Parameter refused", f"{PARAMETERS}fixed_subnet", "subnet nope"),
        # numbers
        (400, f"{INVALID}node_count. Value: '-1'. Value should be greater or equal to 0",
         400, "Parameter refused", f"{PARAMETERS}node_count", "Value should be greater or equal to 0"),
        (400, "Resizing a nodegroup to zero is not supported in the provided microversion.",
         400, "Parameter refused", f"{PARAMETERS}node_count", "Resizing a nodegroup to zero"),
        (400, f"{ECHO}invalid literal for int() with base 10: 'many'",
         400, "Cluster refused", None, f"{MAGNUM}refused the cluster: invalid literal for int() with base 10: 'many'"),
        (400, f"{INVALID}master_count. Value: '0'. Value should be greater or equal to 1",
         400, "Parameter refused", f"{PARAMETERS}master_count", "Value should be greater or equal to 1"),
        (400, "master nodegroup size of 2 is invalid, size cannot be an even number.",
         400, "Parameter refused", f"{PARAMETERS}master_count", "size cannot be an even number"),
        (400, "master_count must be 1 when master_lb_enabled is False",
         400, "Parameter refused", f"{PARAMETERS}master_count", "must be 1 when master_lb_enabled is False"),
        (400, f"{INVALID}docker_volume_size. Value: '0'. Value should be greater or equal to 1",
         400, "Parameter refused", f"{PARAMETERS}docker_volume_size", "Value should be greater or equal to 1"),
        (400, f"{INVALID}create_timeout. Value: '-1'. Value should be greater or equal to 0",
         400, "Parameter refused", f"{PARAMETERS}create_timeout", "Value should be greater or equal to 0"),
        # attributes and labels
        (400, "Unknown attribute for argument cluster: nodecount", 400, "Cluster refused", None, "cluster: nodecount"),
        (400, "Unknown attribute for argument cluster: parameters",
         400, "Cluster refused", None, "cluster: parameters"),
        (400, f"{ECHO}Value not a valid dict: a=b", 400, "Cluster refused", None, ": Value not a valid dict: a=b"),
        (400, f'{ECHO}Value not a valid dict: {{"a": "b"}}', 400, "Cluster refused", None, "Value not a valid dict: {"),
        (400, f"{INVALID}labels. Value: '{{'a': {{'b': 1}}}}'. Wrong type. Expected '(<class 'str'>, <class 'int'>)', "
              "got '<class 'dict'>'", 400, "Parameter refused", f"{PARAMETERS}labels", "Wrong type. Expected"),
        (500, "boot_volume_size must be an integer", 502, "Cloud failure", None,
         f"{MAGNUM}failed with status 500: boot_volume_size must be an integer. Cluster kube--"),
        (500, "Internal Server Error", 502, "Cloud failure", None, "may have been created all the same: look for it"),
        # the name, which is checked here, so that another Magnum's rules alone can break it
        (400, f"{INVALID}name. Value: '1abc'. Value should match the pattern ^[a-zA-Z][a-zA-Z0-9_.-]*$",
         400, "Parameter refused", "/cluster/name", "Value should match the pattern"),
        (400, f"{INVALID}name. Value: '{'a' * 243}'. Value should have a maximum character requirement of 242",
         400, "Parameter refused", "/cluster/name", "maximum character requirement of 242"),
        (400, f"{INVALID}name. Value: ''. Value should have a minimum character requirement of 1",
         400, "Parameter refused", "/cluster/name", "minimum character requirement of 1"),
        # the request as a whole
        (400, "Request is not in valid JSON format", 400, "Cluster refused", None, "not in valid JSON format"),
        (500, "'list' object has no attribute 'keys'", 502, "Cloud failure", None, "failed with status 500"),
        (403, "Resource limit exceeded: You have reached the maximum clusters per project, 5. You may delete a cluster "
              "to make room for a new one.", 400, "ProjectLimitError", None, "the maximum clusters per project, 5"),
        # not recorded: an echo without an end, one that imitates its end, and what no Magnum says
        (400, f"{INVALID}cluster. Value: '{SECRET}",
         400, "Cluster refused", None, "refused the cluster: Invalid input"),
        (400, f"{INVALID}cluster. Value: 'x'. y {SECRET}'. Wrong.",
         400, "Cluster refused", None, "the cluster: Wrong."),
        (403, "Policy doesn't allow cluster:create to be performed.",
         403, "Forbidden", "/cloud_env", "does not allow this"),
        (404, "Not here.", 502, "Service not found", None, "is not at the address that the catalogue gives"),
        (409, "Conflict.", 502, "Invalid answer", None, "unexpected status 409: Conflict."),
    ],
)  # fmt: skip
def test_refusal_is_told_where_it_belongs(
    cloud: RememberingMagnum, status: int, detail: str, expected: int, title: str, pointer: str | None, told: str
) -> None:
    cloud.magnum = refusal(status, detail)
    fault = fault_of(cloud)
    assert (fault.status, fault.title, fault.pointer) == (expected, title, pointer)
    assert told in fault.detail


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"errors": []}', b'{"errors": [{"detail": 1}]}', b"<h1>no</h1>"])
@pytest.mark.parametrize(("status", "expected"), [(400, 400), (403, 403), (404, 502), (500, 502), (503, 502)])
def test_refusal_in_another_form_is_told_by_its_status(
    cloud: RememberingMagnum, status: int, expected: int, body: bytes
) -> None:
    cloud.magnum = answer(status, body)
    assert fault_of(cloud).status == expected


def test_parameter_that_the_definition_sets_is_told_of_without_a_pointer(cloud: RememberingMagnum) -> None:
    cloud.magnum = refusal(404, "Unable to find keypair nope.")
    fault = fault_of(cloud, plan=dataclasses.replace(WISH, form_fields=frozenset()))
    assert (fault.title, fault.pointer) == ("Parameter refused", None)
    assert fault.detail == f"{MAGNUM}refused the cluster: keypair: Unable to find keypair nope."


def test_token_that_magnum_does_not_take_is_unauthorized(cloud: RememberingMagnum) -> None:
    body = {"error": {"code": 401, "title": "Unauthorized", "message": "The request you have made requires it."}}
    cloud.magnum = answer(401, body)
    assert (fault_of(cloud).status, fault_of(cloud).pointer) == (401, "/cloud_env")


def test_magnum_that_does_not_know_the_version_is_a_failure_of_the_cloud(cloud: RememberingMagnum) -> None:
    title = "Requested microversion is unsupported"
    error = {"max_version": "1.9", "min_version": "1.1", "code": "magnum.microversion-unsupported", "title": title}
    cloud.magnum = answer(406, {"errors": [error]})
    fault = fault_of(cloud, plan=dataclasses.replace(WISH, template={**SENT, "node_count": 0}))
    assert (fault.status, fault.title) == (502, "Cloud failure")
    assert "a cluster without nodes" in fault.detail


@pytest.mark.parametrize(
    ("count", "version"), [(0, "container-infra 1.10"), (1, None), (None, None)]
)  # recorded as: ok, ok strings, no keypair, null keypair, node_count null, name with --, and others that get a 202
def test_accepted_cluster_is_created_in_the_version_that_every_magnum_has(
    cloud: RememberingMagnum, count: int | None, version: str | None
) -> None:
    outcome = ask(cloud, plan=dataclasses.replace(WISH, template={**SENT, "node_count": count}))
    (posted,) = cloud.posted
    assert posted.headers.get("openstack-api-version") == version
    (made,) = cloud.clusters
    assert (outcome.stack.id, outcome.stack.name) == (made.id, made.body["name"])
    assert outcome.url == f"{cloud.url}/magnum/v1/clusters/{made.id}"
    assert made.body["labels"]["concertim_type"] == "k8s"


@pytest.mark.parametrize("body", [{}, {"uuid": None}, {"uuid": "../x"}, [], "no", {"uuid": "a" * 65}])
def test_answer_that_is_no_cluster_is_an_invalid_answer_that_names_it(cloud: RememberingMagnum, body: Any) -> None:
    cloud.magnum = answer(202, body)
    fault = fault_of(cloud)
    assert (fault.status, fault.title) == (502, "Invalid answer")
    assert "Cluster kube--" in fault.detail


@pytest.mark.parametrize("call", [launch, preview_launch])
def test_cloud_without_magnum_is_told_of_as_such(cloud: RememberingMagnum, call: Any) -> None:
    cloud.catalog = [catalog_entry("orchestration", f"{cloud.url}/heat/v1/{PROJECT_ID}")]
    fault = fault_of(cloud, call)
    assert (fault.status, fault.title) == (502, "Service not found")
    assert "The cloud's catalogue names no container infrastructure service (Magnum)" in fault.detail
    assert cloud.posted == []


@pytest.mark.parametrize("call", [launch, preview_launch])
def test_endpoint_of_magnum_is_guarded_as_heats_is(cloud: RememberingMagnum, call: Any) -> None:
    cloud.catalog = [catalog_entry("container-infra", "http://169.254.169.254/v1")]
    fault = fault_of(cloud, call)
    assert (fault.status, fault.title) == (502, "Endpoint not allowed")


def test_dry_run_tells_the_cluster_and_the_limit_of_clusters(cloud: RememberingMagnum) -> None:
    preview = ask(cloud, preview_launch)
    (resource,) = preview.resources
    assert (resource.type, resource.count, resource.names[0][:6]) == ("OS::Magnum::Cluster", 1, "kube--")
    assert [(need.resource, need.required, need.available) for need in preview.needs] == [("clusters", 1, 20)]
    cloud.limit = -1
    assert ask(cloud, preview_launch).needs[0].available is None
    assert cloud.clusters == []


@pytest.mark.parametrize("limit", [None, "20", 2**64, 1.5])
def test_limit_that_is_none_is_left_out(cloud: RememberingMagnum, limit: Any) -> None:
    cloud.limit = limit
    assert ask(cloud, preview_launch).needs == ()


@pytest.mark.parametrize("call", [preview_launch, validate])
def test_cluster_template_that_is_not_there_is_refused_before_a_launch(cloud: RememberingMagnum, call: Any) -> None:
    fault = fault_of(cloud, call, dataclasses.replace(WISH, template={**SENT, "cluster_template_id": "a/../b"}))
    assert (fault.status, fault.title, fault.pointer) == (400, "Cluster refused", None)
    assert "clustertemplates/a%2F..%2Fb" in cloud.received[-1].path
