"""What only a real Keystone and Heat can prove: needs the ``OS_*`` variables of a user who may create stacks."""

from __future__ import annotations

import dataclasses
import os
import secrets
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from builder.clusters.names import key_tag
from builder.clusters.plan import MAX_CLUSTER_NAME, ClusterPlan
from builder.errors import Fault, RequestError
from builder.kinds.heat.launch import launch, preview_launch
from builder.kinds.heat.stack_creation import heat_client, list_stacks
from builder.kinds.protocol import LaunchOutcome
from builder.openstack.assets import fetch_assets
from builder.openstack.connection import connect
from builder.openstack.credentials import parse_credentials
from builder.openstack.deadline import Deadline
from tests.contract.clouds import real_cloud, wait_for
from tests.openstack.real_cloud import SETTINGS, LosingProxy, cloud_env, connected, scratch_type
from tests.openstack.settings import ask_connected

pytestmark = [
    pytest.mark.openstack,
    pytest.mark.skipif("OS_AUTH_URL" not in os.environ, reason="needs OS_AUTH_URL and the rest"),
    pytest.mark.timeout(180),
    # openstacksdk uses an argument of its own that it has announced to remove.
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack"),
]

TEMPLATE = {
    "heat_template_version": "2018-08-31",
    "parameters": {"length": {"type": "number", "default": 8, "constraints": [{"range": {"min": 4, "max": 16}}]}},
    "resources": {"word": {"type": "OS::Heat::RandomString", "properties": {"length": {"get_param": "length"}}}},
}


@pytest.fixture(scope="module")
def type_id() -> Iterator[str]:
    with scratch_type() as made:
        yield made


def farm(flavor: str, image: str, network: str, count: int) -> dict[str, Any]:
    server = {"flavor": flavor, "image": image, "networks": [{"network": network}]}
    definition = {"type": "OS::Nova::Server", "properties": server}
    group = {"type": "OS::Heat::ResourceGroup", "properties": {"count": count, "resource_def": definition}}
    return {"heat_template_version": "2018-08-31", "resources": {"nodes": group}}


@pytest.fixture(scope="module")
def choice() -> tuple[str, str, str]:
    """A flavor, an image and a network."""
    found = fetch_assets(parse_credentials(cloud_env()), SETTINGS, Deadline(50))
    flavors, images, networks = (found.get(kind) for kind in ("flavors", "images", "networks"))
    if not (flavors and images and networks):
        pytest.skip("this cloud has no flavors, images or networks to choose from")
    return flavors[0]["name"], images[0]["name"], networks[0]["name"]


def wish(type_id: str, key: str | None = None, name: str = "real", **parameters: Any) -> ClusterPlan:
    payload = {"name": name, "parameters": parameters}
    return ClusterPlan(
        name,
        type_id,
        "r1",
        TEMPLATE,
        parameters=parameters,
        form_fields=frozenset({"length"}),
        idempotency_key=key,
        payload=payload,
    )


def ask(wanted: ClusterPlan, env: dict[str, str] | None = None) -> LaunchOutcome:
    return ask_connected(launch, env or cloud_env(), wanted, deadline=Deadline(50), settings=SETTINGS)


def refusal(wanted: ClusterPlan, env: dict[str, str] | None = None) -> Fault:
    with pytest.raises(RequestError) as caught:
        ask(wanted, env)
    return caught.value.faults[0]


def fresh_key() -> str:
    return secrets.token_hex(16)


def live_stacks(key: str) -> set[str]:
    with connected() as cloud:
        return {stack.id for stack in list_stacks(cloud, {"tags": key_tag(key, cloud.project_id)}) if stack.is_live}


def test_stack_is_created_with_its_tags_and_completes(type_id: str) -> None:
    outcome = ask(wish(type_id))
    with connected() as cloud:
        stacks = heat_client(cloud).stacks
        stack = wait_for(
            lambda: stacks.get(f"{outcome.stack.name}/{outcome.stack.id}"),
            lambda seen: seen.stack_status != "CREATE_IN_PROGRESS",
        )
    assert stack.stack_status == "CREATE_COMPLETE"
    assert set(stack.tags) == {"concertim", f"concertim-type:{type_id}", "concertim-revision:r1"}


def test_heat_takes_the_longest_cluster_name(type_id: str) -> None:
    assert ask(wish(type_id, name="n" * MAX_CLUSTER_NAME)).stack.id


def test_application_credential_is_taken_by_its_id_and_by_its_name() -> None:
    keystone = real_cloud()
    assert keystone.application_credentials is not None

    def sign_in(**given: str) -> dict[str, Any]:
        credentials = parse_credentials(
            {"auth_url": keystone.auth_url, "application_credential_secret": secret, **given}
        )
        with connect(credentials, SETTINGS, Deadline(60)) as cloud:
            assert (cloud.user_id, cloud.project_id) == (keystone.user_id, keystone.project_id)
            auth: Any = cloud.session.auth
            used: dict[str, Any] = auth.get_access(cloud.session)._application_credential
            return used

    with keystone.application_credentials(restricted=True) as (id_, secret):
        used = sign_in(application_credential_id=id_)
        assert used["id"] == id_
        name = {"application_credential_name": used["name"]}
        assert sign_in(**name, user_id=keystone.user_id) == used
        assert sign_in(**name, username=keystone.username, user_domain_id=keystone.user_domain_id) == used


def test_refusals_of_the_real_services_are_told(type_id: str) -> None:
    assert refusal(wish(type_id), {**cloud_env(), "password": "wrong"}).status == 401
    fault = refusal(wish(type_id, length=3))
    assert (fault.status, fault.pointer) == (400, "/cluster/parameters/length")
    assert refusal(wish(type_id, name="1 not a name")).title == "Stack refused"
    fault = refusal(wish(type_id), {**cloud_env(), "region_name": "no-such-region"})
    assert (fault.status, fault.pointer) == (502, "/cloud_env/region_name")


def test_same_key_and_request_is_the_same_stack(type_id: str) -> None:
    key = fresh_key()
    first, second = ask(wish(type_id, key, length=5)), ask(wish(type_id, key, length=5))
    assert first.stack == second.stack
    assert (first.replayed, second.replayed) == (False, True)
    assert live_stacks(key) == {first.stack.id}


def test_same_key_with_another_request_is_422(type_id: str) -> None:
    key = fresh_key()
    first = ask(wish(type_id, key, length=5))
    assert refusal(wish(type_id, key, length=6)).status == 422
    assert refusal(wish(type_id, key, "other", length=5)).status == 422
    assert live_stacks(key) == {first.stack.id}


def test_a_stack_whose_answer_is_lost_after_heat_created_it_is_found_by_the_retry(type_id: str) -> None:
    key = fresh_key()
    with LosingProxy() as proxy:
        proxy.losing = True
        fault = refusal(wish(type_id, key), proxy.cloud_env())
        assert fault.status == 502
        assert "may have been created all the same" in fault.detail
        (made,) = live_stacks(key)
        proxy.losing = False
        again = ask(wish(type_id, key), proxy.cloud_env())
    assert (again.stack.id, again.replayed) == (made, True)
    assert ask(wish(type_id, key)).stack == again.stack
    assert live_stacks(key) == {made}


@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_simultaneous_requests_with_one_key_make_one_stack(type_id: str, count: int) -> None:
    key = fresh_key()
    together = threading.Barrier(count)

    def ask_together(_: int) -> LaunchOutcome:
        together.wait(10)
        return ask(wish(type_id, key))

    with ThreadPoolExecutor(count) as threads:
        outcomes = list(threads.map(ask_together, range(count)))
    assert sorted(outcome.replayed for outcome in outcomes) == [False] + [True] * (count - 1)
    assert {outcome.stack.id for outcome in outcomes} == live_stacks(key)
    assert len(live_stacks(key)) == 1


def test_of_simultaneous_requests_with_one_key_for_two_things_one_is_served(type_id: str) -> None:
    key = fresh_key()
    wishes = [wish(type_id, key, "one"), wish(type_id, key, "other")]
    together = threading.Barrier(2)

    def ask_together(wanted: ClusterPlan) -> LaunchOutcome | int:
        together.wait(10)
        try:
            return ask(wanted)
        except RequestError as error:
            return error.status

    with ThreadPoolExecutor(2) as threads:
        results = dict(zip(threads.map(ask_together, wishes), wishes, strict=True))
    (won,) = [outcome for outcome in results if isinstance(outcome, LaunchOutcome)]
    assert set(results) == {won, 422}
    assert live_stacks(key) == {won.stack.id}
    assert ask(results[won]).stack == won.stack
    assert refusal(results[422]).status == 422


def test_a_key_whose_stack_was_deleted_launches_nothing(type_id: str) -> None:
    key = fresh_key()
    made = ask(wish(type_id, key)).stack
    with connected() as cloud:
        heat_client(cloud).stacks.delete(f"{made.name}/{made.id}")
    assert refusal(wish(type_id, key)).status == 409
    with connected() as cloud:
        wait_for(
            lambda: list_stacks(cloud, {"tags": key_tag(key, cloud.project_id), "show_deleted": True}),
            lambda stacks: [stack.status for stack in stacks] == ["DELETE_COMPLETE"],
        )
    assert refusal(wish(type_id, key)).status == 409
    assert live_stacks(key) == set()


def test_dry_run_counts_a_group_and_what_it_needs(type_id: str, choice: tuple[str, str, str]) -> None:
    template = farm(*choice, 3)
    wanted = dataclasses.replace(wish(type_id), template=template)
    outcome = ask_connected(preview_launch, cloud_env(), wanted, deadline=Deadline(50), settings=SETTINGS)
    (servers,) = outcome.resources
    assert (servers.type, servers.names) == ("OS::Nova::Server", ("nodes.0", "nodes.1", "nodes.2"))
    needs = {need.resource: need for need in outcome.needs}
    assert needs["instances"].required == 3
    assert needs["vcpus"].required >= 3


def test_more_servers_than_the_project_may_have_are_refused_before_anything_is_created(
    type_id: str, choice: tuple[str, str, str]
) -> None:
    one = dataclasses.replace(wish(type_id), template=farm(*choice, 1))
    needs = ask_connected(preview_launch, cloud_env(), one, deadline=Deadline(50), settings=SETTINGS).needs
    (instances,) = [need for need in needs if need.resource == "instances"]
    if instances.available is None or instances.available > 100:
        pytest.skip("this project has no limit that a test may reach")
    template = farm(*choice, instances.available + 1)
    fault = refusal(dataclasses.replace(one, template=template))
    assert (fault.status, fault.title) == (400, "ProjectLimitError")
    expected = f"instances limit: requires {instances.available + 1}, {instances.available} available"
    assert expected in fault.detail
