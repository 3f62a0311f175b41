"""Who is in the sandbox, and where its services are."""

from __future__ import annotations

import re

import pytest
from keystoneauth1 import exceptions, session
from keystoneauth1.identity import v3

from builder.sandbox import Sandbox
from builder.sandbox.wire.accounts import PROJECTS, USERS, find_credentials
from tests.contract.wire import ask
from tests.sandbox.clients import Member, find_url, sign_in


def test_credentials_are_the_same_in_every_sandbox() -> None:
    assert Sandbox().credentials == Sandbox().credentials
    assert (Sandbox().credentials.username, Sandbox().credentials.project_name) == ("demo", "demo")


def test_password_is_in_no_representation() -> None:
    assert "sandbox" not in repr(Sandbox().credentials)
    assert {"sandbox" in repr(user) for user in USERS} == {False}


def test_ids_look_like_keystones() -> None:
    ids = [user.id for user in USERS] + [project.id for project in PROJECTS]
    assert len(set(ids)) == len(ids)
    assert {re.fullmatch("[0-9a-f]{32}", each) is not None for each in ids} == {True}


def test_second_user_has_a_project_of_its_own(sandbox: Sandbox) -> None:
    other = find_credentials("alt_demo")
    assert other.project_id != sandbox.credentials.project_id
    assert Member(sandbox, "alt_demo").names() == []


@pytest.mark.parametrize(
    ("username", "project"), [("disabled", "demo"), ("norole", "demo"), ("demo", "disabled"), ("demo", "alt_demo")]
)
def test_those_who_may_not_are_refused(sandbox: Sandbox, username: str, project: str) -> None:
    domain = {"id": "default"}
    answer = sign_in(
        sandbox,
        {"name": username, "domain": domain, "password": "sandbox"},
        {"name": project, "domain": domain},
    )
    assert answer.status == 401
    assert answer.json()["error"]["message"] == "The request you have made requires authentication."


def test_user_without_a_project_has_no_credentials_to_find(sandbox: Sandbox) -> None:
    for username in ("norole", "nobody"):
        with pytest.raises(KeyError):
            find_credentials(username)


def test_disabled_project_is_listed_as_such(sandbox: Sandbox, member: Member) -> None:
    projects = ask("GET", f"{sandbox.auth_url}/auth/projects", token=member.token).json()["projects"]
    assert {project["name"]: project["enabled"] for project in projects} == {"demo": True, "disabled": False}


def test_services_have_three_interfaces(member: Member) -> None:
    for kind in ("identity", "orchestration"):
        urls = {find_url(member.catalog, kind, interface) for interface in ("public", "internal", "admin")}
        assert len(urls) == 1


def test_one_region_has_no_orchestration(sandbox: Sandbox, member: Member) -> None:
    assert find_url(member.catalog, "identity", region="RegionEmpty") == sandbox.auth_url
    credentials = sandbox.credentials
    auth = v3.Password(
        auth_url=sandbox.auth_url,
        user_id=credentials.user_id,
        password=credentials.password,
        project_id=credentials.project_id,
    )
    with pytest.raises(exceptions.EndpointNotFound):
        session.Session(auth=auth, timeout=5).get(
            "/stacks", endpoint_filter={"service_type": "orchestration", "region_name": "RegionEmpty"}
        )


def test_addresses_are_those_the_client_came_by(sandbox: Sandbox) -> None:
    """Behind a published port, or a name on a network of containers."""
    version = ask("GET", sandbox.auth_url, headers={"Host": "sandbox.example:8080"}).json()["version"]
    assert version["links"][0]["href"] == "http://sandbox.example:8080/v3/"


@pytest.mark.parametrize("host", ["", "a b", "x" * 300, "<script>"])
def test_nonsense_for_a_host_is_not_repeated(sandbox: Sandbox, host: str) -> None:
    version = ask("GET", sandbox.auth_url, headers={"Host": host}).json()["version"]
    assert version["links"][0]["href"] == f"{sandbox.auth_url}/"


def test_tokens_of_other_users_stay_theirs(sandbox: Sandbox, member: Member) -> None:
    other = Member(sandbox, "alt_demo")
    url = f"{sandbox.auth_url}/auth/tokens"
    for method in ("GET", "DELETE"):
        answer = ask(method, url, token=member.token, headers={"X-Subject-Token": other.token})
        assert answer.status == 403
    assert other.names() == []
