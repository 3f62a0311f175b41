"""Generated requests against the running service: it never fails, and answers only as it says that it does.

The description at /openapi.json is both what the requests are generated from, valid ones and invalid ones, and what
the answers are held against. Where a generated ``auth_url`` is an address, the sandbox's takes its place, or that of a
port where nobody listens: strangers are not called.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from builder.sandbox import Sandbox
from tests.api.orders import by_ids
from tests.service import Service

NOWHERE = "http://127.0.0.1:1/v3"

CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)

WEIGHTS = {"POST /clusters": 8, "POST /cloud_assets": 3, "GET /cloud_assets": 3}
"""How many times as many cases an operation gets as one that only reads."""

QUICK, LONG = 9, int(os.environ.get("FUZZ_CASES", "200"))
"""Cases per mode of an operation with weight 1."""


@pytest.fixture(scope="module")
def described(building: Service) -> Any:
    return schemathesis.openapi.from_url(f"{building.url}/openapi.json")


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as running:
        running.trust_env = False
        yield running


class Explorer:
    """Sends cases and counts what became of them."""

    def __init__(self, service: Service, cloud: Sandbox, session: requests.Session) -> None:
        self.service = service
        self.cloud = cloud
        self.session = session
        self.statuses: Counter[int] = Counter()

    def send(self, case: Case[Any], wish: dict[str, Any]) -> None:
        """Send a case, made to lead to the sandbox as ``wish`` has it."""
        self._steer(case, wish)
        response = case.call(base_url=self.service.url, session=self.session, timeout=30)
        self.statuses[response.status_code] += 1
        assert response.status_code < 500 or response.status_code in (502, 503, 504), response.text
        case.validate_response(response, checks=CHECKS)

    def _steer(self, case: Case[Any], wish: dict[str, Any]) -> None:
        if isinstance(case.body, dict):
            cluster: Any = case.body.get("cluster")
            if isinstance(cluster, dict):
                order_for_real(cluster, wish)
            for place in (case.body.get("cloud_env"), case.body):
                self._lead(place, wish)
        if isinstance(case.query, dict):
            self._lead(case.query, wish)

    def _lead(self, place: object, wish: dict[str, Any]) -> None:
        if not isinstance(place, dict) or "auth_url" not in place:
            return
        if wish["real_user"]:
            place.update(by_ids(self.cloud))
            place.pop("region_name", None)
        else:
            place["auth_url"] = self.cloud.auth_url if wish["real_cloud"] else NOWHERE


def order_for_real(cluster: dict[str, Any], wish: dict[str, Any]) -> None:
    """Name a type that there is, and parameters that it has; their values stay as they were generated."""
    if wish["real_type"]:
        cluster["cluster_type_id"] = wish["real_type"]
    if wish["real_parameters"] and isinstance(cluster.get("parameters"), dict):
        cluster["parameters"] = dict(zip(PARAMETERS, cluster["parameters"].values(), strict=False))
    if wish["good_order"]:
        cluster.update(name="fuzz", parameters=None, selections=None)


PARAMETERS = ("count", "wanted", "settings", "names", "word", "secret", "clustername")

WISHES = st.fixed_dictionaries(
    {
        "real_user": st.booleans(),
        "good_order": st.sampled_from([True, False, False]),
        "real_parameters": st.booleans(),
        "real_cloud": st.sampled_from([True] * 9 + [False]),
        "real_type": st.sampled_from(["form", "form", "self-contained", "hpc-cluster", ""]),
    }
)


def explore(explorer: Explorer, described: Any, cases: int) -> None:
    """Send so many cases per unit of weight, of each mode of each operation."""
    for found in described.get_all_operations():
        operation = found.ok()
        for mode in MODES if operation.label in WEIGHTS else MODES[:1]:  # elsewhere, any text is a valid one
            strategy = operation.as_strategy(generation_mode=mode)
            run = settings(
                max_examples=cases * WEIGHTS.get(operation.label, 1),
                derandomize=True,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )(given(case=strategy, wish=WISHES)(explorer.send))
            run()


def test_generated_requests_are_answered_as_the_description_says(
    building: Service, cloud: Sandbox, described: Any, session: requests.Session
) -> None:
    explorer = Explorer(building, cloud, session)
    explore(explorer, described, QUICK)
    assert sum(explorer.statuses.values()) >= 300
    assert {200, 201, 400, 401, 404} <= set(explorer.statuses)


@pytest.mark.fuzz
@pytest.mark.timeout(3600)
def test_thousands_of_generated_requests_are_answered_as_the_description_says(
    building: Service, cloud: Sandbox, described: Any, session: requests.Session
) -> None:
    explorer = Explorer(building, cloud, session)
    explore(explorer, described, LONG)
    print(json.dumps(explorer.statuses))
    assert sum(explorer.statuses.values()) >= 5000
