"""The clouds, for every test of the contract: ``cloud`` is the sandbox, and under the mark ``openstack`` a real one."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.contract.clouds import OTHER_USER, REQUIRED, Cloud, Stacks, real_cloud, sandbox_cloud


@pytest.fixture(scope="session", params=["sandbox", pytest.param("openstack", marks=pytest.mark.openstack)])
def cloud(request: pytest.FixtureRequest) -> Iterator[Cloud]:
    if request.param == "sandbox":
        with sandbox_cloud() as sandbox:
            yield sandbox
        return
    missing = [name for name in REQUIRED if not os.environ.get(name)]
    if missing:
        pytest.skip(f"no real cloud is named: {', '.join(missing)} not set")
    yield real_cloud()


@pytest.fixture
def other(cloud: Cloud) -> Cloud:
    """The same cloud, as a user of another project."""
    if cloud.other is None:
        pytest.skip(f"no user of another project is named: {', '.join(OTHER_USER)} not set")
    return cloud.other


@pytest.fixture(scope="session")
def all_stacks(cloud: Cloud) -> Iterator[Stacks]:
    stacks = Stacks(cloud)
    yield stacks
    stacks.delete_all()


@pytest.fixture
def stacks(all_stacks: Stacks) -> Stacks:
    """Creates stacks in the cloud; they are deleted when all tests are done."""
    return all_stacks


@pytest.fixture(scope="session")
def token(cloud: Cloud) -> str:
    """A token for the project."""
    return str(cloud.session().get_token())


@pytest.fixture(scope="session")
def heat_url(cloud: Cloud) -> str:
    """The root of the orchestration service for the project."""
    url = cloud.session().get_endpoint(service_type="orchestration", region_name=cloud.region_name)
    return str(url).rstrip("/")
