"""What is said about requests that are not what the published schema describes, or that no route takes."""

from __future__ import annotations

import http.client
from typing import Any
from urllib.parse import urlsplit

import pytest
from sanic.exceptions import ServiceUnavailable

from builder.api.application import create_app
from builder.sandbox import Sandbox
from builder.settings.table import Settings
from tests.api.orders import assert_error, assert_refused, by_ids, details, order
from tests.service import Service, fetch

SCHEMA = "JSON schema error"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not JSON"),
        (b"{", "line 1, column 2"),
        (b"\xff\xfe", "not UTF-8"),
        (b'{"a": NaN}', "NaN"),
        (b"nonsense", "not JSON"),
        (b'{"a": -1e999}', "too large"),
        (b"[" * 100_000, "levels deep"),
        (b"[" * 70 + b"]" * 70, "levels deep"),
        (b"1" * 10_000, "not JSON"),
        (b'{"cluster": {}} x', "Extra data"),
    ],
)
@pytest.mark.parametrize("path", ["/clusters/", "/clusters/x/status", "/cloud_assets/"])
def test_what_is_not_json_is_a_bad_request(building: Service, path: str, body: bytes, said: str) -> None:
    answer = building.post(path, body)
    assert_refused(answer, 400, ("Bad Request", None))
    assert said in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize("body", [[], "text", 3, None, True])
@pytest.mark.parametrize("path", ["/clusters/", "/clusters/x/status"])
def test_what_is_no_object_is_told_at_the_root(building: Service, path: str, body: Any) -> None:
    text = b"null" if body is None else body
    answer = building.post(path, text)
    assert_refused(answer, 400, (SCHEMA, ""))
    assert details(answer)[""].endswith("is not of type 'object'")


def test_every_fault_of_the_structure_has_an_error_of_its_own(building: Service, cloud: Sandbox) -> None:
    answer = building.post("/clusters/", {"cloud_env": {**by_ids(cloud), "username": None}, "cluster": []})
    assert_refused(answer, 400, (SCHEMA, "/cloud_env/username"), (SCHEMA, "/cluster"))
    assert details(answer) == {
        "/cloud_env/username": "None is not of type 'string'",
        "/cluster": "[] is not of type 'object'",
    }


def test_what_is_missing_is_told_where_it_is_missing(building: Service) -> None:
    answer = building.post("/clusters/", {})
    assert_refused(answer, 400, (SCHEMA, ""), (SCHEMA, ""))
    texts = {error["detail"] for error in answer.json()["errors"]}
    assert texts == {"'cloud_env' is a required property", "'cluster' is a required property"}


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"user_id": "u"}, {"project_id"}),
        ({"project_id": "p"}, {"user_id"}),
        ({"username": "u", "project_id": "p"}, {"user_domain_name"}),
        ({"username": "u", "user_domain_id": "d", "project_name": "p"}, {"project_domain_name"}),
        (
            {"username": "u", "user_domain_name": "d", "project_domain_id": "d"},
            {"project_name"},
        ),
    ],
)
def test_failed_choice_of_names_explains_the_closest(
    building: Service, given: dict[str, str], missing: set[str]
) -> None:
    cloud_env = {"auth_url": "http://127.0.0.1:1", "password": "p", **given}
    answer = building.post("/clusters/", order(cloud_env))
    assert_error(answer, 400)
    texts = {error["detail"] for error in answer.json()["errors"]}
    assert texts == {f"'{name}' is a required property" for name in missing}
    assert {title for title, _ in answer.faults()} == {SCHEMA}


@pytest.mark.parametrize("cluster", [{"name": "abc"}, {"name": "abc", "cluster_type": "form"}])
def test_type_that_is_not_named_is_asked_for_by_todays_key(
    building: Service, cloud: Sandbox, cluster: dict[str, str]
) -> None:
    answer = building.post("/clusters/", {"cloud_env": by_ids(cloud), "cluster": cluster})
    assert details(answer) == {"/cluster": "'cluster_type_id' is a required property"}


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"parameters": []}, "/cluster/parameters"),
        ({"selections": "all"}, "/cluster/selections"),
        ({"selections": {"a/b": []}}, "/cluster/selections/a~1b"),
        ({"name": 5}, "/cluster/name"),
        ({"cluster_type_id": None}, "/cluster/cluster_type_id"),
    ],
)
def test_wrong_kind_of_value_is_told_at_its_place(
    building: Service, cloud: Sandbox, changed: dict[str, Any], pointer: str
) -> None:
    assert_refused(building.post("/clusters/", order(by_ids(cloud), **changed)), 400, (SCHEMA, pointer))


@pytest.mark.parametrize(
    "auth_url",
    ["keystone", "ftp://keystone/", "http://", "http:///v3", "file:///etc/passwd", "",
     "httpx://k/v3", "HTTPSS://k/v3", f"http://{'a' * 64}.example:5000/v3"],
)  # fmt: skip
def test_auth_url_that_is_no_http_address_is_refused(building: Service, cloud: Sandbox, auth_url: str) -> None:
    answer = building.post("/clusters/", order(by_ids(cloud, auth_url=auth_url)))
    assert_error(answer, 400)
    assert "/cloud_env/auth_url" in details(answer)


@pytest.mark.parametrize("password", [["s3cret-in-a-list"], {"is": "s3cret-in-an-object"}, 5318008, "s3cret" * 1000])
def test_password_of_the_wrong_kind_is_not_repeated(building: Service, cloud: Sandbox, password: object) -> None:
    answer = building.post("/clusters/", order(by_ids(cloud, password=password)))
    assert_refused(answer, 400, (SCHEMA, "/cloud_env/password"))
    assert b"s3cret" not in answer.body
    assert b"5318008" not in answer.body


def test_credentials_in_the_place_of_an_object_are_not_repeated(building: Service) -> None:
    body = {"cloud_env": "user:s3cret-text", "cluster": {"name": "abc", "cluster_type_id": "form", "parameters": "s3c"}}
    answer = building.post("/clusters/", body)
    assert_refused(answer, 400, (SCHEMA, "/cloud_env"), (SCHEMA, "/cluster/parameters"))
    assert b"s3c" not in answer.body


@pytest.mark.parametrize(
    "cluster", [{"cluster_type_id": "\ud800"}, {"parameters": {"\ud800": 1}}, {"selections": {"\udfff": True}}]
)
def test_half_a_surrogate_pair_is_answered_in_proper_utf_8(
    building: Service, cloud: Sandbox, cluster: dict[str, Any]
) -> None:
    answer = building.post("/clusters/", order(**{"cloud_env": by_ids(cloud), **cluster}))
    assert_error(answer, 400)
    assert answer.body.decode("utf-8")


@pytest.mark.parametrize("path", ["/nothing", "/cluster-types/a/b", "/clusters/abc", "/cluster-types/%00", "/%ff"])
def test_path_that_is_none_is_404_in_the_error_format(building: Service, path: str) -> None:
    assert_refused(building.get(path), 404, ("Not Found", None))


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/clusters/", {"POST"}),
        ("PUT", "/clusters", {"POST"}),
        ("POST", "/cluster-types/", {"GET", "HEAD"}),
        ("DELETE", "/cluster-types/form", {"GET", "HEAD"}),
        ("PATCH", "/cloud_assets/", {"GET", "HEAD", "POST"}),
        ("POST", "/health", {"GET", "HEAD"}),
        ("POST", "/openapi.json", {"GET", "HEAD"}),
    ],
)
def test_other_method_is_405_and_tells_the_methods(
    building: Service, method: str, path: str, allowed: set[str]
) -> None:
    answer = fetch(building.url + path, method)
    assert_refused(answer, 405, ("Method Not Allowed", None))
    assert set(answer.headers["allow"].split(", ")) == allowed


ROUTES = {
    "/cluster-types": "GET, HEAD",
    "/cluster-types/form": "GET, HEAD",
    "/cluster-types/no-such-type": "GET, HEAD",
    "/clusters": "POST",
    "/clusters/form/status": "POST",
    "/cloud_assets": "GET, HEAD, POST",
    "/": "GET, HEAD",
    "/health": "GET, HEAD",
    "/ready": "GET, HEAD",
    "/catalogue": "GET, HEAD",
    "/catalogue/form": "GET, HEAD",
    "/catalogue/events": "GET, HEAD",
    "/check": "GET, HEAD, POST",
    "/metrics": "GET, HEAD",
    "/schemas/errors": "GET, HEAD",
    "/openapi.json": "GET, HEAD",
}


def test_these_are_all_routes(building: Service) -> None:
    paths = building.get("/openapi.json").json()["paths"]
    described = {path.replace("{id}", "form").replace("{name}", "errors") for path in paths}
    assert described == ROUTES.keys() - {"/cluster-types/no-such-type"}


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(("path", "allow"), ROUTES.items())
def test_options_is_204_and_tells_the_methods_as_405_does(building: Service, path: str, allow: str, slash: str) -> None:
    answer = fetch(f"{building.url}{path}{slash}", "OPTIONS")
    assert (answer.status, answer.body, answer.headers["allow"]) == (204, b"", allow)
    assert not {"content-type", "content-length", "transfer-encoding"} & answer.headers.keys()
    assert fetch(f"{building.url}{path}{slash}", "PUT").headers["allow"] == allow


@pytest.mark.parametrize("path", ["/nothing", "/clusters/abc"])
def test_options_of_a_path_that_is_none_is_404(building: Service, path: str) -> None:
    assert_refused(fetch(building.url + path, "OPTIONS"), 404, ("Not Found", None))


def test_options_takes_a_body_and_the_connection_goes_on(building: Service) -> None:
    connection = http.client.HTTPConnection(urlsplit(building.url).netloc, timeout=30)
    try:
        for _ in range(2):
            connection.request("OPTIONS", "/clusters/", b"{}" * 1000)
            response = connection.getresponse()
            assert (response.status, response.read()) == (204, b"")
    finally:
        connection.close()


@pytest.mark.parametrize(("path", "allow"), [each for each in ROUTES.items() if "/events" not in each[0]])
def test_head_is_what_get_is_without_a_body(building: Service, path: str, allow: str) -> None:
    query = "?auth_url=x" if path == "/cloud_assets" else ""
    head, got = fetch(building.url + path + query, "HEAD"), building.get(path + query)
    assert (head.status, head.body) == (got.status, b"")
    for name in ("content-type", "etag", "last-modified", "allow", "cache-control"):
        assert head.headers.get(name) == got.headers.get(name)
    assert (head.status == 405) is ("GET" not in allow)


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "text/plain", "application/json; charset=utf-8", "x", ""]
)
@pytest.mark.parametrize("missing", [{}, {"parameters": None}, {"selections": None}, {"parameters": {}}])
def test_body_is_read_as_json_whatever_its_type_and_what_may_be_missing_may(
    building: Service, cloud: Sandbox, content_type: str, missing: dict[str, Any]
) -> None:
    body = order(by_ids(cloud), **missing)
    assert building.post("/clusters/?dry_run=1", body, {"Content-Type": content_type}).status == 200


def test_body_beyond_the_limit_is_413(building: Service) -> None:
    parts = urlsplit(building.url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:  # the service answers and closes after the headers, before all was sent
        connection.putrequest("POST", "/clusters/")
        connection.putheader("Content-Length", str(2 * 1024 * 1024))
        connection.endheaders(b"x" * 1024)
        response = connection.getresponse()
        assert response.status == 413
        assert b'"title":"Request too large"' in response.read()
    finally:
        connection.close()


@pytest.mark.parametrize("name", ["errors", "errors.schema.json", "build-request", "cluster-type"])
def test_schemas_are_published_with_and_without_their_ending(building: Service, name: str) -> None:
    answer = building.get(f"/schemas/{name}")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/schema+json")
    assert answer.json()["$schema"] == "http://json-schema.org/draft-07/schema#"


def test_unknown_schema_is_404_and_names_those_there_are(building: Service) -> None:
    answer = building.get("/schemas/none")
    assert_refused(answer, 404, ("Not Found", None))
    assert "build-request" in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize("key", ["", " ", '"', '"open', "é", "a" * 256])
def test_idempotency_key_that_is_none_is_refused(building: Service, cloud: Sandbox, key: str) -> None:
    answer = building.post("/clusters/", order(by_ids(cloud)), {"Idempotency-Key": key})
    assert_refused(answer, 400, ("Bad Request", None))


def test_service_that_did_not_answer_in_time_says_when_to_ask_again() -> None:
    app = create_app(Settings(), "unanswered")
    answer = app.error_handler.response(None, ServiceUnavailable("Response Timeout"))  # type: ignore[no-untyped-call]  # Sanic leaves it so
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
