"""What there is to choose from in a cloud, and what a client is told whose credentials are wrong or missing."""

from __future__ import annotations

import urllib.parse

import pytest
from jsonschema import Draft7Validator

from builder.sandbox import Sandbox
from builder.schema import published
from tests.api.orders import WRONG_PASSWORD, assert_error, assert_refused, by_ids
from tests.service import Service, fetch


@pytest.mark.parametrize("path", ["/cloud_assets", "/cloud_assets/"])
def test_assets_of_a_cloud_without_those_services_are_left_out(building: Service, cloud: Sandbox, path: str) -> None:
    query = urllib.parse.urlencode(by_ids(cloud))
    for answer in (
        building.get(f"{path}?{query}"),
        building.post(path, {"cloud_env": by_ids(cloud)}),
        building.post(path, by_ids(cloud)),
    ):
        assert (answer.status, answer.json()) == (200, {})
        assert answer.headers["cache-control"] == "no-store"
        assert not list(Draft7Validator(published.load_schema("cloud-assets")).iter_errors(answer.json()))
    assert fetch(f"{building.url}{path}?{query}", "HEAD").status == 200


def test_assets_without_credentials_tell_what_is_missing(building: Service) -> None:
    for answer in (building.get("/cloud_assets/"), building.post("/cloud_assets/", {})):
        assert_error(answer, 400)
        assert {pointer for _, pointer in answer.faults()} == {""}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [([], ""), ("text", ""), (7, ""), ({"cloud_env": []}, "/cloud_env"), ({"cloud_env": None}, "/cloud_env")],
)
def test_assets_of_what_is_no_object_is_a_schema_error(building: Service, body: object, pointer: str) -> None:
    assert_refused(building.post("/cloud_assets/", body), 400, ("JSON schema error", pointer))


def test_faults_of_credentials_point_to_where_they_were_given(building: Service, cloud: Sandbox) -> None:
    for changes, status, place in (({"auth_url": "x"}, 400, "/auth_url"), ({"password": WRONG_PASSWORD}, 401, "")):
        env = by_ids(cloud, **changes)
        wrapped = building.post("/cloud_assets/", {"cloud_env": env})
        bare = building.post("/cloud_assets/", env)
        queried = building.get("/cloud_assets/?" + urllib.parse.urlencode(env))
        assert [each.status for each in (wrapped, bare, queried)] == [status] * 3
        assert [pointer for _, pointer in wrapped.faults()] == [f"/cloud_env{place}"]
        assert [pointer for _, pointer in bare.faults() + queried.faults()] == [place] * 2
