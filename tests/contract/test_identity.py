"""Keystone's side of the contract."""

from __future__ import annotations

from typing import Any

import pytest
from keystoneauth1 import exceptions, identity
from keystoneauth1.identity import v3

from tests.contract.clouds import Cloud, wait_for
from tests.contract.wire import Answer, ask

UNAUTHENTICATED = "The request you have made requires authentication."
MALFORMED = (
    "The server could not comply with the request since it is either malformed or otherwise incorrect. "
    "The client is assumed to be in error."
)
NOBODY = "0" * 32


def sign_in(cloud: Cloud, body: Any, query: str = "", **arguments: Any) -> Answer:
    return ask("POST", f"{cloud.base_url}/v3/auth/tokens{query}", body, **arguments)


def password_body(cloud: Cloud, user: dict[str, Any] | None = None, **auth: Any) -> dict[str, Any]:
    """The body that signs the cloud's user in, but for what is given."""
    user = {"id": cloud.user_id, "password": cloud.password} if user is None else user
    document = {"identity": {"methods": ["password"], "password": {"user": user}}, **auth}
    return {"auth": document}


def scoped_body(cloud: Cloud) -> dict[str, Any]:
    return password_body(cloud, scope={"project": {"id": cloud.project_id}})


def told(error: Any) -> str:
    """The message in the body that a client made an exception of."""
    return str(error.response.json()["error"]["message"])


def assert_refused(answer: Answer, status: int, message: str) -> None:
    title = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}[status]
    assert answer.status == status
    assert answer.content_type == "application/json"
    assert answer.json() == {"error": {"code": status, "message": message, "title": title}}


class TestDiscovery:
    @pytest.mark.parametrize("path", ["", "/"])
    def test_root_lists_the_versions_and_offers_v3(self, cloud: Cloud, path: str) -> None:
        answer = ask("GET", cloud.base_url + path)
        assert answer.status == 300
        assert answer.headers["location"] == f"{cloud.base_url}/v3/"
        versions = answer.json()["versions"]["values"]
        assert [version["status"] for version in versions] == ["stable"]
        assert versions[0]["id"].startswith("v3.")
        assert versions[0]["links"] == [{"rel": "self", "href": f"{cloud.base_url}/v3/"}]

    @pytest.mark.parametrize("path", ["/v3", "/v3/"])
    def test_v3_describes_itself(self, cloud: Cloud, path: str) -> None:
        answer = ask("GET", cloud.base_url + path)
        assert answer.status == 200
        version = answer.json()["version"]
        assert version["media-types"] == [
            {"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}
        ]
        assert version["links"] == [{"rel": "self", "href": f"{cloud.base_url}/v3/"}]

    @pytest.mark.parametrize("path", ["/v2.0", "/v4", "/v3/nothing-here", "/identity/v3"])
    def test_unknown_path_is_a_page(self, cloud: Cloud, path: str) -> None:
        answer = ask("GET", cloud.base_url + path)
        assert (answer.status, answer.content_type) == (404, "text/html")

    @pytest.mark.parametrize("plugin", [v3.Password, identity.Password], ids=["v3", "generic"])
    @pytest.mark.parametrize("path", ["/v3", "/v3/", "", "/"])
    def test_auth_url_works_with_the_version_and_without(self, cloud: Cloud, plugin: Any, path: str) -> None:
        session = cloud.session(plugin, cloud.base_url + path)
        assert session.get_token()
        assert session.get_project_id() == cloud.project_id

    @pytest.mark.parametrize(
        ("plugin", "path", "error"),
        [
            (v3.Password, "/v2.0", exceptions.NotFound),
            (v3.Password, "/v4", exceptions.NotFound),
            (v3.Password, "/identity/v3", exceptions.NotFound),
            (v3.Password, "/v3/auth/tokens", exceptions.NotFound),
            (identity.Password, "/v2.0", exceptions.NotFound),
            (identity.Password, "/v4", exceptions.DiscoveryFailure),
            (identity.Password, "/identity/v3", exceptions.DiscoveryFailure),
        ],
    )
    def test_wrong_auth_url_is_told_by_the_exception(
        self, cloud: Cloud, plugin: Any, path: str, error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            cloud.session(plugin, cloud.base_url + path).get_token()


class TestPassword:
    def test_ids_and_names_sign_in_the_same_user(self, cloud: Cloud) -> None:
        ways = [
            cloud.by_ids(),
            cloud.by_names(),
            cloud.by_names(user_domain_id=None, user_domain_name=cloud.user_domain_name),
            cloud.by_names(project_domain_id=None, project_domain_name=cloud.project_domain_name),
            cloud.by_names(project_name=None, project_domain_id=None, project_id=cloud.project_id),
        ]
        for way in ways:
            session = cloud.session(**way)
            assert session.get_user_id() == cloud.user_id
            assert session.get_project_id() == cloud.project_id

    def test_token_says_whose_it_is_and_for_how_long(self, cloud: Cloud) -> None:
        answer = sign_in(cloud, scoped_body(cloud))
        assert answer.status == 201
        assert answer.headers["x-subject-token"]
        assert answer.headers["vary"] == "X-Auth-Token"
        document = answer.json()["token"]
        user_domain = {"id": cloud.user_domain_id, "name": cloud.user_domain_name}
        project_domain = {"id": cloud.project_domain_id, "name": cloud.project_domain_name}
        assert document["methods"] == ["password"]
        assert document["user"] == {
            "domain": user_domain,
            "id": cloud.user_id,
            "name": cloud.username,
            "password_expires_at": None,
        }
        assert document["project"] == {"domain": project_domain, "id": cloud.project_id, "name": cloud.project_name}
        assert document["is_domain"] is False
        assert document["issued_at"] < document["expires_at"]
        assert {role["name"] for role in document["roles"]} >= {"member"}

    def test_names_are_found_whatever_their_case(self, cloud: Cloud) -> None:
        assert cloud.session(**cloud.by_names(username=cloud.username.upper())).get_user_id() == cloud.user_id

    def test_catalogue_comes_with_the_token_unless_it_is_not_wanted(self, cloud: Cloud) -> None:
        services = sign_in(cloud, scoped_body(cloud)).json()["token"]["catalog"]
        assert {"identity", "orchestration"} <= {service["type"] for service in services}
        for service in services:
            assert set(service) == {"id", "type", "name", "endpoints"}
            for endpoint in service["endpoints"]:
                assert set(endpoint) == {"id", "interface", "region", "region_id", "url"}
        assert "catalog" not in sign_in(cloud, scoped_body(cloud), "?nocatalog").json()["token"]

    def test_unscoped_token_has_no_project_and_no_catalogue(self, cloud: Cloud) -> None:
        scopes: list[dict[str, Any]] = [{}, {"scope": "unscoped"}, {"scope": {"unscoped": {}}}]
        for auth in scopes:
            answer = sign_in(cloud, password_body(cloud, **auth))
            assert answer.status == 201
            assert not {"project", "catalog", "roles"} & set(answer.json()["token"])

    def test_heat_cannot_be_found_with_an_unscoped_token(self, cloud: Cloud) -> None:
        session = cloud.session(user_id=cloud.user_id, password=cloud.password, unscoped=True)
        with pytest.raises(exceptions.EmptyCatalog):
            list(cloud.heat(session).stacks.list())

    @pytest.mark.parametrize(
        "wrong",
        [
            {"password": "not-the-password"},
            {"password": ""},
            {"user_id": NOBODY},
            {"project_id": NOBODY},
        ],
        ids=str,
    )
    def test_wrong_ids_are_refused_without_a_reason(self, cloud: Cloud, wrong: dict[str, str]) -> None:
        with pytest.raises(exceptions.Unauthorized) as caught:
            cloud.session(**{**cloud.by_ids(), **wrong}).get_token()
        assert caught.value.http_status == 401
        assert told(caught.value) == UNAUTHENTICATED

    @pytest.mark.parametrize(
        "wrong",
        [
            {"username": "nobody-of-that-name"},
            {"project_name": "nothing-of-that-name"},
            {"user_domain_id": "nowhere"},
            {"project_domain_id": "nowhere"},
        ],
        ids=str,
    )
    def test_wrong_names_are_refused_without_a_reason(self, cloud: Cloud, wrong: dict[str, str]) -> None:
        with pytest.raises(exceptions.Unauthorized) as caught:
            cloud.session(**cloud.by_names(**wrong)).get_token()
        assert told(caught.value) == UNAUTHENTICATED

    def test_another_users_project_is_refused_without_a_reason(self, cloud: Cloud, other: Cloud) -> None:
        with pytest.raises(exceptions.Unauthorized) as caught:
            cloud.session(**{**cloud.by_ids(), "project_id": other.project_id}).get_token()
        assert told(caught.value) == UNAUTHENTICATED

    @pytest.mark.parametrize("scope", ["domain", "system"])
    def test_scopes_without_a_role_are_refused(self, cloud: Cloud, scope: str) -> None:
        wanted: dict[str, Any] = {"domain": {"id": cloud.user_domain_id}, "system": {"all": True}}
        answer = sign_in(cloud, password_body(cloud, scope={scope: wanted[scope]}))
        assert_refused(answer, 401, UNAUTHENTICATED)
        assert answer.headers["www-authenticate"].startswith("Keystone uri=")

    def test_missing_password_is_a_wrong_one(self, cloud: Cloud) -> None:
        assert_refused(sign_in(cloud, password_body(cloud, user={"id": cloud.user_id})), 401, UNAUTHENTICATED)


class TestMalformed:
    def test_names_without_a_domain_are_no_request(self, cloud: Cloud) -> None:
        with pytest.raises(exceptions.BadRequest) as caught:
            cloud.session(**cloud.by_names(user_domain_id=None, project_domain_id=None)).get_token()
        assert told(caught.value) == f"Expecting to find domain in project. {MALFORMED}"

    def test_username_without_a_domain_is_no_request(self, cloud: Cloud) -> None:
        user = {"name": cloud.username, "password": cloud.password}
        assert_refused(
            sign_in(cloud, password_body(cloud, user)), 400, f"Expecting to find domain in user. {MALFORMED}"
        )

    @pytest.mark.parametrize(
        ("body", "wanted"),
        [
            ({}, "auth in request body"),
            ({"auth": None}, "auth in request body"),
            ([], "valid JSON in request body"),
            ("text", "valid JSON in request body"),
            ({"auth": {"identity": {"methods": ["password"]}}}, "password in identity"),
            ({"auth": {"identity": {"methods": ["password"], "password": {}}}}, "user in None"),
        ],
        ids=str,
    )
    def test_missing_parts_are_named(self, cloud: Cloud, body: Any, wanted: str) -> None:
        assert_refused(sign_in(cloud, body), 400, f"Expecting to find {wanted}. {MALFORMED}")

    @pytest.mark.parametrize("scope", [{}, {"project": {"id": NOBODY}, "domain": {"id": NOBODY}}, "nonsense"], ids=str)
    def test_scope_is_one_thing(self, cloud: Cloud, scope: Any) -> None:
        wanted = "system, project, domain, OS-TRUST:trust or unscoped in scope"
        assert_refused(
            sign_in(cloud, password_body(cloud, scope=scope)), 400, f"Expecting to find {wanted}. {MALFORMED}"
        )

    def test_user_and_project_have_an_id_or_a_name(self, cloud: Cloud) -> None:
        message = "Invalid input for field {}: id or name must be present."
        user = sign_in(cloud, password_body(cloud, {"password": cloud.password}))
        assert_refused(user, 400, message.format("identity/password/user"))
        project = sign_in(cloud, password_body(cloud, scope={"project": {}}))
        assert_refused(project, 400, message.format("scope/project"))

    @pytest.mark.parametrize(
        ("body", "beginning"),
        [
            ({"auth": {}}, "'identity' is a required property"),
            ({"auth": {"scope": 5}}, "Invalid input for field 'scope': 5 is not of type 'object', 'string'"),
            (
                {"auth": {"identity": {}}},
                "Invalid input for field 'identity': 'methods' is a required property",
            ),
            (
                {"auth": {"identity": {"methods": ["password"], "password": {"user": {"id": 1}}}}},
                "Invalid input for field 'identity/password/user/id': 1 is not of type 'string'",
            ),
            (
                {"auth": {"identity": {"methods": ["password"], "password": {"user": {"id": "x", "password": None}}}}},
                "Invalid input for field 'identity/password/user/password': None is not of type 'string'",
            ),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_wrong_types_are_named(self, cloud: Cloud, body: Any, beginning: str) -> None:
        answer = sign_in(cloud, body)
        assert answer.status == 400
        message = answer.json()["error"]["message"]
        assert message.splitlines()[0] == beginning
        assert "$ref" not in message

    def test_text_that_is_no_json_is_told(self, cloud: Cloud) -> None:
        broken = sign_in(cloud, None, data=b"{x", headers={"Content-Type": "application/json"})
        assert_refused(broken, 400, f"Expecting to find valid JSON in request body. {MALFORMED}")
        form = sign_in(cloud, None, data=b"a=b", headers={"Content-Type": "application/x-www-form-urlencoded"})
        assert_refused(form, 400, f"Expecting to find application/json in Content-Type header. {MALFORMED}")

    def test_unknown_method_is_refused_with_those_there_are(self, cloud: Cloud) -> None:
        answer = sign_in(cloud, {"auth": {"identity": {"methods": ["magic"], "magic": {}}}})
        error = answer.json()["error"]
        assert (answer.status, error["message"]) == (401, "Attempted to authenticate with an unsupported method.")
        assert {"password", "token"} <= set(error["identity"]["methods"])

    def test_very_large_body_is_refused_by_its_size(self, cloud: Cloud) -> None:
        answer = sign_in(cloud, password_body(cloud, {"id": NOBODY, "password": "x" * 200_000}))
        assert answer.status == 413

    def test_unknown_keys_are_ignored(self, cloud: Cloud) -> None:
        body = scoped_body(cloud)
        body["auth"]["unknown"] = 1
        assert sign_in(cloud, {**body, "unknown": 2}).status == 201


class TestTokens:
    def test_token_gets_another_token(self, cloud: Cloud, token: str) -> None:
        answer = sign_in(
            cloud,
            {
                "auth": {
                    "identity": {"methods": ["token"], "token": {"id": token}},
                    "scope": {"project": {"id": cloud.project_id}},
                }
            },
        )
        document = answer.json()["token"]
        assert answer.status == 201
        assert set(document["methods"]) == {"token", "password"}
        assert len(document["audit_ids"]) == 2

    def test_unknown_token_gets_none(self, cloud: Cloud) -> None:
        answer = sign_in(cloud, {"auth": {"identity": {"methods": ["token"], "token": {"id": "no-token"}}}})
        assert_refused(answer, 404, "Could not recognize Fernet token")

    def test_own_token_can_be_validated(self, cloud: Cloud, token: str) -> None:
        url = f"{cloud.base_url}/v3/auth/tokens"
        shown = ask("GET", url, token=token, headers={"X-Subject-Token": token})
        assert shown.status == 200
        assert shown.headers["x-subject-token"] == token
        assert shown.json()["token"]["user"]["id"] == cloud.user_id
        headed = ask("HEAD", url, token=token, headers={"X-Subject-Token": token})
        assert (headed.status, headed.text) == (200, "")

    def test_validation_needs_a_token_and_a_subject(self, cloud: Cloud, token: str) -> None:
        url = f"{cloud.base_url}/v3/auth/tokens"
        assert_refused(ask("GET", url), 401, UNAUTHENTICATED)
        assert_refused(ask("GET", url, token="no-token", headers={"X-Subject-Token": token}), 401, UNAUTHENTICATED)
        forbidden = "You are not authorized to perform the requested action: identity:validate_token."
        assert_refused(ask("GET", url, token=token), 403, forbidden)
        unknown = ask("GET", url, token=token, headers={"X-Subject-Token": "no-token"})
        assert_refused(unknown, 404, "Could not recognize Fernet token")

    def test_revoked_token_is_good_for_nothing(self, cloud: Cloud, heat_url: str, token: str) -> None:
        url = f"{cloud.base_url}/v3/auth/tokens"
        spent = sign_in(cloud, scoped_body(cloud)).headers["x-subject-token"]
        revoked = ask("DELETE", url, token=spent, headers={"X-Subject-Token": spent})
        assert (revoked.status, revoked.text) == (204, "")
        # Keystone remembers what it validated for a moment.
        projects = f"{cloud.base_url}/v3/auth/projects"
        answer = wait_for(lambda: ask("GET", projects, token=spent), lambda seen: seen.status != 200)
        assert_refused(answer, 401, UNAUTHENTICATED)
        validated = ask("GET", url, token=token, headers={"X-Subject-Token": spent})
        assert_refused(validated, 404, "Failed to validate token")
        assert ask("GET", f"{heat_url}/stacks", token=spent).status == 401

    def test_methods_a_path_lacks_are_told(self, cloud: Cloud) -> None:
        answer = ask("PUT", f"{cloud.base_url}/v3/auth/tokens", {})
        assert answer.status == 405
        assert answer.json() == {"message": "The method is not allowed for the requested URL."}
        assert {"GET", "HEAD", "DELETE", "POST"} <= set(answer.headers["allow"].replace(",", "").split())


class TestOwnThings:
    def test_catalogue_can_be_asked_for(self, cloud: Cloud, token: str) -> None:
        url = f"{cloud.base_url}/v3/auth/catalog"
        answer = ask("GET", url, token=token)
        assert answer.status == 200
        assert {"identity", "orchestration"} <= {service["type"] for service in answer.json()["catalog"]}
        assert_refused(ask("GET", url), 401, UNAUTHENTICATED)

    def test_unscoped_token_has_projects_but_no_catalogue(self, cloud: Cloud) -> None:
        unscoped = sign_in(cloud, password_body(cloud)).headers["x-subject-token"]
        projects = ask("GET", f"{cloud.base_url}/v3/auth/projects", token=unscoped).json()
        assert cloud.project_id in {project["id"] for project in projects["projects"]}
        assert projects["links"]["self"] == f"{cloud.base_url}/v3/auth/projects"
        catalog = ask("GET", f"{cloud.base_url}/v3/auth/catalog", token=unscoped)
        assert_refused(catalog, 403, "You are not authorized to perform the requested action.")

    def test_user_sees_itself_and_its_project(self, cloud: Cloud, token: str) -> None:
        user = ask("GET", f"{cloud.base_url}/v3/users/{cloud.user_id}", token=token).json()["user"]
        assert (user["name"], user["enabled"], user["domain_id"]) == (cloud.username, True, cloud.user_domain_id)
        project = ask("GET", f"{cloud.base_url}/v3/projects/{cloud.project_id}", token=token).json()["project"]
        assert (project["name"], project["enabled"]) == (cloud.project_name, True)

    @pytest.mark.parametrize("collection", ["projects", "users", "services", "endpoints"])
    def test_lists_of_everything_are_for_administrators(self, cloud: Cloud, token: str, collection: str) -> None:
        answer = ask("GET", f"{cloud.base_url}/v3/{collection}", token=token)
        message = f"You are not authorized to perform the requested action: identity:list_{collection}."
        assert_refused(answer, 403, message)


class TestCatalogue:
    def test_region_without_orchestration_is_told_by_the_exception(self, cloud: Cloud) -> None:
        with pytest.raises(exceptions.EndpointNotFound) as caught:
            list(cloud.heat(region_name="RegionNowhere").stacks.list())
        assert str(caught.value) == "public endpoint for orchestration service in RegionNowhere region not found"

    def test_unknown_interface_is_told_by_the_exception(self, cloud: Cloud) -> None:
        with pytest.raises(exceptions.EndpointNotFound):
            list(cloud.heat(interface="nowhere").stacks.list())

    def test_wrong_password_surfaces_through_heat_as_keystones_refusal(self, cloud: Cloud) -> None:
        session = cloud.session(**{**cloud.by_ids(), "password": "not-the-password"})
        with pytest.raises(exceptions.Unauthorized):
            list(cloud.heat(session).stacks.list())
