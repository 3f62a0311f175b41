"""Clusters of Magnum that are billed: each has one order, which names the stack that Concertim meters."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from builder.clusters.names import CreatedStack
from builder.kinds.magnum import wire
from builder.openstack.connection import connect
from builder.openstack.credentials import parse_credentials
from builder.openstack.deadline import Deadline
from tests.api.orders import order
from tests.billing.middleware import ACCOUNT, BillingService, LiveStack, Order
from tests.kinds.magnum.definitions import HEAD
from tests.kinds.magnum.remembering_magnum import RememberingMagnum, refusal
from tests.openstack.replay_cloud import answer
from tests.openstack.settings import cloud_settings
from tests.security.tokens import SECRET, bearer, make_token
from tests.service import Answer, Service, wait_until


@pytest.fixture
def cloud() -> Iterator[RememberingMagnum]:
    with RememberingMagnum() as server:
        server.new_stack_id = lambda: str(uuid.uuid4())
        yield server


@pytest.fixture
def middleware(cloud: RememberingMagnum) -> Iterator[BillingService]:
    """A billing service whose orders must be those of the cloud's clusters at the end."""
    with BillingService() as service:
        yield service
        live = [
            LiveStack(each.stack_id or each.id, each.body["name"], each.body["labels"].get("concertim_order"))
            for each in cloud.live
        ]
        service.assert_accounted(live)


@pytest.fixture(scope="module")
def kube(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    environment = {"JWT_SECRET": SECRET, "BILLING_TIMEOUT": "2"}
    service = Service(tmp_path_factory.mktemp("billed") / "instance", environment)
    service.enabled.mkdir(parents=True)
    asked = "{node_count: {type: number, default: 1}, labels: {type: json, default: {}}}"
    (service.enabled / "k8s.yaml").write_text(f"{HEAD}parameters: {asked}\n")
    with service:
        wait_until(lambda: service.ids() == ["k8s"], "listed")
        yield service


def build(kube: Service, cloud: RememberingMagnum, middleware: BillingService, key: str = "", **answers: Any) -> Answer:
    body = order(cloud.credentials(), name="kube", cluster_type_id="k8s", parameters=answers)
    headers = bearer(make_token()) | ({"Idempotency-Key": key} if key else {})
    return kube.post("/clusters/", {**body, "billing_account_id": ACCOUNT, "middleware_url": middleware.url}, headers)


@pytest.mark.parametrize("key", ["", "a key"])
def test_order_names_the_stack_of_the_cluster(
    kube: Service, cloud: RememberingMagnum, middleware: BillingService, key: str
) -> None:
    built = build(kube, cloud, middleware, key)
    assert built.status == 201, built.body
    (cluster,), (placed,) = cloud.live, middleware.active
    assert built.json()["id"] == cluster.id
    assert cluster.body["labels"]["concertim_order"] == placed


def test_repeated_request_has_no_further_order(
    kube: Service, cloud: RememberingMagnum, middleware: BillingService
) -> None:
    first, again = (build(kube, cloud, middleware, "repeated") for _ in range(2))
    assert (first.json(), again.headers["idempotent-replayed"]) == (again.json(), "true")
    assert len(middleware.active) == 1


def test_label_of_the_form_stands_for_no_order(
    kube: Service, cloud: RememberingMagnum, middleware: BillingService
) -> None:
    middleware.orders["theirs"] = Order("another", is_active=False)
    for _ in range(2):
        built = build(kube, cloud, middleware, "labelled", labels={"concertim-order": "theirs"})
    assert built.headers["idempotent-replayed"] == "true"
    assert middleware.orders["theirs"].tags == {}


def test_order_of_a_cluster_that_magnum_refuses_is_cancelled(
    kube: Service, cloud: RememberingMagnum, middleware: BillingService, monkeypatch: pytest.MonkeyPatch
) -> None:
    respond = cloud.respond
    monkeypatch.setattr(
        cloud,
        "respond",
        lambda request: (
            refusal(400, "ClusterTemplate k8s could not be found.")
            if request.method == "POST" and request.path.startswith("/magnum")
            else respond(request)
        ),
    )
    assert build(kube, cloud, middleware).status == 400
    assert middleware.active == {}


def test_cluster_whose_creation_gave_no_answer_is_found_by_its_order(
    kube: Service, cloud: RememberingMagnum, middleware: BillingService, monkeypatch: pytest.MonkeyPatch
) -> None:
    respond = cloud.respond

    def lose_the_answer(request: object) -> object:
        answered = respond(request)  # type: ignore[arg-type]  # handed on
        return answer(500) if answered.startswith(b"HTTP/1.1 202") else answered  # type: ignore[union-attr]

    monkeypatch.setattr(cloud, "respond", lose_the_answer)
    built = build(kube, cloud, middleware)
    assert (built.status, len(middleware.active)) == (201, 1)
    assert built.json()["id"] == cloud.live[0].id


def test_stack_that_magnum_tells_late_is_waited_for(cloud: RememberingMagnum, monkeypatch: pytest.MonkeyPatch) -> None:
    respond, told = cloud.respond, iter([None, "", 7, "s-1"])
    monkeypatch.setattr(
        cloud,
        "respond",
        lambda request: (
            answer(200, {"stack_id": next(told)}) if request.path.startswith("/magnum") else respond(request)
        ),
    )
    with connect(parse_credentials(cloud.credentials()), cloud_settings(), Deadline(20)) as connected:
        assert wire.find_stack_id(connected, CreatedStack("c-1", "kube--x")) == "s-1"


def test_cluster_without_a_stack_is_named_by_its_own_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "STACK_SECONDS", 0.2)
    with (
        RememberingMagnum() as cloud,
        connect(parse_credentials(cloud.credentials()), cloud_settings(), Deadline(20)) as connected,
    ):
        for status in (200, 404):
            cloud.magnum = answer(status, {"stack_id": None})
            assert wire.find_stack_id(connected, CreatedStack("c-1", "kube--x")) == "c-1"
