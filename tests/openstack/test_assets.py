"""What there is to choose from: lists by name, and none of what the cloud did not answer for."""

from __future__ import annotations

import itertools
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from builder.errors import RequestError
from builder.openstack import assets
from builder.openstack.assets import fetch_assets
from builder.openstack.credentials import parse_credentials
from builder.openstack.deadline import Deadline
from tests.openstack.further_services import COMPUTE, IMAGE, NETWORK, WholeCloud
from tests.openstack.replay_cloud import PASSWORD, TOKEN, Behaviour, answer, catalog_entry
from tests.openstack.settings import cloud_settings

# openstacksdk uses an argument of its own that it has announced to remove.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack")


@pytest.fixture
def cloud() -> Iterator[WholeCloud]:
    with WholeCloud() as server:
        yield server


KINDS = {"flavors", "images", "networks", "keypairs"}


def fetch(cloud: WholeCloud, seconds: float = 10.0) -> dict[str, list[dict[str, Any]]]:
    return fetch_assets(parse_credentials(cloud.credentials()), cloud_settings(), Deadline(seconds))


def test_assets_are_listed_by_name(cloud: WholeCloud) -> None:
    assert fetch(cloud) == {
        "flavors": [{"id": "m1.medium", "name": "m1.medium"}, {"id": "m1.small", "name": "m1.small"}],
        "images": [{"id": "i2", "name": "i2"}, {"id": "rocky", "name": "rocky"}],
        "networks": [
            {"id": "inside", "name": "inside", "external": False},
            {"id": "n3", "name": "n3", "external": False},
            {"id": "public", "name": "public", "external": True},
        ],
        "keypairs": [{"id": "laptop", "name": "laptop"}],
    }


def test_flavors_are_those_that_the_project_may_use_whoever_asks(cloud: WholeCloud) -> None:
    fetch(cloud)
    (asked,) = [urlsplit(request.path) for request in cloud.received if "/flavors" in request.path]
    # Of public ones Nova lists those that the project has access to as well; "None", for an admin, lists all there are.
    assert parse_qs(asked.query) == {"is_public": ["True"]}


def test_a_name_is_listed_once(cloud: WholeCloud) -> None:
    cloud.set(f"{IMAGE}/v2/images", {"images": [{"id": "1", "name": "rocky"}, {"id": "2", "name": "rocky"}]})
    assert fetch(cloud)["images"] == [{"id": "rocky", "name": "rocky"}]


def test_what_there_is_none_of_is_an_empty_list(cloud: WholeCloud) -> None:
    cloud.set(f"{COMPUTE}/os-keypairs", {"keypairs": []})
    assert fetch(cloud)["keypairs"] == []


@pytest.mark.parametrize(
    ("service_type", "missing"),
    [("compute", {"flavors", "keypairs"}), ("image", {"images"}), ("network", {"networks"})],
)
def test_what_an_absent_service_would_tell_is_left_out(cloud: WholeCloud, service_type: str, missing: set[str]) -> None:
    cloud.without(service_type)
    assert KINDS - fetch(cloud).keys() == missing


def test_of_a_cloud_with_none_of_the_services_nothing_is_known(cloud: WholeCloud) -> None:
    cloud.without("compute", "image", "network", "volumev3")
    assert fetch(cloud) == {}
    assert len(cloud.received) == 1


PATHS = {
    "flavors": f"{COMPUTE}/flavors",
    "keypairs": f"{COMPUTE}/os-keypairs",
    "images": f"{IMAGE}/v2/images",
    "networks": f"{NETWORK}/v2.0/networks",
}
FAILURES: dict[str, bytes | Behaviour] = {
    "forbidden": answer(403, {"error": "no"}),
    "not found": answer(404, {"error": "no"}),
    "token refused": answer(401, {"error": "no"}),
    "too many": answer(429, {"error": "no"}),
    "fails": answer(500, {"computeFault": {"message": "x"}}),
    "busy": answer(503, "<h1>x</h1>", "text/html"),
    "no JSON": answer(200, "<h1>x</h1>", "text/html"),
    "other JSON": answer(200, {"other": 1}),
    "a list": answer(200, [1]),
    "broken": answer(200, "{"),
    "redirect": answer(302, "", headers={"Location": "http://127.0.0.1:9/"}),
    "closed": b"",
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("kind", PATHS)
def test_what_a_service_does_not_answer_for_is_left_out_and_the_rest_is_told(
    cloud: WholeCloud, kind: str, failure: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    cloud.answers[PATHS[kind]] = failure
    assert KINDS - fetch(cloud).keys() == {kind}
    assert f"no {kind} to choose from are known" in caplog.text


@pytest.mark.parametrize("place", ["http://127.0.0.1:9/", "http://169.254.169.254/", "nonsense"])
def test_a_service_whose_address_is_of_no_use_is_left_out(cloud: WholeCloud, place: str) -> None:
    cloud.without("network")
    cloud.catalog.append(catalog_entry("network", place))
    assert KINDS - fetch(cloud).keys() == {"networks"}


def hang(cloud: WholeCloud) -> Behaviour:
    """Answer nothing before the test ends."""

    def wait(_: socket.socket) -> None:
        cloud.closing.wait(10)

    return wait


@pytest.mark.parametrize("kind", PATHS)
def test_a_service_that_never_answers_leaves_the_others_their_time(cloud: WholeCloud, kind: str) -> None:
    cloud.answers[PATHS[kind]] = hang(cloud)
    assert KINDS - fetch(cloud).keys() == {kind}


@pytest.mark.parametrize(
    ("failure", "status", "title"),
    [
        (FAILURES["fails"], 502, "Cloud failure"),
        (FAILURES["too many"], 503, "Cloud busy"),
        (FAILURES["broken"], 502, "Invalid answer"),
        (FAILURES["closed"], 502, "Cloud unreachable"),
    ],
)
def test_where_nothing_is_known_the_failure_of_the_first_service_is_told(
    cloud: WholeCloud, failure: bytes, status: int, title: str
) -> None:
    for path in PATHS.values():
        cloud.answers[path] = failure
    with pytest.raises(RequestError) as caught:
        fetch(cloud)
    (fault,) = caught.value.faults
    assert (fault.status, fault.title) == (status, title)
    assert "Nova" in fault.detail


def test_where_nothing_is_known_in_time_it_is_a_504(cloud: WholeCloud) -> None:
    for path in PATHS.values():
        cloud.answers[path] = hang(cloud)
    with pytest.raises(RequestError) as caught:
        fetch(cloud, seconds=1.0)
    assert caught.value.status == 504


def test_who_may_list_nothing_is_told_nothing_and_no_failure(cloud: WholeCloud) -> None:
    for path in PATHS.values():
        cloud.answers[path] = FAILURES["forbidden"]
    assert fetch(cloud) == {}


def test_wrong_credentials_are_a_401(cloud: WholeCloud) -> None:
    cloud.identity = answer(401, {"error": {"message": "The request you have made requires authentication."}})
    with pytest.raises(RequestError) as caught:
        fetch(cloud)
    assert caught.value.status == 401


def test_a_list_without_end_is_cut(cloud: WholeCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "MAX_ASSETS", 25)
    numbers = itertools.count()

    def next_page(connection: socket.socket) -> None:
        page = [next(numbers) for _ in range(10)]
        images = [{"id": f"i{number}", "name": f"n{number}"} for number in page]
        connection.sendall(answer(200, {"images": images, "next": f"/v2/images?marker=i{page[-1]}"}))

    cloud.answers[f"{IMAGE}/v2/images"] = next_page
    assert len(fetch(cloud)["images"]) == 25


def test_neither_files_nor_environment_of_the_service_are_used(
    cloud: WholeCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "clouds.yaml").write_text("clouds: {cloud: {region_name: Elsewhere, auth: {auth_url: http://x}}}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OS_CLOUD", "cloud")
    monkeypatch.setenv("OS_REGION_NAME", "Elsewhere")
    monkeypatch.setenv("OS_COMPUTE_ENDPOINT_OVERRIDE", "http://127.0.0.1:9")
    assert fetch(cloud)["flavors"]


def test_no_secret_is_logged(cloud: WholeCloud, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    fetch(cloud)
    assert PASSWORD not in caplog.text
    assert TOKEN not in caplog.text
