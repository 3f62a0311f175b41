"""Know before you launch: what a cluster consists of, and whether its project has enough left for it."""

from __future__ import annotations

import dataclasses
import logging
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from builder.clusters.plan import ClusterPlan
from builder.errors import Fault, RequestError
from builder.kinds.heat.launch import launch, preview_launch
from builder.kinds.protocol import LaunchOutcome, LaunchPreview, ResourceCount
from builder.openstack import limits
from builder.openstack.deadline import Deadline
from builder.openstack.limits import Need, PreviewedResource, count_needs
from tests.openstack.further_services import COMPUTE, VOLUME, WholeCloud, previewed
from tests.openstack.replay_cloud import PASSWORD, Behaviour, answer
from tests.openstack.settings import ask_connected

# openstacksdk uses an argument of its own that it has announced to remove.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack")

WISH = ClusterPlan("hpc", "hpc-type", "r1", {"heat_template_version": "2018-08-31"})
FLAVORS = dict.fromkeys(("1", "m1.small"), (1, 2048)) | dict.fromkeys(("2", "m1.medium"), (2, 4096))


@pytest.fixture
def cloud() -> Iterator[WholeCloud]:
    with WholeCloud() as server:
        yield server


def dry_run(cloud: WholeCloud, wish: ClusterPlan = WISH) -> LaunchPreview:
    return ask_connected(preview_launch, cloud.credentials(), wish, deadline=Deadline(10))


def ask(cloud: WholeCloud, wish: ClusterPlan = WISH) -> LaunchOutcome:
    return ask_connected(launch, cloud.credentials(), wish, deadline=Deadline(10))


def refusal(cloud: WholeCloud, wish: ClusterPlan = WISH) -> Fault:
    with pytest.raises(RequestError) as caught:
        ask(cloud, wish)
    (fault,) = caught.value.faults
    return fault


def servers(count: int, flavor: str = "m1.small") -> list[dict[str, Any]]:
    return [previewed("OS::Nova::Server", str(number), "x", flavor=flavor) for number in range(count)]


# --- counting (pure) --------------------------------------------------------------------------------------------------


def server(**properties: Any) -> PreviewedResource:
    return PreviewedResource("OS::Nova::Server", "s", properties)


def volume(size: Any) -> PreviewedResource:
    return PreviewedResource("OS::Cinder::Volume", "v", {"size": size})


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ([], {}),
        ([PreviewedResource("OS::Heat::RandomString", "r")], {}),
        ([server(flavor="m1.small")], {"instances": 1, "vcpus": 1, "ram": 2048}),
        ([server(flavor="2"), server(flavor="m1.medium")], {"instances": 2, "vcpus": 4, "ram": 8192}),
        ([server(flavor="unknown"), server(flavor=None), server()], {"instances": 3}),
        (
            [PreviewedResource("AWS::EC2::Instance", "i", {"InstanceType": "m1.small"})],
            {"instances": 1, "vcpus": 1, "ram": 2048},
        ),
        ([volume(5), volume("7"), volume(None)], {"volumes": 3, "gigabytes": 12}),
        (
            [server(block_device_mapping_v2=[{"image": "rocky", "volume_size": 20, "boot_index": 0}])],
            {"instances": 1, "volumes": 1, "gigabytes": 20},
        ),
        ([server(block_device_mapping=[{"snapshot_id": "s", "volume_size": "3"}])], {"volumes": 1, "gigabytes": 3}),
        ([server(block_device_mapping_v2=[{"volume_id": "v", "volume_size": 20}, {"swap_size": 4}])], {"volumes": 0}),
        ([server(block_device_mapping_v2=[{"volume_id": "v", "image": "rocky"}])], {"volumes": 0, "gigabytes": 0}),
        ([server(block_device_mapping_v2="nonsense", block_device_mapping=[None, 1])], {"volumes": 0}),
        ([volume(True), volume(-5), volume("1e3"), volume("9" * 50), volume([1])], {"volumes": 5, "gigabytes": 0}),
    ],
)
def test_needs_are_counted_from_what_heat_previews(
    resources: list[PreviewedResource], expected: dict[str, int]
) -> None:
    needs = count_needs(resources, FLAVORS)
    assert {name: needs[name] for name in expected} == expected
    if not expected:
        assert not any(needs.values())


def test_without_flavors_only_instances_and_volumes_are_counted() -> None:
    assert count_needs([server(flavor="m1.small")], None) == {"instances": 1, "volumes": 0, "gigabytes": 0}


# --- dry run ----------------------------------------------------------------------------------------------------------


def test_dry_run_tells_resources_and_needs_and_creates_nothing(cloud: WholeCloud) -> None:
    name = "hpc--x"
    cloud.previewed = [
        previewed("OS::Heat::RandomString", "word", name),
        [previewed("OS::Nova::Server", str(number), f"{name}-nodes", flavor="m1.medium") for number in (1, 0)],
        [[previewed("OS::Cinder::Volume", "disk", f"{name}-outer-inner", size=50)]],
    ]
    outcome = dry_run(cloud)
    assert [(count.type, count.count) for count in outcome.resources] == [
        ("OS::Cinder::Volume", 1),
        ("OS::Heat::RandomString", 1),
        ("OS::Nova::Server", 2),
    ]
    assert [str(need.resource) for need in outcome.needs] == ["instances", "vcpus", "volumes"]
    assert outcome.needs[1] == Need("vcpus", "", required=4, available=9)
    assert not cloud.stacks


def test_resources_of_nested_stacks_are_named_by_where_they_are(cloud: WholeCloud) -> None:
    class Echo(WholeCloud):
        def respond(self, request: Any) -> Any:
            if request.path.endswith("/preview"):
                name = request.json["stack_name"]
                nested = [previewed("T", "0", f"{name}-nodes"), [previewed("T", "disk", f"{name}-nodes-0")]]
                self.previewed = [previewed("T", "word", name), nested]
            return super().respond(request)

    with Echo() as echo:
        assert dry_run(echo).resources == (ResourceCount("T", 3, ("nodes-0.disk", "nodes.0", "word")),)


def test_dry_run_tells_what_is_exceeded_without_refusing(cloud: WholeCloud) -> None:
    cloud.previewed = servers(12)
    instances, vcpus = dry_run(cloud).needs
    assert (instances.required, instances.available, instances.is_exceeded) == (12, 9, True)
    assert (vcpus.required, vcpus.available, vcpus.is_exceeded) == (12, 9, True)


def test_dry_run_meets_the_refusals_of_a_creation(cloud: WholeCloud) -> None:
    message = "Parameter 'n' is invalid: 7 is out of range"
    path = f"/heat/v1/{'a1' * 16}/stacks/preview"
    cloud.set(path, {"error": {"type": "StackValidationFailed", "message": message}}, 400)
    with pytest.raises(RequestError) as caught:
        dry_run(cloud, dataclasses.replace(WISH, form_fields=frozenset("n")))
    assert caught.value.faults == (Fault(400, "Parameter refused", "7 is out of range", "/cluster/parameters/n"),)


def test_dry_run_does_without_the_services_that_have_limits(cloud: WholeCloud) -> None:
    cloud.previewed = servers(3)
    cloud.without("compute", "volumev3")
    assert dry_run(cloud) == LaunchPreview((ResourceCount("OS::Nova::Server", 3, ("x.0", "x.1", "x.2")),), ())


def test_hidden_values_are_not_in_what_a_dry_run_gives(cloud: WholeCloud, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    cloud.previewed = [previewed("OS::Nova::Server", "s", flavor="m1.small", admin_pass="hidden-value")]
    outcome = dry_run(cloud)
    assert "hidden-value" not in repr(outcome)
    assert "hidden-value" not in caplog.text
    assert PASSWORD not in caplog.text


@pytest.mark.parametrize("resources", [None, {}, [1], [{"resource_name": "x"}], "text", [[[None]]]])
def test_a_preview_that_makes_no_sense_is_a_502(cloud: WholeCloud, resources: Any) -> None:
    cloud.previewed = resources
    if resources == {}:
        assert dry_run(cloud).resources == ()
        return
    with pytest.raises(RequestError) as caught:
        dry_run(cloud)
    assert (caught.value.status, caught.value.faults[0].title) == (502, "Invalid answer")


def test_a_bottomless_preview_is_a_502(cloud: WholeCloud) -> None:
    nested: list[Any] = []
    for _ in range(200):
        nested = [nested]
    cloud.previewed = nested
    with pytest.raises(RequestError) as caught:
        dry_run(cloud)
    assert caught.value.status == 502


# --- a real build -----------------------------------------------------------------------------------------------------


def test_build_beyond_the_limits_is_refused_with_every_one_that_is_exceeded(cloud: WholeCloud) -> None:
    cloud.previewed = [*servers(12), previewed("OS::Nova::Server", "login", flavor="m1.medium")]
    fault = refusal(cloud)
    assert (fault.status, fault.title, fault.pointer) == (400, "ProjectLimitError", None)
    assert fault.detail == (
        "would exceed project's instances limit: requires 13, 9 available; "
        "would exceed project's vcpus limit: requires 14, 9 available"
    )
    assert not cloud.stacks


def test_units_are_told(cloud: WholeCloud) -> None:
    cloud.set_limits(COMPUTE, maxTotalRAMSize=4096, totalRAMUsed=4000)
    cloud.set_limits(VOLUME, maxTotalVolumeGigabytes=100, totalGigabytesUsed=60)
    cloud.previewed = [*servers(1), previewed("OS::Cinder::Volume", "v", size=41)]
    assert refusal(cloud).detail == (
        "would exceed project's ram limit: requires 2048 MiB, 96 MiB available; "
        "would exceed project's gigabytes limit: requires 41 GiB, 40 GiB available"
    )


def test_build_within_the_limits_is_made(cloud: WholeCloud) -> None:
    cloud.previewed = servers(9)
    assert ask(cloud).stack.id == cloud.stacks[0].id


def test_unlimited_is_no_limit(cloud: WholeCloud) -> None:
    cloud.set_limits(COMPUTE, maxTotalInstances=-1, totalInstancesUsed=500, maxTotalCores=-1, totalCoresUsed=0)
    cloud.previewed = servers(500)
    assert ask(cloud).stack.id
    assert {(need.available, need.is_exceeded) for need in dry_run(cloud).needs} == {(None, False)}


def test_more_used_than_allowed_leaves_nothing(cloud: WholeCloud) -> None:
    cloud.set_limits(COMPUTE, maxTotalInstances=10, totalInstancesUsed=12)
    cloud.previewed = servers(1)
    assert refusal(cloud).detail.endswith("requires 1, 0 available")


def test_a_cloud_without_limits_is_not_even_asked_for_a_preview(cloud: WholeCloud) -> None:
    cloud.without("compute", "volumev3")
    ask(cloud)
    assert [request.path for request in cloud.received if "preview" in request.path] == []


def test_a_keyed_build_is_checked_too_but_its_retry_is_not(cloud: WholeCloud) -> None:
    keyed = dataclasses.replace(WISH, idempotency_key="k")
    cloud.previewed = servers(100)
    assert refusal(cloud, keyed).title == "ProjectLimitError"
    cloud.previewed = []
    first = ask(cloud, keyed)
    cloud.previewed = servers(100)
    assert ask(cloud, keyed) == LaunchOutcome(first.stack, replayed=True, url=first.url)


@pytest.mark.parametrize("status", [403, 404, 500, 503, 429, 401])
@pytest.mark.parametrize("path", [f"{COMPUTE}/limits", f"{COMPUTE}/flavors/detail", COMPUTE])
def test_limits_that_cannot_be_read_forbid_nothing(cloud: WholeCloud, path: str, status: int) -> None:
    cloud.set_limits(COMPUTE)
    cloud.previewed = servers(100)
    cloud.set(path, {"forbidden": {"code": status, "message": "no"}}, status)
    assert ask(cloud).stack.id


@pytest.mark.parametrize(
    "garbage",
    [
        answer(200, "<h1>x</h1>", "text/html"),
        answer(200, "{"),
        answer(200, []),
        answer(200, {"limits": None, "flavors": None}),
        answer(200, {"limits": {"absolute": [1]}, "flavors": [1]}),
        answer(200, {"limits": {"absolute": {"maxTotalCores": "x", "totalCoresUsed": None}}, "flavors": [{}]}),
        answer(302, "", headers={"Location": "http://127.0.0.1:9/"}),
        b"",
    ],
)
@pytest.mark.parametrize("path", [f"{COMPUTE}/limits", f"{COMPUTE}/flavors/detail", COMPUTE])
def test_limits_that_make_no_sense_forbid_nothing(cloud: WholeCloud, path: str, garbage: bytes) -> None:
    cloud.set_limits(COMPUTE)
    cloud.previewed = servers(100)
    cloud.answers[path] = garbage
    assert ask(cloud).stack.id


def test_slow_limits_cost_only_so_much_time(cloud: WholeCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[bool] = []

    def wait(_: socket.socket) -> None:
        ended.append(cloud.closing.wait(10))

    monkeypatch.setattr(limits, "LIMITS_SHARE", 0.02)
    cloud.previewed = servers(100)
    cloud.answers[f"{COMPUTE}/flavors/detail"] = wait
    assert ask(cloud).stack.id
    assert not ended


def drip_head(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    drip(connection, b"x")


def drip_body(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99999\r\n\r\n")
    drip(connection, b" ")


def drip_chunks(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    drip(connection, b"1\r\n \r\n")


def drip_continues(connection: socket.socket) -> None:
    drip(connection, b"HTTP/1.1 100 Continue\r\n\r\n")


def drip(connection: socket.socket, piece: bytes) -> None:
    """Send something now and then, until the client hangs up; no timeout of one read ever passes."""
    pause = threading.Event()
    while not pause.wait(0.02):
        connection.sendall(piece)


@pytest.mark.parametrize("dripping", [drip_head, drip_body, drip_chunks, drip_continues])
@pytest.mark.parametrize(
    "path", [f"{COMPUTE}/limits", f"{COMPUTE}/flavors/detail", COMPUTE, f"/heat/v1/{'a1' * 16}/stacks/preview"]
)
def test_a_service_that_drips_holds_no_build_up(
    cloud: WholeCloud, path: str, dripping: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LIMITS_SHARE", 0.02)
    cloud.keeps_connections = True
    cloud.previewed = servers(100)
    cloud.set_limits(COMPUTE)
    cloud.answers[path] = dripping
    deadline = Deadline(20)
    assert ask_connected(launch, cloud.credentials(), WISH, deadline=deadline).stack.id
    assert deadline.seconds_left() > 10  # of 20: a look that takes no more than 0.4


def test_looking_at_limits_takes_a_quarter_of_the_time_that_is_left_at_most(cloud: WholeCloud) -> None:
    seen: list[float] = []
    deadline = Deadline(20)

    def note(connection: socket.socket) -> None:
        seen.append(deadline.seconds_left())
        connection.sendall(answer(200, {"flavors": []}))

    cloud.previewed = servers(1)
    cloud.answers[f"{COMPUTE}/flavors/detail"] = note
    ask_connected(launch, cloud.credentials(), WISH, deadline=deadline)
    assert len(seen) == 1
    assert seen[0] <= 5
    assert deadline.seconds_left() > 5  # the rest has what is left


def test_a_look_at_limits_that_can_have_no_thread_is_left_out(
    cloud: WholeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: threading.Timer) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("builder.openstack.deadline.threading.Timer.start", refuse)
    cloud.previewed = servers(100)
    assert ask(cloud).stack.id


@pytest.mark.parametrize("status", [403, 404])
def test_a_heat_that_allows_no_preview_may_yet_create(cloud: WholeCloud, status: int) -> None:
    cloud.set(f"/heat/v1/{'a1' * 16}/stacks/preview", {"error": {"message": "no"}}, status)
    assert ask(cloud).stack.id


def test_what_a_preview_refuses_is_not_created(cloud: WholeCloud) -> None:
    body = {"error": {"type": "StackValidationFailed", "message": "Property error"}}
    cloud.set(f"/heat/v1/{'a1' * 16}/stacks/preview", body, 400)
    fault = refusal(cloud)
    assert (fault.status, fault.title) == (400, "Stack refused")
    assert "may have been created" not in fault.detail
    assert not cloud.stacks
