"""Generated requests against the running service: it never fails, and answers only as it says that it does.

The description at /openapi.json is both what the requests are generated from, valid ones and invalid ones, and what
the answers are held against. Where a generated ``auth_url`` is an address, the sandbox's takes its place, or that of a
server that hangs up: strangers are not called.

A short run by default; ``make fuzz-api`` makes it a long one, in two halves. All generate the same cases each time, and
none makes a failure smaller: what failed is printed as a command line.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
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
from tests.openstack.replay_cloud import Behaviour, Received, WireServer, reset
from tests.service import Service

CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)

JUDGED = {"POST /clusters": 6, "POST /cloud_assets": 3, "POST /clusters/{id}/status": 2, "GET /cloud_assets": 3}
"""Operations that refuse invalid requests, which they get too; and how many times as many cases as the least."""

READ = {"GET /cluster-types": 2, "GET /cluster-types/{id}": 2, "GET /schemas/{name}": 2}
"""Operations to which any text is a valid one."""

QUICK, LONG = 6, int(os.environ.get("FUZZ_CASES", "124"))
"""Cases per mode of an operation with weight 1."""

HALVES = 2
"""Of the long run, with as many processes: making up a case takes longer than answering it."""

ENOUGH = 5000
"""How many cases the long run must have."""


class Rude(WireServer):
    """Hangs up on everybody. A closed port would do as well, were it not tried again for half a second."""

    def respond(self, request: Received) -> Behaviour:
        return reset


@pytest.fixture(scope="module")
def rude() -> Iterator[Rude]:
    with Rude() as server:
        yield server


@pytest.fixture(scope="module")
def described(building: Service) -> Any:
    """From its content: of a description that is at a URL, schemathesis leaves out that URL's own operation.

    The stream of events goes on until its client goes, and is left out: see ``tests/api/test_events.py``.
    """
    description = schemathesis.openapi.from_dict(building.get("/openapi.json").json())
    return description.exclude(path="/catalogue/events")


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as running:
        running.trust_env = False
        yield running


class Explorer:
    """Sends cases and counts what became of them."""

    def __init__(self, service: Service, cloud: Sandbox, rude: Rude, session: requests.Session) -> None:
        self.service = service
        self.cloud = cloud
        self.rude = rude
        self.session = session
        self.statuses: Counter[int] = Counter()
        self.operations: Counter[str] = Counter()

    @property
    def cases(self) -> int:
        """How many were sent."""
        return self.statuses.total()

    def send(self, case: Case[Any], wish: dict[str, Any]) -> None:
        """Send a case, made to lead to the sandbox as ``wish`` has it."""
        self._steer(case, {**wish, **GOOD} if wish["used_key"] else wish)
        response = case.call(base_url=self.service.url, session=self.session, timeout=30)
        self.statuses[response.status_code] += 1
        self.operations[case.operation.label] += 1
        assert response.status_code < 500 or response.status_code in (502, 503, 504), response.text
        case.validate_response(response, checks=CHECKS)

    def _steer(self, case: Case[Any], wish: dict[str, Any]) -> None:
        if isinstance(case.body, dict):
            cluster: Any = case.body.get("cluster")
            if isinstance(cluster, dict):
                order_for_real(cluster, wish)
                if wish["used_key"]:  # by an order of another name
                    case.headers["Idempotency-Key"] = "used"
                    cluster["name"] = f"fuzz{self.cases}"
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
            place["auth_url"] = self.cloud.auth_url if wish["real_cloud"] else self.rude.url


def order_for_real(cluster: dict[str, Any], wish: dict[str, Any]) -> None:
    """Name a type that there is, and parameters that it has; their values stay as they were generated."""
    if wish["real_type"]:
        cluster["cluster_type_id"] = wish["real_type"]
    if wish["real_parameters"] and isinstance(cluster.get("parameters"), dict):
        cluster["parameters"] = dict(zip(PARAMETERS, cluster["parameters"].values(), strict=False))
    if wish["good_order"]:
        cluster.update(name="fuzz", parameters=None, selections=None)


PARAMETERS = ("count", "wanted", "settings", "names", "word", "secret", "clustername")

GOOD = {"real_user": True, "good_order": True, "real_type": "form"}

WISHES = st.fixed_dictionaries(
    {
        "real_user": st.booleans(),
        "good_order": st.sampled_from([True, False, False]),
        "real_parameters": st.booleans(),
        "real_cloud": st.sampled_from([True] * 9 + [False]),
        "used_key": st.sampled_from([False] * 9 + [True]),
        "real_type": st.sampled_from(["form", "form", "self-contained", "hpc-cluster", ""]),
    }
)


def explore(explorer: Explorer, described: Any, cases: int, number: int = 0) -> None:
    """Send so many cases per unit of weight, of each mode of each operation; others for each ``number``."""
    for found in described.get_all_operations():
        operation = found.ok()
        weight = JUDGED.get(operation.label) or READ.get(operation.label, 1)
        for mode in MODES if operation.label in JUDGED else MODES[:1]:
            strategy = operation.as_strategy(generation_mode=mode)
            run = settings(
                max_examples=cases * weight,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )(given(case=strategy, wish=WISHES)(explorer.send))
            seed(number)(run)()


@pytest.fixture
def explorer(building: Service, cloud: Sandbox, rude: Rude, session: requests.Session) -> Explorer:
    return Explorer(building, cloud, rude, session)


def test_generated_requests_are_answered_as_the_description_says(explorer: Explorer, described: Any) -> None:
    explore(explorer, described, QUICK)
    assert explorer.cases >= 200
    assert len(explorer.operations) == len(list(described.get_all_operations()))
    assert {200, 201, 400, 401, 404} <= set(explorer.statuses)


@pytest.mark.fuzz
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("half", range(HALVES))
def test_thousands_of_generated_requests_are_answered_as_the_description_says(
    explorer: Explorer, described: Any, half: int
) -> None:
    explore(explorer, described, LONG // HALVES, half + 1)
    print(f"\n{explorer.cases:,} cases")
    for counted in (explorer.operations, explorer.statuses):
        print("  " + ", ".join(f"{what}: {number:,}" for what, number in sorted(counted.items())))
    assert explorer.cases >= ENOUGH // HALVES
    assert {200, 201, 400, 401, 404, 422, 502} <= set(explorer.statuses)
