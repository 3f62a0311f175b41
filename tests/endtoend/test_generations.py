"""Definitions as each release of the service had them, in an instance folder as it was then: listed, and launched."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.clouds import Cloud, Stacks
from tests.endtoend.launches import TEST_SECONDS, Launch, finish
from tests.service import Service

GENERATIONS = Path(__file__).parent.parent / "examples" / "generations"
IDS = ["june-2023", "v0.1.3", "v1.1.0", "v1.2.0"]

pytestmark = pytest.mark.timeout(TEST_SECONDS)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service in an instance folder with ``hot`` and available types, all of them enabled by links."""
    instance = tmp_path_factory.mktemp("generations") / "instance"
    shutil.copytree(GENERATIONS, instance)
    service = Service(instance)
    service.enabled.mkdir()
    for path in (instance / "cluster-types-available").iterdir():
        (service.enabled / path.name).symlink_to(f"../cluster-types-available/{path.name}")
    with service:
        yield service


def listed(service: Service, cluster_type_id: str) -> Any:
    return service.get(f"/cluster-types/{cluster_type_id}").json()


def test_definition_of_every_release_is_listed_with_no_error(service: Service) -> None:
    assert sorted(service.ids()) == IDS
    entries = service.get("/catalogue").json()["entries"]
    problems = [(each["path"], problem["rule"]) for each in entries for problem in each["problems"]]
    assert problems == [("v1.2.0", "hardcoded-group-parameter")]  # which people do not see


def test_parameters_are_those_that_the_release_asked_for(service: Service) -> None:
    asked = {id_: list(listed(service, id_)["parameters"]) for id_ in IDS}
    assert asked == {
        "june-2023": ["clustername", "network-cidr", "password-length"],
        "v0.1.3": ["clustername", "password-length"],
        "v1.1.0": ["clustername", "note-create", "note-text"],
        "v1.2.0": ["clustername", "access-password", "node-count"],
    }


def test_groups_of_a_template_make_the_form_where_the_definition_has_none(service: Service) -> None:
    """A group whose parameters are all hardcoded is left out, as one of the definition's own would be."""
    assert listed(service, "v1.1.0")["parameter_groups"] == [
        {
            "label": "Cluster parameters",
            "description": "What concerns the whole cluster",
            "parameters": ["clustername"],
        },
        {"label": "Note", "description": "", "parameters": ["note-create", "note-text"]},
    ]
    assert listed(service, "june-2023")["parameter_groups"] == []


def test_base_credits_are_listed_where_a_definition_has_them(service: Service) -> None:
    assert listed(service, "v1.2.0")["base_credits"] == 2.5
    assert "base_credits" not in listed(service, "v1.1.0")


LAUNCHES = [
    Launch("june-2023", {"clustername": "legacy", "network-cidr": "10.94.0.0/24", "password-length": "12"}),
    Launch("v0.1.3", {"clustername": "legacy", "password-length": "9"}),
    Launch("v1.1.0", {"clustername": "legacy", "note-create": "1", "note-text": "Hello"}),
    Launch("v1.2.0", {"clustername": "legacy", "access-password": "long-enough", "node-count": "2"}, {"nodes": True}),
    Launch("v1.2.0", {"clustername": "legacy", "access-password": "long-enough", "node-count": ""}, {"nodes": False}),
]


@pytest.mark.parametrize("launch", LAUNCHES, ids=str)
def test_cluster_of_every_release_reaches_create_complete(
    service: Service, cloud: Cloud, stacks: Stacks, launch: Launch
) -> None:
    stack = finish(stacks, launch.post(service, cloud))
    assert (stack.stack_status, stack.stack_status_reason) == ("CREATE_COMPLETE", "Stack CREATE completed successfully")
