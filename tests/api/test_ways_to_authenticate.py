"""Builds by an application credential or a token, for users who have no password; and what is told where they fail."""

from __future__ import annotations

from typing import Any

import pytest

from builder.sandbox import Sandbox
from builder.sandbox.wire.accounts import APPLICATION_CREDENTIALS
from tests.api.orders import WRONG_PASSWORD, assert_refused, by_ids, fetch_stack, order
from tests.contract.wire import ask
from tests.openstack.remembering_heat import RememberingHeat
from tests.openstack.replay_cloud import PROJECT_ID
from tests.openstack.replay_cloud import answer as canned
from tests.sandbox.clients import Member
from tests.service import Answer, Service

UNRESTRICTED, RESTRICTED = APPLICATION_CREDENTIALS


def by_credential(cloud: Sandbox, credential: Any = UNRESTRICTED, **changes: Any) -> dict[str, Any]:
    return {
        "auth_url": cloud.auth_url,
        "application_credential_id": credential.id,
        "application_credential_secret": credential.secret,
        **changes,
    }


def by_credential_name(cloud: Sandbox, **changes: Any) -> dict[str, Any]:
    return {
        "auth_url": cloud.auth_url,
        "application_credential_name": UNRESTRICTED.name,
        "application_credential_secret": UNRESTRICTED.secret,
        "user_id": UNRESTRICTED.user.id,
        **changes,
    }


def by_credential_and_user_name(cloud: Sandbox, **changes: Any) -> dict[str, Any]:
    who = cloud.credentials
    names = {"username": who.username, "user_domain_name": who.user_domain_name, **changes}
    env = by_credential_name(cloud, **names)
    del env["user_id"]
    return env


def by_token(cloud: Sandbox, **changes: Any) -> dict[str, Any]:
    return {
        "auth_url": cloud.auth_url,
        "token": Member(cloud).token,
        "project_id": cloud.credentials.project_id,
        **changes,
    }


def detail_of(answer: Answer) -> str:
    return str(answer.json()["errors"][0]["detail"])


@pytest.mark.parametrize("way", [by_credential, by_credential_name, by_credential_and_user_name, by_token])
def test_each_way_builds_a_cluster_and_tells_of_it(building: Service, cloud: Sandbox, way: Any) -> None:
    env = way(cloud)
    built = building.post("/clusters/", order(env))
    assert fetch_stack(cloud, built)["stack_name"] == built.json()["name"]
    status = building.post(f"/clusters/{built.json()['id']}/status", {"cloud_env": env})
    assert (status.status, status.json()["id"]) == (200, built.json()["id"])
    assert building.post("/cloud_assets/", env).status == 200
    assert building.post("/clusters/?dry_run=true", order(env, name="another")).status == 200


def test_token_names_its_project_in_either_way(building: Service, cloud: Sandbox) -> None:
    who = cloud.credentials
    env = by_token(cloud, project_name=who.project_name, project_domain_name=who.project_domain_name)
    del env["project_id"]
    assert building.post("/clusters/", order(env)).status == 201


def test_password_counts_whatever_is_sent_beside_it(building: Service, cloud: Sandbox) -> None:
    beside = {"token": "none", "application_credential_id": "none", "application_credential_secret": "none"}
    assert building.post("/clusters/", order(by_ids(cloud, **beside))).status == 201
    refused = building.post("/clusters/", order({**by_credential(cloud), **by_ids(cloud, password=WRONG_PASSWORD)}))
    assert_refused(refused, 401, ("Unauthorized", "/cloud_env"))


def test_application_credential_comes_before_a_token(building: Service, cloud: Sandbox) -> None:
    assert building.post("/clusters/", order(by_credential(cloud, token="none", password=""))).status == 201
    beside = {"token": "none", "project_id": "none"}
    assert building.post("/clusters/", order(by_credential_name(cloud, **beside), name="by-name")).status == 201


def test_id_of_an_application_credential_comes_before_its_name(building: Service, cloud: Sandbox) -> None:
    env = by_credential(cloud, application_credential_name="none", user_id="none")
    assert building.post("/clusters/", order(env, name="by-id")).status == 201


def test_name_of_an_application_credential_without_its_user_leaves_the_token(building: Service, cloud: Sandbox) -> None:
    beside = {"application_credential_name": "none", "application_credential_secret": "none", "username": "none"}
    assert building.post("/clusters/", order(by_token(cloud, **beside), name="by-token")).status == 201


def test_one_application_credential_twice_is_one_click(building: Service, cloud: Sandbox) -> None:
    first, second = (building.post("/clusters/", order(by_credential(cloud), name="clicked")) for _ in range(2))
    assert first.json() == second.json()
    assert second.headers["idempotent-replayed"] == "true"


def test_token_that_is_not_good_is_401_at_its_field(building: Service, cloud: Sandbox) -> None:
    revoked = Member(cloud).token
    ask("DELETE", f"{cloud.auth_url}/auth/tokens", token=revoked, headers={"X-Subject-Token": revoked})
    for token in ("gAAAAABnever-issued", revoked):
        refused = building.post("/clusters/", order(by_token(cloud, token=token)))
        assert_refused(refused, 401, ("Unauthorized", "/cloud_env/token"))
        assert "no longer, good" in detail_of(refused)


def test_unknown_application_credential_is_401_at_its_field(building: Service, cloud: Sandbox) -> None:
    refused = building.post("/clusters/", order(by_credential(cloud, application_credential_id="0" * 32)))
    assert_refused(refused, 401, ("Unauthorized", "/cloud_env/application_credential_id"))
    refused = building.post("/clusters/", order(by_credential(cloud, application_credential_secret="wrong")))
    assert_refused(refused, 401, ("Unauthorized", "/cloud_env"))


@pytest.mark.parametrize(
    "wrong",
    [{"application_credential_name": "nobody's"}, {"user_id": "0" * 32}, {"application_credential_secret": "x"}],
)
def test_name_of_an_application_credential_that_is_not_good_is_401(
    building: Service, cloud: Sandbox, wrong: dict[str, str]
) -> None:
    refused = building.post("/clusters/", order(by_credential_name(cloud, **wrong)))
    assert_refused(refused, 401, ("Unauthorized", "/cloud_env"))


def test_unknown_user_of_an_application_credential_is_401_too(building: Service, cloud: Sandbox) -> None:
    refused = building.post("/clusters/", order(by_credential_and_user_name(cloud, username="nobody")))
    assert_refused(refused, 401, ("Unauthorized", "/cloud_env"))
    assert "Could not find user: nobody" in detail_of(refused)


def test_restricted_application_credential_by_name_is_told_at_its_field(building: Service, cloud: Sandbox) -> None:
    refused = building.post(
        "/clusters/", order(by_credential_name(cloud, application_credential_name="restricted"), name="restricted")
    )
    assert_refused(refused, 403, ("Forbidden", "/cloud_env/application_credential_name"))


def test_restricted_application_credential_is_told_what_mends_it(building: Service, cloud: Sandbox) -> None:
    refused = building.post("/clusters/", order(by_credential(cloud, RESTRICTED), name="refused"))
    assert_refused(refused, 403, ("Forbidden", "/cloud_env/application_credential_id"))
    assert "unrestricted" in detail_of(refused)


def test_access_rules_are_told_as_what_may_forbid_it(building: Service) -> None:
    with RememberingHeat() as cloud:
        cloud.orchestration = canned(401, {"error": {"code": 401, "message": "no", "title": "Unauthorized"}})
        credential = {"application_credential_id": "a", "application_credential_secret": "b"}
        refused = building.post("/clusters/", order({"auth_url": f"{cloud.url}/v3", **credential}))
    assert_refused(refused, 401, ("Unauthorized", "/cloud_env/application_credential_id"))
    assert "access rules" in detail_of(refused)


@pytest.mark.parametrize("way", [{"token": "t", "project_id": PROJECT_ID}, {}], ids=["token", "password"])
def test_page_that_is_not_keystones_is_a_wrong_auth_url_for_every_way(building: Service, way: dict[str, str]) -> None:
    with RememberingHeat() as cloud:
        cloud.identity = canned(404, "<h1>Not Found</h1>", "text/html")
        env = {"auth_url": f"{cloud.url}/v3", **way} if way else cloud.credentials()
        refused = building.post("/clusters/", order(env))
    assert_refused(refused, 400, ("Invalid auth_url", "/cloud_env/auth_url"))


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, ["password", "user_id", "project_id"]),
        ({"project_id": "p"}, ["password", "user_id"]),
        ({"user_id": "u", "project_id": "p"}, ["password"]),
        ({"password": "x"}, ["user_id", "project_id"]),
        ({"token": "t"}, ["project_id"]),
        ({"token": "t", "project_name": "p"}, ["project_domain_name"]),
        ({"application_credential_id": "a"}, ["application_credential_secret"]),
        ({"application_credential_name": "a", "user_id": "u"}, ["application_credential_secret"]),
        ({"application_credential_name": "a", "application_credential_secret": "s"}, ["user_id"]),
    ],
    ids=lambda value: "+".join(value) or "nothing",
)
def test_what_lacks_is_told_of_the_way_that_was_begun(
    building: Service, cloud: Sandbox, given: dict[str, str], missing: list[str]
) -> None:
    refused = building.post("/clusters/", order({"auth_url": cloud.auth_url, **given}))
    assert refused.status == 400
    told = [each["detail"] for each in refused.json()["errors"]]
    assert told == [f"'{name}' is a required property" for name in missing]


@pytest.mark.parametrize("region", ["", None])
def test_empty_region_is_not_given(building: Service, cloud: Sandbox, region: str | None) -> None:
    assert building.post("/clusters/", order(by_ids(cloud, region_name=region))).status == 201
