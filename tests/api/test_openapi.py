"""The OpenAPI description: valid, complete, and made of the published schemas."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from builder.api.application import create_app
from builder.console.handlers import build_blueprint
from builder.openstack.failure_kinds import FailureKind
from builder.schema import published
from builder.settings.reading import build_settings
from tests.service import Service

OF_ANOTHER_MEANING = {"definitions", "dependencies", "additionalItems", "$id", "$schema", "id"}
"""Keywords of draft-07 that 2020-12 does not know, or reads differently."""


PAGES = ("/docs", "/static/", "/favicon.ico", "/types/")
"""What is there for people alone, and promises programs nothing."""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return published.build_openapi()


def walk(value: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield place, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from walk(item, (*place, str(key)))


def validator_of(document: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    """For a schema of the document that refers to others of it."""
    return Draft202012Validator({"components": document["components"], **schema})


@pytest.mark.parametrize("path", ["/openapi.json", "/openapi.json/"])
def test_description_is_served_and_valid(building: Service, document: dict[str, Any], path: str) -> None:
    answer = building.get(path)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == document
    assert [str(error) for error in OpenAPIV31SpecValidator(answer.json()).iter_errors()] == []


def test_every_route_and_method_is_described(document: dict[str, Any]) -> None:
    settings = build_settings({}, {})
    app = create_app(settings, "described", [build_blueprint(settings)])
    routes = {
        (re.sub(r"<\w+?(_id)?:\w+>", "{}", f"/{route.path.rstrip('/')}"), method.lower())
        for route in app.router.routes
        for method in route.methods
        if method != "HEAD"
        and not f"/{route.path}".startswith(PAGES)
        and (route.path.rstrip("/"), method) != ("check", "GET")  # a page, too: it has a form
    }
    described = {
        (re.sub(r"\{\w+\}", "{}", path), method) for path, item in document["paths"].items() for method in item
    }
    assert described == routes


def test_published_schemas_are_embedded_as_they_are(document: dict[str, Any]) -> None:
    embedded = [schema for schema in document["components"]["schemas"].values() if "title" in schema]
    for name in ("build-request", "built-cluster", "build-preview", "listed-cluster-type", "cloud-assets", "catalogue",
                 "status", "errors", "check-report"):  # fmt: skip
        schema = published.load_schema(name)
        assert {key: value for key, value in schema.items() if key not in ("$id", "$schema")} in embedded


def test_query_string_takes_what_the_body_of_a_build_takes(document: dict[str, Any]) -> None:
    cloud_env = published.load_schema("build-request")["properties"]["cloud_env"]
    given = [each for each in document["paths"]["/cloud_assets"]["get"]["parameters"] if each.get("in") == "query"]
    assert {each["name"]: (each["description"], each["required"]) for each in given} == {
        name: (schema["description"], name in cloud_env["required"]) for name, schema in cloud_env["properties"].items()
    }


def test_embedded_schemas_mean_the_same_in_2020_12(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        for place, value in walk(schema):
            if isinstance(value, dict) and (not place or place[-1] != "properties"):
                assert not OF_ANOTHER_MEANING & set(value), (name, place)
            assert not (place and place[-1] == "items" and isinstance(value, list)), (name, place)


def test_every_reference_leads_somewhere_and_every_component_is_used(document: dict[str, Any]) -> None:
    references = {value for place, value in walk(document) if place and place[-1] == "$ref"}
    components = {
        f"#/components/{kind}/{name}"
        for kind, items in document["components"].items()
        for name in items
        if kind != "securitySchemes"
    }
    assert references == components


def test_every_example_is_as_its_schema_says(document: dict[str, Any]) -> None:
    found = 0
    for place, value in walk(document):
        if not (isinstance(value, dict) and "schema" in value and place[-1] != "properties"):
            continue
        given = [each["value"] for each in value.get("examples", {}).values()]
        given += [value["example"]] if "example" in value else []
        for example in given:
            assert not [error.message for error in validator_of(document, value["schema"]).iter_errors(example)], place
            found += 1
    assert found >= 10


ENV = {"auth_url": "http://127.0.0.1:1/v3", "user_id": "u", "password": "p", "project_id": "p"}


@pytest.mark.parametrize(
    ("body", "is_good"),
    [
        (ENV, True),
        ({"cloud_env": ENV}, True),
        ({"cloud_env": ENV, "auth_url": 1}, True),
        ({}, False),
        ({"cloud_env": {}}, False),
        ({"cloud_env": {}, **ENV}, False),
    ],
)
def test_credentials_for_assets_are_described_in_the_forms_that_are_taken(
    building: Service, document: dict[str, Any], body: dict[str, Any], is_good: bool
) -> None:
    described = document["paths"]["/cloud_assets"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert validator_of(document, described).is_valid(body) is is_good
    assert building.post("/cloud_assets/", body).status == (502 if is_good else 400)


def test_examples_inside_schemas_are_as_these_say(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        for place, value in walk(schema):
            if isinstance(value, dict) and isinstance(value.get("examples"), list):
                for example in value["examples"]:
                    assert Draft202012Validator(value).is_valid(example), (name, place)


def test_every_error_of_every_operation_has_the_one_shape(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            for status in operation["responses"]:
                if status >= "400":
                    reference = operation["responses"][status]["$ref"].rpartition("/")[2]
                    content = document["components"]["responses"][reference]["content"]
                    assert content["application/json"]["schema"] == {"$ref": "#/components/schemas/Errors"}, (
                        path,
                        method,
                    )


def test_every_way_in_which_the_cloud_may_fail_is_described(document: dict[str, Any]) -> None:
    described = {int(status) for status in document["paths"]["/clusters"]["post"]["responses"]}
    assert {kind.status for kind in FailureKind} <= described
