"""What Keystone gives for an application credential or a token, and what Heat does with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from keystoneauth1 import exceptions
from keystoneauth1.identity import v3

from tests.contract.clouds import Cloud, Stacks
from tests.contract.test_identity import MALFORMED, NOBODY, UNAUTHENTICATED, assert_refused, sign_in
from tests.contract.wire import Answer, ask

TEMPLATE = {"heat_template_version": "2018-08-31", "resources": {}}


@pytest.fixture(params=[True, False], ids=["restricted", "unrestricted"])
def is_restricted(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def credential(cloud: Cloud, is_restricted: bool) -> Iterator[tuple[str, str]]:
    """The id and the secret of an application credential."""
    assert cloud.application_credentials is not None
    with cloud.application_credentials(restricted=is_restricted) as found:
        yield found


def sign_in_by(cloud: Cloud, given: dict[str, Any], **auth: Any) -> Answer:
    identity = {"methods": ["application_credential"], "application_credential": given}
    return sign_in(cloud, {"auth": {"identity": identity, **auth}})


@pytest.fixture
def delegated(cloud: Cloud, credential: tuple[str, str]) -> Answer:
    """The answer with a token that the application credential got."""
    return sign_in_by(cloud, {"id": credential[0], "secret": credential[1]})


def test_credential_brings_its_user_and_its_project(
    cloud: Cloud, credential: tuple[str, str], delegated: Answer, is_restricted: bool
) -> None:
    token = delegated.json()["token"]
    assert delegated.status == 201
    assert token["methods"] == ["application_credential"]
    assert (token["user"]["id"], token["project"]["id"]) == (cloud.user_id, cloud.project_id)
    told = token["application_credential"]
    assert (told["id"], told["restricted"]) == (credential[0], is_restricted)
    assert "orchestration" in {service["type"] for service in token["catalog"]}


def test_plugin_signs_in(cloud: Cloud, credential: tuple[str, str]) -> None:
    session = cloud.session(
        v3.ApplicationCredential,
        application_credential_id=credential[0],
        application_credential_secret=credential[1],
    )
    assert session.get_project_id() == cloud.project_id
    assert list(cloud.heat(session).stacks.list()) is not None


@pytest.mark.parametrize("is_restricted", [True], indirect=True)
class TestByName:
    @pytest.fixture
    def name(self, delegated: Answer, credential: tuple[str, str]) -> str:
        return str(delegated.json()["token"]["application_credential"]["name"])

    def test_name_is_looked_for_among_those_of_its_user_in_any_case(
        self, cloud: Cloud, credential: tuple[str, str], name: str
    ) -> None:
        domain = {"id": cloud.user_domain_id}
        for user in ({"id": cloud.user_id}, {"name": cloud.username.upper(), "domain": domain}):
            token = sign_in_by(cloud, {"name": name.upper(), "secret": credential[1], "user": user}).json()["token"]
            told = token["application_credential"]["id"], token["user"]["id"], token["project"]["id"]
            assert told == (credential[0], cloud.user_id, cloud.project_id)

    def test_plugin_signs_in_by_name(self, cloud: Cloud, credential: tuple[str, str], name: str) -> None:
        session = cloud.session(
            v3.ApplicationCredential,
            application_credential_name=name,
            application_credential_secret=credential[1],
            username=cloud.username,
            user_domain_name=cloud.user_domain_name,
        )
        assert session.get_project_id() == cloud.project_id

    def test_what_is_not_known_is_refused(self, cloud: Cloud, credential: tuple[str, str], name: str) -> None:
        domain = {"id": cloud.user_domain_id}
        good = {"name": name, "secret": credential[1], "user": {"id": cloud.user_id}}
        for wrong in (
            {"name": "nobody's"},
            {"secret": "wrong"},
            {"user": {"id": NOBODY}},
            {"user": {"name": cloud.username, "domain": {"id": NOBODY}}},
        ):
            assert_refused(sign_in_by(cloud, {**good, **wrong}), 401, UNAUTHENTICATED)
        unknown = sign_in_by(cloud, {**good, "user": {"name": "nobody", "domain": domain}})
        assert_refused(unknown, 404, "Could not find user: nobody.")
        without_domain = sign_in_by(cloud, {**good, "user": {"name": cloud.username}})
        assert_refused(without_domain, 400, f"Expecting to find domain in user. {MALFORMED}")

    def test_id_counts_before_a_name(self, cloud: Cloud, credential: tuple[str, str]) -> None:
        given = {"id": credential[0], "name": "nobody's", "secret": credential[1], "user": {"id": NOBODY}}
        assert sign_in_by(cloud, given).status == 201


@pytest.mark.parametrize("is_restricted", [True], indirect=True)
class TestRefused:
    def test_wrong_secret_is_refused_without_a_reason(self, cloud: Cloud, credential: tuple[str, str]) -> None:
        assert_refused(sign_in_by(cloud, {"id": credential[0], "secret": "wrong"}), 401, UNAUTHENTICATED)
        assert_refused(sign_in_by(cloud, {"id": credential[0]}), 401, UNAUTHENTICATED)

    def test_unknown_id_is_not_found(self, cloud: Cloud, credential: tuple[str, str]) -> None:
        answer = sign_in_by(cloud, {"id": NOBODY, "secret": credential[1]})
        assert_refused(answer, 404, f"Could not find Application Credential: {NOBODY}.")

    def test_no_scope_is_asked_for(self, cloud: Cloud, credential: tuple[str, str]) -> None:
        scope = {"project": {"id": cloud.project_id}}
        answer = sign_in_by(cloud, {"id": credential[0], "secret": credential[1]}, scope=scope)
        assert answer.status == 401
        assert "Application credentials cannot request a scope" in answer.json()["error"]["message"]

    def test_heat_makes_no_trust_for_a_restricted_one_and_tells_no_reason(
        self, stacks: Stacks, heat_url: str, delegated: Answer
    ) -> None:
        body = {"stack_name": stacks.new_name(), "template": TEMPLATE}
        answer = ask("POST", f"{heat_url}/stacks", body, token=delegated.headers["x-subject-token"])
        assert answer.status == 403
        assert answer.json() == {
            "code": 403,
            "title": "Forbidden",
            "explanation": "Access was denied to this resource.",
            "error": {"type": "Forbidden", "traceback": None},
        }


def test_id_or_name_and_user_are_wanted(cloud: Cloud) -> None:
    nameless = sign_in_by(cloud, {"secret": "x"})
    assert_refused(nameless, 400, f"Expecting to find name or ID in application credential. {MALFORMED}")
    userless = sign_in_by(cloud, {"name": "x", "secret": "x"})
    assert_refused(userless, 400, f"Expecting to find user in application credential. {MALFORMED}")


def test_its_token_gets_no_other(cloud: Cloud, delegated: Answer) -> None:
    session = cloud.session(v3.Token, token=delegated.headers["x-subject-token"], project_id=cloud.project_id)
    with pytest.raises(exceptions.Forbidden, match="delegated token"):
        session.get_token()


def test_heat_previews_for_any(stacks: Stacks, heat_url: str, delegated: Answer) -> None:
    body = {"stack_name": stacks.new_name(), "template": TEMPLATE}
    answer = ask("POST", f"{heat_url}/stacks/preview", body, token=delegated.headers["x-subject-token"])
    assert answer.status == 200


def test_heat_makes_a_stack_for_a_token_of_a_token(cloud: Cloud, stacks: Stacks, token: str) -> None:
    session = cloud.session(
        v3.Token, token=token, project_name=cloud.project_name, project_domain_id=cloud.project_domain_id
    )
    made = cloud.heat(session).stacks.create(stack_name=stacks.new_name(), template=TEMPLATE)
    assert made["stack"]["id"]
