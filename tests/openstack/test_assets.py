"""What there is to choose from: lists by name, empty where a service is absent."""

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
from builder.openstack.assets import CloudAssets, Network, fetch_assets
from builder.openstack.credentials import parse_credentials
from builder.openstack.deadline import Deadline
from tests.openstack.further_services import COMPUTE, IMAGE, NETWORK, WholeCloud
from tests.openstack.replay_cloud import PASSWORD, TOKEN, answer
from tests.openstack.settings import cloud_settings

# openstacksdk uses an argument of its own that it has announced to remove.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack")


@pytest.fixture
def cloud() -> Iterator[WholeCloud]:
    with WholeCloud() as server:
        yield server


def fetch(cloud: WholeCloud, **credentials: Any) -> CloudAssets:
    return fetch_assets(parse_credentials(cloud.credentials(**credentials)), cloud_settings(), Deadline(10))


def test_assets_are_listed_by_name(cloud: WholeCloud) -> None:
    assert fetch(cloud) == CloudAssets(
        flavors=("m1.medium", "m1.small"),
        images=("i2", "rocky"),
        networks=(Network("inside", False), Network("n3", False), Network("public", True)),
        keypairs=("laptop",),
    )


def test_flavors_are_those_that_the_project_may_use_whoever_asks(cloud: WholeCloud) -> None:
    fetch(cloud)
    (asked,) = [urlsplit(request.path) for request in cloud.received if "/flavors" in request.path]
    # Of public ones Nova lists those that the project has access to as well; "None", for an admin, lists all there are.
    assert parse_qs(asked.query) == {"is_public": ["True"]}


def test_the_document_is_what_the_visualisation_app_reads() -> None:
    document = CloudAssets(("f",), ("i",), (Network("n", True),), ("k",)).document()
    assert document == {
        "flavors": [{"id": "f", "name": "f"}],
        "images": [{"id": "i", "name": "i"}],
        "networks": [{"id": "n", "name": "n", "external": True}],
        "keypairs": [{"id": "k", "name": "k"}],
        "sahara.plugins": [],
        "sahara.images": [],
        "sahara.cluster_templates": [],
    }


def test_a_name_is_listed_once(cloud: WholeCloud) -> None:
    cloud.set(f"{IMAGE}/v2/images", {"images": [{"id": "1", "name": "rocky"}, {"id": "2", "name": "rocky"}]})
    assert fetch(cloud).images == ("rocky",)


@pytest.mark.parametrize(
    ("service_type", "emptied"),
    [("compute", ("flavors", "keypairs")), ("image", ("images",)), ("network", ("networks",))],
)
def test_an_absent_service_gives_empty_lists(cloud: WholeCloud, service_type: str, emptied: tuple[str, ...]) -> None:
    cloud.without(service_type)
    found = fetch(cloud)
    for kind in ("flavors", "images", "networks", "keypairs"):
        assert bool(getattr(found, kind)) == (kind not in emptied)


def test_a_cloud_with_nothing_to_choose_from_gives_empty_lists(cloud: WholeCloud) -> None:
    cloud.without("compute", "image", "network", "volumev3")
    assert fetch(cloud) == CloudAssets()
    assert len(cloud.received) == 1


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("path", [f"{COMPUTE}/os-keypairs", f"{IMAGE}/v2/images", f"{NETWORK}/v2.0/networks"])
def test_what_the_user_may_not_list_is_an_empty_list(cloud: WholeCloud, path: str, status: int) -> None:
    cloud.set(path, {"error": "no"}, status)
    found = fetch(cloud)
    assert found.flavors
    assert [found.keypairs, found.images, found.networks].count(()) == 1


@pytest.mark.parametrize(
    ("failure", "title"),
    [
        (answer(500, {"computeFault": {"message": "x"}}), "Cloud failure"),
        (answer(503, "<h1>x</h1>", "text/html"), "Cloud failure"),
        (answer(200, "<h1>x</h1>", "text/html"), "Invalid answer"),
        (answer(200, {"other": 1}), "Invalid answer"),
        (answer(200, [1]), "Invalid answer"),
        (answer(200, "{"), "Invalid answer"),
        (answer(302, "", headers={"Location": "http://127.0.0.1:9/"}), "Invalid answer"),
        (b"", "Cloud unreachable"),
    ],
)
@pytest.mark.parametrize("path", [f"{COMPUTE}/flavors", f"{COMPUTE}/os-keypairs", f"{IMAGE}/v2/images"])
def test_a_service_that_fails_is_a_502_that_names_it(cloud: WholeCloud, path: str, failure: bytes, title: str) -> None:
    cloud.answers[path] = failure
    with pytest.raises(RequestError) as caught:
        fetch(cloud)
    (fault,) = caught.value.faults
    assert (fault.status, fault.title) == (502, title)
    assert ("Glance" if IMAGE in path else "Nova") in fault.detail


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
    assert len(fetch(cloud).images) == 25


def test_neither_files_nor_environment_of_the_service_are_used(
    cloud: WholeCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "clouds.yaml").write_text("clouds: {cloud: {region_name: Elsewhere, auth: {auth_url: http://x}}}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OS_CLOUD", "cloud")
    monkeypatch.setenv("OS_REGION_NAME", "Elsewhere")
    monkeypatch.setenv("OS_COMPUTE_ENDPOINT_OVERRIDE", "http://127.0.0.1:9")
    assert fetch(cloud).flavors


def test_no_secret_is_logged(cloud: WholeCloud, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    fetch(cloud)
    assert PASSWORD not in caplog.text
    assert TOKEN not in caplog.text
