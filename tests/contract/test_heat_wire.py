"""Heat's side of the contract as it goes over the wire: what the client hides."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.contract.clouds import Cloud, Stacks
from tests.contract.templates import NONE, RANDOM_STRING, resource, template
from tests.contract.wire import Answer, ask

GENERIC = "The server could not comply with the request since it is either malformed or otherwise incorrect."
FORBIDDEN = "Access was denied to this resource."
UNAUTHENTICATED = {
    "error": {
        "code": 401,
        "title": "Unauthorized",
        "message": "The request you have made requires authentication.",
    }
}


def assert_refused(answer: Answer, status: int, error_type: str, message: str) -> None:
    assert answer.status == status, answer.text
    assert answer.content_type == "application/json"
    body = answer.json()
    assert body["code"] == status
    assert body["error"] == {"type": error_type, "traceback": None, "message": message}


def service_root(heat_url: str) -> str:
    return heat_url.partition("/v1")[0]


class TestDiscovery:
    def test_root_lists_the_version(self, heat_url: str) -> None:
        root = service_root(heat_url)
        answer = ask("GET", f"{root}/")
        assert answer.status == 300
        assert answer.json() == {
            "versions": [{"id": "v1.0", "status": "CURRENT", "links": [{"rel": "self", "href": f"{root}/v1/"}]}]
        }

    def test_client_finds_the_service_by_the_catalogue(self, cloud: Cloud, heat_url: str) -> None:
        data = cloud.session().get_endpoint_data(
            service_type="orchestration", region_name=cloud.region_name, discover_versions=False
        )
        assert data.url.rstrip("/") == heat_url


class TestAuthentication:
    @pytest.mark.parametrize("token", [None, "no-token"])
    @pytest.mark.parametrize("path", ["/stacks", "/nothing-here", ""])
    def test_without_a_token_nothing_is_told(self, heat_url: str, path: str, token: str | None) -> None:
        answer = ask("GET", heat_url + path, token=token)
        assert answer.status == 401
        assert answer.headers["www-authenticate"].startswith("Keystone uri=")
        assert answer.json() == UNAUTHENTICATED

    def test_another_projects_root_is_forbidden(self, cloud: Cloud, heat_url: str, token: str) -> None:
        answer = ask("GET", f"{heat_url.replace(cloud.project_id, '0' * 32)}/stacks", token=token)
        assert_refused(answer, 403, "HTTPForbidden", FORBIDDEN)

    def test_unscoped_token_is_forbidden(self, cloud: Cloud, heat_url: str) -> None:
        session = cloud.session(user_id=cloud.user_id, password=cloud.password, unscoped=True)
        answer = ask("GET", f"{heat_url}/stacks", token=session.get_token())
        assert_refused(answer, 403, "HTTPForbidden", FORBIDDEN)


class TestRoutes:
    @pytest.mark.parametrize("path", ["", "/", "/nothing-here", "/stacks/", "/stacks/a/b/nothing-here"])
    def test_unknown_path_is_a_page(self, heat_url: str, token: str, path: str) -> None:
        answer = ask("GET", heat_url + path, token=token, headers={"Accept": "text/html"})
        assert (answer.status, answer.content_type) == (404, "text/html")

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("PUT", "/stacks"),
            ("DELETE", "/stacks"),
            ("PATCH", "/validate"),
            ("GET", "/validate"),
            ("POST", "/build_info"),
            ("POST", "/stacks/a/b"),
        ],
    )
    def test_method_a_path_lacks_is_refused(self, heat_url: str, token: str, method: str, path: str) -> None:
        answer = ask(method, heat_url + path, None if method in ("GET", "DELETE") else {}, token=token)
        assert_refused(answer, 405, "HTTPMethodNotAllowed", GENERIC)

    def test_options_lists_the_methods(self, heat_url: str, token: str) -> None:
        answer = ask("OPTIONS", f"{heat_url}/stacks", token=token)
        assert (answer.status, answer.headers["allow"]) == (204, "GET,POST")

    def test_preview_is_also_a_name(self, heat_url: str, token: str) -> None:
        answer = ask("GET", f"{heat_url}/stacks/preview", token=token)
        assert_refused(answer, 404, "EntityNotFound", "The Stack (preview) could not be found.")

    def test_build_and_versions_can_be_asked_for(self, heat_url: str, token: str) -> None:
        build = ask("GET", f"{heat_url}/build_info", token=token).json()
        assert {part: set(info) for part, info in build.items()} == {"api": {"revision"}, "engine": {"revision"}}
        versions = ask("GET", f"{heat_url}/template_versions", token=token).json()["template_versions"]
        by_name = {version["version"]: version for version in versions}
        assert by_name["heat_template_version.2021-04-16"]["aliases"] == ["heat_template_version.wallaby"]

    def test_services_are_for_administrators(self, heat_url: str, token: str) -> None:
        answer = ask("GET", f"{heat_url}/services", token=token)
        assert_refused(answer, 403, "Forbidden", "You are not authorized to use service:index.")


class TestBodies:
    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"{x", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
            (b"", GENERIC),
            (b"[]", GENERIC),
            (b'"x"', GENERIC),
            (b"null", GENERIC),
            (b"{}", "No stack name specified"),
            (b'{"template": {}}', "No stack name specified"),
            (b'{"stack_name": "any"}', "No template specified"),
        ],
        ids=str,
    )
    def test_body_that_says_too_little_is_told(self, heat_url: str, token: str, data: bytes, message: str) -> None:
        answer = ask("POST", f"{heat_url}/stacks", token=token, data=data, headers={"Content-Type": "application/json"})
        assert_refused(answer, 400, "HTTPBadRequest", message)

    @pytest.mark.parametrize("name", [None, 5, ["a"]], ids=str)
    def test_name_is_a_string(self, heat_url: str, token: str, name: Any) -> None:
        answer = ask("POST", f"{heat_url}/stacks", {"stack_name": name, "template": template()}, token=token)
        assert_refused(answer, 400, "StackValidationFailed", f"Invalid stack name {name}, must be a string")

    def test_unknown_keys_are_ignored(self, heat_url: str, token: str, stacks: Stacks) -> None:
        body = {"stack_name": stacks.new_name(), "template": template(), "unknown": 1, "files": None}
        assert ask("POST", f"{heat_url}/stacks/preview", body, token=token).status == 200

    def test_created_answer_says_where_the_stack_is(self, heat_url: str, token: str, stacks: Stacks) -> None:
        name = stacks.new_name()
        answer = ask("POST", f"{heat_url}/stacks", {"stack_name": name, "template": template()}, token=token)
        assert answer.status == 201
        assert answer.content_type == "application/json"
        stack = answer.json()["stack"]
        assert answer.headers["location"] == f"{heat_url}/stacks/{name}/{stack['id']}"
        assert stack["links"] == [{"href": answer.headers["location"], "rel": "self"}]


class TestLookUp:
    @pytest.fixture
    def stack(self, stacks: Stacks) -> Any:
        return stacks.create_settled(template(None, resource(NONE)))

    def test_name_and_id_redirect_to_the_one_address(self, heat_url: str, token: str, stack: Any) -> None:
        address = f"{heat_url}/stacks/{stack.stack_name}/{stack.id}"
        for key in (stack.stack_name, stack.id):
            answer = ask("GET", f"{heat_url}/stacks/{key}", token=token)
            assert (answer.status, answer.headers["location"]) == (302, address)
            deleting = ask("DELETE", f"{heat_url}/stacks/{key}", token=token)
            assert (deleting.status, deleting.headers["location"]) == (302, address)
        assert ask("GET", address, token=token).status == 200

    def test_redirect_keeps_the_rest_and_the_query(self, heat_url: str, token: str, stack: Any) -> None:
        address = f"{heat_url}/stacks/{stack.stack_name}/{stack.id}"
        for part in ("resources", "events", "template", "environment", "files"):
            answer = ask("GET", f"{heat_url}/stacks/{stack.stack_name}/{part}", token=token)
            assert (answer.status, answer.headers["location"]) == (302, f"{address}/{part}")
        queried = ask("GET", f"{heat_url}/stacks/{stack.stack_name}?resolve_outputs=False", token=token)
        assert queried.headers["location"] == f"{address}?resolve_outputs=False"

    def test_name_and_id_must_belong_together(self, heat_url: str, token: str, stack: Any) -> None:
        wrong_name = ask("GET", f"{heat_url}/stacks/other/{stack.id}", token=token)
        assert_refused(wrong_name, 404, "EntityNotFound", "The Stack (other) could not be found.")
        wrong_id = ask("GET", f"{heat_url}/stacks/{stack.stack_name}/{'0' * 32}", token=token)
        assert_refused(wrong_id, 404, "EntityNotFound", f"The Stack ({stack.stack_name}) could not be found.")

    def test_delete_answers_with_nothing(self, heat_url: str, token: str, stack: Any) -> None:
        answer = ask("DELETE", f"{heat_url}/stacks/{stack.stack_name}/{stack.id}", token=token)
        assert (answer.status, answer.text) == (204, "")


class TestLists:
    @pytest.mark.parametrize(
        ("query", "error_type", "message"),
        [
            ("limit=x", "HTTPBadRequest", "Only integer is acceptable by 'limit'."),
            (
                "limit=-1",
                "HTTPBadRequest",
                "Value '-1' is invalid for 'limit' which only accepts non-negative integer.",
            ),
            (
                "show_deleted=x",
                "HTTPBadRequest",
                'Unrecognized value "x" for "show_deleted", acceptable values are: true, false.',
            ),
            (
                "show_nested=x",
                "HTTPBadRequest",
                'Unrecognized value "x" for "show_nested", acceptable values are: true, false.',
            ),
        ],
    )
    def test_wrong_query_is_told(self, heat_url: str, token: str, query: str, error_type: str, message: str) -> None:
        assert_refused(ask("GET", f"{heat_url}/stacks?{query}", token=token), 400, error_type, message)

    def test_everybodys_stacks_are_for_administrators(self, heat_url: str, token: str) -> None:
        answer = ask("GET", f"{heat_url}/stacks?global_tenant=true", token=token)
        assert_refused(answer, 403, "Forbidden", "You are not authorized to use stacks:global_index.")

    @pytest.mark.parametrize("query", ["limit=0", "status=NOTHING", "id=nothing", "tags=no-such-tag"])
    def test_list_may_be_empty(self, heat_url: str, token: str, query: str) -> None:
        answer = ask("GET", f"{heat_url}/stacks?{query}", token=token)
        assert (answer.status, answer.json()) == (200, {"stacks": []})

    def test_full_page_links_to_the_next(self, heat_url: str, token: str, stacks: Stacks) -> None:
        stack = stacks.create_settled(template())
        answer = ask("GET", f"{heat_url}/stacks?limit=1&name={stack.stack_name}&with_count=true", token=token).json()
        assert answer["count"] == 1
        (link,) = answer["links"]
        assert link["rel"] == "next"
        query = set(urlsplit(link["href"]).query.split("&"))
        assert query == {"limit=1", f"name={stack.stack_name}", "with_count=true", f"marker={stack.id}"}
        assert ask("GET", link["href"], token=token).json()["stacks"] == []


class TestResourceTypes:
    KNOWN = (
        RANDOM_STRING,
        NONE,
        "OS::Heat::Value",
        "OS::Heat::ResourceGroup",
        "OS::Heat::SoftwareConfig",
        "OS::Nova::Server",
        "OS::Nova::KeyPair",
        "OS::Neutron::Net",
        "OS::Neutron::Port",
        "OS::Neutron::Router",
        "OS::Neutron::RouterInterface",
        "OS::Neutron::SecurityGroup",
        "OS::Neutron::Subnet",
        "OS::Neutron::FloatingIP",
        "OS::Cinder::Volume",
        "OS::Magnum::Cluster",
    )

    def test_types_can_be_searched(self, heat_url: str, token: str) -> None:
        answer = ask("GET", f"{heat_url}/resource_types?name=OS::Heat::R", token=token).json()
        assert {"OS::Heat::RandomString", "OS::Heat::ResourceGroup"} <= set(answer["resource_types"])
        assert all("OS::Heat::R" in name for name in answer["resource_types"])

    @pytest.mark.parametrize("name", KNOWN)
    def test_sandbox_knows_a_type_as_the_cloud_does(self, heat_url: str, token: str, name: str) -> None:
        answer = ask("GET", f"{heat_url}/resource_types/{name}", token=token)
        if answer.status != 200:
            # A cloud without the service behind the type says so.
            assert answer.json()["error"]["type"] == "ResourceTypeUnavailable"
            return
        shown = answer.json()
        assert shown["resource_type"] == name
        assert _outline(shown["properties"]) == _outline(_recorded(name)["properties"])
        # Heat does not tell of the attributes it would rather have forgotten.
        assert set(shown["attributes"]) <= set(_recorded(name)["attributes"])

    def test_unknown_type_is_not_found(self, heat_url: str, token: str) -> None:
        answer = ask("GET", f"{heat_url}/resource_types/OS::Heat::Ghost", token=token)
        assert_refused(answer, 404, "EntityNotFound", "The Resource Type (OS::Heat::Ghost) could not be found.")


def _recorded(name: str) -> dict[str, Any]:
    from builder.sandbox.heat.resource_types import describe_resource_type

    return describe_resource_type(name)


def _outline(properties: dict[str, Any]) -> dict[str, tuple[str, bool]]:
    return {name: (schema["type"], schema.get("required", False)) for name, schema in properties.items()}
