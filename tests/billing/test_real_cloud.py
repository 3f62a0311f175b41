"""Orders and stacks of a real Keystone and Heat: needs the ``OS_*`` variables of a user who may create stacks."""

from __future__ import annotations

import os
import secrets
import signal
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from builder.clusters.names import build_stack_name, keyed_suffix
from builder.kinds.heat.stack_creation import heat_client
from tests.api.orders import assert_refused
from tests.billing.builds import RealCloud, build, live_stacks
from tests.billing.middleware import BillingService, Failing, How
from tests.billing.test_interruptions import MOMENTS, Moment, act_at, build_in_vain, check_retry, serving
from tests.contract.clouds import real_cloud, wait_for
from tests.openstack.real_cloud import LosingProxy, connected
from tests.service import wait_until

pytestmark = [
    pytest.mark.openstack,
    pytest.mark.skipif("OS_AUTH_URL" not in os.environ, reason="needs OS_AUTH_URL and the rest"),
    pytest.mark.timeout(300),
    # openstacksdk uses an argument of its own that it has announced to remove.
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack"),
]

PATIENT = {"BILLING_TIMEOUT": "15"}


@pytest.fixture
def cloud() -> Iterator[RealCloud]:
    """The cloud, whose stacks of the test are deleted afterwards."""
    cloud = RealCloud(f"billed-{secrets.token_hex(4)}")
    yield cloud
    cloud.delete_all()


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_request_that_is_repeated_after_a_kill_has_one_stack_with_its_order(
    tmp_path: Path, cloud: RealCloud, middleware: BillingService, moment: Moment
) -> None:
    key = str(uuid.uuid4())
    with serving(tmp_path, **PATIENT) as service:
        act_at(middleware, moment, lambda: os.kill(service.process.pid, signal.SIGKILL))
        build_in_vain(service, cloud, middleware, key)
        assert service.wait() == -signal.SIGKILL
    with serving(tmp_path) as successor:
        check_retry(successor, cloud, middleware, key, int(moment.leaves_order))


@pytest.mark.parametrize("workers", ["1", "3"])
def test_six_requests_at_once_leave_one_order(
    tmp_path: Path, cloud: RealCloud, middleware: BillingService, workers: str
) -> None:
    key = str(uuid.uuid4())
    with serving(tmp_path, WORKERS=workers, **PATIENT) as service:
        wait_until(lambda: all(service.ids() == ["form"] for _ in range(20)), "listed by all")
        with ThreadPoolExecutor(6) as people:
            answers = list(people.map(lambda _: build(service, cloud, middleware, key), range(6)))
    assert [answer.status for answer in answers] == [201] * 6, [answer.body for answer in answers]
    assert len({answer.body for answer in answers}) == 1
    assert len(live_stacks(cloud)) == 1
    assert len(middleware.orders) == 1 or workers != "1"


def test_stack_whose_answer_is_lost_is_found(tmp_path: Path, cloud: RealCloud, middleware: BillingService) -> None:
    with LosingProxy() as proxy, serving(tmp_path, **PATIENT) as service:
        proxy.losing = True
        built = build(service, replace(cloud, env=proxy.cloud_env()), middleware)
    assert built.status == 201, built.body
    (stack,) = live_stacks(cloud)
    assert stack.id == built.json()["id"]


def test_stack_whose_order_cannot_be_told_of_it_is_deleted(
    tmp_path: Path, cloud: RealCloud, middleware: BillingService
) -> None:
    key = str(uuid.uuid4())
    middleware.fail("add_order_tag", None, *[Failing(How.REFUSE)] * 3)
    with serving(tmp_path, **PATIENT) as service:
        assert build(service, cloud, middleware, key).status == 502
        assert live_stacks(cloud) == []
        assert build(service, cloud, middleware, key).status == 201


@pytest.mark.parametrize("way", ["token", "application credential"])
def test_build_without_a_password_has_an_order(
    tmp_path: Path, cloud: RealCloud, middleware: BillingService, way: str
) -> None:
    keystone = real_cloud()
    assert keystone.application_credentials is not None
    env = {"auth_url": keystone.auth_url, "region_name": keystone.region_name}
    with keystone.application_credentials(restricted=False) as (id_, secret), serving(tmp_path, **PATIENT) as service:
        if way == "token":
            with connected() as somebody:
                env |= {"token": somebody.session.get_token(), "project_id": keystone.project_id}
        else:
            env |= {"application_credential_id": id_, "application_credential_secret": secret}
        built = build(service, cloud, middleware, cloud_env=env)
        if built.status == 403:  # a Keystone that grants no trusts to application credentials
            assert (way, middleware.active) == ("application credential", {})
            return
        assert built.status == 201, built.body
        ((order_id, _),) = middleware.active.items()
        (stack,) = live_stacks(cloud)
        assert (stack.id, stack.order) == (built.json()["id"], order_id)
        wait_for(lambda: cloud.list()[0]["stack_status"], lambda status: status == "CREATE_COMPLETE")


def test_name_that_is_taken_needs_no_order(tmp_path: Path, cloud: RealCloud, middleware: BillingService) -> None:
    key = str(uuid.uuid4())
    with connected() as somebody:
        name = build_stack_name(cloud.cluster, keyed_suffix(key, somebody.project_id, 0))
        heat_client(somebody).stacks.create(stack_name=name, template={"heat_template_version": "2018-08-31"})
    with serving(tmp_path, **PATIENT) as service:
        assert_refused(build(service, cloud, middleware, key), 409, ("Stack name taken", "/cluster/name"))
    assert middleware.calls == ["get_credits"]  # Heat's preview refuses it, too
    cloud.delete_all()  # it has no order
