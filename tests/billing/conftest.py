"""A cloud and a billing service for each test, and a service for all: the cloud and the URL are in the request."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from builder.sandbox import Sandbox
from tests.api.conftest import prepare
from tests.billing.builds import Cloud, FailingHeat, live_stacks
from tests.billing.middleware import BillingService
from tests.security.tokens import SECRET
from tests.service import Service, wait_until


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A Keystone and a Heat."""
    with Sandbox(quota_stacks=100_000) as running:
        yield running


@pytest.fixture
def heat() -> Iterator[FailingHeat]:
    """A Keystone, and a Heat that fails where a test says so."""
    with FailingHeat() as running:
        yield running


@pytest.fixture
def cloud(request: pytest.FixtureRequest) -> Cloud:
    """The cloud of the test: the sandbox, unless it uses a Heat that fails."""
    chosen: Cloud = request.getfixturevalue("heat" if "heat" in request.fixturenames else "sandbox")
    return chosen


@pytest.fixture
def middleware(cloud: Cloud) -> Iterator[BillingService]:
    """A billing service whose orders must be those of the cloud's stacks at the end."""
    with BillingService() as service:
        yield service
        service.assert_accounted(live_stacks(cloud))


@pytest.fixture(scope="package")
def building(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that demands tokens, and waits for no call of the billing service for long."""
    # Every build here is for the same cluster, which must be none's second click, and what Heat is asked is counted.
    environment = {"JWT_SECRET": SECRET, "BILLING_TIMEOUT": "2", "LOG_LEVEL": "DEBUG", "REPEAT_WINDOW": "0"}
    service = Service(tmp_path_factory.mktemp("billing") / "instance", environment)
    prepare(service)
    with service:
        wait_until(lambda: service.ids() == ["form"], "listed")
        yield service
